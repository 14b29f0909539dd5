// SPDX-License-Identifier: GPL-2.0-or-later

// Package cycles models how long a Cortex-M3 or Cortex-M4 takes: a scoreboard with one decode and one
// execute slot, a fetch queue of three words, and the cycles buses are taken.
//
// Everything here is a pure function over decoded instructions. Costs per core and memory are data
// (core.go), what depends on operand values is in operands.go, the rules by which neighbours
// wait for each other are named functions (rules.go), and State is all that is carried from one instruction to
// the next. Package meter runs the model along with an emulated program.
//
// Rule numbers in comments are those of docs/timing.md, which also tells what is not modelled and how
// far the figures were validated. Sources: the Cortex-M3 and M4 technical reference manuals, the timings
// published by the CMEmu project and by jnk0le, TI SWCU192.
package cycles
