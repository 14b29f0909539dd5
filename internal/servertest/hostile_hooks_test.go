// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
)

// Lists come whole, or in pieces of one block, for those that change all the time.
func TestListsInPieces(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	for i, name := range []string{"a", "b", "c"} {
		must(t, code(t, d, name, "packet/out", uint32(i+1), nil, zero, exit))
	}
	counter := ofLinux(t, "counter", "")
	job := deploy.Job{Programs: []deploy.Built{counter}, Key: suit.DevelopmentKey.SigningKey}
	_, err := job.Do(t.Context(), d)
	must(t, err)
	must(t, d.Detach(t.Context(), "a", nil))
	must(t, d.Detach(t.Context(), "b", nil))
	must(t, d.Detach(t.Context(), "c", nil))
	names := func(path, query string) (all []string) {
		r := client.Request{Method: coap.GET, Path: path, Format: -1}
		if query != "" {
			r.Query = []string{query}
		}
		m, err := d.Do(t.Context(), r)
		must(t, err)
		var rows []struct {
			Name string `cbor:"20,keyasint"`
		}
		must(t, cbor.Unmarshal(m.Body, &rows))
		for _, row := range rows {
			all = append(all, row.Name)
		}
		return all
	}
	for _, path := range []string{"p", "hooks", "m"} {
		whole := names(path, "")
		var pieces []string
		for {
			piece := names(path, fmt.Sprintf("from=%d", len(pieces)+1))
			if len(piece) > 2 {
				t.Errorf("%s: a piece of %d", path, len(piece))
			}
			if pieces = append(pieces, piece...); len(piece) == 0 || len(pieces) > len(whole) {
				break
			}
		}
		if len(whole) == 0 || !slices.Equal(whole, pieces) {
			t.Errorf("%s: %q in pieces, %q as a whole", path, pieces, whole)
		}
		for _, query := range []string{"from=4294967295", "from=0", "from=x", "from=99999999999999999999"} {
			if n := len(names(path, query)); n != 0 && n != len(whole) {
				t.Errorf("%s: %s is answered by %d", path, query, n)
			}
		}
	}
}

// Whatever is asked of a program's hooks, in bytes: refused in one line, and nothing has changed.
func TestHostileHooks(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	must(t, code(t, d, "a", "gpio/PA0/rising", 1, nil, zero, exit))
	form := "4.00 a hook is [number, argument, period, path, priority], in CBOR"
	for _, c := range []struct{ what, body, want string }{
		{"no array", "00", form},
		{"too few", "8403010060", form},
		{"too many", "860301006018800a", form},
		{"cut off", "85030100", form},
		{"something behind it", "8503010060188000", form},
		{"an endless array", "9f030100601880ff", form},
		{"no number", "8560010060" + "1880", form},
		{"a number below zero", "8520010060" + "1880", form},
		{"a number there is not", "8510010060" + "1880", form},
		{"the largest number", "851bffffffffffffffff0100601880", form},
		{"a priority too large", "8503010060190100", form},
		{"a priority below zero", "850301006020", form},
		{"a path of bytes", "8503010040" + "1880", form},
		{"a path longer than what there is", "85030100" + "7a7fffffff" + "1880", form},
		{"another pin", "850319010100" + "60" + "1880", "4.22 e-hook-grant"},
		{"an argument below zero", "8503200060" + "1880", "4.22 e-hook-grant"},
		{"another hook", "8506000060" + "1880", "4.22 e-hook-grant"},
	} {
		body, err := hex.DecodeString(c.body)
		must(t, err)
		_, err = d.Do(t.Context(), client.Request{Method: coap.POST, Path: "p/a/attach", Format: 60, Body: body})
		var refused *client.Refusal
		got := "nothing"
		if errors.As(err, &refused) && refused.Format != 60 {
			got = refused.Code.String() + " " + string(refused.Body)
		} else if refused != nil {
			var r deploy.Refused
			must(t, cbor.Unmarshal(refused.Body, &r))
			got = refused.Code.String() + " " + r.Status.Name()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	for i, c := range []struct {
		what   string
		change func(c *device.Config)
	}{
		{"bits of no hook", func(c *device.Config) { c.Events |= 1 << 16 }},
		{"all hooks", func(c *device.Config) { c.Events = 1<<16 - 1 }},
		{"two of their own", func(c *device.Config) { c.Events |= 1 << device.HookBoot }},
		{"a pin without edges", func(c *device.Config) { c.Hook.Argument = 0 }},
		{"bits beside edges", func(c *device.Config) { c.Hook.Argument = 1 | 1<<2 }},
		{"a pin of no port", func(c *device.Config) { c.Hook.Argument = 1<<24 | 1 }},
		{"a path of a pin", func(c *device.Config) { c.Hook.Path = "x" }},
		{"no path", func(c *device.Config) { c.Events, c.Hook.Argument = 1<<device.HookCoAP, 0 }},
		{"no period", func(c *device.Config) { c.Events |= device.EventTimer; c.PeriodMS = 0 }},
		{"a sensor without a period", func(c *device.Config) { c.Events, c.Hook.Argument, c.PeriodMS = 1<<device.HookSensor, 130, 0 }},
		{"a type of no sensor", func(c *device.Config) { c.Events, c.Hook.Argument, c.PeriodMS = 1<<device.HookSensor, 256, 5 }},
		{"an argument of none", func(c *device.Config) { c.Events = 1 << device.HookBoot }},
		{"it runs from its start on", func(c *device.Config) { c.LongRunning = true }},
	} {
		err := code(t, d, "b", "gpio/PA1/rising", uint32(i+2), func(m *suit.Manifest) { c.change(&m.Config) }, zero, exit)
		if err == nil {
			t.Errorf("%s: nobody refuses that", c.what)
		} else if got := refusal(err); !strings.HasPrefix(got, "4.") {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	hooks, err := d.Hooks(t.Context())
	if err != nil || len(hooks) != 1 || !hooks[0].Attached || hooks[0].Hook().String() != "gpio/PA0/rising" {
		t.Errorf("%+v %v", hooks, err)
	}
}
