// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/firmware"
)

// maxGranted is a limit of jobs, as the agent has it (firmware/agent/agent.h).
const maxGranted = 16

// maxHelpers is the other.
var maxHelpers = len(abi.Helpers())

// Run executes one job. A job that fits a frame takes one exchange; a longer one is sent in pieces.
// Errors are the link's and the firmware's; what becomes of the program is in the sample.
func (c *Client) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	declaration, err := c.declare(job)
	if err != nil {
		return emu.Outcome{}, err
	}
	s, err := c.execute(ctx, job, declaration)
	if err != nil {
		return emu.Outcome{}, err
	}
	s.ImageBytes = len(job.Image)
	if job.Kernel != "" {
		c.locateKernel(job, &s)
	}
	return s, nil
}

// declare encodes the declaration of a job.
func (c *Client) declare(job emu.Job) ([]byte, error) {
	engine := slices.IndexFunc(c.device.Engines, func(e Engine) bool { return e.Name == job.Engine })
	if engine < 0 {
		return nil, fmt.Errorf("the firmware of %s has no engine %q", c.device.Board, job.Engine)
	}
	entry := int(job.Entry)
	if c.device.Engines[engine].Caps&engineNative != 0 {
		if entry = slices.Index(c.device.Kernels, job.Kernel); entry < 0 {
			return nil, fmt.Errorf("the firmware of %s has no native %q", c.device.Board, job.Kernel)
		}
	}
	if len(job.Granted) > maxGranted {
		return nil, fmt.Errorf("%d granted regions: the firmware takes at most %d", len(job.Granted), maxGranted)
	}
	if len(job.Helpers) > maxHelpers {
		return nil, fmt.Errorf("%d allowed helpers: the firmware has %d", len(job.Helpers), maxHelpers)
	}
	budget := job.Budget
	if budget == 0 {
		budget = emu.DefaultBudget
	}
	p := make([]byte, jobBytes, payloadBytes)
	p[jobEngine] = byte(engine)
	p[jobFormat] = byte(job.Format)
	if job.Helpers != nil {
		p[jobFlags] |= flagHelpers
	}
	if job.LoadOnly {
		p[jobFlags] |= flagLoadOnly
	}
	if job.Unsafe && c.device.Engines[engine].Caps&engineUnsafe != 0 {
		p[jobFlags] |= flagUnsafe
	}
	if job.NoStack {
		p[jobFlags] |= flagNoStack
	}
	if c.NoAlias {
		p[jobFlags] |= flagNoAlias
	}
	p[jobGranted] = byte(len(job.Granted))
	le.PutUint16(p[jobEntry:], uint16(entry))
	le.PutUint16(p[jobHelpers:], uint16(len(job.Helpers)))
	le.PutUint32(p[jobBudget:], budget)
	le.PutUint32(p[jobContext:], uint32(len(job.Context)))
	le.PutUint32(p[jobTrace:], uint32(len(job.Trace)))
	le.PutUint32(p[jobImage:], uint32(len(job.Image)))
	for _, g := range job.Granted {
		n := uint32(len(g.Bytes))
		if g.Writable {
			n |= writable
		}
		p = le.AppendUint32(p, n)
	}
	for _, h := range job.Helpers {
		p = le.AppendUint16(p, h)
	}
	return p, nil
}

