// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// ofLinux is one of the programs of internal/mapstest.
func ofLinux(t testing.TB, name, entry string) deploy.Built {
	t.Helper()
	object, err := os.ReadFile("../mapstest/testdata/programs/" + name + ".bpf.o")
	if err != nil {
		t.Fatal(err)
	}
	p, err := image.LoadObject(name, object, entry)
	if err != nil {
		t.Fatal(err)
	}
	return deploy.Built{Spec: deploy.Spec{Name: name}, Program: p}
}

// deployed puts programs on a device.
func deployed(t testing.TB, d deploy.Device, programs ...deploy.Built) {
	t.Helper()
	job := deploy.Job{Programs: programs, Key: suit.DevelopmentKey.SigningKey}
	_, err := job.Do(t.Context(), d)
	must(t, err)
}

func words(v ...uint32) (b []byte) {
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// entries are all of a map, keys and values.
func entries(t testing.TB, d deploy.Device, n deploy.MapName) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, d.Entries(t.Context(), n, func(es []maps.Entry) error {
		for _, e := range es {
			if _, twice := all[string(e.Key)]; twice && len(e.Key) > 0 {
				t.Errorf("%v: %x comes twice", n, e.Key)
			}
			all[string(e.Key)] = string(e.Value)
		}
		return nil
	}))
	return all
}

func run(t testing.TB, d deploy.Device, name string, context []byte) uint64 {
	t.Helper()
	r, err := d.Run(t.Context(), name, context)
	must(t, err)
	if r.Status != abi.OK {
		t.Fatalf("%s: %v", name, r.Status)
	}
	return r.R0
}

