// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"strings"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
)

// realTargets are those of package targets.
type realTargets struct{}

func (realTargets) open(ctx context.Context, spec string) (emu.Target, error) {
	if err := targets.Check(spec); err != nil {
		if strings.HasPrefix(spec, "serial:") || strings.Contains(spec, "+") {
			return nil, usagef("%v", err)
		}
		return nil, unknown("target", spec, targets.Names())
	}
	return targets.Open(ctx, spec)
}

func (realTargets) list(ctx context.Context) []targetStatus {
	var list []targetStatus
	for _, s := range targets.List(ctx) {
		list = append(list, targetStatus(s))
	}
	return list
}

// targetSource is where targets come from.
type targetSource interface {
	// open starts a target; the mistake of naming one that cannot exist is a usage error.
	open(ctx context.Context, spec string) (emu.Target, error)
	// list says which targets there are and whether they can start here.
	list(ctx context.Context) []targetStatus
}

// targetStatus is what is known of a target without starting it.
type targetStatus struct {
	Spec    string `json:"target"`
	Works   bool   `json:"works"`
	Reason  string `json:"reason,omitempty"`  // why it does not work, or what it is
	Install string `json:"install,omitempty"` // what to do about it
}
