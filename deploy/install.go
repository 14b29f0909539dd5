// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
)

// Built is a program that is to be deployed.
type Built struct {
	Spec    Spec
	Program *image.Program // with a plan, if it is to run on jit-plan by default
}

// Image is what a device gets of it in a format: with its plan only for the engine that follows plans.
func (b *Built) Image(engine device.Engine, format abi.Format) ([]byte, error) {
	p := *b.Program
	if engine != device.JITPlan {
		p.Plan = nil
	}
	return p.Encode(format)
}

// Job is programs to be deployed to a device: one, or those of an application, all or none.
type Job struct {
	Application string // "": one program
	OneFile     bool   // Several made it: maps that its programs share are of nobody else
	Programs    []Built
	Key         *suit.SigningKey
	Sequence    uint32 // 0: seconds since 1970, or one more than what is there
	Block       int    // bytes of a block; 0 is client.DefaultBlock
	Sent        func(program string, bytes, of int)
}

// Deployed is what came of it.
type Deployed struct {
	Board    string    `json:"board"`
	Programs []Program `json:"programs"`
	Bytes    int       `json:"bytes"`      // of envelopes
	Sent     int       `json:"bytes_sent"` // over the network, this way
	Received int       `json:"bytes_received"`
	Resent   int       `json:"resent"` // messages that were lost
}

// RefusedProgram is a program that a device refused, with the line of its source where that is known, and with what takes memory where
// there was too little.
type RefusedProgram struct {
	Name   string
	Err    error
	Line   string // "file.c:12: text", or ""
	Memory string // "maps big 160088", what else takes it and can go, or ""
}

func (r *RefusedProgram) Error() string {
	text := fmt.Sprintf("%s: the device refuses it: %v", r.Name, r.Err)
	if r.Line != "" {
		text += fmt.Sprintf(" (%s)", r.Line)
	}
	return text + r.Memory
}

// memoryOf says what takes memory of a program, where a device has too little: what can be changed about it.
func memoryOf(p *image.Program, name string, there []Program) (text string) {
	for i, m := range p.Maps {
		values, other := m.Bytes()
		text += fmt.Sprintf("%s %s %d", [...]string{"; maps", ""}[min(i, 1)], m.Name, values+other)
	}
	if slices.ContainsFunc(there, func(p Program) bool { return p.Name == name }) {
		text += fmt.Sprintf("; the version before stays in memory until this one has started: ubench device rm %s first, if it can be missed", name)
	}
	return text
}

func (r *RefusedProgram) Unwrap() error { return r.Err }

// settle is how long programs of an application have to run without a fault before they are kept.
const settle = time.Second

// together is how long an application may take to be deployed. Then the device takes back what nobody has confirmed: whoever
// deployed it has gone amid it.
const together = 15 * time.Minute

// Do deploys the job to a device.
func (j *Job) Do(ctx context.Context, d Device) (*Deployed, error) {
	info, err := d.Info(ctx)
	if err != nil {
		return nil, err
	}
	there, err := d.Programs(ctx)
	if err != nil {
		return nil, err
	}
	sequence := max(j.Sequence, 1)
	if j.Sequence == 0 {
		sequence = uint32(time.Now().Unix())
		for _, p := range there {
			sequence = max(sequence, p.Sequence+1)
		}
	}
	if err := j.mapsAreFree(ctx, d); err != nil {
		return nil, err
	}
	out := &Deployed{Board: info.Board}
	sent, received, resent := d.Sent, d.Received, d.Resent
	var names []string
	for _, b := range j.Programs {
		p, size, err := j.install(ctx, d, b, sequence, info.Board, there)
		if err != nil {
			return nil, errors.Join(err, j.undo(ctx, d, names))
		}
		names = append(names, p.Name)
		out.Programs = append(out.Programs, p)
		out.Bytes += size
	}
	if j.Application != "" {
		if err := j.keep(ctx, d, out); err != nil {
			return nil, errors.Join(err, j.undo(ctx, d, names))
		}
	}
	out.Sent, out.Received, out.Resent = d.Sent-sent, d.Received-received, d.Resent-resent
	return out, nil
}

