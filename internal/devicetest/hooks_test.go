// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// hook is what a program that is attached to a hook is.
func hook(t testing.TB, name, section string) device.Config {
	t.Helper()
	h, is, err := device.ParseHook(section)
	if err != nil || !is {
		t.Fatal(section, err)
	}
	c := device.Config{Name: name, Format: abi.TextOnly, Events: 1 << h.Kind, PeriodMS: h.PeriodMS, Restart: device.Never}
	if h.Kind.Own() {
		c.Hook = device.Hook{Argument: h.Argument, Path: h.Path, Priority: h.Priority}
	}
	return c
}

// Places in contexts (bpf_hooks.h).
const (
	hookNow = 16
	hookIRQ = 24
)

// Programs run at switches of threads, in interrupts and at calls of helpers, while others go about their work; who faults there is
// detached, and the device goes on.
func TestHooksInInterrupts(t *testing.T) {
	boards := Boards[:1]
	if !testing.Short() {
		boards = []string{Boards[0], Boards[2]}
	}
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			d := Boot(t, board, 3)
			if _, err := d.Load(t.Context(), hook(t, "frames", "frame/in"), program(movImm(0, 0), exit())); name(err) != "e-hook" {
				t.Errorf("frames of a line: %v", err)
			}
			before := d.info(t)
			d.unusedStack(t)
			when := program(load64(0, 1, hookNow), exit())
			var numbers []int
			for _, c := range []struct {
				section string
				image   []byte
			}{
				{"tracepoint/sched_switch", when}, {"tracepoint/irq_enter", when}, {"tracepoint/irq_exit", program(load32(0, 1, hookIRQ), exit())},
				{"tracepoint/helper", when}, {"helper/bpf_now_ms", program(load32(0, 1, hookIRQ+4), exit())},
			} {
				numbers = append(numbers, d.Started(t, hook(t, "h"+string(rune('a'+len(numbers))), c.section), c.image))
			}
			// It sleeps, is woken, and calls helpers.
			busy := d.Started(t, device.Config{Name: "busy", Format: abi.TextOnly, Events: device.EventTimer, PeriodMS: 2, Helpers: []uint16{0x20}},
				program(callHelper(0x20), exit()))
			for i, n := range numbers {
				was := d.awaits(t, n, "run", func(s device.State) bool { return s.Result != 0 })
				if i == 2 || i == 4 {
					continue
				}
				d.awaits(t, n, "run again", func(s device.State) bool { return s.Result > was.Result })
			}
			if s, err := d.State(t.Context(), numbers[4]); err != nil || s.Result != 0x20 {
				t.Errorf("the helper is %#x: %v", s.Result, err)
			}
			if _, err := d.Call(t.Context(), numbers[0], nil); name(err) != "e-hook-attached" {
				t.Errorf("called while it is attached: %v", err)
			}
			// Killed, started, unloaded while it is attached.
			if err := d.Kill(t.Context(), numbers[0]); err != nil {
				t.Error(err)
			}
			if err := d.Start(t.Context(), numbers[0]); err != nil {
				t.Error(err)
			}
			for _, section := range []string{"tracepoint/sched_switch", "tracepoint/irq_enter", "tracepoint/irq_exit", "tracepoint/helper"} {
				for what, code := range map[string][]byte{
					"reads":  program(load64(0, 1, 32760), exit()),
					"writes": program(movImm(1, 0x20000000), store32(1, 0, 0), exit()),
					"kernel": program(movImm(1, 0), load64(0, 1, 0), exit()),
				} {
					n := d.Started(t, hook(t, what, section), code)
					s := d.awaits(t, n, "stopped", func(s device.State) bool { return s.Faults > 0 })
					if s.Faults != 1 || s.Fault.Status != abi.StatusRead && s.Fault.Status != abi.StatusWrite {
						t.Errorf("%s at %s: %+v", what, section, s.Fault)
					}
					if err := d.Unload(t.Context(), n); err != nil {
						t.Error(err)
					}
				}
			}
			runs, err := d.State(t.Context(), busy)
			if err != nil {
				t.Fatal(err)
			}
			d.awaits(t, busy, "run on", func(s device.State) bool { return s.Runs > runs.Runs+10 })
			for _, n := range append(numbers, busy) {
				if err := d.Unload(t.Context(), n); err != nil {
					t.Error(err)
				}
			}
			d.freed(t, before, "hooks")
			if i := d.info(t); i.Panic != abi.OK {
				t.Errorf("the firmware's own fault: %v", i.Panic)
			}
			if unused := d.unusedStack(t); unused < 768 { // helpers of maps and more urgent interrupts come on top
				t.Errorf("%d bytes of the handlers' stack are left", unused)
			}
		})
	}
}

