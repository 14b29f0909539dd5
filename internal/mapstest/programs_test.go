// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/linux"
	declared "github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/planner"
)

// programs are written for Linux, from its documentation; each source is compiled twice, with the headers that ubench brings and
// with libbpf's. input is what a run gets.
var programs = []struct {
	name, entry string
	input       func(r *rand.Rand) []byte
}{
	{"counter", "counter", words(12, 1500)},
	{"histogram", "histogram", words(1 << 18)},
	{"ratelimit", "ratelimit", rising(4)},
	{"dedup", "dedup", words(20, 1)},
	{"fifo", "fifo", words(4, 1000)},
	{"undo", "undo", words(2, 100, 100, 100)},
	{"events", "events_of", words(100, 100)},
	{"trace", "trace", text},
	{"states", "states", states},
	{"inventory", "inventory", stock},
}

// words makes numbers of 32 bits, each below its bound.
func words(bounds ...int) func(*rand.Rand) []byte {
	return func(r *rand.Rand) (b []byte) {
		for _, most := range bounds {
			b = binary.LittleEndian.AppendUint32(b, uint32(r.IntN(most)))
		}
		return b
	}
}

// rising is the time in microseconds, which rises from run to run, and a client.
func rising(clients int) func(*rand.Rand) []byte {
	now := uint64(1000)
	return func(r *rand.Rand) []byte {
		now += uint64(r.IntN(60000))
		b := binary.LittleEndian.AppendUint64(nil, now)
		return binary.LittleEndian.AppendUint64(b, uint64(r.IntN(clients)))
	}
}

// states begins in one of three, or nowhere; now and then every letter leads on.
func states(r *rand.Rand) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(r.IntN(4)))
	return binary.LittleEndian.AppendUint64(b, []uint64{0, uint64(r.Uint32()), 1<<32 - 1}[r.IntN(3)])
}

func text(r *rand.Rand) []byte {
	b := []byte{byte(r.IntN(16))}
	for range 31 {
		b = append(b, byte('a'+r.IntN(26)))
	}
	return b
}

func stock(r *rand.Rand) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(r.IntN(20)))
	return binary.LittleEndian.AppendUint32(b, uint32(int32(r.IntN(7)-3)))
}

func object(t *testing.T, name, kind string) []byte {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("testdata/programs/%s.%s.o", name, kind))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// outcome is what came of all runs: results and contexts, and what is in the maps.
type outcome struct {
	results  []uint32
	contexts []string
	entries  map[string]map[string]string
	values   map[string][]string
}

func (o *outcome) equal(p *outcome) error {
	if !slices.Equal(o.results, p.results) {
		return fmt.Errorf("results are %d, want %d", o.results, p.results)
	}
	if !slices.Equal(o.contexts, p.contexts) {
		return fmt.Errorf("contexts are %x, want %x", o.contexts, p.contexts)
	}
	for name, want := range p.entries {
		if got := o.entries[name]; !maps.Equal(got, want) {
			return fmt.Errorf("map %s has %x, want %x", name, got, want)
		}
	}
	for name, want := range p.values {
		if got := o.values[name]; !slices.Equal(got, want) {
			return fmt.Errorf("map %s has %x, want %x", name, got, want)
		}
	}
	return nil
}

// onLinux runs the program for each input.
func onLinux(t *testing.T, p *image.Program, name, entry string, inputs [][]byte) *outcome {
	t.Helper()
	l, err := linux.Load(object(t, name, "linux"), entry)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer l.Close()
	o := &outcome{entries: map[string]map[string]string{}, values: map[string][]string{}}
	for _, input := range inputs {
		r0, after, err := l.Run(input)
		if err != nil {
			t.Fatal(err)
		}
		o.results, o.contexts = append(o.results, r0), append(o.contexts, string(after))
	}
	for _, d := range p.Maps {
		if d.Type == abi.MapProgArray {
			continue
		}
		entries, values, err := l.Entries(d.Name)
		if err != nil {
			t.Fatal(err)
		}
		if entries != nil {
			o.entries[d.Name] = entries
		} else {
			o.values[d.Name] = values
		}
	}
	return o
}

// onDevice does so on a target. Each run is a job that runs on all inputs before first; `few`: only the last is one.
func onDevice(t *testing.T, target emu.Target, engine string, p *image.Program, inputs [][]byte, few bool) *outcome {
	t.Helper()
	data, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	job := emu.Job{Engine: engine, Format: abi.Packed, Image: data, WantContext: true, Budget: 100000}
	for _, d := range p.Maps {
		job.WantMaps = append(job.WantMaps, d.DumpBytes())
	}
	o := &outcome{entries: map[string]map[string]string{}, values: map[string][]string{}}
	for i := range inputs {
		if few && i < len(inputs)-1 {
			continue
		}
		job.Before, job.Context = inputs[:i], inputs[i]
		s, err := target.Run(context.Background(), job)
		if err != nil {
			t.Fatal(err)
		}
		if s.Fault.Status != abi.OK {
			t.Fatal(p.Name, engine, i, s.Fault)
		}
		o.results, o.contexts = append(o.results, uint32(s.Result)), append(o.contexts, string(s.Context))
		for n, d := range p.Maps {
			entries, err := d.Entries(s.Maps[n])
			if err != nil {
				t.Fatal(err)
			}
			o.entries[d.Name], o.values[d.Name] = map[string]string{}, nil
			for _, e := range entries {
				if d.KeySize > 0 {
					o.entries[d.Name][string(e.Key)] = string(e.Value)
				} else {
					o.values[d.Name] = append(o.values[d.Name], string(e.Value))
				}
			}
			if d.Type == abi.MapStack {
				slices.Reverse(o.values[d.Name]) // Linux tells them as they are taken
			}
		}
	}
	return o
}

