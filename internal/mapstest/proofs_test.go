// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"encoding/binary"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
	declared "github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/planner"
)

// ins is an instruction; regs is src << 4 | dst.
type ins struct {
	op, regs byte
	off      int16
	imm      uint32
}

// Pieces of programs.
func key(at int16, v uint32) []ins { return []ins{{0x62, 0x0a, at, v}} } // *(u32 *)(r10 + at) = v
func frame(r byte, at int32) []ins { return []ins{{0xbf, 0xa0 | r, 0, 0}, {0x07, r, 0, uint32(at)}} }
func handle(m int) []ins           { return []ins{{0x18, 1, 0, declared.Handle(m)}, {}} }
func call(id uint32) []ins         { return []ins{{0x85, 0, 0, id}} }
func mov(d, s byte) []ins          { return []ins{{0xbf, s<<4 | d, 0, 0}} }
func movi(d byte, v uint32) []ins  { return []ins{{0xb7, d, 0, v}} }
func add(d byte, v int32) []ins    { return []ins{{0x07, d, 0, uint32(v)}} }
func exitIfNull(r byte) []ins      { return []ins{{0x55, r, 2, 0}, {0xb7, 0, 0, 7}, {0x95, 0, 0, 0}} }
func skipIfNull(r byte, n int16) []ins {
	return []ins{{0x15, r, n, 0}}
}
func load(d, s byte, at int16) []ins   { return []ins{{0x61, s<<4 | d, at, 0}} }
func load64(d, s byte, at int16) []ins { return []ins{{0x79, s<<4 | d, at, 0}} }
func put32(d byte, at int16) []ins     { return []ins{{0x62, d, at, 5}} } // u32
func exit() []ins                      { return []ins{{0x95, 0, 0, 0}} }

func lookup(m int, at int16, k uint32) (p []ins) {
	for _, part := range [][]ins{key(at, k), frame(2, int32(at)), handle(m), call(0xe0)} {
		p = append(p, part...)
	}
	return p
}