// A program of an example of hooks, on a board, keeps what it counts.
func TestHookKeepsItsData(t *testing.T) {
	d := Boot(t, Boards[0], 3)
	for _, x := range examples.Hooks() {
		if x.Name != "last_switch" {
			continue
		}
		p, err := image.LoadObject(x.Name, x.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		code, err := p.Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		c := hook(t, "last", p.In)
		c.Format = abi.Packed
		n := d.Started(t, c, code)
		s := d.awaits(t, n, "run", func(s device.State) bool { return s.Result > 0 })
		if s.Faults > 0 || s.Result > 1e9 {
			t.Errorf("%+v", s)
		}
	}
}

var (
	instruction = regexp.MustCompile(`(?m)^ +([0-9a-f]+):\t[0-9a-f ]+\t(\S+)(?:\t(.*))?$`)
	sees        = regexp.MustCompile(`<(kernel_see|kernel_see_switch)>`)
)

// Where nobody is attached a point of the system costs three instructions at most: the address of the kernel's state, where that is not
// at hand, the word that says who observes, and a branch on it. Calls of helpers cost none: the gate notices in what it looks at anyway.
func TestPointsCostThreeInstructions(t *testing.T) {
	for _, board := range Some() {
		ELF(t, board, true)
		out, err := exec.Command("arm-none-eabi-objdump", "-d", filepath.Join(testenv.Root(), "build/device", board+"-test.elf")).Output()
		if err != nil {
			t.Fatal(err)
		}
		points := 0
		for _, function := range strings.Split(string(out), "\n\n") {
			lines := instruction.FindAllStringSubmatch(function, -1)
			for at, l := range lines {
				if !sees.MatchString(l[3]) {
					continue
				}
				points++
				if guard := guarded(lines, at); guard != "" {
					t.Errorf("%s: %s: %s", board, strings.TrimSpace(strings.SplitN(function, "\n", 2)[0]), guard)
				}
			}
		}
		if points < 5 { // a switch, both ends of the tick, and of the link's interrupt
			t.Errorf("%s: %d points", board, points)
		}
	}
}

// guarded tells what is wrong with the way to a call: it has to be a branch on a register that was loaded right before from memory.
func guarded(lines [][]string, call int) string {
	// The branch that skips the call, or the one that leads to the few instructions before it.
	for at := call - 1; at >= 0 && at >= call-5; at-- {
		if reg, ok := branchOn(lines[at]); ok {
			return loaded(lines, at, reg)
		}
		for from := range lines {
			fields := strings.Fields(strings.ReplaceAll(lines[from][3], ",", " "))
			if reg, ok := branchOn(lines[from]); ok && slices.Contains(fields, lines[at][1]) {
				return loaded(lines, from, reg)
			}
		}
	}
	return "nothing guards it"
}

func branchOn(l []string) (reg string, ok bool) {
	if l[2] != "cbz" && l[2] != "cbnz" {
		return "", false
	}
	reg, _, ok = strings.Cut(l[3], ",")
	return reg, ok
}

func loaded(lines [][]string, branch int, reg string) string {
	for at := branch - 1; at >= 0 && at >= branch-6; at-- {
		if strings.HasPrefix(lines[at][2], "ldr") && strings.HasPrefix(lines[at][3], reg+",") {
			return ""
		}
		if strings.HasPrefix(lines[at][3], reg+",") {
			return "what it branches on is made by " + lines[at][2]
		}
	}
	return "what it branches on is not loaded"
}
