// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// What objects declare is what the device's readers find in every format that carries maps.
func TestMaps(t *testing.T) {
	for _, c := range []struct {
		object, entry string
		maps          []maps.Def
	}{
		{"maps.o", "maps", []maps.Def{
			{Name: "programs", Type: abi.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 3, Programs: []maps.Program{{Index: 2}}},
			{Name: "counts", Type: abi.MapHash, KeySize: 4, ValueSize: 16, MaxEntries: 1000},
			{Name: "settings", Type: abi.MapArray, Flags: maps.ReadOnly, KeySize: 4, ValueSize: 8, MaxEntries: 4},
			{Name: "events", Type: abi.MapRingbuf, MaxEntries: 256},
		}},
		{"oldmaps.o", "", []maps.Def{
			{Name: "first", Type: abi.MapHash, KeySize: 8, ValueSize: 4, MaxEntries: 16},
			{Name: "second", Type: abi.MapStack, ValueSize: 12, MaxEntries: 5},
		}},
	} {
		object, err := os.ReadFile("testdata/objects/" + c.object)
		if err != nil {
			t.Fatal(err)
		}
		p := load(t, c.object, object, c.entry)
		for i := range c.maps {
			for k := range c.maps[i].Programs { // behind the program itself
				c.maps[i].Programs[k].Slot = p.Functions[len(p.Functions)-1].Slot
			}
		}
		if !reflect.DeepEqual(p.Maps, c.maps) {
			t.Errorf("%s: maps are\n%+v, want\n%+v", c.object, p.Maps, c.maps)
		}
		for _, f := range abi.Formats() {
			data, err := p.Encode(f)
			if f != abi.Packed && f != abi.ELFObject {
				if err == nil || !strings.Contains(err.Error(), "the program has maps, which packed and elf-object images carry") {
					t.Errorf("%s: format %s: %v", c.object, f, err)
				}
				continue
			}
			if f == abi.ELFObject && c.object == "maps.o" {
				if err == nil || !strings.Contains(err.Error(), "a program array begins with programs, which images of format packed carry") {
					t.Errorf("%s: %v", c.object, err)
				}
				continue
			}
			if err != nil {
				t.Error(err)
				continue
			}
			l, err := Load(f, data, p.EntryIndex(f), false)
			if err != nil {
				t.Errorf("%s: format %s: %v", c.object, f, err)
				continue
			}
			if !reflect.DeepEqual(l.Maps, c.maps) {
				t.Errorf("%s: format %s: maps are\n%+v, want\n%+v", c.object, f, l.Maps, c.maps)
			}
			if !bytes.Equal(l.Text, p.Text) {
				t.Errorf("%s: format %s: text is\n%x, want\n%x", c.object, f, l.Text, p.Text)
			}
		}
		fields, err := Inspect(abi.Packed, encode(t, p, abi.Packed))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.maps {
			found := false
			for _, f := range fields {
				found = found || f.Name == "map "+d.Name && strings.HasPrefix(f.Value, d.Type.String())
			}
			if !found {
				t.Errorf("%s: inspect shows no map %s", c.object, d.Name)
			}
		}
	}
}

func encode(t *testing.T, p *Program, f abi.Format) []byte {
	t.Helper()
	data, err := p.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
