// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"fmt"
	"os"
	"testing"
)

func TestUsesOf(t *testing.T) {
	for _, c := range []struct{ object, entry, want string }{
		{"everything.v3", "", "{prog [] [counter first last zero64 zeroed]}"},
		{"maps", "", "{two [counts events settings] []}"},
		{"several", "second", "{two [] []}"},
	} {
		data, err := os.ReadFile("testdata/objects/" + c.object + ".o")
		if err != nil {
			t.Fatal(err)
		}
		u, err := UsesOf(c.object, data, c.entry)
		if got := fmt.Sprint(u); err != nil || got != c.want {
			t.Errorf("%s %s: %s %v, want %s", c.object, c.entry, got, err, c.want)
		}
	}
	if _, err := UsesOf("several", nil, "third"); err == nil {
		t.Error("no object is one")
	}
}
