// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/nulls"
	"github.com/ubench-dev/ubench/planner/ranges"
)

func verifyCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "say what is known of a program before it runs: accesses, loops, stack, and how long it takes at most",
		ArgsUsage: "BENCHMARK|FILE|- [flags]",
		Description: `FILE is an ELF object, an image, hex text or raw instructions; - is standard input. For each access to memory it says
whether it is proved to be inside a region of the run, tested once before a loop, or checked each time, and then why, and what
would prove it. For each loop it says what bounds its turns. Then it bounds the instructions, and the modelled cycles, that the
code made by the engine jit-plan executes, as a function of the length of the context; what helpers do is not counted. A program
that reaches for memory granted by its host takes longer the more of it there is: --regions says how much to reckon with.
The lines are those of the C source where the object has BTF.

Examples:
  ubench verify fletcher16
  ubench verify prog.o --entry second
  ubench verify prog.o --regions 4
  ubench verify prog.o --json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			codeFlag,
			&cli.IntFlag{Name: "regions", Usage: "bound runs to which a host grants `N` regions of memory; looking for an address takes longer then"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error { return e.verify(c) },
	}
}

// verification is what ubench verify prints.
type verification struct {
	Program      string          `json:"program"`
	Slots        int             `json:"slots"`
	StackBytes   int             `json:"stack_bytes"`
	StackEscapes bool            `json:"stack_escapes"` // its address is used for more than loads and stores
	ContextMin   uint32          `json:"context_min"`
	Helpers      []string        `json:"helpers"`
	Plan         string          `json:"plan"` // whether there is one that the compiler follows
	Maps         []string        `json:"maps,omitempty"`
	Remarks      []remark        `json:"remarks,omitempty"`
	Accesses     []accessVerdict `json:"accesses"`
	Loops        []loopVerdict   `json:"loops"`
	Instructions boundVerdict    `json:"instructions"`
	Cycles       boundVerdict    `json:"cycles"`
}

// sourcePlace is an instruction, and the source line it is of.
type sourcePlace struct {
	Slot   int    `json:"slot"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Source string `json:"source,omitempty"`
}

// remark is what will stop the program, or may.
type remark struct {
	sourcePlace
	Text string `json:"text"`
}

type accessVerdict struct {
	sourcePlace
	Text    string `json:"text"`
	Verdict string `json:"verdict"` // proved, before the loop, checked
	Region  string `json:"region,omitempty"`
	Why     string `json:"why,omitempty"`
}

type loopVerdict struct {
	sourcePlace
	Last    int    `json:"last_slot"`
	Counted bool   `json:"counted"`
	Turns   string `json:"turns,omitempty"` // at most so many each time it is entered
	Why     string `json:"why,omitempty"`
}

func (e *env) verify(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one benchmark or program: a file, or - for standard input")
	}
	in := conditions{granted: c.Int("regions")}
	if in.granted < 0 || in.granted > grantedMost {
		return usagef("--regions %d: from 0 to %d can be granted", in.granted, grantedMost)
	}
	switch place := c.String("code"); place {
	case targets.InAlias:
	case targets.InSRAM:
		in.code = inSRAM
	default:
		return usagef("--code %s: choose %s or %s", place, targets.InAlias, targets.InSRAM)
	}
	job, program, err := e.disasmJob(c, "vm")
	if err != nil {
		return err
	}
	if program == nil {
		if program, _, err = loadedProgram(fileName(c.Args().First()), job); err != nil {
			return err
		}
	}
	v, err := verifyProgram(program, in)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		out := json.NewEncoder(e.stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(v)
	}
	_, err = fmt.Fprint(e.stdout, v.text())
	return err
}

// verifyProgram finds out what there is to say about a program; its bounds hold under the conditions.
func verifyProgram(p *image.Program, in conditions) (*verification, error) {
	k, err := planner.Look(p)
	if err != nil {
		return nil, err
	}
	return verificationOf(k, in), nil
}

func verificationOf(k *planner.Known, in conditions) *verification {
	p := k.Image
	v := &verification{Program: p.Name, Slots: p.Slots(), ContextMin: p.CtxMin, Plan: k.Refusal}
	if k.Plan != nil {
		v.Plan = fmt.Sprintf("followed, %d bytes", len(k.Bytes))
	}
	for _, id := range p.Helpers {
		v.Helpers = append(v.Helpers, image.HelperName(id))
	}
	for _, m := range p.Maps {
		v.Maps = append(v.Maps, m.Name+": "+image.MapText(m))
	}
	at := func(slot int) sourcePlace {
		w := sourcePlace{Slot: slot}
		if l, ok := p.LineOf(slot); ok {
			w.File, w.Line, w.Source = filepath.Base(l.File), l.Line, strings.TrimSpace(l.Text)
		}
		return w
	}
	for n, f := range k.Program.Functions {
		g := k.Facts.Functions[n]
		for _, u := range nulls.Of(f) {
			v.Remarks = append(v.Remarks, remark{at(u.Slot), fmt.Sprintf(
				"uses what bpf_%s returned at slot %d, which may be 0, and then the program is stopped here; compare it with NULL before", u.Helper, u.Call)})
		}
		for _, a := range g.Accesses(k.Facts) {
			i := &f.Insns[a.Insn]
			if i.Base() == cfg.R10 {
				continue
			}
			v.Accesses = append(v.Accesses, accessOf(k, n, a, at(i.Slot)))
		}
		for l := range k.Forests[n].Loops {
			loop := &k.Forests[n].Loops[l]
			w := loopVerdict{sourcePlace: at(f.Slot(loop.Head)), Last: f.LastSlot(loop.Latches[len(loop.Latches)-1])}
			turns, why, ok := k.Bounds().Turns(n, l)
			if w.Counted = ok; ok {
				w.Turns = turns.String()
			} else {
				w.Why = why
			}
			v.Loops = append(v.Loops, w)
		}
	}
	v.StackBytes, v.StackEscapes = frameUse(k)
	v.Instructions, v.Cycles = boundsOf(k, in, spent.larger)
	return v
}

