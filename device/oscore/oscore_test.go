// SPDX-License-Identifier: GPL-2.0-or-later

package oscore_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/deploy/coap"
	desk "github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/device/oscore"
)

func h(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// pair is a client and a device that share a secret.
func pair(t testing.TB, p desk.Parameters) (*desk.Context, *oscore.Device) {
	t.Helper()
	c, err := desk.New(p)
	if err != nil {
		t.Fatal(err)
	}
	d := oscore.New(oscore.Client{Master: p.Master, Salt: p.Salt, IDContext: p.IDContext, Sender: p.Recipient, Recipient: p.Sender})
	t.Cleanup(d.Close)
	return c, d
}

func parse(t testing.TB, b []byte) *coap.Message {
	t.Helper()
	m, err := coap.Parse(b)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	return m
}

var (
	withSalt    = desk.Parameters{Master: h("0102030405060708090a0b0c0d0e0f10"), Salt: h("9e7ca92223786340"), Recipient: []byte{1}}
	withoutSalt = desk.Parameters{Master: withSalt.Master, Sender: []byte{0}, Recipient: []byte{1}}
	withContext = desk.Parameters{Master: withSalt.Master, Salt: withSalt.Salt, IDContext: h("37cbf3210017a2d3"), Recipient: []byte{1}}
)

// RFC 8613, appendix C.1 to C.3.
func TestVectorsOfKeys(t *testing.T) {
	for _, c := range []struct {
		name             string
		p                desk.Parameters
		client, host, iv string
	}{
		{"C.1", withSalt, "f0910ed7295e6ad4b54fc793154302ff", "ffb14e093c94c9cac9471648b4f98710", "4622d4dd6d944168eefb54987c"},
		{"C.2", withoutSalt, "321b26943253c7ffb6003b0b64d74041", "e57b5635815177cd679ab4bcec9d7dda", "be35ae297d2dace910c52e99f9"},
		{"C.3", withContext, "af2a1300a5e95788b356336eeecd2b92", "e39a0c7c77b43f03b4b39ab9a268699f", "2ca58fb85ff1b81c0b7181b85e"},
	} {
		_, d := pair(t, c.p)
		sender, recipient, iv := d.Keys(0)
		if got := fmt.Sprintf("%x %x %x", recipient, sender, iv); got != c.client+" "+c.host+" "+c.iv {
			t.Errorf("%s: %s, want %s %s %s", c.name, got, c.client, c.host, c.iv)
		}
	}
}

// RFC 8613, appendix C.4 to C.6: what the client makes of a request, and the device of that. Uri-Host is not for the device.
func TestVectorsOfRequests(t *testing.T) {
	for _, c := range []struct {
		name             string
		p                desk.Parameters
		plain, protected string
		device           string
	}{
		{"C.4", withSalt, "44015d1f00003974396c6f63616c686f737483747631", "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e", "44015d1f00003974b3747631"},
		{"C.5", withoutSalt, "440171c30000b932396c6f63616c686f737483747631", "440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0", "440171c30000b932b3747631"},
		{"C.6", withContext, "44012f8eef9bbf7a396c6f63616c686f737483747631", "44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3", "44012f8eef9bbf7ab3747631"},
	} {
		client, d := pair(t, c.p)
		client.Sequence = 20
		out, _, err := client.Protect(parse(t, h(c.plain)))
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Bytes(); !bytes.Equal(got, h(c.protected)) {
			t.Errorf("%s: the client sends\n%x, want\n%s", c.name, got, c.protected)
		}
		got, x, err := d.Unprotect(h(c.protected))
		if err != nil || !bytes.Equal(got, h(c.device)) || !x.Known() {
			t.Errorf("%s: the device reads %x, %v, want %s", c.name, got, err, c.device)
		}
		if _, _, err := d.Unprotect(h(c.protected)); !errors.Is(err, oscore.ErrReplay) {
			t.Errorf("%s: the same again: %v", c.name, err)
		}
	}
}

// RFC 8613, appendix C.7 and C.8: the response to C.4, and one with a number of the device's.
func TestVectorsOfResponses(t *testing.T) {
	const plain = "64455d1f00003974ff48656c6c6f20576f726c6421"
	client, d := pair(t, withSalt)
	client.Sequence = 20
	out, exchange, err := client.Protect(parse(t, h("44015d1f00003974396c6f63616c686f737483747631")))
	if err != nil {
		t.Fatal(err)
	}
	_, x, err := d.Unprotect(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, want string }{
		{"C.7", "64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106"},
		{"C.8", "64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e"}, // a second answer has a number of its own
	} {
		got, err := x.Protect(h(plain), 100)
		if err != nil || !bytes.Equal(got, h(c.want)) {
			t.Errorf("%s: the device sends\n%x, %v, want\n%s", c.name, got, err, c.want)
		}
		m, err := exchange.Unprotect(parse(t, h(c.want)))
		if err != nil || !bytes.Equal(m.Bytes(), h(plain)) {
			t.Errorf("%s: the client reads %+v, %v", c.name, m, err)
		}
	}
}

func request(code coap.Code, path string, payload []byte, options ...coap.Option) *coap.Message {
	m := &coap.Message{Type: coap.Confirmable, Code: code, ID: 0x1234, Token: []byte("token"), Payload: payload, Options: options}
	m.Add(coap.URIPath, []byte(path))
	return m
}

func protect(t testing.TB, c *desk.Context, m *coap.Message) ([]byte, *desk.Exchange) {
	t.Helper()
	out, x, err := c.Protect(m)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), x
}

