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
	} {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"measure"}, c.args...), nil, &stdout, &stderr)
		if (status != c.status && c.status != 1) || status == 0 || !strings.Contains(stderr.String(), c.text) {
			t.Errorf("measure %v: status %d, %q; want %d and %q", c.args, status, stderr.String(), c.status, c.text)
		}
	}
}
