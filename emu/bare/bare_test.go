// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

// build compiles testdata/start.c with these flags.
func build(t *testing.T, flags ...string) []byte {
	t.Helper()
	const compiler = "arm-none-eabi-gcc"
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), "program.elf")
	args := append([]string{"-mcpu=cortex-m3", "-mthumb", "-Os", "-g", "-ffreestanding", "-nostdlib", "-Wl,--no-warn-rwx-segments",
		"-T", "testdata/stm32f100.ld", "testdata/start.c", "-o", out, "-lgcc"}, flags...)
	if text, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		o     Options
		end   string // of the result
		print string
	}{
		{"endless loop", nil, Options{}, "loops for ever at 0x0800", "good\n"},
		{"bit band", []string{"-DBIT_BAND"}, Options{}, "loops for ever at 0x0800", "good\n"},
		{"breakpoint", []string{"-DEND_BKPT"}, Options{}, "stops at bkpt at 0x0800", "good\n"},
		{"wait for interrupt", []string{"-DEND_WFI"}, Options{}, "waits for an interrupt at 0x0800", "good\n"},
		{"exit", []string{"-DEND_SEMIHOSTING"}, Options{}, "exits", "good\nbye\n"},
		{"exit with status", []string{"-DEND_EXTENDED"}, Options{}, "exits with status 3", "good\n"},
		{"reset", []string{"-DEND_RESET"}, Options{}, "asked for a reset", "good\n"},
		{"waiting for a peripheral", []string{"-DEND_WAITING"}, Options{}, "waits for ever at 0x0800", "good\n"},
		{"loop of nops", []string{"-DEND_NOPS"}, Options{}, "loops for ever at 0x0800", "good\n"},
		{"until", nil, Options{Until: "done"}, "reached 0x0800", "good\n"},
		{"unoptimised", []string{"-O0"}, Options{}, "loops for ever at 0x0800", "good\n"},
		{"lenient", []string{"-DEND_BKPT"}, Options{Lenient: true}, "stops at bkpt", "good\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Run(context.Background(), build(t, c.flags...), c.o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Core != unicorn.CortexM3 || r.Family != unicorn.STM32F1 {
				t.Errorf("%s, %s: want what the file was built for", r.Core, r.Family)
			}
			if !strings.HasPrefix(r.End, c.end) || string(r.Output) != c.print {
				t.Errorf("%s, printed %q; want %s, %q", r.End, r.Output, c.end, c.print)
			}
			if len(r.Readings) != 2 || r.Readings[1]-r.Readings[0] < 1000 {
				t.Errorf("readings of CYCCNT: %d", r.Readings)
			}
			if len(r.SysTick) != 2 {
				t.Errorf("readings of SysTick: %d", r.SysTick)
			}
			var instructions, cycles uint64
			for _, s := range r.Spent {
				instructions += s.Executions
				cycles += s.Cycles
			}
			if instructions != r.Instructions || cycles != r.Cycles {
				t.Errorf("%d instructions and %d cycles, the profile has %d and %d", r.Instructions, r.Cycles, instructions, cycles)
			}
			var sampled uint64
			for _, s := range r.ByPath {
				sampled += s.Cycles
			}
			if sampled != r.Cycles {
				t.Errorf("%d cycles, %d in samples", r.Cycles, sampled)
			}
			if r.StackBytes < 8 || r.StackBytes > 200 {
				t.Errorf("stack of %d bytes", r.StackBytes)
			}
		})
	}
}

// A loop at the end is not counted, however it is written: programs that differ in it only cost the same.
func TestEndIsNotCounted(t *testing.T) {
	var want *Result
	for _, flags := range []string{"-DEND_BKPT", "-DEND_NOPS", "-DEND_WAITING"} {
		r, err := Run(context.Background(), build(t, flags), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r
		}
		if d := int64(r.Instructions - want.Instructions); d < -8 || d > 8 {
			t.Errorf("%s: %d instructions, %d with another end", flags, r.Instructions, want.Instructions)
		}
	}
}

