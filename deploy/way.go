// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"context"
	"fmt"
	"math"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// Way is what the way of a program costs in one format, from the host to its first result. Instructions are the device's, 0 on a
// device that does not count them.
type Way struct {
	Program   string `json:"program"`
	Format    string `json:"format"`
	Image     int    `json:"image_bytes"`
	Datagrams int    `json:"datagram_bytes"` // both ways, until it is installed
	Receive   uint32 `json:"receive_instructions"`
	Signature uint32 `json:"signature_instructions"` // and its manifest
	Store     uint32 `json:"store_instructions"`
	Verify    uint32 `json:"verify_instructions"`  // read and verified
	Compile   uint32 `json:"compile_instructions"` // placed and compiled
	Result    uint32 `json:"first_result_instructions"`
}

// WayStep is one number of a way.
type WayStep struct {
	Name, Unit string
	Of         func(Way) float64
}

// WaySteps are the numbers of a way in their order: bytes, then instructions.
var WaySteps = []WayStep{
	{"image", "bytes", func(w Way) float64 { return float64(w.Image) }},
	{"datagrams", "bytes", func(w Way) float64 { return float64(w.Datagrams) }},
	{"receive", "instructions", func(w Way) float64 { return float64(w.Receive) }},
	{"signature and manifest", "instructions", func(w Way) float64 { return float64(w.Signature) }},
	{"store", "instructions", func(w Way) float64 { return float64(w.Store) }},
	{"read and verify", "instructions", func(w Way) float64 { return float64(w.Verify) }},
	{"place and compile", "instructions", func(w Way) float64 { return float64(w.Compile) }},
	{"first result", "instructions", func(w Way) float64 { return float64(w.Result) }},
}

// MeasureWays deploys the paper's ten programs one after the other in each format they have, runs each once and compares its
// result with what is known of it, on an engine. What simulated devices read is another afterwards: the device should be one for this.
func MeasureWays(ctx context.Context, d Device, engine device.Engine, key *suit.SigningKey, step func(done, of int, what string)) ([]Way, error) {
	var ways []Way
	paper := examples.Paper()
	for i, x := range paper {
		program, err := image.LoadObject(x.Name, x.Object, "")
		if err != nil {
			return nil, err
		}
		trace, err := abi.ParseTrace(x.Trace)
		if err != nil {
			return nil, err
		}
		for _, f := range program.Formats() {
			step(i, len(paper), x.Name+" as "+f.String())
			m := suit.Manifest{
				Config: device.Config{Name: wayName, Format: f, Engine: engine, Entry: uint16(program.EntryIndex(f)), Context: uint32(max(len(x.Context), 8)),
					Helpers: program.Helpers, Devices: 1<<10 - 2, Keys: []device.Keys{{Last: 1<<32 - 1, Rights: 3}}},
				Sequence: uint32(len(ways) + 1), Start: true,
			}
			w, err := measureWay(ctx, d, m, key, x, program, trace)
			if err != nil {
				return nil, fmt.Errorf("%s as %v: %w", x.Name, f, err)
			}
			ways = append(ways, w)
		}
	}
	return ways, nil
}

const wayName = "way" // of the program that is deployed

func measureWay(ctx context.Context, d Device, m suit.Manifest, key *suit.SigningKey, x examples.Example, program *image.Program, trace []byte) (Way, error) {
	w := Way{Program: x.Name, Format: m.Config.Format.String()}
	code, err := program.Encode(m.Config.Format)
	if err != nil {
		return w, err
	}
	envelope, err := m.Envelope(code, key)
	if err != nil {
		return w, err
	}
	if err := d.Trace(ctx, trace); err != nil {
		return w, err
	}
	before := d.Sent + d.Received
	if _, err := d.Install(ctx, wayName, envelope, client.DefaultBlock, nil); err != nil {
		return w, err
	}
	w.Image, w.Datagrams = len(code), d.Sent+d.Received-before
	costs, err := d.Costs(ctx)
	if err != nil {
		return w, err
	}
	r, err := d.Run(ctx, wayName, x.Context)
	if err != nil {
		return w, err
	}
	if r.Status != abi.OK || r.R0 != x.Result {
		return w, fmt.Errorf("the result is %#x (%s), not %#x", r.R0, r.Status.Name(), x.Result)
	}
	w.Receive, w.Signature, w.Store, w.Verify, w.Compile, w.Result = costs.Receive, costs.Manifest, costs.Store, costs.Load, costs.Start, r.Instructions
	return w, d.Remove(ctx, wayName)
}

// MeanWay is the geometric mean of one number over the ways in a format; 0 without any, or where it was not counted.
func MeanWay(ways []Way, format string, s WayStep) float64 {
	sum, n := 0.0, 0
	for _, w := range ways {
		if w.Format == format {
			sum += math.Log(s.Of(w)) // of 0 minus infinity, which makes the mean 0
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return math.Exp(sum / float64(n))
}
