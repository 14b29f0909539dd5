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
