// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
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
		Description: `FILE is an ELF program, or a raw image with --base. Without --entry it starts as after a reset, from its
vector table, and ends at --until, or when it is done: at a bkpt, a semihosting exit, a wfi, a reset, or a loop that
nothing can end. With --entry a function is called, and ends when it returns.
The chip has 1 MB of flash at 0x08000000 (and at 0), 192 KB of SRAM at 0x20000000, and registers that keep what is written
to them; its clocks and serial ports are ready. SysTick, PendSV, timers and serial ports interrupt. --map adds memory.
DWT CYCCNT, SysTick and timers count modelled cycles; CYCCNT runs from the start.

Examples:
  ubench measure benchmark.elf
  ubench measure firmware.elf --until main_done
  ubench measure sort.elf --entry sort --args 0x20001000,64 --map 0x20001000:1024:numbers.bin
  ubench measure image.bin --base 0x08000000 --core cortex-m3 --lenient --json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "core", Usage: "`CORE`: cortex-m3 or cortex-m4 (default: the one FILE was built for, or cortex-m4)"},
			&cli.StringFlag{Name: "chip", Usage: "peripherals of `CHIP`: stm32f1 or stm32f4 (default: stm32f1 for cortex-m3, stm32f4 for cortex-m4)"},
			&cli.StringFlag{Name: "base", Usage: "address of a raw image, `ADDR`"},
			&cli.StringFlag{Name: "entry", Usage: "call the function at `SYMBOL|ADDR`"},
			&cli.StringFlag{Name: "args", Usage: "its arguments, a `LIST` of numbers or symbols"},
			&cli.StringFlag{Name: "until", Usage: "stop before the instruction at `SYMBOL|ADDR`"},
			&cli.StringSliceFlag{Name: "map", Usage: "add memory, `ADDR:SIZE[:FILE]`; may be repeated"},
			&cli.BoolFlag{Name: "lenient", Usage: "peripherals that are not emulated read as zero"},
			flashSpeedFlag, waitStatesFlag,
			&cli.StringFlag{Name: "limit", Value: "10000000000", Usage: "give up after `N` instructions"},
			&cli.StringFlag{Name: "profile", Usage: "write a profile for go tool pprof to `FILE`"},
			&cli.BoolFlag{Name: "listing", Usage: "print the instructions executed, with what each cost"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error { return e.measureFile(c) },
	}
}

// measurement is what the command reports.
type measurement struct {
	File         string        `json:"file"`
	Core         string        `json:"core"`
	Chip         string        `json:"chip"`
	End          string        `json:"end"`
	Instructions uint64        `json:"instructions"`
	Cycles       uint64        `json:"cycles"`
	CyclesLabel  string        `json:"cycles_label"`
	Result       uint32        `json:"r0"`
	Interrupts   uint64        `json:"interrupts"`
	Undelivered  []int         `json:"interrupts_not_raised,omitempty"`
	StackBytes   uint32        `json:"stack_bytes"`
	Float        bool          `json:"floating_point"`
	Classes      []classCycles `json:"classes"`
	Readings     []uint32      `json:"cyccnt,omitempty"`
	Differences  []uint32      `json:"cyccnt_differences,omitempty"`
	SysTick      []uint32      `json:"systick,omitempty"`

	SysTickDifferences []uint32 `json:"systick_differences,omitempty"`
	Output             string   `json:"output,omitempty"`
}

type classCycles struct {
	Class        string `json:"class"`
	Instructions uint64 `json:"instructions"`
	Cycles       uint64 `json:"cycles"`
}

func (e *env) measureFile(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one program: an ELF file, or a raw image with --base")
	}
	file := c.Args().First()
	o, err := measureOptions(c)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
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
	places := newPlaces(openELF(data))
	if out := c.String("profile"); out != "" {
		if err := writeProfile(out, places, run.Label, run.ByPath); err != nil {
			return err
		}
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

func newMeasurement(file string, run *bare.Result) *measurement {
	return &measurement{File: file, Core: string(run.Core), Chip: string(run.Family), End: run.End,
		Instructions: run.Instructions, Cycles: run.Cycles, CyclesLabel: run.Label, Result: run.R0, StackBytes: run.StackBytes,
		Interrupts: run.Interrupts, Undelivered: run.Undelivered,
		Float: run.Float, Output: string(run.Output), Classes: byClass(run),
		Readings: run.Readings, Differences: differences(run.Readings, 0xffffffff, +1),
		SysTick: run.SysTick, SysTickDifferences: differences(run.SysTick, 0xffffff, -1)}
}

// differences of the readings of a counter that counts up (+1) or down (-1).
func differences(readings []uint32, mask uint32, sign int32) []uint32 {
	var d []uint32
	for i := 1; i < len(readings); i++ {
		d = append(d, (readings[i]-readings[i-1])*uint32(sign)&mask)
	}
	return d
}

// byClass adds up by class of instruction; what no instruction took is in classes of its own, so that the sums are the totals.
func byClass(run *bare.Result) []classCycles {
	sums := map[string]*classCycles{}
	add := func(name string, instructions, cycles uint64) {
		if instructions == 0 && cycles == 0 {
			return
		}
		if sums[name] == nil {
			sums[name] = &classCycles{Class: name}
		}
		sums[name].Instructions += instructions
		sums[name].Cycles += cycles
	}
	for _, spent := range run.Spent {
		add(spent.Class.String(), spent.Executions, spent.Cycles)
	}
	for _, h := range run.Handlers {
		add("exception", 0, h.Cycles)
	}
	add("sleep", 0, run.Asleep)
	var list []classCycles
	for _, s := range sums {
		list = append(list, *s)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Cycles != list[j].Cycles {
			return list[i].Cycles > list[j].Cycles
		}
		return list[i].Class < list[j].Class
	})
	return list
}

func (r *measurement) print(e *env) {
	fmt.Fprintf(e.stdout, "%s on %s: %s\n", r.File, r.Core, r.End)
	fmt.Fprintf(e.stdout, "instructions  %d\ncycles        %d   (%s)\nstack         %d bytes\nr0            %#x\n",
		r.Instructions, r.Cycles, r.CyclesLabel, r.StackBytes, r.Result)
	if r.Interrupts > 0 {
		fmt.Fprintf(e.stdout, "interrupts    %d\n", r.Interrupts)
	}
	for _, irq := range r.Undelivered {
		fmt.Fprintf(e.stdout, "note: interrupt %d is enabled, which is not raised here\n", irq)
	}
	if r.Float {
		fmt.Fprintln(e.stdout, "note: floating-point instructions were executed, whose time is that of Arm's table and was not validated")
	}
	fmt.Fprintf(e.stdout, "\n%-14s %14s %14s %7s\n", "class", "instructions", "cycles", "share")
	for _, c := range r.Classes {
		fmt.Fprintf(e.stdout, "%-14s %14d %14d %6.1f%%\n", c.Class, c.Instructions, c.Cycles, 100*float64(c.Cycles)/float64(max(r.Cycles, 1)))
	}
	printReadings(e.stdout, "DWT CYCCNT", r.Readings, r.Differences)
	printReadings(e.stdout, "SysTick", r.SysTick, r.SysTickDifferences)
	if r.Output != "" {
		fmt.Fprintf(e.stdout, "\nthe program printed:\n%s", r.Output)
		if !strings.HasSuffix(r.Output, "\n") {
			fmt.Fprintln(e.stdout)
		}
	}
}

func printReadings(w io.Writer, counter string, readings, differences []uint32) {
	if len(readings) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s as the program read it, with differences:\n%12d\n", counter, readings[0])
	for i, d := range differences {
		fmt.Fprintf(w, "%12d %12d\n", readings[i+1], d)
	}
}
