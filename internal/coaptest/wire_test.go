// SPDX-License-Identifier: GPL-2.0-or-later

package coaptest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/coder"
)

var (
	alice = netip.MustParseAddrPort("192.0.2.1:5000")
	bob   = netip.MustParseAddrPort("192.0.2.2:5000")
)

// say sends a message and tells what came back: type, code, options that matter, payload.
func say(t testing.TB, d *Device, from netip.AddrPort, b []byte, now time.Duration) string {
	t.Helper()
	var lines []string
	for _, m := range d.Receive(from, b, now) {
		if m.To != from {
			t.Errorf("an answer to %v went to %v", from, m.To)
		}
		lines = append(lines, describe(t, m.Bytes))
	}
	return strings.Join(lines, "; ")
}

func describe(t testing.TB, b []byte) string {
	t.Helper()
	var m message.Message
	m.Options = make(message.Options, 0, 32)
	if _, err := coder.DefaultCoder.Decode(b, &m); err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	s := fmt.Sprintf("%s %d.%02d", [...]string{"CON", "NON", "ACK", "RST"}[m.Type], m.Code>>5, m.Code&31)
	for _, o := range m.Options {
		switch o.ID {
		case message.Block1, message.Block2:
			v, err := m.Options.GetUint32(o.ID)
			if err != nil {
				t.Fatal(err)
			}
			s += fmt.Sprintf(" block%d=%d/%d/%d", map[message.OptionID]int{message.Block1: 1, message.Block2: 2}[o.ID], v>>4, v>>3&1, 16<<(v&7))
		case message.Observe:
			s += " observe"
		case message.LocationPath:
			s += " location=" + string(o.Value)
		}
	}
	if len(m.Payload) > 0 && len(m.Payload) < 40 {
		s += " " + string(m.Payload)
	} else if len(m.Payload) > 0 {
		s += fmt.Sprintf(" %d bytes", len(m.Payload))
	}
	return s
}

type option struct {
	id    message.OptionID
	value any
}

// ask writes a message with the other implementation.
func ask(t testing.TB, kind message.Type, id int, code codes.Code, path string, payload []byte, options ...option) []byte {
	t.Helper()
	m := message.Message{Type: kind, MessageID: int32(id), Code: code, Token: message.Token{1, 2}, Payload: payload}
	buf := make([]byte, 512)
	used := 0
	if path != "" {
		o, n, err := m.Options.SetPath(buf, path)
		if err != nil {
			t.Fatal(err)
		}
		m.Options, used = o, n
	}
	for _, x := range options {
		value, ok := x.value.([]byte)
		if !ok {
			n, err := message.EncodeUint32(buf[used:], uint32(x.value.(int)))
			if err != nil {
				t.Fatal(err)
			}
			value = buf[used : used+n]
			used += n
		}
		m.Options = m.Options.Add(message.Option{ID: x.id, Value: value})
	}
	out := make([]byte, 2048)
	n, err := coder.DefaultCoder.Encode(m, out)
	if err != nil {
		t.Fatal(err)
	}
	return out[:n]
}

func block(number, more, size int) int {
	szx := 0
	for 16<<szx < size {
		szx++
	}
	return number<<4 | more<<3 | szx
}

