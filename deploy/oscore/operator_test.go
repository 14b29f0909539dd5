// SPDX-License-Identifier: GPL-2.0-or-later

package oscore

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ubench-dev/ubench/deploy/coap"
)

func TestOperatorFiles(t *testing.T) {
	o, err := GenerateOperator(false)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.operator")
	if err := os.WriteFile(path, o.File(), 0o600); err != nil {
		t.Fatal(err)
	}
	back, err := ReadOperator(path)
	if err != nil || !bytes.Equal(back.Secret, o.Secret) || back.Development || !bytes.Equal(back.ID(), o.ID()) {
		t.Errorf("read %+v, %v", back, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadOperator(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others may read: %v", err)
	}
	for _, c := range []struct{ file, want string }{
		{"", "no operator file"}, {"{}", "no secret"}, {`{"oscore_secret":"00"}`, "no secret"}, {`{"secret":1}`, "no operator file"},
	} {
		if _, err := ParseOperator([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
	known, err := ParseOperator([]byte(`{"oscore_secret":"7562656e636820646576656c6f706572"}`))
	if err != nil || !known.Development {
		t.Errorf("the secret of this repository, with its mark taken away: %+v, %v", known, err)
	}
}

// Whoever takes numbers, and however many at once: none twice.
func TestNumbersAreUsedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sequence")
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			c, err := DevelopmentOperator.Context([]byte("device"), path)
			if err != nil {
				t.Error(err)
				return
			}
			for range reserved + 10 {
				m, _, err := c.Protect(&coap.Message{Code: coap.GET})
				if err != nil {
					t.Error(err)
					return
				}
				o, _ := m.Option(coap.OSCORE)
				mu.Lock()
				if seen[string(o)] {
					t.Errorf("%x is used twice", o)
				}
				seen[string(o)] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := os.WriteFile(path, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := DevelopmentOperator.Context(nil, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Protect(&coap.Message{Code: coap.GET}); err == nil {
		t.Error("a file that holds no number is believed")
	}
}
