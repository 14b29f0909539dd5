// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// linuxHelpers are the helpers of Linux that the device has under an id of its own, by the number Linux has them under.
var linuxHelpers = map[int32]string{
	1: "map_lookup_elem", 2: "map_update_elem", 3: "map_delete_elem",
	5: "ktime_get_ns", 6: "trace_printk", 7: "get_prandom_u32", 8: "get_smp_processor_id",
	12: "tail_call",
	87: "map_push_elem", 88: "map_pop_elem", 89: "map_peek_elem", 93: "spin_lock", 94: "spin_unlock",
	125: "ktime_get_ns", 160: "ktime_get_ns", // since boot; coarse
	130: "ringbuf_output", 131: "ringbuf_reserve", 132: "ringbuf_submit", 133: "ringbuf_discard", 134: "ringbuf_query",
}

// Helpers of Linux that call back: the linker makes functions of them. No helper of the device has such an id.
const (
	callForEach = 0xa4 // 164
	callLoop    = 181
)

// firstNotLinux is above all ids of Linux, whose last helper is 211.
const firstNotLinux = 0xd4

// useLinuxHelpers gives a program that was made with libbpf's headers the ids of the device. Which ids a program has shows
// what it calls: the device's helpers for maps have ids that Linux has not, and where a program has maps but calls none
// of them, or a helper under a number that the device cannot have, the ids are Linux's. found tells whether there are any.
func (p *Program) useLinuxHelpers() (found bool, err error) {
	ours, theirs := false, len(p.Maps) > 0
	p.eachHelper(func(_ int, id int32) {
		ours = ours || id >= firstNotLinux
		_, known := linuxHelpers[id]
		theirs = theirs || known && id&15 > 4
	})
	if ours || !theirs {
		return false, nil
	}
	p.eachHelper(func(slot int, id int32) {
		if id == callForEach || id == callLoop || slot == 0 && p.hasTailEntry() || err != nil {
			return
		}
		name, ok := linuxHelpers[id]
		if !ok {
			err = unsupported("the instruction at slot %d calls helper %d of Linux, which the device has not; compile it with ubench's bpf_helpers.h to see which there are", slot, id)
			return
		}
		i := p.at(slot)
		i.imm = helperID(name)
		i.put(p.Text[slot*slotBytes:])
		found = true
	})
	return found, err
}

// helperID is the device's id of a helper that it has.
func helperID(name string) int32 {
	all := abi.Helpers()
	return int32(all[slices.IndexFunc(all, func(h abi.Helper) bool { return h.Name == name })].ID)
}

// eachHelper calls f for each call of a helper.
func (p *Program) eachHelper(f func(slot int, id int32)) {
	p.each(func(slot int, i insn) {
		if i.op == opCall && i.src == srcHelper {
			f(slot, i.imm)
		}
	})
}

// Places in the frame of forEach.
const (
	forEachKey    = -256 // as large as keys can be
	forEachCursor = -264
)

// Instructions that the functions below are made of.
func move(dst, src byte) insn             { return insn{op: 0xbf, dst: dst, src: src} }
func set(dst byte, imm int32) insn        { return insn{op: 0xb7, dst: dst, imm: imm} }
func add(dst byte, imm int32) insn        { return insn{op: 0x07, dst: dst, imm: imm} }
func ifEqual(dst byte, off int16) insn    { return insn{op: opJEQ, dst: dst, off: off} } // to 0
func ifNotEqual(dst byte, off int16) insn { return insn{op: 0x55, dst: dst, off: off} }

// forEach is bpf_for_each_map_elem(map, callback, ctx, flags): a loop of bpf_map_iterate.
func forEach(iterate int32) []insn {
	return []insn{
		set(0, -22),       // flags are not 0: EINVAL
		ifNotEqual(4, 21), // to the exit
		move(6, 1), move(7, 2), move(8, 3), set(9, 0),
		{op: 0x7b, dst: 10, src: 9, off: forEachCursor}, // *(u64 *)(r10 - 264) = r9
		move(1, 6), // 7
		move(2, 10), add(2, forEachCursor),
		move(3, 10), add(3, forEachKey),
		{op: opCall, imm: iterate},
		ifEqual(0, 8), // to 22
		add(9, 1),
		move(1, 6), move(2, 10), add(2, forEachKey), move(3, 0), move(4, 8),
		{op: opCallX, dst: 7},
		ifEqual(0, -15),
		move(0, 9), // 22
		{op: opExit},
	}
}

// loop is bpf_loop(n, callback, ctx, flags).
func loop() []insn {
	return []insn{
		set(0, -22),
		ifNotEqual(4, 13), // to the exit
		set(0, -7),        // E2BIG
		{op: 0x26, dst: 1, imm: 1 << 23, off: 11}, // w1 > 2^23
		{op: 0xbc, dst: 6, src: 1},                // w6 = w1
		move(7, 2), move(8, 3), set(9, 0),
		{op: 0x3d, dst: 9, src: 6, off: 5}, // 8: r9 >= r6
		move(1, 9), move(2, 8),
		{op: opCallX, dst: 7},
		add(9, 1),
		ifEqual(0, -6),
		move(0, 9), // 14
		{op: opExit},
	}
}

// addCallers puts functions behind the program that call back, in place of the helpers that would, and tells whether
// there are any.
func (p *Program) addCallers() (added bool) {
	for _, f := range []struct {
		id   int32
		name string
		text []insn
	}{{callForEach, "bpf_for_each_map_elem", forEach(helperID("map_iterate"))}, {callLoop, "bpf_loop", loop()}} {
		at := -1
		p.eachHelper(func(slot int, id int32) {
			if id != f.id {
				return
			}
			if at < 0 {
				at = p.Slots()
				p.Functions = append(p.Functions, Function{Name: f.name, Slot: at})
			}
			i := p.at(slot)
			i.src, i.imm = srcLocal, int32(at-slot-1)
			i.put(p.Text[slot*slotBytes:])
		})
		if at >= 0 {
			added = true
			for _, i := range f.text {
				p.Text = append(p.Text, i.bytesOf()...)
			}
		}
	}
	return added
}

// tailEntry is what programs with tail calls begin with: the function that is to run next, or the program itself. A tail
// call ends the program, and whoever ran it runs it again.
func tailEntry(main int) []insn {
	return []insn{
		{op: opCall, imm: helperID("tail_entry")},
		ifEqual(0, 2),
		{op: opCallX, dst: 0},
		{op: opExit},
		{op: opCall, src: srcLocal, imm: int32(main - 5)},
		{op: opExit},
	}
}

const tailEntrySlots = 6

// hasTailEntry tells whether the program begins with it.
func (p *Program) hasTailEntry() bool {
	return slices.ContainsFunc(p.Maps, func(d maps.Def) bool { return d.Type == abi.MapProgArray })
}
