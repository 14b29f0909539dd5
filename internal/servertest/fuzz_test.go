// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"testing"
	"time"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device/posix/field"
)

// FuzzServer: whatever comes to the whole device, plain or protected by somebody it knows, in whatever order; it goes on
// serving, and flash is used as flash can be. A case is messages, each: a byte of who sends it (bit 7: protected) and how
// many bytes it has.
func FuzzServer(f *testing.F) {
	s := setup()
	s.AreaBytes = 4096
	_, code := packed(f, "bpf_strlen")
	m := manifest("a", 2)
	envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
	must(f, err)
	one := func(messages ...*coap.Message) (all []byte) {
		for _, m := range messages {
			b := m.Bytes()
			for len(b) > 127 { // as blocks, so that a length fits
				b = b[:127]
			}
			all = append(append(all, byte(len(b))|0x80), b...)
		}
		return all
	}
	ask := func(code coap.Code, path []string, payload []byte, options ...coap.Option) *coap.Message {
		m := &coap.Message{Code: code, ID: 7, Token: []byte{1}, Payload: payload, Options: options}
		for _, p := range path {
			m.Add(coap.URIPath, []byte(p))
		}
		return m
	}
	var blocks []*coap.Message
	for at := 0; at < len(envelope); at += 64 {
		more := byte(0)
		if at+64 < len(envelope) {
			more = 8
		}
		blocks = append(blocks, ask(coap.PUT, []string{"p", "a"}, envelope[at:min(at+64, len(envelope))],
			coap.Option{Number: coap.Block1, Value: coap.Uint(uint32(at/64)<<4 | uint32(more) | 2)}))
	}
	f.Add(one(blocks...))
	for _, verb := range []string{"run", "start", "stop", "kill", "confirm", "rollback", "log", "faults"} {
		f.Add(one(ask(coap.POST, []string{"p", "z", verb}, []byte{1, 2, 3, 4}), ask(coap.GET, []string{"p", "z", verb}, nil, coap.Option{Number: coap.Observe})))
	}
	f.Add(one(ask(coap.PUT, []string{"s", "global", "7"}, []byte{0x18, 0x20}), ask(coap.GET, []string{"s", "z"}, nil), ask(coap.GET, []string{"x", "z"}, nil),
		ask(coap.PUT, []string{"trace"}, []byte{2, 0, 4, 0, 130, 2, 255, 1}), ask(coap.GET, []string{"p"}, nil), ask(coap.GET, []string{"dev"}, nil),
		ask(coap.DELETE, []string{"p", "z"}, nil), ask(coap.GET, []string{"log"}, nil, coap.Option{Number: coap.URIQuery, Value: []byte("from=7")})))
	box, err := field.New(s)
	must(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		for i := range box.Flash() {
			box.Flash()[i] = 0xff
		}
		must(t, box.Start())
		defer box.Halt()
		to := &Net{Device: box, From: 1}
		c, err := client.Connect(t.Context(), to, Operator(0), "")
		must(t, err)
		d := deploy.Device{Conn: c}
		z := manifest("z", 1)
		z.Answers = suit.Anybody
		_, err = install(t, d, z, code)
		must(t, err)
		guard, err := Operator(1).Context(idOf(t, box), "")
		must(t, err)
		for n := 0; len(data) > 1 && n < 64; n++ {
			size := min(int(data[0]&127), len(data)-1)
			throw(guard, box, data[0]>>7 == 1, data[1:1+size], n)
			data = data[1+size:]
			if size%16 == 3 {
				box.Skip(time.Duration(size) * 500 * time.Millisecond)
			}
		}
		if _, err := d.Info(t.Context()); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
		if box.Violated() {
			t.Fatal("flash was used as flash cannot be")
		}
	})
}

func idOf(t *testing.T, box *field.Device) []byte {
	r, err := client.New(&Net{Device: box, From: 2}, nil).Do(t.Context(), client.Request{Method: coap.GET, Path: "id", Format: -1})
	must(t, err)
	return r.Body
}

// throw sends bytes as they are, or, where they are a request, protected.
func throw(guard *oscore.Context, box *field.Device, protect bool, b []byte, n int) {
	b = append([]byte(nil), b...)
	if m, err := coap.Parse(b); err == nil && protect && m.Code.IsRequest() {
		if out, _, err := guard.Protect(m); err == nil {
			out.ID = uint16(n)
			b = out.Bytes()
		}
	}
	if len(b) > 0 && len(b) <= field.DatagramBytes {
		box.Give(2, b)
		box.Settle()
		for _, out := box.Take(); out != nil; _, out = box.Take() {
			if _, err := coap.Parse(out); err != nil {
				panic(err)
			}
		}
	}
}
