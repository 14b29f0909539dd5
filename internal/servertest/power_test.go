// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device/posix/field"
)

// bench is a device whose power fails.
type bench struct {
	t    *testing.T
	box  *field.Device
	d    deploy.Device
	file string
}

func (b *bench) start() {
	b.t.Helper()
	must(b.t, b.box.Start())
	c, err := client.Connect(b.t.Context(), &Net{Device: b.box, From: 1}, Operator(0), b.file)
	must(b.t, err)
	b.d = deploy.Device{Conn: c}
}

// state is what programs there are after a reset, and that each runs.
func (b *bench) state() string {
	b.t.Helper()
	ps, err := b.d.Programs(b.t.Context())
	must(b.t, err)
	var lines []string
	for _, p := range ps {
		if p.TrialLeftMS != nil {
			b.t.Fatalf("%s is on trial after a reset", p.Name)
		}
		r, err := b.d.Run(b.t.Context(), p.Name, make([]byte, 8))
		if err != nil || r.Status != 0 {
			b.t.Fatalf("%s does not run: %+v, %v", p.Name, r, err)
		}
		lines = append(lines, fmt.Sprintf("%s %d %s", p.Name, p.Sequence, hex.EncodeToString(p.Digest)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// send is a program on its way.
func send(t *testing.T, name string, sequence uint32, example string, more func(*suit.Manifest)) func(d deploy.Device) error {
	_, image := packed(t, example)
	m := manifest(name, sequence)
	if more != nil {
		more(&m)
	}
	envelope, err := m.Envelope(image, suit.DevelopmentKey.SigningKey)
	must(t, err)
	return func(d deploy.Device) error {
		_, err := d.Install(t.Context(), name, envelope, client.DefaultBlock, nil)
		return err
	}
}

func onTrial(m *suit.Manifest) { m.Trial = forever }

const forever = 1 << 50

// Power fails at every single write of every step, in every way of tearing it, of the whole device: transfer, store, trial,
// confirmation, the way back, removal. After the reset there is what was before the step or what is after it, all of it runs,
// and the step can be done again.
func TestPowerCutAtEveryWrite(t *testing.T) {
	s := setup()
	s.AreaBytes, s.Areas = 2560, 3
	box, err := field.New(s)
	must(t, err)
	b := &bench{t: t, box: box, file: filepath.Join(t.TempDir(), "sequence")}
	ctx := t.Context()
	then := func(f func(deploy.Device) error, g func(d deploy.Device) error) func(deploy.Device) error {
		return func(d deploy.Device) error {
			if err := f(d); err != nil {
				return err
			}
			return g(d)
		}
	}
	confirm := func(d deploy.Device) error { return d.Confirm(ctx, "a") }
	rollback := func(d deploy.Device) error { return d.Rollback(ctx, "a") }
	fault := func(d deploy.Device) error { // ends the trial by itself
		if _, err := d.Run(ctx, "a", make([]byte, 4)); err != nil {
			return err
		}
		p, err := d.Program(ctx, "a")
		if err == nil && p.TrialLeftMS != nil {
			err = fmt.Errorf("still on trial: %+v", p)
		}
		return err
	}
	faulty := func(m *suit.Manifest) { onTrial(m); m.Config.AllHelpers = true; m.Config.Budget = 1 }
	steps := []struct {
		name string
		do   func(deploy.Device) error
	}{
		{"the first", send(t, "a", 1, "bpf_strlen", nil)},
		{"another", send(t, "b", 1, "bpf_store", nil)},
		{"replaced, without a trial", send(t, "a", 2, "bpf_fetch", nil)},
		{"on trial, confirmed", then(send(t, "a", 3, "bpf_strlen", onTrial), confirm)},
		{"on trial, rolled back", then(send(t, "a", 4, "bpf_fetch", onTrial), rollback)},
		{"on trial, with a fault", then(send(t, "a", 5, "fletcher16_320B", faulty), fault)},
		{"removed", func(d deploy.Device) error { return d.Remove(ctx, "b") }},
		{"there again", send(t, "b", 2, "bpf_store", nil)},
		{"on trial twice, confirmed", then(send(t, "a", 6, "bpf_fetch", onTrial), then(send(t, "a", 7, "bpf_store", onTrial), confirm))},
		{"part of an application, rolled back", then(send(t, "c", 1, "bpf_fetch", func(m *suit.Manifest) { onTrial(m); m.Application = "app" }),
			func(d deploy.Device) error { return d.Rollback(ctx, "c") })},
	}
	every := 1
	if os.Getenv("UBENCH_POWER") == "" {
		every = 19 // each write is reached in the campaign; here one of nineteen, another one with each tear
	}
	b.start()
	cuts := 0
	for _, step := range steps {
		box.Halt()
		before, flash := "", bytes.Clone(box.Flash())
		b.start()
		before = b.state()
		writes := box.Writes()
		if err := step.do(b.d); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		writes = box.Writes() - writes
		box.Halt()
		b.start()
		after := b.state()
		box.Halt()
		flashAfter := bytes.Clone(box.Flash())
		for at := 0; at < writes; at++ {
			for tear := range field.Tears {
				if (at+tear)%every != 0 {
					continue
				}
				cuts++
				copy(box.Flash(), flash)
				b.start()
				box.Cut(at, tear)
				_ = step.do(b.d)
				dead := box.Dead()
				box.Halt()
				box.Mend()
				b.start()
				if got := b.state(); got != before && got != after || !dead {
					t.Fatalf("%s, cut at %d of %d, tear %d (%v):\n%s\nis neither\n%s\nnor\n%s", step.name, at, writes, tear, dead, got, before, after)
				}
				// Again: what was done already is refused as old, or as not there any more, and nothing else.
				err := step.do(b.d)
				if text := refusal(err); err != nil && !strings.HasPrefix(text, "4.09 not newer") && !strings.HasPrefix(text, "4.04") {
					t.Fatalf("%s, cut at %d of %d, tear %d; and again: %v", step.name, at, writes, tear, err)
				}
				box.Halt()
				b.start()
				if got := b.state(); got != after && got != before {
					t.Fatalf("%s, cut at %d of %d, tear %d; again:\n%s\nis not\n%s", step.name, at, writes, tear, got, after)
				}
				box.Halt()
			}
		}
		copy(box.Flash(), flashAfter)
		b.start()
	}
	box.Halt()
	if box.Violated() {
		t.Error("flash was used as flash cannot be")
	}
	t.Logf("%d cuts in %d steps", cuts, len(steps))
}
