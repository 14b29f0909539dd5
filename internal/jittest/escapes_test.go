// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/firmware/agent"
	"github.com/ubench-dev/ubench/image"
)

// escape is a program that reaches, or nearly reaches, for memory that is not its own.
type escape struct {
	name  string
	text  []byte
	job   emu.Job
	want  abi.Fault // what must come of it,
	known bool      // where that can be told without running it
}

// area is memory a program is granted, where it lies on the device.
type area struct {
	name       string
	start, len uint32
	writable   bool
	base       []byte // instructions that put the start of it, for the stack its end, into r4
}

const (
	contextBytes = 24
	allocated    = 64 // bytes of data sections
)

// memoryOf lays out a job with memory of every kind; the agent does the same (firmware/agent/job.c).
func memoryOf() (job emu.Job, areas []area) {
	job.Context = make([]byte, contextBytes)
	job.Granted = []emu.Region{{Bytes: make([]byte, 13)}, {Bytes: make([]byte, 16), Writable: true}}
	at := uint32(agent.BlockAddr)
	place := func(n int) uint32 {
		start := at
		at += uint32(n+7) &^ 7
		return start
	}
	context, readable, writable := place(contextBytes), place(13), place(16)
	at = (at + 15) &^ 15 // where a stack lies, and what is below it
	place(SaveBytes)
	stackTop := place(StackBytes) + StackBytes
	return job, []area{
		{"context", context, contextBytes, true, slot(0xbf, 0x14, 0, 0)},
		{"granted", readable, 13, false, lddw(4, uint64(readable))},
		{"granted to write", writable, 16, true, lddw(4, uint64(writable))},
		{"stack", stackTop - 512, 512, true, slot(0xbf, 0xa4, 0, 0)},
	}
}

func lddw(dst byte, v uint64) []byte {
	return slices.Concat(slot(0x18, dst, 0, int32(v)), slot(0, 0, 0, int32(v>>32)))
}

// mov, add and so on are 64-bit operations of registers or constants.
func mov(dst, src byte) []byte         { return slot(0xbf, src<<4|dst, 0, 0) }
func movImm(dst byte, v int32) []byte  { return slot(0xb7, dst, 0, v) }
func plus(dst, src byte) []byte        { return slot(0x0f, src<<4|dst, 0, 0) }
func plusImm(dst byte, v int32) []byte { return slot(0x07, dst, 0, v) }
func jump(op, dst, src byte, n int16) []byte {
	return slot(op, src<<4|dst, n, 0)
}

// touch is an access of [r4 + offset].
type touch struct {
	name                 string
	size                 int
	plain, write, atomic bool // plain: a load or store of a register
	code                 func(offset int16) []byte
}

// touches lists accesses of every size and kind, of r5 where they store; r0 takes what they read.
func touches() (all []touch) {
	sizeBits := map[int]byte{1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}
	add := func(name string, op byte, size int, write bool, regs byte, imm int32) {
		op |= sizeBits[size]
		all = append(all, touch{
			name: fmt.Sprintf("%s of %d", name, size), size: size, plain: op&0xe5 == 0x61, write: write, atomic: op&0xe7 == 0xc3,
			code: func(o int16) []byte { return slot(op, regs, o, imm) },
		})
	}
	for _, size := range []int{1, 2, 4, 8} {
		add("load", 0x61, size, false, 0x40, 0)
		add("store", 0x63, size, true, 0x54, 0)
		add("store of a constant", 0x62, size, true, 0x04, -1)
		if size < 8 {
			add("signed load", 0x81, size, false, 0x40, 0)
		}
		if size >= 4 {
			add("atomic add", 0xc3, size, true, 0x54, 0x00)
			add("atomic fetch", 0xc3, size, true, 0x54, 0x41)
			add("compare and exchange", 0xc3, size, true, 0x54, 0xf1)
		}
	}
	return all
}

// outcome is what must come of one access.
func outcome(areas []area, t touch, addr uint32, pc int) abi.Fault {
	status := abi.StatusRead
	if t.write {
		status = abi.StatusWrite
	}
	for _, a := range areas {
		end := uint64(a.start) + uint64(a.len)
		if addr >= a.start && uint64(addr)+uint64(t.size) <= end && (a.writable || !t.write) {
			status = abi.OK
			if t.atomic && addr%uint32(t.size) != 0 {
				status = abi.Status(-82)
			}
		}
	}
	if status == abi.OK {
		return abi.Fault{}
	}
	return abi.Fault{Status: status, PC: uint32(pc), Addr: addr}
}

