// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// mapJSON has words in place of numbers.
type mapJSON struct {
	deploy.Map
	Type   string `json:"type"`
	Shared string `json:"shared,omitempty"`
}

func sharedText(rights uint8) string {
	return []string{"", "r", "w", "rw"}[rights&3]
}

func (e *env) deviceMaps(c *cli.Context, d deploy.Device, args []string) error {
	all, err := d.Maps(c.Context)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		if _, err := d.Program(c.Context, args[0]); err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(m deploy.Map) bool { return m.Program != args[0] })
	}
	if c.Bool("json") {
		list := []mapJSON{}
		for _, m := range all {
			list = append(list, mapJSON{m, m.Type.String(), sharedText(m.Shared)})
		}
		return e.printJSON(list)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROGRAM\tMAP\tTYPE\tKEY\tVALUE\tENTRIES\tMEMORY\tSHARED\tNOTES")
	for _, m := range all {
		entries, notes := fmt.Sprintf("%d of %d", m.EntriesUsed, m.EntriesMost), ""
		if m.Type == abi.MapRingbuf {
			entries += " bytes"
			notes = fmt.Sprintf("%d dropped", m.Dropped)
		}
		if m.Flags&maps.ReadOnly != 0 {
			notes = strings.TrimPrefix(notes+"; read-only", "; ")
		}
		fmt.Fprintf(w, "%s\t%s\t%v\t%d\t%d\t%s\t%d\t%s\t%s\n", m.Program, m.Name, m.Type, m.KeyBytes, m.ValueBytes, entries, m.Bytes, sharedText(m.Shared), notes)
	}
	return w.Flush()
}

// deviceTypes are the C types of a program that was deployed from here, nil if they are not known.
func deviceTypes(c *cli.Context, d deploy.Device, program string) (*image.Types, error) {
	p, err := d.Program(c.Context, program)
	if err != nil {
		return nil, err
	}
	path, err := deployedPath(p.Digest)
	if err != nil {
		return nil, err
	}
	object, err := os.ReadFile(path)
	if err != nil {
		return nil, nil // deployed from elsewhere: bytes are shown
	}
	types, err := image.TypesOf(object)
	if err != nil {
		return nil, nil
	}
	return types, nil
}

func defOf(m deploy.Map) maps.Def {
	return maps.Def{Name: m.Name, Type: m.Type, KeySize: m.KeyBytes, ValueSize: m.ValueBytes, MaxEntries: m.EntriesMost}
}

// deviceMap is `device map dump|get|set|rm PROGRAM MAP …`.
func (e *env) deviceMap(c *cli.Context, d deploy.Device, args []string) error {
	verbs := map[string]int{"dump": 0, "get": 1, "set": 2, "rm": 1, "push": 1}
	more, ok := verbs[args[0]]
	if !ok {
		return unknown("verb of map", args[0], []string{"dump", "get", "set", "rm", "push"})
	}
	if len(args) != 3+more {
		return usagef("write it as: ubench device map %s PROGRAM MAP%s", args[0],
			map[string]string{"get": " KEY", "set": " KEY VALUE", "rm": " KEY", "push": " VALUE"}[args[0]])
	}
	n := deploy.MapName{Program: args[1], Map: args[2]}
	m, err := d.MapOf(c.Context, n)
	if err != nil {
		return err
	}
	types, err := deviceTypes(c, d, n.Program)
	if err != nil {
		return err
	}
	def := defOf(m)
	key, value := types.Key(def), types.Value(def)
	if args[0] == "dump" {
		return e.dumpMap(c, d, n, key, value)
	}
	var k, v []byte
	if args[0] != "push" {
		if k, err = mapBytesOf("key", args[3], def.KeySize); err != nil {
			return err
		}
	}
	if args[0] == "set" || args[0] == "push" {
		if v, err = mapBytesOf("value", args[len(args)-1], def.ValueSize); err != nil {
			return err
		}
	}
	what := n.Program + " " + n.Map
	switch args[0] {
	case "get":
		if v, err = d.Entry(c.Context, n, k); err != nil {
			return err
		}
		if c.Bool("json") {
			return e.printJSON(entryOf(maps.Entry{Key: k, Value: v}, key, value))
		}
		_, err = fmt.Fprintln(e.stdout, value.Text(v))
		return err
	case "rm":
		if err := d.DeleteEntry(c.Context, n, k); err != nil {
			return err
		}
		return e.said(c, what+" "+args[3], "removed")
	default:
		if err := d.SetEntry(c.Context, n, k, v); err != nil {
			return err
		}
		return e.said(c, strings.Join(append([]string{what}, args[3:]...), " "), "written")
	}
}

