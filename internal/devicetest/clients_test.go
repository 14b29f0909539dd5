// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/device/posix"
)

// What commands two clients give at the same time; those of device/console/console.h.
const (
	cmdInfo  = 0x20
	cmdStart = 0x24
	cmdKill  = 0x26
	cmdCall  = 0x28
	cmdState = 0x29
)

func status(answer []byte) string {
	return abi.Status(int32(le.Uint32(answer[2:]))).Name()
}

// Two clients, of which one waits for a program that sleeps for a thousand seconds.
func TestTwoClients(t *testing.T) {
	d := Host(t)
	host, err := posix.Open()
	if err != nil {
		t.Fatal(err)
	}
	config := device.Config{Format: abi.TextOnly, AllHelpers: true}
	config.Name = "sleeps"
	sleeps := byte(d.Started(t, config, sleeping))
	config.Name = "two"
	two := byte(d.Started(t, config, callsTwo))
	config.Name = "stopped"
	stopped, err := d.Load(t.Context(), config, callsTwo)
	if err != nil {
		t.Fatal(err)
	}
	const first, second = 1, 2
	give := func(from byte, request ...byte) {
		t.Helper()
		if err := host.Give(from, request); err != nil {
			t.Fatal(err)
		}
	}
	take := func(to, kind, seq byte, want string) {
		t.Helper()
		got, answer := host.Take()
		if got != to || answer[0] != kind|0x80 || answer[1] != seq || status(answer) != want {
			t.Fatalf("client %d got %#x %d %s; want client %d, %#x %d %s", got, answer[0], answer[1], status(answer), to, kind|0x80, seq, want)
		}
	}
	call := []byte{cmdCall, 200, sleeps, 0, 0, 0}
	give(first, call...)
	give(second, cmdState, 1, sleeps)
	take(second, cmdState, 1, "ok")
	give(first, call...) // once more: its answer will come
	give(second, call...)
	take(second, cmdCall, 200, "e-running") // the same bytes, and not the same client
	give(second, cmdCall, 2, two, 0, 0, 0)
	take(second, cmdCall, 2, "e-running") // one call at a time
	give(second, cmdKill, 3, sleeps)
	take(first, cmdCall, 200, "e-killed")
	take(second, cmdKill, 3, "ok")
	give(first, cmdKill, 3, sleeps) // the same bytes again, of the other: it is gone already
	take(first, cmdKill, 3, "e-stopped")
	give(first, cmdKill, 3, sleeps)
	take(first, cmdKill, 3, "e-stopped")
	give(first, cmdStart, 4, byte(stopped))
	give(second, cmdStart, 4, byte(stopped))
	take(first, cmdStart, 4, "ok")
	take(second, cmdStart, 4, "e-running")
	give(second, cmdCall, 5, two, 0, 0, 0)
	take(second, cmdCall, 5, "ok")
	give(second, cmdCall, 5, two, 0, 0, 0) // asked for again: not done again
	take(second, cmdCall, 5, "ok")
	s, err := d.State(t.Context(), int(two))
	if err != nil || s.Runs != 1 {
		t.Errorf("it ran %d times, %v", s.Runs, err)
	}
}

// datagrams cuts bytes into datagrams: a length, then so many bytes.
func datagrams(b []byte) (all [][]byte) {
	for len(b) > 0 && len(all) < 40 {
		n := min(int(b[0]), len(b)-1)
		if n > 0 {
			all = append(all, b[1:1+n])
		}
		b = b[1+n:]
	}
	return all
}

// FuzzConsole: whatever datagrams come, each of two bytes and more is answered but for calls that wait, and the device works.
func FuzzConsole(f *testing.F) {
	join := func(all ...[]byte) (b []byte) {
		for _, d := range all {
			b = append(append(b, byte(len(d))), d...)
		}
		return b
	}
	image := func(seq byte, text []byte) []byte {
		p := le.AppendUint32([]byte{0x21, seq}, uint32(len(text)))
		return append(le.AppendUint32(p, 0), text...)
	}
	config := func(c device.Config) []byte {
		b, err := c.Encode()
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	c := device.Config{Name: "fuzz", Format: abi.TextOnly, Context: 64, AllHelpers: true, Mailbox: 64, Budget: 1000}
	load := join(image(1, sum), append([]byte{0x22, 2}, config(c)...), []byte{cmdStart, 3, 0})
	f.Add(join([]byte{cmdInfo, 0}))
	f.Add(append(bytes.Clone(load), join([]byte{cmdCall, 4, 0, 0, 0, 0, 1, 2, 3}, []byte{cmdState, 5, 0}, []byte{0x27, 6, 0})...))
	f.Add(append(bytes.Clone(load), join(image(7, sum), append([]byte{0x23, 8, 0, 0, 0, 0}, config(c)...), []byte{0x2b, 9, 1, 0, 0, 0}, []byte{0x25, 10, 0})...))
	f.Add(append(bytes.Clone(load), join([]byte{0x2e, 4, 0, 0, 0, 0, 60, 0, 0, 0, 1, 2, 3, 4}, []byte{0x2f, 5, 0, 0, 0, 0, 64, 0, 0, 0},
		[]byte{0x30, 6, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0}, []byte{0x2a, 7, 0, 0, 0, 0}, image(8, make([]byte, 8)), []byte{0x2c, 9, 1}, []byte{0x2c, 10, 0})...))
	f.Add(join(image(1, nil), []byte{0x22, 2}, []byte{0x2d, 3, 1}, []byte{0xff, 4}, []byte{1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := Host(t)
		host, err := posix.Open()
		if err != nil {
			t.Fatal(err)
		}
		for i, request := range datagrams(b) {
			if len(request) < 2 || request[0] == 0x2d {
				continue // dropped; what no device in the field has
			}
			request = bytes.Clone(request)
			if request[0] == 0x22 || request[0] == 0x23 { // else some would run for hours, or sleep
				bound(request)
			}
			if err := host.Give(byte(i%2), request); err != nil {
				t.Fatal(err)
			}
			to, answer := host.Take()
			if int(to) != i%2 || len(answer) < 14 || answer[0] != request[0]|0x80 || answer[1] != request[1] {
				t.Fatalf("%d: %s was answered %s", i, hex.EncodeToString(request), fmt.Sprintf("%x", answer))
			}
		}
		n := d.Info.Programs
		d.clear(t)
		if got := d.info(t); got.Programs != n {
			t.Fatalf("%+v", got)
		}
	})
}

// bound gives a configuration a small budget and no helpers, so that its program ends.
func bound(request []byte) {
	const budget, helpers, helperBytes = 16 + 8 + 4, 16 + 8 + 5*4, 12
	from := 2
	if request[0] == 0x23 {
		from += 4
	}
	if len(request) >= from+helpers+helperBytes {
		le.PutUint32(request[from+budget:], le.Uint32(request[from+budget:])%5000)
		clear(request[from+helpers:][:helperBytes])
	}
}
