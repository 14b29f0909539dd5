// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// access is a size of loads and stores.
type access struct {
	name  string
	size  byte
	bytes int
}

var accesses = []access{{"u8", sizeB, 1}, {"u16", sizeH, 2}, {"u32", sizeW, 4}, {"u64", sizeDW, 8}}

// offsets are at the limits of addressing: 5 bits scaled, 8 bits, 8 bits times 4, 12 bits.
var offsets = []int{0, 1, 2, 3, 4, 8, 30, 31, 32, 62, 63, 64, 120, 124, 125, 128, 246, 248, 252, 255, 256, 1016, 1020, 1021, 1024,
	4080, 4088, 4091, 4092, 4095, 4096, 4100, -1, -2, -4, -8, -124, -128, -248, -252, -254, -255, -256, -257, -1020, -1024, -4088, -4095, -4096}

// around is the address offsets are relative to, and area what they reach.
const (
	around = 4104
	area   = 8216
)

// get is what a load of bytes of memory gives.
func get(memory []byte, bytes int, sign bool) uint64 {
	var b [8]byte
	copy(b[:], memory[:bytes])
	v := binary.LittleEndian.Uint64(b[:])
	if sign {
		return extended(v, int16(8*bytes))
	}
	return v
}

func put(memory []byte, bytes int, v uint64) {
	copy(memory[:bytes], binary.LittleEndian.AppendUint64(nil, v))
}

// pattern fills memory with bytes that tell where they are, signs of both kinds.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*37 ^ i>>8*11)
	}
	return b
}

// memory: loads and stores of each size, at each offset, on pointers of several makes.
func memory() (all []Program) {
	for turn := range 3 * len(rotation) {
		r, tested := rotation[turn%len(rotation)], turn%3
		for _, a := range accesses {
			for _, sign := range []bool{false, true} {
				if !sign || a.bytes < 8 {
					all = append(all, loads(r, a, sign, tested))
				}
			}
			all = append(all, stores(r, a, tested, false), stores(r, a, tested, true))
		}
	}
	return append(all, frame()...)
}

var bases = []string{"unknown length", "tested length", "index in a register"}

// base begins a program: r.base = the context, r.src = the middle of the area.
func base(t *text, r registers, tested, length int) {
	switch tested {
	case 1: // proves the accesses that follow
		t.mov(3, 1)
		t.movImm(0, 99)
		t.add(classJMP|jmpGe, 2, 0, 1, int32(length))
		t.exit()
		t.mov(1, 3)
	case 2: // the middle, as a number nothing knows
		t.load(sizeDW, 3, 1, area)
		t.mov(4, 1)
		t.add(classALU64|source|opAdd, 4, 3, 0, 0)
		t.mov(5, 1)
		t.mov(r.src, 4)
		if r.src == 5 {
			t.mov(r.base, 1)
			return
		}
		t.mov(r.base, 5)
		return
	}
	t.mov(r.base, 1)
	t.mov(r.src, r.base)
	t.addImm(r.src, around)
}

func contextOf(results int) []byte {
	c := binary.LittleEndian.AppendUint64(pattern(area), around)
	return append(c, make([]byte, 8*results)...)
}

func loads(r registers, a access, sign bool, tested int) Program {
	mode, name := byte(modeMEM), "load "+a.name
	if sign {
		mode, name = modeMEMSX, name+" signed"
	}
	p := Program{Group: "load", Name: fmt.Sprintf("%s, r%d, %s", name, r.dst, bases[tested]), Results: area + 8}
	p.Context = contextOf(len(offsets))
	p.After = slices.Clone(p.Context)
	var t text
	base(&t, r, tested, len(p.Context))
	for i, offset := range offsets {
		t.add(classLDX|mode|a.size, r.dst, r.src, int16(offset), 0)
		t.store(sizeDW, r.base, r.dst, p.Results+8*i)
		put(p.After[p.Results+8*i:], 8, get(p.Context[around+offset:], a.bytes, sign))
		p.Cases = append(p.Cases, fmt.Sprintf("%s at %d", name, offset))
	}
	t.movImm(0, 0)
	t.exit()
	p.Text = t
	return p
}

func stores(r registers, a access, tested int, immediate bool) Program {
	name := "store " + a.name
	if immediate {
		name += " constant"
	}
	p := Program{Group: "store", Name: fmt.Sprintf("%s, r%d, %s", name, r.dst, bases[tested])}
	p.Context = contextOf(0)
	p.After = slices.Clone(p.Context)
	var t text
	base(&t, r, tested, len(p.Context))
	for i, offset := range offsets {
		v := uint64(int64(limits[i%len(limits)]))
		if immediate {
			t.add(classST|modeMEM|a.size, r.src, 0, int16(offset), int32(v))
		} else {
			t.load(sizeDW, r.dst, r.base, 8*i)
			v = get(p.After[8*i:], 8, false)
			t.store(a.size, r.src, r.dst, offset)
		}
		put(p.After[around+offset:], a.bytes, v)
	}
	t.movImm(0, 0)
	t.exit()
	p.Text = t
	return p
}

