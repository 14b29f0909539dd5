// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/image"
)

// maxProgramFile bounds what is read as a program: objects with debug information are large.
const maxProgramFile = 64 << 20

// readProgram reads a program from a file, "-" being stdin. What it is shows in its bytes: an ELF
// object, hex text (instructions as hex digits, with spaces and # comments) or raw instructions.
// entry names the function to start at in an object, "" for the only one there is.
func readProgram(stdin io.Reader, file, entry string) (*image.Program, error) {
	data, err := readAll(stdin, file, maxProgramFile)
	if err != nil {
		return nil, err
	}
	return programOf(fileName(file), data, entry)
}

// fileName is what messages call a file.
func fileName(file string) string {
	if file == "-" {
		return "stdin"
	}
	return filepath.Base(file)
}

// programOf reads a program from the bytes of a file.
func programOf(name string, data []byte, entry string) (*image.Program, error) {
	if bytes.HasPrefix(data, []byte("\x7fELF")) {
		return image.LoadObject(name, data, entry)
	}
	if f, ok := image.Detect(data); ok {
		return nil, fmt.Errorf("%s is an image of format %s, which ubench exec and ubench inspect take: name the object it was made from", name, f)
	}
	if what := image.Foreign(data); what != "" {
		return nil, fmt.Errorf("%s: %s", name, what)
	}
	if entry != "" {
		return nil, usagef("--entry %s: %s is no object, and bare instructions start at the first", entry, name)
	}
	var err error
	if text, ok := hexText(data); ok {
		if data, err = parseHex(text); err != nil {
			if filepath.Ext(name) == ".c" {
				return nil, fmt.Errorf("%s is a source: compile it first, with ubench build", name)
			}
			return nil, fmt.Errorf("%s is no object, no image and no hex text: %w", name, err)
		}
	} else if len(data)%8 != 0 {
		return nil, fmt.Errorf("%s is no object and no image, or a damaged one, and as raw eBPF its %d bytes are not a whole number of 8-byte instructions", name, len(data))
	}
	return image.FromText(name, data)
}

// readAll reads a file, or stdin for "-", of at most limit bytes.
func readAll(stdin io.Reader, file string, limit int64) ([]byte, error) {
	r := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	} else if stdin == nil {
		return nil, usagef("- (standard input) cannot be used here: name a file")
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: more than %d bytes", file, limit)
	}
	return data, nil
}

// hexText tells text from raw instructions, which always have a byte above 0x7f (exit is 0x95), and
// removes comments from it.
func hexText(data []byte) (string, bool) {
	for _, b := range data {
		if b > 0x7e || b < ' ' && b != '\n' && b != '\r' && b != '\t' {
			return "", false
		}
	}
	var text strings.Builder
	for line := range strings.Lines(string(data)) {
		code, _, _ := strings.Cut(line, "#")
		text.WriteString(code + "\n")
	}
	return text.String(), true
}

// parseHex reads hex digits; white space is free, and 0x may come before a number.
func parseHex(text string) ([]byte, error) {
	var out []byte
	for n, line := range strings.Split(text, "\n") {
		for field := range strings.FieldsSeq(line) {
			digits := strings.TrimPrefix(strings.TrimPrefix(field, "0x"), "0X")
			b, err := hex.DecodeString(digits)
			if err != nil {
				return nil, fmt.Errorf("line %d: %q is not a string of hex bytes", n+1, clip(field))
			}
			out = append(out, b...)
		}
	}
	return out, nil
}

// clip shortens text for messages.
func clip(s string) string {
	if len(s) > 40 {
		return s[:37] + "…"
	}
	return s
}

// parseMemory reads --mem: hex digits, or @FILE for the bytes of a file.
func parseMemory(text string) ([]byte, error) {
	if file, ok := strings.CutPrefix(text, "@"); ok {
		return readAll(nil, file, maxProgramFile)
	}
	b, err := parseHex(text)
	if err != nil {
		return nil, usagef("--mem %q is neither hex bytes nor @FILE", clip(text))
	}
	return b, nil
}

// parseHelpers reads --helpers: ids or names, ascending; "none" allows none, "all" (nil) allows all.
func parseHelpers(text string) ([]uint16, error) {
	switch text {
	case "all":
		return nil, nil
	case "none":
		return []uint16{}, nil
	}
	names, err := parseList("helpers", text)
	if err != nil {
		return nil, err
	}
	allowed := map[uint16]bool{}
	for _, name := range names {
		id, err := helperID(name)
		if err != nil {
			return nil, err
		}
		allowed[id] = true
	}
	var ids []uint16
	for _, h := range abi.Helpers() {
		if allowed[h.ID] {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}

func helperID(name string) (uint16, error) {
	n, err := strconv.ParseUint(name, 0, 16)
	var names []string
	for _, h := range abi.Helpers() {
		if err == nil && h.ID == uint16(n) || h.Name == strings.TrimPrefix(name, "bpf_") {
			return h.ID, nil
		}
		names = append(names, h.Name)
	}
	if err == nil {
		return 0, usagef("there is no helper %s: see ubench list", name)
	}
	return 0, unknown("helper", name, names)
}

// baseOf is a file's name without what says that it is a program.
func baseOf(file string) string {
	return strings.TrimSuffix(strings.TrimSuffix(file, filepath.Ext(file)), ".bpf")
}

// slots says how long a program is.
func slots(p *image.Program) string {
	if p.Slots() == 1 {
		return "1 slot"
	}
	return fmt.Sprintf("%d slots", p.Slots())
}
