// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"context"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/wire"
)

// What a job comes to, its counts included, is the same whether frames take the shortcut or come over the serial port.
func TestShortcut(t *testing.T) {
	straight, port := openTarget(t, Options{}), openTarget(t, Options{})
	port.link.shortcut = nil
	port.machine.Pause(ReturnAddress | 1)
	text := func(digits string) emu.Job {
		program, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		return emu.Job{Engine: "vm", Format: abi.TextOnly, Image: program, WantContext: true, WantCode: true, WantOutput: true, Budget: 1000}
	}
	native, _ := nativeJob(80)
	native.WantContext = true
	adds := text("bf100000000000000f200000000000009500000000000000") // r0 = r1; r0 += r2
	compiled, long := adds, adds
	compiled.Engine = "jit"
	long.Context = make([]byte, 20_000) // in several frames
	before := adds
	before.Context, before.Before = []byte{1, 2}, [][]byte{{3, 4}}
	endless := loopForever
	endless.Budget = 1000
	jobs := map[string]emu.Job{
		"native":           native,
		"interpreted":      adds,
		"compiled":         compiled,
		"in pieces":        long,
		"run twice":        before,
		"loops":            endless,
		"reads outside":    text("71100000000000009500000000000000"),
		"no program":       text("9500"),
		"an unsafe engine": {Engine: "jit-unchecked", Format: abi.TextOnly, Image: adds.Image},
	}
	for name, job := range jobs {
		for range 2 {
			want, err := port.Run(context.Background(), job)
			if err != nil {
				t.Fatal(name, err)
			}
			if got, err := straight.Run(context.Background(), job); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, %v; over the port %+v", name, got, err, want)
			}
		}
	}
	// A firmware that starts again in between is met again.
	if err := straight.client.Trap(context.Background(), wire.TrapRestart); err == nil || !strings.Contains(err.Error(), "restarted") {
		t.Error(err)
	}
	works(t, straight)
	const times = 50
	cost := func(target *Target) uint64 {
		begun := target.machine.Instructions()
		for range times {
			works(t, target)
		}
		return (target.machine.Instructions() - begun) / times
	}
	if a, b := cost(straight), cost(port); a >= b {
		t.Errorf("a job takes %d instructions by the shortcut, %d over the port", a, b)
	}
}

// What is no whole request, or comes while the agent does not wait for one, goes over the port.
func TestShortcutTakesWholeFrames(t *testing.T) {
	target := openTarget(t, Options{})
	works(t, target)
	s := target.link.shortcut
	if s.request == 0 || !s.idle {
		t.Fatalf("%+v", s)
	}
	frame := []byte{0xb5, 0x4e, 1, 2, 3}
	for _, c := range []struct {
		name  string
		bytes []byte
		idle  bool
	}{
		{"no frame", []byte{0, 1, 2}, true},
		{"one byte", frame[:1], true},
		{"too long", append(frame, make([]byte, 1100)...), true},
		{"not idle", frame, false},
	} {
		s.idle = c.idle
		if rest := s.put(c.bytes); len(rest) != len(c.bytes) {
			t.Errorf("%s: %d bytes of %d are left for the port", c.name, len(rest), len(c.bytes))
		}
	}
	s.idle = true
	if rest := s.put(frame); len(rest) != 1 || rest[0] != 3 {
		t.Errorf("% x is left of a frame", rest)
	}
	if s.idle = true; len(s.put(frame)) != len(frame) {
		t.Error("a frame was put behind the beginning of another")
	}
}