// frame: the stack, from r10 and from copies of it.
func frame() (all []Program) {
	for _, a := range accesses {
		for _, copied := range []bool{false, true} {
			for _, sign := range []bool{false, true} {
				if sign && a.bytes == 8 {
					continue
				}
				p := Program{Group: "stack", Name: fmt.Sprintf("%s, copy of r10 %v, signed %v", a.name, copied, sign)}
				var t text
				pointer, mode := byte(r10), byte(modeMEM)
				if copied {
					pointer = 7
					t.mov(7, r10)
				}
				if sign {
					mode = modeMEMSX
				}
				for i, below := range []int{512, 511, 510, 509, 508, 504, 257, 256, 255, 254, 252, 248, 128, 17, 16, 15, 12, 9, 8, 7, 6, 5, 4, 3, 2, 1} {
					if below < a.bytes {
						continue
					}
					v := values[i%len(values)] ^ 0x8182838485868788
					t.lddw(3, v)
					t.store(a.size, pointer, 3, -below)
					t.add(classLDX|mode|a.size, 4, pointer, int16(-below), 0)
					t.store(sizeDW, 1, 4, 8*len(p.Cases))
					var b [8]byte
					put(b[:], 8, v)
					p.After = binary.LittleEndian.AppendUint64(p.After, get(b[:], a.bytes, sign))
					p.Cases = append(p.Cases, fmt.Sprintf("%s at r10 - %d", a.name, below))
				}
				p.Context = make([]byte, len(p.After))
				t.movImm(0, 0)
				t.exit()
				p.Text = t
				all = append(all, p)
			}
		}
	}
	return all
}

// overBases: loads into the registers their address is in, or came from by way of a high half.
func overBases() (all []Program) {
	for turn, r := range slices.Concat(rotation, rotation[:5]) {
		d, s, pointer := r.dst, r.src, r.base
		for _, a := range accesses {
			for _, sign := range []bool{false, true} {
				if sign && a.bytes == 8 {
					continue
				}
				mode := byte(modeMEM)
				if sign {
					mode = modeMEMSX
				}
				p := Program{Group: "load", Name: fmt.Sprintf("%s over its base, signed %v, r%d r%d", a.name, sign, d, s), Own: true}
				p.Context = append(pattern(512), make([]byte, 8*16)...)
				p.After, p.Results = slices.Clone(p.Context), 512
				var t text
				t.mov(pointer, 1)
				show := func(r byte, v uint64, format string, args ...any) {
					at := p.Results + 8*len(p.Cases)
					t.store(sizeDW, pointer, r, at)
					put(p.After[at:], 8, v)
					p.Cases = append(p.Cases, fmt.Sprintf(format, args...))
				}
				high := func(dst byte, low int32) { // the context's address in the high half, a number in the low one
					t.mov(dst, pointer)
					t.add(classALU64|opLsh, dst, 0, 0, 32)
					t.add(classALU64|opOr, dst, 0, 0, low)
				}
				load := func(dst, base byte, at int) uint64 {
					t.add(classLDX|mode|a.size, dst, base, int16(at), 0)
					return get(p.Context[at:], a.bytes, sign)
				}
				for i, at := range []int{0, 11 + turn, 252} {
					t.mov(d, pointer)
					show(d, load(d, d, at), "over a copy")
					t.mov(d, pointer)
					t.addImm(d, 16)
					t.add(classLDX|mode|a.size, d, d, int16(at), 0)
					show(d, get(p.Context[at+16:], a.bytes, sign), "over a sum")
					high(d, int32(i+7))
					t.mov(s, d)
					t.add(classALU64|opRsh, s, 0, 0, 32)
					v := load(d, s, at)
					show(d, v, "over what the base was the high half of")
					high(s, int32(i+7))
					t.mov(d, s)
					t.add(classALU64|opRsh, d, 0, 0, 32)
					v = load(d, d, at)
					t.add(classALU|source|opAdd, s, d, 0, 0)
					show(s, uint64(uint32(v)+uint32(i+7)), "from a high half of what is used later")
				}
				t.movImm(0, 0)
				t.exit()
				p.Text = t
				all = append(all, p)
			}
		}
	}
	return all
}
