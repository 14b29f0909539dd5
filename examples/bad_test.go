// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

func open(t *testing.T, spec string) emu.Target {
	t.Helper()
	target, err := targets.Open(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

// Images that were cut short, or in which a bit flipped, end in a status on the device: it answers
// every time, and runs a good program afterwards.
func TestDamagedImagesOnTheDevice(t *testing.T) {
	target := open(t, "unicorn")
	e := examples.Paper()[2] // a string, an lddw of it, helpers
	p, err := image.LoadObject(e.Name, e.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range abi.Formats() {
		good, err := p.Encode(format)
		if errors.Is(err, image.ErrUnsupported) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		accepted := 0
		run := func(data []byte, what string, at int) {
			s, err := target.Run(context.Background(), emu.Job{Engine: "vm", Format: format, Image: data, Budget: 1000})
			if err != nil {
				t.Fatalf("%s: %s %d: the device failed: %v", format, what, at, err)
			}
			if s.Fault.Status == abi.OK {
				accepted++
			} else if s.Fault.Status <= -100 {
				t.Errorf("%s: %s %d: %v", format, what, at, s.Fault)
			}
		}
		for n := 0; n < len(good); n += 1 + len(good)/300 {
			run(good[:n], "cut to", n)
		}
		if accepted > 0 && format != abi.ELFObject {
			t.Errorf("%s: %d images that were cut ran", format, accepted)
		}
		accepted = 0
		step := 1 + len(good)/100
		for bit := 0; bit < len(good)*8; bit += step {
			bad := append([]byte{}, good...)
			bad[bit/8] ^= 1 << (bit % 8)
			run(bad, "flipped bit", bit)
		}
		if accepted > 0 && format == abi.Packed {
			t.Errorf("packed: %d images with a flipped bit ran", accepted)
		}
		// Lengths, offsets and counts that overflow, overlap or lead outside.
		for at := 0; at+4 <= len(good); at += 4 {
			bad := append([]byte{}, good...)
			binary.LittleEndian.PutUint32(bad[at:], []uint32{0xffffffff, 0x7ffffff8, 0xfffffff8, 0x10000, 64}[at/4%5])
			run(bad, "strange word at", at)
		}
		runIn(t, target, "vm", p, e)
	}
}

// insns assembles slots given as words: opcode | regs << 8 | offset << 16, and the immediate.
func insns(words ...uint32) []byte {
	var text []byte
	for _, w := range words {
		text = binary.LittleEndian.AppendUint32(text, w)
	}
	return text
}

// What helpers are given is checked: strings end inside the program's memory, buffers lie in it, the
// list of what may be called is kept.
func TestHelperArguments(t *testing.T) {
	const (
		exit = 0x95
		call = 0x85
	)
	strlen := insns(call, 0x52, exit, 0)
	printf := insns(call, 0x01, exit, 0)
	print2 := insns(0x12bf, 0, call, 0x01, exit, 0)                       // r2 = r1: the format has %s of itself
	fetch := insns(0x12bf, 0, 0x02b7, 4, call, 0x13, exit, 0)             // r2 = r1; r2 = 4: no address
	memcpy := insns(0x23bf, 0, 0x12bf, 0, 0x0307, 1, call, 0x02, exit, 0) // r3 = r2; r2 = r1; r3 += 1
	opened := map[string]emu.Target{"host": open(t, "host"), "unicorn": open(t, "unicorn")}
	for _, c := range []struct {
		name    string
		text    []byte
		context string
		helpers []uint16
		status  string
		result  uint64
	}{
		{"a string that ends", strlen, "abc\x00", nil, "ok", 3},
		{"a string without an end", strlen, "abcd", nil, "e-helper-arg", 0},
		{"no memory at all", strlen, "", nil, "e-helper-arg", 0},
		{"a format without an end", printf, "%d %d", nil, "e-helper-arg", 0},
		{"a format with itself", print2, "%s\x00", nil, "ok", 0},
		{"a format that ends in the middle", printf, "%\x00", nil, "ok", 0},
		{"an address that is none", fetch, "abcd", nil, "e-helper-arg", 0},
		{"one byte too many", memcpy, "abcd", nil, "e-helper-arg", 0},
		{"allowed", strlen, "a\x00", []uint16{0x52}, "ok", 1},
		{"not allowed", strlen, "a\x00", []uint16{0x01, 0x51}, "e-verify-helper", 0},
		{"nothing is allowed", strlen, "a\x00", []uint16{}, "e-verify-helper", 0},
	} {
		p, err := image.FromText(c.name, c.text)
		if err != nil {
			t.Fatal(err)
		}
		for spec, target := range opened {
			for _, engine := range target.Info().Engines {
				if !canRun(spec, engine) {
					continue
				}
				for _, format := range []abi.Format{abi.TextOnly, abi.Packed, abi.ExtendedHeader, abi.FemtoContainers} {
					data, err := p.Encode(format)
					if err != nil {
						t.Fatal(err)
					}
					s, err := target.Run(context.Background(), emu.Job{Engine: engine, Format: format, Image: data, Helpers: c.helpers, Context: []byte(c.context), Unsafe: true})
					if err != nil {
						t.Fatal(err)
					}
					if s.Fault.Status == abi.StatusUnsupported {
						continue
					}
					if s.Fault.Status.Name() != c.status || c.status == "ok" && s.Result != c.result {
						t.Errorf("%s: %s on %s, %s: %s, r0 %d, want %s, %d", c.name, engine, spec, format, s.Fault.Status.Name(), s.Result, c.status, c.result)
					}
				}
			}
		}
	}
}

// Stores may be given by several records, the last value of a key counts; a trace that is malformed is
// refused, one that ends early is a status the program sees (update_sound of the weather station).
func TestTraces(t *testing.T) {
	e := examples.Paper()[0]
	p, err := image.LoadObject(e.Name, e.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	job, err := p.Encode(abi.TextOnly)
	if err != nil {
		t.Fatal(err)
	}
	several, err := abi.ParseTrace("global 1 5\nglobal 2 6\nglobal 1 7")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, status string
		trace        []byte
		result       uint64
	}{
		{"nothing", "ok", nil, 0},
		{"several records", "ok", several, 7},
		{"half a record", "e-argument", several[:5], 0},
		{"an unknown kind", "e-argument", []byte{99, 0, 0, 0}, 0},
		{"half an entry", "e-argument", []byte{7, 0, 4, 0, 1, 2, 3, 4}, 0},
		{"a sensor of four values", "e-argument", []byte{2, 0, 4, 0, 130, 0, 0, 4}, 0},
	} {
		for _, spec := range []string{"host", "unicorn"} {
			s, err := open(t, spec).Run(context.Background(), emu.Job{Engine: "vm", Format: abi.TextOnly, Image: job, Trace: c.trace})
			if err != nil {
				t.Fatal(err)
			}
			if s.Fault.Status.Name() != c.status || s.Result != c.result {
				t.Errorf("%s on %s: %s, %d; want %s, %d", c.name, spec, s.Fault.Status.Name(), s.Result, c.status, c.result)
			}
		}
	}
}

// Programs that are too large for the device are refused before anything is written.
func TestTooLarge(t *testing.T) {
	target := open(t, "unicorn")
	exits := []byte(strings.Repeat("\x95\x00\x00\x00\x00\x00\x00\x00", 13000))
	for _, p := range []*image.Program{
		{Name: "text", Text: exits},
		{Name: "data", Text: exits[:8], Rodata: make([]byte, 120<<10)},
		{Name: "zeros", Text: exits[:8], BSS: 300 << 10},
	} {
		for _, format := range []abi.Format{abi.TextOnly, abi.Packed, abi.ExtendedHeader} {
			data, err := p.Encode(format)
			if errors.Is(err, image.ErrUnsupported) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := target.Run(context.Background(), emu.Job{Engine: "vm", Format: format, Image: data})
			if err != nil {
				t.Fatal(err)
			}
			if s.Fault.Status != abi.StatusMemory && !(p.Name == "text" && format != abi.Packed && s.Fault.Status == abi.OK) {
				t.Errorf("%s as %s: %v", p.Name, format, s.Fault)
			}
		}
	}
}
