// SPDX-License-Identifier: GPL-2.0-or-later

package toolchains

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// TestOdd runs objects that are not what clang usually writes. Each has the right value in every format it can
// have, or is refused with a line that says what it is and what to do.
func TestOdd(t *testing.T) {
	ls := lanes(t)
	for _, c := range []struct {
		object, mem string
		want        uint64
		status      abi.Status
		refused     string
	}{
		{object: "calls.o", mem: "\x02\x01", want: 12},
		{object: "stripped-x.o", mem: "\x02\x01", want: 12}, // the static function has lost its symbol
		{object: "private.o", mem: "\x07", want: 21},        // and never had one, behind filling
		{object: "untyped.o", mem: "\x02", want: 42},        // symbols without a type or a size
		{object: "negative.o", mem: "\x11", want: 12<<8 | 1},
		{object: "weak.o", mem: "\x00", want: 77},
		{object: "weak.o", mem: "\x01", status: statusCallX},
		{object: "gcc.o", mem: "\x00\x00\x00\x00\x01\x00\x00\x00", want: 29},
		{object: "ambiguous.o", refused: "cannot tell whether LLVM or GNU as made this object, and so whether second+4 or second is meant"},
		{object: "common.o", refused: "compile with -fno-common"},
		{object: "constructor.o", refused: "section .init_array: not supported: functions that run before"},
		{object: "stripped-alone.o", mem: "\x07", want: 21}, // nothing is missed
		{object: "stripped.o", refused: "with it went which functions there are in section .text"},
		{object: "stripped-data.o", refused: "with it went what refers to section .bss"},
		{object: "big-endian.o", refused: "big-endian"},
		{object: "bitcode.o", refused: "LLVM bitcode: compile without -flto"},
		{object: "archive.o", refused: "an archive: take the object out of it with ar x"},
		{object: "arm.o", refused: "an object for ARM, not for eBPF"},
	} {
		data, err := os.ReadFile(filepath.Join("testdata/odd", c.object))
		if err != nil {
			t.Fatal(err)
		}
		p, err := image.LoadObject(c.object, data, "")
		if p == nil && err != nil && strings.HasPrefix(err.Error(), "several programs") {
			p, err = image.LoadObject(c.object, data, "prog")
		}
		if c.refused != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.object+": ") || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want it to say %q", c.object, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		jobs(t, p, func(job emu.Job) {
			job.Context = []byte(c.mem)
			for _, l := range ls {
				for _, engine := range l.engines {
					job.Engine = engine
					got, err := l.Run(t.Context(), job)
					if err != nil {
						t.Fatal(err)
					}
					if lacks(engine, got.Fault.Status) {
						continue
					}
					if got.Fault.Status != c.status || got.Fault.Status == abi.OK && got.Result != c.want {
						t.Errorf("%s: %s, %s on %s: %#x, %v; want %#x, %v", c.object, job.Format, engine, l.Info().Target,
							got.Result, got.Fault.Status, c.want, c.status)
					}
				}
			}
		})
	}
}

const statusCallX abi.Status = -85

// TestDamaged changes headers of an object: what is refused says what is wrong.
func TestDamaged(t *testing.T) {
	good, err := os.ReadFile("testdata/odd/calls.o")
	if err != nil {
		t.Fatal(err)
	}
	headers := binary.LittleEndian.Uint64(good[40:])
	text := headers + 2*64 // clang writes .strtab, .text, …
	for _, c := range []struct {
		name, want string
		change     func(b []byte)
	}{
		{"32 bits", "ELF", func(b []byte) { b[4] = 1 }},
		{"linked", "linked already (ET_EXEC)", func(b []byte) { b[16] = 2 }},
		{"relocations of nothing", "relocations of section 200, and the last one is", func(b []byte) { binary.LittleEndian.PutUint32(b[text+64+44:], 200) }},
		{"cut short", "was it cut short?", func(b []byte) { binary.LittleEndian.PutUint64(b[40:], 1<<40) }},
		{"past the end", "section .text: ", func(b []byte) { binary.LittleEndian.PutUint64(b[text+24:], 1<<20) }},
		{"too long", "section .text: ", func(b []byte) { binary.LittleEndian.PutUint64(b[text+32:], 1<<19) }},
		{"alignment", "aligned to 24, which is no power of two", func(b []byte) { binary.LittleEndian.PutUint64(b[text+48:], 24) }},
		{"great alignment", "at most 1048576 and 4096 are possible", func(b []byte) { binary.LittleEndian.PutUint64(b[text+48:], 8192) }},
	} {
		bad := append([]byte{}, good...)
		c.change(bad)
		_, err := image.LoadObject("bad.o", bad, "")
		if err == nil || !strings.HasPrefix(err.Error(), "bad.o: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want it to say %q", c.name, err, c.want)
		}
	}
}

// TestOneAnswer runs every object of the repository with contexts of three lengths: in all formats and on all
// engines it ends alike. Addresses differ between formats, and slots in objects, which devices link in their own
// order; both are not compared.
func TestOneAnswer(t *testing.T) {
	ls := lanes(t)
	var files []string
	for _, pattern := range []string{"examples/*/*.bpf.o", "benchmarks/*/*.bpf.o", "benchmarks/*/*.o", "image/testdata/objects/*.o"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 20 {
		t.Fatal("only", len(files), "objects")
	}
	programs, runs := 0, 0
	for i, file := range files {
		if !testenv.Share(i, 4) {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := image.Entries(file, data)
		if err != nil {
			continue // for another machine
		}
		for _, entry := range entries {
			p, err := image.LoadObject(file, data, entry)
			if err != nil {
				continue // refused whatever the format
			}
			programs++
			runs += sameEnd(t, ls, file+":"+entry, p)
		}
	}
	t.Logf("%d programs, %d runs", programs, runs)
	if programs < 20 {
		t.Error("too few programs")
	}
}

// sameEnd runs a program in all its formats on all engines, and compares with the first.
func sameEnd(t *testing.T, ls []lane, name string, p *image.Program) (ran int) {
	t.Helper()
	for i, n := range lengths {
		var first *emu.Outcome
		how, turn := "", 0
		jobs(t, p, func(job emu.Job) {
			if !p.Keeps(job.Format) && int(p.CtxMin) > n {
				return
			}
			job.Context, job.Budget = context(n), 1000
			for k, l := range ls {
				for _, engine := range l.engines {
					if turn++; k > 0 && !everything && turn%len(lengths) != i {
						continue
					}
					job.Engine = engine
					got, err := l.Run(t.Context(), job)
					if err != nil {
						t.Fatalf("%s: %s, %s on %s: %v", name, job.Format, engine, l.Info().Target, err)
					}
					if lacks(engine, got.Fault.Status) {
						continue
					}
					ran++
					where := job.Format.String() + ", " + engine + " on " + l.Info().Target
					switch {
					case first == nil:
						first, how = &got, where
					case got.Fault.Status != first.Fault.Status:
						t.Errorf("%s, %d bytes: %s ends with %v, %s with %v", name, n, how, first.Fault, where, got.Fault)
					case got.Fault.Status == abi.OK && (got.Result != first.Result || string(got.Context) != string(first.Context)):
						t.Errorf("%s, %d bytes: %s says %#x, %s %#x", name, n, how, first.Result, where, got.Result)
					case got.Fault.Status == abi.OK && string(got.Output) != string(first.Output):
						t.Errorf("%s, %d bytes: %s prints %q, %s %q", name, n, how, first.Output, where, got.Output)
					}
				}
			}
		})
	}
	return ran
}
