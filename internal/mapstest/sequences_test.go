// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/linux"
	"github.com/ubench-dev/ubench/internal/testenv"
	declared "github.com/ubench-dev/ubench/maps"
)

// linuxMap is a map of the kernel.
type linuxMap struct {
	m   *ebpf.Map
	def declared.Def
}

func newLinuxMap(t *testing.T, d declared.Def) linuxMap {
	t.Helper()
	m, err := ebpf.NewMap(&ebpf.MapSpec{
		Type: ebpf.MapType(d.Type), KeySize: d.KeySize, ValueSize: d.ValueSize, MaxEntries: d.MaxEntries,
	})
	if err != nil {
		t.Fatal(err)
	}
	return linuxMap{m, d}
}

func number(err error) int {
	if err == nil {
		return ok
	}
	for _, n := range []syscall.Errno{syscall.ENOENT, syscall.E2BIG, syscall.EEXIST, syscall.EINVAL} {
		if errors.Is(err, n) {
			return -int(n)
		}
	}
	switch {
	case errors.Is(err, ebpf.ErrKeyNotExist):
		return enoent
	case errors.Is(err, ebpf.ErrKeyExist):
		return eexist
	}
	return -1000
}

func (l linuxMap) lookup(key []byte) []byte {
	value, err := l.m.LookupBytes(key)
	if err != nil {
		panic(err)
	}
	return value
}

func (l linuxMap) update(key, value []byte, flags uint32) int {
	return number(l.m.Update(key, value, ebpf.MapUpdateFlags(flags)))
}

func (l linuxMap) delete(key []byte) int { return number(l.m.Delete(key)) }

func (l linuxMap) push(value []byte, flags uint32) int {
	return number(l.m.Update(nil, value, ebpf.MapUpdateFlags(flags)))
}

func (l linuxMap) pop(take bool) ([]byte, int) {
	value := make([]byte, l.def.ValueSize)
	if take {
		err := l.m.LookupAndDelete(nil, &value)
		return value, number(err)
	}
	err := l.m.Lookup(nil, &value)
	return value, number(err)
}

func (l linuxMap) entries() map[string]string {
	all := map[string]string{}
	if l.def.KeySize == 0 {
		return all
	}
	var key, value []byte
	for it := l.m.Iterate(); it.Next(&key, &value); {
		all[string(key)] = string(value)
	}
	return all
}

// sequence does the same to two maps, from a stream of numbers, and says where they differ.
func sequence(d declared.Def, r *rand.Rand, a, b store, keys int) error {
	bytesOf := func(n uint32, most int) []byte {
		v := make([]byte, n)
		x := r.IntN(most)
		for i := range v {
			v[i] = byte(x >> (8 * (i % 4)))
			if d.Type != abi.MapArray && i%4 == 3 {
				x = x*31 + 7
			}
		}
		return v
	}
	queue := d.Type == abi.MapQueue || d.Type == abi.MapStack
	var done []string
	for range 5 + r.IntN(40) {
		value, flags := bytesOf(d.ValueSize, 1<<30), []uint32{0, 0, 0, 1, 2, 3}[r.IntN(6)]
		var what string
		var same bool
		if queue {
			switch r.IntN(5) {
			case 0, 1:
				x, y := a.push(value, flags), b.push(value, flags)
				what, same = fmt.Sprintf("push(%x, %d) = %d, %d", value, flags, x, y), x == y
			default:
				take := r.IntN(3) > 0
				v, x := a.pop(take)
				w, y := b.pop(take)
				what, same = fmt.Sprintf("pop(%t) = %x %d, %x %d", take, v, x, w, y), x == y && (x != ok || bytes.Equal(v, w))
			}
		} else {
			key := bytesOf(d.KeySize, keys)
			switch r.IntN(6) {
			case 0, 1:
				v, w := a.lookup(key), b.lookup(key)
				what, same = fmt.Sprintf("lookup(%x) = %x, %x", key, v, w), bytes.Equal(v, w)
			case 2:
				x, y := a.delete(key), b.delete(key)
				what, same = fmt.Sprintf("delete(%x) = %d, %d", key, x, y), x == y
			default:
				x, y := a.update(key, value, flags), b.update(key, value, flags)
				what, same = fmt.Sprintf("update(%x, %x, %d) = %d, %d", key, value, flags, x, y), x == y
			}
		}
		done = append(done, what)
		if !same {
			return fmt.Errorf("%v: they differ: %v", d, done)
		}
	}
	if x, y := a.entries(), b.entries(); !queue && !maps.Equal(x, y) {
		return fmt.Errorf("%v: entries are %x and %x after %v", d, x, y, done)
	}
	return nil
}

// definition is a map of a type, of any size that is small.
func definition(r *rand.Rand, kind abi.MapType) declared.Def {
	d := declared.Def{Name: "m", Type: kind, KeySize: 4, ValueSize: 1 + uint32(r.IntN(20)), MaxEntries: 1 + uint32(r.IntN(12))}
	switch kind {
	case abi.MapHash, abi.MapLRUHash:
		d.KeySize = []uint32{4, 1, 2, 3, 5, 8, 16, 33}[r.IntN(8)]
	case abi.MapQueue, abi.MapStack:
		d.KeySize = 0
	}
	return d
}

var sequenceTypes = []abi.MapType{abi.MapArray, abi.MapHash, abi.MapLRUHash, abi.MapQueue, abi.MapStack}

// Ten thousand sequences of operations for each type give what the model gives.
func TestSequences(t *testing.T) {
	for _, kind := range sequenceTypes {
		t.Run(kind.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(kind), 1))
			for range 10000 {
				d := definition(r, kind)
				m, err := New(Need(d), d)
				if err != nil {
					t.Fatal(d, err)
				}
				err = sequence(d, r, device{m}, newModel(d), int(d.MaxEntries)*3/2+1)
				m.Close()
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// And what Linux gives. Its LRU map drops what it likes before it is full: there it has room. UBENCH_MAPS=10000 is how many
// sequences of each type; the kernel takes 6 ms to make and give back an LRU map, so by default there are fewer.
func TestSequencesLinux(t *testing.T) {
	if err := linux.Available(); err != nil {
		t.Skip("bpf(2) does not work here:", err)
	}
	all := testenv.Number(t, "UBENCH_MAPS", 0)
	for _, kind := range sequenceTypes {
		t.Run(kind.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(kind), 2))
			n := 1000
			if kind == abi.MapLRUHash {
				n = 100
			}
			if all > 0 {
				n = all
			}
			for range n {
				d := definition(r, kind)
				keys := int(d.MaxEntries)*3/2 + 1
				if kind == abi.MapLRUHash {
					d.MaxEntries, keys = 1000, 20
				}
				m, err := New(Need(d), d)
				if err != nil {
					t.Fatal(d, err)
				}
				l := newLinuxMap(t, d)
				err = sequence(d, r, device{m}, l, keys)
				l.m.Close()
				m.Close()
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
