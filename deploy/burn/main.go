// SPDX-License-Identifier: GPL-2.0-or-later

// Command burn writes the header that firmware of devices is built with: whose manifests it takes, who may tell it what to
// do, and which vendor and classes it is of. `make device` runs it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// asked is what the firmware is to believe: files, by blanks.
type asked struct {
	keys, revoked, operators string
	production               bool
	boards                   string
}

func run(args []string, stderr io.Writer) int {
	var a asked
	f := flag.NewFlagSet("burn", flag.ContinueOnError)
	f.SetOutput(stderr)
	out := f.String("o", "", "header to write; left alone if it would be the same")
	f.StringVar(&a.keys, "keys", "", "public keys whose manifests are taken")
	f.StringVar(&a.revoked, "revoked", "", "public keys whose manifests are refused by name")
	f.StringVar(&a.operators, "operators", "", "operators whose requests are answered")
	f.BoolVar(&a.production, "production", false, "no development keys, no development operators")
	f.StringVar(&a.boards, "boards", "", "boards")
	if err := f.Parse(args); err != nil || *out == "" || f.NArg() > 0 {
		f.Usage()
		return 2
	}
	header, err := a.header()
	if err == nil {
		err = write(*out, header)
	}
	if err != nil {
		fmt.Fprintf(stderr, "make device: %v\n", err)
		return 1
	}
	return 0
}

func write(path string, header []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, header) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, header, 0o600) // it holds secrets
}

// mostKeys is what the bits of revoked keys have room for; mostOperators is BOARD_OPERATORS.
const mostKeys, mostOperators = 32, 4

func (a *asked) header() ([]byte, error) {
	keys, err := a.publicKeys()
	if err != nil {
		return nil, err
	}
	operators, err := a.readOperators()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "/* SPDX-License-Identifier: BSD-2-Clause */\n/* Written by deploy/burn: make device KEYS= REVOKED= OPERATORS= PRODUCTION=. It holds secrets. */\n")
	fmt.Fprintf(&b, "enum { BURNED_PRODUCTION = %d };\n", map[bool]int{true: 1}[a.production])
	fmt.Fprintf(&b, "static const uint8_t burned_vendor[] = {%s};\n", list(suit.Vendor[:]))
	fmt.Fprintf(&b, "static const struct trust_key burned_keys[] = {\n")
	for _, k := range keys {
		id := k.ID()
		flags := 0
		if k.Development {
			flags |= 1
		}
		if k.revoked {
			flags |= 2
		}
		fmt.Fprintf(&b, "\t{{%s}, {%s, %s}, %d}, /* %v */\n", list(id[:]), list(k.X[:]), list(k.Y[:]), flags, id)
	}
	fmt.Fprintf(&b, "};\nstatic const struct burned_operator burned_operators[] = {\n")
	for _, o := range operators {
		fmt.Fprintf(&b, "\t{{%d, {%s}}, {%s}},\n", len(o.ID()), list(o.ID()), list(o.Secret))
	}
	fmt.Fprintf(&b, "};\nstatic const struct burned_class burned_classes[] = {\n")
	for _, board := range append([]string{suit.AnyBoard}, strings.Fields(a.boards)...) {
		class := suit.Class(board)
		fmt.Fprintf(&b, "\t{%q, {%s}},\n", board, list(class[:]))
	}
	fmt.Fprintf(&b, "};\n")
	return b.Bytes(), nil
}

type key struct {
	suit.PublicKey
	revoked bool
}

// publicKeys are those to be burned. The key of this repository is always there, so that what it signed is refused by name
// where it is not believed.
func (a *asked) publicKeys() ([]key, error) {
	var keys []key
	seen := map[suit.KeyID]bool{}
	add := func(k suit.PublicKey, revoked bool) {
		if !seen[k.ID()] {
			keys = append(keys, key{k, revoked})
		}
		seen[k.ID()] = true
	}
	for _, f := range []struct {
		paths   string
		revoked bool
	}{{a.revoked, true}, {a.keys, false}} {
		for _, path := range strings.Fields(f.paths) {
			k, err := suit.ReadPublicKey(path)
			if err != nil {
				return nil, err
			}
			if a.production && k.Development && !f.revoked {
				return nil, fmt.Errorf("key %s is a development key: production firmware does not take it", path)
			}
			if seen[k.ID()] && !f.revoked {
				return nil, fmt.Errorf("key %s is there twice, or revoked as well", path)
			}
			add(k, f.revoked)
		}
	}
	if a.production && len(strings.Fields(a.keys)) == 0 {
		return nil, fmt.Errorf("production firmware needs KEYS=: files that ubench keygen wrote (NAME.pub)")
	}
	// With keys of one's own that of this repository is no longer believed.
	add(suit.DevelopmentKey.Public(), strings.TrimSpace(a.keys) != "" && !a.production)
	if len(keys) > mostKeys {
		return nil, fmt.Errorf("%d keys are more than %d", len(keys), mostKeys)
	}
	return keys, nil
}

func (a *asked) readOperators() ([]*oscore.Operator, error) {
	var operators []*oscore.Operator
	for _, path := range strings.Fields(a.operators) {
		o, err := oscore.ReadOperator(path)
		if err != nil {
			return nil, err
		}
		if a.production && o.Development {
			return nil, fmt.Errorf("operator %s is one for development: production firmware does not take it", path)
		}
		operators = append(operators, o)
	}
	if len(operators) == 0 {
		if a.production {
			return nil, fmt.Errorf("production firmware needs OPERATORS=: files that ubench keygen wrote (NAME.operator)")
		}
		operators = append(operators, oscore.DevelopmentOperator)
	}
	if len(operators) > mostOperators {
		return nil, fmt.Errorf("%d operators are more than %d", len(operators), mostOperators)
	}
	return operators, nil
}

func list(b []byte) string {
	s := make([]string, len(b))
	for i, v := range b {
		s[i] = fmt.Sprintf("0x%02x", v)
	}
	return strings.Join(s, ", ")
}
