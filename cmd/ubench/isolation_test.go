// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"testing"

	"github.com/ubench-dev/ubench/emu"
)

// Compartments are set beside the same board with code in the same place, on targets that have a choice.
func TestUnwalled(t *testing.T) {
	for target, want := range map[string]string{
		"unicorn":             "unicorn+code=sram",
		"unicorn:cortex-m3":   "unicorn:cortex-m3+code=sram",
		"unicorn+code=alias":  "unicorn+code=alias+code=sram", // what is said last counts
		"qemu:netduinoplus2":  "qemu:netduinoplus2",
		"unicorn+flash-speed": "unicorn+flash-speed+code=sram",
	} {
		if got := unwalled(emu.Info{Target: target}); got != want {
			t.Errorf("%s: beside %s, want %s", target, got, want)
		}
	}
}