func TestAnswers(t *testing.T) {
	const con, non = message.Confirmable, message.NonConfirmable
	kilobyte := make([]byte, 1024)
	for _, c := range []struct {
		name    string
		request []byte
		want    string
	}{
		{"get", ask(t, con, 1, codes.GET, "/hello", nil), "ACK 2.05 hello"},
		{"get, not confirmable", ask(t, non, 1, codes.GET, "/hello", nil), "NON 2.05 hello"},
		{"a name", ask(t, con, 1, codes.GET, "/names/x", nil), "ACK 2.05 x"},
		{"no name", ask(t, con, 1, codes.GET, "/names", nil), "ACK 4.04"},
		{"below a name", ask(t, con, 1, codes.GET, "/names/x/y", nil), "ACK 4.04"},
		{"root", ask(t, con, 1, codes.GET, "", nil), "ACK 4.04"},
		{"part of a name", ask(t, con, 1, codes.GET, "/hell", nil), "ACK 4.04"},
		{"longer name", ask(t, con, 1, codes.GET, "/hellos", nil), "ACK 4.04"},
		{"deep", ask(t, con, 1, codes.GET, "/a/b/c/d/e/f/g/h", nil), "ACK 4.04"},
		{"method", ask(t, con, 1, codes.PUT, "/hello", nil), "ACK 4.05"},
		{"unknown method", ask(t, con, 1, 31, "/hello", nil), "ACK 4.05"},
		{"created", ask(t, con, 1, codes.POST, "/made", nil), "ACK 2.01 location=names location=seven"},
		{"refused with text", ask(t, con, 1, codes.GET, "/refuse", nil), "ACK 4.22 no"},
		{"refused in the first block", ask(t, con, 1, codes.PUT, "/refuse", kilobyte, option{message.Block1, block(0, 1, 1024)}), "ACK 4.22 block1=0/1/512 no"},
		{"a handler that does nothing", ask(t, con, 1, codes.GET, "/broken", nil), "ACK 5.00"},
		{"accept", ask(t, con, 1, codes.GET, "/hello", nil, option{message.Accept, 60}), "ACK 4.06"},
		{"format", ask(t, con, 1, codes.PUT, "/store", []byte("x"), option{message.ContentFormat, 60}), "ACK 4.15"},
		{"critical option", ask(t, con, 1, codes.GET, "/hello", nil, option{13, 0}), "ACK 4.02"},
		{"critical option, not confirmable", ask(t, non, 1, codes.GET, "/hello", nil, option{13, 0}), ""},
		{"elective option", ask(t, con, 1, codes.GET, "/hello", nil, option{258, 0}), "ACK 2.05 hello"},
		{"proxy", ask(t, con, 1, codes.GET, "/hello", nil, option{message.ProxyURI, []byte("coap://x")}), "ACK 5.05"},
		{"if-match", ask(t, con, 1, codes.PUT, "/store", nil, option{message.IfMatch, []byte("x")}), "ACK 4.12 it has changed"},
		{"if-match of anything", ask(t, con, 1, codes.PUT, "/store", nil, option{message.IfMatch, []byte{}}), "ACK 2.04"},
		{"if-match of what is there", ask(t, con, 1, codes.PUT, "/store", nil, option{message.IfMatch, []byte{1, 2, 3, 4}}, option{message.IfMatch, []byte{0x81, 0x1c, 0x9d, 0xc5}}), "ACK 2.04"},
		{"if-none-match", ask(t, con, 1, codes.PUT, "/store", nil, option{message.IfNoneMatch, []byte{}}), "ACK 4.12 it has changed"},
		{"if-none-match, and there is none", ask(t, con, 1, codes.PUT, "/refuse", nil, option{message.IfNoneMatch, []byte{}}), "ACK 4.22 no"},
		{"filter by type", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("rt=tests.*")}), `ACK 2.05 </slow>;rt="tests.slow other";if=sensor`},
		{"filter by the second of two types", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("rt=other")}), `ACK 2.05 </slow>;rt="tests.slow other";if=sensor`},
		{"filter by half a type", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("rt=tests")}), "ACK 2.05"},
		{"filter by interface", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("if=sensor")}), `ACK 2.05 </slow>;rt="tests.slow other";if=sensor`},
		{"filter by path", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("href=/b*")}), "ACK 2.05 </big>;ct=42,</broken>"},
		{"filter by format", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("ct=42")}), "ACK 2.05 </big>;ct=42,</store>;ct=42"},
		{"filter that is none", ask(t, con, 1, codes.GET, "/.well-known/core", nil, option{message.URIQuery, []byte("rt")}), "ACK 2.05"},
		{"nobody known", ask(t, con, 1, codes.GET, "/secret", nil), "ACK 4.01 only with OSCORE and a known key"},
		{"protected by nobody known", ask(t, con, 1, codes.POST, "/", []byte{9, 1, 1, 1, 1}, option{9, 0}), "ACK 4.01"},
		{"protected nonsense", ask(t, con, 1, codes.POST, "/", []byte{1, 2, 0xf1}, option{9, 0}), ""},
		{"accept twice", ask(t, con, 1, codes.GET, "/hello", nil, option{message.Accept, 0}, option{message.Accept, 0}), "ACK 4.02"},
		{"block", ask(t, con, 1, codes.GET, "/big", nil, option{message.Block2, block(3, 0, 64)}), "ACK 2.05 block2=3/1/64 64 bytes"},
		{"block larger than ours", ask(t, con, 1, codes.GET, "/big", nil, option{message.Block2, block(2, 0, 1024)}), "ACK 2.05 block2=4/1/512 512 bytes"},
		{"last block", ask(t, con, 1, codes.GET, "/big", nil, option{message.Block2, block(19, 0, 512)}), "ACK 2.05 block2=19/0/512 279 bytes"},
		{"block behind the end", ask(t, con, 1, codes.GET, "/big", nil, option{message.Block2, block(20, 0, 512)}), "ACK 4.00"},
		{"block far behind the end", ask(t, con, 1, codes.GET, "/big", nil, option{message.Block2, 0xffffe6}), "ACK 4.00"},
		{"reserved size", ask(t, con, 1, codes.GET, "/big", nil, option{message.Block2, 7}), "ACK 4.00"},
		{"no block asked", ask(t, con, 1, codes.GET, "/big", nil), "ACK 2.05 block2=0/1/512 512 bytes"},
		{"upload from the middle", ask(t, con, 1, codes.PUT, "/store", kilobyte, option{message.Block1, block(1, 1, 1024)}), "ACK 4.08 block1=1/1/512 not the block that comes next"},
		{"short block", ask(t, con, 1, codes.PUT, "/store", kilobyte[:1000], option{message.Block1, block(0, 1, 1024)}), "ACK 4.00"},
		{"long block", ask(t, con, 1, codes.PUT, "/store", kilobyte[:65], option{message.Block1, block(0, 0, 64)}), "ACK 4.00"},
		{"block with get", ask(t, con, 1, codes.GET, "/store", nil, option{message.Block1, block(0, 0, 64)}), "ACK 4.02"},
		{"too large", ask(t, con, 1, codes.PUT, "/store", kilobyte, option{message.Block1, block(0, 1, 1024)}, option{message.Size1, StoreBytes + 1}), "ACK 4.13 block1=0/1/512"},
		{"second block of what POST answers", ask(t, con, 1, codes.POST, "/counter", nil, option{message.Block2, block(1, 0, 64)}), "ACK 4.02"},
		{"ping", []byte{0x40, 0, 0, 9}, "RST 0.00"},
		{"pong", []byte{0x70, 0, 0, 9}, ""},
		{"answer to nothing", []byte{0x40, 0x45, 0, 9}, "RST 0.00"},
		{"answer to nothing, not confirmable", []byte{0x50, 0x45, 0, 9}, ""},
		{"version 2", []byte{0x80, 1, 0, 9}, ""},
		{"three bytes", []byte{0x40, 1, 0}, ""},
		{"nothing", nil, ""},
		{"token of nine", []byte{0x49, 1, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "RST 0.00"},
		{"token cut off", []byte{0x42, 1, 0, 9, 1}, "RST 0.00"},
		{"empty with a token", []byte{0x41, 0, 0, 9, 1}, "RST 0.00"},
		{"marker without payload", []byte{0x40, 1, 0, 9, 0xff}, "RST 0.00"},
		{"option cut off", []byte{0x40, 1, 0, 9, 0xb5, 'h'}, "RST 0.00"},
		{"reserved length", []byte{0x40, 1, 0, 9, 0xbf, 'h'}, "RST 0.00"},
		{"reserved delta", []byte{0x40, 1, 0, 9, 0xf0, 0}, "RST 0.00"},
		{"option above 65535", []byte{0x40, 1, 0, 9, 0xe0, 0xff, 0xff, 0xe0, 0xff, 0xff}, "RST 0.00"},
		{"malformed, not confirmable", []byte{0x50, 1, 0, 9, 0xff}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := New(512)
			defer d.Close()
			if got := say(t, d, alice, c.request, time.Second); got != c.want {
				t.Errorf("%s\n got %q\nwant %q", hex.EncodeToString(c.request), got, c.want)
			}
		})
	}
}

