// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import (
	"encoding/binary"
	"strings"
	"testing"
)

// A trace is refused in one line that says where, or becomes whole records.
func FuzzParseTrace(f *testing.F) {
	f.Add("clock 1 0x100\nsensor 130 2 -1 215 -5\nsensor 1 0 0 1,2,3 # one\n")
	f.Add("input 1 2 0 1\nkeypad 1 2\nglobal 1 2 3 4\nlocal 5 6\nactuator 68 1 0 1")
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := ParseTrace(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("%q does not say where", err)
			}
			return
		}
		for len(trace) > 0 {
			if len(trace) < 4 || trace[1] != 0 || int(binary.LittleEndian.Uint16(trace[2:])) > len(trace)-4 {
				t.Fatalf("half a record: %x", trace)
			}
			trace = trace[4+binary.LittleEndian.Uint16(trace[2:]):]
		}
	})
}

// What a device may send: text and lines, or an error; stores among them can be given to a trace.
func FuzzParseOutput(f *testing.F) {
	f.Add([]byte("hello\n\x00\x07\x00\x08\x00\x01\x00\x00\x00\x02\x00\x00\x00\x05\x00\x04\x00\x00\x0d\x01\x14"))
	f.Add([]byte("\x00\x09\x00\x20\x000123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, output []byte) {
		_, state, err := ParseOutput(output)
		if err != nil {
			return
		}
		for _, line := range state {
			if strings.HasPrefix(line, "global ") || strings.HasPrefix(line, "local ") || strings.HasPrefix(line, "clock ") {
				if _, err := ParseTrace(line); err != nil {
					t.Errorf("%q: %v", line, err)
				}
			}
		}
	})
}