// execute sends a job, has it run and reads back what was wanted.
func (c *Client) execute(ctx context.Context, job emu.Job, declaration []byte) (emu.Outcome, error) {
	size := len(declaration) + len(job.Context) + len(job.Trace) + len(job.Image)
	for _, g := range job.Granted {
		size += len(g.Bytes)
	}
	send := c.sendPieces
	if size <= payloadBytes && len(job.Maps) == 0 && len(job.Before) == 0 {
		send = c.sendWhole
	}
	p, err := send(ctx, job, declaration)
	if err != nil {
		return emu.Outcome{}, err
	}
	s, output, err := c.decodeReport(p)
	if err != nil {
		return emu.Outcome{}, err
	}
	if s.Fault.Status.Name() == "e-frame-short" {
		return emu.Outcome{}, fmt.Errorf("the firmware did not understand the job: %w", s.Fault)
	}
	ran := s.Execute != nil || s.Fault.OfCPU()
	if job.WantContext && (ran || job.LoadOnly && s.Fault.Status == abi.OK) {
		if s.Context, err = c.readArea(ctx, areaContext, 0, len(job.Context)); err != nil {
			return emu.Outcome{}, err
		}
	}
	if job.WantCode && s.CodeBytes > 0 && job.Kernel == "" {
		if s.Code, err = c.readArea(ctx, areaCode, 0, s.CodeBytes); err != nil {
			return emu.Outcome{}, err
		}
	}
	if job.WantOutput && ran {
		if s.Output, err = c.readArea(ctx, areaOutput, 0, output); err != nil {
			return emu.Outcome{}, err
		}
	}
	for index, bytes := range job.WantMaps {
		if !ran {
			break
		}
		dump, err := c.readArea(ctx, areaMap, index, bytes)
		if err != nil {
			return emu.Outcome{}, err
		}
		s.Maps = append(s.Maps, dump)
	}
	return s, nil
}

// sendWhole does everything in one frame.
func (c *Client) sendWhole(ctx context.Context, job emu.Job, declaration []byte) ([]byte, error) {
	p := append(declaration, job.Context...)
	for _, g := range job.Granted {
		p = append(p, g.Bytes...)
	}
	p = append(p, job.Trace...)
	p = append(p, job.Image...)
	return c.exchange(ctx, exec, p, working)
}

// sendPieces opens a job, fills its areas, loads and runs it.
func (c *Client) sendPieces(ctx context.Context, job emu.Job, declaration []byte) ([]byte, error) {
	p, err := c.exchange(ctx, open, declaration, quick)
	if err != nil || decodeFault(p).Status != abi.OK {
		return p, err
	}
	if err := c.writeArea(ctx, areaContext, 0, job.Context); err != nil {
		return nil, err
	}
	for i, g := range job.Granted {
		if err := c.writeArea(ctx, areaGranted, i, g.Bytes); err != nil {
			return nil, err
		}
	}
	if err := c.writeArea(ctx, areaTrace, 0, job.Trace); err != nil {
		return nil, err
	}
	if err := c.writeArea(ctx, areaImage, 0, job.Image); err != nil {
		return nil, err
	}
	p, err = c.exchange(ctx, load, nil, working)
	if err != nil || decodeFault(p).Status != abi.OK || job.LoadOnly {
		return p, err
	}
	for _, m := range job.Maps {
		if p, err = c.exchange(ctx, write, append(access(areaMap, m.Map, 0, 0), m.Bytes...), quick); err != nil {
			return nil, err
		}
		if fault := decodeFault(p); fault.Status != abi.OK {
			return nil, fmt.Errorf("map %d takes no entry of %d bytes: %w", m.Map, len(m.Bytes), fault)
		}
	}
	for _, context := range job.Before {
		p, err = c.exchange(ctx, write, append(access(areaContext, 0, 0, 0), context...), quick)
		if err != nil || decodeFault(p).Status != abi.OK {
			return p, err
		}
		p, err = c.exchange(ctx, run, nil, working)
		if err != nil || decodeFault(p).Status != abi.OK {
			return p, err
		}
	}
	if len(job.Before) > 0 && len(job.Context) > 0 {
		p, err = c.exchange(ctx, write, append(access(areaContext, 0, 0, 0), job.Context...), quick)
		if err != nil || decodeFault(p).Status != abi.OK {
			return p, err
		}
	}
	return c.exchange(ctx, run, nil, working)
}

func access(area byte, index, count, offset int) []byte {
	p := make([]byte, accessBytes, payloadBytes)
	p[accessArea] = area
	p[accessIndex] = byte(index)
	le.PutUint16(p[accessCount:], uint16(count))
	le.PutUint32(p[accessOffset:], uint32(offset))
	return p
}

