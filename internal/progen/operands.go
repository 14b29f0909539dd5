// SPDX-License-Identifier: GPL-2.0-or-later

package progen

var (
	aluOps  = []byte{0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0}
	jumpOps = []byte{0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0}
	atomics = []uint32{0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1}

	// numbers are where arithmetic changes its mind, and where encodings of immediates end.
	numbers = []uint32{0, 1, 2, 3, 7, 8, 16, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 510, 511, 512, 4095, 4096, 0xffff,
		0x10000, 0xff00ff, 0xff00ff00, 0xabababab, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0xffffff01,
		0xffffff00, 0xfffff001, 0xfffff000, 0xffff0000, 1000, 10, 65521}
	offsets = []int16{0, 1, 4, 31, 32, 62, 64, 124, 128, 255, 256, 1020, 4095, 4096, -1, -4, -8, -255, -256, -512, 32767, -32768}
)

func (g *generator) imm() uint32 {
	if b := g.byte(); b < 192 {
		return numbers[b%len(numbers)]
	} else if b < 224 {
		return uint32(int8(g.byte()))
	}
	return uint32(g.byte())<<24 | uint32(g.byte())<<16 | uint32(g.byte())<<8 | uint32(g.byte())
}

// dst is any register but those that hold pointers, which go now and then.
func (g *generator) dst() byte {
	b := g.byte()
	if b == 255 && !g.features.Plain {
		return byte(g.below(10))
	}
	return []byte{0, 1, 2, 3, 4, 5, 8, 9}[b%8]
}

func (g *generator) src() byte {
	if g.features.Plain {
		return g.dst()
	}
	return byte(g.byte() % 11)
}

// wide is the class of 64-bit arithmetic, or of 32-bit arithmetic.
func (g *generator) wide() byte { return []byte{0x07, 0x04}[g.below(2)] }

// address is of memory with room for size bytes, most often.
func (g *generator) address(size int) (base byte, offset int16) {
	if g.features.Plain {
		return g.plainAddress(size)
	}
	switch b := g.byte(); {
	case b >= 252:
		return g.src() % 10, offsets[g.below(len(offsets))]
	case b >= 246:
		return ctxPointer, int16(len(g.program.Context)) + int16(g.below(24)) - 12
	case b >= 240:
		return stackPointer, int16(g.below(40)) - 20
	case b%2 == 0 && len(g.program.Context) >= size:
		return ctxPointer, int16(g.byte() % (len(g.program.Context) - size + 1))
	case b%4 == 1:
		return 10, -int16(size) - int16(g.byte()*2%(512-size+1))
	}
	return stackPointer, -int16(size) - int16(g.byte()*2%(512-size+1))
}

var sizes = []int{4, 2, 1, 8} // by the size bits of an opcode

// sectionAddress points a register into .rodata or .data, one of which there is.
func (g *generator) sectionAddress(p byte) (kind section, at, n int) {
	kind, n = rodata, len(g.program.Rodata)
	if g.one(2) && len(g.program.Data) > 0 || n == 0 {
		kind, n = data, len(g.program.Data)
	}
	at = g.below(n)
	g.emit(insn{op: opLDDW, regs: p, section: kind, imm: uint32(at)})
	return kind, at, n
}

const plainBytes = 64 // of the context, and of the stack they read

func (g *generator) plainAddress(size int) (base byte, offset int16) {
	at := int16(g.byte() % (plainBytes / size) * size)
	if g.one(2) {
		return stackPointer, at - plainBytes
	}
	return ctxPointer, at
}
