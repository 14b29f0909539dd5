// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

// hook is how contexts of hooks begin, at a time.
func hook(ms uint32, rest ...any) []byte {
	var b bytes.Buffer
	for _, v := range append([]any{uint32(0), ms, uint32(0), uint32(0)}, rest...) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

func packet(ms uint32, peer byte, length uint32) []byte {
	return hook(ms, length, uint32(0), [20]byte{peer})
}

func reading(value int16, scale int8) []byte {
	return hook(0, uint32(130), [3]int16{value}, uint8(2), scale, uint32(1))
}

func edge(ms, level uint32) []byte { return hook(ms, uint32(0), uint32(0), level) }

// Programs with maps, each run several times: what the last run says, and what is in the map then.
func TestMaps(t *testing.T) {
	programs := []struct {
		name   string
		begins []emu.MapEntry
		runs   [][]byte
		result uint64
		values []string // but zeros
	}{
		{"maps/packet_counter", nil, [][]byte{packet(0, 1, 100), packet(1, 2, 40), packet(2, 1, 60)}, 0,
			[]string{"{packets = 2, bytes = 160}", "{packets = 1, bytes = 40}"}},
		{"maps/rate_limiter", nil, [][]byte{packet(5, 1, 9), packet(5, 1, 9), packet(5, 1, 9), packet(5, 1, 9)}, 1,
			[]string{"{last_ms = 5, tokens = 0, dropped = 1}"}},
		{"maps/rate_limiter", nil, [][]byte{packet(5, 1, 9), packet(5, 1, 9), packet(5, 1, 9), packet(5, 1, 9), packet(110, 1, 9)}, 0,
			[]string{"{last_ms = 110, tokens = 50, dropped = 1}"}},
		{"maps/rate_limiter", nil, [][]byte{packet(0xfffffff0, 1, 9), packet(0x10, 1, 9)}, 0, []string{"{last_ms = 16, tokens = 1320, dropped = 0}"}},
		{"maps/readings", nil, [][]byte{reading(215, -1), reading(218, -1), reading(21, 0), reading(-300, -1), reading(3000, -1)}, 15,
			[]string{"1", "3", "1"}},
		{"maps/readings", nil, [][]byte{reading(1, 2)}, 1<<32 - 1, nil},
		{"debounced_key/key_edge", nil, [][]byte{edge(100, 1), edge(103, 0), edge(105, 1)}, 0,
			[]string{"{changed_ms = 105, level = 1, settled = 0, presses = 0, bounces = 1}"}},
		{"debounced_key/key_timer", []emu.MapEntry{{Map: 0, Bytes: slices.Concat(make([]byte, 4), hook(1, uint32(0))[4:20], make([]byte, 4))}},
			[][]byte{hook(20), hook(31)}, 0, []string{"{changed_ms = 1, level = 0, settled = 0, presses = 0, bounces = 0}"}},
		{"debounced_key/key_timer", []emu.MapEntry{{Map: 0, Bytes: []byte{0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}},
			[][]byte{hook(20), hook(35), hook(50)}, 1, []string{"{changed_ms = 5, level = 1, settled = 1, presses = 1, bounces = 0}"}},
	}
	for _, spec := range specs() {
		target, err := targets.Open(context.Background(), spec)
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		for _, engine := range []string{"vm", "jit", "jit-plan"} {
			if !canRun(spec, engine) {
				continue
			}
			for _, c := range programs {
				object, err := os.ReadFile(c.name + ".bpf.o")
				if err != nil {
					t.Fatal(err)
				}
				p, err := image.LoadObject(c.name, object, "")
				if err != nil {
					t.Fatal(err)
				}
				types, err := image.TypesOf(object)
				if err != nil {
					t.Fatal(err)
				}
				d := p.Maps[0]
				last := len(c.runs) - 1
				job := emu.Job{Engine: engine, Format: abi.Packed, Maps: c.begins, Before: c.runs[:last], Context: c.runs[last], WantMaps: []int{d.DumpBytes()}, Budget: 1000}
				if job.Image, err = planner.Attach(p).Encode(job.Format); err != nil {
					t.Fatal(err)
				}
				got, err := target.Run(t.Context(), job)
				if err != nil || got.Fault.Status != abi.OK || got.Result != c.result {
					t.Errorf("%s, %s on %s: %v, %v, %#x", c.name, engine, spec, err, got.Fault, got.Result)
					continue
				}
				entries, err := d.Entries(got.Maps[0])
				if err != nil {
					t.Fatal(err)
				}
				var values []string
				for _, e := range entries {
					if text := types.Value(d).Text(e.Value); text != "0" {
						values = append(values, text)
					}
				}
				if !slices.Equal(values, c.values) {
					t.Errorf("%s, %s on %s: %q, want %q", c.name, engine, spec, values, c.values)
				}
			}
		}
	}
}