// ends are accesses of every kind around both ends of memory of every kind, by addresses made in every way: 1 to 8
// bytes outside, across the end, just inside.
func ends() (all []escape) {
	forms := []struct {
		name string
		code func(base []byte, distance int64) (prologue []byte, offset int16)
	}{
		{"constant", func(base []byte, d int64) ([]byte, int16) { return base, int16(d) }},
		{"sum", func(base []byte, d int64) ([]byte, int16) {
			return slices.Concat(slot(0x79, 0x13, 0, 0), base, plus(4, 3)), 0
		}},
		{"index", func(base []byte, d int64) ([]byte, int16) { // of 32 bits, the address wraps around
			return slices.Concat(slot(0x61, 0x13, 0, 0), base, plus(4, 3), plusImm(4, 3)), -3
		}},
		{"difference", func(base []byte, d int64) ([]byte, int16) {
			return slices.Concat(slot(0x79, 0x13, 0, 0), slot(0x87, 3, 0, 0), base, slot(0x1f, 0x34, 0, 0)), 0
		}},
		{"shifted", func(base []byte, d int64) ([]byte, int16) { // of words, and the rest
			return slices.Concat(slot(0x79, 0x13, 0, 0), slot(0xc7, 3, 0, 2), slot(0x67, 3, 0, 2), base, plus(4, 3)), int16(d & 3)
		}},
		{"32-bit words", func(base []byte, d int64) ([]byte, int16) {
			return slices.Concat(slot(0x61, 0x13, 0, 0), slot(0x74, 3, 0, 2), slot(0x64, 3, 0, 2), base, plus(4, 3)), int16(d & 3)
		}},
		{"32-bit", func(base []byte, d int64) ([]byte, int16) {
			return slices.Concat(slot(0x61, 0x13, 0, 0), base, slot(0x0c, 0x34, 0, 0)), 0
		}},
	}
	job, areas := memoryOf()
	for i, a := range areas {
		for _, touch := range touches() {
			var addrs []uint32
			for k := range uint32(touch.size) + 9 {
				addrs = append(addrs, a.start-8+k, a.start+a.len-uint32(touch.size)-1+k)
			}
			for n, addr := range addrs {
				for f, form := range forms {
					if f != (n+i+touch.size)%len(forms) && (a.base[0] == 0x18 || !touch.plain) {
						continue // in turns, but for plain accesses of the context and the stack
					}
					anchor := a.start
					if a.name == "stack" {
						anchor += a.len
					}
					distance := int64(addr) - int64(anchor)
					prologue, offset := form.code(a.base, distance)
					code := touch.code(offset)
					e := escape{name: fmt.Sprintf("%s, %s at %+d, %s", a.name, touch.name, distance, form.name), job: job, known: true}
					e.text = slices.Concat(prologue, code, exitSlot)
					e.job.Context = make([]byte, contextBytes)
					binary.LittleEndian.PutUint64(e.job.Context, uint64(distance))
					e.want = outcome(areas, touch, addr, len(prologue)/8)
					all = append(all, e)
				}
			}
		}
	}
	return all
}

// wraps are addresses at the ends of the address space, and elsewhere in the device's memory: constants, loaded
// numbers, and sums that overflow 32 bits. Only the low 32 bits of a register are an address.
func wraps() (all []escape) {
	job, areas := memoryOf()
	context := areas[0].start
	for _, touch := range touches() {
		for _, base := range []uint64{0, 1, 0xfffffff8, 0xffffffff, 1 << 32, 1<<32 | uint64(context), 0xffffffff_00000000 | uint64(context) + 1,
			0x80000000, 0x7fffffff, 0x08000000, 0x40000024, 0xe0001004, 0x20000000, 0x20001f00, 0x20002010, 0x2001fff8, 0x20020000,
			uint64(context) - 0x7fff, uint64(context) + 0x8000, 0xffffffff_ffff8000 + uint64(context)} {
			for k, offset := range []int16{0, 1, -1, -8, 8, math.MaxInt16, math.MinInt16} {
				addr := uint32(base) + uint32(int32(offset))
				prologue := lddw(4, base)
				if k%2 == touch.size%2 {
					prologue = slot(0x79, 0x14, 8, 0) // a number the compiler does not know
				}
				code := touch.code(offset)
				e := escape{name: fmt.Sprintf("%s at %#x%+d", touch.name, base, offset), job: job, known: true}
				e.text = slices.Concat(prologue, code, exitSlot)
				e.job.Context = make([]byte, contextBytes)
				binary.LittleEndian.PutUint64(e.job.Context[8:], base)
				e.want = outcome(areas, touch, addr, len(prologue)/8)
				all = append(all, e)
			}
		}
	}
	return all
}

