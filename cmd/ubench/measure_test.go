// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/cycles/meter"
)

// rawImage writes halfwords of code to a file.
func rawImage(t *testing.T, code ...uint16) string {
	t.Helper()
	var data []byte
	for _, h := range code {
		data = binary.LittleEndian.AppendUint16(data, h)
	}
	file := filepath.Join(t.TempDir(), "code.bin")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func measureJSON(t *testing.T, args ...string) measurement {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(append([]string{"measure", "--json"}, args...), nil, &stdout, &stderr); status != 0 {
		t.Fatalf("measure %v: status %d, %s", args, status, stderr.String())
	}
	var m measurement
	if err := json.Unmarshal(stdout.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMeasureCall(t *testing.T) {
	// loop: subs r0, #1; bne loop; bx lr
	file := rawImage(t, 0x3801, 0xd1fd, 0x4770)
	m := measureJSON(t, file, "--base", "0x08000000", "--entry", "0x08000000", "--args", "1000")
	if m.Instructions != 2001 || m.Cycles < 2998 || m.Cycles > 3004 || m.End != "returned" {
		t.Errorf("%d instructions, %d cycles, %s; want 2001, about 3000, returned", m.Instructions, m.Cycles, m.End)
	}
	if m.CyclesLabel != meter.Label {
		t.Errorf("label %q", m.CyclesLabel)
	}
}

func TestMeasureReadings(t *testing.T) {
	// ldr r1, =0xe0001004; ldr r2, [r1]; three adds; ldr r3, [r1]; bkpt
	file := rawImage(t, 0x4903, 0x680a, 0x3001, 0x3001, 0x3001, 0x680b, 0xbe00, 0xbf00, 0x1004, 0xe000)
	m := measureJSON(t, file, "--base", "0x08000000")
	if len(m.Readings) != 2 || len(m.Differences) != 1 || m.Differences[0] != 5 {
		t.Errorf("readings %d, differences %d; want one of 5 cycles: a load and three adds", m.Readings, m.Differences)
	}
}

// TestMeasureSelfModifying replaces an instruction of a loop that was measured before by a slower one. The
// code is in RAM on the code bus: in SRAM its fetches would hide the difference.
func TestMeasureSelfModifying(t *testing.T) {
	file := rawImage(t,
		0xb510,         // push {r4, lr}
		0x4614,         // mov r4, r2
		0xf000, 0xf805, // bl loop
		0x8008,         // strh r0, [r1]
		0x4622,         // mov r2, r4
		0xf000, 0xf801, // bl loop
		0xbd10, // pop {r4, pc}
		0x3301, // loop: adds r3, #1
		0x3a01, // subs r2, #1
		0xd1fc, // bne loop
		0x4770) // bx lr
	with := func(insn string) measurement {
		return measureJSON(t, file, "--base", "0x18001000", "--entry", "0x18001000", "--args", insn+",0x18001012,100")
	}
	same, slower := with("0x3301"), with("0xb662") // cpsie i takes 2
	if same.Instructions != slower.Instructions || slower.Cycles < same.Cycles+90 || slower.Cycles > same.Cycles+110 {
		t.Errorf("%d cycles unchanged, %d with a slower instruction in 100 of 200 rounds", same.Cycles, slower.Cycles)
	}
}

func TestMeasureFloat(t *testing.T) {
	// enable the FPU: ldr r0, =0xe000ed88; mov r1, #0xf00000; str; vadd.f32 s0, s0, s0; bkpt
	file := rawImage(t, 0x4803, 0xf44f, 0x0170, 0x6001, 0xee30, 0x0a00, 0xbe00, 0xbf00, 0xed88, 0xe000)
	if m := measureJSON(t, file, "--base", "0x08000000"); !m.Float {
		t.Error("floating point was not noticed")
	}
}

func TestMeasureBadInput(t *testing.T) {
	loop := rawImage(t, 0x3001, 0xe7fd) // adds r0, #1; b .-2
	fault := rawImage(t, 0xde00)
	for _, c := range []struct {
		args   []string
		status int
		text   string
	}{
		{[]string{}, 2, "name one program"},
		{[]string{"no such file"}, 1, "no such file"},
		{[]string{loop}, 2, "--base"},
		{[]string{loop, "--base", "x"}, 2, "neither a symbol nor an address"},
		{[]string{loop, "--base", "0x08000000", "--limit", "1000"}, 1, "was not reached within 1000"},
		{[]string{loop, "--base", "0x08000000", "--entry", "nowhere"}, 2, "neither a symbol nor an address"},
		{[]string{loop, "--base", "0x08000000", "--entry", "0x60000000"}, 1, "no code at the entry point"},
		{[]string{loop, "--base", "0x08000000", "--core", "cortex-m7"}, 1, "cortex-m7"},
		{[]string{loop, "--base", "0x08000000", "--map", "5"}, 2, "ADDR:SIZE"},
		{[]string{loop, "--base", "0x08000000", "--args", "1"}, 2, "--args needs --entry"},
		{[]string{fault, "--base", "0x08000000"}, 1, "undefined instruction"},
		{[]string{fault, "--base", "0x08000000", "--dump", "0x20000000"}, 2, "ADDR:LEN"},
		{[]string{fault, "--base", "0x08000000", "--dump", "0x70000000:4"}, 2, "there is no memory at 0x70000000"},
		{[]string{fault, "--base", "0x08000000", "--map", "0x40000000:1024"}, 2, "there are registers (timer)"},
		{[]string{fault, "--base", "0x08000000", "--no-cycles", "--listing"}, 2, "--listing"},
		{[]string{fault, "--base", "0x08000000", "--no-cycles", "--flash-speed"}, 2, "--flash-speed"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"measure"}, c.args...), nil, &stdout, &stderr)
		if (status != c.status && c.status != 1) || status == 0 || !strings.Contains(stderr.String(), c.text) {
			t.Errorf("measure %v: status %d, %q; want %d and %q", c.args, status, stderr.String(), c.status, c.text)
		}
	}
}

// --map without a value prints, --dump reads at the end, --no-cycles leaves out what it does not count.
func TestMeasureMemory(t *testing.T) {
	// ldr r1, =0x20000100; movs r2, #0x41; str r2, [r1]; bkpt
	file := rawImage(t, 0x4901, 0x2241, 0x600a, 0xbe00, 0x0100, 0x2000)
	out := filepath.Join(t.TempDir(), "memory.bin")
	for _, args := range [][]string{
		{"--map", file},
		{file, "--map"},
		{"--map", "--no-cycles", file},
		{"--map=", file, "--map", "0x60000000:1024"},
	} {
		var stdout, stderr bytes.Buffer
		args = append(append([]string{"measure", "--base", "0x08000000"}, args...), "--dump", "0x20000100:20", "--dump", "0x20000100:2:"+out)
		if status := run(args, nil, &stdout, &stderr); status != 0 {
			t.Fatalf("%v: %d, %s", args, status, stderr.String())
		}
		for _, want := range []string{"flash\n  0x08000000-0x0800000b         12          image\n", "starts from the first byte, at 0x08000000",
			"memory at 0x20000100, 20 bytes:\n20000100  41 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  A...............\n20000110  00 00 00 00 ",
			"memory at 0x20000100: 2 bytes are in " + out} {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%v printed\n%s; want %q", args, stdout.String(), want)
			}
		}
		if data, err := os.ReadFile(out); err != nil || string(data) != "A\x00" {
			t.Errorf("% x, %v", data, err)
		}
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"measure", "--base", "0x08000000", "--json", "--no-cycles", "--dump", "0x20000100:2", "--map", file}, nil, &stdout, &stderr); status != 0 {
		t.Fatal(stderr.String())
	}
	var m map[string]any
	if err := json.Unmarshal(stdout.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"cycles", "cycles_label", "classes", "stack_bytes"} {
		if _, ok := m[absent]; ok {
			t.Errorf("%s is there with --no-cycles", absent)
		}
	}
	if dump := m["memory"].([]any)[0].(map[string]any); dump["hex"] != "4100" || m["map"].(map[string]any)["regions"] == nil {
		t.Errorf("%v", m)
	}
}
