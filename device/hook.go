// SPDX-License-Identifier: GPL-2.0-or-later

package device

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ubench-dev/ubench/abi"
)

// Events are hooks as bits, 1 << HookKind.
type Events uint32

// Events a program is run by (abi/hooks.h).
const (
	EventTimer   Events = 1 << HookTimer
	EventInput   Events = 1 << HookInput
	EventMessage Events = 1 << HookMessage
)

// HookKind is what happens.
type HookKind uint8

// Kinds of hooks.
const (
	HookTimer HookKind = iota
	HookInput
	HookMessage
	HookGPIO
	HookSensor
	HookCoAP
	HookBoot
	HookFault
	HookPacketIn
	HookPacketOut
	HookSchedSwitch
	HookIRQEnter
	HookIRQExit
	HookHelper
	HookFrameIn
	HookFrameOut
)

// HookPath is how long the path of a hook of kind coap is at most; hookPath are the bytes it has on the device.
const (
	HookPath = hookPath - 1
	hookPath = 36
)

// DefaultHookPriority is that of a program that says none: of several on one hook the one with the lowest runs first.
const DefaultHookPriority = 128

// InInterrupt tells whether programs of this hook run in interrupts.
func (k HookKind) InInterrupt() bool { return k >= HookSchedSwitch && k <= HookHelper }

// Filters tells whether programs of this hook see datagrams or frames, and may drop them.
func (k HookKind) Filters() bool {
	return k == HookPacketIn || k == HookPacketOut || k == HookFrameIn || k == HookFrameOut
}

// Own tells whether it is one of those that a program can have but one of.
func (k HookKind) Own() bool { return k > HookMessage }

func (k HookKind) String() string {
	for _, r := range abi.Hooks() {
		if r.Number == int(k) {
			return r.Text
		}
	}
	return fmt.Sprintf("hook %d", uint8(k))
}

// Hook is something that can make a program run.
type Hook struct {
	Kind     HookKind
	Argument uint32 // the pin and its edges, the type of a sensor, the id of a helper
	PeriodMS uint32 // timer, sensor
	Path     string // coap
	Priority uint8
}

// Edges of pins.
const (
	risingEdge  = 1
	fallingEdge = 2
)

// sensors are types of sensors by what sections call them, as in bpf_helpers.h.
var sensors = []struct {
	name string
	kind uint32
}{{"temp", 130}, {"humidity", 131}, {"light", 132}, {"analog", 138}}

// hookNames are other ways to write a hook: what Linux calls it, or shorter.
var hookNames = map[string]HookKind{
	"tracepoint/sched/sched_switch": HookSchedSwitch, "tp/sched/sched_switch": HookSchedSwitch, "sched_switch": HookSchedSwitch,
	"tracepoint/irq/irq_handler_entry": HookIRQEnter, "tracepoint/irq_handler_entry": HookIRQEnter, "irq/enter": HookIRQEnter, "irq_enter": HookIRQEnter,
	"tracepoint/irq/irq_handler_exit": HookIRQExit, "tracepoint/irq_handler_exit": HookIRQExit, "irq/exit": HookIRQExit, "irq_exit": HookIRQExit,
	"helper": HookHelper, "tracepoint/raw_syscalls/sys_enter": HookHelper, "tracepoint/sys_enter": HookHelper, "tracepoint/syscall": HookHelper,
	"tracepoint/boot": HookBoot, "tracepoint/fault": HookFault, "packet_in": HookPacketIn, "packet_out": HookPacketOut,
	"frame_in": HookFrameIn, "frame_out": HookFrameOut,
}

// linuxTypes begin sections that Linux has program types for and devices have no hook (libbpf's program types): such programs are called.
var linuxTypes = []string{
	"action", "cgroup", "cgroup_skb", "classifier", "fentry", "fexit", "fmod_ret", "freplace", "iter", "kprobe", "kretprobe", "lsm",
	"perf_event", "raw_tp", "raw_tracepoint", "sk_lookup", "sk_msg", "sk_skb", "socket", "struct_ops", "syscall", "tc", "tcx", "uprobe",
	"uretprobe", "usdt", "xdp",
}