// A guard opens what it protects, once, and what is answered is protected.
func TestGuard(t *testing.T) {
	d := New(64)
	defer d.Close()
	inner := append([]byte{1}, ask(t, message.Confirmable, 0, codes.GET, "/secret", nil)[6:]...) // code and options
	for i := range inner {
		inner[i]++
	}
	request := ask(t, message.Confirmable, 5, codes.POST, "/", append([]byte{2}, inner...), option{9, 0})
	first := d.Receive(alice, request, time.Second)
	if len(first) != 1 {
		t.Fatalf("answers %x", first)
	}
	_, payload, _ := bytes.Cut(first[0].Bytes, []byte{0xff})
	if payload[0] != 2 {
		t.Errorf("bound to %d", payload[0])
	}
	for i := range payload {
		payload[i]--
	}
	if !bytes.HasSuffix(payload, []byte("\xfffor 2")) {
		t.Errorf("answer %x", payload)
	}
	again := d.Receive(alice, request, 2*time.Second)
	for i := range payload {
		payload[i]++
	}
	if len(again) != 1 || !bytes.Equal(again[0].Bytes, first[0].Bytes) {
		t.Errorf("again: %x, first %x", again, first)
	}
	twice := []byte{2, 1 + 1, 0x90 + 1} // an OSCORE option within
	if got := say(t, d, alice, ask(t, message.Confirmable, 6, codes.POST, "/", twice, option{9, 0}), time.Second); !strings.HasPrefix(got, "ACK 4.02") {
		t.Errorf("protected twice: %q", got)
	}
}

