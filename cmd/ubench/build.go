// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/examples"
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
<string.h>, <stdint.h>, <stddef.h>, <stdbool.h>, <limits.h>, <inttypes.h>, and the types of <linux/bpf.h>.
The same source gives the same object, byte for byte.
prog.c becomes prog.o in the current folder.

Examples:
  ubench build prog.c && ubench exec prog.o
  ubench build examples/printf/printf.bpf.c -o printf.o
  ubench build a.c b.c --cpu v2 --optimize s --no-debug`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "write the object to `FILE`"},
			&cli.StringFlag{Name: "cpu", Value: "v3", Usage: "instruction `SET`: " + strings.Join(cpus, ", ")},
			&cli.StringFlag{Name: "optimize", Value: "2", Usage: "optimisation `LEVEL`: " + strings.Join(optimizations, ", ")},
			&cli.StringSliceFlag{Name: "I", Usage: "look for headers in `FOLDER` too; may be repeated"},
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
	flags := []string{"-mcpu=" + c.String("cpu"), "-O" + c.String("optimize")}
	if !c.Bool("no-debug") {
		flags = append(flags, "-g", "-fdebug-compilation-dir=.")
	}
	for _, dir := range c.StringSlice("I") {
		flags = append(flags, "-I"+dir)
	}
	for _, source := range c.Args().Slice() {
		if err := e.buildOne(c, cc, source, flags); err != nil {
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

// compiler is a clang that makes eBPF, and a folder with the header of the helpers.
type compiler struct {
	clang   string
	include string
}

// clangs are the names to look for, the version that objects are committed from first.
var clangs = []string{"clang-19", "clang-20", "clang-21", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang"}

// findClang finds a compiler; close removes what it needed.
func findClang(ctx context.Context) (*compiler, error) {
	why := "no clang is installed"
	for _, name := range clangs {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		targets, err := exec.CommandContext(ctx, path, "--print-targets").Output()
		if err != nil || !bytes.Contains(targets, []byte("bpfel")) {
			why = path + " cannot make eBPF"
			continue
		}
		include, err := headers()
		if err != nil {
			return nil, err
		}
		return &compiler{path, include}, nil
	}
	return nil, fmt.Errorf("%s: install clang-19 (apt-get install clang-19)", why)
}

// headers makes a temporary folder with the headers of examples.Include.
func headers() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ubench"); err != nil {
		return "", err
	}
	if err = os.CopyFS(dir, examples.Include); err != nil {
		os.RemoveAll(dir)
	}
	return dir, err
}

func (cc *compiler) close() { os.RemoveAll(cc.include) }

// compile compiles one file. Warnings, and the errors of a file that is wrong, are clang's own text.
func (cc *compiler) compile(ctx context.Context, source string, flags []string) (object, messages []byte, err error) {
	if _, err := os.Stat(source); err != nil {
		return nil, nil, err
	}
	out := filepath.Join(cc.include, "out.o")
	include := filepath.Join(cc.include, "include")
	// The C library's headers are for this computer; clang's own, and those ubench brings, are for any. Whatever
	// the temporary folder is called, objects are the same.
	args := slices.Concat([]string{"--target=bpfel", "-Wall", "-nostdlibinc", "-ffile-prefix-map=" + cc.include + "=ubench", "-c", "-o", out}, flags,
		[]string{"-I" + include, "-isystem", filepath.Join(include, "plain"), asFile(source)})
	cmd := exec.CommandContext(ctx, cc.clang, args...)
	messages, err = cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, messages, fmt.Errorf("%s: %s cannot compile it", source, filepath.Base(cc.clang))
	}
	if err != nil {
		return nil, messages, err
	}
	object, err = os.ReadFile(out)
	return object, messages, err
}

// asFile keeps a name that begins with a dash from being taken for a flag.
func asFile(name string) string {
	if strings.HasPrefix(name, "-") {
		return "./" + name
	}
	return name
}
