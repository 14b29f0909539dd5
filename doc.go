// SPDX-License-Identifier: GPL-2.0-or-later

// Package ubench runs eBPF on emulated microcontrollers and counts what it costs. It has no code of its own; these packages
// are for others to import:
//
//   - [github.com/ubench-dev/ubench/image]: load and link objects of clang and bpf-gcc; pack programs for devices
//   - [github.com/ubench-dev/ubench/emu]: what a job is and what comes of it
//   - [github.com/ubench-dev/ubench/emu/targets]: open a target by its name, "unicorn" or "qemu:netduinoplus2", and run jobs on it
//   - [github.com/ubench-dev/ubench/emu/bare]: run any bare-metal program for a Cortex-M, and count
//   - [github.com/ubench-dev/ubench/bench]: measure benchmarks on engines of a target
//   - [github.com/ubench-dev/ubench/benchmarks], [github.com/ubench-dev/ubench/examples]: programs, with what must come of them
//   - [github.com/ubench-dev/ubench/planner]: what can be known about a program before it runs
//   - [github.com/ubench-dev/ubench/report]: result files and tables
//   - [github.com/ubench-dev/ubench/abi]: statuses, helpers, image formats
//   - [github.com/ubench-dev/ubench/deploy]: programs onto devices in the field
//
// What is left of the packages outside of internal/ is C that devices run, compiled for the desk so that the packages above use
// the very code that ships: vm, jit, verify, maps, ubpf, femto, baseline, firmware, device and the folders in them. Their Go has no
// promise. In version 0 nothing else has one, either: names may change from one minor version to the next, and
// CHANGELOG.md says so.
//
// libunicorn 2 is needed to build, with its header: libunicorn-dev on Debian. The command is
//
//	go install github.com/ubench-dev/ubench/cmd/ubench@latest
//
// The library that firmware takes in is C, and another matter: docs/embedding.md.
package ubench
