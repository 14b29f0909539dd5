// SPDX-License-Identifier: GPL-2.0-or-later

// Package ubench runs eBPF programs on emulated microcontrollers and counts what they cost, in instructions and modelled
// cycles. This package has no code; its example shows how the others are used together. These are for others to import:
//
//   - [github.com/ubench-dev/ubench/image]: load and link objects of clang and bpf-gcc; pack programs for devices
//   - [github.com/ubench-dev/ubench/emu]: what a job and its outcome are
//   - [github.com/ubench-dev/ubench/emu/targets]: open a target by its name, "unicorn" or "qemu:netduinoplus2", and run jobs on it
//   - [github.com/ubench-dev/ubench/emu/bare]: run any bare-metal program for a Cortex-M, and count
//   - [github.com/ubench-dev/ubench/bench]: measure benchmarks on engines of a target
//   - [github.com/ubench-dev/ubench/benchmarks], [github.com/ubench-dev/ubench/examples]: programs, with their inputs and the results that they must have
//   - [github.com/ubench-dev/ubench/planner]: what is known about a program before it runs: bounds of accesses, loops, time
//   - [github.com/ubench-dev/ubench/report]: result files and tables
//   - [github.com/ubench-dev/ubench/abi]: statuses, helpers, image formats
//   - [github.com/ubench-dev/ubench/deploy]: deploy programs to devices in the field, and ask these devices
//
// The other packages outside of internal/ hold C that devices run, compiled for the host so that the packages above use
// the same code: vm, jit, verify, maps, ubpf, femto, baseline, firmware, device and the folders in them. Their Go API may
// change at any time. In version 0 names of all packages may change from one minor version to the next; CHANGELOG.md says so.
//
// libunicorn 2 is needed to build, with its header: libunicorn-dev on Debian. The command is
//
//	go install github.com/ubench-dev/ubench/cmd/ubench@latest
//
// The library for firmware is C: docs/embedding.md.
package ubench
