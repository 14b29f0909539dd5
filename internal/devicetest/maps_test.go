// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// withMaps is an image with maps.
func withMaps(t testing.TB, defs []maps.Def, parts ...[]byte) []byte {
	t.Helper()
	p, err := image.FromText("maps", program(parts...))
	if err != nil {
		t.Fatal(err)
	}
	p.Maps = defs
	return encoded(t, p)
}

// loadMap puts the handle of a map into a register.
func loadMap(dst byte, index int) []byte {
	return program(slot(0x18, dst, 0, 0, int32(maps.Handle(index))), slot(0, 0, 0, 0, 0))
}

// What programs here do with the first word of their context as key.
var (
	// lookUp leaves the value's address in r0, and ends with -1 if there is none.
	lookUp = func(index int) []byte {
		return program(mov(6, 1), load32(3, 1, 0), store32(10, -4, 3), loadMap(1, index), mov(2, 10), addImm(2, -4),
			callHelper(0xe0), jumpNeImm(0, 0, 2), movImm(0, -1), exit())
	}
	// countUp adds 1 to the value there, and ends with it.
	countUp = func(index int) []byte {
		return program(lookUp(index), load64(3, 0, 0), addImm(3, 1), slot(0x7b, 0, 3, 0, 0), mov(0, 3), exit())
	}
	// read ends with the value.
	read = func(index int) []byte { return program(lookUp(index), load64(0, 0, 0), exit()) }
	// update puts the eight bytes behind the key into the map.
	update = func(index int) []byte {
		return program(load32(3, 1, 0), store32(10, -4, 3), mov(3, 1), addImm(3, 8), loadMap(1, index), mov(2, 10), addImm(2, -4),
			movImm(4, 0), callHelper(0xe1), exit())
	}
)

func array(name string, entries uint32) maps.Def {
	return maps.Def{Name: name, Type: abi.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: entries}
}

func hash(name string, entries uint32) maps.Def {
	return maps.Def{Name: name, Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: entries}
}

func mapConfig(name string, engine device.Engine) device.Config {
	return device.Config{Name: name, Format: abi.Packed, Engine: engine, Context: 64, AllHelpers: true, Restart: device.OnFault, Budget: 1 << 24}
}

