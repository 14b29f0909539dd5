// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"encoding/binary"
	"slices"
)

// slot is one instruction.
func slot(op, dst, src byte, off int16, imm int32) []byte {
	return []byte{op, src<<4 | dst, byte(off), byte(off >> 8), byte(imm), byte(imm >> 8), byte(imm >> 16), byte(imm >> 24)}
}

// What programs here are made of. Names are those of the instruction set's table.
func movImm(dst byte, v int32) []byte         { return slot(0xb7, dst, 0, 0, v) }
func mov(dst, src byte) []byte                { return slot(0xbf, dst, src, 0, 0) }
func addImm(dst byte, v int32) []byte         { return slot(0x07, dst, 0, 0, v) }
func load32(dst, base byte, off int16) []byte { return slot(0x61, dst, base, off, 0) }
func store32(base byte, off int16, src byte) []byte {
	return slot(0x63, base, src, off, 0)
}
func load64(dst, base byte, off int16) []byte { return slot(0x79, dst, base, off, 0) }
func storeImm32(base byte, off int16, v int32) []byte {
	return slot(0x62, base, 0, off, v)
}
func jump(n int16) []byte                         { return slot(0x05, 0, 0, n, 0) }
func jumpNeImm(dst byte, v int32, n int16) []byte { return slot(0x55, dst, 0, n, v) }
func callHelper(id int32) []byte                  { return slot(0x85, 0, 0, 0, id) }
func callLocal(n int32) []byte                    { return slot(0x85, 0, 1, 0, n) }
func exit() []byte                                { return slot(0x95, 0, 0, 0, 0) }
func fetchAdd64(base byte, off int16, src byte) []byte {
	return slot(0xdb, base, src, off, 1)
}

var le = binary.LittleEndian

func program(parts ...[]byte) []byte { return slices.Concat(parts...) }
