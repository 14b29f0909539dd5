// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/report"
)

// execution is one run of exec: an input on an engine of a target, and what came of it.
type execution struct {
	input   int    // which one
	mem     string // as it was given
	job     emu.Job
	program *image.Program // nil for images
	maps    []maps.Def     // of the program
	types   *image.Types   // of what is in them, nil if they are not known
	left    []bench.Map    // what it left in them
	info    emu.Info
	got     emu.Outcome
	text    string // what it printed
	devices []string
}

// execAll runs a program on every engine, target and input there is to be, and shows what came of it.
func (e *env) execAll(c *cli.Context, template emu.Job, engines []string, file string) error {
	specs, err := targetSpecs(c)
	if err != nil {
		return err
	}
	data, err := readAll(e.stdin, file, maxProgramFile)
	if err != nil {
		return err
	}
	name := fileName(file)
	runs, err := executions(c, template, engines, name, data)
	if err != nil {
		return err
	}
	several := len(runs)*len(specs) > 1
	switch state := c.String("state"); {
	case state == "-":
		return usagef("--state -: name a file; the state is on standard error anyway")
	case state != "" && several:
		return usagef("--state %s: there are several runs, each with a state of its own", state)
	}
	var all []execution
	for _, spec := range specs {
		ran, err := e.executeOn(c, spec, engines, runs)
		if err != nil {
			return err
		}
		all = append(all, ran...)
	}
	slices.SortStableFunc(all, func(a, b execution) int { return cmp.Compare(a.input, b.input) })
	if c.Bool("json") {
		err = e.writeExecutions(name, all)
	} else if several {
		err = e.tabulate(name, all)
	}
	if err != nil {
		return err
	}
	if several {
		return e.judge(name, all)
	}
	return e.showOne(c, name, &all[0])
}

// executions are the runs on a target: every engine with every input.
func executions(c *cli.Context, template emu.Job, engines []string, name string, data []byte) ([]execution, error) {
	trace, err := readTrace(c.String("trace"))
	if err != nil {
		return nil, err
	}
	inputs := c.StringSlice("mem")
	if len(inputs) == 0 {
		inputs = []string{""}
	}
	types, err := image.TypesOf(data)
	if err != nil {
		types = nil // an image, or an object without BTF: numbers and bytes are shown
	}
	var runs []execution
	for i, mem := range inputs {
		context, err := parseMemory(mem)
		if err != nil {
			return nil, err
		}
		for _, engine := range engines {
			template.Engine = engine
			job, program, err := execJob(template, name, data, c.String("entry"), c.String("format"))
			if err != nil {
				return nil, err
			}
			job.Context, job.Trace, job.WantOutput = context, trace, true
			declared := declaredMaps(job, program)
			if err := withMaps(c, &job, declared, name); err != nil {
				return nil, err
			}
			runs = append(runs, execution{input: i, mem: mem, job: job, program: program, maps: declared, types: types})
		}
	}
	return runs, nil
}

// executeOn runs on one target.
func (e *env) executeOn(c *cli.Context, spec string, engines []string, runs []execution) ([]execution, error) {
	target, err := e.open(c, spec, engines...)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	info := target.Info()
	var done []execution
	for _, x := range runs {
		job := x.job
		if n := len(job.Context) + len(job.Trace) + len(job.Image); n > int(info.ArenaBytes) && info.ArenaBytes > 0 {
			return nil, usagef("a program of %d bytes, memory of %d and a trace of %d do not fit: %s has %d bytes for all of them",
				len(job.Image), len(job.Context), len(job.Trace), info.Target, info.ArenaBytes)
		}
		stop := e.progress.watch(fmt.Sprintf("running on %s, %s (--budget bounds it)", job.Engine, info.Target))
		got := emu.Outcome{Fault: abi.Fault{Status: abi.StatusContext}}
		var err error
		if p := x.program; p == nil || p.Keeps(job.Format) || int(p.CtxMin) <= len(job.Context) {
			got, err = target.Run(c.Context, job)
		} // else the format cannot say what the device would refuse
		stop()
		if err == nil {
			x.text, x.devices, err = abi.ParseOutput(got.Output)
		}
		if err == nil {
			x.left, err = mapContents(x.maps, got.Maps, x.types)
		}
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", info.Target, err)
		}
		x.got, x.info = got, info
		done = append(done, x)
	}
	return done, nil
}

func (x *execution) sample(name string) bench.Sample {
	s := bench.NewSample(name, x.job, x.got, x.info)
	s.Output, s.Devices, s.Maps = x.text, x.devices, x.left
	return s
}

// fault is why the program was refused or stopped, nil if it was not.
func (x *execution) fault() error {
	f := x.got.Fault
	switch f.Status {
	case abi.OK:
		return nil
	case abi.StatusMemory:
		return fmt.Errorf("%w: %s", f, memoryNeeds(x.program, x.job, x.info))
	}
	return fmt.Errorf("%w%s%s", f, x.constants(), sourceOf(x.program, x.job.Format, f))
}

