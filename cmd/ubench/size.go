// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/report"
)

func sizeCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "size",
		Usage:     "show how many bytes programs take in each format",
		ArgsUsage: "PATH… [flags]",
		Description: `PATH is an object, a C file (compiled with -mcpu=v2 -O2), hex text, or a folder: all objects for eBPF in it, and
*.bpf.c that have none. All formats of a program come from one compile. Native code is prog.thumb.o
beside prog.bpf.o or, without one, what arm-none-eabi-gcc makes of the source.

--firmware takes the ELF of a firmware instead, and shows the bytes of each component after linking, as the
ROM figure does.

--best adds a second table: for each format the compile, of -mcpu=v1 to v4 and -O1, -O2, -Os, -Oz,
that makes it smallest; it needs clang and the sources.

Examples:
  ubench size examples/
  ubench size examples/ --best --plot sizes.svg
  ubench size prog.c other.o --json > sizes.json
  ubench size --firmware firmware/netduinoplus2.elf
  ubench size programs/ --shard 1/4 --json > 1.json    # and 2/4 to 4/4 elsewhere; then ubench merge`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "best", Usage: "also show the best compile for each format"},
			&cli.StringFlag{Name: "format", Value: "table", Usage: "print `FORMAT`: table, json or csv"},
			&cli.BoolFlag{Name: "json", Usage: "the same as --format json"},
			&cli.BoolFlag{Name: "csv", Usage: "the same as --format csv"},
			&cli.StringFlag{Name: "firmware", Usage: "show the components of the firmware in `FILE`"},
			&cli.StringFlag{Name: "plot", Usage: "draw bytes per program and format into `FILE`.svg, .png or .pdf"},
			&cli.StringFlag{Name: "target", Value: defaultTarget, Usage: "`TARGET` whose JIT compiles the programs; see ubench list"},
			&cli.BoolFlag{Name: "reproducible", Usage: "leave the time of measuring out of the JSON"},
			shardFlag,
		},
		Action: func(c *cli.Context) error { return e.size(c) },
	}
}

func (e *env) size(c *cli.Context) error {
	if file := c.String("firmware"); file != "" {
		if c.Args().Present() {
			return usagef("--firmware %s already says what to size: leave out %q", file, c.Args().First())
		}
		return e.sizeFirmware(file)
	}
	if !c.Args().Present() {
		return usagef("name objects, C files or folders; ubench size examples/ is the paper's figure")
	}
	format, err := outputFormat(c, "table", "json", "csv")
	if err != nil {
		return err
	}
	plot := c.String("plot")
	if plot != "" {
		if err := checkPlot(plot); err != nil {
			return err
		}
	}
	files, err := findPrograms(c.Args().Slice())
	if err != nil {
		return err
	}
	s := &sizer{ctx: c.Context, step: e.progress.step, stderr: e.stderr}
	if s.shard, err = shard(c, format); err != nil {
		return err
	}
	if s.shard != nil && (c.Bool("best") || plot != "") {
		return usagef("--shard measures a part: leave out --best and --plot")
	}
	if s.target, err = e.targets.open(c.Context, c.String("target")); err != nil {
		return err
	}
	defer s.close()
	sizes, err := s.all(files)
	if err == nil && c.Bool("best") {
		var best []bench.Size
		best, err = s.best(files)
		sizes = append(sizes, best...)
	}
	if err != nil {
		return err
	}
	e.progress.clear()
	if s.shard != nil {
		return e.writeJSON(c, report.Results{Sizes: sizes, Shard: s.shard})
	}
	if err := e.writeSizes(c, format, sizes); err != nil {
		return err
	}
	if plot == "" {
		return nil
	}
	figure := report.SizeFigure(sizes)
	if figure == nil {
		return fmt.Errorf("plot %s: %w", plot, report.ErrNothingToPlot)
	}
	return figure.Save(plot)
}

// sizeFirmware shows where the bytes of a firmware go.
func (e *env) sizeFirmware(file string) error {
	data, err := readAll(nil, file, maxFirmwareFile)
	if err != nil {
		return err
	}
	parts, err := bench.ROM(data)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return e.writeTables([]*report.Table{report.ComponentTable(file, parts)})
}

// maxFirmwareFile bounds the ELF of a firmware, debug information and all.
const maxFirmwareFile = 64 << 20

// programFile is a program to size, and what lies beside it.
type programFile struct {
	name   string
	file   string
	source string // C, "" if there is none
	native string // object for Cortex-M, "" if there is none
}

