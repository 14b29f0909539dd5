// SPDX-License-Identifier: GPL-2.0-or-later

package storetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// The flash of STM32F405 and F205 that the driver uses.
const (
	boardFlash      = 0x080c0000
	boardArea       = 128 << 10
	boardOff        = -1000 // the power failed
	boardLimit      = 100_000_000
	boardStack      = 0x20000000 + 128<<10
	boardNeverFails = 1<<32 - 1
)

// board is the store on the driver of device/boards, in firmware on an emulated Cortex-M.
type board struct {
	*unicorn.Machine
	symbols *symbols.Table
	t       testing.TB
}

func buildBoard(t testing.TB, core unicorn.Core) []byte {
	t.Helper()
	return testenv.Link(t, string(core), "-Tinternal/storetest/board/board.ld",
		"internal/storetest/board/main.c", "device/store/store.c", "device/boards/stm32_flash.c", "firmware/agent/frame.c")
}

func newBoard(t testing.TB, core unicorn.Core) *board {
	t.Helper()
	m, err := unicorn.NewBoard(core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	table, err := m.LoadELF(buildBoard(t, core))
	if err != nil {
		t.Fatal(err)
	}
	b := &board{m, table, t}
	b.setFlash(bytes.Repeat([]byte{0xff}, 2*boardArea))
	return b
}

func (b *board) at(name string) uint32 {
	b.t.Helper()
	addr, ok := b.symbols.Addr(name)
	if !ok {
		b.t.Fatalf("the firmware has no %s", name)
	}
	return addr
}

func (b *board) write(name string, bytes []byte) {
	b.t.Helper()
	if err := b.Write(b.at(name), bytes); err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) word(name string) uint32 {
	b.t.Helper()
	var p [4]byte
	if err := b.Read(b.at(name), p[:]); err != nil {
		b.t.Fatal(err)
	}
	return binary.LittleEndian.Uint32(p[:])
}

func (b *board) flash() []byte {
	b.t.Helper()
	p := make([]byte, 2*boardArea)
	if err := b.Read(boardFlash, p); err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *board) setFlash(p []byte) {
	b.t.Helper()
	if err := b.Write(boardFlash, p); err != nil {
		b.t.Fatal(err)
	}
}

// call calls a function of the firmware and returns its result, or boardOff.
func (b *board) call(name string, args ...uint32) int32 {
	b.t.Helper()
	for i, a := range args {
		b.SetReg(i, a)
	}
	b.SetReg(13, boardStack)
	b.SetReg(14, unicorn.ReturnAddress|1)
	b.SetReg(15, b.at(name)|1)
	reason, err := b.Run(context.Background(), unicorn.ReturnAddress, boardLimit)
	switch {
	case err != nil:
		b.t.Fatalf("%s: %v", name, err)
	case reason == unicorn.Breakpoint:
		return boardOff
	case reason != unicorn.Until:
		fault, _ := b.Fault()
		b.t.Fatalf("%s: %v (%v)", name, reason, fault)
	}
	return int32(b.Reg(0))
}

// reset is one with the power on; it mounts the store.
func (b *board) reset(cutAt uint32) int32 {
	b.t.Helper()
	b.Reset()
	b.write("board_writes", make([]byte, 4))
	b.write("board_cut_at", binary.LittleEndian.AppendUint32(nil, cutAt))
	return b.call("board_mount")
}

type boardStep struct {
	verb, name string
	sequence   uint32
	length     int
	trial      bool
}

func (x boardStep) contents() []byte {
	return []byte(strings.Repeat(x.name+"-contents;", x.length)[:x.length])
}

func (x boardStep) onBoard(b *board) int32 {
	b.t.Helper()
	b.write("board_name", append([]byte(x.name), 0))
	if x.verb != "put" {
		return b.call("board_" + x.verb)
	}
	trial := uint32(0)
	if x.trial {
		trial = 1
	}
	b.write("board_bytes", x.contents())
	return b.call("board_put", x.sequence, uint32(x.length), trial)
}

func (x boardStep) onHost(s *Store) error {
	switch x.verb {
	case "confirm":
		return s.Confirm(x.name)
	case "revoke":
		return s.Revoke(x.name)
	case "remove":
		return s.Remove(x.name)
	}
	return put(s, x.name, x.sequence, string(x.contents()), x.trial)
}

// A life whose large programs fill an area, so that sectors are erased.
var boardLife = []boardStep{
	{"put", "a", 1, 101, false},
	{"put", "big", 1, 65000, false},
	{"put", "a", 2, 90, true},
	{"confirm", "a", 0, 0, false},
	{"remove", "big", 0, 0, false},
	{"put", "big", 2, 65500, false},
	{"remove", "big", 0, 0, false},
	{"put", "b", 1, 200, false}, // moves to the other sector
	{"put", "b", 2, 30, true},
	{"revoke", "b", 0, 0, false},
	{"put", "big", 3, 90000, false},
	{"remove", "big", 0, 0, false},
	{"put", "c", 1, 60000, false}, // and back
}

// On the driver, flash holds bit for bit what it does on the model of the host, through erases and all.
func TestStoreOnSTM32(t *testing.T) {
	for _, core := range []unicorn.Core{unicorn.CortexM4, unicorn.CortexM3} {
		t.Run(string(core), func(t *testing.T) {
			b, s := newBoard(t, core), open(t, boardArea, 2)
			if got := b.reset(boardNeverFails); got != 0 {
				t.Fatalf("mount: %d", got)
			}
			for _, x := range boardLife {
				got, want := x.onBoard(b), x.onHost(s)
				if got != 0 || want != nil {
					t.Fatalf("%+v: %d on the board, %v on the host", x, got, want)
				}
				for i, v := range b.flash() {
					if v != s.Flash()[i] {
						t.Fatalf("%+v: flash differs at %#x: %#x on the board, %#x on the host", x, i, v, s.Flash()[i])
					}
				}
			}
			if got := s.Erases(); got[0]+got[1] < 3 {
				t.Errorf("sectors were erased %v times: the life is too short for this test", got)
			}
		})
	}
}

// Power fails before every write of the steps that are short enough to: after the reset there is what was before, or after; and
// then the step can be done again.
func TestPowerCutOnSTM32(t *testing.T) {
	b, s := newBoard(t, unicorn.CortexM4), open(t, boardArea, 2)
	if got := b.reset(boardNeverFails); got != 0 {
		t.Fatalf("mount: %d", got)
	}
	cuts := 0
	for _, x := range boardLife {
		before, flash := state(t, s), b.flash()
		b.write("board_writes", make([]byte, 4))
		if got := x.onBoard(b); got != 0 {
			t.Fatalf("%+v: %d", x, got)
		}
		writes, whole := b.word("board_writes"), b.flash()
		if err := x.onHost(s); err != nil {
			t.Fatal(err)
		}
		after := state(t, s)
		for at := uint32(0); writes < 400 && at < writes; at++ {
			b.setFlash(flash)
			b.reset(boardNeverFails)
			b.write("board_writes", make([]byte, 4))
			b.write("board_cut_at", binary.LittleEndian.AppendUint32(nil, at))
			if got := x.onBoard(b); got != boardOff {
				t.Fatalf("%+v, cut at %d of %d: %d", x, at, writes, got)
			}
			if got := b.reset(boardNeverFails); got != 0 {
				t.Fatalf("%+v, cut at %d: mount: %d", x, at, got)
			}
			copy(s.Flash(), b.flash()) // looked at from the host
			if err := s.Mount(); err != nil {
				t.Fatal(err)
			}
			got := state(t, s)
			if got != before && got != after {
				t.Fatalf("%+v, cut at %d of %d:\n%s\nis neither\n%s\nnor\n%s", x, at, writes, got, before, after)
			}
			if got == before {
				if got := x.onBoard(b); got != 0 {
					t.Fatalf("%+v, cut at %d of %d, cannot be repeated: %d", x, at, writes, got)
				}
			}
			cuts++
		}
		b.setFlash(whole)
		copy(s.Flash(), whole)
		if err := s.Mount(); err != nil || b.reset(boardNeverFails) != 0 {
			t.Fatal(err)
		}
	}
	if t.Logf("%d cuts", cuts); cuts < 150 {
		t.Errorf("only %d cuts", cuts)
	}
}

// A controller that does not do what it is told is noticed, and nothing is taken for stored.
func TestFlashThatIsLocked(t *testing.T) {
	b := newBoard(t, unicorn.CortexM4)
	if got := b.reset(boardNeverFails); got != 0 {
		t.Fatalf("mount: %d", got)
	}
	b.call("board_jam")
	b.write("board_name", []byte("a\x00"))
	if b.call("board_put", 1, 4, 0) == 0 {
		t.Error("a locked flash took a program")
	}
}
