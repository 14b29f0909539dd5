// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"fmt"

	"ubench/emu"
)

// realTargets are those of package targets.
type realTargets struct{}

func (realTargets) open(_ context.Context, spec string) (emu.Target, error) {
	return nil, fmt.Errorf("target %s: no target is built in", spec)
}

func (realTargets) list() []targetStatus { return nil }
