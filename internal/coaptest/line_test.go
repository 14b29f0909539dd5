// SPDX-License-Identifier: GPL-2.0-or-later

package coaptest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/coder"

	"github.com/ubench-dev/ubench/device/slipmux"
)

// The server on a serial line that drops and changes bytes: the client sends again until it is answered, and all that
// arrives is right.
func TestOverALine(t *testing.T) {
	d := New(64)
	defer d.Close()
	random := rand.New(rand.NewPCG(1, 2))
	noisy := func(b []byte) []byte {
		b = bytes.Clone(b)
		for i := range b {
			if random.IntN(500) == 0 {
				b[i] ^= 1 << random.IntN(8)
			}
		}
		if random.IntN(10) == 0 {
			b = b[:random.IntN(len(b))]
		}
		return b
	}
	toDevice, toClient := slipmux.NewReader(DatagramBytes), slipmux.NewReader(DatagramBytes)
	defer toDevice.Close()
	defer toClient.Close()
	var body []byte
	now := time.Second
	damaged := 0
	for number := 0; ; number++ {
		request := ask(t, message.Confirmable, number, codes.GET, "/big", nil, option{message.Block2, block(number, 0, 64)})
		var answer []byte
		for try := 0; answer == nil; try++ {
			if try == 100 {
				t.Fatal("no answer")
			}
			now += time.Second
			damaged++
			toDevice.Read(noisy(slipmux.Frame(slipmux.CoAP, request)), func(kind slipmux.Kind, b []byte) {
				if kind != slipmux.CoAP {
					return
				}
				for _, out := range d.Receive(alice, b, now) {
					toClient.Read(noisy(slipmux.Frame(slipmux.CoAP, out.Bytes)), func(kind slipmux.Kind, b []byte) {
						if kind == slipmux.CoAP {
							answer = b
						}
					})
				}
			})
		}
		damaged--
		more := 1
		if (number+1)*64 >= BigBytes {
			more = 0
		}
		m := message.Message{Options: make(message.Options, 0, 16)}
		if _, err := coder.DefaultCoder.Decode(answer, &m); err != nil {
			t.Fatal(err)
		}
		if got, want := describe(t, answer), fmt.Sprintf("ACK 2.05 block2=%d/%d/64 %d bytes", number, more, len(m.Payload)); len(m.Payload) >= 40 && got != want {
			t.Fatalf("%q, want %q", got, want)
		}
		body = append(body, m.Payload...)
		if more == 0 {
			break
		}
	}
	if !bytes.Equal(body, bigBody()) {
		t.Errorf("%d bytes came, not those that were sent", len(body))
	}
	if damaged == 0 {
		t.Error("nothing was damaged: the test shows nothing")
	}
}
