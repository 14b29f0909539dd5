// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// The way of a program: from the desk to its first result, for the paper's ten programs in each image format. Bytes are those
// of datagrams, both ways; instructions are the device's. UBENCH_WAY names the file that the figures go to, as CSV.
func TestWayOfAProgram(t *testing.T) {
	path := os.Getenv("UBENCH_WAY")
	if path == "" {
		t.Skip("UBENCH_WAY names the file to write")
	}
	d := dial(t, start(t, "qemu:netduinoplus2", t.TempDir()))
	ctx := t.Context()
	rows := [][]string{{"program", "format", "image_bytes", "datagram_bytes", "receive", "signature", "store", "verify", "compile", "first_result"}}
	sums := map[abi.Format][]float64{}
	for _, x := range examples.Paper() {
		program, err := image.LoadObject(x.Name, x.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		trace, err := abi.ParseTrace(x.Trace)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range program.Formats() {
			code, err := program.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			m := suit.Manifest{
				Config: device.Config{Name: "way", Format: f, Engine: device.JIT, Entry: uint16(program.EntryIndex(f)), Context: uint32(max(len(x.Context), 8)),
					Helpers: program.Helpers, Devices: 1<<10 - 2, Keys: []device.Keys{{Last: 1<<32 - 1, Rights: 3}}},
				Sequence: uint32(len(rows)), Start: true,
			}
			envelope, err := m.Envelope(code, suit.DevelopmentKey.SigningKey)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Trace(ctx, trace); err != nil {
				t.Fatal(err)
			}
			before := d.Sent + d.Received
			if _, err := d.Install(ctx, "way", envelope, client.DefaultBlock, nil); err != nil {
				t.Fatalf("%s as %v: %v", x.Name, f, err)
			}
			bytes := d.Sent + d.Received - before
			costs, err := d.Costs(ctx)
			if err != nil {
				t.Fatal(err)
			}
			r, err := d.Run(ctx, "way", x.Context)
			if err != nil || r.Status != abi.OK || r.R0 != x.Result {
				t.Fatalf("%s as %v: %+v, %v", x.Name, f, r, err)
			}
			if err := d.Remove(ctx, "way"); err != nil {
				t.Fatal(err)
			}
			row := []string{x.Name, f.String()}
			values := []uint32{uint32(len(code)), uint32(bytes), costs.Receive, costs.Manifest, costs.Store, costs.Load, costs.Start, r.Instructions}
			if sums[f] == nil {
				sums[f] = make([]float64, len(values)+1)
			}
			for i, v := range values {
				row = append(row, strconv.Itoa(int(v)))
				sums[f][i] += math.Log(float64(max(v, 1)))
			}
			sums[f][len(values)]++
			rows = append(rows, row)
		}
	}
	for _, f := range abi.Formats() {
		if s := sums[f]; s != nil && s[len(s)-1] == 10 {
			row := []string{"geometric mean", f.String()}
			for _, v := range s[:len(s)-1] {
				row = append(row, fmt.Sprintf("%.0f", math.Exp(v/10)))
			}
			rows = append(rows, row)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(file)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
