// SPDX-License-Identifier: GPL-2.0-or-later

package campaign_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/alloc"
)

// hexBytes are bytes as the complaints of campaigns show them.
type hexBytes []byte

func (b hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// found is a program that engines once disagreed on, as testdata/found/*.json keep it.
type found struct {
	What      string          `json:"what"` // was wrong
	Text      hexBytes        `json:"text"`
	Context   hexBytes        `json:"context"`
	Budget    uint32          `json:"budget"`
	CtxMin    uint32          `json:"ctx_min,omitempty"`
	Rodata    hexBytes        `json:"rodata,omitempty"`
	Data      hexBytes        `json:"data,omitempty"`
	Addresses []image.Address `json:"addresses,omitempty"`
	Granted   []granted       `json:"granted,omitempty"`
}

type granted struct {
	Bytes    hexBytes `json:"bytes"`
	Writable bool     `json:"writable,omitempty"`
}

func (f *found) program() progen.Program {
	p := progen.Program{
		Text: f.Text, Context: f.Context, CtxMin: f.CtxMin, Rodata: f.Rodata, Data: f.Data, Addresses: f.Addresses, Budget: f.Budget,
	}
	for _, g := range f.Granted {
		p.Granted = append(p.Granted, progen.Region{Bytes: g.Bytes, Writable: g.Writable})
	}
	return p
}

// sameWithPlans compares a program with the plans that it gets by each heuristic of register allocation, if it has any.
func sameWithPlans(t *testing.T, desk, target emu.Target, program progen.Program) {
	t.Helper()
	p, job := packed(t, program)
	for h := range alloc.Heuristics {
		r, err := planner.By(p, h)
		if err != nil {
			continue
		}
		p.Plan = r.Bytes
		if complaint := differs(t.Context(), desk, target, job, p); complaint != "" {
			t.Errorf("with a plan by heuristic %d: %s", h, complaint)
			break
		}
	}
}

// TestFound runs programs that earlier campaigns found wrong. They are kept themselves: what a seed stands for changes
// with the generator.
func TestFound(t *testing.T) {
	all := lanes(t)
	desk := open[*host.Target](t)(host.New(t.Context()))
	m4 := open[*unicorn.Target](t)(unicorn.Open(t.Context(), unicorn.Options{Limit: limit}))
	files, err := filepath.Glob("testdata/found/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in testdata/found: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var f found
			if err := json.Unmarshal(b, &f); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			same(t, all, f.program())
			sameWithPlans(t, desk, m4, f.program())
			if t.Failed() {
				t.Log("earlier: ", f.What)
			}
		})
	}
}
