// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
)

func (e *env) deviceInfo(c *cli.Context, d deploy.Device, _ []string) error {
	i, err := d.Info(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return e.printJSON(i)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	store := "flash"
	if i.StoreIsRAM {
		store = "memory: gone when the power is"
	}
	fmt.Fprintf(w, "board\t%s (%s)\nfirmware\t%s\nup\t%v\n", i.Board, i.Core, i.Firmware, time.Duration(i.UptimeMS)*time.Millisecond)
	fmt.Fprintf(w, "programs\t%d of %d\nmemory\t%d of %d bytes free, %d in one piece\n", i.Programs, i.ProgramsMost, i.MemoryFree, i.Memory, i.MemoryLargest)
	if i.Alias {
		fmt.Fprintf(w, "compiled code\truns through memory at address 0\n")
	}
	fmt.Fprintf(w, "store\t%d of %d bytes free, in %s\n", i.StoreFree, i.Store, store)
	for _, k := range i.Keys {
		what := "signs programs"
		switch {
		case k.Flags&deploy.KeyRevoked != 0:
			what = "revoked"
		case k.Flags&deploy.KeyDevelopment != 0:
			what = "signs programs; a development key, which anybody may have"
		}
		fmt.Fprintf(w, "key\t%s %s\n", hex.EncodeToString(k.ID), what)
	}
	if i.Panic != abi.OK {
		fmt.Fprintf(w, "last panic\t%v\n", i.Panic)
	}
	return w.Flush()
}

// trial says how long a program is on trial.
func trial(p deploy.Program) string {
	if p.TrialLeftMS == nil {
		return ""
	}
	left := time.Duration(*p.TrialLeftMS) * time.Millisecond
	if left > 1000*time.Hour {
		return "on trial"
	}
	return "on trial for " + left.Round(time.Second).String()
}

// notes say what is special about a program.
func notes(p deploy.Program) string {
	var all []string
	if t := trial(p); t != "" {
		all = append(all, t)
	}
	if p.Status != abi.OK {
		all = append(all, "last run: "+p.Status.String())
	}
	if p.Application != "" {
		all = append(all, "of "+p.Application)
	}
	if p.Answers != 0 {
		all = append(all, "answers x/"+p.Name)
	}
	return strings.Join(all, "; ")
}

// programJSON has words in place of numbers.
type programJSON struct {
	deploy.Program
	State  string `json:"state"`
	Engine string `json:"engine"`
	Format string `json:"format"`
	Status string `json:"status"`
	Digest string `json:"digest"`
}

func inWords(ps []deploy.Program) []programJSON {
	all := []programJSON{}
	for _, p := range ps {
		all = append(all, programJSON{p, p.State.String(), p.Engine.String(), p.Format.String(), p.Status.Name(), hex.EncodeToString(p.Digest)})
	}
	return all
}

func programTable(ps []deploy.Program) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tENGINE\tVERSION\tRUNS\tFAULTS\tIMAGE\tMEMORY\tNOTES")
	for _, p := range ps {
		fmt.Fprintf(w, "%s\t%v\t%v\t%d\t%d\t%d\t%d\t%d\t%s\n", p.Name, p.State, p.Engine, p.Sequence, p.Runs, p.Faults, p.ImageBytes,
			p.BlockBytes+p.CodeBytes, notes(p))
	}
	w.Flush()
	return b.String()
}

func (e *env) devicePrograms(c *cli.Context, d deploy.Device, _ []string) error {
	ps, err := d.Programs(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return e.printJSON(inWords(ps))
	}
	_, err = fmt.Fprint(e.stdout, programTable(ps))
	return err
}

const topPause = 2 * time.Second

// deviceTop shows what programs use, until it is interrupted; once, where nobody watches.
func (e *env) deviceTop(c *cli.Context, d deploy.Device, _ []string) error {
	watched := isTerminal(e.stdout) && !c.Bool("json")
	var before []deploy.Program
	for {
		ps, err := d.Programs(c.Context)
		if err != nil {
			return err
		}
		if c.Bool("json") {
			return e.printJSON(inWords(ps))
		}
		text := topTable(ps, before)
		if watched {
			text = "\x1b[H\x1b[2J" + text
		}
		if _, err := fmt.Fprint(e.stdout, text); err != nil || !watched {
			return err
		}
		before = ps
		select {
		case <-c.Context.Done():
			return nil
		case <-time.After(topPause):
		}
	}
}

func topTable(ps, before []deploy.Program) string {
	had := map[string]deploy.Program{}
	for _, p := range before {
		had[p.Name] = p
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "NAME\tRUNS/S\tTIME\tSPENT\tSTACK\tCODE\tCOMPARTMENT\tMAILBOX\tLATE\t")
	for _, p := range ps {
		rate := "-"
		if h, ok := had[p.Name]; ok && p.Runs >= h.Runs {
			rate = fmt.Sprintf("%.1f", float64(p.Runs-h.Runs)/topPause.Seconds())
		}
		fmt.Fprintf(w, "%s\t%s\t%d ms\t%d\t%d\t%d\t%d\t%d\t%d us\t\n", p.Name, rate, p.RunningMS, p.Spent, p.StackBytes, p.CodeBytes,
			p.BlockBytes, p.Mailbox, p.LateUS)
	}
	w.Flush()
	return b.String()
}

