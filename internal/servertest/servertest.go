// SPDX-License-Identifier: GPL-2.0-or-later

// Package servertest is a network between the host's client (deploy) and a device within this process (device/posix/field):
// it loses, doubles and delays datagrams as a test says, and what would have to be waited for is skipped.
package servertest

import (
	"context"
	"math/rand/v2"
	"os"
	"time"

	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device/posix/field"
)

// Secrets are those of clients 0 to n-1, as a device has them.
func Secrets(n int) []field.Secret {
	var all []field.Secret
	for i := range n {
		o := Operator(i)
		all = append(all, field.Secret{Master: [16]byte(o.Secret), Device: oscore.DeviceID, Client: o.ID()})
	}
	return all
}

// Operator is a client.
func Operator(n int) *oscore.Operator {
	return &oscore.Operator{Secret: []byte{byte(n), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}
}

// Believed is a key as a device has it.
func Believed(k suit.PublicKey) field.Key {
	b := field.Key{ID: k.ID()}
	copy(b.Point[:], k.X[:])
	copy(b.Point[32:], k.Y[:])
	if k.Development {
		b.Flags = 1
	}
	return b
}

// Net is the way from one client to the device. The zero of what it does to datagrams is nothing.
type Net struct {
	Device *field.Device
	From   byte       // the client
	Random *rand.Rand // nil: nothing is lost
	Lost   int        // of a hundred datagrams
	Twice  int
	Late   int
	late   [][]byte
	Waited time.Duration
	Passed int // datagrams that were to pass
}

func (n *Net) chance(percent int) bool { return n.Random != nil && n.Random.IntN(100) < percent }

// Send implements client.Transport.
func (n *Net) Send(b []byte) error {
	n.Passed++
	if len(n.late) > 0 && n.chance(50) {
		n.Device.Give(n.From, n.late[0])
		n.late = n.late[1:]
	}
	switch {
	case n.chance(n.Lost):
	case n.chance(n.Late):
		n.late = append(n.late, append([]byte(nil), b...))
	case n.chance(n.Twice):
		n.Device.Give(n.From, b)
		n.Device.Give(n.From, b)
	default:
		n.Device.Give(n.From, b)
	}
	return nil
}

// Receive implements client.Transport: what the device has answered, or answers, or sends by itself, as time goes by for it.
func (n *Net) Receive(ctx context.Context, wait time.Duration) ([]byte, error) {
	for waited := time.Duration(0); ctx.Err() == nil; {
		n.Device.Settle()
		switch to, b := n.Device.Take(); {
		case b != nil && to == n.From:
			n.Passed++
			if !n.chance(n.Lost) {
				return b, nil
			}
		case b != nil: // for somebody who does not listen
		case waited >= wait:
			return nil, os.ErrDeadlineExceeded
		default:
			waited += time.Second
			n.Waited += time.Second
			n.Device.Skip(time.Second)
		}
	}
	return nil, ctx.Err()
}

// Close implements client.Transport.
func (n *Net) Close() error { return nil }
