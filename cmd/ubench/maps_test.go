// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// A pointer that was not compared with NULL is a remark of ubench verify, with the line.
func TestVerifyRemarks(t *testing.T) {
	data, err := os.ReadFile("testdata/null.bpf.o")
	if err != nil {
		t.Fatal(err)
	}
	for entry, want := range map[string]int{"good": 0, "bad": 2} {
		p, err := image.LoadObject("null.bpf.o", data, entry)
		if err != nil {
			t.Fatal(err)
		}
		v, err := verifyProgram(p, conditions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Remarks) != want {
			t.Errorf("%s: %d remarks, want %d: %v", entry, len(v.Remarks), want, v.Remarks)
		}
		if want > 0 && (v.Remarks[0].Source != "*v += 1;" || !strings.Contains(v.text(), "uses what bpf_map_lookup_elem returned")) {
			t.Errorf("%s: %s", entry, v.text())
		}
	}
}

// What is in maps is shown as numbers where it has the size of one; arrays without what is 0.
func TestShowMaps(t *testing.T) {
	defs := []maps.Def{
		{Name: "a", Type: 2, KeySize: 4, ValueSize: 4, MaxEntries: 3},
		{Name: "h", Type: 1, KeySize: 6, ValueSize: 8, MaxEntries: 2},
	}
	left, err := mapContents(defs, [][]byte{
		[]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"),
		[]byte("\x00\x00\x00\x00abcdef\x00\x00\x01\x01\x01\x01\x01\x01\x01\x01\x01\x00\x00\x00abcdef\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00"),
	}, nil)
	want := "map a: array of 3\n  1 → 7\n  and 2 of zeros\nmap h: hash of 1\n  616263646566 → 5\n"
	if got := showMaps(left, defs, nil); err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	text, err := json.Marshal(left[1])
	const wantJSON = `{"name":"h","type":"hash","entries":[{"key":"616263646566","value":"0500000000000000"}]}`
	if err != nil || string(text) != wantJSON {
		t.Errorf("%s, %v, want %s", text, err, wantJSON)
	}
}

// Where the object says what keys and values are, exec says so, too.
func TestExecShowsTypes(t *testing.T) {
	const program = "../../internal/mapstest/testdata/programs/counter.bpf.o"
	var stdout, stderr bytes.Buffer
	if status := run([]string{"exec", program, "--before", "0a00000064000000", "--mem", "0b00000005000000"}, nil, &stdout, &stderr); status != 0 {
		t.Fatal(stderr.String())
	}
	if want := "  10 → {packets = 1, bytes = 100}\n  11 → {packets = 1, bytes = 5}\n"; !strings.Contains(stderr.String(), want) {
		t.Errorf("%s, want %s", stderr.String(), want)
	}
}

// Where there is no room for a map, the refusal says how much each takes, and how much there is.
func TestMapsWithoutRoom(t *testing.T) {
	p := &image.Program{Name: "big", Text: make([]byte, 16), Maps: []maps.Def{
		{Name: "big", Type: 2, KeySize: 4, ValueSize: 8, MaxEntries: 20000}, {Name: "small", Type: 1, KeySize: 4, ValueSize: 4, MaxEntries: 2}}}
	text := memoryNeeds(p, emu.Job{}, emu.Info{Target: "unicorn", ArenaBytes: 114688})
	if !strings.Contains(text, "maps big 160088 small 120; unicorn has 114688 for all") {
		t.Error(text)
	}
}
