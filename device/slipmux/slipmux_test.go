// SPDX-License-Identifier: GPL-2.0-or-later

package slipmux_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/device/slipmux"
)

func read(t testing.TB, most int, b []byte) string {
	t.Helper()
	r := slipmux.NewReader(most)
	defer r.Close()
	var found []string
	r.Read(b, func(k slipmux.Kind, p []byte) {
		found = append(found, fmt.Sprintf("%s %x", map[slipmux.Kind]string{slipmux.Text: "text", slipmux.CoAP: "coap", slipmux.IP: "ip"}[k], p))
	})
	return strings.Join(found, "; ")
}

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    slipmux.Kind
		payload string
		want    string // on the line; empty: whatever, but it comes back
	}{
		{"text", slipmux.Text, "6869", "c00a6869c0"},
		{"text with both special bytes", slipmux.Text, "c0db", "c00adbdcdbddc0"},
		{"IPv4", slipmux.IP, "4500c0", "c04500dbdcc0"},
		{"IPv6", slipmux.IP, "60", "c060c0"},
		{"empty message", slipmux.CoAP, "", ""},
		{"ping", slipmux.CoAP, "40000001", ""},
	} {
		payload, err := hex.DecodeString(c.payload)
		if err != nil {
			t.Fatal(err)
		}
		line := slipmux.Frame(c.kind, payload)
		if got := hex.EncodeToString(line); c.want != "" && got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		want := strings.TrimSuffix(map[slipmux.Kind]string{slipmux.Text: "text", slipmux.CoAP: "coap", slipmux.IP: "ip"}[c.kind]+" "+c.payload, "x")
		if got := read(t, 16, line); got != want {
			t.Errorf("%s comes back as %q, want %q", c.name, got, want)
		}
	}
}

// The checksum is the one of RFC 1662, whose value over the digits 1 to 9 is known (CRC-16/X-25: 906e), here behind 0xa9.
func TestChecksum(t *testing.T) {
	reference := func(b []byte) uint16 { // bit by bit, most significant first, as the standard of X.25 has it
		sum := uint16(0xffff)
		for _, x := range b {
			for bit := range 8 {
				in := uint16(x>>bit&1) ^ sum>>15
				sum <<= 1
				if in != 0 {
					sum ^= 0x1021
				}
			}
		}
		var reflected uint16
		for bit := range 16 {
			reflected |= sum >> bit & 1 << (15 - bit)
		}
		return ^reflected
	}
	if got := reference([]byte("123456789")); got != 0x906e {
		t.Fatalf("the reference itself is wrong: %#x", got)
	}
	message := []byte{0x40, 1, 0, 9}
	sum := reference(append([]byte{0xa9}, message...))
	want := append(append([]byte{0xc0, 0xa9}, message...), byte(sum), byte(sum>>8), 0xc0)
	if got := slipmux.Frame(slipmux.CoAP, message); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestDamage(t *testing.T) {
	good := slipmux.Frame(slipmux.CoAP, []byte{0x40, 0, 0, 1})
	const coap = "coap 40000001"
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, c := range []struct {
		name string
		line []byte
		want string
	}{
		{"noise before", join([]byte("start\r\n"), good), coap},
		{"noise between", join(good, []byte{0x13, 0xdb, 0x13}, good), coap + "; " + coap},
		{"one end for two frames", join(good[:len(good)-1], good), coap + "; " + coap},
		{"ends only", []byte{0xc0, 0xc0, 0xc0, 0xc0}, ""},
		{"cut off, then whole", join(good[:5], good), coap},
		{"cut off in an escape", join([]byte{0xc0, 0x0a, 0xdb}, good), coap},
		{"escape of nothing", join([]byte{0xc0, 0x0a, 0xdb, 0x41, 0xc0}, good), coap},
		{"unknown kind", join([]byte{0xc0, 0x99, 1, 2, 3, 0xc0}, good), coap},
		{"message without a checksum", join([]byte{0xc0, 0xa9, 0xc0, 0xa9, 1, 0xc0}, good), coap},
		{"too long", join(slipmux.Frame(slipmux.Text, bytes.Repeat([]byte{'x'}, 100)), good), coap},
		{"as long as can be", slipmux.Frame(slipmux.CoAP, bytes.Repeat([]byte{0xc0}, 16)), "coap " + strings.Repeat("c0", 16)},
		{"one more", slipmux.Frame(slipmux.CoAP, bytes.Repeat([]byte{0xc0}, 17)), ""},
	} {
		if got := read(t, 16, c.line); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	// Every single bit that changes within the message is noticed.
	for bit := range 8 * (len(good) - 2) {
		bad := bytes.Clone(good)
		bad[1+bit/8] ^= 1 << (bit % 8)
		if got := read(t, 16, bad); strings.Contains(got, "coap") {
			t.Errorf("bit %d was changed, and it came as %q", bit, got)
		}
	}
}

// FuzzLine: whatever was on the line before, a message that follows arrives.
func FuzzLine(f *testing.F) {
	f.Add([]byte{}, []byte{0x40, 0, 0, 1})
	f.Add([]byte{0xc0, 0xdb}, []byte{0xc0, 0xdb})
	f.Add(slipmux.Frame(slipmux.Text, []byte("hello")), []byte{})
	f.Fuzz(func(t *testing.T, noise, message []byte) {
		r := slipmux.NewReader(64)
		defer r.Close()
		r.Read(noise, func(slipmux.Kind, []byte) {})
		var last []byte
		came := false
		r.Read(slipmux.Frame(slipmux.CoAP, message), func(k slipmux.Kind, b []byte) { last, came = b, k == slipmux.CoAP })
		if came != (len(message) <= 64) || came && !bytes.Equal(last, message) {
			t.Fatalf("after %x: %x came as %x, %v", noise, message, last, came)
		}
	})
}
