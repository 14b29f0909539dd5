// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

func deployCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "deploy",
		Usage:     "compile, verify, sign and send a program, and show it running on a device",
		ArgsUsage: "FILE.c|FILE.o|FOLDER [flags]",
		Description: `A file is one program. A file with several programs that hooks run (SEC("timer/1s"), SEC("gpio/PA0/rising")), and a folder with
application.json, are several, which are deployed all or none: the versions before return if one of them is refused, or faults
in its first second. Programs of one file share the maps that they have in common; --entry deploys one of them alone. What a
program may use is what it calls, unless flags or the manifest say less. A new version of a program with --trial returns to
the one before at its first fault, or at a reset, until it has run so long or was confirmed.

--to @FILE deploys to a fleet: an address in each line of the file, and labels behind it, of which --label picks one. It is
gone through in waves, the first of --wave devices, each next twice as large, until --failures have failed.

Examples:
  ubench deploy weather.c --to coap://127.0.0.1:5683
  ubench deploy update.c --period 2s --trial 60s
  ubench deploy examples/weather_station
  ubench deploy weather.c --to @fleet --label roof --wave 1 --failures 2`,
		Flags: append(deviceFlags(),
			&cli.StringFlag{Name: "key", Usage: "`FILE` of ubench keygen that signs; the default is the key for development"},
			&cli.StringFlag{Name: "name", Usage: "`NAME` on the device; the default is that of the file"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.StringFlag{Name: "engine", Usage: "`ENGINE`: vm, jit, jit-plan, jit-mpu; the default is jit-plan on boards, with a plan made here, vm on the target host"},
			&cli.StringFlag{Name: "format", Usage: "`FORMAT` of the image; the default is packed"},
			&cli.StringFlag{Name: "period", Usage: "run it each `TIME`, as in 2s"},
			&cli.BoolFlag{Name: "long-running", Usage: "begin a single run when it starts"},
			&cli.StringFlag{Name: "restart", Usage: "`WHEN` it is started again: never, on-fault (the default), always"},
			&cli.StringFlag{Name: "answers", Usage: "let it answer requests to x/NAME by `WHOM`: nobody (the default), known (clients with an operator's secret), anybody"},
			&cli.StringFlag{Name: "hook", Usage: "run it by `HOOK`, as timer/100ms or gpio/PA0/rising; the default is what its SEC() says"},
			&cli.UintFlag{Name: "hook-priority", Value: device.DefaultHookPriority, Usage: "`NUMBER` that orders programs on one hook, the lowest first"},
			&cli.StringFlag{Name: "trial", Usage: "keep a new version once it has run so long without a fault: `TIME`, as in 60s"},
			&cli.UintFlag{Name: "context", Usage: "`BYTES` of context it gets at most"},
			&cli.UintFlag{Name: "mailbox", Usage: "`BYTES` of mailbox"},
			&cli.UintFlag{Name: "sequence", Usage: "`NUMBER` of the version; the default is the time"},
			&cli.UintFlag{Name: "block", Usage: "`BYTES` of a block: 16 to 1024; the default is 512"},
			&cli.BoolFlag{Name: "by-hand", Usage: "do not start it: ubench device start does"},
			&cli.StringFlag{Name: "label", Usage: "of a fleet, only devices with `LABEL`"},
			&cli.UintFlag{Name: "wave", Usage: "`N` devices in the first wave; the default is all at once"},
			&cli.UintFlag{Name: "failures", Value: 1, Usage: "stop after `N` devices failed"},
		),
		Action: func(c *cli.Context) error { return e.deploy(c) },
	}
}