// Whatever is in a request and in its answer comes through whole, in both directions, and none of it is readable outside.
func TestBothWays(t *testing.T) {
	client, d := pair(t, desk.Parameters{Master: bytes.Repeat([]byte{7}, 16), IDContext: []byte("device 1"), Sender: []byte("client"), Recipient: []byte("device7")})
	for size := 0; size <= 1024; size += 1 + size/3 {
		payload := bytes.Repeat([]byte("payload "), size/8+1)[:size]
		m := request(coap.PUT, "weather", payload, coap.Option{Number: coap.Block1, Value: []byte{0x0e}}, coap.Option{Number: coap.ContentType, Value: []byte{60}},
			coap.Option{Number: coap.Size1, Value: []byte{1, 2, 3}}, coap.Option{Number: coap.Observe, Value: nil})
		datagram, exchange := protect(t, client, m)
		if bytes.Contains(datagram, []byte("weather")) || size > 8 && bytes.Contains(datagram, payload[:8]) {
			t.Fatalf("%d bytes: something is readable in %q", size, datagram)
		}
		plain, x, err := d.Unprotect(datagram)
		if err != nil || !bytes.Equal(plain, m.Bytes()) {
			t.Fatalf("%d bytes: the device reads\n%q, %v, want\n%q", size, plain, err, m.Bytes())
		}
		for _, observe := range [][]byte{nil, {}, {5}, {1, 2, 3}} {
			answer := &coap.Message{Type: coap.Acknowledgement, Code: coap.Content, ID: 0x1234, Token: []byte("token"), Payload: payload}
			if observe != nil {
				answer.Add(coap.Observe, observe)
			}
			answer.Add(coap.ContentType, []byte{60})
			answer.Add(coap.ETag, []byte("etag"))
			bytesOf := answer.Bytes()
			sent, err := x.Protect(bytesOf, len(bytesOf)+24)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(sent, []byte("etag")) || size > 8 && bytes.Contains(sent, payload[:8]) {
				t.Fatalf("%d bytes: something is readable in %q", size, sent)
			}
			back, err := exchange.Unprotect(parse(t, sent))
			if err != nil {
				t.Fatalf("%d bytes, Observe %x: %v", size, observe, err)
			}
			if _, ok := back.Option(coap.Observe); ok != (observe != nil) || back.Code != coap.Content || !bytes.Equal(back.Payload, payload) || back.Type != coap.Acknowledgement {
				t.Fatalf("%d bytes, Observe %x: the client reads %+v", size, observe, back)
			}
			for room := range len(sent) {
				if room < len(bytesOf) {
					continue
				}
				if _, err := x.Protect(bytesOf, room); !errors.Is(err, oscore.ErrRoom) {
					t.Fatalf("%d bytes in room for %d: %v", len(sent), room, err)
				}
			}
		}
	}
}

