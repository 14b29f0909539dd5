// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/proxy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu/field"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// proxied is a device as clients without OSCORE reach it.
func proxied(t *testing.T, d *field.Device) (address string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := proxy.New(t.Context(), conn, d.Address, oscore.DevelopmentOperator, filepath.Join(t.TempDir(), "sequence"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- p.Serve() }()
	t.Cleanup(func() {
		conn.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn.LocalAddr().String()
}

// signed is a program of the paper for any device, with the interpreter; more may be said of it, or nil.
func signed(t *testing.T, name string, more func(*suit.Manifest)) []byte {
	t.Helper()
	p, err := image.LoadObject(name, objectOf(t, "fletcher16_320B"), "")
	if err != nil {
		t.Fatal(err)
	}
	code, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	m := suit.Manifest{Config: device.Config{Name: name, Format: abi.Packed, Context: 16, Engine: device.VM}, Sequence: 1, Start: true}
	if more != nil {
		more(&m)
	}
	envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

// libcoap's client reaches everything through the proxy: links, bodies in blocks both ways, what changes, refusals.
func TestProxyWithLibcoap(t *testing.T) {
	tool, err := exec.LookPath("coap-client-notls")
	if err != nil {
		t.Skip("coap-client-notls is not installed (Debian libcoap3-bin)")
	}
	box := start(t, "host", t.TempDir())
	address := proxied(t, box)
	file := filepath.Join(t.TempDir(), "envelope")
	if err := os.WriteFile(file, signed(t, "sum", nil), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(want string, args ...string) {
		t.Helper()
		last := len(args) - 1
		args = append(append([]string{"-B", "60"}, args[:last]...), "coap://"+address+args[last])
		out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte(want)) {
			t.Errorf("coap-client %s: %q, %v, want %q", strings.Join(args, " "), out, err, want)
		}
	}
	ask(`</p>;rt="ubench.programs";obs`, "-m", "get", "/.well-known/core")
	ask("4.04 no such program", "-m", "get", "/p/none")
	ask("4.00 not a manifest", "-m", "put", "-e", "rubbish", "/p/sum")
	ask("", "-m", "put", "-b", "64", "-t", "42", "-f", file, "/p/sum")
	ask("sum", "-m", "get", "/p")
	ask("sum", "-m", "get", "-b", "32", "/p") // in blocks that the client chooses
	ask("host", "-m", "get", "/dev")
	ask("", "-m", "post", "/p/sum/stop")
	ask("4.09 the program is stopped", "-m", "post", "-e", "12345678", "/p/sum/run")

	// What changes is told to who observes.
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	watch := exec.CommandContext(ctx, tool, "-s", "120", "-m", "get", "coap://"+address+"/p")
	told, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	hear := func(what string) {
		t.Helper()
		b := make([]byte, 1500)
		if n, err := told.Read(b); err != nil || !bytes.Contains(b[:n], []byte("sum")) {
			t.Errorf("%s: told %q, %v", what, b[:n], err)
		}
	}
	hear("as it is")
	ask("", "-m", "post", "/p/sum/start")
	hear("once it has changed")
	stop()
	_ = watch.Wait() // it was ended
	ask("", "-m", "delete", "/p/sum")
	ask("4.04", "-m", "get", "/p/sum")
}

// Two clients of go-coap ask at the same time, and all is answered; UBENCH_REQUESTS says how often. A program is sent and run.
func TestProxyWithGoCoap(t *testing.T) {
	requests := testenv.Number(t, "UBENCH_REQUESTS", 400)
	address := proxied(t, start(t, "host", t.TempDir()))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	envelope := signed(t, "sum", nil)
	var all sync.WaitGroup
	for n := range 2 {
		all.Go(func() {
			c, err := udp.Dial(address, options.WithTransmission(1, 2*time.Second, 10))
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			if n == 0 {
				r, err := c.Put(ctx, "/p/sum", 42, bytes.NewReader(envelope))
				if err != nil || r.Code().String() != "Created" {
					t.Errorf("PUT: %v, %v", r, err)
					return
				}
				if r, err = c.Post(ctx, "/p/sum/run", 42, bytes.NewReader(make([]byte, 8))); err != nil || r.Code().String() != "Changed" {
					t.Errorf("POST: %v, %v", r, err)
				}
			}
			for i := range requests / 2 {
				r, err := c.Get(ctx, []string{"/p", "/dev", "/log"}[i%3])
				if err != nil || r.Code().String() != "Content" {
					t.Errorf("request %d of client %d: %v, %v", i, n, r, err)
					return
				}
			}
		})
	}
	all.Wait()
}
