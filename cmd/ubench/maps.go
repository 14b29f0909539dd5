// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// mapFlags are those of commands that run programs with maps.
var mapFlags = []cli.Flag{
	&cli.StringSliceFlag{Name: "map", Usage: "put an entry into a map first, as `NAME=KEY:VALUE` in hex, of queues and stacks NAME=VALUE; repeat it for several"},
	&cli.StringSliceFlag{Name: "before", Usage: "run on this context first, as `HEX` or @FILE, with the same maps and variables; repeat it for several"},
}

// withMaps asks for a program's maps, and fills them in as the flags say.
func withMaps(c *cli.Context, job *emu.Job, declared []maps.Def, name string) error {
	for _, d := range declared {
		job.WantMaps = append(job.WantMaps, d.DumpBytes())
	}
	for _, text := range c.StringSlice("map") {
		which, entry, ok := strings.Cut(text, "=")
		index := slices.IndexFunc(declared, func(d maps.Def) bool { return d.Name == which })
		if !ok || index < 0 {
			return usagef("--map %s: want NAME=KEY:VALUE; %s has %s", clip(text), name, mapNames(declared))
		}
		d := declared[index]
		key, value, keyed := strings.Cut(entry, ":")
		if !keyed {
			key, value = "", key
		}
		k, err := parseHex(key)
		if err != nil {
			return usagef("--map %s: the key is no hex bytes", clip(text))
		}
		v, err := parseHex(value)
		if err != nil {
			return usagef("--map %s: the value is no hex bytes", clip(text))
		}
		if len(k) != int(d.KeySize) || len(v) != int(d.ValueSize) || d.Type == abi.MapRingbuf || d.Type == abi.MapProgArray {
			return usagef("--map %s: %d bytes of key and %d of value, and %s is %s", clip(text), len(k), len(v), which, image.MapText(d))
		}
		job.Maps = append(job.Maps, emu.MapEntry{Map: index, Bytes: append(k, v...)})
	}
	for _, text := range c.StringSlice("before") {
		context, err := parseMemory(text)
		if err != nil {
			return err
		}
		if len(context) > len(job.Context) {
			return usagef("--before %s: %d bytes, and the context has %d (--mem)", clip(text), len(context), len(job.Context))
		}
		job.Before = append(job.Before, context)
	}
	return nil
}

// declaredMaps are the maps of what a job runs: a program, or an image.
func declaredMaps(job emu.Job, program *image.Program) []maps.Def {
	if program != nil {
		return program.Maps
	}
	if l, err := image.Load(job.Format, job.Image, job.Entry, false); err == nil {
		return l.Maps
	}
	return nil // the device will say what is wrong
}

func mapNames(declared []maps.Def) string {
	if len(declared) == 0 {
		return "no maps"
	}
	var names []string
	for _, d := range declared {
		names = append(names, d.Name)
	}
	return "maps " + strings.Join(names, ", ")
}

// mapContents is what is in a program's maps; program arrays are as they were declared, and left out. Types may be nil.
func mapContents(declared []maps.Def, dumps [][]byte, types *image.Types) ([]bench.Map, error) {
	var all []bench.Map
	for i, dump := range dumps {
		d := declared[i]
		entries, err := d.Entries(dump)
		if err != nil {
			return nil, err
		}
		if d.Type == abi.MapProgArray {
			continue
		}
		m := bench.Map{Name: d.Name, Type: d.Type.String(), Entries: []bench.MapEntry{}}
		if d.Type == abi.MapRingbuf {
			m.Dropped = maps.Dropped(dump)
		}
		for _, e := range entries {
			key, value := entryTypes(d, e, types)
			j := entryOf(e, key, value)
			m.Entries = append(m.Entries, bench.MapEntry{Key: e.Key, Value: e.Value, KeyIs: j.KeyIs, ValueIs: j.Is})
		}
		all = append(all, m)
	}
	return all, nil
}

// entryTypes are the C types of an entry, nil where they are not known. What records of a ring buffer are, their size has to tell.
func entryTypes(d maps.Def, e maps.Entry, types *image.Types) (key, value *image.Type) {
	if d.Type == abi.MapRingbuf {
		return nil, types.Records(len(e.Value))
	}
	return types.Key(d), types.Value(d)
}

// showMaps says what is in maps.
func showMaps(all []bench.Map, declared []maps.Def, types *image.Types) string {
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "map %s: %s of %d", m.Name, m.Type, len(m.Entries))
		if m.Type == abi.MapRingbuf.String() {
			fmt.Fprintf(&b, ", %d dropped", m.Dropped)
		}
		b.WriteByte('\n')
		d := declared[slices.IndexFunc(declared, func(d maps.Def) bool { return d.Name == m.Name })]
		zero := 0
		for _, e := range m.Entries {
			if d.Type == abi.MapArray && !slices.ContainsFunc(e.Value, func(c byte) bool { return c != 0 }) {
				zero++
				continue
			}
			entry := maps.Entry{Key: e.Key, Value: e.Value}
			key, value := entryTypes(d, entry, types)
			fmt.Fprintf(&b, "  %s\n", entryText(entry, key, value))
		}
		if zero > 0 {
			fmt.Fprintf(&b, "  and %d of zeros\n", zero)
		}
	}
	return b.String()
}

// entryJSON is an entry: bytes, and, where the types are known, what they say.
type entryJSON struct {
	Key   string          `json:"key,omitempty"`
	Value string          `json:"value"`
	KeyIs json.RawMessage `json:"key_is,omitempty"`
	Is    json.RawMessage `json:"value_is,omitempty"`
}

func entryOf(entry maps.Entry, key, value *image.Type) entryJSON {
	j := entryJSON{Key: hex.EncodeToString(entry.Key), Value: hex.EncodeToString(entry.Value)}
	if key != nil {
		j.KeyIs = key.JSON(entry.Key)
	}
	if value != nil {
		j.Is = value.JSON(entry.Value)
	}
	return j
}

func entryText(entry maps.Entry, key, value *image.Type) string {
	if len(entry.Key) == 0 {
		return value.Text(entry.Value)
	}
	return key.Text(entry.Key) + " → " + value.Text(entry.Value)
}