// writeArea fills an area, which the agent has cleared: runs of zeros need not be sent.
func (c *Client) writeArea(ctx context.Context, area byte, index int, data []byte) error {
	for offset := 0; offset < len(data); {
		chunk := data[offset:min(offset+payloadBytes-accessBytes, len(data))]
		next := offset + len(chunk)
		if chunk = bytes.TrimRight(chunk, "\x00"); len(chunk) > 0 {
			p, err := c.exchange(ctx, write, append(access(area, index, 0, offset), chunk...), quick)
			if err != nil {
				return err
			}
			if fault := decodeFault(p); fault.Status != abi.OK {
				return fmt.Errorf("WRITE: %w", fault)
			}
		}
		offset = next
	}
	return nil
}

func (c *Client) readArea(ctx context.Context, area byte, index, n int) ([]byte, error) {
	if n < 0 || n > int(c.device.ArenaBytes) {
		return nil, fmt.Errorf("the firmware claims to have %d bytes to read", n)
	}
	data := make([]byte, 0, n)
	for len(data) < n {
		count := min(n-len(data), payloadBytes-faultBytes)
		p, err := c.exchange(ctx, read, access(area, index, count, len(data)), quick)
		if err != nil {
			return nil, err
		}
		if fault := decodeFault(p); fault.Status != abi.OK {
			return nil, fmt.Errorf("READ: %w", fault)
		}
		if len(p) != faultBytes+count {
			return nil, fmt.Errorf("READ: the answer has %d bytes, want %d", len(p)-faultBytes, count)
		}
		data = append(data, p[faultBytes:]...)
	}
	return data, nil
}

// decodeReport returns the sample in an answer, and how much output there is.
func (c *Client) decodeReport(p []byte) (s emu.Outcome, output int, err error) {
	s.Fault = decodeFault(p)
	if len(p) == faultBytes && s.Fault.Status != abi.OK {
		return s, 0, nil // refused before there was anything to report
	}
	if len(p) < reportBytes {
		return s, 0, fmt.Errorf("the report has %d bytes, want %d", len(p), reportBytes)
	}
	s.Result = le.Uint64(p[reportResult:])
	for phase, to := range map[int]**emu.Counts{
		phaseLoad: &s.Load, phaseVerify: &s.Verify, phaseCompile: &s.Compile, phaseExecute: &s.Execute,
	} {
		if p[reportPhases]&(1<<phase) != 0 {
			*to = c.counts(p[reportCounts+8*phase:])
		}
	}
	s.CodeAddr = le.Uint32(p[reportCodeAddr:])
	s.CodeBytes = int(le.Uint32(p[reportCodeBytes:]))
	s.Aliased = p[reportAliased] != 0
	s.RAMBytes = int(le.Uint32(p[reportRAMBytes:]))
	s.StackBytes = int(le.Uint32(p[reportStackBytes:]))
	s.ContextAddr = le.Uint32(p[reportContextAddr:])
	return s, int(le.Uint32(p[reportOutputBytes:])), nil
}

// counts leaves out what the device cannot count.
func (c *Client) counts(p []byte) *emu.Counts {
	var n emu.Counts
	if c.device.CountsInstructions {
		n.Instructions = uint64(le.Uint32(p))
	}
	if c.device.CountsCycles {
		n.Cycles = uint64(le.Uint32(p[4:]))
	}
	return &n
}

// locateKernel fills in where a native kernel lies: in flash, as the ELF says.
func (c *Client) locateKernel(job emu.Job, s *emu.Outcome) {
	symbol := strings.ReplaceAll(job.Engine, "-", "_") + "_" + job.Kernel
	if addr, size, err := firmware.Symbol(c.device.Board, symbol); err == nil {
		s.CodeAddr, s.CodeBytes = addr, int(size)
	}
}
