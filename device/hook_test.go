// SPDX-License-Identifier: GPL-2.0-or-later

package device

import (
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
)

// What sections say: hooks, programs that are called, and mistakes.
func TestParseHook(t *testing.T) {
	for _, c := range []struct {
		section string
		kind    HookKind
		err     string // what the error says; "called" where there is neither a hook nor an error
	}{
		{section: "timer/100ms", kind: HookTimer},
		{section: "gpio/PA0/rising", kind: HookGPIO},
		{section: "sensor/temp", kind: HookSensor},
		{section: "coap/sensors/temp", kind: HookCoAP},
		{section: "boot", kind: HookBoot},
		{section: "fault", kind: HookFault},
		{section: "tracepoint/sched_switch", kind: HookSchedSwitch},
		{section: "tp/sched/sched_switch", kind: HookSchedSwitch},
		{section: "packet/in", kind: HookPacketIn},
		{section: "frame/in", kind: HookFrameIn},
		{section: "frame_out", kind: HookFrameOut},
		{section: "frame/on", err: "there is no such hook"},
		{section: "", err: "called"},
		{section: ".text", err: "called"},
		{section: ".text.f", err: "called"},
		{section: "main", err: "called"},
		{section: "tracepoint", err: "called"},
		{section: "raw_tp/test", err: "called"},
		{section: "kprobe/do_nanosleep", err: "called"},
		{section: "xdp.frags", err: "called"},
		{section: "fentry.s/f", err: "called"},
		{section: "timr/100ms", err: "there is no such hook"},
		{section: "tracepoint/sched_swich", err: "there is no such hook"},
		{section: "timer", err: "write whole milliseconds"},
		{section: "timer/100", err: "write whole milliseconds"},
		{section: "timer/-1s", err: "write whole milliseconds"},
		{section: "gpio/PZ0/rising", err: "write PA0 to PK15"},
		{section: "gpio/PA16/rising", err: "write PA0 to PK15"},
		{section: "gpio/PA0/up", err: "choose rising, falling or both"},
		{section: "sensor/tmp", err: "sensor"},
		{section: "coap/", err: "coap"},
	} {
		h, is, err := ParseHook(c.section)
		switch {
		case c.err == "called":
			if is || err != nil {
				t.Errorf("%q: %v, %v, %v; want a program that is called", c.section, h, is, err)
			}
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, %v; want an error with %q", c.section, h, err, c.err)
			}
		case !is || err != nil || h.Kind != c.kind:
			t.Errorf("%q: %v, %v, %v; want %v", c.section, h, is, err, c.kind)
		}
	}
	for _, r := range abi.Hooks() {
		if k := HookKind(r.Number); k.String() != r.Text {
			t.Errorf("hook %d is %q, want %q", r.Number, k, r.Text)
		}
	}
}