// ParseHook reads what SEC() of a program says. It is no hook if the section is a plain name, or a type of Linux: such programs are
// called. A section with a path that is neither, or a hook that is written wrongly, is an error that says what there is.
func ParseHook(section string) (h Hook, is bool, err error) {
	fail := func(format string, args ...any) (Hook, bool, error) {
		return Hook{}, false, fmt.Errorf("section %q: %s", section, fmt.Sprintf(format, args...))
	}
	h.Priority = DefaultHookPriority
	if kind, ok := hookNames[section]; ok {
		h.Kind = kind
		return h, true, nil
	}
	head, rest, more := strings.Cut(section, "/")
	switch {
	case head == "timer":
		h.Kind = HookTimer
		h.PeriodMS, err = hookPeriod(rest)
	case head == "gpio":
		h.Kind = HookGPIO
		h.Argument, err = hookPin(rest)
	case head == "sensor":
		h.Kind, h.PeriodMS = HookSensor, 1000
		name, period, given := strings.Cut(rest, "/")
		if h.Argument, err = hookSensor(name); err == nil && given {
			h.PeriodMS, err = hookPeriod(period)
		}
	case head == "coap":
		h.Kind, h.Path = HookCoAP, rest
		err = hookPathError(rest)
	case (head == "helper" || head == "syscall") && more, strings.HasPrefix(section, "tracepoint/syscalls/sys_enter_"):
		h.Kind = HookHelper
		h.Argument, err = hookHelper(strings.TrimPrefix(rest, "syscalls/sys_enter_"))
	default:
		for _, r := range abi.Hooks() {
			if r.Text == section && HookKind(r.Number) != HookTimer {
				h.Kind = HookKind(r.Number)
				return h, true, nil
			}
		}
		if !more || slices.Contains(linuxTypes, strings.TrimSuffix(strings.TrimSuffix(head, ".s"), ".frags")) {
			return Hook{}, false, nil
		}
		return fail("there is no such hook; there are timer/100ms, gpio/PA0/rising, sensor/temp, coap/PATH, input, message, boot, fault, " +
			"packet/in, packet/out, frame/in, frame/out, tracepoint/sched_switch, tracepoint/irq_enter, tracepoint/irq_exit, tracepoint/helper, helper/NAME")
	}
	if err != nil {
		return fail("%v", err)
	}
	return h, true, nil
}

func hookPeriod(text string) (uint32, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond || d.Milliseconds() > math.MaxUint32 || d%time.Millisecond != 0 {
		return 0, fmt.Errorf("period %q: write whole milliseconds, as in timer/100ms or sensor/temp/2s", text)
	}
	return uint32(d.Milliseconds()), nil
}

func hookPin(text string) (uint32, error) {
	name, edge, _ := strings.Cut(text, "/")
	edges, ok := map[string]uint32{"rising": risingEdge, "falling": fallingEdge, "both": risingEdge | fallingEdge}[edge]
	if !ok {
		return 0, fmt.Errorf("edge %q: choose rising, falling or both, as in gpio/PA0/rising", edge)
	}
	port, pin, err := ParsePin(name)
	return port<<16 | pin<<8 | edges, err
}

// ParsePin reads the name of a pin: PA0 is pin 0 of port 0.
func ParsePin(name string) (port, pin uint32, err error) {
	if len(name) >= 3 && name[0] == 'P' && name[1] >= 'A' && name[1] <= 'K' {
		n, err := strconv.ParseUint(name[2:], 10, 8)
		if err == nil && n < 16 && strconv.FormatUint(n, 10) == name[2:] {
			return uint32(name[1] - 'A'), uint32(n), nil
		}
	}
	return 0, 0, fmt.Errorf("pin %q: write PA0 to PK15", name)
}

func hookSensor(name string) (uint32, error) {
	var names []string
	for _, s := range sensors {
		if s.name == name {
			return s.kind, nil
		}
		names = append(names, s.name)
	}
	if n, err := strconv.ParseUint(name, 10, 8); err == nil && n > 0 {
		return uint32(n), nil
	}
	return 0, fmt.Errorf("sensor %q: choose %s, or the number of a type", name, strings.Join(names, ", "))
}

func hookPathError(path string) error {
	if path == "" || len(path) > HookPath || strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") || strings.Contains(path, "//") {
		return fmt.Errorf("path %q: write segments with / between them, %d characters at most", path, HookPath)
	}
	for _, c := range []byte(path) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"?#<>,;`, c) >= 0 {
			return fmt.Errorf("path %q: %q is no character of it", path, c)
		}
	}
	return nil
}

func hookHelper(name string) (uint32, error) {
	name = strings.TrimPrefix(name, "bpf_")
	for _, h := range abi.Helpers() {
		if h.Name == name {
			return uint32(h.ID), nil
		}
	}
	return 0, fmt.Errorf("there is no helper bpf_%s", name)
}

// String is the hook as a section names it.
func (h Hook) String() string {
	switch h.Kind {
	case HookTimer:
		return "timer/" + period(h.PeriodMS)
	case HookGPIO:
		edge := [...]string{"?", "rising", "falling", "both"}[h.Argument&3]
		return fmt.Sprintf("gpio/P%c%d/%s", 'A'+rune(h.Argument>>16&15), h.Argument>>8&255, edge)
	case HookSensor:
		name := strconv.Itoa(int(h.Argument))
		for _, s := range sensors {
			if s.kind == h.Argument {
				name = s.name
			}
		}
		if h.PeriodMS == 1000 {
			return "sensor/" + name
		}
		return "sensor/" + name + "/" + period(h.PeriodMS)
	case HookCoAP:
		return "coap/" + h.Path
	case HookHelper:
		for _, x := range abi.Helpers() {
			if uint32(x.ID) == h.Argument && h.Argument != 0 {
				return "helper/bpf_" + x.Name
			}
		}
	}
	return h.Kind.String()
}

func period(ms uint32) string {
	if ms%1000 == 0 {
		return fmt.Sprintf("%ds", ms/1000)
	}
	return fmt.Sprintf("%dms", ms)
}
