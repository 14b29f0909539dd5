// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
)

func TestKeygen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "weather")
	call := func(args ...string) (int, string, string) {
		var stdout, stderr strings.Builder
		return run(append([]string{"keygen"}, args...), strings.NewReader(""), &stdout, &stderr), stdout.String(), stderr.String()
	}
	code, out, errs := call(name, "--json", "--development")
	var g generated
	if err := json.Unmarshal([]byte(out), &g); code != 0 || err != nil {
		t.Fatalf("%d, %s%s", code, out, errs)
	}
	key, err := suit.ReadSigningKey(g.Key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := suit.ReadPublicKey(g.Public)
	if err != nil || public != key.Public() || public.ID().String() != g.KeyID || !public.Development {
		t.Errorf("the public key is %+v, %v; the private one has %+v", public, err, key.Public())
	}
	if o, err := oscore.ReadOperator(g.Operator); err != nil || !o.Development {
		t.Errorf("the operator is %+v, %v", o, err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{name}, exitFailure, "weather.key is there already"},
		{nil, exitUsage, "ubench keygen NAME"},
		{[]string{"a", "b"}, exitUsage, "ubench keygen NAME"},
		{[]string{filepath.Join(name, "nowhere")}, exitFailure, "nowhere.key"},
	} {
		if code, _, errs := call(c.args...); code != c.code || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("keygen %v: %d, %q", c.args, code, errs)
		}
	}
	// Where the last file cannot be written the others are not left behind.
	other := filepath.Join(filepath.Dir(name), "other")
	if err := os.WriteFile(other+".operator", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := call(other); code != exitFailure || !strings.Contains(errs, "other.operator is there already") {
		t.Errorf("%d, %q", code, errs)
	}
	for _, suffix := range []string{".key", ".pub"} {
		if _, err := os.Stat(other + suffix); err == nil {
			t.Errorf("other%s was left behind", suffix)
		}
	}
}
