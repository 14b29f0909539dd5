// SPDX-License-Identifier: GPL-2.0-or-later

package oscore

import (
	"errors"
	"testing"

	"github.com/ubench-dev/ubench/deploy/coap"
)

// FuzzUnprotect: whatever comes instead of an answer, without the secret it is none.
func FuzzUnprotect(f *testing.F) {
	f.Add([]byte{}, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{1, 5}, make([]byte, 20))
	f.Add([]byte{0xff}, []byte{})
	f.Fuzz(func(t *testing.T, option, payload []byte) {
		c, err := DevelopmentOperator.Context([]byte("device"), "")
		if err != nil {
			t.Fatal(err)
		}
		_, x, err := c.Protect(&coap.Message{Code: coap.GET})
		if err != nil {
			t.Fatal(err)
		}
		m := &coap.Message{Code: coap.Changed, Payload: payload}
		m.Add(coap.OSCORE, option)
		if got, err := x.Unprotect(m); !errors.Is(err, ErrForged) {
			t.Fatalf("option %x, %x: read as %+v, %v", option, payload, got, err)
		}
	})
}