func (e *env) deploy(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one C file, one object, or a folder with %s", deploy.ManifestName)
	}
	p, err := deviceProfileOf(c)
	if err != nil {
		return err
	}
	job, err := e.deployJob(c)
	if err != nil {
		return err
	}
	if job.Key, err = p.signingKey(); err != nil {
		return err
	}
	if file, ok := strings.CutPrefix(p.To, "@"); ok {
		return e.deployFleet(c, p, job, file)
	}
	d, err := p.reach(c.Context)
	if err != nil {
		return err
	}
	defer d.Close()
	job.Sent = func(program string, n, of int) { e.progress.step(n, of, "bytes of "+program) }
	start := time.Now()
	out, err := job.Do(c.Context, d)
	e.progress.clear()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return e.printJSON(struct {
			*deploy.Deployed
			Programs []programJSON `json:"programs"`
			Seconds  float64       `json:"seconds"`
		}{out, inWords(out.Programs), time.Since(start).Seconds()})
	}
	_, err = fmt.Fprintf(e.stdout, "%s%d bytes sent to %s in %.1f s; %d messages were lost\n", programTable(out.Programs), out.Sent, out.Board,
		time.Since(start).Seconds(), out.Resent)
	return err
}

// deployJob compiles what is named and verifies it on the host.
func (e *env) deployJob(c *cli.Context) (*deploy.Job, error) {
	name := c.Args().First()
	job := &deploy.Job{Sequence: uint32(c.Uint("sequence")), Block: int(c.Uint("block"))}
	if b := job.Block; b != 0 && (b < 16 || b > 1024 || b&(b-1) != 0) {
		return nil, usagef("--block %d: choose a power of two from 16 to 1024", b)
	}
	for _, flag := range []string{"sequence", "context", "mailbox", "wave", "failures"} {
		if c.Uint(flag) > math.MaxUint32 {
			return nil, usagef("--%s %d: a number of 32 bits is needed", flag, c.Uint(flag))
		}
	}
	if c.Uint("hook-priority") > 255 {
		return nil, usagef("--hook-priority %d: choose 0 (first) to 255", c.Uint("hook-priority"))
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return job, e.fileJob(c, job, name)
	}
	a, err := deploy.ReadApplication(name)
	if err != nil {
		return nil, err
	}
	job.Application = a.Name
	for _, spec := range a.Programs {
		source, object, err := e.objectOf(c.Context, spec, name)
		if err != nil {
			return nil, err
		}
		b, err := e.built(source, object, spec)
		if err != nil {
			return nil, err
		}
		job.Programs = append(job.Programs, b)
	}
	return job, nil
}

// fileJob adds the program of a file, or its programs, if there are several that hooks run.
func (e *env) fileJob(c *cli.Context, job *deploy.Job, name string) error {
	spec := e.flagSpec(c, name)
	source, object, err := e.objectOf(c.Context, spec, "")
	if err != nil {
		return err
	}
	specs := []deploy.Spec{spec}
	if spec.Entry == "" {
		several, err := deploy.Several(spec, filepath.Base(source), object)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		if several != nil {
			if spec.Hook != "" || spec.Trial != "" {
				return usagef("--hook and --trial are of one program, and %s has %d: name one with --entry", source, len(several))
			}
			specs, job.Application, job.OneFile = several, spec.Name, true
		}
	}
	for _, spec := range specs {
		b, err := e.built(source, object, spec)
		if err != nil {
			return err
		}
		job.Programs = append(job.Programs, b)
	}
	return nil
}

func (e *env) flagSpec(c *cli.Context, file string) deploy.Spec {
	s := deploy.Spec{
		Name: c.String("name"), Source: file, Entry: c.String("entry"), Engine: c.String("engine"), Format: c.String("format"),
		Period: c.String("period"), LongRunning: c.Bool("long-running"), Restart: c.String("restart"), Answers: c.String("answers"),
		Trial: c.String("trial"), Context: uint32(c.Uint("context")), Mailbox: uint32(c.Uint("mailbox")), ByHand: c.Bool("by-hand"),
	}
	s.Hook = c.String("hook")
	if c.IsSet("hook-priority") {
		order := uint8(c.Uint("hook-priority"))
		s.HookOrder = &order
	}
	if s.Name == "" {
		s.Name, _, _ = strings.Cut(filepath.Base(file), ".")
	}
	return s
}