func (e *env) dumpMap(c *cli.Context, d deploy.Device, n deploy.MapName, key, value *image.Type) error {
	return d.Entries(c.Context, n, func(entries []maps.Entry) error {
		for _, entry := range entries {
			var err error
			if c.Bool("json") {
				err = e.printJSON(entryOf(entry, key, value))
			} else {
				_, err = fmt.Fprintln(e.stdout, entryText(entry, key, value))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// mapBytesOf reads a key or a value of so many bytes: a number, or bytes in hex behind "hex:".
func mapBytesOf(what, text string, size uint32) ([]byte, error) {
	if digits, ok := strings.CutPrefix(text, "hex:"); ok {
		b, err := hex.DecodeString(digits)
		if err != nil || len(b) != int(size) {
			return nil, usagef("%s %q: %d bytes in hex are needed", what, clip(text), size)
		}
		return b, nil
	}
	if !slices.Contains([]uint32{1, 2, 4, 8}, size) {
		return nil, usagef("%s %q: it has %d bytes: write them in hex, behind hex:", what, clip(text), size)
	}
	v, err := strconv.ParseUint(text, 0, int(8*size))
	if err != nil {
		var signed int64
		if signed, err = strconv.ParseInt(text, 0, int(8*size)); err != nil {
			return nil, usagef("%s %q: a number of %d bits is needed, or bytes in hex behind hex:", what, clip(text), 8*size)
		}
		v = uint64(signed)
	}
	return binary.LittleEndian.AppendUint64(nil, v)[:size], nil
}

// How long nothing may have come before a ring buffer is asked again.
const ringLeast, ringMost = 50 * time.Millisecond, time.Second

// deviceRing prints records of a ring buffer, and with -f goes on.
func (e *env) deviceRing(c *cli.Context, d deploy.Device, args []string) error {
	n := deploy.MapName{Program: args[0], Map: args[1]}
	m, err := d.MapOf(c.Context, n)
	if err != nil {
		return err
	}
	if m.Type != abi.MapRingbuf {
		return fmt.Errorf("map %s of %s is no ring buffer: ubench device map dump %s %s shows what is in it", n.Map, n.Program, n.Program, n.Map)
	}
	types, err := deviceTypes(c, d, n.Program)
	if err != nil {
		return err
	}
	var named *image.Type
	if name := c.String("type"); name != "" {
		if named, err = types.Named(name); err != nil {
			return err
		}
	}
	from, dropped, pause := uint64(0), m.Dropped, ringLeast
	for {
		r, err := d.Records(c.Context, n, from)
		if c.Context.Err() != nil && c.Bool("f") {
			return nil
		}
		if err != nil {
			return err
		}
		for _, record := range r.Entries {
			typ := named
			if typ == nil {
				typ = types.Records(len(record))
			}
			if err := e.showRecord(c, record, typ); err != nil {
				return err
			}
		}
		if r.Dropped != dropped {
			fmt.Fprintf(e.stderr, "%d records dropped: there was no room for them\n", r.Dropped-dropped)
			dropped = r.Dropped
		}
		from = r.Next
		if len(r.Entries) > 0 {
			pause = ringLeast
			continue
		}
		if !c.Bool("f") {
			return nil
		}
		select {
		case <-c.Context.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, ringMost)
	}
}

func (e *env) showRecord(c *cli.Context, record []byte, typ *image.Type) (err error) {
	if c.Bool("json") {
		return e.printJSON(entryOf(maps.Entry{Value: record}, nil, typ))
	}
	text := hex.EncodeToString(record)
	if typ != nil {
		text = typ.Text(record)
	}
	_, err = fmt.Fprintln(e.stdout, text)
	return err
}