// mapsAreFree tells whether programs of others share maps under names that programs of one file share: those would be the same maps.
func (j *Job) mapsAreFree(ctx context.Context, d Device) error {
	if !j.OneFile {
		return nil
	}
	there, err := d.Maps(ctx)
	if err != nil {
		return err
	}
	for _, m := range there {
		ours := slices.ContainsFunc(j.Programs, func(b Built) bool { return b.Spec.Name == m.Program })
		for _, b := range j.Programs {
			for _, share := range b.Spec.Maps {
				if m.Shared != 0 && !ours && share.Name == m.Name {
					return fmt.Errorf("map %s: program %s of the device shares a map of this name, which would be the same one: name it otherwise, or say in %s who shares it",
						m.Name, m.Program, ManifestName)
				}
			}
		}
	}
	return nil
}

func (j *Job) install(ctx context.Context, d Device, b Built, sequence uint32, board string, there []Program) (p Program, size int, err error) {
	m, format, err := b.Spec.Manifest(b.Program, board)
	if err != nil {
		return p, 0, err
	}
	m.Sequence, m.Application = sequence, j.Application
	if j.Application != "" {
		m.Trial = together
	}
	code, err := b.Image(m.Config.Engine, format)
	if err != nil {
		return p, 0, fmt.Errorf("%s: %w", b.Spec.Name, err)
	}
	t, err := d.transfer(ctx)
	if err != nil {
		return p, 0, err
	}
	envelope, err := j.envelope(m, code, t, there)
	if err != nil {
		return p, 0, err
	}
	block := j.Block
	if block == 0 {
		block = client.DefaultBlock
	}
	d.SetBlock(block)
	p, err = d.install(ctx, t, b.Spec.Name, envelope, block, func(n int) {
		if j.Sent != nil {
			j.Sent(b.Spec.Name, n, len(envelope))
		}
	})
	if refused := (*Refused)(nil); errors.As(err, &refused) {
		r := &RefusedProgram{Name: b.Spec.Name, Err: err}
		if line, ok := b.Program.LineOf(int(refused.Slot)); ok && refused.AtInstruction() {
			r.Line = fmt.Sprintf("%s:%d: %s", line.File, line.Line, line.Text)
		}
		if refused.What != "" {
			r.Memory = memoryOf(b.Program, b.Spec.Name, there)
		}
		return p, 0, r
	}
	return p, len(envelope), err
}

// envelope is the manifest and the image, signed. One that did not arrive whole before keeps its number, so that it can go on.
func (j *Job) envelope(m suit.Manifest, code []byte, t transfer, there []Program) ([]byte, error) {
	newer := !slices.ContainsFunc(there, func(p Program) bool { return p.Name == t.Name && p.Sequence >= t.Sequence })
	if j.Sequence == 0 && t.Name == m.Config.Name && newer {
		before := m
		before.Sequence = t.Sequence
		envelope, err := before.Envelope(code, j.Key)
		if err != nil {
			return nil, err
		}
		if identity, err := suit.Identity(envelope); err == nil && string(identity[:]) == string(t.Digest) {
			return envelope, nil
		}
	}
	return m.Envelope(code, j.Key)
}

// keep confirms all programs once they have run a while.
func (j *Job) keep(ctx context.Context, d Device, out *Deployed) error {
	if err := sleep(ctx, settle); err != nil {
		return err
	}
	for i, b := range j.Programs {
		p, err := d.Program(ctx, b.Spec.Name)
		if err == nil && (p.Sequence != out.Programs[i].Sequence || p.TrialLeftMS == nil) {
			err = errors.New("it faulted on trial")
		}
		if err == nil && p.State == device.Failed {
			err = fmt.Errorf("it is %v", p.State)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.Spec.Name, err)
		}
	}
	// One is confirmed for all of them, in one step.
	if err := d.Confirm(ctx, j.Programs[0].Spec.Name); err != nil {
		return err
	}
	for i, b := range j.Programs {
		p, err := d.Program(ctx, b.Spec.Name)
		if err != nil {
			return err
		}
		out.Programs[i] = p
	}
	return nil
}

// undo takes programs of an application back: those before return, and new ones go.
func (j *Job) undo(ctx context.Context, d Device, names []string) error {
	if j.Application == "" || len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, name := range names {
		err := d.Rollback(ctx, name)
		var refusal *client.Refusal
		if err != nil && !errors.As(err, &refusal) {
			return fmt.Errorf("taking %s back: %w", name, err)
		}
	}
	return fmt.Errorf("nothing of %s was kept", j.Application)
}
