// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

func TestWalls(t *testing.T) {
	for _, board := range Some() {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			firmware := ELF(t, board, true)
			at := symbols(t, firmware)
			d := Boot(t, board, 3)
			victim := d.Guarded(t)
			before, err := d.State(t.Context(), victim-1)
			if err != nil {
				t.Fatal(err)
			}
			at[""] = before.BlockAddr
			own, err := d.State(t.Context(), victim)
			if err != nil {
				t.Fatal(err)
			}
			at["own"] = own.BlockAddr
			digest := d.Watch(t, victim)
			d.unusedStack(t)
			var texts []string
			for _, a := range attacks {
				text := a.code
				if addr, ok := at[a.symbol]; !ok {
					t.Fatalf("no symbol %s", a.symbol)
				} else if strings.Contains(text, "%s") {
					text = fmt.Sprintf(text, fmt.Sprintf("%#x", addr&^1))
				}
				texts = append(texts, text)
			}
			for i, code := range Assemble(t, texts...) {
				a := attacks[i]
				if a.want == "" {
					continue
				}
				got := d.RunCode(t, victim, code)
				if board == "netduino2" && a.want == "e-bus-fault" && got == "ok" {
					got = a.want // QEMU lets accesses that fail have no effect on this machine
				}
				if got != a.want {
					s, _ := d.State(t.Context(), victim)
					t.Errorf("%s: %s, want %s (pc %#x, address %#x)", a.name, got, a.want, s.Fault.PC, s.Fault.Addr)
				}
				if now := d.Watch(t, victim); now != digest {
					t.Fatalf("%s: something outside the compartment changed", a.name)
				}
			}
			if s, err := d.State(t.Context(), victim); err != nil || s.BlockAddr != own.BlockAddr {
				t.Errorf("its compartment moved from %#x to %#x: attacks on it missed it (%v)", own.BlockAddr, s.BlockAddr, err)
			}
			works(t, d, victim-1)
			works(t, d, victim+1)
			if info, err := d.Client.Info(t.Context()); err != nil || info.Panic != abi.OK {
				t.Errorf("the firmware itself faulted: %v %v", info.Panic, err)
			}
			if unused := d.unusedStack(t); unused < 256 {
				t.Errorf("of the handlers' stack %d bytes were left", unused)
			} else {
				t.Logf("of the handlers' stack %d bytes were left", unused)
			}
		})
	}
}

// A fault is kept, with the registers the program had.
func TestFaultIsKept(t *testing.T) {
	d := Boot(t, "netduinoplus2", 3)
	victim := d.Guarded(t)
	d.RunCode(t, victim, Assemble(t, "nop; movw r4, #0x1234; mov r9, r4; ldr r3, =0x20000010; str r4, [r3, #4]; bx lr")[0])
	s, err := d.State(t.Context(), victim)
	if err != nil {
		t.Fatal(err)
	}
	if s.Fault.Status.Name() != "e-mem-fault" || s.Fault.Addr != 0x20000014 || s.FaultCodeAt != 10 || s.Faults != 1 ||
		s.Registers[4] != 0x1234 || s.Registers[9] != 0x1234 || s.Registers[3] != 0x20000010 || s.Registers[15] != s.Fault.PC {
		t.Errorf("%+v", s)
	}
	if s.State != device.Loaded || s.BlockBytes != 0 {
		t.Errorf("after the fault it is %v, and has %d bytes", s.State, s.BlockBytes)
	}
}

// The firmware's own faults are reported after it has started again: undefined instruction, server out of stack, bus, execution
// of memory, a fault with interrupts off, handlers out of stack.
func TestFirmwareFaults(t *testing.T) {
	for what, want := range []string{"e-usage-fault", "e-bus-fault", "e-bus-fault", "e-mem-fault", "e-hard-fault", "e-hard-fault"} {
		d := Boot(t, "netduinoplus2", 0)
		var info device.Info
		for tries := 0; tries < 50 && info.Panic == 0; tries++ { // on a busy machine it may not have been asked in that time
			brief, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // before it would be asked again
			_, err := d.Test(brief, []byte{testTrap, byte(what)})
			cancel()
			var infoErr error
			if info, infoErr = d.Client.Info(t.Context()); infoErr != nil {
				t.Fatalf("trap %d: %v, %v", what, err, infoErr)
			}
		}
		if got := info.Panic.Name(); got != want {
			t.Errorf("trap %d: %s, want %s", what, got, want)
		}
		d.stop()
	}
}
