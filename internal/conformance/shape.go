// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// values are operands at the boundaries.
var values = []uint64{
	0, 1, ^uint64(0), 2, 63, 255, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63,
	0xffffffff80000000, 0x0123456789abcdef, 0xfffffffffffffff7,
}

// limits are constants at the limits of Thumb-2's encodings: 3, 8, 12 and 16 bits, modified
// constants of all forms, and what none of them holds.
var limits = []int32{
	0, 1, -1, 2, 7, 8, -8, 10, 31, 32, 33, 63, 255, 256, 257, -255, -256, -257, 510, 1020, 1000, 4095, 4096, 4097, -4095, -4096,
	0x00ab00ab, -0x54ff5500, 0x55555555, 0x0001fe00, 0x00ff0000, 65535, 65536, -65536, 0x7f800000, 1<<31 - 1, -1 << 31, 0x12345678,
}

// kind is how an operand comes to its register, which decides where the compiler has it.
type kind int

const (
	pair     kind = iota // loaded, 64 bits
	low                  // loaded, 32 bits: the high half is known to be zero
	constant             // a constant
	copied               // a copy of another register, which is looked at afterwards
)

func (k kind) String() string { return [...]string{"pair", "low", "constant", "copy"}[k] }

// seen is what of a value an operand of that kind holds.
func (k kind) seen(v uint64) uint64 {
	if k == low {
		return v & 0xffffffff
	}
	return v
}

// registers are those a case works with.
type registers struct{ dst, src, base, spare byte }

// rotation takes every register through every role.
var rotation = []registers{
	{0, 1, 6, 2}, {3, 7, 1, 0}, {8, 2, 9, 5}, {6, 9, 0, 4}, {1, 0, 8, 3}, {9, 8, 2, 7},
	{2, 5, 7, 1}, {5, 4, 3, 9}, {7, 3, 4, 6}, {4, 6, 5, 8},
}

// shape is what cases of one program have in common.
type shape struct {
	a, b     kind
	regs     registers
	pressure bool // all other registers are in use, too: some are spilled
	half     bool // of results the low half alone is looked at
}

func (s shape) String() string {
	name := fmt.Sprintf("%v %v, r%d r%d", s.a, s.b, s.regs.dst, s.regs.src)
	if s.pressure {
		name += ", pressure"
	}
	if s.half {
		name += ", low half"
	}
	return name
}

// shapes are all kinds of operands, with and without pressure, their registers rotating.
func shapes(turn *int, kinds ...[2]kind) (all []shape) {
	for _, k := range kinds {
		for _, pressure := range []bool{false, true} {
			*turn++
			if pressure && (k[0] == copied || k[1] == copied) {
				continue // needs a register more
			}
			all = append(all, shape{
				a: k[0], b: k[1], regs: rotation[*turn%len(rotation)], pressure: pressure, half: *turn%3 == 0,
			})
		}
	}
	return all
}

var pairs = [][2]kind{
	{pair, pair}, {low, low}, {low, pair}, {pair, low}, {pair, constant}, {constant, pair}, {low, constant}, {constant, low},
	{copied, pair}, {pair, copied},
}

// builder makes a program of cases. Its context: operands, what other registers hold, what they hold
// at the end, results.
type builder struct {
	text
	shape
	operands []uint64
	results  []uint64
	names    []string
	fixes    []int // slots that store results: offsets relative to the results
}

func newBuilder(s shape) *builder {
	b := &builder{shape: s}
	if s.regs.base != 1 {
		b.mov(s.regs.base, 1)
	}
	for i, r := range b.others() {
		b.text.load(sizeDW, r, s.regs.base, 8*i)
		b.operands = append(b.operands, 0x1111111100000001*uint64(i+1)+uint64(r)<<40)
	}
	return b
}

// others are the registers that are in use but for the cases.
func (b *builder) others() (all []byte) {
	for r := byte(0); r < 10 && b.pressure; r++ {
		if r != b.regs.dst && r != b.regs.src && r != b.regs.base && r != b.regs.spare {
			all = append(all, r)
		}
	}
	return all
}

// operand brings a value into a register; returns the value as the kind makes it.
func (b *builder) operand(k kind, r byte, v uint64) uint64 {
	if k == constant {
		b.lddw(r, v)
		return v
	}
	at := slices.Index(b.operands, v)
	if at < 0 {
		at = len(b.operands)
		b.operands = append(b.operands, v)
	}
	switch k {
	case low:
		b.text.load(sizeW, r, b.regs.base, 8*at)
	case copied:
		b.text.load(sizeDW, b.regs.spare, b.regs.base, 8*at)
		b.mov(r, b.regs.spare)
	default:
		b.text.load(sizeDW, r, b.regs.base, 8*at)
	}
	return k.seen(v)
}

// result stores a register as a result.
func (b *builder) result(r byte, v uint64, format string, args ...any) {
	size := byte(sizeDW)
	if b.half {
		size, v = sizeW, v&0xffffffff
	}
	b.fixes = append(b.fixes, b.slots())
	b.text.store(size, b.regs.base, r, 8*len(b.results))
	b.results = append(b.results, v)
	b.names = append(b.names, fmt.Sprintf(format, args...))
}

// room is how many cases a program holds: devices have room for what the compiler makes of so many.
const room = 240

// more ends the program if it holds enough, and begins another.
func (b *builder) more(all *[]Program, group, name string) *builder {
	if len(b.results) < room {
		return b
	}
	*all = append(*all, b.program(group, name))
	return newBuilder(b.shape)
}

// program ends the program.
func (b *builder) program(group, name string) Program {
	others := b.others()
	kept, at := 8*len(b.operands), 8*(len(b.operands)+len(others))
	for _, slot := range b.fixes {
		offset := b.text[8*slot+2:]
		binary.LittleEndian.PutUint16(offset, binary.LittleEndian.Uint16(offset)+uint16(at))
	}
	for i, r := range others {
		b.text.store(sizeDW, b.regs.base, r, kept+8*i)
	}
	b.movImm(0, 0)
	b.exit()
	p := Program{Group: group, Name: name + ", " + b.shape.String(), Text: b.text, Results: at, Cases: b.names}
	for _, v := range b.operands {
		p.Context = binary.LittleEndian.AppendUint64(p.Context, v)
	}
	p.After = slices.Clone(p.Context)
	for i := range others {
		p.After = binary.LittleEndian.AppendUint64(p.After, b.operands[i])
	}
	for _, v := range b.results {
		p.After = binary.LittleEndian.AppendUint64(p.After, v)
	}
	p.Context = append(p.Context, make([]byte, len(p.After)-len(p.Context))...)
	return p
}
