// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/image"
)

// Instruction sets and optimisations clang knows for eBPF. Without optimisation, calls of helpers are
// calls through variables, which no device can resolve.
var (
	cpus          = []string{"v1", "v2", "v3", "v4"}
	optimizations = []string{"1", "2", "3", "s", "z"}
)

func buildCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "build",
		Usage:     "compile C into eBPF objects",
		ArgsUsage: "FILE.c… [flags]",
		Description: `Runs clang with the flags eBPF on a microcontroller needs, and checks that the result can be loaded.
#include "bpf_helpers.h" finds the header of the device's helpers, which ubench brings along, as it does
<string.h>, <stdint.h>, <stddef.h>, <stdbool.h>, <limits.h>, <inttypes.h>, <errno.h>, <endian.h>, the types of <linux/bpf.h>,
and headers of packets: <linux/if_ether.h>, <linux/ip.h>, <linux/udp.h>, <linux/in.h>. There are no others.
The same source gives the same object, byte for byte.
--tune compiles with a few sets of options, runs each object with the given memory on the emulator, prints a table, and keeps
the one that takes the fewest cycles. Which is best differs from program to program, and depends on the input.
prog.c becomes prog.o in the current folder.

Examples:
  ubench build prog.c && ubench exec prog.o
  ubench build examples/printf/printf.bpf.c -o printf.o
  ubench build a.c b.c --cpu v2 --optimize s --no-debug
  ubench build prog.c --cflags "-O2 -DROUNDS=4 -mllvm -unroll-threshold=150"
  ubench build prog.c --tune --mem @packet.bin --mem @other.bin`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "write the object to `FILE`"},
			&cli.StringFlag{Name: "cpu", Value: "v3", Usage: "instruction `SET`: " + strings.Join(cpus, ", ")},
			&cli.StringFlag{Name: "optimize", Value: "2", Usage: "optimisation `LEVEL`: " + strings.Join(optimizations, ", ")},
			&cli.StringSliceFlag{Name: "I", Usage: "look for headers in `FOLDER` too; may be repeated"},
			&cli.StringFlag{Name: "cflags", Usage: "further `OPTIONS` of clang, behind the others"},
			&cli.BoolFlag{Name: "tune", Usage: "try a few sets of options, and keep the fastest"},
			&cli.StringFlag{Name: "engine", Value: "jit", Usage: "`ENGINE` that --tune runs objects on"},
			&cli.StringFlag{Name: "entry", Usage: "function that --tune runs, by `NAME`"},
			&cli.StringSliceFlag{Name: "mem", Usage: "context memory for --tune, as `HEX` or @FILE; repeat it for several runs"},
			&cli.BoolFlag{Name: "no-debug", Usage: "leave out debug information: no source lines in listings"},
		},
		Action: func(c *cli.Context) error { return e.build(c) },
	}
}

func (e *env) build(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("name a C file")
	}
	for _, source := range c.Args().Slice() {
		if filepath.Ext(source) != ".c" {
			return usagef("%s is no C file: its name must end in .c", source)
		}
	}
	if c.IsSet("o") && c.NArg() > 1 {
		return usagef("-o names one object, but there are %d files", c.NArg())
	}
	if cpu := c.String("cpu"); !slices.Contains(cpus, cpu) {
		return unknown("cpu", cpu, cpus)
	}
	if level := c.String("optimize"); !slices.Contains(optimizations, level) {
		return unknown("optimization", level, optimizations)
	}
	cc, err := findClang(c.Context)
	if err != nil {
		return err
	}
	defer cc.close()
	for _, name := range []string{"engine", "entry", "mem"} {
		if c.IsSet(name) && !c.Bool("tune") {
			return usagef("--%s is for --tune", name)
		}
	}
	if c.Bool("tune") && c.IsSet("optimize") {
		return usagef("--tune chooses what --optimize would")
	}
	flags := []string{"-mcpu=" + c.String("cpu")}
	if !c.Bool("no-debug") {
		flags = append(flags, "-g", "-fdebug-compilation-dir=.")
	}
	for _, dir := range c.StringSlice("I") {
		flags = append(flags, "-I"+dir)
	}
	flags = append(flags, strings.Fields(c.String("cflags"))...)
	for _, source := range c.Args().Slice() {
		options := []string{"-O" + c.String("optimize")}
		if c.Bool("tune") {
			if options, err = e.tune(c, cc, source, flags); err != nil {
				return err
			}
		}
		if err := e.buildOne(c, cc, source, append(options, flags...)); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) buildOne(c *cli.Context, cc *compiler, source string, flags []string) error {
	object, warnings, err := cc.compile(c.Context, source, flags)
	if _, werr := e.stderr.Write(warnings); werr != nil {
		return werr
	}
	if err != nil {
		return err
	}
	out := c.String("o")
	if out == "" {
		out = strings.TrimSuffix(filepath.Base(source), ".c") + ".o"
	}
	entries, err := image.Entries(filepath.Base(out), object)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	var lines strings.Builder
	for _, entry := range entries {
		p, err := image.LoadObject(filepath.Base(out), object, entry)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		packed := "cannot be packed"
		if data, err := p.Encode(abi.Packed); err == nil {
			packed = fmt.Sprintf("packed %d bytes", len(data))
		}
		fmt.Fprintf(&lines, "%s: %s: %s, %d bytes of data, %s\n", out, entry, slots(p), len(p.Rodata)+len(p.Data)+int(p.BSS), packed)
	}
	if err := writeFile(out, object); err != nil {
		return err
	}
	_, err = io.WriteString(e.stdout, lines.String())
	return err
}