// isSource and isObject tell files that folders are searched for: C by its name, objects for eBPF, which ubench build
// writes to NAME.o, by what they are.
func isSource(name string) bool { return strings.HasSuffix(name, ".bpf.c") }
func isObject(name string) bool {
	if strings.HasSuffix(name, ".bpf.o") || filepath.Ext(name) != ".o" {
		return strings.HasSuffix(name, ".bpf.o")
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var start [20]byte
	_, err = io.ReadFull(f, start[:])
	return err == nil && image.IsObject(start[:])
}

// findPrograms lists the programs in files and folders, in that order.
func findPrograms(paths []string) ([]programFile, error) {
	var found []programFile
	seen := map[string]bool{}
	add := func(file string) {
		if seen[filepath.Clean(file)] {
			return
		}
		seen[filepath.Clean(file)] = true
		p := programFile{name: filepath.Base(baseOf(file)), file: file}
		if filepath.Ext(file) == ".c" {
			p.source = file
		} else if source := strings.TrimSuffix(file, ".o") + ".c"; exists(source) {
			p.source = source
		}
		if native := baseOf(file) + ".thumb.o"; exists(native) {
			p.native = native
		}
		found = append(found, p)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			add(path)
			continue
		}
		programs := 0
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.IsDir() && (isObject(file) || isSource(file) && !exists(strings.TrimSuffix(file, ".c")+".o")) {
				programs++
				add(file)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if programs == 0 {
			return nil, fmt.Errorf("%s: no objects for eBPF and no *.bpf.c in this folder: name the files", path)
		}
	}
	names := map[string]int{}
	for _, p := range found {
		names[p.name]++
	}
	for i := range found {
		if p := &found[i]; names[p.name] > 1 {
			p.name = p.file
		}
	}
	return found, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// sizer finds out sizes; compilers and the target are started when they are needed.
type sizer struct {
	ctx    context.Context
	target emu.Target
	step   func(done, total int, what string)
	cc     *compiler
	stderr io.Writer // for what clang says of a file that is wrong
	shard  *bench.Shard
}

func (s *sizer) close() {
	s.target.Close()
	if s.cc != nil {
		s.cc.close()
	}
}

func (s *sizer) compiler() (*compiler, error) {
	var err error
	if s.cc == nil {
		s.cc, err = findClang(s.ctx)
	}
	return s.cc, err
}

// theCompile is that of the paper's figure.
var theCompile = []string{"-mcpu=v2", "-O2"}

// all sizes the programs as they are; sources are compiled as theCompile says.
func (s *sizer) all(files []programFile) ([]bench.Size, error) {
	var sizes []bench.Size
	for i, p := range files {
		s.step(i, len(files), p.name)
		place, mine, err := s.deal(p)
		if err != nil {
			return nil, err
		}
		if !mine {
			continue
		}
		flags := ""
		var object []byte
		if p.file == p.source {
			flags = strings.Join(theCompile, " ")
			object, err = s.compile(p.source, theCompile)
		} else {
			object, err = os.ReadFile(p.file)
		}
		if err != nil {
			return nil, err
		}
		of, err := s.sizes(p, object, theCompile[1])
		if err != nil {
			return nil, err
		}
		for _, size := range of {
			size.Compile = flags
			sizes = append(sizes, size)
			if s.shard != nil {
				s.shard.At = append(s.shard.At, place)
			}
		}
	}
	return sizes, nil
}

// deal tells the place of a program among all, and whether it is this shard's.
func (s *sizer) deal(p programFile) (place int, mine bool, err error) {
	if s.shard == nil {
		return 0, true, nil
	}
	data, err := os.ReadFile(p.file)
	if err != nil {
		return 0, false, err
	}
	place = s.shard.Next(p.name, sha256.Sum256(data))
	return place, s.shard.Has(place), nil
}

func (s *sizer) compile(source string, flags []string) ([]byte, error) {
	cc, err := s.compiler()
	if err != nil {
		return nil, err
	}
	object, messages, err := cc.compile(s.ctx, source, flags)
	if err != nil {
		if _, werr := s.stderr.Write(messages); werr != nil {
			return nil, werr
		}
		return nil, err
	}
	return object, nil
}

// sizes is the size of every program of an object in the formats made from it, and of native code.
func (s *sizer) sizes(f programFile, data []byte, level string) ([]bench.Size, error) {
	if !strings.HasPrefix(string(data), "\x7fELF") {
		p, err := programOf(filepath.Base(f.file), data, "")
		if err != nil {
			return nil, err
		}
		of, err := bench.ProgramSizes(s.ctx, s.target, f.name, p)
		none := bench.Size{Program: f.name, Format: bench.SizeNative, Error: "bare instructions have no source"}
		return append(of, none), err
	}
	entries, err := image.Entries(filepath.Base(f.file), data)
	if err != nil {
		return nil, err
	}
	var sizes []bench.Size
	for _, entry := range entries {
		p, err := image.LoadObject(filepath.Base(f.file), data, entry)
		if err != nil {
			return nil, err
		}
		name := f.name
		native := bench.Size{Error: "native code of several programs in one file cannot be told apart"}
		if len(entries) > 1 {
			name += ":" + entry
		} else if native, err = s.native(f, level); err != nil {
			return nil, err
		}
		native.Program, native.Format = name, bench.SizeNative
		of, err := bench.ProgramSizes(s.ctx, s.target, name, p)
		if err != nil {
			return nil, err
		}
		sizes = append(append(sizes, of...), native)
	}
	return sizes, nil
}

// thumbCC compiles native code.
const thumbCC = "arm-none-eabi-gcc"

// native is the size of native code: of the object beside the program or, without one, compiled now.
func (s *sizer) native(p programFile, level string) (bench.Size, error) {
	none := bench.Size{Program: p.name, Format: bench.SizeNative}
	if p.native != "" && level == theCompile[1] {
		object, err := os.ReadFile(p.native)
		if err != nil {
			return none, err
		}
		return bench.NativeSize(p.name, object)
	}
	if p.source == "" {
		none.Error = "there is no source beside the object"
		return none, nil
	}
	gcc, err := exec.LookPath(thumbCC)
	if err != nil {
		none.Error = thumbCC + " is not installed: apt-get install gcc-arm-none-eabi"
		return none, nil
	}
	include, err := headers()
	if err != nil {
		return none, err
	}
	defer os.RemoveAll(include)
	out := filepath.Join(include, "thumb.o")
	cmd := exec.CommandContext(s.ctx, gcc, "-mcpu=cortex-m4", "-mthumb", "-ffreestanding", "-w", level, "-I"+include, "-c", "-o", out, asFile(p.source))
	if messages, err := cmd.CombinedOutput(); err != nil {
		if s.ctx.Err() != nil {
			return none, s.ctx.Err()
		}
		none.Error = "it does not compile natively: " + firstLine(messages)
		return none, nil
	}
	object, err := os.ReadFile(out)
	if err != nil {
		return none, err
	}
	return bench.NativeSize(p.name, object)
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}

// best is the smallest of each format over all compiles.
func (s *sizer) best(files []programFile) ([]bench.Size, error) {
	var sizes []bench.Size
	for i, p := range files {
		if p.source == "" {
			return nil, fmt.Errorf("%s: --best compiles the source, and there is none beside it", p.file)
		}
		b := bestSizes{}
		for _, level := range []string{"-Oz", "-Os", "-O2", "-O1"} {
			for _, cpu := range cpus {
				s.step(i*len(cpus), len(files)*len(cpus), p.name+" "+level)
				flags := []string{"-mcpu=" + cpu, level}
				object, err := s.compile(p.source, flags)
				if err != nil {
					return nil, err
				}
				of, err := s.sizes(p, object, level)
				if err != nil {
					return nil, err
				}
				b.offer(of, flags)
			}
		}
		sizes = append(sizes, b.sizes...)
	}
	return sizes, nil
}

// bestSizes keeps the smallest size of each program and format, the first of equal ones.
type bestSizes struct{ sizes []bench.Size }

func (b *bestSizes) offer(of []bench.Size, flags []string) {
next:
	for _, s := range of {
		s.Best = true
		if s.Bytes > 0 {
			s.Compile = strings.Join(flags, " ")
		}
		if s.Format == bench.SizeNative && s.Bytes > 0 {
			s.Compile = flags[len(flags)-1] // instruction sets are eBPF's
		}
		for i, had := range b.sizes {
			if had.Program == s.Program && had.Format == s.Format {
				if s.Bytes > 0 && (had.Bytes == 0 || s.Bytes < had.Bytes) {
					b.sizes[i] = s
				}
				continue next
			}
		}
		b.sizes = append(b.sizes, s)
	}
}

// exampleSizes sizes the paper's programs as they are committed.
func exampleSizes(ctx context.Context, target emu.Target) ([]bench.Size, error) {
	var sizes []bench.Size
	for _, e := range examples.Paper() {
		p, err := image.LoadObject(e.Name, e.Object, "")
		if err != nil {
			return nil, err
		}
		of, err := bench.ProgramSizes(ctx, target, e.Name, p)
		if err != nil {
			return nil, err
		}
		native, err := bench.NativeSize(e.Name, e.Native)
		if err != nil {
			return nil, err
		}
		sizes = append(append(sizes, of...), native)
	}
	return sizes, nil
}
