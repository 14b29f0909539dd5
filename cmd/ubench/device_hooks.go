// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/device"
)

// deviceHooks lists what programs are attached to, in the order they run in.
func (e *env) deviceHooks(c *cli.Context, d deploy.Device, _ []string) error {
	hooks, err := d.Hooks(c.Context)
	if err != nil {
		return err
	}
	slices.SortStableFunc(hooks, func(a, b deploy.Hook) int {
		return cmp.Or(cmp.Compare(a.Hook().String(), b.Hook().String()), cmp.Compare(a.Order, b.Order))
	})
	if c.Bool("json") {
		type row struct {
			Name string `json:"hook"`
			deploy.Hook
		}
		rows := []row{}
		for _, h := range hooks {
			rows = append(rows, row{h.Hook().String(), h})
		}
		return e.printJSON(rows)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOOK\tPROGRAM\tATTACHED\tPRIORITY\tORDER\tRUNS\tNOTES")
	for _, h := range hooks {
		attached, order, notes := "no", "-", ""
		if h.Attached {
			attached, order = "yes", fmt.Sprint(h.Order+1)
		}
		if h.Over > 0 {
			notes = fmt.Sprintf("detached %d times: over its budget, or faulted in an interrupt", h.Over)
		}
		fmt.Fprintf(w, "%v\t%s\t%s\t%d\t%s\t%d\t%s\n", h.Hook(), h.Program, attached, h.Priority, order, h.Runs, notes)
	}
	return w.Flush()
}

// deviceAttach attaches a program, or detaches it.
func (e *env) deviceAttach(c *cli.Context, d deploy.Device, args []string, done string, change func(name string, h *device.Hook) error) error {
	var hook *device.Hook
	if c.IsSet("priority") && c.Uint("priority") > 255 {
		return usagef("--priority %d: choose 0 (first) to 255", c.Uint("priority"))
	}
	if len(args) > 1 {
		h, is, err := device.ParseHook(args[1])
		if err != nil || !is {
			return usagef("%q is no hook: write it as in SEC(), as gpio/PA0/rising (%v)", args[1], err)
		}
		hook = &h
	}
	hooks, err := d.Hooks(c.Context)
	if err != nil {
		return err
	}
	var granted []string
	for _, h := range hooks {
		if h.Program != args[0] {
			continue
		}
		granted = append(granted, h.Hook().String())
		if hook != nil && hook.Kind == h.Kind {
			hook.Priority = h.Priority
		}
		if hook == nil && c.IsSet("priority") && !h.Attached {
			own := h.Hook()
			hook = &own
		}
	}
	if hook != nil && c.IsSet("priority") {
		hook.Priority = uint8(c.Uint("priority"))
	}
	if err := change(args[0], hook); err != nil {
		var refused *deploy.Refused
		if errors.As(err, &refused) && refused.Status.Name() == "e-hook-grant" {
			if len(granted) == 0 {
				return fmt.Errorf("%s: its manifest grants no hook: deploy it with --hook", args[0])
			}
			return fmt.Errorf("%s: its manifest grants %v, not %s: deploy it with --hook", args[0], granted, args[len(args)-1])
		}
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return e.said(c, args[0], done)
}