func (e *env) deviceLogs(c *cli.Context, d deploy.Device, args []string) error {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	show := func(lines []deploy.Line) error {
		for _, l := range lines {
			var err error
			if c.Bool("json") {
				err = e.printJSON(map[string]any{"at": l.At, "name": l.Name, "text": string(l.Text)})
			} else {
				_, err = fmt.Fprintf(e.stdout, "%s: %s\n", l.Name, strings.TrimSuffix(string(l.Text), "\n"))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if c.Bool("f") {
		err := d.Follow(c.Context, name, 0, show)
		if c.Context.Err() != nil {
			return nil
		}
		return err
	}
	l, err := d.Log(c.Context, name, 0)
	if err != nil {
		return err
	}
	return show(l.Lines)
}

// deployedPath is where the object of a program that was deployed is kept, by how the digest of its image begins.
func deployedPath(digest []byte) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "ubench", "deployed")
	return filepath.Join(dir, hex.EncodeToString(digest[:min(8, len(digest))])+".o"), os.MkdirAll(dir, 0o700)
}

// lineOf is the line of C of a fault in a program that was deployed from here.
func lineOf(p deploy.Program, fault abi.Fault) string {
	path, err := deployedPath(p.Digest)
	if err != nil {
		return ""
	}
	object, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	entries, err := image.Entries(p.Name, object)
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		if program, err := image.LoadObject(p.Name, object, entry); err == nil {
			if where := sourceOf(program, p.Format, fault); where != "" {
				return where
			}
		}
	}
	return ""
}

func (e *env) deviceFaults(c *cli.Context, d deploy.Device, args []string) error {
	p, err := d.Program(c.Context, args[0])
	if err != nil {
		return err
	}
	f, err := d.Faults(c.Context, args[0])
	if err != nil {
		return err
	}
	fault := abi.Fault{Status: f.Status, PC: f.Slot, Addr: f.Address}
	line := ""
	if f.Count > 0 {
		p.Digest = f.Digest
		line = lineOf(p, fault)
	}
	if c.Bool("json") {
		return e.printJSON(struct {
			deploy.Fault
			Digest string `json:"digest"`
			Status string `json:"status"`
			Line   string `json:"line,omitempty"`
		}{f, hex.EncodeToString(f.Digest), f.Status.Name(), strings.Trim(line, " ()")})
	}
	if f.Count == 0 {
		_, err = fmt.Fprintf(e.stdout, "%s: no fault\n", args[0])
		return err
	}
	if _, err = fmt.Fprintf(e.stdout, "%s: %d since it was loaded; the last, %v after the start: %v%s\n", args[0], f.Count,
		time.Duration(f.WhenMS)*time.Millisecond, fault, line); err != nil {
		return err
	}
	if f.CodeAt != device.NoCode {
		fmt.Fprintf(e.stdout, "at %#x of the compiled code\n", f.CodeAt)
	}
	for i, r := range f.Registers {
		if f.CodeAt == device.NoCode {
			break
		}
		name := fmt.Sprintf("r%d", i)
		if i == 16 {
			name = "xpsr"
		}
		end := " "
		if i%4 == 3 || i == 16 {
			end = "\n"
		}
		if _, err := fmt.Fprintf(e.stdout, "%-4s %08x%s", name, r, end); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) deviceRun(c *cli.Context, d deploy.Device, args []string) error {
	var programContext []byte
	if text := c.String("context"); text != "" {
		var err error
		if programContext, err = parseMemory(text); err != nil {
			return usagef("--context %q is neither hex bytes nor @FILE", clip(text))
		}
	}
	p, err := d.Program(c.Context, args[0])
	if err != nil {
		return err
	}
	r, err := d.Run(c.Context, args[0], programContext)
	if err != nil {
		return err
	}
	fault := abi.Fault{Status: r.Status, PC: r.Slot, Addr: r.Address}
	line := ""
	if r.Status != abi.OK {
		line = lineOf(p, fault)
	}
	if c.Bool("json") {
		if err := e.printJSON(struct {
			deploy.Result
			Status  string `json:"status"`
			Context string `json:"context"`
			Line    string `json:"line,omitempty"`
		}{r, r.Status.Name(), hex.EncodeToString(r.Context), strings.Trim(line, " ()")}); err != nil {
			return err
		}
	} else if r.Status == abi.OK {
		fmt.Fprintf(e.stdout, "r0 = %d (%#x)", r.R0, r.R0)
		if r.Instructions > 0 {
			fmt.Fprintf(e.stdout, ", %d instructions", r.Instructions)
		}
		fmt.Fprintln(e.stdout)
		if len(r.Context) > 0 {
			fmt.Fprintf(e.stdout, "context %x\n", r.Context)
		}
		return e.stdout.err
	}
	if r.Status != abi.OK {
		return fmt.Errorf("%s: %v%s", args[0], fault, line)
	}
	return nil
}
