// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// entries is a store of n keys.
func entries(store string, n int) string {
	text := ""
	for key := range n {
		text += fmt.Sprintln(store, key, 1)
	}
	return text
}

func TestParseTrace(t *testing.T) {
	for _, c := range []struct{ text, want, err string }{
		{"", "", ""},
		{"# nothing\n\n", "", ""},
		{"clock 1 0x100", "0100080001000000" + "00010000", ""},
		{"sensor 130 2 -1 215 -5", "02000800" + "8202ff01" + "d700fbff", ""},
		{"sensor 1 0 0 1,2,3 # one reading", "02000a00" + "01000003" + "010002000300", ""},
		{"sensor 130 2 -1", "02000400" + "8202ff01", ""},
		{"input 1 2 0 1 1", "04000500" + "0102000101", ""},
		{"global 1 2 3 4", "07001000" + "01000000020000000300000004000000", ""},
		{"keypad", "06000000", ""},
		{"global 1", "", "line 1: global: a key has no value"},
		{"\nclock 1", "", "line 2: clock: 1 values, want 2 to 2"},
		{"input 1 256", "", `line 1: input: "256" is not a number of 1 bytes`},
		{"sensor 1 2 3 1,2 1", "", `line 1: sensor: reading "1" has 1 values, the first one has 2`},
		{"sensor 1 2 3 1,2,3,4", "", "line 1: sensor: 4 values, want 1 to 3"},
		{strings.Repeat("keypad 1\n", 17), "", "line 17: more than 16 sensors, actuators, inputs and keypads"},
		{entries("global", 33), "", "line 33: more than 32 keys in the shared store"},
		{entries("local", 17), "", "line 17: more than 16 keys in the program's store"},
		{"lamp 1", "", `line 1: "lamp" is nothing a trace can hold`},
		{"lcd a b", "", `line 1: "lcd" is nothing a trace can hold`},
	} {
		got, err := ParseTrace(c.text)
		if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%q: error %v, want %q", c.text, err, c.err)
		}
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%q: %x, want %s", c.text, got, c.want)
		}
	}
}

func TestParseOutput(t *testing.T) {
	output := append([]byte("hello\n\x00"),
		7, 0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0,
		5, 0, 4, 0, 0, 13, 1, 20,
		3, 0, 8, 0, 68, 1, 1, 0, 0xff, 0xff, 0, 0)
	text, state, err := ParseOutput(output)
	if err != nil || text != "hello\n" {
		t.Errorf("text %q, error %v", text, err)
	}
	if want := []string{"global 1 2", "output 0 13 1 20", "actuator 68 1 1 -1 0"}; !slices.Equal(state, want) {
		t.Errorf("state %q, want %q", state, want)
	}
	for n := len("hello\n\x00") + 1; n < len(output); n++ {
		if n == 7+12 || n == 7+12+8 {
			continue // a whole number of records
		}
		if _, _, err := ParseOutput(output[:n]); err == nil {
			t.Errorf("%d of %d bytes: no error", n, len(output))
		}
	}
}
