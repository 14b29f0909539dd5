// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
)

func disassemble(t *testing.T, args ...string) (d disassembly) {
	t.Helper()
	text := output(t, append([]string{"disasm", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDisasmIsTheDevicesCode: put together again, a listing is what the compiler makes on the device, in order. Code of programs
// with maps has addresses of their values in it.
func TestDisasmIsTheDevicesCode(t *testing.T) {
	programs := benchmarks.All()
	files := map[string]string{}
	for _, name := range []string{"readings", "packet_counter", "rate_limiter"} {
		files[name] = "../../examples/maps/" + name + ".bpf.o"
		object, err := os.ReadFile(files[name])
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, benchmarks.Benchmark{Name: name, Object: object})
	}
	for _, core := range []unicorn.Core{unicorn.CortexM3, unicorn.CortexM4} {
		target, err := unicorn.Open(t.Context(), unicorn.Options{Core: core})
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		for _, b := range programs {
			entry := b.Name
			if files[b.Name] != "" {
				entry = ""
			}
			program, err := image.LoadObject(b.Name, b.Object, entry)
			if err != nil {
				t.Fatal(err)
			}
			job, err := programJob(emu.Job{Engine: "jit"}, program)
			if err != nil {
				t.Fatal(err)
			}
			job.LoadOnly, job.WantCode = true, true
			sample, err := target.Run(t.Context(), job)
			if err != nil || sample.Fault.Status != abi.OK {
				t.Fatalf("%s: %v, %v", b.Name, err, sample.Fault)
			}
			var all []machineInsn
			slot, last := -1, -1
			for _, row := range disassemble(t, cmp.Or(files[b.Name], b.Name), "--core", string(core)).Instructions {
				if row.Slot <= slot {
					t.Errorf("%s: instruction %d behind %d", b.Name, row.Slot, slot)
				}
				slot = row.Slot
				for _, m := range slices.Concat(row.Entry, row.Code) {
					if int(m.Offset) <= last {
						t.Errorf("%s: %#x: %s behind %#x", b.Name, m.Offset, m.Text, last)
					}
					last = int(m.Offset)
				}
				if len(row.Code) > 0 && len(row.Fast) > 0 && row.Code[0].Offset < row.Fast[0].Offset {
					t.Errorf("%s: instruction %d has its form without checks behind the one with", b.Name, row.Slot)
				}
				all = slices.Concat(all, row.Entry, row.Test, row.Fast, row.Code)
			}
			var code []byte
			slices.SortFunc(all, func(a, b machineInsn) int { return cmp.Compare(a.Offset, b.Offset) })
			for _, m := range all {
				if int(m.Offset) != len(code) || strings.HasPrefix(m.Text, ".inst") {
					t.Errorf("%s: %#x: %s at %#x", b.Name, m.Offset, m.Text, len(code))
				}
				code = append(code, bytesOf(t, m)...)
			}
			if !bytes.Equal(code, sample.Code) {
				t.Errorf("%s: the listing on %s is not the code on the device", b.Name, core)
			}
		}
	}
}

// bytesOf are the bytes in memory.
func bytesOf(t *testing.T, m machineInsn) (out []byte) {
	t.Helper()
	for half := range strings.FieldsSeq(m.Bytes) {
		b, err := hex.DecodeString(half)
		if err != nil || len(b) != 2 {
			t.Fatalf("%#x: bytes %q", m.Offset, m.Bytes)
		}
		out = append(out, b[1], b[0])
	}
	return out
}

func TestDisasmText(t *testing.T) {
	divides := filepath.Join(t.TempDir(), "divides.hex")
	const hex = `7913000000000000 # r3 = *(u64 *)(r1 +0)
		7914080000000000 # r4 = *(u64 *)(r1 +8)
		3f43000000000000 # r3 /= r4
		7930000000000000 # r0 = *(u64 *)(r3 +0)
		9500000000000000`
	if err := os.WriteFile(divides, []byte(hex), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"fletcher16"}, []string{"fletcher16:\n", "; fletcher16.c:18: sum1 = ", "(entry)", "ldrb", "  ; e-budget at slot 23\n"}},
		{[]string{"fib"}, []string{"\nfib_of:\n", "        (entry)", "push {r2, r4, lr}\n", "  ; e-depth at slot 8\n", "call function at 15"}},
		{[]string{"sensor"}, []string{"  ; helper\n", ".hword "}},
		{[]string{divides}, []string{"\nmain:\n", "  ; divide\n", ".hword 0\n", "  ; check\n", "  ; of instruction 3\n"}},
	} {
		text := output(t, append([]string{"disasm"}, c.args...)...)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("disasm %v lacks %q:\n%s", c.args, want, text)
			}
		}
	}
	unchecked := output(t, "disasm", divides, "--engine", "jit-unchecked")
	if strings.Contains(unchecked, "; check") || !strings.Contains(unchecked, "; divide") {
		t.Errorf("checks in jit-unchecked:\n%s", unchecked)
	}
}

// TestDisasmImages: a program is the same in every format it can have, its lines and names apart.
func TestDisasmImages(t *testing.T) {
	fletcher16, _ := benchmarks.Lookup("fletcher16")
	program, err := image.LoadObject("fletcher16", fletcher16.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	want := disassemble(t, "fletcher16")
	for _, f := range program.Formats() {
		data, err := program.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		got := disassemble(t, file)
		if got.CodeBytes != want.CodeBytes || len(got.Instructions) != len(want.Instructions) {
			t.Fatalf("%s: %d instructions, %d bytes; want %d, %d", f, len(got.Instructions), got.CodeBytes, len(want.Instructions), want.CodeBytes)
		}
		for i, row := range got.Instructions {
			if row.Text != want.Instructions[i].Text || !slices.Equal(row.Code, want.Instructions[i].Code) {
				t.Errorf("%s: instruction %d: %+v", f, row.Slot, row)
			}
		}
	}
}
