// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

func packCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "pack",
		Usage:     "turn a program into an image, as it is sent to devices",
		ArgsUsage: "FILE|- [flags]",
		Description: `FILE is an ELF object, hex text or raw instructions. The image is written to PROGRAM.FORMAT in the
current folder; it is the same, byte for byte, whenever the program is. It is read back by the
device's own reader before it is written. With --plan a packed image also says what this host found out
about the program, for devices that compile with jit-plan; others read it as if it were not there.

Examples:
  ubench pack prog.o && ubench exec prog.packed
  ubench pack prog.o --plan -o planned.packed
  ubench pack prog.o --format femto-containers -o prog.bin
  ubench pack several.o --entry second`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: abi.Packed.String(), Usage: "`FORMAT` of the image: " + formatNames()},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.BoolFlag{Name: "plan", Usage: "put a plan for the engine jit-plan into a packed image"},
			&cli.StringFlag{Name: "o", Usage: "write the image to `FILE`, - for standard output"},
		},
		Action: func(c *cli.Context) error { return e.pack(c) },
	}
}

func (e *env) pack(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one program: a file, or - for standard input")
	}
	file := c.Args().First()
	format, err := parseFormat(c.String("format"))
	if err != nil {
		return err
	}
	program, err := readProgram(e.stdin, file, c.String("entry"))
	if err != nil {
		return err
	}
	if c.Bool("plan") {
		if program, err = e.planned(program, format); err != nil {
			return err
		}
	}
	data, err := program.Encode(format)
	if err != nil {
		return err
	}
	loaded, err := image.Load(format, data, program.EntryIndex(format), format == abi.FemtoContainers)
	if err != nil {
		return fmt.Errorf("%s: a device cannot load it: %w (it has %d bytes for programs and their data)", program.Name, err, image.LoadBytes)
	}
	out := c.String("o")
	if out == "-" {
		_, err := e.stdout.Write(data)
		return err
	}
	if out == "" {
		out = filepath.Base(baseOf(fileName(file))) + "." + format.String()
	}
	if err := writeFile(out, data); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %d bytes for %s; on the device %d bytes more\n", out, len(data), slots(program), loaded.MemoryBytes)
	return err
}

// planned is a program with a plan, which only packed images carry.
func (e *env) planned(program *image.Program, format abi.Format) (*image.Program, error) {
	if format != abi.Packed {
		return nil, usagef("--plan: images in the format %v have no plan; leave --format out", format)
	}
	stop := e.progress.watch("making a plan of " + program.Name)
	defer stop()
	known, err := planner.Look(program)
	if err == nil && known.Plan == nil {
		err = errors.New(known.Refusal)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: no plan: %w", program.Name, err)
	}
	return known.WithPlan(), nil
}

func inspectCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what is in an object or image, to the byte",
		ArgsUsage: "FILE|- [flags]",
		Description: `FILE is an ELF object, an image, hex text or raw instructions. Each line is a part: where it begins, in
bytes (and bits, as .5), how long it is, and what it says. For objects the program follows as it is
linked, with its source lines where there is BTF.

Examples:
  ubench inspect prog.o
  ubench pack prog.o -o - | ubench inspect -
  ubench inspect dump.bin --format text-only`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "take it for an image of this `FORMAT`: " + formatNames() + " (default: as its bytes say)"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
		},
		Action: func(c *cli.Context) error { return e.inspect(c) },
	}
}

func (e *env) inspect(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one object or image: a file, or - for standard input")
	}
	file := c.Args().First()
	format, err := parseFormat(c.String("format"))
	if err != nil {
		return err
	}
	data, err := readAll(e.stdin, file, maxProgramFile)
	if err != nil {
		return err
	}
	name := fileName(file)
	job, program := emu.Job{Format: format, Image: data}, (*image.Program)(nil)
	if found, ok := image.Detect(data); format == 0 && ok {
		job.Format = found
	} else if format == 0 {
		if job, _, err = execJob(emu.Job{}, name, data, "", abi.TextOnly.String()); err != nil {
			return err
		}
	}
	fields, err := image.Inspect(job.Format, job.Image)
	if err != nil {
		return fmt.Errorf("%s: format %s: %w", name, job.Format, err)
	}
	if job.Format == abi.ELFObject {
		if program, err = image.LoadObject(name, data, c.String("entry")); err != nil {
			return err
		}
	} else if c.IsSet("entry") {
		return usagef("--entry %s: %s is no object", c.String("entry"), name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %d bytes\n\n", name, job.Format, len(job.Image))
	writeFields(&b, fields)
	if program != nil {
		writeProgram(&b, program)
	}
	_, err = fmt.Fprint(e.stdout, b.String())
	return err
}

// writeFields lists the parts of an image. Lengths in bits are shown where not all are whole bytes.
func writeFields(b *strings.Builder, fields []image.Field) {
	packed := false
	for _, f := range fields {
		packed = packed || f.Bits%8 != 0
	}
	at := func(bits int) string {
		if packed {
			return fmt.Sprintf("%d.%d", bits/8, bits%8)
		}
		return fmt.Sprint(bits / 8)
	}
	unit := "bytes"
	if packed {
		unit = "bits"
	}
	fmt.Fprintf(b, "%8s  %6s  part\n", "at", unit)
	for _, f := range fields {
		n := f.Bits
		if !packed {
			n /= 8
		}
		fmt.Fprintf(b, "%8s  %6d  %-18s %s\n", at(f.At), n, f.Name, f.Value)
	}
}

// writeProgram lists a linked program.
func writeProgram(b *strings.Builder, p *image.Program) {
	fmt.Fprintf(b, "\n%s, %d bytes of .rodata, %d of .data, %d of .bss; needs a context of %d bytes\n",
		slots(p), len(p.Rodata), len(p.Data), p.BSS, p.CtxMin)
	if len(p.Helpers) > 0 {
		var names []string
		for _, id := range p.Helpers {
			names = append(names, image.HelperName(id))
		}
		fmt.Fprintf(b, "helpers: %s\n", strings.Join(names, ", "))
	}
	for _, m := range p.Maps {
		fmt.Fprintf(b, "map %s: %s\n", m.Name, image.MapText(m))
	}
	if len(p.Maps) > 0 {
		fmt.Fprintf(b, "maps take %d bytes of the device's memory\n", p.MapBytes())
	}
	writeListing(b, list(p, p.AddressAt))
}