func TestLater(t *testing.T) {
	request := ask(t, message.Confirmable, 7, codes.POST, "/slow", nil)
	lines := func(out []Datagram) string {
		var all []string
		for _, m := range out {
			all = append(all, describe(t, m.Bytes))
		}
		return strings.Join(all, "; ")
	}
	check := func(what string, out []Datagram, want string) {
		t.Helper()
		if got := lines(out); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	d := New(64)
	defer d.Close()
	now := time.Second
	check("request", d.Receive(alice, request, now), "")
	check("again", d.Receive(alice, request, now), "")
	check("soon", d.Finish(now), "ACK 2.04 at last")
	check("again after its answer", d.Receive(alice, request, now), "ACK 2.04 at last")
	check("finished twice", d.Finish(now), "")

	request = ask(t, message.Confirmable, 8, codes.POST, "/slow", nil)
	check("another", d.Receive(alice, request, now), "")
	now += Patience
	out, _ := d.Step(now)
	check("acknowledged", out, "ACK 0.00")
	check("again", d.Receive(alice, request, now), "ACK 0.00")
	answer := d.Finish(now)
	check("late", answer, "CON 2.04 at last")
	_, next := d.Step(now)
	out, _ = d.Step(next)
	check("not confirmed", out, "CON 2.04 at last")
	d.Receive(alice, []byte{0x60, 0, answer[0].Bytes[2], answer[0].Bytes[3]}, now)
	if out, next := d.Step(time.Hour); len(out) != 0 || next != 0 {
		t.Errorf("confirmed, and then %q at %v", lines(out), next)
	}
	if d.Posted() != 2 {
		t.Errorf("done %d times, want 2", d.Posted())
	}

	request = ask(t, message.NonConfirmable, 9, codes.POST, "/slow", nil)
	check("not confirmable", d.Receive(alice, request, now), "")
	d.Step(now + Patience)
	check("its answer", d.Finish(now), "NON 2.04 at last")

	for id := range 4 {
		check("waits", d.Receive(alice, ask(t, message.Confirmable, 100+id, codes.POST, "/slow", nil), now), "")
	}
	check("too many", d.Receive(alice, ask(t, message.Confirmable, 110, codes.POST, "/slow", nil), now), "ACK 5.03")
	// Nobody confirms: so many times, then the place is free.
	d.Step(now + Patience)
	d.Finish(now + Patience)
	for range 10 {
		now += time.Minute
		d.Step(now)
	}
	check("free again", d.Receive(alice, ask(t, message.Confirmable, 111, codes.POST, "/slow", nil), now), "")
}

// An answer of POST that is longer than a block: it is done once, whatever is asked of its answer.
func TestLongAnswerOfPost(t *testing.T) {
	d := New(1024)
	defer d.Close()
	for i, want := range []string{"ACK 2.04 block2=0/1/1024 1024 bytes", "ACK 2.04 block2=1/0/1024 476 bytes"} {
		b := ask(t, message.Confirmable, 20+i, codes.POST, "/long", nil, option{message.Block2, block(i, 0, 1024)})
		if got := say(t, d, alice, b, time.Second); got != want {
			t.Errorf("block %d: %q, want %q", i, got, want)
		}
	}
	if d.Posted() != 1 {
		t.Errorf("done %d times", d.Posted())
	}
}

func TestDoneOnce(t *testing.T) {
	d := New(512)
	defer d.Close()
	post := ask(t, message.Confirmable, 7, codes.POST, "/counter", nil)
	now := time.Second
	first := d.Receive(alice, post, now)
	again := d.Receive(alice, post, now+Exchange-time.Second)
	if len(first) != 1 || len(again) != 1 || !bytes.Equal(first[0].Bytes, again[0].Bytes) || d.Posted() != 1 {
		t.Errorf("answers %x and %x, done %d times", first, again, d.Posted())
	}
	d.Receive(bob, post, now) // a request of someone else
	if d.Posted() != 2 {
		t.Errorf("done %d times, want 2: the same number of another endpoint is another request", d.Posted())
	}
	d.Receive(alice, post, now+2*Exchange) // a number that may be used again
	if d.Posted() != 3 {
		t.Errorf("done %d times, want 3: the number is free again", d.Posted())
	}
	for id := range 1000 { // the oldest give way, whatever comes
		d.Receive(alice, ask(t, message.NonConfirmable, 1000+id, codes.POST, "/counter", nil), now+2*Exchange)
	}
	if d.Posted() != 1003 {
		t.Errorf("done %d times, want 1003", d.Posted())
	}
}

func TestUploads(t *testing.T) {
	d := New(64)
	defer d.Close()
	body := make([]byte, 64*3+10)
	for i := range body {
		body[i] = byte(i)
	}
	id := 0
	now := time.Second
	put := func(from netip.AddrPort, number, more int, want string) {
		t.Helper()
		id++
		b := ask(t, message.Confirmable, id, codes.PUT, "/store", body[number*64:min(number*64+64, len(body))],
			option{message.Block1, block(number, more, 64)})
		if got := say(t, d, from, b, now); got != want {
			t.Errorf("block %d: %q, want %q", number, got, want)
		}
	}
	put(alice, 0, 1, "ACK 2.31 block1=0/1/64")
	put(alice, 1, 1, "ACK 2.31 block1=1/1/64")
	put(bob, 0, 1, "ACK 5.03 another transfer is going on")
	put(bob, 2, 1, "ACK 5.03 another transfer is going on")
	put(alice, 3, 0, "ACK 4.08 block1=3/0/64 not the block that comes next")
	put(alice, 2, 1, "ACK 2.31 block1=2/1/64")
	put(alice, 1, 1, "ACK 2.31 block1=1/1/64") // again, as a new message
	plain := ask(t, message.Confirmable, 100, codes.PUT, "/store", []byte("bob's"))
	if got := say(t, d, bob, plain, now); got != "ACK 5.03 another transfer is going on" {
		t.Errorf("a second writer: %q", got)
	}
	if got := say(t, d, bob, ask(t, message.Confirmable, 101, codes.POST, "/counter", nil), now); got != "ACK 2.04" {
		t.Errorf("another resource meanwhile: %q", got)
	}
	if len(d.Stored()) != 0 {
		t.Error("half a body is there")
	}
	put(alice, 3, 0, "ACK 2.04 block1=3/0/64")
	if !bytes.Equal(d.Stored(), body) {
		t.Errorf("stored %x", d.Stored())
	}
	put(alice, 3, 0, "ACK 4.08 block1=3/0/64 not the block that comes next")
	// One that was given up gives way.
	put(alice, 0, 1, "ACK 2.31 block1=0/1/64")
	now += Upload
	put(bob, 0, 1, "ACK 2.31 block1=0/1/64")
	put(alice, 1, 1, "ACK 5.03 another transfer is going on")
	// And one begins anew where its own client wants it.
	put(bob, 0, 1, "ACK 2.31 block1=0/1/64")
	put(bob, 1, 1, "ACK 2.31 block1=1/1/64")
}

func TestObservers(t *testing.T) {
	d := New(512)
	defer d.Close()
	now := time.Second
	observe := func(from netip.AddrPort, value int, want string) {
		t.Helper()
		b := ask(t, message.Confirmable, 1, codes.GET, "/counter", nil, option{message.Observe, value})
		if got := say(t, d, from, b, now); got != want {
			t.Errorf("observe=%d: %q, want %q", value, got, want)
		}
	}
	var last []byte
	step := func(want string) time.Duration {
		t.Helper()
		out, next := d.Step(now)
		var lines []string
		for _, m := range out {
			last = m.Bytes
			lines = append(lines, describe(t, m.Bytes))
		}
		if got := strings.Join(lines, "; "); got != want {
			t.Errorf("at %v: %q, want %q", now, got, want)
		}
		return next
	}
	reply := func(kind byte) { d.Receive(alice, []byte{0x40 | kind<<4, 0, last[2], last[3]}, now) }

	observe(alice, 0, "ACK 2.05 observe 0")
	step("")
	d.Count()
	step("NON 2.05 observe 1")
	now += Pace
	d.Count()
	d.Count()
	step("NON 2.05 observe 3")
	d.Count()
	step("CON 2.05 observe 4") // too soon to go unconfirmed
	d.Count()
	step("") // waits until that is confirmed
	reply(2)
	step("CON 2.05 observe 5")
	// Nobody there: so many times with longer pauses, then forgotten.
	for range 4 {
		now = step("")
		step("CON 2.05 observe 5")
	}
	now = step("")
	if next := step(""); next != 0 {
		t.Errorf("wants to be asked again at %v", next)
	}
	d.Count()
	step("")

	// A reset ends it, and so does the client's wish.
	observe(alice, 0, "ACK 2.05 observe 6")
	d.Count()
	step("NON 2.05 observe 7")
	reply(3)
	d.Count()
	step("")
	observe(alice, 0, "ACK 2.05 observe 8")
	observe(alice, 1, "ACK 2.05 8")
	d.Count()
	step("")
	// Now and then one is confirmable, even if there is little to tell.
	observe(alice, 0, "ACK 2.05 observe 9")
	now += Probe
	d.Count()
	step("CON 2.05 observe 10")
	reply(2)
	// There is room for four; the fifth gets its answer and no more.
	for port := range uint16(3) {
		observe(netip.AddrPortFrom(bob.Addr(), port), 0, "ACK 2.05 observe 10")
	}
	observe(bob, 0, "ACK 2.05 10")
}

func TestETag(t *testing.T) {
	d := New(512)
	defer d.Close()
	first := d.Receive(alice, ask(t, message.Confirmable, 1, codes.GET, "/counter", nil), time.Second)
	m := message.Message{Options: make(message.Options, 0, 16)}
	if _, err := coder.DefaultCoder.Decode(first[0].Bytes, &m); err != nil {
		t.Fatal(err)
	}
	tag, err := m.Options.GetBytes(message.ETag)
	if err != nil {
		t.Fatal(err)
	}
	valid := ask(t, message.Confirmable, 2, codes.GET, "/counter", nil, option{message.ETag, tag})
	if got := say(t, d, alice, valid, time.Second); got != "ACK 2.03" {
		t.Errorf("unchanged: %q", got)
	}
	d.Count()
	if got := say(t, d, alice, valid, time.Second); got != "ACK 2.05 1" {
		t.Errorf("changed: %q", got)
	}
}

// FuzzServer: whatever comes, in whatever order, the server answers in messages that another implementation reads.
func FuzzServer(f *testing.F) {
	for _, b := range [][]byte{
		ask(f, message.Confirmable, 1, codes.GET, "/.well-known/core", nil),
		ask(f, message.Confirmable, 1, codes.GET, "/big", nil, option{message.Block2, block(3, 0, 64)}),
		ask(f, message.NonConfirmable, 1, codes.GET, "/counter", nil, option{message.Observe, 0}),
		ask(f, message.Confirmable, 1, codes.PUT, "/store", make([]byte, 64), option{message.Block1, block(0, 1, 64)}),
		{0x40, 0, 0, 9},
	} {
		f.Add(append([]byte{byte(len(b))}, b...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := New(64)
		defer d.Close()
		now := time.Second
		for len(data) > 1 {
			n := min(int(data[0]), len(data)-1)
			from := alice
			if n&1 != 0 {
				from = bob
			}
			out := d.Receive(from, data[1:1+n], now)
			data = data[1+n:]
			if n%8 == 0 {
				d.Count()
			}
			due, _ := d.Step(now)
			for _, m := range append(out, due...) {
				describe(t, m.Bytes)
			}
			now += time.Duration(n) * 100 * time.Millisecond
		}
	})
}