// objectOf is the object that a program is in, compiled from C if that is what was named.
func (e *env) objectOf(ctx context.Context, spec deploy.Spec, folder string) (source string, object []byte, err error) {
	source = filepath.Join(folder, spec.Source)
	switch filepath.Ext(source) {
	case ".c":
		cc, err := findClang(ctx)
		if err != nil {
			return source, nil, err
		}
		defer cc.close()
		object, messages, err := cc.compile(ctx, source, []string{"-mcpu=v3", "-O2", "-g", "-fdebug-compilation-dir=."})
		if _, werr := e.stderr.Write(messages); werr != nil {
			return source, nil, werr
		}
		return source, object, err
	case ".o":
		object, err = readAll(nil, source, maxProgramFile)
		return source, object, err
	}
	return source, nil, usagef("%s: deploy a C file (.c), an object (.o), or a folder with %s", source, deploy.ManifestName)
}

// built is a program of an object, verified; the object is kept, to find lines of faults later.
func (e *env) built(source string, object []byte, spec deploy.Spec) (b deploy.Built, err error) {
	program, err := image.LoadObject(filepath.Base(source), object, spec.Entry)
	if errors.Is(err, image.ErrSeveral) {
		err = fmt.Errorf("%w: one with --entry NAME; all at once from a folder with %s, where each has its \"entry\", or if SEC() of one is a hook", err, deploy.ManifestName)
	}
	if err != nil {
		return b, fmt.Errorf("%s: %w", source, err)
	}
	stop := e.progress.watch("verifying " + spec.Name + ", and making a plan")
	known, err := planner.Look(program)
	stop()
	if err != nil {
		return b, fmt.Errorf("%s: refused on the host: %w", source, err)
	}
	if spec.Engine == "" || spec.Engine == device.JITPlan.String() {
		program = known.WithPlan()
	}
	b = deploy.Built{Spec: spec, Program: program}
	for _, board := range []string{"", "host"} { // which get different images
		m, format, err := spec.Manifest(program, board)
		if err != nil && board == "host" { // not for it
			break
		}
		if err != nil {
			return b, err
		}
		code, err := b.Image(m.Config.Engine, format)
		if err != nil {
			return b, fmt.Errorf("%s: %w", source, err)
		}
		digest := sha256.Sum256(code)
		if path, err := deployedPath(digest[:]); err == nil {
			_ = os.WriteFile(path, object, 0o600) // without it, faults have no lines
		}
	}
	return b, nil
}

// deployFleet deploys to many devices and tells what came of each.
func (e *env) deployFleet(c *cli.Context, p deviceProfile, job *deploy.Job, file string) error {
	fleet, err := deploy.ReadFleet(file)
	if err == nil {
		fleet, err = deploy.WithLabel(fleet, c.String("label"))
	}
	if err != nil {
		return err
	}
	if job.Sequence == 0 { // the same version everywhere
		job.Sequence = uint32(time.Now().Unix())
	}
	type outcome struct {
		Address string `json:"address"`
		Error   string `json:"error,omitempty"`
		Tried   bool   `json:"tried"`
	}
	var outcomes []outcome
	var mu sync.Mutex
	done := 0
	well := deploy.Waves{First: int(c.Uint("wave")), Failures: int(c.Uint("failures"))}.Through(c.Context, fleet,
		func(ctx context.Context, m deploy.Member) error {
			mine := p
			mine.To = m.Address
			d, err := mine.reach(ctx)
			if err != nil {
				return err
			}
			defer d.Close()
			one := *job
			_, err = one.Do(ctx, d)
			return err
		},
		func(m deploy.Member, err error) {
			mu.Lock()
			defer mu.Unlock()
			done++
			e.progress.step(done, len(fleet), "devices")
			o := outcome{Address: m.Address, Tried: !errors.Is(err, deploy.ErrNotTried)}
			if err != nil {
				o.Error = oneLine(err)
			}
			outcomes = append(outcomes, o)
		})
	e.progress.clear()
	if c.Bool("json") {
		if err := e.printJSON(map[string]any{"devices": len(fleet), "well": well, "outcomes": outcomes}); err != nil {
			return err
		}
	} else {
		for _, o := range outcomes {
			if o.Error != "" {
				fmt.Fprintf(e.stdout, "%s: %s\n", o.Address, o.Error)
			}
		}
		fmt.Fprintf(e.stdout, "%d of %d devices have it\n", well, len(fleet))
	}
	if well < len(fleet) {
		return fmt.Errorf("%d of %d devices do not have it", len(fleet)-well, len(fleet))
	}
	return e.stdout.err
}
