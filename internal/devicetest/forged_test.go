// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// What programs forge, all values of it. Whatever comes of it, nobody else notices.
func TestForged(t *testing.T) {
	boards := one()
	for i, board := range boards {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			at := symbols(t, ELF(t, board, true))
			d := Boot(t, board, 3)
			victim := d.Guarded(t)
			digest := d.Watch(t, victim)
			ends := map[string]int{}
			var what, texts []string
			try := func(name, text string) { what, texts = append(what, name), append(texts, text) }
			// Every number of an SVC, some of them on each board that it runs on, with arguments that point into the kernel.
			for number := i; number < 256; number += len(boards) {
				try(fmt.Sprintf("svc %d", number), fmt.Sprintf("ldr r1, =%#x; mov r2, r1; mov r3, #64; mov r0, r1; mov ip, r1; svc #%d; movs r0, #0; bx lr",
					at["os_kernel"], number))
			}
			// Every value that means return from an exception, by each way of jumping.
			for low := range 16 {
				jump := []string{"bx r2", "push {r2}; pop {pc}", "mov pc, r2", "blx r2"}[low%4]
				try("EXC_RETURN", fmt.Sprintf("ldr r2, =%#x; %s", 0xfffffff0+low, jump))
				try("EXC_RETURN with floating point", fmt.Sprintf("ldr r2, =%#x; %s", 0xffffffe0+low, jump))
			}
			for i, code := range Assemble(t, texts...) {
				ends[d.RunCode(t, victim, code)]++
				if now := d.Watch(t, victim); now != digest {
					t.Fatalf("%s: something outside the compartment changed", what[i])
				}
			}
			t.Logf("%v", ends)
			works(t, d, victim-1)
			works(t, d, victim+1)
			if info := d.info(t); info.Panic != abi.OK {
				t.Errorf("the firmware itself faulted: %v", info.Panic)
			}
		})
	}
}

// A program of the highest priority keeps all others from running, and not the server: it is killed, and they go on.
func TestStarving(t *testing.T) {
	d := Boot(t, "netduinoplus2", 3)
	greedy := d.Started(t, device.Config{
		Name: "greedy", Format: abi.TextOnly, Engine: device.JITMPU, LongRunning: true, Priority: 1, Ticks: 1 << 30,
	}, spinning)
	counted := d.Started(t, device.Config{
		Name: "modest", Format: abi.TextOnly, Engine: device.VM, AllHelpers: true, Events: device.EventTimer, PeriodMS: 1, Priority: 6,
		Keys: []device.Keys{{First: 2, Last: 2, Rights: 3}},
	}, beat(2))
	since := d.info(t).NowMS
	for d.info(t).NowMS < since+50 {
	}
	before, err := d.State(t.Context(), counted)
	if err != nil || before.Runs > 1 {
		t.Errorf("beside a greedy one it ran %d times, %v", before.Runs, err)
	}
	if err := d.kill(t, greedy); err != nil {
		t.Fatal(err)
	}
	d.awaits(t, counted, "run", func(s device.State) bool { return s.Runs > before.Runs+3 })
}
