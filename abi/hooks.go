// SPDX-License-Identifier: GPL-2.0-or-later

package abi

var hooks = table("hooks.h")

// Hooks lists what can make a program of a device run: the number, and how its section is called.
func Hooks() []Row { return hooks }