// Ten programs written for Linux do on every engine what they do on Linux: results, contexts, maps key by key and records.
// So do the objects made with libbpf's headers.
func TestPrograms(t *testing.T) {
	if err := linux.Available(); err != nil {
		t.Skip("bpf(2) does not work here:", err)
	}
	ctx := context.Background()
	host, err := targets.Open(ctx, "host")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	device, err := targets.Open(ctx, "unicorn")
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	for _, c := range programs {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(len(c.name))))
			var inputs [][]byte
			for range 25 {
				inputs = append(inputs, c.input(r))
			}
			var want *outcome
			for _, kind := range []string{"bpf", "linux"} {
				p, err := image.LoadObject(c.name+"."+kind+".o", object(t, c.name, kind), c.entry)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = onLinux(t, p, c.name, c.entry, inputs)
				}
				if err := onDevice(t, host, "vm", p, inputs, false).equal(want); err != nil {
					t.Errorf("%s, host, vm: %v", kind, err)
				}
				last := *want
				last.results, last.contexts = want.results[len(inputs)-1:], want.contexts[len(inputs)-1:]
				engines := []string{"vm", "jit", "jit-compact"}
				if kind == "linux" { // the same program by now
					engines = engines[1:2]
				}
				for _, engine := range engines {
					if err := onDevice(t, device, engine, p, inputs, true).equal(&last); err != nil {
						t.Errorf("%s, unicorn, %s: %v", kind, engine, err)
					}
				}
				if k, err := planner.Look(p); err == nil && k.Plan != nil {
					planned := *p
					planned.Plan = k.Bytes
					if err := onDevice(t, device, "jit-plan", &planned, inputs, true).equal(&last); err != nil {
						t.Errorf("%s, unicorn, jit-plan: %v", kind, err)
					}
				}
			}
		})
	}
}

// Firmware that takes in the library has maps as well, with helpers of its own table.
func TestEmbedded(t *testing.T) {
	p, err := image.LoadObject("counter.bpf.o", object(t, "counter", "bpf"), "counter")
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	packet := func(source byte) []byte { return []byte{source, 0, 0, 0, 100, 0, 0, 0} }
	results, entries, err := Embed(data, [][]byte{packet(1), packet(2), packet(1), packet(1)})
	if err != nil || !slices.Equal(results, []uint64{0, 0, 2, 3}) || entries != 2 {
		t.Errorf("results %d, %d entries, %v", results, entries, err)
	}
}

// Images that no host makes: the device refuses them by the map, and goes on.
func TestRefusedImages(t *testing.T) {
	host, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	good := declared.Def{Name: "good", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 10}
	programs := declared.Def{Name: "p", Type: abi.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 2}
	programs.Programs = []declared.Program{{Index: 1, Slot: 0}}
	outside := programs
	outside.Programs = []declared.Program{{Index: 2, Slot: 0}}
	large := declared.Def{Name: "large", Type: abi.MapArray, KeySize: 4, ValueSize: 1000, MaxEntries: 1000}
	for _, c := range []struct {
		name    string
		maps    []declared.Def
		granted int
		want    string
	}{
		{"as it should be", []declared.Def{good, programs}, 0, "ok"},
		{"a name twice", []declared.Def{good, good}, 0, "name of a map is invalid or taken by another: map 1 of the program"},
		{"no size", []declared.Def{good, {Name: "none", Type: abi.MapArray, KeySize: 4, ValueSize: 4}}, 0,
			"number of entries is not one that this type of map can have: map 1 of the program"},
		{"a program behind the array", []declared.Def{good, outside}, 0,
			"program of a map is no function, or its index is out of range: map 1 of the program"},
		{"larger than memory", []declared.Def{large}, 0, "out of device memory"},
		{"more than regions", []declared.Def{good}, 16, "more maps than a run has regions for: map 0 of the program"},
	} {
		p := &image.Program{Name: "odd", Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}, Maps: c.maps}
		data, err := p.Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		job := emu.Job{Engine: "vm", Format: abi.Packed, Image: data, WantMaps: []int{100}}
		if c.want == "ok" {
			job.WantMaps = []int{c.maps[0].DumpBytes(), c.maps[1].DumpBytes()}
		}
		for range c.granted {
			job.Granted = append(job.Granted, emu.Region{Bytes: []byte{1}})
		}
		s, err := host.Run(context.Background(), job)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := s.Fault.Error(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
