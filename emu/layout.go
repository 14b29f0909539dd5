// SPDX-License-Identifier: GPL-2.0-or-later

package emu

// StackBytes is what the agent puts behind a job's inputs: the save area and the stack of a program that
// nests as deep as it may (UB_SAVE_BYTES and UB_STACK_BYTES of abi/run.h; SPEC.md, Memory).
const StackBytes = 8*40 + 8*512

// Where the agent puts what, as far as the host has to know it (SPEC.md, Memory).
const (
	arenaAddr = 0x20004000
	blockAddr = 0x2001c000 // the arena's last block
)

// ImageAddr is where a device has the image of a job whose context it has at an address.
func (j Job) ImageAddr(context uint32) uint32 {
	if context >= blockAddr {
		return arenaAddr
	}
	at := context + uint32(len(j.Context))
	for _, g := range j.Granted {
		at = align(at, 8) + uint32(len(g.Bytes))
	}
	at = align(at, 8) + uint32(len(j.Trace))
	return align(at, 16) + StackBytes
}

func align(n, to uint32) uint32 { return (n + to - 1) &^ (to - 1) }
