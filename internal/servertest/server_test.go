// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/device/posix/field"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

var secrets = Secrets(3)

func setup() field.Setup {
	return field.Setup{
		Keys: []field.Key{Believed(suit.DevelopmentKey.Public())}, Secrets: secrets, Vendor: suit.Vendor,
		Classes: [2][16]byte{suit.Class("host"), suit.Class(suit.AnyBoard)}, AreaBytes: 16 << 10, Areas: 3, Block: 1024,
	}
}

// on is a device with power.
func on(t testing.TB, s field.Setup) *field.Device {
	t.Helper()
	d, err := field.New(s)
	if err == nil {
		err = d.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Halt()
		if d.Violated() {
			t.Error("flash was used as flash cannot be")
		}
	})
	return d
}

// by is the device as one of its clients has it.
func by(t testing.TB, d *field.Device, n int) deploy.Device {
	t.Helper()
	c, err := client.Connect(t.Context(), &Net{Device: d, From: byte(n)}, Operator(n), filepath.Join(t.TempDir(), "sequence"))
	if err != nil {
		t.Fatal(err)
	}
	return deploy.Device{Conn: c}
}

// packed is an example as an image.
func packed(t testing.TB, name string) (*image.Program, []byte) {
	t.Helper()
	for _, x := range examples.All() {
		if x.Name != name {
			continue
		}
		p, err := image.LoadObject(name, x.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		return p, b
	}
	t.Fatalf("no example %s", name)
	return nil, nil
}

// manifest grants everything.
func manifest(name string, sequence uint32) suit.Manifest {
	return suit.Manifest{
		Config: device.Config{Name: name, Format: abi.Packed, Context: 512, AllHelpers: true, Devices: 1<<10 - 2,
			Keys: []device.Keys{{Last: 1<<32 - 1, Rights: 3}}, Restart: device.OnFault},
		Sequence: sequence, Start: true,
	}
}

func install(t testing.TB, d deploy.Device, m suit.Manifest, image []byte) (deploy.Program, error) {
	t.Helper()
	envelope, err := m.Envelope(image, suit.DevelopmentKey.SigningKey)
	if err != nil {
		t.Fatal(err)
	}
	return d.Install(t.Context(), m.Config.Name, envelope, client.DefaultBlock, nil)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFirstResult(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	_, image := packed(t, "bpf_store")
	p, err := install(t, d, manifest("store", 1), image)
	must(t, err)
	if p.Name != "store" || p.State != device.Ready || p.Sequence != 1 {
		t.Errorf("%+v", p)
	}
	r, err := d.Run(t.Context(), "store", make([]byte, 8))
	must(t, err)
	if r.Status != abi.OK || r.R0 != 1234 || len(r.Context) != 8 {
		t.Errorf("%+v", r)
	}
	v, err := d.Value(t.Context(), "global", 1)
	must(t, err)
	if v != 1234 {
		t.Errorf("value %d", v)
	}
	l, err := d.Log(t.Context(), "store", 0)
	must(t, err)
	var text strings.Builder
	for _, line := range l.Lines {
		text.Write(line.Text)
	}
	if want := "Global store, key 1, before: 0\nGlobal store, key 1, after: 1234\n"; text.String() != want {
		t.Errorf("log %q", text.String())
	}
	i, err := d.Info(t.Context())
	must(t, err)
	if i.Board != "host" || i.Programs != 1 || i.StoreIsRAM || len(i.Keys) != 1 || i.Keys[0].Flags != deploy.KeyDevelopment {
		t.Errorf("%+v", i)
	}
}

// refusal is the code and the text of one.
func refusal(err error) string {
	var r *client.Refusal
	var refused *deploy.Refused
	switch {
	case err == nil:
		return ""
	case errors.As(err, &r):
		return r.Code.String() + " " + string(r.Body)
	case errors.As(err, &refused):
		return "4.22 " + refused.Status.Name()
	}
	return err.Error()
}

// Nobody who is not known is answered anything but the list of what is open, and what programs answer to anybody.
func TestStrangers(t *testing.T) {
	box := on(t, setup())
	known := by(t, box, 0)
	_, image := packed(t, "coap_climate")
	for name, answers := range map[string]suit.Answers{"open": suit.Anybody, "closed": suit.Known, "silent": suit.Nobody} {
		m := manifest(name, 1)
		m.Answers = answers
		_, err := install(t, known, m, image)
		must(t, err)
	}
	stranger := client.New(&Net{Device: box, From: 9}, nil)
	for _, c := range []struct {
		method     coap.Code
		path, want string
	}{
		{coap.GET, "dev", "4.01"}, {coap.GET, "p", "4.01"}, {coap.GET, "p/open", "4.01"}, {coap.PUT, "p/new", "4.01"},
		{coap.DELETE, "p/open", "4.01"}, {coap.POST, "p/open/run", "4.01"}, {coap.POST, "p/open/start", "4.01"},
		{coap.POST, "p/open/stop", "4.01"}, {coap.POST, "p/open/kill", "4.01"}, {coap.POST, "p/open/confirm", "4.01"},
		{coap.POST, "p/open/rollback", "4.01"}, {coap.GET, "p/open/log", "4.01"}, {coap.GET, "p/open/faults", "4.01"},
		{coap.GET, "log", "4.01"}, {coap.GET, "s/global", "4.01"}, {coap.GET, "s/global/1", "4.01"}, {coap.PUT, "s/global/1", "4.01"},
		{coap.GET, "transfer", "4.01"}, {coap.PUT, "trace", "4.01"}, {coap.DELETE, "dev/keys/00", "4.01"},
		{coap.GET, "x/open", "2.05 0.0 C 0.0 %"}, {coap.GET, "x/closed", "4.01"}, {coap.GET, "x/silent", "4.04"},
		{coap.GET, ".well-known/core", `2.05 </id>;rt="ubench.id";ct=42,</x/open>;rt="ubench.answers"`}, {coap.GET, "p/new", "4.01"}, {coap.GET, "", "4.04"},
	} {
		r, err := stranger.Do(t.Context(), client.Request{Method: c.method, Path: c.path, Format: -1, Body: []byte{1}})
		got := refusal(err)
		if err == nil {
			got = r.Code.String() + " " + string(r.Body)
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%v %s: %q, want %q", c.method, c.path, got, c.want)
		}
	}
	r, err := known.Do(t.Context(), client.Request{Method: coap.GET, Path: "x/closed", Format: -1})
	must(t, err)
	if string(r.Body) != "0.0 C 0.0 %" || r.Format != 0 {
		t.Errorf("who is known got %q, format %d", r.Body, r.Format)
	}
	wrong, err := client.Connect(t.Context(), &Net{Device: box, From: 8}, Operator(77), "")
	must(t, err)
	if _, err := wrong.Do(t.Context(), client.Request{Method: coap.GET, Path: "dev", Format: -1}); !errors.Is(err, client.ErrUnknown) {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestLives(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	ctx := t.Context()
	_, image := packed(t, "bpf_strlen")
	_, other := packed(t, "bpf_fetch")
	m := manifest("a", 5)
	_, err := install(t, d, m, image)
	must(t, err)
	say := func(what string, err error, want string) {
		t.Helper()
		if got := refusal(err); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	run := func(want uint64) {
		t.Helper()
		r, err := d.Run(ctx, "a", make([]byte, 8))
		if err != nil || r.R0 != want {
			t.Errorf("run: r0 %d, %v, want %d", r.R0, err, want)
		}
	}
	run(21)
	say("start again", d.Start(ctx, "a"), "4.09 the program is running")
	must(t, d.Stop(ctx, "a"))
	_, err = d.Run(ctx, "a", nil)
	say("run of what is stopped", err, "4.09 the program is stopped: start it first")
	say("stop again", d.Stop(ctx, "a"), "4.09 the program is stopped: start it first")
	must(t, d.Start(ctx, "a"))
	must(t, d.Kill(ctx, "a"))
	must(t, d.Start(ctx, "a"))
	say("confirm", d.Confirm(ctx, "a"), "4.09 it is not on trial")
	say("rollback", d.Rollback(ctx, "a"), "4.09 not on trial: there is none to go back to")
	say("no such program", d.Start(ctx, "b"), "4.04 no such program")

	m.Sequence, m.Trial = 6, time.Hour
	p, err := install(t, d, m, other)
	must(t, err)
	if p.TrialLeftMS == nil || *p.TrialLeftMS > 3600_000 {
		t.Errorf("on trial: %+v", p)
	}
	must(t, d.SetValue(ctx, "global", 1, 77))
	run(77)
	must(t, d.Rollback(ctx, "a"))
	run(21)
	_, err = install(t, d, m, other)
	must(t, err)
	must(t, d.Confirm(ctx, "a"))
	say("confirm again", d.Confirm(ctx, "a"), "4.09 it is not on trial")
	run(77)
	// By time.
	m.Sequence = 7
	_, err = install(t, d, m, image)
	must(t, err)
	box.Skip(time.Hour)
	for range 1000 {
		if p, err = d.Program(ctx, "a"); err != nil || p.TrialLeftMS == nil {
			break
		}
	}
	must(t, err)
	if p.TrialLeftMS != nil {
		t.Error("still on trial after an hour")
	}
	// A reset ends a trial.
	m.Sequence = 8
	_, err = install(t, d, m, other)
	must(t, err)
	run(77)
	box.Halt()
	must(t, box.Start())
	run(21)
	must(t, d.Remove(ctx, "a"))
	say("removed", d.Remove(ctx, "a"), "4.04 no such program")
	m.Sequence = 7
	_, err = install(t, d, m, other)
	say("an old one", err, "4.09 not newer than what is or was there")
	box.Halt()
	must(t, box.Start())
	_, err = install(t, d, m, other)
	say("an old one after a reset", err, "4.09 not newer than what is or was there")
	m.Sequence = 9
	_, err = install(t, d, m, other)
	must(t, err)
}