func TestBadPrograms(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		o     Options
		want  string
	}{
		{"fault", []string{"-DEND_FAULT"}, Options{}, "the program faulted: BusFault at pc 0x0800"},
		{"never ends", []string{"-DEND_COUNTING"}, Options{Limit: 3_000_000}, "the end was not reached within 3000000 instructions"},
		{"never comes to until", nil, Options{Until: "fault"}, "the program does not come to fault: it loops for ever at"},
		{"clocks of another chip", nil, Options{Family: unicorn.STM32F4, Until: "done"}, "for the register at 0x40021000"},
		{"no such end", nil, Options{Until: "nowhere"}, `--until: "nowhere" is neither`},
		{"no such entry", nil, Options{Entry: "nowhere"}, `--entry: "nowhere" is neither`},
		{"no code at entry", nil, Options{Entry: "0x70000000"}, "there is no code at the entry point 0x70000000"},
		{"arguments without entry", nil, Options{Args: []string{"1"}}, "--args needs --entry"},
		{"base", nil, Options{Base: "0"}, "--base: is for raw images"},
		{"object", []string{"-r"}, Options{}, "the file is an object: link it first"},
		{"application processor", []string{"-mcpu=cortex-a7"}, Options{}, "application or real-time processor"},
		{"Armv8-M", []string{"-mcpu=cortex-m33"}, Options{}, "built for cortex-m33"},
		{"big-endian", []string{"-mbig-endian"}, Options{}, "big-endian"},
		{"memory", nil, Options{Maps: []Map{{Addr: "0xfffffc00", Size: "4096"}}}, "beyond the address space"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Run(context.Background(), build(t, c.flags...), c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

func TestNotPrograms(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	native, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	object, err := os.ReadFile("../../benchmarks/fletcher16/fletcher16.bpf.o")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"this test", native, "has no code for a Cortex-M"},
		{"eBPF", object, "for EM_BPF and has no code for a Cortex-M"},
		{"text", []byte("hello"), "neither an ELF nor an Intel hex file"},
		{"cut off", native[:100], "not a usable ELF file"},
		{"empty", nil, "neither an ELF nor an Intel hex file"},
	} {
		if _, err := Run(context.Background(), c.file, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
	if _, err := Run(context.Background(), nil, Options{Base: "0x08000000"}); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Error(err)
	}
}

// tinyELF is an ELF file with one segment at 0x08000000: a vector table and code.
func tinyELF(code ...uint16) []byte {
	const entry = 0x08000008
	body := binary.LittleEndian.AppendUint32(nil, 0x20002000)
	body = binary.LittleEndian.AppendUint32(body, entry|1)
	for _, h := range code {
		body = binary.LittleEndian.AppendUint16(body, h)
	}
	var out bytes.Buffer
	ident := [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS32), byte(elf.ELFDATA2LSB), 1}
	header := elf.Header32{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_ARM), Version: 1, Entry: entry | 1,
		Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1}
	segment := elf.Prog32{Type: uint32(elf.PT_LOAD), Off: 84, Vaddr: 0x08000000, Paddr: 0x08000000, Filesz: uint32(len(body)),
		Memsz: uint32(len(body)), Flags: uint32(elf.PF_R | elf.PF_X), Align: 4}
	for _, part := range []any{header, segment, body} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			panic("BUG: " + err.Error())
		}
	}
	return out.Bytes()
}

// A file without attributes, symbols and sections, which needs no compiler.
func TestTinyELF(t *testing.T) {
	// movs r0, #10; subs r0, #1; bne; b .
	r, err := Run(context.Background(), tinyELF(0x200a, 0x3801, 0xd1fd, 0xe7fe), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Core != unicorn.CortexM4 || r.End != "loops for ever at 0x0800000e" || r.Instructions != 21 {
		t.Errorf("%+v", r)
	}
}

// A program for newlib's semihosting, as linked without a script: it has RAM at 0 and no vector table.
func TestNewlib(t *testing.T) {
	folder := t.TempDir()
	source, out := filepath.Join(folder, "hello.c"), filepath.Join(folder, "hello.elf")
	const text = "#include <stdio.h>\nint main(void) { printf(\"hello %d\\n\", 42); return 0; }\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-O2", "--specs=rdimon.specs", source, "-o", out).CombinedOutput(); err != nil {
		t.Skipf("no compiler with newlib: %v\n%s", err, out)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.End != "exits" || string(r.Output) != "hello 42\n" || r.Core != unicorn.CortexM3 {
		t.Errorf("%s, printed %q on %s", r.End, r.Output, r.Core)
	}
}

// Recursion deeper than paths are kept: all is counted, and paths are those of calls.
func TestRecursion(t *testing.T) {
	// movs r0, #200; bl f; b . ; f: push {lr}; subs r0, #1; beq out; bl f; out: pop {pc}
	r, err := Run(context.Background(), tinyELF(0x20c8, 0xf000, 0xf801, 0xe7fe, 0xb500, 0x3801, 0xd001, 0xf7ff, 0xfffb, 0xbd00), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var sampled uint64
	deepest := 0
	for _, s := range r.ByPath {
		sampled += s.Cycles
		deepest = max(deepest, len(s.Calls))
		for _, call := range s.Calls {
			if call != 0x0800000a && call != 0x08000016 {
				t.Errorf("a call at %#x", call)
			}
		}
	}
	if sampled != r.Cycles || deepest != 64 || r.StackBytes != 800 {
		t.Errorf("%d cycles, %d in samples; %d calls deep, %d bytes of stack; %s", r.Cycles, sampled, deepest, r.StackBytes, r.End)
	}
}

// Damaged files are refused or run into something, within the limit.
func FuzzFile(f *testing.F) {
	f.Add(tinyELF(0x200a, 0x3801, 0xd1fd, 0xe7fe))
	f.Add(tinyELF(0x2004, 0xbeab, 0x2018, 0xbeab, 0xbf30))
	f.Add([]byte("\x7fELF"))
	f.Add(bytes.Repeat([]byte{0x70, 0x47}, 20))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, o := range []Options{{}, {Base: "0x08000000", Lenient: len(file)%64 == 0}} {
			o.Limit = 10_000
			if _, err := Run(context.Background(), file, o); err != nil && strings.Contains(err.Error(), "unicorn: ") &&
				!strings.Contains(err.Error(), "unicorn: map") {
				t.Errorf("%+v: %v", o, err)
			}
		}
	})
}
