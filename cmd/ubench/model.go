// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/targets"
)

// Flags that choose what is modelled.
var (
	noCyclesFlag   = &cli.BoolFlag{Name: "no-cycles", Usage: "count instructions only, on Unicorn; faster"}
	flashSpeedFlag = &cli.BoolFlag{Name: "flash-speed", Usage: "charge code in SRAM as if it were fetched from flash"}
	waitStatesFlag = &cli.IntFlag{Name: "wait-states", Usage: "model an STM32F4's flash with `N` wait states and its cache (not validated)"}
)

// modelOptions reads the flags.
func modelOptions(c *cli.Context) (cycles.Options, error) {
	o := cycles.Options{FetchAtFlashSpeed: c.Bool("flash-speed"), FlashWaitStates: c.Int("wait-states")}
	if o.FlashWaitStates < 0 || o.FlashWaitStates > targets.MaxWaitStates {
		return o, usagef("--wait-states %d: choose 0 to %d", o.FlashWaitStates, targets.MaxWaitStates)
	}
	return o, nil
}

// withModel adds the flags to the names of targets, as the options they stand for.
func withModel(c *cli.Context, specs []string) ([]string, error) {
	o, err := modelOptions(c)
	if err != nil {
		return nil, err
	}
	var options string
	if c.Bool("no-cycles") {
		options += "+" + targets.NoCycles
	}
	if o.FetchAtFlashSpeed {
		options += "+" + targets.FlashSpeed
	}
	if o.FlashWaitStates > 0 {
		options += fmt.Sprintf("+%s=%d", targets.WaitStates, o.FlashWaitStates)
	}
	for i, spec := range specs {
		if options == "" {
			break
		}
		if !strings.HasPrefix(spec, "unicorn") {
			return nil, usagef("--%s is for Unicorn: target %s has no model", strings.Split(options[1:], "=")[0], spec)
		}
		specs[i] = spec + options
	}
	return specs, nil
}
