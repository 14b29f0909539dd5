// SPDX-License-Identifier: GPL-2.0-or-later

package client

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/deploy/coap"
)

// recalling is a device that has answered messages of some numbers before, and takes what comes for these.
type recalling struct {
	t      *testing.T
	known  []uint16
	asked  []uint16
	answer []byte
}

func (r *recalling) Send(b []byte) error {
	m, err := coap.Parse(b)
	if err != nil {
		r.t.Fatal(err)
	}
	r.asked = append(r.asked, m.ID)
	reply := coap.Message{Type: coap.Acknowledgement, Code: coap.Content, ID: m.ID, Token: m.Token, Payload: []byte("new")}
	if slices.Contains(r.known, m.ID) {
		reply.Token, reply.Payload = []byte("before"), []byte("old")
	}
	r.answer = reply.Bytes()
	return nil
}

func (r *recalling) Receive(context.Context, time.Duration) ([]byte, error) {
	if r.answer == nil {
		return nil, os.ErrDeadlineExceeded
	}
	b := r.answer
	r.answer = nil
	return b, nil
}

func (r *recalling) Close() error { return nil }

// Numbers of messages begin anywhere, so one may be that of a message of before, from the same address, whose answer the device
// keeps, like those of the messages behind it: then the request is sent with a number from elsewhere.
func TestNumberOfBefore(t *testing.T) {
	device := &recalling{t: t}
	for n := range uint16(30) {
		device.known = append(device.known, 101+n)
	}
	c := New(device, nil)
	c.id = 100
	got, err := c.Do(t.Context(), Request{Method: coap.PUT, Path: "p", Format: -1})
	if err != nil || string(got.Body) != "new" {
		t.Fatalf("%+v, %v", got, err)
	}
	if device.asked[0] != 101 || slices.Contains(device.known, device.asked[len(device.asked)-1]) {
		t.Errorf("numbers %v", device.asked)
	}
}
