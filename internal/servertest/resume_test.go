// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device/posix/field"
)

// A transfer that a loss of power ended, at a write of flash that was torn in every way, goes on where it was once its manifest was
// in flash, and the program is whole. Another manifest begins anew.
func TestResumesAfterPowerLoss(t *testing.T) {
	const block = 256
	s := setup()
	s.Block = block
	box, err := field.New(s)
	must(t, err)
	p, _ := packed(t, "update_sound")
	code, err := p.Encode(abi.ELFObject)
	must(t, err)
	m := manifest("sound", 3)
	m.Config.Format = abi.ELFObject
	envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
	must(t, err)
	head := len(envelope) - len(code)
	empty := bytes.Clone(box.Flash())
	b := &bench{t: t, box: box, file: filepath.Join(t.TempDir(), "sequence")}
	resumed := 0
	for at := 3; at < len(envelope)/4; at += 29 {
		for tear := range field.Tears {
			copy(box.Flash(), empty)
			b.start()
			box.Cut(at, tear)
			b.d.SetBlock(block)
			_, _ = b.d.Install(t.Context(), "sound", envelope, block, nil)
			box.Halt()
			box.Mend()
			b.start()
			b.d.SetBlock(block)
			sent := 0
			p, err := b.d.Install(t.Context(), "sound", envelope, block, func(n int) {
				if sent == 0 {
					sent = n
				}
			})
			if err != nil || p.Sequence != 3 {
				t.Fatalf("cut at write %d, tear %d: %+v, %v", at, tear, p, err)
			}
			// What was there, but for a word that may be torn and what is no whole block.
			there := max(4*(at-16)-block, 0) / block * block
			if there >= head && sent <= there {
				t.Errorf("cut at write %d, tear %d: it went on at %d; %d were there", at, tear, sent, there)
			}
			if sent > block {
				resumed++
			}
			if r, err := b.d.Run(t.Context(), "sound", make([]byte, 8)); err != nil || r.Status != 0 {
				t.Errorf("cut at write %d, tear %d: %+v, %v", at, tear, r, err)
			}
			box.Halt()
		}
	}
	if resumed == 0 {
		t.Error("none went on where it was")
	}
	t.Logf("%d went on; a head of %d bytes of %d", resumed, head, len(envelope))

	// The same image with another manifest.
	copy(box.Flash(), empty)
	b.start()
	ctx, stop := context.WithCancel(t.Context())
	b.d.SetBlock(block)
	if _, err = b.d.Install(ctx, "sound", envelope, block, func(n int) {
		if n > head+block {
			stop()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	box.Halt()
	b.start()
	m.Config.Context = 256
	other, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
	must(t, err)
	b.d.SetBlock(block)
	var told []int
	_, err = b.d.Install(t.Context(), "sound", other, block, func(n int) { told = append(told, n) })
	must(t, err)
	if told[0] != block {
		t.Errorf("another manifest went on at %v", told)
	}
	box.Halt()
	if box.Violated() {
		t.Error("flash was used as flash cannot be")
	}
}

// between hands the device a second datagram behind the first one that is sent to it, and notes whose answers come first.
type between struct {
	*Net
	behind []byte
	mu     sync.Mutex
	order  *[]byte
}

func (b *between) seen() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.order
}

func (b *between) Send(out []byte) error {
	if b.behind == nil {
		return b.Net.Send(out)
	}
	b.Device.Queue(b.From, out)
	b.Device.Give(9, b.behind)
	b.behind = nil
	for len(b.seen()) < 2 {
		if to, got := b.Device.Take(); got != nil && got[1] != byte(coap.Empty) {
			b.mu.Lock()
			*b.order = append(*b.order, to)
			b.mu.Unlock()
		}
	}
	return nil
}

// While a signature is verified others are answered, and whoever sends the program waits. The other one's request lies there
// when the device takes the last block, unless the device looked by itself between the two: then once more.
func TestOthersAreAnsweredWhileASignatureIsVerified(t *testing.T) {
	box := on(t, setup())
	_, code := packed(t, "bpf_store")
	for sequence := range uint32(60) {
		m := manifest("store", sequence+1)
		envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
		must(t, err)
		var order []byte
		way := &between{Net: &Net{Device: box, From: 1}, order: &order}
		c, err := client.Connect(t.Context(), way, Operator(0), filepath.Join(t.TempDir(), "sequence"))
		must(t, err)
		ask := coap.Message{Type: coap.Confirmable, Code: coap.GET, ID: uint16(sequence), Token: []byte{7}}
		ask.Add(coap.URIPath, []byte("id"))
		way.behind = ask.Bytes()
		ctx, stop := context.WithCancel(t.Context())
		d := deploy.Device{Conn: c}
		d.SetBlock(1024)
		done := make(chan error)
		go func() {
			_, err := d.Do(ctx, client.Request{Method: coap.PUT, Path: "p/store", Format: 42, Body: envelope})
			done <- err
		}()
		for len(way.seen()) < 2 {
			time.Sleep(time.Millisecond)
		}
		stop() // its answer has been taken
		<-done
		if string(order) == "\x09\x01" {
			return
		}
	}
	t.Error("the other one never had its answer before the program was installed")
}

// All programs of an application are confirmed with one, and go back with one.
func TestApplicationsStayOrGoWhole(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	_, code := packed(t, "bpf_store")
	_, other := packed(t, "bpf_strlen")
	part := func(name string, sequence uint32, image []byte, application string) {
		t.Helper()
		m := manifest(name, sequence)
		m.Application, m.Trial = application, together
		_, err := install(t, d, m, image)
		must(t, err)
	}
	sequences := func(onTrial int) (all [3]uint32) {
		t.Helper()
		ps, err := d.Programs(t.Context())
		must(t, err)
		for _, p := range ps {
			all[p.Name[0]-'a'] = p.Sequence
			if p.TrialLeftMS != nil {
				onTrial--
			}
		}
		if onTrial != 0 {
			t.Errorf("%d more or less on trial: %+v", onTrial, ps)
		}
		return all
	}
	part("a", 1, code, "one")
	part("b", 1, other, "one")
	part("c", 1, other, "two")
	must(t, d.Confirm(t.Context(), "b"))
	if got := sequences(1); got != [3]uint32{1, 1, 1} {
		t.Errorf("confirmed: %v", got)
	}
	must(t, d.Rollback(t.Context(), "c"))
	part("a", 2, other, "one")
	part("b", 2, code, "one")
	part("c", 2, code, "one")
	must(t, d.Rollback(t.Context(), "a"))
	if got := sequences(0); got != [3]uint32{1, 1, 0} {
		t.Errorf("rolled back: %v", got)
	}
	// Nobody is there any more who would confirm it.
	part("a", 3, other, "one")
	part("b", 3, code, "one")
	box.Skip(together - 1e9)
	if got := sequences(2); got != [3]uint32{3, 3, 0} {
		t.Errorf("within its time: %v", got)
	}
	box.Skip(2e9)
	_, err := d.Programs(t.Context()) // what is asked in the moment it ends is answered as it was
	must(t, err)
	if got := sequences(0); got != [3]uint32{1, 1, 0} {
		t.Errorf("given up: %v", got)
	}
}

// together is the time of a trial that nobody has confirmed by then.
const together = 60e9
