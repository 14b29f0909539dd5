// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
)

func TestBurn(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte, err error) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func(name string, development bool) (private, public, id string) {
		t.Helper()
		k, err := suit.GenerateKey(development)
		if err != nil {
			t.Fatal(err)
		}
		b, err := k.PEM()
		private = file(name+".key", b, err)
		b, err = k.Public().PEM()
		return private, file(name+".pub", b, err), k.Public().ID().String()
	}
	private, good, id := key("good", false)
	_, development, _ := key("development", true)
	_, revoked, revokedID := key("revoked", false)
	o, err := oscore.GenerateOperator(false)
	if err != nil {
		t.Fatal(err)
	}
	operator := file("a.operator", o.File(), nil)
	developer := file("d.operator", oscore.DevelopmentOperator.File(), nil)
	known := suit.DevelopmentKey.Public().ID().String()

	out := filepath.Join(dir, "build", "keys.h")
	for _, c := range []struct {
		name string
		args []string
		want string // in the header, or in what is said
		ok   bool
	}{
		{"nothing", nil, "0x5b}, 1}, /* " + known, true},
		{"a key", []string{"-keys", good, "-operators", operator}, ", 0}, /* " + id, true},
		{"a key: that of the repository is revoked", []string{"-keys", good}, ", 3}, /* " + known, true},
		{"a key revoked", []string{"-keys", good, "-revoked", revoked}, ", 2}, /* " + revokedID, true},
		{"the same twice", []string{"-keys", good + " " + good}, "is there twice", false},
		{"revoked and not", []string{"-keys", good, "-revoked", good}, "revoked as well", false},
		{"a private key", []string{"-keys", private}, "is a private key: the public one is wanted", false},
		{"no such file", []string{"-keys", "nowhere.pub"}, "nowhere.pub", false},
		{"not a key", []string{"-keys", operator}, "is no key file", false},
		{"not an operator", []string{"-operators", good}, "is no operator file", false},
		{"production", []string{"-keys", good, "-operators", operator, "-production"}, "BURNED_PRODUCTION = 1", true},
		{"production: the repository's key is refused by name", []string{"-keys", good, "-operators", operator, "-production"}, ", 1}, /* " + known, true},
		{"production without a key", []string{"-operators", operator, "-production"}, "needs KEYS=", false},
		{"production without an operator", []string{"-keys", good, "-production"}, "needs OPERATORS=", false},
		{"production with a development key", []string{"-keys", development, "-operators", operator, "-production"}, "is a development key", false},
		{"production with the repository's operator", []string{"-keys", good, "-operators", developer, "-production"}, "is one for development", false},
	} {
		os.Remove(out)
		var said strings.Builder
		code := run(append([]string{"-o", out, "-boards", "netduino2"}, c.args...), &said)
		header, _ := os.ReadFile(out)
		where := string(header)
		if !c.ok {
			where = said.String()
		}
		if (code == 0) != c.ok || !strings.Contains(where, c.want) || c.ok != (len(header) > 0) {
			t.Errorf("%s: %d, %q, want %q in\n%s", c.name, code, said.String(), c.want, where)
		}
	}
}
