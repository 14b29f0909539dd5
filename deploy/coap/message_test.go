// SPDX-License-Identifier: GPL-2.0-or-later

package coap

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		hex string
		ok  bool
	}{
		{"40000001", true}, {"44015d1f00003974396c6f63616c686f737483747631", true}, {"64455d1f00003974ff48656c6c6f", true},
		{"", false}, {"400000", false}, {"80000001", false}, {"4900000100", false}, {"4201000101", false}, {"4000000100", false},
		{"40010001ff", false}, {"40010001f0", false}, {"400100010f", false}, {"40010001d0", false}, {"40010001e000", false}, {"40010001b370", false},
		{"40010001e0ffff" + "e0ffff", false},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(b)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.hex, err)
		}
		if err == nil && !bytes.Equal(m.Bytes(), b) {
			t.Errorf("%s is written %x", c.hex, m.Bytes())
		}
	}
}

// FuzzParse: whatever a device answers is refused, or a message that is read the same when it is written again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"40000001", "44015d1f00003974396c6f63616c686f737483747631", "64455d1f00003974ff48656c6c6f", "40010001d1f0001122"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(m.Bytes())
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%x is %+v, and %+v when it is read again: %v", b, m, again, err)
		}
	})
}