// Maps of programs are listed, read and changed; a page at a time where there is more.
func TestMaps(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	deployed(t, d, ofLinux(t, "counter", "counter"), ofLinux(t, "fifo", "fifo"), ofLinux(t, "histogram", "histogram"))
	all, err := d.Maps(t.Context())
	must(t, err)
	if len(all) != 3 || all[0].Program != "counter" || all[0].Name != "totals" || all[0].Type != abi.MapHash || all[0].EntriesMost != 8 || all[0].ValueBytes != 16 {
		t.Errorf("%+v", all)
	}
	totals := deploy.MapName{Program: "counter", Map: "totals"}
	for source := range uint32(6) {
		run(t, d, "counter", words(source, 100))
		run(t, d, "counter", words(source, 10*source))
	}
	got := entries(t, d, totals)
	if len(got) != 6 || got[string(words(3))] != string(words(2, 0, 130, 0)) {
		t.Errorf("%x", got)
	}
	value, err := d.Entry(t.Context(), totals, words(5))
	must(t, err)
	if !slices.Equal(value, words(2, 0, 150, 0)) {
		t.Errorf("%x", value)
	}
	must(t, d.SetEntry(t.Context(), totals, words(5), words(7, 0, 1, 0)))
	must(t, d.SetEntry(t.Context(), totals, words(50), words(70, 0, 1, 0)))
	must(t, d.DeleteEntry(t.Context(), totals, words(0)))
	if got := run(t, d, "counter", words(5, 1)); got != 8 {
		t.Errorf("the program counts %d", got)
	}
	if got := entries(t, d, totals); len(got) != 6 || got[string(words(50))] != string(words(70, 0, 1, 0)) {
		t.Errorf("%x", got)
	}
	work := deploy.MapName{Program: "fifo", Map: "work"}
	run(t, d, "fifo", words(0, 11))
	must(t, d.SetEntry(t.Context(), work, nil, words(12)))
	var waiting []uint32
	must(t, d.Entries(t.Context(), work, func(es []maps.Entry) error {
		for _, e := range es {
			waiting = append(waiting, binary.LittleEndian.Uint32(e.Value))
		}
		return nil
	}))
	if !slices.Equal(waiting, []uint32{11, 12}) {
		t.Errorf("%d", waiting)
	}
	for _, c := range []struct {
		what string
		err  error
		want string
	}{
		{"a program there is not", d.SetEntry(t.Context(), deploy.MapName{Program: "none", Map: "totals"}, words(1), words(1)), "4.04 no such program"},
		{"a map there is not", d.SetEntry(t.Context(), deploy.MapName{Program: "fifo", Map: "totals"}, words(1), words(1)), "4.04 the program has no such map"},
		{"a short key", d.SetEntry(t.Context(), totals, []byte{1}, words(1, 0, 1, 0)), "4.00 key= has to be"},
		{"no key", d.SetEntry(t.Context(), totals, nil, words(1, 0, 1, 0)), "4.00 key= has to be"},
		{"a key of a queue", d.SetEntry(t.Context(), work, words(1), words(1)), "4.00 key= has to be"},
		{"a short value", d.SetEntry(t.Context(), totals, words(1), words(1)), "4.00 the value has another size"},
		{"nothing to delete", d.DeleteEntry(t.Context(), totals, words(99)), "4.04 no such entry"},
		{"an entry of an array", d.DeleteEntry(t.Context(), deploy.MapName{Program: "histogram", Map: mapOf(all, "histogram")}, words(1)), "4.05 not of this type"},
		{"an index too large", d.SetEntry(t.Context(), deploy.MapName{Program: "histogram", Map: mapOf(all, "histogram")}, words(1<<20), make([]byte, valueOf(all, "histogram"))), "4.13 the map is full"},
		{"a full queue", errors.Join(d.SetEntry(t.Context(), work, nil, words(1)), d.SetEntry(t.Context(), work, nil, words(1)), d.SetEntry(t.Context(), work, nil, words(1))), "4.13 the map is full"},
		{"another query", ask(t, d, coap.GET, "m/counter/totals", "of=1"), "4.00 a query is"},
		{"an odd key", ask(t, d, coap.GET, "m/counter/totals", "key=123"), "4.00 a query is"},
		{"a key of no digits", ask(t, d, coap.GET, "m/counter/totals", "key=zz"), "4.00 a query is"},
		{"a very long key", ask(t, d, coap.GET, "m/counter/totals", "key="+strings.Repeat("00", 120)), "4.00 a query is"},
		{"a number too large", ask(t, d, coap.GET, "m/counter/totals", "from=99999999999999999999999"), "4.00 a query is"},
		{"behind the end", ask(t, d, coap.GET, "m/counter/totals", "from=18446744073709551615"), ""},
	} {
		if got := refusal(c.err); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func ask(t testing.TB, d deploy.Device, method coap.Code, path, query string) error {
	t.Helper()
	_, err := d.Do(t.Context(), client.Request{Method: method, Path: path, Query: []string{query}, Format: -1})
	return err
}

// mapOf is the name of the first map of a program.
func mapOf(all []deploy.Map, program string) string {
	return all[slices.IndexFunc(all, func(m deploy.Map) bool { return m.Program == program })].Name
}

func valueOf(all []deploy.Map, program string) uint32 {
	return all[slices.IndexFunc(all, func(m deploy.Map) bool { return m.Program == program })].ValueBytes
}

// Each record of a ring buffer arrives once and in order, over a network that loses, doubles and delays; what there was no room
// for is counted.
func TestRecords(t *testing.T) {
	box := on(t, setup())
	writer := by(t, box, 0)
	deployed(t, writer, ofLinux(t, "events", "events_of"))
	c, err := client.Connect(t.Context(), &Net{Device: box, From: 1, Random: rand.New(rand.NewPCG(1, 2)), Lost: 20, Twice: 10, Late: 10}, Operator(1),
		filepath.Join(t.TempDir(), "sequence"))
	must(t, err)
	reader := deploy.Device{Conn: c}
	events := deploy.MapName{Program: "events", Map: "events"}
	from, want := uint64(0), uint64(1)
	take := func() int {
		r, err := reader.Records(t.Context(), events, from)
		must(t, err)
		from = r.Next
		for _, b := range r.Entries {
			if number := binary.LittleEndian.Uint64(b[8:]); number != want {
				t.Fatalf("record %d, want %d", number, want)
			}
			want++
		}
		return len(r.Entries)
	}
	for i := range uint32(60) {
		for range i % 30 {
			run(t, writer, "events", words(i, i+1)) // below the limit: discarded
			run(t, writer, "events", words(i+2, i))
		}
		take()
	}
	for take() > 0 {
	}
	produced := uint64(0)
	for i := range 60 {
		produced += uint64(i % 30)
	}
	if want != produced+1 {
		t.Errorf("%d records came, %d were produced", want-1, produced)
	}
	// Nobody reads: 4096 bytes are 170 records of 24.
	for range 200 {
		run(t, writer, "events", words(2, 1))
	}
	r, err := reader.Records(t.Context(), events, 12345) // of another life
	must(t, err)
	if r.Dropped == 0 || len(r.Entries) == 0 || binary.LittleEndian.Uint64(r.Entries[0][8:]) != want {
		t.Errorf("%d dropped, %d records", r.Dropped, len(r.Entries))
	}
	for from, taken := uint64(0), 0; ; {
		r, err := reader.Records(t.Context(), events, from)
		must(t, err)
		if from = r.Next; len(r.Entries) == 0 {
			if taken+int(r.Dropped) != 200 {
				t.Errorf("%d taken and %d dropped of 200", taken, r.Dropped)
			}
			break
		}
		taken += len(r.Entries)
	}
}

// What a program reserved and had not submitted when it was killed keeps nobody waiting.
func TestReservedByTheKilled(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	ring := maps.Def{Name: "ring", Type: abi.MapRingbuf, MaxEntries: 256}
	// Outputs the context's first 8 bytes, reserves 16, and does not return if the third word says so.
	p, err := image.FromText("keeps", slices.Concat(
		insn(0xbf, 6, 1, 0, 0), handle(1, 0), insn(0xbf, 2, 6, 0, 0), insn(0xb7, 3, 0, 0, 8), insn(0xb7, 4, 0, 0, 0), insn(0x85, 0, 0, 0, 0xf2),
		handle(1, 0), insn(0xb7, 2, 0, 0, 16), insn(0xb7, 3, 0, 0, 0), insn(0x85, 0, 0, 0, 0xf3),
		insn(0x61, 1, 6, 8, 0), insn(0x15, 1, 0, 1, 0), insn(0x05, 0, 0, -2, 0), insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)))
	must(t, err)
	p.Maps = []maps.Def{ring}
	deployed(t, d, deploy.Built{Spec: deploy.Spec{Name: "keeps", Budget: 1000}, Program: p})
	name := deploy.MapName{Program: "keeps", Map: "ring"}
	run(t, d, "keeps", words(1, 2, 0))
	r, err := d.Run(t.Context(), "keeps", words(3, 4, 1))
	must(t, err)
	if r.Status.Name() != "e-budget" {
		t.Errorf("%v", r.Status)
	}
	records, err := d.Records(t.Context(), name, 0)
	must(t, err)
	if got := fmt.Sprintf("%x", records.Entries); got != "[0100000002000000 0300000004000000]" {
		t.Error(got)
	}
	again, err := d.Records(t.Context(), name, records.Next)
	must(t, err)
	all, err := d.Maps(t.Context())
	must(t, err)
	if len(again.Entries) != 0 || all[0].EntriesUsed != 0 {
		t.Errorf("%x wait, %d bytes are used", again.Entries, all[0].EntriesUsed)
	}
}

func insn(op, dst, src byte, off int16, imm int32) []byte {
	b := []byte{op, src<<4 | dst, byte(off), byte(off >> 8)}
	return binary.LittleEndian.AppendUint32(b, uint32(imm))
}

func handle(dst byte, index int) []byte {
	return slices.Concat(insn(0x18, dst, 0, 0, int32(maps.Handle(index))), insn(0, 0, 0, 0, 0))
}

// A map that is filled in interrupts is shown meanwhile: to its end, no key twice, each with a value of its own.
func TestMapsWhileOthersWrite(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	handle := binary.LittleEndian.AppendUint32([]byte{0x18, 1, 0, 0}, maps.Handle(0))
	p, err := image.FromText("writer", bytes.Join(flat([][8]byte{
		{0x61, 0x12, 32},            // r2 = r1 of the call
		{0x57, 2, 0, 0, 0xff, 0x03}, // r2 &= 1023
		{0x63, 0x2a, 0xfc, 0xff},    // the key
		{0x7b, 0x2a, 0xf0, 0xff},    // the value
		[8]byte(handle), {},         // r1 = the map
		{0xbf, 0xa2}, {0x07, 2, 0, 0, 0xfc, 0xff, 0xff, 0xff},
		{0xbf, 0xa3}, {0x07, 3, 0, 0, 0xf0, 0xff, 0xff, 0xff},
		{0xb7, 4}, {0x85, 0, 0, 0, byte(helperNamed(t, "map_update_elem"))}, // BPF_ANY
		zero, exit,
	}), nil))
	must(t, err)
	p.Maps = []maps.Def{{Name: "seen", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 1024}}
	p.Helpers = []uint16{helperNamed(t, "map_update_elem")}
	deployed(t, d, deploy.Built{Spec: deploy.Spec{Name: "writer", Hook: "tracepoint/helper"}, Program: p})
	slots := [][8]byte{{0x61, 0x16}} // r6 = the context
	for range 4 {
		slots = append(slots, [8]byte{0xbf, 0x61}, now, [8]byte{0x07, 6, 0, 0, 1}) // r1 = r6; r6 += 1
	}
	calls, err := image.FromText("calls", bytes.Join(flat(append(slots, zero, exit)), nil))
	must(t, err)
	calls.Helpers = []uint16{0x20}
	deployed(t, d, deploy.Built{Spec: deploy.Spec{Name: "calls"}, Program: calls})
	next, seen := uint32(0), map[string]bool{}
	for range 8 {
		seen = map[string]bool{}
		must(t, d.Entries(t.Context(), deploy.MapName{Program: "writer", Map: "seen"}, func(es []maps.Entry) error {
			for _, e := range es {
				if seen[string(e.Key)] || string(e.Value) != string(e.Key)+"\x00\x00\x00\x00" {
					t.Errorf("%x has %x, or comes twice", e.Key, e.Value)
				}
				seen[string(e.Key)] = true
			}
			for range 10 {
				run(t, d, "calls", words(next))
				next += 4
			}
			return nil
		}))
	}
	hooks, err := d.Hooks(t.Context())
	must(t, err)
	if len(seen) < 8*10*4-2*10*4 || len(hooks) != 1 || !hooks[0].Attached || hooks[0].Runs < 8*10*4 {
		t.Errorf("%d entries were shown; %+v", len(seen), hooks)
	}
}

func helperNamed(t testing.TB, name string) uint16 {
	t.Helper()
	for _, h := range abi.Helpers() {
		if h.Name == name {
			return h.ID
		}
	}
	t.Fatal("no helper ", name)
	return 0
}
