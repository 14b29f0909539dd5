// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
)

// open starts the target of a command that runs programs.
func (e *env) open(c *cli.Context, spec string, engines ...string) (emu.Target, error) {
	target, err := e.targets.open(c.Context, spec)
	if err != nil {
		return nil, err
	}
	info := target.Info()
	if name, ok := bench.CheckEngines(info, engines); !ok {
		target.Close()
		return nil, fmt.Errorf("target %s: %w", spec, unknown("engine", name, info.Engines))
	}
	return target, nil
}

// memoryNeeds says what a job takes of the device's memory, and how much there is.
func memoryNeeds(p *image.Program, job emu.Job, info emu.Info) string {
	text := fmt.Sprintf("image %d bytes, context %d, trace %d, stack %d", len(job.Image), len(job.Context), len(job.Trace), emu.StackBytes)
	if p != nil {
		text += fmt.Sprintf(", instructions %d, data %d", len(p.Text), len(p.Rodata)+len(p.Data)+int(p.BSS))
	}
	for i, d := range declaredMaps(job, p) {
		values, other := d.Bytes()
		text += fmt.Sprintf("%s %s %d", []string{", maps", ""}[min(i, 1)], d.Name, values+other)
	}
	return fmt.Sprintf("%s; %s has %d for all, and for what the engine makes of it", text, info.Target, info.ArenaBytes)
}

// execJob makes a job of the bytes of a file. program is nil for images, which run as they are.
func execJob(template emu.Job, name string, data []byte, entry, format string) (emu.Job, *image.Program, error) {
	wanted, err := parseFormat(format)
	if err != nil {
		return emu.Job{}, nil, err
	}
	if f, ok := image.Detect(data); ok && f != abi.ELFObject {
		if wanted != 0 && wanted != f {
			return emu.Job{}, nil, usagef("--format %s: %s is an image of format %s already", format, name, f)
		}
		job := template
		job.Format, job.Image, job.Unsafe = f, data, bench.ChecksNothing(job.Engine)
		job.Entry, err = image.EntryNamed(f, data, entry)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return job, nil, err
	}
	program, err := programOf(name, data, entry)
	if err != nil {
		return emu.Job{}, nil, err
	}
	job, err := programJob(template, program)
	if wanted == 0 || err != nil && !errors.Is(err, image.ErrUnsupported) {
		return job, program, err
	}
	job.Format, job.Entry, job.Budget = wanted, program.EntryIndex(wanted), template.Budget
	job.Image, err = program.Encode(wanted)
	return job, program, err
}

// readTrace reads what devices hold; "" is nothing.
func readTrace(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readAll(nil, file, maxProgramFile)
	if err != nil {
		return nil, err
	}
	trace, err := abi.ParseTrace(string(text))
	if err != nil {
		return nil, fmt.Errorf("trace %s: %w", file, err)
	}
	return trace, nil
}

// sourceOf is the source line of a fault, where it is known.
func sourceOf(p *image.Program, f abi.Format, fault abi.Fault) string {
	if p == nil || f == abi.ELFObject { // a device links objects in its own order
		return ""
	}
	if line, ok := p.LineOf(int(fault.PC)); ok && fault.AtInstruction() {
		return fmt.Sprintf(" (%s:%d: %s)", line.File, line.Line, strings.TrimSpace(line.Text))
	}
	return ""
}

// programJob fills a template with a program.
func programJob(template emu.Job, program *image.Program) (emu.Job, error) {
	job, err := bench.NewJob(template.Engine, program)
	if err != nil {
		return emu.Job{}, err
	}
	job.Budget = template.Budget
	if template.Helpers != nil {
		job.Helpers = template.Helpers
	}
	return job, nil
}

// formatNames lists the image formats.
func formatNames() string {
	var names []string
	for _, f := range abi.Formats() {
		names = append(names, f.String())
	}
	return strings.Join(names, ", ")
}

// parseFormat finds an image format by its name; "" is 0.
func parseFormat(name string) (abi.Format, error) {
	if name == "" {
		return 0, nil
	}
	for _, f := range abi.Formats() {
		if f.String() == name {
			return f, nil
		}
	}
	return 0, unknown("format", name, strings.Split(formatNames(), ", "))
}

// loadedProgram is the program in an image as the device's reader leaves it.
func loadedProgram(name string, job emu.Job) (*image.Program, func(slot int) string, error) {
	l, err := image.Load(job.Format, job.Image, job.Entry, false)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: format %s: %w", name, job.Format, err)
	}
	p, err := image.FromText(name, l.Text)
	if err != nil {
		return nil, nil, err
	}
	if l.Entry > 0 {
		main := p.Functions[0]
		main.Slot, p.Functions[0].Name = l.Entry, "f0"
		p.Functions = slices.DeleteFunc(p.Functions, func(f image.Function) bool { return f.Slot == l.Entry })
		at := slices.IndexFunc(p.Functions, func(f image.Function) bool { return f.Slot > l.Entry })
		if at < 0 {
			at = len(p.Functions)
		}
		p.Functions = slices.Insert(p.Functions, at, main)
	}
	return p, l.NameOf, nil
}
