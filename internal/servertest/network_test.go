// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
)

// A network that loses a fifth of the datagrams, each way, doubles some and delays others: deployments arrive whole, in
// bounded time, and what was asked once is done once. Time is the device's and the client's, not that of the test.
func TestBadNetwork(t *testing.T) {
	box := on(t, setup())
	good := by(t, box, 0)
	_, code := packed(t, "sensor_processing_from_storage")
	longest, sent, numbers := time.Duration(0), 0, t.TempDir()+"/sequence"
	for seed := range uint64(20) {
		net := &Net{Device: box, From: 1, Random: rand.New(rand.NewPCG(seed, 3)), Lost: 20, Twice: 10, Late: 10}
		c, err := client.Connect(t.Context(), net, Operator(1), numbers)
		must(t, err)
		d := deploy.Device{Conn: c}
		m := manifest("far", uint32(seed+1))
		envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
		must(t, err)
		d.SetBlock(64)
		must(t, d.SetValue(t.Context(), "global", 1, int64(seed)))
		p, err := d.Install(t.Context(), "far", envelope, 64, nil)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		there, err := good.Program(t.Context(), "far")
		must(t, err)
		if p.Sequence != uint32(seed+1) || there.Sequence != p.Sequence || there.State != device.Ready {
			t.Fatalf("seed %d: %+v, and there is %+v", seed, p, there)
		}
		before := there.Runs
		for range 5 {
			if _, err := d.Run(t.Context(), "far", make([]byte, 8)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		there, err = good.Program(t.Context(), "far")
		must(t, err)
		if there.Runs != before+5 {
			t.Errorf("seed %d: five requests made it run %d times", seed, there.Runs-before)
		}
		longest = max(longest, net.Waited)
		sent += net.Passed
	}
	// A message that is lost is sent again after 2 to 3 s, then after 4 to 6 s.
	if longest > 10*time.Minute {
		t.Errorf("one took %v of the network's time", longest)
	}
	t.Logf("%d datagrams; the slowest deployment waited %v", sent, longest)
}

// A transfer that stopped goes on where it was, from another address, by who began it; nobody else gets in between.
func TestInterrupted(t *testing.T) {
	box := on(t, setup())
	_, code := packed(t, "update_sound")
	m := manifest("sound", 3)
	envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
	must(t, err)
	first := by(t, box, 0)
	first.SetBlock(64)
	ctx, stop := context.WithCancel(t.Context())
	_, err = first.Install(ctx, "sound", envelope, 64, func(n int) {
		if n == 384 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	// Another one, while it may still go on.
	other := by(t, box, 1)
	other.SetBlock(64)
	put := func(d deploy.Device, from int) string {
		r, err := d.Do(t.Context(), client.Request{Method: coap.PUT, Path: "p/sound", Format: 42, Body: envelope, From: from})
		if err != nil {
			return refusal(err)
		}
		return r.Code.String()
	}
	if got := put(other, 0); got != "5.03 another transfer is going on" {
		t.Errorf("a second writer: %q", got)
	}
	if got := put(other, 384); got != "5.03 another transfer is going on" {
		t.Errorf("a second writer in the middle: %q", got)
	}
	box.Skip(11 * time.Second)
	if got := put(other, 384); got != "4.08 begin with the first block" {
		t.Errorf("another client, in the middle of what is not its own: %q", got)
	}
	c, err := client.Connect(t.Context(), &Net{Device: box, From: 7}, Operator(0), t.TempDir()+"/sequence")
	must(t, err)
	again := deploy.Device{Conn: c}
	again.Conn.SetBlock(64)
	var told []int
	p, err := again.Install(t.Context(), "sound", envelope, 64, func(n int) { told = append(told, n) })
	must(t, err)
	if p.Sequence != 3 || told[0] != 512 {
		t.Errorf("version %d; went on to %v", p.Sequence, told)
	}
}

// Refused by name, and the device goes on.
func TestRefusedByName(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	_, code := packed(t, "bpf_fetch")
	stranger, err := suit.GenerateKey(false)
	must(t, err)
	put := func(path string, body []byte) string {
		r, err := d.Do(t.Context(), client.Request{Method: coap.PUT, Path: path, Format: 42, Body: body})
		if refused := new(deploy.Refused); err != nil && r != nil && r.Format == 60 && cbor.Unmarshal(r.Body, refused) == nil {
			return "4.22 " + refused.Status.Name()
		}
		if err != nil {
			return refusal(err)
		}
		return r.Code.String()
	}
	envelope := func(m suit.Manifest, image []byte, key *suit.SigningKey) []byte {
		b, err := m.Envelope(image, key)
		must(t, err)
		return b
	}
	mine := suit.DevelopmentKey.SigningKey
	m := manifest("a", 5)
	good := envelope(m, code, mine)
	if got := put("p/a", good); got != "2.01" {
		t.Fatalf("the first: %q", got)
	}
	damaged := append([]byte(nil), good...)
	damaged[len(damaged)-1] ^= 1
	forged := append([]byte(nil), good...)
	forged[60] ^= 1
	board := manifest("b", 1)
	board.Board = "netduino2"
	huge := manifest("h", 1)
	broken := manifest("v", 1)
	broken.Config.Format = abi.TextOnly
	grant := manifest("g", 1)
	grant.Config.Context = 1 << 19
	older := manifest("a", 4)
	cut := envelope(manifest("d", 1), code, mine)
	for _, c := range []struct {
		name, path string
		body       []byte
		want       string
	}{
		{"replayed", "p/a", good, "4.09 not newer than what is or was there"},
		{"rolled back", "p/a", envelope(older, code, mine), "4.09 not newer than what is or was there"},
		{"of another key", "p/c", envelope(manifest("c", 1), code, stranger), "4.01 signed with a key that this device does not have"},
		{"in another place", "p/c", good, "4.00 the manifest is one of another program"},
		{"for another board", "p/b", envelope(board, code, mine), "4.00 for devices of another class"},
		{"cut off", "p/d", cut[:len(cut)-1], "4.13 the image is not as long as the manifest says"},
		{"nothing", "p/d", nil, "4.00 not a manifest: malformed, or not in the deterministic encoding"},
		{"rubbish", "p/d", []byte(strings.Repeat("rubbish ", 100)), "4.00 not a manifest: malformed, or not in the deterministic encoding"},
		{"a long name", "p/" + strings.Repeat("n", 16), good, "4.00 not a name of a program: 1 to 15 letters, digits, - and _"},
		{"too large for the store", "p/h", envelope(huge, make([]byte, 20000), mine), "4.13 no room"},
		{"not what the verifier takes", "p/v", envelope(broken, []byte{0x95, 0, 0, 0, 1, 0, 0, 0}, mine), "4.22 e-verify-field"},
		{"more than there is", "p/g", envelope(grant, code, mine), "4.22 e-memory"},
	} {
		if got := put(c.path, c.body); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for name, b := range map[string][]byte{"image": damaged, "signature": forged} {
		if got := put("p/a", b); got == "2.04" || got == "2.01" {
			t.Errorf("a changed %s was taken", name)
		}
	}
	must(t, d.Revoke(t.Context(), suit.DevelopmentKey.Public().ID().String()))
	if got := put("p/r", envelope(manifest("r", 1), code, mine)); got != "4.01 signed with a key that was revoked" {
		t.Errorf("a revoked key: %q", got)
	}
	box.Halt()
	must(t, box.Start())
	if got := put("p/r", envelope(manifest("r", 1), code, mine)); got != "4.01 signed with a key that was revoked" {
		t.Errorf("a revoked key after a reset: %q", got)
	}
	ps, err := d.Programs(t.Context())
	must(t, err)
	if len(ps) != 1 || ps[0].Name != "a" || ps[0].Sequence != 5 {
		t.Errorf("afterwards there is %+v", ps)
	}
	if r, err := d.Run(t.Context(), "a", make([]byte, 8)); err != nil || r.Status != abi.OK {
		t.Errorf("%+v, %v", r, err)
	}
}

// Many requests of two clients; each is answered, and done once.
func TestManyRequests(t *testing.T) {
	box := on(t, setup())
	d, e := by(t, box, 0), by(t, box, 1)
	_, code := packed(t, "bpf_fetch")
	_, err := install(t, d, manifest("a", 1), code)
	must(t, err)
	each := 500 // ten thousand in all with UBENCH_REQUESTS
	if os.Getenv("UBENCH_REQUESTS") != "" {
		each = 5000
	}
	for i := range each {
		for _, who := range []deploy.Device{d, e} {
			if r, err := who.Run(t.Context(), "a", []byte(fmt.Sprintf("%08d", i))); err != nil || string(r.Context) != fmt.Sprintf("%08d", i) {
				t.Fatalf("request %d: %+v, %v", i, r, err)
			}
		}
	}
	p, err := d.Program(t.Context(), "a")
	must(t, err)
	if p.Runs != uint32(2*each) || d.Resent+e.Resent > 0 {
		t.Errorf("%d runs of %d; %d messages were sent again", p.Runs, 2*each, d.Resent+e.Resent)
	}
}

// Observers are told what changes: the list, and the log.
func TestObserving(t *testing.T) {
	box := on(t, setup())
	d, watcher := by(t, box, 0), by(t, box, 1)
	_, code := packed(t, "printf")
	_, o, err := watcher.Observe(t.Context(), client.Request{Method: coap.GET, Path: "p", Format: -1})
	must(t, err)
	_, err = install(t, d, manifest("a", 1), code)
	must(t, err)
	r, err := o.Next(t.Context())
	must(t, err)
	if !strings.Contains(string(r.Body), "aa") && len(r.Body) < 20 {
		t.Errorf("told %x", r.Body)
	}
	var lines []string
	ctx, stop := context.WithCancel(t.Context())
	follower := by(t, box, 2)
	ran := 0
	err = follower.Follow(ctx, "a", 0, func(l []deploy.Line) error {
		for _, line := range l {
			lines = append(lines, string(line.Text))
		}
		if ran == 3 && len(lines) == 12 {
			stop()
		} else if ran < 3 && len(lines) == 4*ran {
			ran++
			_, err := d.Run(t.Context(), "a", make([]byte, 8))
			return err
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(lines) != 12 || lines[0] != "One argument: 1\n" || lines[11] != "Four arguments: 1, 2, 3, 4\n" {
		t.Errorf("%v, %q", err, lines)
	}
}
