// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"slices"
	"strings"
	"testing"
)

func TestParseSizes(t *testing.T) {
	for _, c := range []struct {
		text string
		want []int
		err  string
	}{
		{text: "80", want: []int{80}},
		{text: "0", want: []int{0}},
		{text: "0..0", want: []int{0}},
		{text: "80,160, 40", want: []int{80, 160, 40}},
		{text: "80..2560", want: []int{80, 160, 320, 640, 1280, 2560}},
		{text: "80..2559", want: []int{80, 160, 320, 640, 1280}},
		{text: "80..80", want: []int{80}},
		{text: "0..32:+8", want: []int{0, 8, 16, 24, 32}},
		{text: "1..10:+4", want: []int{1, 5, 9}},
		{text: "80..320,0..80:+40,320", want: []int{80, 160, 320, 0, 40}},
		{text: "", err: "not a number"},
		{text: "80,", err: "not a number"},
		{text: "-1", err: "not a number"},
		{text: "80..", err: "not a number"},
		{text: "..80", err: "not a number"},
		{text: "80...90", err: "not a number"},
		{text: "1e3", err: "not a number"},
		{text: "99999999999", err: "not a number"},
		{text: "160..80", err: "smaller size first"},
		{text: "0..80", err: "cannot be doubled"},
		{text: "0..80:8", err: "not a step"},
		{text: "0..80:+", err: "not a number"},
		{text: "0..80:+0", err: "never ends"},
		{text: "0..4294967295:+1", err: "more than"},
	} {
		got, err := ParseSizes(c.text)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v, want %q", c.text, err, c.err)
			}
		case err != nil:
			t.Errorf("%q: %v", c.text, err)
		case !slices.Equal(got, c.want):
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
}

func FuzzParseSizes(f *testing.F) {
	for _, s := range []string{"80", "80..2560", "0..64:+8,640", "1..4294967295", "0..0:+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sizes, err := ParseSizes(text)
		if err == nil && (len(sizes) == 0 || len(sizes) > maxSizes) {
			t.Errorf("%q: %d sizes", text, len(sizes))
		}
		for _, s := range sizes {
			if s < 0 || s > 1<<32-1 {
				t.Errorf("%q: size %d", text, s)
			}
		}
	})
}