// windows are rows of accesses one check may serve, on contexts of every length around the row's.
func windows() (all []escape) {
	rows := []struct {
		size    int
		offsets []int16
	}{
		{8, []int16{0, 8, 16, 24, 32, 40, 48, 56}}, {8, []int16{56, 48, 0}}, {4, []int16{12, 8, 4, 0}}, {1, []int16{0, 1, 2, 3}},
		{2, []int16{0, 62, 63}}, {4, []int16{60, 61, 0}}, {8, []int16{0, 64, 57}}, {1, []int16{0, 63, 64}}, {8, []int16{3, 11, -1}}, {4, []int16{0, 300, 4}},
		{4, []int16{0, -4, 4}}, {2, []int16{4095, 4096, 0}},
	}
	for _, row := range rows {
		for _, touch := range touches() {
			if touch.size != row.size || touch.name[0] == 'c' {
				continue
			}
			for n := 0; n <= 76; n++ {
				base, index := mov(4, 1), 0
				switch n % 3 { // some by an index of at most 3, bytes or words
				case 1:
					base, index = slices.Concat(mov(3, 2), slot(0x57, 3, 0, 3), mov(4, 1), plus(4, 3)), n&3
				case 2:
					more := n / 3 % 4
					base = slices.Concat(mov(3, 2), plusImm(3, int32(more)), slot(0x57, 3, 0, 3), slot(0x67, 3, 0, 2), mov(4, 1), plus(4, 3))
					index = (n + more) & 3 * 4
				}
				e := escape{name: fmt.Sprintf("%v, each a %s, by an index of %d, %d bytes", row.offsets, touch.name, index, n), known: true}
				e.job.Context = make([]byte, n)
				e.text = base
				areas := []area{{start: agent.BlockAddr, len: uint32(n), writable: true}}
				for _, offset := range row.offsets {
					code := touch.code(offset)
					addr := agent.BlockAddr + uint32(index) + uint32(int32(offset))
					if e.want == (abi.Fault{}) {
						e.want = outcome(areas, touch, addr, len(e.text)/8)
					}
					e.text = slices.Concat(e.text, code)
				}
				e.text = append(e.text, exitSlot...)
				all = append(all, e)
			}
		}
	}
	return all
}

// sections are accesses around the ends of a program's constants and variables, whose addresses the image gives.
func sections() (all []escape, err error) {
	for _, at := range []image.Section{image.Rodata, image.Data} {
		for _, touch := range touches() {
			for k := range 2*touch.size + 6 {
				distance := k - 3 // from the start
				if k > touch.size+2 {
					distance = allocated - touch.size + k - touch.size - 5
				}
				for _, loaded := range []bool{false, true} {
					code := touch.code(int16(distance))
					text := slices.Concat(lddw(4, 0), code, exitSlot)
					if loaded {
						text = slices.Concat(lddw(4, 0), slot(0x79, 0x13, 0, 0), plus(4, 3), touch.code(0), exitSlot)
					}
					p, err := image.FromText("section", text)
					if err != nil {
						return nil, err
					}
					p.Rodata, p.Data = make([]byte, allocated), make([]byte, allocated)
					p.Addresses = []image.Address{{Slot: 0, Section: at}}
					e := escape{name: fmt.Sprintf("%s, %s at %+d, loaded: %v", at, touch.name, distance, loaded)}
					e.text = text
					e.job.Context = make([]byte, contextBytes)
					binary.LittleEndian.PutUint64(e.job.Context, uint64(int64(distance)))
					e.job.Format = abi.ExtendedHeader
					if e.job.Image, err = p.Encode(e.job.Format); err != nil {
						return nil, err
					}
					all = append(all, e)
				}
			}
		}
	}
	return all, nil
}
