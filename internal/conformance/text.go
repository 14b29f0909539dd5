// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import "encoding/binary"

// Classes and modes, RFC 9669 sections 3 and 5.
const (
	classLD    = 0x00
	classLDX   = 0x01
	classST    = 0x02
	classSTX   = 0x03
	classALU   = 0x04
	classJMP   = 0x05
	classJMP32 = 0x06
	classALU64 = 0x07

	source = 0x08 // the second operand is a register

	sizeW  = 0x00
	sizeH  = 0x08
	sizeB  = 0x10
	sizeDW = 0x18

	modeMEM    = 0x60
	modeMEMSX  = 0x80
	modeATOMIC = 0xc0

	r10 = 10
)

func aluClass(wide bool) byte {
	if wide {
		return classALU64
	}
	return classALU
}

func jmpClass(wide bool) byte {
	if wide {
		return classJMP
	}
	return classJMP32
}

func bitsOf(wide bool) string {
	if wide {
		return "64"
	}
	return "32"
}

// text is a program's instructions.
type text []byte

func (t *text) add(op, dst, src byte, offset int16, imm int32) {
	b := binary.LittleEndian.AppendUint16([]byte{op, src<<4 | dst}, uint16(offset))
	*t = append(*t, binary.LittleEndian.AppendUint32(b, uint32(imm))...)
}

func (t *text) slots() int { return len(*t) / 8 }

func (t *text) mov(dst, src byte)          { t.add(classALU64|source|opMov, dst, src, 0, 0) }
func (t *text) movImm(dst byte, imm int32) { t.add(classALU64|opMov, dst, 0, 0, imm) }
func (t *text) addImm(dst byte, imm int32) { t.add(classALU64|opAdd, dst, 0, 0, imm) }
func (t *text) load(size, dst, base byte, offset int) {
	t.add(classLDX|modeMEM|size, dst, base, int16(offset), 0)
}
func (t *text) store(size, base, src byte, offset int) {
	t.add(classSTX|modeMEM|size, base, src, int16(offset), 0)
}
func (t *text) lddw(dst byte, v uint64) {
	t.add(classLD|sizeDW, dst, 0, 0, int32(v))
	t.add(0, 0, 0, 0, int32(v>>32))
}
func (t *text) exit() { t.add(classJMP|jmpExit, 0, 0, 0, 0) }