// constants says that a write went to constants, "" if it did not.
func (x *execution) constants() string {
	f := x.got.Fault
	if f.Status != abi.StatusWrite && f.Status != abi.StatusHelperArg {
		return ""
	}
	start, n, err := image.Constants(x.job.Format, x.job.Image, x.job.Entry, x.job.Engine == "femto", x.job.ImageAddr(x.got.ContextAddr))
	if err != nil || f.Addr-start >= n {
		return ""
	}
	return fmt.Sprintf(", in constants (.rodata+%#x), which can only be read", f.Addr-start)
}

// showOne prints what came of a single run.
func (e *env) showOne(c *cli.Context, name string, x *execution) error {
	if err := e.showDevices(x.text, x.devices, c.String("state")); err != nil {
		return err
	}
	if _, err := io.WriteString(e.stderr, showMaps(x.left, x.maps, x.types)); err != nil {
		return err
	}
	if err := x.fault(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if c.Bool("json") {
		return nil
	}
	if _, err := fmt.Fprintf(e.stdout, "%#x\n", x.got.Result); err != nil {
		return err
	}
	if text := costs(x.sample(name)); text != "" {
		fmt.Fprintf(e.stderr, "ubench exec: %s\n", text)
	}
	return nil
}

// costs are a sample's counts in words, "" if there are none.
func costs(s bench.Sample) string {
	if s.Phases.Execute == nil {
		return ""
	}
	instructions, counted := s.Phases.Execute.Instructions.Get()
	cycles, modelled := s.Phases.Execute.Cycles.Get()
	var parts []string
	if counted {
		parts = append(parts, fmt.Sprintf("%d instructions", instructions))
	}
	if modelled {
		parts = append(parts, fmt.Sprintf("%d cycles (%s)", cycles, s.CyclesLabel))
	}
	if setup, ok := s.Phases.Setup().Instructions.Get(); ok {
		parts = append(parts, fmt.Sprintf("before that %d instructions to load, verify and compile", setup))
	}
	return strings.Join(parts, ", ")
}

func (e *env) writeExecutions(name string, all []execution) error {
	r := report.Results{Version: versionText()}
	for i := range all {
		r.Samples = append(r.Samples, all[i].sample(name))
	}
	return r.WriteJSON(e.stdout)
}

// tabulate prints a table of the runs.
func (e *env) tabulate(name string, all []execution) error {
	var rows []report.ExecRow
	for i := range all {
		x := &all[i]
		if x.text != "" {
			fmt.Fprintf(e.stderr, "%s, %s, %s:\n%s\n", memName(x.mem), x.job.Engine, x.info.Target, strings.TrimSuffix(x.text, "\n"))
		}
		rows = append(rows, report.ExecRow{Input: memName(x.mem), Sample: x.sample(name)})
	}
	return e.writeTables([]*report.Table{report.ExecTable(name, rows)})
}

// memName is what a table calls an input: what was given, cut to what fits.
func memName(mem string) string {
	const most = 24
	switch {
	case mem == "":
		return "no memory"
	case len(mem) > most:
		return mem[:most-1] + "…"
	}
	return mem
}

// judge tells whether all runs went well, and those of one input agree.
func (e *env) judge(name string, all []execution) error {
	failed, first := 0, map[int]*execution{}
	for i := range all {
		x := &all[i]
		if err := x.fault(); err != nil {
			failed++
			fmt.Fprintf(e.stderr, "ubench exec: %s, %s on %s: %s\n", name, x.job.Engine, x.info.Target, oneLine(err))
			continue
		}
		if same := first[x.input]; same == nil {
			first[x.input] = x
		} else if x.got.Result != same.got.Result {
			failed++
			fmt.Fprintf(e.stderr, "ubench exec: %s: %s on %s says %#x, %s on %s %#x\n", name, same.job.Engine, same.info.Target, same.got.Result,
				x.job.Engine, x.info.Target, x.got.Result)
		}
	}
	if failed > 0 {
		return errSilent
	}
	return nil
}

// showDevices prints what the program printed and the state of the devices, and writes the state to
// a file, "" for none. Lines that cannot be part of a trace become comments.
func (e *env) showDevices(text string, devices []string, file string) error {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	var shown, state strings.Builder
	for _, line := range devices {
		fmt.Fprintf(&shown, "devices: %s\n", line)
		if _, err := abi.ParseTrace(line); err != nil {
			line = "# " + line
		}
		fmt.Fprintln(&state, line)
	}
	if _, err := io.WriteString(e.stderr, text+shown.String()); err != nil || file == "" {
		return err
	}
	return writeFile(file, []byte(state.String()))
}