// What compilers know of pointers that maps return must be true: these programs look as if they were in bounds, or are so only
// just. All engines give the same result, or stop for the same reason at the same place.
func TestProofs(t *testing.T) {
	defs := []declared.Def{
		{Name: "array", Type: abi.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "odd", Type: abi.MapArray, KeySize: 4, ValueSize: 12, MaxEntries: 3},
		{Name: "hash", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "ring", Type: abi.MapRingbuf, MaxEntries: 64},
		{Name: "read", Type: abi.MapArray, Flags: declared.ReadOnly, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "write", Type: abi.MapArray, Flags: declared.WriteOnly, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "queue", Type: abi.MapQueue, ValueSize: 4, MaxEntries: 4},
	}
	const array, odd, hash, ring, read, write, queue = 0, 1, 2, 3, 4, 5, 6
	target, err := targets.Open(t.Context(), "unicorn")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	for _, c := range []struct {
		name string
		want abi.Status // that it ends with
		code [][]ins
	}{
		{"found", abi.OK, [][]ins{lookup(array, -4, 3), exitIfNull(0), load(0, 0, 4), exit()}},
		{"not compared", abi.StatusRead, [][]ins{lookup(array, -4, 4), load(0, 0, 0), exit()}},
		{"a constant index that is none", abi.OK, [][]ins{lookup(array, -4, 0xffffffff), exitIfNull(0), load(0, 0, 0), exit()}},
		{"the last bytes of the last value", abi.OK, [][]ins{lookup(odd, -4, 2), exitIfNull(0), load64(0, 0, 4), exit()}},
		{"over the end of the last value", abi.StatusRead, [][]ins{lookup(odd, -4, 2), exitIfNull(0), load64(0, 0, 5), exit()}},
		{"in front of the first value", abi.StatusRead, [][]ins{lookup(array, -4, 0), exitIfNull(0), load(0, 0, -1), exit()}},
		{"moved out", abi.StatusWrite, [][]ins{lookup(array, -4, 1), exitIfNull(0), add(0, -16), put32(0, 0), exit()}},
		{"moved out and back", abi.OK, [][]ins{lookup(array, -4, 1), exitIfNull(0), add(0, 1<<30), add(0, -1<<30), load(0, 0, 0), exit()}},
		{"another one was compared", abi.StatusRead, [][]ins{
			lookup(hash, -4, 9), mov(6, 0), lookup(array, -4, 1), exitIfNull(0), load(0, 6, 0), exit()}},
		{"another one of the same map was compared", abi.StatusRead, [][]ins{
			lookup(array, -4, 9), mov(6, 0), lookup(array, -4, 1), exitIfNull(0), load(0, 6, 0), exit()}},
		{"another one of the same map was compared, the other way", abi.StatusRead, [][]ins{
			lookup(array, -4, 1), mov(6, 0), lookup(array, -4, 9), exitIfNull(6), load(0, 0, 0), exit()}},
		{"a copy was compared", abi.OK, [][]ins{lookup(array, -4, 1), mov(6, 0), movi(0, 1), exitIfNull(6), load(0, 6, 0), exit()}},
		{"used where it is NULL", abi.StatusRead, [][]ins{
			lookup(array, -4, 9), mov(6, 0), skipIfNull(0, 1), movi(6, 0), load(0, 6, 0), exit()}},
		{"compared on one way only", abi.StatusRead, [][]ins{ // r7 says which way
			lookup(array, -4, 9), movi(7, 0), {{0x55, 7, 2, 0}}, {{0x05, 0, 2, 0}}, exitIfNull(0)[:0], {{0x15, 0, 1, 0}}, movi(8, 1), load(0, 0, 0), exit()}},
		{"NULL of a loop's last turn", abi.StatusRead, [][]ins{ // for (i = 2; i < 6; i++) { if (p) *p; p = lookup(i) } *p
			movi(6, 2), movi(7, 0), skipIfNull(7, 1), load(8, 7, 0),
			{{0x63, 0x6a, -4, 0}}, frame(2, -4), handle(array), call(0xe0), mov(7, 0), add(6, 1), {{0xa5, 6, -12, 6}}, load(0, 7, 0), exit()}},
		{"a key that another pointer changes", abi.StatusRead, [][]ins{
			key(-4, 1), frame(3, -4), {{0x62, 3, 0, 77}}, frame(2, -4), handle(array), call(0xe0), load(0, 0, 0), exit()}},
		{"a key that a byte changes", abi.StatusRead, [][]ins{
			key(-4, 1), {{0x72, 0x0a, -2, 1}}, frame(2, -4), handle(array), call(0xe0), load(0, 0, 0), exit()}},
		{"a key that a word beside it changes", abi.StatusRead, [][]ins{
			key(-4, 1), {{0x7a, 0x0a, -11, 0xffffffff}}, frame(2, -4), handle(array), call(0xe0), load(0, 0, 0), exit()}},
		{"a key that a helper changes", abi.StatusRead, [][]ins{
			key(-8, 88), handle(queue), frame(2, -8), movi(3, 0), call(0xe3), key(-4, 1), handle(queue), frame(2, -4), call(0xe4),
			frame(2, -4), handle(array), call(0xe0), load(0, 0, 0), exit()}},
		{"a key that a function changes", abi.StatusRead, [][]ins{ // the function stores 99 where r1 points
			key(-4, 1), frame(1, -4), {{0x85, 0x10, 0, 7}}, frame(2, -4), handle(array), call(0xe0), load(0, 0, 0), exit(), {{0x62, 1, 0, 99}}, exit()}},
		{"a key on another way", abi.StatusRead, [][]ins{ // if (r0) key = 1 else key = 50
			key(-4, 50), movi(0, 0), skipIfNull(0, 1), key(-4, 1), frame(2, -4), handle(array), call(0xe0), load(0, 0, 0), exit()}},
		{"a bounded index", abi.OK, [][]ins{
			movi(6, 0xabcd), {{0x57, 6, 0, 3}}, {{0x63, 0x6a, -4, 0}}, frame(2, -4), handle(array), call(0xe0), load(0, 0, 4), exit()}},
		{"an index bounded by one too many", abi.StatusRead, [][]ins{
			movi(6, 0xfff), {{0x57, 6, 0, 4}}, {{0x63, 0x6a, -4, 0}}, frame(2, -4), handle(array), call(0xe0), load(0, 0, 4), exit()}},
		{"a key above the frame", abi.StatusHelperArg, [][]ins{frame(2, -2), handle(array), call(0xe0), load(0, 0, 0), exit()}},
		{"a map to read is written", abi.StatusWrite, [][]ins{lookup(read, -4, 1), exitIfNull(0), put32(0, 0), exit()}},
		{"a map to write is read", abi.StatusRead, [][]ins{lookup(write, -4, 1), exitIfNull(0), put32(0, 0), load(0, 0, 0), exit()}},
		{"an atomic addition to a map to write", abi.StatusWrite, [][]ins{
			lookup(write, -4, 1), exitIfNull(0), movi(1, 1), {{0xc3, 0x10, 0, 0}}, exit()}},
		{"a record", abi.OK, [][]ins{
			handle(ring), movi(2, 16), movi(3, 0), call(0xf3), exitIfNull(0), mov(6, 0), put32(6, 12), mov(1, 6), movi(2, 0), call(0xf4), movi(0, 0), exit()}},
		{"over the end of the ring", abi.StatusWrite, [][]ins{
			handle(ring), movi(2, 16), movi(3, 0), call(0xf3), exitIfNull(0), mov(6, 0), put32(6, 60), exit()}},
		{"a record that was not compared", abi.StatusWrite, [][]ins{
			handle(ring), movi(2, 100), movi(3, 0), call(0xf3), put32(0, 0), exit()}},
		{"a record of nothing", abi.StatusWrite, [][]ins{
			handle(ring), movi(2, 0), movi(3, 0), call(0xf3), exitIfNull(0), put32(0, 60), exit()}},
		{"another constant instead of a map", abi.StatusHelperArg, [][]ins{
			key(-4, 1), frame(2, -4), {{0x18, 1, 0, declared.Handle(len(defs))}, {}}, call(0xe0), exit()}},
		{"one of two maps", abi.StatusRead, [][]ins{ // which one, r7 says
			key(-4, 3), movi(7, 0), {{0x18, 1, 0, declared.Handle(array)}, {}}, skipIfNull(7, 0), {{0x55, 7, 2, 0}}, {{0x18, 1, 0, declared.Handle(odd)}, {}},
			frame(2, -4), call(0xe0), load(0, 0, 0), exit()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text []byte
			for _, part := range c.code {
				for _, i := range part {
					text = binary.LittleEndian.AppendUint16(text, uint16(i.op)|uint16(i.regs)<<8)
					text = binary.LittleEndian.AppendUint16(text, uint16(i.off))
					text = binary.LittleEndian.AppendUint32(text, i.imm)
				}
			}
			p, err := image.FromText("proof", text)
			if err != nil {
				t.Fatal(err)
			}
			p.Maps = defs
			data, err := planner.Attach(p).Encode(abi.Packed) // the same for all, so that addresses are
			if err != nil {
				t.Fatal(err)
			}
			var want emu.Outcome
			for _, engine := range []string{"vm", "vm-portable", "jit", "jit-compact", "jit-plan"} {
				got, err := target.Run(t.Context(), emu.Job{Engine: engine, Format: abi.Packed, Image: data, Context: make([]byte, 8), Budget: 1000})
				if err != nil {
					t.Fatal(err)
				}
				if engine == "vm" {
					want = got
				}
				if got.Fault.Status != c.want || got.Fault != want.Fault || got.Fault.Status == abi.OK && got.Result != want.Result {
					t.Errorf("%s: %v, result %#x, want %s, %#x, %v of vm", engine, got.Fault, got.Result, c.want.Name(), want.Result, want.Fault)
				}
			}
		})
	}
}
