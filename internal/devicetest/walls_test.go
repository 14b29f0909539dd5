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

// attacks are what machine code in a compartment may try, however it got there. "%s" stands for an address. Each ends as
// said, or in one of several ways, and nothing but the program notices.
var attacks = []struct {
	name, code string
	symbol     string // where %s points to, "" for the neighbour's compartment
	want       string
}{
	{"read the kernel", "ldr r2, =%s; ldr r0, [r2]; bx lr", "os_kernel", "e-mem-fault"},
	{"write the kernel", "ldr r2, =%s; movs r3, #0; str r3, [r2]; bx lr", "os_kernel", "e-mem-fault"},
	{"write the supervisor", "ldr r2, =%s; movs r3, #0; strb r3, [r2]; bx lr", "console", "e-mem-fault"},
	{"read the firmware", "ldr r2, =%s; ldr r0, [r2]; bx lr", "board_main", "e-mem-fault"},
	{"write the firmware", "ldr r2, =%s; str r2, [r2]; bx lr", "board_shared_start", "e-mem-fault"},
	{"read the vectors", "ldr r2, =%s; ldr r0, [r2]; bx lr", "board_vectors", "e-mem-fault"},
	{"read the vectors' alias", "movs r2, #0; ldr r0, [r2]; bx lr", "", "e-mem-fault"},
	{"call the firmware", "ldr r2, =%s+1; bx r2", "board_main", "e-mem-fault"},
	{"call the scheduler", "ldr r2, =%s+1; bx r2", "kernel_switch", "e-mem-fault"},
	{"read a neighbour", "ldr r2, =%s; ldr r0, [r2]; bx lr", "", "e-mem-fault"},
	{"write a neighbour", "ldr r2, =%s; str r2, [r2]; bx lr", "", "e-mem-fault"},
	{"execute a neighbour", "ldr r2, =%s+1; bx r2", "", "e-mem-fault"},
	{"write its own code", "adr r2, 1f; str r2, [r2]; bx lr; .align 2; 1: nop; nop", "", "e-mem-fault"},
	{"execute its stack", "ldr r3, =0x47704770; push {r3}; mov r2, sp; adds r2, #1; bx r2", "", "e-mem-fault"},
	{"switch the MPU off", "ldr r2, =0xe000ed94; movs r3, #0; str r3, [r2]; bx lr", "", "e-bus-fault"},
	{"move the vectors", "ldr r2, =0xe000ed08; str r2, [r2]; bx lr", "", "e-bus-fault"},
	{"reset", "ldr r2, =0xe000ed0c; ldr r3, =0x05fa0004; str r3, [r2]; bx lr", "", "e-bus-fault"},
	{"stop the clock", "ldr r2, =0xe000e010; movs r3, #0; str r3, [r2]; bx lr", "", "e-bus-fault"},
	{"pend a switch", "ldr r2, =0xe000ed04; ldr r3, =0x10000000; str r3, [r2]; bx lr", "", "e-bus-fault"},
	{"trigger an interrupt", "ldr r2, =0xe000ef00; movs r3, #37; str r3, [r2]; bx lr", "", "e-bus-fault"},
	{"use the serial line", "ldr r2, =0x40011004; movs r3, #65; str r3, [r2]; bx lr", "", "e-mem-fault"},
	{"use bit bands", "ldr r2, =0x22000000; movs r3, #1; str r3, [r2]; bx lr", "", "e-mem-fault"},
	{"read nowhere", "ldr r2, =0x60000000; ldr r0, [r2]; bx lr", "", "e-mem-fault"},
	{"jump nowhere", "ldr r2, =0x40000001; bx r2", "", "e-mem-fault"},
	{"jump to ARM code", "adr r2, 1f; bx r2; .align 2; 1: nop", "", "e-usage-fault"},
	{"undefined instruction", "udf #0", "", "e-usage-fault"},
	{"breakpoint", "bkpt #0xab", "", "e-hard-fault"},
	{"floating point", ".inst.w 0xeeb70a00; bx lr", "", "e-usage-fault"},
	{"coprocessor", "mcr p15, 0, r0, c1, c0, 0; bx lr", "", "e-usage-fault"},
	{"unaligned ldm", "mov r2, sp; adds r2, #1; ldm r2, {r3, r4}; bx lr", "", "e-usage-fault"},
	{"return from an exception: thread, process stack", "ldr r2, =0xfffffffd; bx r2", "", "e-mem-fault"},
	{"return from an exception: handler", "ldr r2, =0xfffffff1; bx r2", "", "e-mem-fault"},
	{"return from an exception: thread, main stack", "ldr r2, =0xfffffff9; mov pc, r2", "", "e-mem-fault"},
	{"interrupts off, for ever", "cpsid i; cpsid f; 1: b 1b", "", "e-time"},
	{"base priority, for ever", "movs r2, #1; msr basepri, r2; msr primask, r2; msr faultmask, r2; 1: b 1b", "", "e-time"},
	{"become privileged", "movs r2, #0; msr control, r2; isb; ldr r2, =%s; ldr r0, [r2]; bx lr", "os_kernel", "e-mem-fault"},
	{"use the main stack", "movs r2, #1; msr control, r2; isb; push {r0}; pop {r0}; movs r0, #0; bx lr", "", "ok"},
	{"move the main stack", "ldr r2, =%s; msr msp, r2; msr psp, r2; movs r0, #0; bx lr", "os_kernel", "ok"},
	{"sleep for ever", "1: wfi; wfe; sev; b 1b", "", "e-time"},
	{"loop", "1: b 1b", "", "e-time"},
	{"hold on for ever", "1: svc #0xf1; b 1b", "", "e-time"},
	{"hold and loop", "svc #0xf1; 1: b 1b", "", "e-time"},
	{"release what is not held", "svc #0xf2; movs r0, #0; bx lr", "", "ok"},
	{"stack in the kernel, then a call", "ldr r2, =%s+256; mov sp, r2; svc #1; bx lr", "os_kernel", "e-mem-fault"},
	{"stack in the kernel, then a tick", "ldr r2, =%s+256; mov sp, r2; 1: b 1b", "os_kernel", "e-mem-fault"},
	{"stack at 0, then a call", "movs r2, #0; mov sp, r2; svc #1; bx lr", "", "e-mem-fault"},
	{"stack at the end of memory", "ldr r2, =0xfffffff8; mov sp, r2; svc #1; bx lr", "", "e-mem-fault"},
	{"stack in the neighbour, then a call", "ldr r2, =%s+64; mov sp, r2; svc #1; bx lr", "", "e-mem-fault"},
	{"stack in the code", "adr r2, 1f; mov sp, r2; svc #1; bx lr; .align 3; .space 40; 1: nop", "", "e-mem-fault"},
	{"run out of stack", "1: push {r0-r7, lr}; bl 1b", "", "e-mem-fault"},
	{"below its stack", "sub sp, #4096; push {r0}; bx lr", "", "e-mem-fault"},
	{"a helper that is none", "movs r0, #0; svc #200; bx lr", "", "ok"},
	{"numbers the seam keeps", "svc #0xf7; bx lr", "", "e-helper"},
	{"end with a status of its own", "movs r0, #0; svc #0xf0", "", "ok"},
	{"a helper that reads the kernel", "ldr r1, =%s; svc #12; movs r0, #0; bx lr", "os_kernel", "ok"},
	{"a helper that writes the kernel", "movs r1, #1; ldr r2, =%s; svc #7; movs r0, #0; bx lr", "os_kernel", "ok"},
	{"a helper that copies from the kernel", "mov r1, sp; ldr r2, =%s; movs r3, #64; svc #2; movs r0, #0; bx lr", "os_kernel", "ok"},
	{"a helper that copies 4 GB", "mov r1, sp; mov r2, sp; mvn r3, #0; svc #2; movs r0, #0; bx lr", "", "ok"},
	{"a helper that prints the kernel", "ldr r1, =%s; svc #1; movs r0, #0; bx lr", "os_kernel", "ok"},
	{"a helper that sleeps for ever", "mvn r1, #0; svc #48; b .", "", ""},
	{"a forged run", "ldr r2, =%s; str r2, [r0, #284]; movs r3, #255; str r3, [r0, #36]; movs r0, #0; bx lr", "os_kernel", "ok"},
	{"a forged way back", "ldr r2, =%s+1; str r2, [sp]; pop {r3, pc}", "board_main", "e-mem-fault"},
	{"forged flags: if-then", "ldr r2, =0x06000000; msr apsr_nzcvq, r2; movs r0, #0; bx lr", "", "ok"},
}