// A notification that came already, or late, is not taken for news.
func TestNotificationsComeInOrder(t *testing.T) {
	client, d := pair(t, withSalt)
	datagram, exchange := protect(t, client, request(coap.GET, "log", nil, coap.Option{Number: coap.Observe}))
	_, x, err := d.Unprotect(datagram)
	if err != nil {
		t.Fatal(err)
	}
	var sent []*coap.Message
	for i := range 4 {
		n := &coap.Message{Type: coap.NonConfirmable, Code: coap.Content, ID: uint16(i), Token: []byte("token"), Payload: fmt.Append(nil, i)}
		n.Add(coap.Observe, coap.Uint(uint32(i)))
		b, err := x.Protect(n.Bytes(), 100)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, parse(t, b))
	}
	for _, c := range []struct {
		n    int
		want error
	}{{0, nil}, {2, nil}, {1, desk.ErrStale}, {2, desk.ErrStale}, {0, desk.ErrStale}, {3, nil}} {
		if _, err := exchange.Unprotect(sent[c.n]); !errors.Is(err, c.want) {
			t.Errorf("notification %d: %v, want %v", c.n, err, c.want)
		}
	}
}

func TestReplays(t *testing.T) {
	client, d := pair(t, withSalt)
	var sent [][]byte
	for range 100 {
		b, _ := protect(t, client, request(coap.POST, "p", nil))
		sent = append(sent, b)
	}
	come := func(n int, want error) {
		t.Helper()
		if _, _, err := d.Unprotect(sent[n]); !errors.Is(err, want) {
			t.Errorf("request %d: %v, want %v", n, err, want)
		}
	}
	for _, c := range []struct {
		n    int
		want error
	}{
		{0, nil}, {0, oscore.ErrReplay}, {3, nil}, {1, nil}, {1, oscore.ErrReplay}, {2, nil}, {3, oscore.ErrReplay},
		{40, nil}, {8, oscore.ErrReplay}, {9, nil}, {9, oscore.ErrReplay}, {40, oscore.ErrReplay}, {71, nil}, {40, oscore.ErrReplay},
		{41, nil}, {39, oscore.ErrReplay}, {99, nil}, {67, oscore.ErrReplay}, {68, nil}, {98, nil},
	} {
		come(c.n, c.want)
	}
}

// One bit changed anywhere that is protected, and it is refused; a request cut short as well. Neither has any consequence: the
// request itself is accepted afterwards.
func TestDamage(t *testing.T) {
	client, d := pair(t, withContext)
	good, _ := protect(t, client, request(coap.PUT, "weather", []byte("payload")))
	marker := bytes.IndexByte(good[9:], 0xff) + 9
	reasons := map[error]int{}
	for bit := range 8 * len(good) {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		plain, x, err := d.Unprotect(b)
		reasons[err]++
		if err == nil && x.Known() {
			// Head and token are not protected: the message layer is below.
			if bit/8 >= 9 {
				t.Errorf("bit %d of byte %d flipped: read as %q", bit%8, bit/8, plain)
			}
			client.Sequence = 0 // the number is used now; begin anew
			_, d = pair(t, withContext)
		}
	}
	for n := range good {
		if plain, x, err := d.Unprotect(good[:n]); err == nil && x.Known() {
			t.Errorf("%d of %d bytes: read as %q", n, len(good), plain)
		}
	}
	t.Logf("%d bits, of them %d of the ciphertext: %v", 8*len(good), 8*(len(good)-marker-1), reasons)
	if _, _, err := d.Unprotect(good); err != nil {
		t.Errorf("the request itself: %v", err)
	}
}