func word(v ...uint32) (b []byte) {
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// calls calls a program with words and wants a result, or the name of a status.
func (d *Device) calls(t testing.TB, number int, want any, context ...uint32) {
	t.Helper()
	r, err := d.Call(t.Context(), number, word(context...))
	if err != nil {
		t.Errorf("call of %d: %v", number, err)
		return
	}
	var got any = int(int64(r.R0))
	if _, ok := want.(string); ok || r.Fault.Status != abi.OK {
		got = r.Fault.Status.Name()
	}
	if got != want {
		t.Errorf("call of %d with %d: %v, want %v", number, context, got, want)
	}
}

// loads loads and starts a program, or wants the name of what it is refused for.
func (d *Device) loads(t testing.TB, config device.Config, img []byte, want string) int {
	t.Helper()
	n, err := d.Load(t.Context(), config, img)
	if err == nil {
		err = d.Start(t.Context(), n)
	}
	if name(err) != want {
		t.Fatalf("%s: %v, want %s", config.Name, err, want)
	}
	return n
}

// Maps are there from load to unload: through runs, faults, a stop, and another version that declares them as before.
func TestMapsStay(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			before := d.info(t)
			c := mapConfig("keeps", e)
			n := d.loads(t, c, withMaps(t, []maps.Def{array("counts", 4), hash("other", 10)}, countUp(0)), "ok")
			d.calls(t, n, 1, 3)
			d.calls(t, n, 2, 3)
			d.calls(t, n, -1, 4)
			if err := d.Stop(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			if err := d.Start(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			d.calls(t, n, 3, 3)
			for _, v := range []struct {
				what string
				defs []maps.Def
				want int
			}{
				{"in another order", []maps.Def{hash("other", 10), array("counts", 4)}, 4},
				{"of another size", []maps.Def{hash("other", 10), array("counts", 5)}, 1},
				{"under another name", []maps.Def{hash("other", 10), array("sums", 5)}, 1},
				{"as before", []maps.Def{hash("other", 10), array("sums", 5)}, 2},
			} {
				if err := d.Replace(t.Context(), n, c, withMaps(t, v.defs, countUp(1))); err != nil {
					t.Fatalf("%s: %v", v.what, err)
				}
				d.calls(t, n, v.want, 3)
			}
			// What is refused leaves the old one as it was.
			if got := name(d.Replace(t.Context(), n, c, withMaps(t, []maps.Def{array("sums", 60000)}, countUp(0)))); got != "e-memory" {
				t.Errorf("larger than memory: %s", got)
			}
			d.calls(t, n, 3, 3)
			if err := d.Unload(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			d.freed(t, before, "keeps")
		}
	})
}

// Code that is kept is not that of a program with other maps: two versions have the same text and take as much memory, but what
// they declare lies elsewhere, and has another length.
func TestMapsCode(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			for _, v := range []struct {
				defs []maps.Def
				want int // at index 5
			}{
				{[]maps.Def{array("first", 4), array("second", 8)}, 1},
				{[]maps.Def{array("first", 8), array("second", 4)}, -1},
				{[]maps.Def{array("first", 4), array("second", 8)}, 1},
				{[]maps.Def{hash("first", 4), hash("second", 8)}, -1},
			} {
				n := d.loads(t, mapConfig("code", e), withMaps(t, v.defs, countUp(1)), "ok")
				d.calls(t, n, v.want, 5)
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A fault leaves maps as they are.
func TestMapsAfterFault(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			c := mapConfig("faults", e)
			// The second word says whether to fault behind it.
			n := d.loads(t, c, withMaps(t, []maps.Def{array("counts", 4)}, lookUp(0), load64(3, 0, 0), addImm(3, 1), slot(0x7b, 0, 3, 0, 0), mov(0, 3),
				load32(4, 6, 4), slot(0x15, 4, 0, 2, 0), movImm(4, 16), load32(0, 4, 0), exit()), "ok")
			d.calls(t, n, 1, 2, 0)
			want := "e-read"
			if e == device.JITMPU {
				want = "e-mem-fault"
			}
			d.calls(t, n, want, 2, 1)
			d.awaits(t, n, "started again", func(s device.State) bool { return s.State == device.Ready })
			d.calls(t, n, 3, 2, 0)
			if err := d.Unload(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Programs share maps by name, with the rights they are granted.
func TestMapsShared(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			before := d.info(t)
			queue := maps.Def{Name: "line", Type: abi.MapQueue, ValueSize: 4, MaxEntries: 4}
			defs := []maps.Def{array("own", 4), hash("table", 20), array("ours", 4), queue}
			writer, reader, other := mapConfig("writer", e), mapConfig("reader", e), mapConfig("other", e)
			writer.Shared, reader.Shared = 3<<2|3<<4|3<<6, 1<<2|1<<4|1<<6
			w := d.loads(t, writer, withMaps(t, defs, update(1)), "ok")
			r := d.loads(t, reader, withMaps(t, defs, read(1)), "ok")
			o := d.loads(t, other, withMaps(t, defs, read(1)), "ok")
			d.calls(t, r, -1, 7, 0, 0, 0)
			d.calls(t, w, 0, 7, 0, 5, 0)
			d.calls(t, r, 5, 7, 0, 0, 0)
			d.calls(t, o, -1, 7, 0, 0, 0) // it does not share its own
			if err := d.Replace(t.Context(), r, reader, withMaps(t, defs, update(1))); err != nil {
				t.Fatal(err)
			}
			d.calls(t, r, -1, 8, 0, 1, 0) // EPERM
			if err := d.Replace(t.Context(), r, reader, withMaps(t, defs, countUp(1))); err != nil {
				t.Fatal(err)
			}
			d.calls(t, r, map[device.Engine]string{device.VM: "e-write", device.JIT: "e-write", device.JITPlan: "e-write", device.JITMPU: "e-mem-fault"}[e], 7, 0, 0, 0)
			// The first who had it goes; the map stays with the other one.
			if err := d.Unload(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			if err := d.Replace(t.Context(), r, reader, withMaps(t, defs, read(1))); err != nil {
				t.Fatal(err)
			}
			d.awaits(t, r, "ready", func(s device.State) bool { return s.State == device.Ready })
			d.calls(t, r, 5, 7, 0, 0, 0)
			for _, c := range []struct {
				what   string
				shared uint32
				defs   []maps.Def
				want   string
			}{
				{"declared otherwise", 3, []maps.Def{hash("table", 21)}, "e-map-shared"},
				{"of another type", 3, []maps.Def{array("table", 20)}, "e-map-shared"},
				{"to write only", 2, []maps.Def{hash("table", 20)}, "e-grant"},
				{"a map there is not", 3 << 2, []maps.Def{hash("table", 20)}, "e-grant"},
				{"more than there are walls for", 3 | 3<<2 | 3<<4, []maps.Def{hash("table", 20), array("ours", 4), array("third", 4)}, "e-map-walls"},
				{"functions", 3, []maps.Def{{Name: "calls", Type: abi.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 2}}, "e-grant"},
			} {
				config := mapConfig("refused", e)
				config.Shared = c.shared
				if _, err := d.Load(t.Context(), config, withMaps(t, c.defs, read(0))); name(err) != c.want {
					t.Errorf("%s: %v, want %s", c.what, err, c.want)
				}
			}
			for _, n := range []int{r, o} {
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
			d.freed(t, before, "shared maps")
			// The last has gone, and what was in it with him.
			w = d.loads(t, reader, withMaps(t, defs, read(1)), "ok")
			d.calls(t, w, -1, 7, 0, 0, 0)
			if err := d.Unload(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A program that is killed while it changes a shared map leaves it whole: another one finds each entry that it goes through, and
// so many as there are.
func TestMapsKilled(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		defs := []maps.Def{hash("table", 50)}
		// Puts in and takes out keys of random numbers, for ever.
		busy := withMaps(t, defs, callHelper(0xc1), slot(0x57, 0, 0, 0, 63), store32(10, -4, 0), loadMap(1, 0), mov(2, 10), addImm(2, -4), mov(3, 10), addImm(3, -16),
			slot(0x7a, 10, 0, -16, 1), movImm(4, 0), callHelper(0xe1),
			callHelper(0xc1), slot(0x57, 0, 0, 0, 63), store32(10, -4, 0), loadMap(1, 0), mov(2, 10), addImm(2, -4), callHelper(0xe2), jump(-21))
		// Goes through all entries, looks each up, and counts them; -1 if one is not found.
		check := withMaps(t, defs, movImm(6, 0), slot(0x7a, 10, 0, -16, 0),
			loadMap(1, 0), mov(2, 10), addImm(2, -16), mov(3, 10), addImm(3, -4), callHelper(0xf1), // 2
			slot(0x15, 0, 0, 11, 0), mov(7, 0),
			loadMap(1, 0), mov(2, 10), addImm(2, -4), callHelper(0xe0),
			slot(0x1d, 0, 7, 2, 0), movImm(0, -1), exit(),
			addImm(6, 1), jump(-19), mov(0, 6), exit())
		for _, e := range engines {
			victim, witness := mapConfig("victim", e), mapConfig("witness", e)
			victim.Shared, witness.Shared = 3, 1
			victim.LongRunning, victim.Budget = true, 0
			w := d.loads(t, witness, check, "ok")
			v := d.loads(t, victim, busy, "ok")
			for range 20 {
				d.awaits(t, v, "running", func(s device.State) bool { return s.State == device.Running })
				if err := d.Kill(t.Context(), v); err != nil {
					t.Fatal(err)
				}
				r, err := d.Call(t.Context(), w, word(0))
				if err != nil || r.Fault.Status != abi.OK || int64(r.R0) < 0 || r.R0 > 50 {
					t.Fatalf("%v: %+v %v", e, r, err)
				}
				if err := d.Start(t.Context(), v); err != nil {
					t.Fatal(err)
				}
			}
			for _, n := range []int{v, w} {
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A program without checks, behind walls, reaches neither what another has in its maps, nor what the firmware keeps of any,
// its own included.
func TestMapsWalled(t *testing.T) {
	d := Boot(t, Boards[0], 3)
	defs := []maps.Def{hash("own", 20), hash("table", 40)}
	victim, sharing := mapConfig("victim", device.JIT), mapConfig("sharing", device.JIT)
	sharing.Shared = 3 << 2
	v := d.loads(t, victim, withMaps(t, defs, update(1)), "ok")
	s := d.loads(t, sharing, withMaps(t, defs, update(1)), "ok")
	for k := range uint32(40) {
		d.calls(t, v, 0, k, 0, k+1, 0)
		d.calls(t, s, 0, k, 0, k+2, 0)
	}
	intruder := mapConfig("intruder", device.JITMPU)
	intruder.Shared, intruder.Restart = 1<<2, device.Never
	// The first word is an address, the second what is written there.
	n := d.loads(t, intruder, withMaps(t, defs, loadMap(3, 0), loadMap(3, 1), load32(3, 1, 0), load32(4, 1, 4), store32(3, 0, 4), movImm(0, 0), exit()), "ok")
	own, err := d.State(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for at := d.Info.PoolAddr; at < d.Info.PoolAddr+d.Info.PoolBytes; at += 512 + 4 {
		if at >= own.BlockAddr && at < own.BlockAddr+own.BlockBytes {
			continue
		}
		d.calls(t, n, "e-mem-fault", at, 0xffffffff)
		if err := d.Start(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		tried++
	}
	t.Logf("%d addresses of %d bytes", tried, d.Info.PoolBytes)
	for n, add := range map[int]uint32{v: 1, s: 2} {
		c := victim
		if n == s {
			c = sharing
		}
		if err := d.Replace(t.Context(), n, c, withMaps(t, defs, read(1))); err != nil {
			t.Fatal(err)
		}
		for k := range uint32(40) {
			d.calls(t, n, int(k+add), k)
		}
	}
}

// Programs written for Linux do in a compartment what they do on the host, tail calls included.
func TestMapsOfLinux(t *testing.T) {
	host, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		engines = engines[min(1, len(engines)-1):][:1] // jit on boards; vm does the same as on the host
		for _, c := range []struct{ name, entry string }{
			{"counter", "counter"}, {"histogram", "histogram"}, {"dedup", "dedup"}, {"fifo", "fifo"}, {"undo", "undo"},
			{"events", "events_of"}, {"states", "states"}, {"inventory", "inventory"},
		} {
			object, err := os.ReadFile(fmt.Sprintf("../mapstest/testdata/programs/%s.bpf.o", c.name))
			if err != nil {
				t.Fatal(err)
			}
			p, err := image.LoadObject(c.name, object, c.entry)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			var inputs [][]byte
			for range 6 {
				inputs = append(inputs, word(uint32(r.IntN(4)), 0, uint32(r.IntN(1000)), 0))
			}
			for _, format := range []abi.Format{abi.Packed, abi.ELFObject} {
				data, err := p.Encode(format)
				if err != nil {
					continue // a declaration that ELF objects have in BTF only
				}
				for _, e := range engines {
					config := mapConfig(c.name, e)
					config.Format, config.Entry = format, uint16(p.EntryIndex(format))
					n := d.loads(t, config, data, "ok")
					for i, input := range inputs {
						want, err := host.Run(context.Background(), emu.Job{Engine: "vm", Format: abi.Packed, Image: encoded(t, p), Budget: 1 << 20,
							Before: inputs[:i], Context: input, WantContext: true})
						if err != nil {
							t.Fatal(err)
						}
						got, err := d.Call(t.Context(), n, input)
						if err != nil || got.Fault.Status != want.Fault.Status || got.R0 != want.Result || string(got.Context) != string(want.Context) {
							t.Fatalf("%s as %v on %v, run %d: %+v %v, want %+v", c.name, format, e, i, got, err, want)
						}
					}
					if err := d.Unload(t.Context(), n); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

func encoded(t testing.TB, p *image.Program) []byte {
	t.Helper()
	data, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