func TestWalls(t *testing.T) {
	for _, board := range Boards {
		t.Run(board, func(t *testing.T) {
			firmware := ELF(t, board, true)
			at := symbols(t, firmware)
			d := Boot(t, board, 3)
			victim := d.Guarded(t)
			before, err := d.State(t.Context(), victim-1)
			if err != nil {
				t.Fatal(err)
			}
			at[""] = before.BlockAddr
			digest := d.Watch(t, victim)
			d.unusedStack(t)
			for _, a := range attacks {
				if a.want == "" {
					continue
				}
				code := a.code
				if addr, ok := at[a.symbol]; !ok {
					t.Fatalf("no symbol %s", a.symbol)
				} else if strings.Contains(code, "%s") {
					code = fmt.Sprintf(code, fmt.Sprintf("%#x", addr&^1))
				}
				got := d.RunCode(t, victim, Assemble(t, code))
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
	d.RunCode(t, victim, Assemble(t, "nop; movw r4, #0x1234; mov r9, r4; ldr r3, =0x20000010; str r4, [r3, #4]; bx lr"))
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
		brief, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // before it would be asked again
		_, err := d.Test(brief, []byte{testTrap, byte(what)})
		cancel()
		info, infoErr := d.Client.Info(t.Context())
		if infoErr != nil {
			t.Fatalf("trap %d: %v, %v", what, err, infoErr)
		}
		if got := info.Panic.Name(); got != want {
			t.Errorf("trap %d: %s, want %s", what, got, want)
		}
		d.stop()
	}
}
