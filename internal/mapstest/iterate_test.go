// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// Whatever is put in and taken out while somebody iterates: it ends, shows no place twice, shows each entry that was there
// all the time once, and none that was taken out and not put in again.
func TestIterate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 3000 {
		d := maps.Def{Name: "m", Type: []abi.MapType{abi.MapHash, abi.MapLRUHash}[n%2], KeySize: 4, ValueSize: 4, MaxEntries: 1 + uint32(r.IntN(40))}
		m, err := New(Need(d), d)
		if err != nil {
			t.Fatal(err)
		}
		key := func(k int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(k)) }
		stays := map[string]bool{} // entries nobody touches
		for k := range r.IntN(int(d.MaxEntries)) {
			m.Update(0, key(k), key(k), 0)
			stays[string(key(k))] = true
		}
		seen, places, last, steps := map[string]int{}, 0, -1, 0
		for from := 0; ; {
			entry, k, ok := m.Next(0, from)
			if !ok {
				break
			}
			if entry <= last {
				t.Fatalf("place %d after %d", entry, last)
			}
			last, from = entry, entry+1
			seen[string(k)]++
			places++
			if steps++; steps > int(d.MaxEntries) {
				t.Fatal("iterating does not end")
			}
			for range r.IntN(4) {
				k := key(r.IntN(60))
				if r.IntN(2) == 0 {
					m.Delete(0, k)
					delete(stays, string(k))
				} else if m.Update(0, k, k, 0) == 0 && d.Type == abi.MapLRUHash {
					stays = map[string]bool{} // another one may have gone for it
				}
			}
		}
		for k := range stays {
			if seen[k] != 1 {
				t.Errorf("entry %x was there all the time, and was seen %d times", k, seen[k])
			}
		}
		m.Close()
	}
}

// FuzzHelpers calls helpers with whatever a hostile program may give them: handles, addresses and sizes that are none. What is
// outside of the program's memory is not read (under -asan) and not written; a refusal is a status.
func FuzzHelpers(f *testing.F) {
	defs := []maps.Def{
		{Name: "array", Type: abi.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "hash", Type: abi.MapHash, KeySize: 6, ValueSize: 5, MaxEntries: 5},
		{Name: "lru", Type: abi.MapLRUHash, KeySize: 4, ValueSize: 4, MaxEntries: 3},
		{Name: "queue", Type: abi.MapQueue, ValueSize: 4, MaxEntries: 3},
		{Name: "ring", Type: abi.MapRingbuf, MaxEntries: 128},
		{Name: "programs", Type: abi.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 3},
		{Name: "constants", Type: abi.MapArray, Flags: maps.ReadOnly, KeySize: 4, ValueSize: 4, MaxEntries: 3},
	}
	var ids []uint16
	for _, h := range abi.Helpers() {
		if h.ID >= 0xc4 {
			ids = append(ids, h.ID)
		}
	}
	f.Add([]byte{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Add([]byte{6, 6, 6, 6, 6, 6, 1, 200, 3, 7, 7, 7, 7, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := New(Need(defs...), defs...)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		constants := m.Dump(6)
		take := func() byte {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return b
		}
		pointer := uint32(ScratchAddr)
		for len(data) > 0 {
			id := ids[int(take())%len(ids)]
			var args [5]uint32
			for i := range args {
				switch b := take(); b % 8 {
				case 0, 1, 2:
					args[i] = maps.Handle(int(b>>3) % 8)
				case 3, 4:
					args[i] = ScratchAddr + uint32(b)*4 + uint32(take())
				case 5:
					args[i] = pointer + uint32(b>>3) - 8
				case 6:
					args[i] = uint32(b >> 3)
				case 7:
					args[i] = uint32(take())<<24 | uint32(take())
				}
			}
			r, fault := m.Call(id, args)
			if name := fault.Status.Name(); name != "ok" && name != "e-helper-arg" && name != "e-budget" && name != "e-tail-call" {
				t.Fatalf("helper %#x: %s", id, name)
			}
			if fault.Status == abi.OK && r != 0 && r>>32 == 0 {
				pointer = uint32(r)
			}
		}
		if string(m.Dump(6)) != string(constants) {
			t.Error("a map that programs only read has changed")
		}
	})
}
