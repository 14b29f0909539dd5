// SPDX-License-Identifier: GPL-2.0-or-later

// Command bpf-plugin runs one program for the public conformance suite of eBPF, bpf_conformance.
//
// The suite starts it once per test, with the memory as the first argument and the program on standard input,
// both in hex, and expects nothing but r0, in hex, on standard output. Whatever else comes of the program is
// one line on standard error, and a status other than 0.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
)

const help = `bpf-plugin: run one eBPF program for bpf_conformance

Usage: bpf-plugin [MEMORY] [flags] < PROGRAM

MEMORY and PROGRAM are hex bytes, separated by spaces: r1 is the address of the memory, r2 its length.
r0 goes to standard output in hex. A program that is refused or stopped is one line on standard error
and exit status 1; a mistake in the command line is exit status 2.

Flags, before or after the memory:
  --engine ENGINE  vm, jit, jit-unchecked, femto, rbpf, ... (default vm); see ubench list
  --target TARGET  unicorn, qemu:netduinoplus2, host, ... (default unicorn); engines that compile cannot run on host
  --elf            the program is an ELF object

Examples:
  echo b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00 | bpf-plugin
  echo 71 10 01 00 00 00 00 00 95 00 00 00 00 00 00 00 | bpf-plugin "01 02 ff" --engine jit --target qemu:netduino2
  xxd -p program.o | bpf-plugin --engine vm --target host --elf
  bpf_conformance_runner --test_file_directory tests --plugin_path bpf-plugin --plugin_options "--engine jit"
`

// maxInput bounds standard input: a program as large as a device takes, in hex, with its debug information.
const maxInput = 16 << 20

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// options are what a command line says.
type options struct {
	engine, target string
	elf            bool
	memory         []byte
}

// run executes one command line and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, help)
		return exitOK
	}
	status := exitUsage
	if err == nil {
		status = exitFailure
		var r0 uint64
		if r0, err = o.execute(ctx, stdin); err == nil {
			_, err = fmt.Fprintf(stdout, "%x\n", r0)
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "bpf-plugin: %s\n", strings.Join(strings.Fields(err.Error()), " "))
		return status
	}
	return exitOK
}

// parse reads a command line. The flag package stops at the memory, so it is set going again behind it.
func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bpf-plugin", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.engine, "engine", "vm", "")
	flags.StringVar(&o.target, "target", "unicorn", "")
	flags.BoolVar(&o.elf, "elf", false, "")
	var positional []string
	for err = flags.Parse(args); err == nil && flags.NArg() > 0; err = flags.Parse(flags.Args()[1:]) {
		positional = append(positional, flags.Arg(0))
	}
	switch {
	case err != nil:
		return o, err
	case len(positional) > 1:
		return o, fmt.Errorf("unexpected argument %q behind the memory", positional[1])
	case bench.IsNative(o.engine):
		return o, fmt.Errorf("engine %s runs no programs", o.engine)
	}
	if o.memory, err = parseHex(strings.Join(positional, "")); err != nil {
		return o, fmt.Errorf("memory: %w", err)
	}
	return o, targets.Check(o.target)
}

// parseHex reads bytes in hex, with white space between them.
func parseHex(text string) ([]byte, error) {
	var out []byte
	for field := range strings.FieldsSeq(text) {
		b, err := hex.DecodeString(field)
		if err != nil {
			return nil, fmt.Errorf("%.20q is not a string of hex bytes", field)
		}
		out = append(out, b...)
	}
	return out, nil
}

// execute runs the program on stdin and returns r0.
func (o *options) execute(ctx context.Context, stdin io.Reader) (r0 uint64, err error) {
	program, err := o.program(stdin)
	if err != nil {
		return 0, err
	}
	job, err := bench.NewJob(o.engine, program)
	if err != nil {
		return 0, err
	}
	job.Context = o.memory
	target, err := targets.Open(ctx, o.target)
	if err != nil {
		return 0, err
	}
	defer target.Close()
	if engines := target.Info().Engines; !slices.Contains(engines, o.engine) {
		return 0, fmt.Errorf("target %s has no engine %q, but %s", o.target, o.engine, strings.Join(engines, ", "))
	}
	sample, err := target.Run(ctx, job)
	switch {
	case err != nil:
		return 0, fmt.Errorf("target %s: %w", o.target, err)
	case sample.Fault.Status == abi.StatusUnsupported && sample.CodeBytes > 0:
		return 0, fmt.Errorf("target %s cannot run what engine %s compiles: choose unicorn or qemu:netduinoplus2", o.target, o.engine)
	case sample.Fault.Status != abi.OK:
		return 0, fmt.Errorf("program: %w", sample.Fault)
	}
	return sample.Result, nil
}

// program reads hex, of instructions or of an object.
func (o *options) program(stdin io.Reader) (*image.Program, error) {
	text, err := io.ReadAll(io.LimitReader(stdin, maxInput+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("standard input: %w", err)
	case len(text) > maxInput:
		return nil, fmt.Errorf("standard input: more than %d bytes", maxInput)
	}
	data, err := parseHex(string(text))
	switch {
	case err != nil:
		return nil, fmt.Errorf("standard input: %w", err)
	case o.elf:
		return image.LoadObject("standard input", data, "")
	}
	return image.FromText("standard input", data)
}
