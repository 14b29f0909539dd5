// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// onStack puts up to 8 bytes of text at r10 - 8 and lets r1 point to them.
func onStack(text string) []byte {
	b := make([]byte, 8)
	copy(b, text)
	return program(
		storeImm32(10, -8, int32(le.Uint32(b))), storeImm32(10, -4, int32(le.Uint32(b[4:]))),
		mov(1, 10), addImm(1, -8))
}

// sender sends the word at its context's start to the program "box", and returns what it was told.
var sender = program(
	mov(6, 1), onStack("box"), callHelper(0x90), mov(1, 0), mov(2, 6), movImm(3, 4), callHelper(0x91), exit())

// receiver takes a message and adds what it says to its key 1.
var receiver = program(
	mov(1, 10), addImm(1, -8), movImm(2, 8), callHelper(0x92),
	jumpNeImm(0, 4, 9),
	movImm(1, 1), mov(2, 10), addImm(2, -16), callHelper(0x13),
	load32(2, 10, -16), load32(3, 10, -8), slot(0x0f, 2, 3, 0, 0),
	movImm(1, 1), callHelper(0x11), exit())

// reader returns the value of key 1.
var reader = program(
	movImm(1, 1), mov(2, 10), addImm(2, -8), callHelper(0x13), load32(0, 10, -8), exit())

func TestMessages(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			key := []device.Keys{{First: 1, Last: 1, Rights: 3}}
			config := device.Config{Format: abi.TextOnly, Engine: e, AllHelpers: true}
			config.Name, config.Context = "sender", 4
			from := d.Started(t, config, sender)
			config.Name, config.Keys = "reader", key
			read := d.Started(t, config, reader)
			send := func(v uint32) int64 {
				t.Helper()
				r, err := d.Call(t.Context(), from, le.AppendUint32(nil, v))
				if err != nil || r.Fault.Status != abi.OK {
					t.Fatalf("%v: %v %v", e, r.Fault, err)
				}
				return int64(r.R0)
			}
			if got := send(1); got != -19 {
				t.Errorf("%v: sent to nobody: %d", e, got)
			}
			config.Name, config.Mailbox, config.Keys = "box", 32, nil
			mute := d.Started(t, config, callsTwo) // it never takes one
			for i := range 4 {
				if got := send(1); got != 0 {
					t.Errorf("%v: message %d: %d", e, i, got)
				}
			}
			if got := send(1); got != -12 {
				t.Errorf("%v: sent to a full mailbox: %d", e, got)
			}
			config.Events, config.Keys = device.EventMessage, key
			if err := d.Replace(t.Context(), mute, config, receiver); err != nil {
				t.Fatal(err)
			}
			before, err := d.Call(t.Context(), read, nil)
			if err != nil {
				t.Fatal(err)
			}
			for v := range uint32(20) {
				for send(v) == -12 { // as soon as there is room
				}
			}
			d.awaits(t, mute, "empty", func(s device.State) bool { return s.MailboxUsed == 0 && s.State == device.Ready })
			after, err := d.Call(t.Context(), read, nil)
			if err != nil || after.R0-before.R0 != 190 {
				t.Errorf("%v: of 190 came %d, %v", e, after.R0-before.R0, err)
			}
			for _, n := range []int{from, read, mute} {
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// Grants: keys that are not granted are neither read nor written; devices are not there.
func TestGrants(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, _ []device.Engine) {
		store := program(load32(1, 1, 0), movImm(2, 7), callHelper(0x11), exit())
		fetch := program(load32(1, 1, 0), mov(2, 10), addImm(2, -8), callHelper(0x13), exit())
		pin := program(movImm(1, 1), movImm(2, 1), movImm(3, 1), callHelper(0x72), exit())
		keys := []device.Keys{{First: 10, Last: 19, Rights: 1}, {First: 20, Last: 29, Rights: 2}}
		config := device.Config{Format: abi.TextOnly, AllHelpers: true, Context: 4, Keys: keys}
		for i, c := range []struct {
			image   []byte
			key     uint32
			devices uint32
			want    int64
		}{
			{store, 9, 0, -19}, {store, 10, 0, -19}, {store, 20, 0, 0}, {store, 29, 0, 0}, {store, 30, 0, -19},
			{fetch, 9, 0, -19}, {fetch, 10, 0, 0}, {fetch, 19, 0, 0}, {fetch, 20, 0, -19},
			{pin, 0, 0, -19}, {pin, 0, 1 << 5, 0},
		} {
			config.Name, config.Devices = "granted", c.devices
			n := d.Started(t, config, c.image)
			r, err := d.Call(t.Context(), n, le.AppendUint32(nil, c.key))
			if err != nil || r.Fault.Status != abi.OK || int64(r.R0) != c.want {
				t.Errorf("case %d: %+v %v, want %d", i, r, err, c.want)
			}
			if err := d.Unload(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Text that programs print is kept with who printed it.
func TestLog(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, _ []device.Engine) {
		n := d.Started(t, device.Config{Name: "prints", Format: abi.TextOnly, Helpers: []uint16{3}},
			program(movImm(1, 42), callHelper(0x03), movImm(0, 0), exit()))
		_, from, err := d.Log(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := d.Call(t.Context(), n, nil); err != nil {
				t.Fatal(err)
			}
		}
		lines, _, err := d.Log(t.Context(), from)
		if err != nil || len(lines) != 3 || lines[0].Program != n || strings.TrimSpace(lines[0].Text) != "42" {
			t.Errorf("%+v %v", lines, err)
		}
	})
}

// Compiled code is kept: starting again makes none. When memory is short, what nobody uses goes.
func TestCache(t *testing.T) {
	d := Boot(t, "netduinoplus2", 0)
	config := device.Config{Name: "kept", Format: abi.TextOnly, Engine: device.JIT, Context: 96}
	n := d.Started(t, config, long())
	first := d.info(t).Compiled
	for range 3 {
		if err := d.Stop(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if err := d.Start(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		works(t, d, n)
	}
	config.Name = "same"
	works(t, d, d.Started(t, config, long()))
	if got := d.info(t).Compiled; got != first {
		t.Errorf("code was made %d times", got-first+1)
	}
	config.Name, config.Engine = "walls", device.JITMPU
	works(t, d, d.Started(t, config, long()))
	if got := d.info(t).Compiled; got != first+1 {
		t.Errorf("code of another engine was made %d times", got-first)
	}
	d.clear(t)
	config = device.Config{Name: "large", Format: abi.TextOnly, Context: d.Info.PoolBytes/2 + 8000}
	d.Started(t, config, callsTwo)
	if after := d.info(t); after.PoolPieces > 4 && after.PoolLargest == 0 {
		t.Errorf("%+v", after)
	}
}
