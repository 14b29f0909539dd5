// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/bare"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

func measureCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "measure",
		Usage:     "run any bare-metal Thumb program and count its instructions and modelled cycles",
		ArgsUsage: "FILE [flags]",
		Description: `FILE is an ELF program, an Intel hex file, or a raw image with --base. Without --entry it starts as after a reset,
from its vector table, and ends at --until, or when it is done: at a bkpt, a semihosting exit, a wfi, a reset, or a loop
that nothing can end. With --entry a function is called, and ends when it returns.
The chip has 1 MB of flash at 0x08000000 (and at 0), 192 KB of SRAM at 0x20000000, and registers that keep what is written
to them; its clocks and serial ports are ready. SysTick, PendSV, timers and serial ports interrupt. An stm32f4 has 64 KB of
core-coupled memory at 0x10000000, for data only. --map ADDR:SIZE adds memory, --map alone prints what is mapped.
DWT CYCCNT, SysTick and timers count modelled cycles; CYCCNT runs from the start. With --no-cycles they count instructions.
Files for other cores than Cortex-M3 and M4 are refused unless --core says as which of them they are to be measured.

Examples:
  ubench measure benchmark.elf
  ubench measure firmware.elf --until main_done
  ubench measure firmware.hex --core cortex-m3 --map
  ubench measure sort.elf --entry sort --args 0x20001000,64 --map 0x20001000:1024:numbers.bin --dump 0x20001000:256
  ubench measure image.bin --base 0x08000000 --core cortex-m3 --lenient --json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "core", Usage: "`CORE`: cortex-m3 or cortex-m4 (default: the one FILE was built for, or cortex-m4)"},
			&cli.StringFlag{Name: "chip", Usage: "peripherals of `CHIP`: stm32f1 or stm32f4 (default: stm32f1 for cortex-m3, stm32f4 for cortex-m4)"},
			&cli.StringFlag{Name: "base", Usage: "address of a raw image, `ADDR`"},
			&cli.StringFlag{Name: "entry", Usage: "call the function at `SYMBOL|ADDR`"},
			&cli.StringFlag{Name: "args", Usage: "its arguments, a `LIST` of numbers or symbols"},
			&cli.StringFlag{Name: "until", Usage: "stop before the instruction at `SYMBOL|ADDR`"},
			&cli.StringSliceFlag{Name: "map", Usage: "add memory, `ADDR:SIZE[:FILE]`; may be repeated; without a value, print what is mapped"},
			&cli.StringSliceFlag{Name: "dump", Usage: "print memory at the end, or write it to a file, `ADDR:LEN[:FILE]`; may be repeated"},
			&cli.BoolFlag{Name: "lenient", Usage: "peripherals that are not emulated read as zero"},
			noCyclesFlag, flashSpeedFlag, waitStatesFlag,
			&cli.StringFlag{Name: "limit", Value: "10000000000", Usage: "give up after `N` instructions"},
			&cli.StringFlag{Name: "profile", Usage: "write a profile for go tool pprof to `FILE`"},
			&cli.BoolFlag{Name: "listing", Usage: "print the instructions executed, with what each cost"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error { return e.measureFile(c) },
	}
}

func (e *env) measureFile(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one program: an ELF file, an Intel hex file, or a raw image with --base")
	}
	file := c.Args().First()
	o, err := measureOptions(c)
	if err != nil {
		return err
	}
	dumpFiles, err := dumpOptions(c, &o)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var memory *memoryMap
	if slices.Contains(c.StringSlice("map"), "") {
		o.OnLoad = func(m bare.Memory) {
			memory = newMemoryMap(m)
			if !c.Bool("json") {
				memory.print(e.stdout)
			}
		}
	}
	run, err := bare.Run(c.Context, data, o)
	var option *bare.OptionError
	if errors.As(err, &option) {
		return usagef("%s: %v", file, option)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	r := newMeasurement(file, run)
	r.Memory = memory
	places := newPlaces(openELF(data))
	if out := c.String("profile"); out != "" {
		if err := writeProfile(out, places, run.Label, run.ByPath); err != nil {
			return err
		}
	}
	if r.Dumps, err = writeDumps(run.Dumps, dumpFiles); err != nil {
		return err
	}
	if c.Bool("json") {
		encoder := json.NewEncoder(e.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	r.print(e)
	if c.Bool("listing") {
		fmt.Fprintf(e.stdout, "\n%12s %12s %6s   cycles: %s\n", "executions", "cycles", "share", run.Label)
		printListing(e.stdout, places, run.Spent)
	}
	return nil
}

func measureOptions(c *cli.Context) (o bare.Options, err error) {
	o = bare.Options{Core: unicorn.Core(c.String("core")), Family: unicorn.Family(c.String("chip")), Base: c.String("base"),
		Entry: c.String("entry"), Until: c.String("until"), Lenient: c.Bool("lenient")}
	if o.Core != "" {
		if err := checkCore(o.Core); err != nil {
			return o, err
		}
	}
	if o.Family != "" && o.Family != unicorn.STM32F1 && o.Family != unicorn.STM32F4 {
		return o, unknown("chip", string(o.Family), []string{string(unicorn.STM32F1), string(unicorn.STM32F4)})
	}
	if o.Limit, err = strconv.ParseUint(c.String("limit"), 0, 64); err != nil || o.Limit == 0 {
		return o, usagef("--limit %s is not a number of instructions", c.String("limit"))
	}
	if list := c.String("args"); list != "" {
		for a := range strings.SplitSeq(list, ",") {
			o.Args = append(o.Args, strings.TrimSpace(a))
		}
	}
	for _, spec := range c.StringSlice("map") {
		if spec == "" {
			continue
		}
		parts := strings.SplitN(spec, ":", 3)
		if len(parts) < 2 {
			return o, usagef("--map %s: write ADDR:SIZE or ADDR:SIZE:FILE", spec)
		}
		m := bare.Map{Addr: parts[0], Size: parts[1]}
		if len(parts) == 3 {
			if m.Data, err = os.ReadFile(parts[2]); err != nil {
				return o, fmt.Errorf("--map %s: %w", spec, err)
			}
		}
		o.Maps = append(o.Maps, m)
	}
	o.NoCycles = c.Bool("no-cycles")
	for _, name := range []string{"profile", "listing", "flash-speed", "wait-states"} {
		if o.NoCycles && c.IsSet(name) {
			return o, usagef("--no-cycles counts no cycles, which --%s is about", name)
		}
	}
	o.Model, err = modelOptions(c)
	return o, err
}

func checkCore(core unicorn.Core) error {
	if core != unicorn.CortexM3 && core != unicorn.CortexM4 {
		return unknown("core", string(core), []string{string(unicorn.CortexM3), string(unicorn.CortexM4)})
	}
	return nil
}

// openELF is nil for raw images.
func openELF(data []byte) *elf.File {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return f
}
