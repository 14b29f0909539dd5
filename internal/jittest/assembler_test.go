// SPDX-License-Identifier: GPL-2.0-or-later

package jittest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// update rewrites what is kept under testdata: go test ./internal/jittest -run 'Encodings|Listings' -update
var update = flag.Bool("update", false, "rewrite testdata: encodings as the assembler says, listings as the compiler says")

// encodings are halfwords by the assembler's text; nil: the assembler refuses the text.
type encodings map[string][]uint16

const noInstruction = "-"

func readEncodings(t *testing.T, file string) encodings {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := encodings{}
	for line := range strings.Lines(string(data)) {
		text, code, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !ok {
			t.Fatalf("%s: %q", file, line)
		}
		known[text] = nil
		for half := range strings.FieldsSeq(code) {
			if half == noInstruction {
				break
			}
			v, err := strconv.ParseUint(half, 16, 16)
			if err != nil {
				t.Fatalf("%s: %q: %v", file, line, err)
			}
			known[text] = append(known[text], uint16(v))
		}
	}
	return known
}

func writeEncodings(t *testing.T, file string, texts []string, known encodings) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Halfwords arm-none-eabi-as makes of each text for a Cortex-M3; - if there is no such instruction.\n")
	for _, text := range texts {
		code := noInstruction
		if known[text] != nil {
			code = strings.Trim(fmt.Sprintf("%04x", known[text]), "[]")
		}
		fmt.Fprintf(&b, "%s\t%s\n", text, code)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// refusal finds the line of what the assembler does not take.
var refusal = regexp.MustCompile(`(?m)^\S+:(\d+): Error:`)

// assemble asks the assembler. It must be there.
func assemble(t *testing.T, texts []string) encodings {
	t.Helper()
	source := filepath.Join(t.TempDir(), "all.s")
	object := source + ".o"
	refused := map[int]bool{}
	for range 2 { // without what was refused the first time
		var b bytes.Buffer
		b.WriteString(".syntax unified; .thumb\n")
		for i, text := range texts {
			if refused[i] {
				text = ""
			}
			fmt.Fprintf(&b, "L%d: %s\n", i, text)
		}
		fmt.Fprintf(&b, "L%d:\n", len(texts))
		if err := os.WriteFile(source, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd := exec.Command("arm-none-eabi-as", "-mcpu=cortex-m3", "-o", object, source)
		cmd.Stderr = &stderr
		if err := cmd.Run(); err == nil {
			return labelled(t, object, len(texts), refused)
		} else if stderr.Len() == 0 || len(refused) > 0 {
			t.Fatalf("arm-none-eabi-as: %v\n%s", err, stderr.Bytes())
		}
		for _, m := range refusal.FindAllStringSubmatch(stderr.String(), -1) {
			line, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			refused[line-2] = true
		}
	}
	t.Fatal("arm-none-eabi-as refuses everything")
	return nil
}

// labelled cuts the object's code at its labels L0 to Ln.
func labelled(t *testing.T, object string, n int, refused map[int]bool) encodings {
	t.Helper()
	f, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	code, err := f.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	at := make([]uint64, n+1)
	for _, s := range symbols {
		if i, err := strconv.Atoi(strings.TrimPrefix(s.Name, "L")); err == nil && i <= n {
			at[i] = s.Value &^ 1
		}
	}
	lines, err := os.ReadFile(strings.TrimSuffix(object, ".o"))
	if err != nil {
		t.Fatal(err)
	}
	known := encodings{}
	for i, line := range strings.Split(string(lines), "\n")[1 : n+1] {
		_, text, _ := strings.Cut(line, ": ")
		if refused[i] {
			continue
		}
		known[text] = []uint16{}
		for b := code[at[i]:at[i+1]]; len(b) > 0; b = b[2:] {
			known[text] = append(known[text], binary.LittleEndian.Uint16(b))
		}
	}
	return known
}