// accessOf says what becomes of an access: what the compiler makes of it counts, the reasons are the host's.
func accessOf(k *planner.Known, n int, a ranges.Access, w sourcePlace) accessVerdict {
	text, _ := image.Disassemble(k.Image.Text, w.Slot, nil)
	v := accessVerdict{sourcePlace: w, Text: text, Region: a.Region.String(), Verdict: k.Verdict(w.Slot)}
	if v.Verdict == "checked" {
		v.Why = whyNot(k, n, a, w)
	}
	return v
}

// whyNot says why an access is checked, and what would prove it.
func whyNot(k *planner.Known, n int, a ranges.Access, w sourcePlace) string {
	i := &k.Program.Functions[n].Insns[a.Insn]
	index := subscript(w.Source)
	switch a.Reason {
	case ranges.Proved:
		return "the host can prove it, the device's checker does not follow"
	case ranges.Nowhere:
		return fmt.Sprintf("where r%d points is not known: it comes from memory, or is a number", i.Base())
	case ranges.Below:
		return fmt.Sprintf("%s may be negative, or wrap; `if (%s < 0) break;`, or an unsigned type, would prove more", index, index)
	case ranges.Short:
		return fmt.Sprintf("the context may be shorter than %d bytes; `if (len < %d) return 0;` before it would prove it", a.Need, a.Need)
	case ranges.ReadOnly:
		return "it writes to constants"
	case ranges.Unaligned:
		return "an atomic operation, on an address that may be unaligned"
	}
	if a.Region == ranges.Context {
		return fmt.Sprintf("%s is not bounded by the length of the context here; `if (%s >= len) break;` would prove it", index, index)
	}
	return fmt.Sprintf("%s is not bounded by the size of what it is an index of", index)
}

// subscript is the index in a line of C, as it is written, or what to call it.
func subscript(source string) string {
	open := strings.Index(source, "[")
	for open >= 0 {
		depth := 0
		for k := open; k < len(source); k++ {
			switch source[k] {
			case '[':
				depth++
			case ']':
				depth--
			}
			if depth == 0 {
				if inner := strings.TrimSpace(source[open+1 : k]); inner != "" && strings.Trim(inner, "0123456789") != "" {
					return "`" + inner + "`"
				}
				break
			}
		}
		next := strings.Index(source[open+1:], "[")
		if next < 0 {
			break
		}
		open += 1 + next
	}
	return "the offset"
}

func (v *verification) text() string {
	var b strings.Builder
	stack := "none"
	if v.StackBytes > 0 {
		stack = fmt.Sprintf("%d bytes", v.StackBytes)
	}
	helpers := "none"
	if len(v.Helpers) > 0 {
		helpers = strings.Join(v.Helpers, ", ")
	}
	fmt.Fprintf(&b, "%s: %d slots; stack %s; helpers %s; plan %s\n", v.Program, v.Slots, stack, helpers, v.Plan)
	for _, m := range v.Maps {
		fmt.Fprintf(&b, "map %s\n", m)
	}
	if len(v.Remarks) > 0 {
		b.WriteString("\nremarks:\n")
	}
	for _, r := range v.Remarks {
		fmt.Fprintf(&b, "%s  %s\n", r.where(), r.Text)
		if r.Source != "" {
			fmt.Fprintf(&b, "        %s\n", r.Source)
		}
	}
	if len(v.Accesses) > 0 {
		b.WriteString("\naccesses, except to constant places of the own stack:\n")
	}
	for _, a := range v.Accesses {
		fmt.Fprintf(&b, "%s  %s: %s%s\n", a.where(), a.Text, a.Verdict, because(a.Why))
	}
	if len(v.Loops) > 0 {
		b.WriteString("\nloops:\n")
	}
	for _, l := range v.Loops {
		if l.Counted {
			fmt.Fprintf(&b, "%s  to %d: at most %s turns\n", l.where(), l.Last, l.Turns)
		} else {
			fmt.Fprintf(&b, "%s  to %d: no bound%s\n", l.where(), l.Last, because(l.Why))
		}
	}
	b.WriteString("\nat most, without what helpers do, len being the length of the context:\n")
	fmt.Fprintf(&b, "  instructions  %s\n", v.Instructions.text())
	fmt.Fprintf(&b, "  cycles        %s\n", v.Cycles.text())
	return b.String()
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (p sourcePlace) where() string {
	if p.File == "" {
		return fmt.Sprintf("%6d", p.Slot)
	}
	return fmt.Sprintf("%6d  %s:%d", p.Slot, p.File, p.Line)
}
