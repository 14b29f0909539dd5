// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/bare"
	"github.com/ubench-dev/ubench/image"
)

//go:embed mapcosts/costs.bpf.o
var mapPrograms []byte

//go:embed mapcosts/costs.elf
var mapNative []byte

// Maps in C, beside engines: calling the functions of maps/ as C does, and calling the helpers, which check what they are given.
const (
	MapsInC    = "C"
	MapsHelper = "C, by helper"
)

// MapEngines are what maps are measured on, if the target has them.
var MapEngines = []string{MapsInC, MapsHelper, "vm", "jit", "jit-plan"}

// MapUse is one thing that is done with a map (mapcosts/costs.h): keys and values of 4 and 8 bytes.
type MapUse struct {
	Map    string `json:"map"`    // its type
	What   string `json:"what"`   // in a word or two
	Fill   int    `json:"fill"`   // entries that are in it
	Record int    `json:"record"` // of ring buffers: bytes of a record

	function   string
	keys, from int
}

// mapEntries is how many there can be in arrays and hash maps.
const mapEntries = 1000

// MapUses are all that are measured.
func MapUses() []MapUse {
	uses := []MapUse{{Map: "array", What: "lookup", Fill: mapEntries, function: "array_lookup"}, {Map: "array", What: "update", Fill: mapEntries, function: "array_update"}}
	for _, m := range []struct{ name, prefix string }{{"hash", "hash"}, {"LRU hash", "lru"}} {
		for _, what := range []string{"lookup", "update"} {
			for _, fill := range []int{100, 500, mapEntries} {
				uses = append(uses, MapUse{Map: m.name, What: what, Fill: fill, function: m.prefix + "_" + what})
			}
		}
	}
	uses = append(uses,
		MapUse{Map: "hash", What: "lookup of an absent key", Fill: mapEntries, function: "hash_lookup", keys: mapEntries, from: 5 * mapEntries},
		MapUse{Map: "hash", What: "insert and delete", Fill: 500, function: "hash_insert_delete", keys: mapEntries, from: 5 * mapEntries},
		MapUse{Map: "LRU hash", What: "update, dropping the oldest", Fill: mapEntries, function: "lru_update", keys: 1 << 20, from: 5 * mapEntries},
		MapUse{Map: "queue", What: "push and pop", function: "queue_push_pop"})
	for _, what := range []string{"submit", "output"} {
		for _, bytes := range []int{8, 32, 128} {
			name := map[string]string{"submit": "reserve, write and submit", "output": "write and output"}[what]
			uses = append(uses, MapUse{Map: "ring buffer", What: name, Record: bytes, function: fmt.Sprintf("ring_%s_%d", what, bytes)})
		}
	}
	for i := range uses {
		if uses[i].keys == 0 {
			uses[i].keys = max(uses[i].Fill, 1)
		}
	}
	return uses
}

// How often it is done: the cost of one time is the difference of two runs. Records of a ring buffer stay in it.
func (u MapUse) times() (few, many int) {
	if u.Record > 0 {
		return 20, 100
	}
	return mapEntries, 2 * mapEntries
}

// result is what n times return.
func (u MapUse) result(n int) (sum uint64) {
	if u.function != "nothing" && u.What != "lookup" && u.from == 0 || u.What == "insert and delete" || u.What == "update, dropping the oldest" {
		return uint64(n)
	}
	for i := range n {
		key := uint64(u.from + i%u.keys)
		switch {
		case u.function == "nothing":
			sum += key
		case key < uint64(u.Fill):
			sum += 3*key + 1
		}
	}
	return sum
}

// String names it.
func (u MapUse) String() string {
	switch {
	case u.Record > 0:
		return fmt.Sprintf("%s of %d bytes", u.What, u.Record)
	case u.from > 0 || u.Map == "array" || u.Map == "queue":
		return u.Map + " " + u.What
	}
	return fmt.Sprintf("%s %s, %d of %d", u.Map, u.What, u.Fill, mapEntries)
}

// MapCost is what one use costs, without the loop around it.
type MapCost struct {
	MapUse
	Engine       string  `json:"engine"`
	Instructions float64 `json:"instructions"`
	Cycles       float64 `json:"cycles,omitempty"`
}