func TestRefused(t *testing.T) {
	stranger, _ := pair(t, desk.Parameters{Master: bytes.Repeat([]byte{9}, 16), Sender: []byte{}, Recipient: []byte{1}})
	noPIV := request(coap.POST, "p", []byte("0123456789abcdef"))
	for _, c := range []struct {
		name   string
		option []byte
		want   oscore.Error
		answer string
	}{
		{"no option", nil, oscore.ErrPlain, "4.01 not protected"},
		{"empty option", []byte{}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"no number", []byte{0x08}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"no id", []byte{0x01, 5}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"reserved bit", []byte{0x89, 5}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"number of six bytes", []byte{0x0e, 1, 2, 3, 4, 5, 6}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"number longer than the option", []byte{0x0d, 1, 2}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"zeros before the number", []byte{0x0a, 0, 5}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"context longer than the option", []byte{0x19, 5, 9, 1}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"context without its length", []byte{0x19, 5}, oscore.ErrOption, "4.02 Failed to decode COSE"},
		{"an id that is not known", []byte{0x09, 5, 7}, oscore.ErrContext, "4.01 Security context not found"},
		{"another context", []byte{0x19, 5, 1, 7}, oscore.ErrContext, "4.01 Security context not found"},
		{"not encrypted", []byte{0x09, 5}, oscore.ErrDecrypt, "4.00 Decryption failed"},
	} {
		_, d := pair(t, withSalt)
		m := *noPIV
		m.Options = nil
		if c.option != nil {
			m.Add(coap.OSCORE, c.option)
		}
		_, x, err := d.Unprotect(m.Bytes())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
			continue
		}
		a := parse(t, x.Refuse(c.want, 100))
		if got := a.Code.String() + " " + string(a.Payload); got != c.answer || a.Type != coap.Acknowledgement || a.ID != 0x1234 || string(a.Token) != "token" {
			t.Errorf("%s: answered %+v, want %s", c.name, a, c.answer)
		}
		if short := x.Refuse(c.want, 12); len(short) != 0 {
			t.Errorf("%s: in room for 12 bytes: %x", c.name, short)
		}
	}
	_, d := pair(t, withSalt)
	b, _ := protect(t, stranger, request(coap.GET, "p", nil))
	if _, _, err := d.Unprotect(b); !errors.Is(err, oscore.ErrDecrypt) {
		t.Errorf("another secret: %v", err)
	}
	for _, c := range []string{"40000001", "60000001", "70000001", "", "4001", "44450001aabbccdd", "ff"} {
		if b, x, err := d.Unprotect(h(c)); err != nil || x.Known() || !bytes.Equal(b, h(c)) {
			t.Errorf("%q is no request, and is made %x, %v", c, b, err)
		}
	}
}

