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
	codeFlag       = &cli.StringFlag{Name: "code", Value: targets.InAlias, Usage: "fetch compiled code from `PLACE`: alias, SRAM at address 0 where a chip shows it, or sram, where it lies"}
	flashSpeedFlag = &cli.BoolFlag{Name: "flash-speed", Usage: "charge code in SRAM as if it were fetched from flash, and no data in its way"}
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

// codePlace reads --code: whether code is to run where it lies.
func codePlace(c *cli.Context) (inSRAM bool, err error) {
	switch place := c.String("code"); place {
	case "", targets.InAlias, targets.InSRAM: // not all commands have the flag
		return place == targets.InSRAM, nil
	default:
		return false, usagef("--code %s: choose %s or %s", place, targets.InAlias, targets.InSRAM)
	}
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
	inSRAM, err := codePlace(c)
	if err != nil {
		return nil, err
	}
	for i, spec := range specs {
		if options != "" && !strings.HasPrefix(spec, "unicorn") {
			return nil, usagef("--%s is for Unicorn: target %s has no model", strings.Split(options[1:], "=")[0], spec)
		}
		specs[i] += options
		if inSRAM && (strings.HasPrefix(spec, "unicorn") || strings.HasPrefix(spec, "serial:")) { // elsewhere it always is
			specs[i] += "+" + targets.CodeIn + "=" + targets.InSRAM
		}
	}
	return specs, nil
}
