// SPDX-License-Identifier: GPL-2.0-or-later

package jittest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/internal/thumb"
)

// encoding is a call of an emitter, and what it must write: the shortest of these texts there is an instruction
// for, or false if there is for none.
type encoding struct {
	emitter Emitter
	args    []uint32
	texts   []string
}

func (e encoding) String() string { return fmt.Sprintf("%s (%v)", e.texts[0], e.args) }

// few are registers of each class: the ends of those 16-bit instructions reach, and beyond.
var few = []uint32{0, 7, 8, 12}

func reg(r uint32) string {
	return [...]string{"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "ip", "sp", "lr", "pc"}[r]
}

// Constants at the ends of immediate fields: of 3, 5, 7, 8, 12 and 16 bits, modified ones of every kind and those
// next to them.
var immediates = []uint32{0, 1, 7, 8, 31, 127, 128, 255, 256, 257, 510, 1020, 1023, 1024, 4092, 4095, 4096, 0xffff, 0x10000,
	0x10001, 0x00ab00ab, 0xab00ab00, 0xabababab, 0x00ab00ac, 0x01fe0000, 0x03fd0000, 0xff000000, 0x80000000, 0x80000001,
	0x12345678, 0x7fffffff}

// flagged calls f for each thing that may be asked about the flags, with the names of the instructions that do it.
func flagged(op string, f func(flags uint32, names []string)) {
	f(Set, []string{op + "s"})
	f(Keep, []string{op})
	f(Any, []string{op + "s", op})
}

func dataProcessing(add func(Emitter, []uint32, ...string)) {
	tests := map[string]string{"sub": "cmp", "and": "tst", "eor": "teq"} // nobody adds two registers for the flags alone
	for _, op := range []string{"and", "bic", "orr", "orn", "eor", "add", "adc", "sbc", "sub", "rsb"} {
		commutes := slices.Contains([]string{"and", "eor", "orr", "add", "adc"}, op)
		for _, rn := range few {
			for _, rm := range few {
				if test := tests[op]; test != "" {
					add(DP, []uint32{Ops[op], 15, rn, rm, Set}, fmt.Sprintf("%s %s, %s", test, reg(rn), reg(rm)))
				}
				for _, rd := range slices.Compact([]uint32{rn, rm, 1, 11}) {
					flagged(op, func(flags uint32, names []string) {
						var texts []string
						for _, name := range names {
							texts = append(texts, fmt.Sprintf("%s %s, %s, %s", name, reg(rd), reg(rn), reg(rm)))
							if commutes {
								texts = append(texts, fmt.Sprintf("%s %s, %s, %s", name, reg(rd), reg(rm), reg(rn)))
							}
						}
						add(DP, []uint32{Ops[op], rd, rn, rm, flags}, texts...)
					})
				}
			}
		}
		for _, shift := range []string{"lsl", "lsr", "asr", "ror"} {
			for _, n := range []uint32{0, 1, 3, 4, 31} {
				if n == 0 && shift != "lsl" {
					continue
				}
				operand := ""
				if n > 0 {
					operand = fmt.Sprintf(", %s #%d", shift, n)
				}
				for _, r := range [][3]uint32{{0, 1, 7}, {12, 14, 11}} {
					flagged(op, func(flags uint32, names []string) {
						var texts []string
						for _, name := range names {
							texts = append(texts, fmt.Sprintf("%s %s, %s, %s%s", name, reg(r[0]), reg(r[1]), reg(r[2]), operand))
						}
						add(DPShift, []uint32{Ops[op], r[0], r[1], r[2], Ops[shift], n, flags}, texts...)
					})
				}
				if test := tests[op]; test != "" {
					add(DPShift, []uint32{Ops[op], 15, 1, 7, Ops[shift], n, Set}, fmt.Sprintf("%s r1, r7%s", test, operand))
				}
			}
		}
	}
}

// other is the constant with which the opposite operation does the same.
func other(op string, v uint32) uint32 {
	if op == "add" || op == "sub" {
		return -v
	}
	return ^v
}

func dataProcessingImmediate(add func(Emitter, []uint32, ...string)) {
	tests := map[string]string{"sub": "cmp", "add": "cmn", "and": "tst", "eor": "teq"}
	opposite := map[string]string{"and": "bic", "bic": "and", "orr": "orn", "orn": "orr", "adc": "sbc", "sbc": "adc", "add": "sub", "sub": "add"}
	for _, op := range []string{"and", "bic", "orr", "orn", "eor", "add", "adc", "sbc", "sub", "rsb"} {
		registers := [][2]uint32{{7, 1}, {12, 8}}
		if op == "add" || op == "sub" {
			registers = append(registers, [2]uint32{0, 0}, [2]uint32{1, 14})
		}
		if op == "add" {
			registers = append(registers, [2]uint32{0, 13})
		}
		for _, v := range immediates {
			for _, v := range []uint32{v, other(op, v)} {
				for _, r := range registers {
					if r[1] == 13 && v>>31 != 0 {
						continue
					}
					flagged(op, func(flags uint32, names []string) {
						var texts []string
						for _, name := range names {
							texts = append(texts, fmt.Sprintf("%s %s, %s, #%d", name, reg(r[0]), reg(r[1]), v))
							if o := opposite[op]; o != "" && other(op, v) != v {
								texts = append(texts, fmt.Sprintf("%s%s %s, %s, #%d", o, name[3:], reg(r[0]), reg(r[1]), other(op, v)))
							}
						}
						add(DPImm, []uint32{Ops[op], r[0], r[1], v, flags}, texts...)
					})
				}
				for _, rn := range []uint32{7, 8} {
					if test := tests[op]; test != "" {
						texts := []string{fmt.Sprintf("%s %s, #%d", test, reg(rn), v)}
						if v != 0 && (op == "add" || op == "sub") { // of 0 the carry differs
							texts = append(texts, fmt.Sprintf("%s %s, #%d", tests[opposite[op]], reg(rn), -v))
						}
						add(DPImm, []uint32{Ops[op], 15, rn, v, Set}, texts...)
					}
				}
			}
		}
	}
}

func constants(add func(Emitter, []uint32, ...string)) {
	for _, v := range immediates {
		for _, v := range []uint32{v, ^v} {
			for _, rd := range []uint32{7, 8} {
				texts := []string{fmt.Sprintf("mov %s, #%d", reg(rd), v), fmt.Sprintf("movw %s, #%d; movt %[1]s, #%[3]d", reg(rd), v&0xffff, v>>16)}
				add(Const, []uint32{rd, v, Keep}, texts...)
				add(Const, []uint32{rd, v, Any}, append(texts, fmt.Sprintf("movs %s, #%d", reg(rd), v))...)
			}
		}
	}
}

func moves(add func(Emitter, []uint32, ...string)) {
	for _, rd := range few {
		for _, rm := range few {
			text := fmt.Sprintf("mov %s, %s", reg(rd), reg(rm))
			if rd == rm {
				text = "" // nothing to do
			}
			add(Mov, []uint32{rd, rm}, text)
			flagged("mvn", func(flags uint32, names []string) {
				var texts []string
				for _, name := range names {
					texts = append(texts, fmt.Sprintf("%s %s, %s", name, reg(rd), reg(rm)))
				}
				add(Mvn, []uint32{rd, rm, flags}, texts...)
			})
			for _, op := range []string{"sxth", "uxth", "sxtb", "uxtb", "rev", "rev16", "revsh"} {
				add(Unary, []uint32{Ops[op], rd, rm}, fmt.Sprintf("%s %s, %s", op, reg(rd), reg(rm)))
			}
		}
	}
	for _, op := range []string{"lsl", "lsr", "asr", "ror"} {
		for _, rd := range few {
			for _, rn := range few {
				for _, n := range []uint32{0, 1, 4, 31} {
					flagged(op, func(flags uint32, names []string) {
						var texts []string
						for _, name := range names {
							texts = append(texts, fmt.Sprintf("%s %s, %s, #%d", name, reg(rd), reg(rn), n))
						}
						if n == 0 && flags == Set {
							return // a move has nothing to say about flags
						} else if n == 0 && rd == rn {
							texts = []string{""}
						} else if n == 0 {
							texts = []string{fmt.Sprintf("mov %s, %s", reg(rd), reg(rn))}
						}
						add(ShiftImm, []uint32{Ops[op], rd, rn, n, flags}, texts...)
					})
				}
				for _, rm := range few {
					flagged(op, func(flags uint32, names []string) {
						var texts []string
						for _, name := range names {
							texts = append(texts, fmt.Sprintf("%s %s, %s, %s", name, reg(rd), reg(rn), reg(rm)))
						}
						add(ShiftReg, []uint32{Ops[op], rd, rn, rm, flags}, texts...)
					})
				}
			}
		}
	}
}

func multiplication(add func(Emitter, []uint32, ...string)) {
	for _, rd := range few {
		for _, rn := range few {
			for _, rm := range few {
				// 16-bit mul sets the flags; the 32-bit one has no form that does.
				product := fmt.Sprintf("%s, %s, %s", reg(rd), reg(rn), reg(rm))
				add(Mul, []uint32{rd, rn, rm, Any}, "muls "+product, fmt.Sprintf("muls %s, %s, %s", reg(rd), reg(rm), reg(rn)), "mul "+product,
					fmt.Sprintf("mul %s, %s, %s", reg(rd), reg(rm), reg(rn)))
				add(Mul, []uint32{rd, rn, rm, Keep}, "mul "+product, fmt.Sprintf("mul %s, %s, %s", reg(rd), reg(rm), reg(rn)))
				for _, op := range []string{"sdiv", "udiv"} {
					add(Mul3, []uint32{Ops[op], rd, rn, rm, 0}, op+" "+product)
				}
			}
		}
	}
	for _, r := range [][4]uint32{{0, 1, 2, 3}, {7, 8, 0, 12}, {12, 14, 11, 7}, {8, 7, 7, 0}} {
		for _, op := range []string{"mla", "mls"} {
			add(Mul3, []uint32{Ops[op], r[0], r[1], r[2], r[3]}, fmt.Sprintf("%s %s, %s, %s, %s", op, reg(r[0]), reg(r[1]), reg(r[2]), reg(r[3])))
		}
		add(Mul3, []uint32{Ops["umull"], r[0], r[1], r[2], r[3]}, fmt.Sprintf("umull %s, %s, %s, %s", reg(r[3]), reg(r[0]), reg(r[1]), reg(r[2])))
		add(Mul3, []uint32{Ops["smull"], r[0], r[1], r[2], r[3]}, fmt.Sprintf("smull %s, %s, %s, %s", reg(r[3]), reg(r[0]), reg(r[1]), reg(r[2])))
	}
	for _, op := range []string{"ubfx", "sbfx"} {
		for _, r := range [][2]uint32{{0, 7}, {8, 12}} {
			for _, f := range [][2]uint32{{0, 1}, {0, 32}, {1, 31}, {3, 8}, {4, 16}, {31, 1}} {
				add(Bitfield, []uint32{Ops[op], r[0], r[1], f[0], f[1]}, fmt.Sprintf("%s %s, %s, #%d, #%d", op, reg(r[0]), reg(r[1]), f[0], f[1]))
			}
		}
	}
}

func memory(add func(Emitter, []uint32, ...string)) {
	for _, op := range []string{"strb", "ldrb", "strh", "ldrh", "str", "ldr", "ldrsb", "ldrsh"} {
		for _, r := range [][2]uint32{{0, 7}, {7, 8}, {8, 1}, {0, 13}, {11, 13}} {
			for _, offset := range []int32{0, 1, 2, 3, 4, 30, 31, 32, 62, 63, 64, 124, 125, 126, 128, 255, 256, 1020, 1022, 1024, 4094, 4095, -1, -4, -254, -255} {
				add(Mem, []uint32{Ops[op], r[0], r[1], uint32(offset)}, fmt.Sprintf("%s %s, [%s, #%d]", op, reg(r[0]), reg(r[1]), offset))
			}
		}
		for _, r := range [][2]uint32{{0, 1}, {7, 0}, {8, 1}, {1, 12}} {
			for _, step := range []int32{-255, -4, -1, 1, 4, 255} {
				add(MemPost, []uint32{Ops[op], r[0], r[1], uint32(step)}, fmt.Sprintf("%s %s, [%s], #%d", op, reg(r[0]), reg(r[1]), step))
			}
		}
		for _, r := range [][3]uint32{{0, 1, 7}, {7, 0, 0}, {8, 1, 2}, {1, 12, 2}, {1, 2, 11}, {14, 12, 14}} {
			for n := range uint32(4) {
				shift := ""
				if n > 0 {
					shift = fmt.Sprintf(", lsl #%d", n)
				}
				add(MemReg, []uint32{Ops[op], r[0], r[1], r[2], n}, fmt.Sprintf("%s %s, [%s, %s%s]", op, reg(r[0]), reg(r[1]), reg(r[2]), shift))
			}
		}
	}
	add(Mem, []uint32{Ops["ldr"], 15, 12, 0x124}, "ldr pc, [ip, #292]")
	list := func(mask uint32) string {
		var names []string
		for r := range uint32(16) {
			if mask>>r&1 != 0 {
				names = append(names, reg(r))
			}
		}
		return "{" + strings.Join(names, ", ") + "}"
	}
	for _, mask := range []uint32{1, 1 << 7, 0xff, 1 << 8, 1 << 12, 0x0ff0, 0x1fff, 1<<8 | 1, 0x4000, 0x40ff, 0x4ff0, 0x5fff} {
		add(Push, []uint32{mask}, "push "+list(mask))
		if mask&(1<<14) != 0 {
			mask ^= 3 << 14 // lr goes to pc
		}
		add(Pop, []uint32{mask}, "pop "+list(mask))
	}
	add(Push, []uint32{0}, "")
	add(Pop, []uint32{0}, "")
	add(SPAdd, []uint32{0}, "")
	for _, n := range []int32{4, 8, 504, 508, 512, 516, 1020, 1024, 4092} {
		add(SPAdd, []uint32{uint32(n)}, fmt.Sprintf("add sp, sp, #%d", n), fmt.Sprintf("addw sp, sp, #%d", n))
		add(SPAdd, []uint32{uint32(-n)}, fmt.Sprintf("sub sp, sp, #%d", n), fmt.Sprintf("subw sp, sp, #%d", n))
	}
}

func others(add func(Emitter, []uint32, ...string)) {
	add(Narrow, []uint32{Ops["cpsid i"]}, "cpsid i")
	add(Narrow, []uint32{Ops["nop"]}, "nop")
	add(Wide, []uint32{Ops["mrs primask"]}, "mrs r0, primask")
	add(Wide, []uint32{Ops["mrs primask"] | 12<<8}, "mrs ip, primask")
	add(Wide, []uint32{Ops["msr primask"]}, "msr primask, r0")
	add(Wide, []uint32{Ops["msr primask"] | 12<<16}, "msr primask, ip")
}

// allEncodings lists every emitter by operand shape, over registers of every class and immediates at every limit.
func allEncodings() (all []encoding) {
	add := func(e Emitter, args []uint32, texts ...string) { all = append(all, encoding{e, args, texts}) }
	for _, group := range []func(func(Emitter, []uint32, ...string)){dataProcessing, dataProcessingImmediate, constants, moves, multiplication, memory, others} {
		group(add)
	}
	return all
}

// Every emitter writes what the assembler writes of the same instruction, at its length. What the assembler says is
// kept in testdata/encodings.txt, which -update makes anew where arm-none-eabi-as is installed.
func TestEncodings(t *testing.T) {
	const file = "testdata/encodings.txt"
	all := allEncodings()
	if *update {
		var texts []string
		for _, e := range all {
			texts = append(texts, e.texts...)
		}
		slices.Sort(texts)
		texts = slices.DeleteFunc(slices.Compact(texts), func(s string) bool { return s == "" })
		writeEncodings(t, file, texts, assemble(t, texts))
	}
	known := readEncodings(t, file)
	known[""] = []uint16{}
	for _, e := range all {
		var want [][]uint16
		for _, text := range e.texts {
			code, ok := known[text]
			if !ok {
				t.Fatalf("%s lacks %q: run with -update", file, text)
			}
			if code != nil && (want == nil || len(code) < len(want[0])) {
				want = nil
			}
			if code != nil && (want == nil || len(code) == len(want[0])) {
				want = append(want, code)
			}
		}
		got, ok, broken := Emit(e.emitter, e.args...)
		switch {
		case broken:
			t.Errorf("%s: the emitter says that it must not be asked for this", e)
		case ok != (want != nil):
			t.Errorf("%s: emitted: %v, %04x; want %04x", e, ok, got, want)
		case ok && !slices.ContainsFunc(want, func(w []uint16) bool { return slices.Equal(w, got) }) && !sameMeaning(got, want[0]):
			t.Errorf("%s: %04x, want %04x", e, got, want)
		}
	}
	t.Logf("%d encodings", len(all))
}

// sameMeaning tells whether two encodings of one length are of one instruction: of add and addw either will do, and
// adds rd, rd, #imm3 has two encodings of 16 bits.
func sameMeaning(a, b []uint16) bool {
	return len(a) == len(b) && meaning(a) == meaning(b)
}

func meaning(halfwords []uint16) string {
	var code []byte
	for _, h := range halfwords {
		if h>>10 == 7 && h>>3&7 == h&7 {
			h = 0x3000 | h>>9&1<<11 | h&7<<8 | h>>6&7
		}
		code = append(code, byte(h), byte(h>>8))
	}
	in, err := thumb.Decode(code, 0)
	if err != nil {
		return err.Error()
	}
	return in.Text(0)
}
