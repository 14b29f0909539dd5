// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/image"
)

var update = flag.Bool("update", false, "write the inputs that fuzzing begins with")

// TestKeptImages loads and runs, under ASan and UBSan, what fuzzing kept (make library-fuzz). It is part of make sanitize.
func TestKeptImages(t *testing.T) {
	if *update {
		writeSeeds(t)
	}
	if os.Getenv("UBENCH_SANITIZE") == "" {
		t.Skip("compiles the library with sanitizers: set UBENCH_SANITIZE=1")
	}
	inputs, err := filepath.Glob("fuzz/corpus/*")
	if err != nil || len(inputs) < 50 {
		t.Fatalf("%d inputs: %v", len(inputs), err)
	}
	program := filepath.Join(t.TempDir(), "replay")
	args := append([]string{"-g", "-O1", "-std=gnu99", "-DREPLAY", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-I..",
		"-o", program, "fuzz/fuzz.c"}, sources(t, "ubpf", "image", "maps", "verify", "vm")...)
	run(t, "cc", args...)
	if out, err := exec.Command(program, inputs...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out[max(0, len(out)-4000):])
	}
}

// writeSeeds writes the fixtures of package image in every format, on both engines, with enough memory.
func writeSeeds(t *testing.T) {
	objects, err := filepath.Glob("../image/testdata/objects/*.o")
	if err != nil || len(objects) == 0 {
		t.Fatal("no objects: ", err)
	}
	for n, file := range objects {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := image.Entries(file, data)
		if err != nil {
			continue
		}
		p, err := image.LoadObject(file, data, entries[0])
		if err != nil {
			continue
		}
		for _, format := range p.Formats() {
			encoded, err := p.Encode(format)
			if err != nil || len(encoded) > 4<<10 {
				continue
			}
			name := fmt.Sprintf("fuzz/corpus/seed-%s-%s", strings.TrimSuffix(filepath.Base(file), ".o"), format)
			head := []byte{byte(format), byte(n&1) | 2, 0x00, 0x20, 64, 0, byte(p.EntryIndex(format)), 100}
			if err := os.WriteFile(name, append(head, encoded...), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