// Per1000 is how many records, and bytes of records, 1,000 instructions make.
func (c MapCost) Per1000() (records, bytes float64) {
	if c.Record == 0 || c.Instructions <= 0 {
		return 0, 0
	}
	records = 1000 / c.Instructions
	return records, records * float64(c.Record)
}

// MapCosts is what maps cost on a target.
type MapCosts struct {
	Target      string    `json:"target"`
	Core        string    `json:"core"`
	Board       string    `json:"board"`
	CyclesLabel string    `json:"cycles_label,omitempty"`
	Costs       []MapCost `json:"costs"`
}

// MeasureMaps measures uses of maps on engines, all of MapEngines that the target has if there are none.
func MeasureMaps(ctx context.Context, target emu.Target, uses []MapUse, engines []string, observe func(done, total int, what string)) (*MapCosts, error) {
	info := target.Info()
	if engines == nil {
		engines = slices.DeleteFunc(slices.Clone(MapEngines), func(e string) bool {
			return e != MapsInC && e != MapsHelper && !slices.Contains(info.Engines, e)
		})
	}
	r := &MapCosts{Target: info.Target, Core: info.Core, Board: info.Board, CyclesLabel: info.CyclesLabel}
	for n, engine := range engines {
		each := func(u MapUse) (instructions, cycles float64, err error) {
			few, many := u.times()
			var counts [2]emu.Counts
			for i, times := range []int{few, many} {
				got, result, err := runMaps(ctx, target, engine, u, times)
				if err == nil && result != u.result(times) {
					err = fmt.Errorf("the result is %d, want %d", result, u.result(times))
				}
				if err != nil {
					return 0, 0, fmt.Errorf("maps on %s, %s: %w", engine, u.function, err)
				}
				counts[i] = got
			}
			n := float64(many - few)
			return float64(counts[1].Instructions-counts[0].Instructions) / n, float64(counts[1].Cycles-counts[0].Cycles) / n, nil
		}
		loop, loopCycles, err := each(MapUse{function: "nothing", keys: mapEntries})
		if err != nil {
			return nil, err
		}
		for i, u := range uses {
			if observe != nil {
				observe(n*len(uses)+i, len(engines)*len(uses), "maps on "+engine)
			}
			c := MapCost{MapUse: u, Engine: engine}
			if c.Instructions, c.Cycles, err = each(u); err != nil {
				return nil, err
			}
			c.Instructions -= loop
			if c.Cycles = max(0, c.Cycles-loopCycles); !info.HasCycles {
				c.Cycles = 0
			}
			r.Costs = append(r.Costs, c)
		}
	}
	return r, nil
}

// runMaps runs a function n times.
func runMaps(ctx context.Context, target emu.Target, engine string, u MapUse, n int) (c emu.Counts, result uint64, err error) {
	numbers := []int{n, u.Fill, u.keys, u.from}
	if engine == MapsInC || engine == MapsHelper {
		prefix := map[string]string{MapsInC: "c_", MapsHelper: "helper_"}[engine]
		o := bare.Options{Core: bare.Core(target.Info().Core), Entry: prefix + u.function, NoCycles: !target.Info().HasCycles}
		for _, v := range numbers {
			o.Args = append(o.Args, strconv.Itoa(v))
		}
		got, err := bare.Run(ctx, mapNative, o)
		if err != nil {
			return c, 0, err
		}
		return emu.Counts{Instructions: got.Instructions, Cycles: got.Cycles}, uint64(got.R0), nil
	}
	program, err := image.LoadObject("maps", mapPrograms, u.function)
	if err != nil {
		return c, 0, err
	}
	job, err := NewJob(engine, program)
	if err != nil {
		return c, 0, err
	}
	for _, v := range numbers {
		job.Context = append(job.Context, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	got, err := target.Run(ctx, job)
	switch {
	case err != nil:
		return c, 0, err
	case got.Fault.Status != abi.OK:
		return c, 0, got.Fault
	case got.Execute == nil:
		return c, 0, fmt.Errorf("%s does not count", target.Info().Target)
	}
	return *got.Execute, got.Result, nil
}
