// SPDX-License-Identifier: GPL-2.0-or-later

package coaptest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"
)

// serve starts a device on a port of the loopback.
func serve(t *testing.T, block int) (*Device, string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	d := New(block)
	done := make(chan error)
	go func() { done <- d.Serve(conn) }()
	t.Cleanup(func() {
		conn.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		d.Close()
	})
	return d, conn.LocalAddr().String()
}

func bigBody() []byte {
	b := make([]byte, BigBytes)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// libcoap runs coap-client of libcoap3-bin.
func libcoap(t *testing.T, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("coap-client-notls")
	if err != nil {
		t.Skip("coap-client-notls is not installed (Debian libcoap3-bin)")
	}
	out, err := exec.CommandContext(patience(t), tool, append([]string{"-B", "60"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("coap-client %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

const links = `</hello>;rt="test";ct=0,</big>;ct=42,</store>;ct=42,</counter>;obs;ct=0,</refuse>,</made>,</slow>;rt="tests.slow other";if=sensor,</long>,</broken>`

func TestLibcoap(t *testing.T) {
	for _, size := range []int{16, 64, 1024} {
		t.Run(fmt.Sprintf("blocks of %d", size), func(t *testing.T) {
			d, addr := serve(t, size)
			base := "coap://" + addr
			dir := t.TempDir()
			got, body := filepath.Join(dir, "got"), filepath.Join(dir, "body")

			if out := libcoap(t, "-m", "get", base+"/.well-known/core"); out != links {
				t.Errorf("resources %q, want %q", out, links)
			}
			libcoap(t, "-m", "get", "-o", got, base+"/big")
			if b, err := os.ReadFile(got); err != nil || !bytes.Equal(b, bigBody()) {
				t.Errorf("%d bytes came, %v", len(b), err)
			}
			want := bytes.Repeat([]byte("0123456789abcdef!"), 299)
			if err := os.WriteFile(body, want, 0o600); err != nil {
				t.Fatal(err)
			}
			libcoap(t, "-m", "put", "-t", "42", "-b", fmt.Sprint(size), "-f", body, base+"/store")
			if !bytes.Equal(d.Stored(), want) {
				t.Errorf("%d bytes were stored, want %d", len(d.Stored()), len(want))
			}
			if out := libcoap(t, "-m", "get", base+"/nowhere"); !strings.HasPrefix(out, "4.04") {
				t.Errorf("no such resource: %q", out)
			}
			if out := libcoap(t, "-m", "put", "-e", "x", base+"/refuse"); !strings.HasPrefix(out, "4.22") || !strings.HasSuffix(out, "no") {
				t.Errorf("refusal: %q", out)
			}
			if err := os.WriteFile(body, make([]byte, StoreBytes+1), 0o600); err != nil {
				t.Fatal(err)
			}
			if out := libcoap(t, "-m", "put", "-t", "42", "-b", "1024", "-f", body, base+"/store"); !strings.HasPrefix(out, "4.13") {
				t.Errorf("a body that is too large: %q", out)
			}
		})
	}
}

func dial(t *testing.T, addr string, size blockwise.SZX) *client.Conn {
	t.Helper()
	c, err := udp.Dial(addr, options.WithBlockwise(true, size, 10*time.Minute), options.WithTransmission(1, 2*time.Second, 10),
		options.WithErrors(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func get(t *testing.T, c *client.Conn, path string) []byte {
	t.Helper()
	r, err := c.Get(patience(t), path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.ReadBody()
	if err != nil || r.Code() != codes.Content {
		t.Fatalf("%s: %v, %v", path, r.Code(), err)
	}
	return b
}

func TestGoCoap(t *testing.T) {
	d, addr := serve(t, 512)
	c := dial(t, addr, blockwise.SZX1024)
	if got := get(t, c, "/.well-known/core"); string(got) != links {
		t.Errorf("resources %q", got)
	}
	if got := get(t, c, "/big"); !bytes.Equal(got, bigBody()) {
		t.Errorf("%d bytes came", len(got))
	}
	want := bytes.Repeat([]byte("body"), 5001)
	r, err := c.Put(patience(t), "/store", message.AppOctets, bytes.NewReader(want))
	if err != nil || r.Code() != codes.Changed || !bytes.Equal(d.Stored(), want) {
		t.Errorf("put: %v, %v, %d bytes stored", r, err, len(d.Stored()))
	}

	seen := make(chan string, 100)
	o, err := c.Observe(patience(t), "/counter", func(m *pool.Message) {
		b, _ := m.ReadBody()
		seen <- string(b)
	})
	if err != nil {
		t.Fatal(err)
	}
	// The first answer, and then the latest state of each change, though not each state between.
	for _, want := range []string{"0", "1", "2", "3"} {
		for got := ""; got != want; {
			select {
			case got = <-seen:
			case <-patience(t).Done():
				t.Fatalf("%s was not told", want)
			}
		}
		d.Count()
	}
	if err := o.Cancel(patience(t)); err != nil {
		t.Error(err)
	}
}

// Ten thousand requests from four clients at once; each is answered, and done once.
func TestManyRequests(t *testing.T) {
	const each = 2500
	d, addr := serve(t, 512)
	var wait sync.WaitGroup
	for range 4 {
		c := dial(t, addr, blockwise.SZX512)
		wait.Go(func() {
			for i := range each {
				r, err := c.Post(patience(t), "/counter", message.TextPlain, nil)
				if err != nil || r.Code() != codes.Changed {
					t.Errorf("request %d: %v, %v", i, r, err)
					return
				}
				c.ReleaseMessage(r)
			}
		})
	}
	wait.Wait()
	if d.Posted() != 4*each {
		t.Errorf("%d were done of %d", d.Posted(), 4*each)
	}
}

// A network that loses a fifth of the datagrams, doubles some and turns their order round: what arrives is whole, and what
// was asked once is done once. The client here sends again until it is answered, in simulated time.
func TestBadNetwork(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 17))
		d := New(64)
		body := make([]byte, 1+random.IntN(3000))
		for i := range body {
			body[i] = byte(random.Uint32())
		}
		now, id, posts := time.Second, 0, 0
		var late [][]byte // on their way to the device for longer
		exchange := func(b []byte) string {
			for range 1000 {
				now += 100 * time.Millisecond
				var answers []Datagram
				for len(late) > 0 && random.IntN(3) == 0 {
					d.Receive(alice, late[0], now)
					late = late[1:]
				}
				switch random.IntN(10) {
				case 0, 1: // lost
				case 2:
					late = append(late, b)
				case 3:
					answers = append(d.Receive(alice, b, now), d.Receive(alice, b, now)...)
				default:
					answers = d.Receive(alice, b, now)
				}
				if len(answers) > 0 && random.IntN(5) != 0 {
					return describe(t, answers[len(answers)-1].Bytes)
				}
			}
			return "nothing"
		}
		for number := 0; number*64 < len(body); number++ {
			id++
			more := 0
			if (number+1)*64 < len(body) {
				more = 1
			}
			want := fmt.Sprintf("ACK %s block1=%d/%d/64", []string{"2.04", "2.31"}[more], number, more)
			b := ask(t, message.Confirmable, id, codes.PUT, "/store", body[number*64:min(number*64+64, len(body))],
				option{message.Block1, block(number, more, 64)})
			if got := exchange(b); got != want {
				t.Fatalf("seed %d, block %d: %q, want %q", seed, number, got, want)
			}
			id++
			posts++
			if got := exchange(ask(t, message.Confirmable, id, codes.POST, "/counter", nil)); got != "ACK 2.04" {
				t.Fatalf("seed %d: %q", seed, got)
			}
		}
		if !bytes.Equal(d.Stored(), body) || d.Posted() != posts {
			t.Errorf("seed %d: %d bytes of %d stored, %d done of %d", seed, len(d.Stored()), len(body), d.Posted(), posts)
		}
		d.Close()
	}
}
