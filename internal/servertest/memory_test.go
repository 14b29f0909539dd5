// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// withMap deploys a program that refers to a map, or to none if it has no name, and does nothing.
func withMap(t testing.TB, d deploy.Device, name string, def maps.Def, change func(*deploy.Spec)) error {
	t.Helper()
	slots, all := [][8]byte{zero, exit}, []maps.Def(nil)
	if def.Name != "" {
		handle := binary.LittleEndian.AppendUint32([]byte{0x18, 1, 0, 0}, maps.Handle(0))
		slots, all = [][8]byte{[8]byte(handle), {}, zero, exit}, []maps.Def{def}
	}
	p, err := image.FromText(name, bytes.Join(flat(slots), nil))
	must(t, err)
	p.Maps = all
	spec := deploy.Spec{Name: name}
	if change != nil {
		change(&spec)
	}
	_, err = (&deploy.Job{Programs: []deploy.Built{{Spec: spec, Program: p}}, Key: suit.DevelopmentKey.SigningKey}).Do(t.Context(), d)
	return err
}

// Who has too little memory for a program says what for, how much it takes and how much there is.
func TestMemoryRefused(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	info, err := d.Info(t.Context())
	must(t, err)
	array := maps.Def{Name: "table", Type: abi.MapArray, KeySize: 4, ValueSize: 64, MaxEntries: 4000}
	queue := maps.Def{Name: "line", Type: abi.MapQueue, ValueSize: 64, MaxEntries: 4000}
	share := func(s *deploy.Spec) { s.Maps = []deploy.MapShare{{Name: "table", Rights: "rw"}} }
	for _, c := range []struct {
		name   string
		def    maps.Def
		change func(*deploy.Spec)
		what   string
		least  uint32
		memory string
	}{
		{"values", array, nil, "its compartment", 256000, "; maps table 256"},
		{"queue", queue, nil, "keys, links and queues of its maps", 256000, "; maps line 256"},
		{"shared", array, share, "a map that it shares", 256000, "; maps table 256"},
		{"context", maps.Def{}, func(s *deploy.Spec) { s.Context = 250000 }, "its compartment", 250000, ""},
		{"mailbox", maps.Def{}, func(s *deploy.Spec) { s.Mailbox, s.Events = 250000, []string{"message"} }, "its mailbox", 250000, ""},
	} {
		err := withMap(t, d, c.name, c.def, c.change)
		refused := (*deploy.Refused)(nil)
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if refused.Status != abi.StatusMemory || !strings.HasPrefix(refused.What, c.what) || refused.Needed < c.least || refused.Needed > 2*c.least ||
			refused.Largest > refused.Free || refused.Largest >= refused.Needed || refused.Free > info.Memory || refused.Largest == 0 {
			t.Errorf("%s: %+v", c.name, *refused)
		}
		if text := err.Error(); !strings.Contains(text, "out of device memory: "+c.what) || !strings.Contains(text, c.memory) {
			t.Errorf("%s: %s", c.name, text)
		}
	}
	// What a refusal says is of that program, and no later one's.
	err = code(t, d, "other", "boot", 1, nil, [8]byte{0xff}, exit)
	if refused := (*deploy.Refused)(nil); !errors.As(err, &refused) || refused.What != "" {
		t.Error(err)
	}
	after, err := d.Info(t.Context())
	must(t, err)
	if after.MemoryFree != info.MemoryFree {
		t.Errorf("%d bytes are free, and %d were", after.MemoryFree, info.MemoryFree)
	}
}

// A map takes the memory that its declaration says, once, beside what walls round up.
func TestMemoryOfMaps(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	before, err := d.Info(t.Context())
	must(t, err)
	def := maps.Def{Name: "totals", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 1000}
	must(t, withMap(t, d, "counter", def, nil))
	after, err := d.Info(t.Context())
	must(t, err)
	values, other := def.Bytes()
	if used, most := int(before.MemoryFree-after.MemoryFree), values+values/4+other+4096; used < values+other || used > most {
		t.Errorf("a program with a map of %d bytes takes %d, want %d at most", values+other, used, most)
	}
}