// After a reset the device does not know which numbers came. A request gets a challenge, and only its echo is believed.
func TestReset(t *testing.T) {
	client, d := pair(t, withSalt)
	d.Keep()
	var before [][]byte
	for range 40 {
		b, _ := protect(t, client, request(coap.POST, "start", nil))
		before = append(before, b)
	}
	for _, b := range before[:20] {
		_, x, err := d.Unprotect(b)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second one uses a number of the device's own
			if _, err := x.Protect((&coap.Message{Type: coap.Acknowledgement, Code: coap.Changed}).Bytes(), 100); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.Reset()

	challenge := func() (echo []byte, echoed *desk.Exchange) {
		t.Helper()
		b, exchange := protect(t, client, request(coap.POST, "start", nil))
		_, x, err := d.Unprotect(b)
		if !errors.Is(err, oscore.ErrFresh) {
			t.Fatalf("the first request after a reset: %v", err)
		}
		a, err := exchange.Unprotect(parse(t, x.Refuse(oscore.ErrFresh, 100)))
		if err != nil || a.Code != coap.Unauthorized {
			t.Fatalf("the challenge: %+v, %v", a, err)
		}
		echo, ok := a.Option(coap.Echo)
		if !ok {
			t.Fatalf("no Echo in %+v", a)
		}
		return echo, exchange
	}
	for _, b := range before {
		if _, x, err := d.Unprotect(b); !errors.Is(err, oscore.ErrFresh) {
			t.Fatalf("a request from before: %v", err)
		} else if len(x.Refuse(oscore.ErrFresh, 100)) == 0 {
			t.Fatal("no challenge")
		}
	}
	first, _ := challenge()
	second, _ := challenge()
	if bytes.Equal(first, second) {
		t.Errorf("two challenges are the same: %x", first)
	}
	for _, echo := range [][]byte{{}, {1}, make([]byte, 5), bytes.Repeat([]byte{0xff}, 5), append([]byte{0}, first...)} {
		b, _ := protect(t, client, request(coap.POST, "start", nil, coap.Option{Number: coap.Echo, Value: echo}))
		if _, _, err := d.Unprotect(b); !errors.Is(err, oscore.ErrFresh) {
			t.Errorf("echo %x: %v", echo, err)
		}
	}
	m := request(coap.POST, "start", []byte("body"), coap.Option{Number: coap.Echo, Value: first}, coap.Option{Number: 258, Value: []byte("after")}, coap.Option{Number: coap.Size1, Value: []byte{1}})
	b, _ := protect(t, client, m)
	plain, _, err := d.Unprotect(b)
	want := request(coap.POST, "start", []byte("body"), coap.Option{Number: 258, Value: []byte("after")}, coap.Option{Number: coap.Size1, Value: []byte{1}})
	if err != nil || !bytes.Equal(plain, want.Bytes()) {
		t.Errorf("the echo of the first challenge: %x, %v, want %x", plain, err, want.Bytes())
	}
	for _, b := range append(before, b) {
		if _, _, err := d.Unprotect(b); !errors.Is(err, oscore.ErrReplay) {
			t.Errorf("a request from before: %v", err)
		}
	}
	b, _ = protect(t, client, request(coap.POST, "start", nil))
	if _, _, err := d.Unprotect(b); err != nil {
		t.Errorf("and the next: %v", err)
	}
}

// No number is used twice, however often power fails; and flash is written once for many.
func TestReservedNumbers(t *testing.T) {
	client, d := pair(t, withSalt)
	d.Keep()
	seen := map[string]bool{}
	datagram, _ := protect(t, client, request(coap.GET, "log", nil))
	notify := func(x *oscore.Exchange) error {
		n := &coap.Message{Type: coap.NonConfirmable, Code: coap.Content, Token: []byte("token")}
		n.Add(coap.Observe, nil)
		b, err := x.Protect(n.Bytes(), 100)
		if err != nil {
			return err
		}
		value, _ := parse(t, b).Option(coap.OSCORE)
		if seen[string(value)] {
			t.Fatalf("number %x is used twice", value)
		}
		seen[string(value)] = true
		return nil
	}
	for _, count := range []int{1, 3, oscore.Reserve, oscore.Reserve + 1, 2} {
		_, x, _ := d.Unprotect(datagram)
		if !x.Known() {
			t.Fatal("the request is not known")
		}
		before := d.Writes()
		for range count {
			if err := notify(x); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := d.Writes()-before, (count+oscore.Reserve-1)/oscore.Reserve; got != want {
			t.Errorf("%d numbers: %d writes, want %d", count, got, want)
		}
		d.Reset()
	}
	_, x, _ := d.Unprotect(datagram)
	d.FlashFails()
	if err := notify(x); !errors.Is(err, oscore.ErrSequence) {
		t.Errorf("flash that fails: %v", err)
	}
	if a := parse(t, x.Refuse(oscore.ErrFresh, 100)); a.Code.String() != "5.03" {
		t.Errorf("a challenge without numbers: %+v", a)
	}
	d.SetSequence(1 << 40)
	if err := notify(x); !errors.Is(err, oscore.ErrSequence) {
		t.Errorf("the last number: %v", err)
	}
}
