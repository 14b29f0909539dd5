// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
)

// maxBatchLine bounds a line: a program as large as an image can be, and memory as large as a
// device's, in hex.
const maxBatchLine = 4 << 20

// batchJob is a line of a batch; batchAnswer the line it is answered with.
type batchJob struct {
	Name    string `json:"name"`
	Program string `json:"program"`
	Mem     string `json:"mem"`
}

// execBatch answers line by line, and at once where somebody waits for the answer: output is
// flushed whenever no further input is at hand.
func (e *env) execBatch(c *cli.Context, template emu.Job, file string) error {
	in := e.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	shard, err := shard(c, "json")
	if err != nil {
		return err
	}
	specs, err := targetSpecs(c)
	if err != nil {
		return err
	}
	if len(specs) > 1 {
		return usagef("--batch runs on one target: leave out %q", specs[1])
	}
	target, err := e.open(c, uncounted(specs[0]), template.Engine)
	if err != nil {
		return err
	}
	defer target.Close()

	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(e.stdout, 1<<16)
	answers := json.NewEncoder(w)
	answers.SetEscapeHTML(false)
	b := batch{template: template, target: target, shard: shard, specs: specs}
	for {
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		line, err := readLine(r)
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, errLineTooLong) {
			return fmt.Errorf("batch %s: %w", file, err)
		}
		answer, ours := b.answer(c, line, err)
		if c.Context.Err() != nil {
			w.Flush()
			return c.Context.Err()
		}
		if !ours {
			continue
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
		e.progress.step(b.lines, 0, fmt.Sprintf("%d programs run", b.lines))
	}
	if shard != nil {
		if err := answers.Encode(batchEnd{shard}); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if b.bad > 0 {
		return fmt.Errorf("batch %s: %d of %d lines could not be run, see their messages", file, b.bad, b.lines)
	}
	return nil
}

// batch is how far a batch is.
type batch struct {
	template emu.Job
	target   emu.Target
	shard    *bench.Shard // nil: all of it is ours
	specs    []string
	lines    int
	bad      int // of them, those that could not be run
}

// answer runs a line, or says what was wrong with reading it. Empty lines, and those of other shards, are not ours.
func (b *batch) answer(c *cli.Context, line []byte, err error) (answer batchAnswer, ours bool) {
	b.lines++
	if err == nil && len(bytes.TrimSpace(line)) == 0 {
		return answer, false
	}
	var place *int
	if b.shard != nil {
		n := b.shard.Next(b.template.Engine, b.template.Budget, b.template.Helpers, b.specs, sha256.Sum256(line))
		if !b.shard.Has(n) {
			return answer, false
		}
		place = &n
	}
	if err == nil {
		answer, err = runBatchLine(c, b.target, b.template, line)
	}
	answer.Line = place
	if err != nil {
		b.bad++
		answer.Status, answer.Message = "error", fmt.Sprintf("line %d: %s", b.lines, oneLine(err))
	}
	if answer.R0 == "" {
		answer.R0 = "0x0"
	}
	return answer, true
}

// uncounted is the target without a model of cycles, which a batch does not show and Unicorn is faster without.
func uncounted(spec string) string {
	if strings.HasPrefix(spec, "unicorn") && !strings.Contains(spec, "+") {
		return spec + "+" + targets.NoCycles
	}
	return spec
}

// runBatchLine runs one line. The error is for what is no program or kept the target from answering.
func runBatchLine(c *cli.Context, target emu.Target, template emu.Job, line []byte) (batchAnswer, error) {
	var job batchJob
	if err := json.Unmarshal(line, &job); err != nil {
		return batchAnswer{Name: job.Name}, err
	}
	answer := batchAnswer{Name: job.Name}
	text, err := parseHex(job.Program)
	if err != nil {
		return answer, fmt.Errorf("program: %w", err)
	}
	mem, err := parseHex(job.Mem)
	if err != nil {
		return answer, fmt.Errorf("mem: %w", err)
	}
	run := template
	run.Format, run.Image = abi.TextOnly, text
	if run.Engine == "femto" { // the only one that needs a format of its own
		program, err := image.FromText("program", text)
		if err != nil {
			return answer, err
		}
		if run, err = programJob(template, program); err != nil {
			return answer, err
		}
	}
	run.Context, run.NoStack = mem, true // no answer shows the stack
	got, err := target.Run(c.Context, run)
	if err != nil {
		return answer, err
	}
	answer.Status, answer.PC = got.Fault.Status.Name(), got.Fault.PC
	if got.Fault.Status == abi.OK {
		answer.R0, answer.PC = fmt.Sprintf("%#x", got.Result), 0
	}
	return answer, nil
}

var errLineTooLong = fmt.Errorf("more than %d bytes", maxBatchLine)

// readLine reads a line without its end. One that is too long is skipped and reported; the last one
// needs no line break.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if !long {
			line = append(line, part...)
			long = len(line) > maxBatchLine
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) > 0:
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLineTooLong
		}
		return bytes.TrimSuffix(line, []byte("\n")), nil
	}
}
