// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// maxFile bounds what is read as a result file; a large one has a few MB.
const maxFile = 64 << 20

// Read reads samples in any of the forms they are written in, told apart by how they begin: JSON,
// CSV with its header, or Go benchmark lines.
func Read(name string, rd io.Reader) (*Results, error) {
	data, err := io.ReadAll(io.LimitReader(rd, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: more than %d MB: not a result file", name, maxFile>>20)
	}
	text := bytes.TrimLeft(data, " \t\r\n\ufeff")
	var r *Results
	switch {
	case len(text) == 0:
		return nil, fmt.Errorf("%s: empty, expected a result file of ubench: JSON, CSV or Go benchmark lines", name)
	case text[0] == '{':
		r, err = ReadJSON(name, bytes.NewReader(data))
	case bytes.HasPrefix(text, []byte(csvHeader[0]+",")):
		r, err = readCSV(name, text)
	case bytes.HasPrefix(text, []byte("Benchmark")) || bytes.Contains(text, []byte("\nBenchmark")):
		r, err = readGoBench(name, text)
	default:
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return nil, fmt.Errorf("%s: begins with %q, expected JSON of schema %s, CSV with the header %s,… or Go benchmark lines",
			name, clip(string(line)), Schema, strings.Join(csvHeader[:3], ","))
	}
	if err != nil {
		return nil, err
	}
	for i := range r.Samples {
		forgetZeros(&r.Samples[i])
	}
	if len(r.Samples) == 0 && len(r.Sizes) == 0 && r.Shard == nil {
		return nil, fmt.Errorf("%s: no samples in it", name)
	}
	return r, nil
}

// ReadFile reads samples from a file.
func ReadFile(name string) (*Results, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(name, f)
}

// forgetZeros makes unknown what files of older versions have as 0 where there is none.
func forgetZeros(s *bench.Sample) {
	forget := func(n *bench.Number, where bool) {
		if value, known := n.Get(); known && value == 0 && where {
			*n = bench.Number{}
		}
	}
	forget(&s.ImageBytes, true)
	forget(&s.CodeBytes, true)
	forget(&s.RAMBytes, bench.RunsKernels(s.Engine) || !s.OK)
	forget(&s.StackBytes, s.Phases.Execute == nil)
	if c := s.Phases.Execute; c != nil {
		forget(&c.Instructions, true)
		forget(&c.Cycles, true)
	}
}

func clip(s string) string {
	if len(s) > 60 {
		s = s[:57] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// readCSV finds columns by name; those it does not know are ignored.
func readCSV(name string, data []byte) (*Results, error) {
	rd := csv.NewReader(bytes.NewReader(data))
	header, err := rd.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, want := range []string{"benchmark", "size", "engine", "execute_instructions"} {
		if !slices.Contains(header, want) {
			return nil, fmt.Errorf("%s: no column %q: its header is %s", name, want, clip(strings.Join(header, ",")))
		}
	}
	r := &Results{Schema: Schema}
	for {
		row, err := rd.Read()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := rd.FieldPos(0)
		s := bench.Sample{OK: true}
		for i, column := range header {
			if err := setCSV(&s, column, strings.TrimPrefix(row[i], "'")); err != nil {
				return nil, fmt.Errorf("%s: line %d: column %s: %w", name, line, column, err)
			}
		}
		if s.Benchmark == "" && !s.OK {
			r.Incomplete = s.Error
			continue
		}
		r.Samples = append(r.Samples, s)
	}
}

// setCSV sets the field of a sample that a column holds.
func setCSV(s *bench.Sample, column, value string) (err error) {
	switch column {
	case "benchmark":
		s.Benchmark = value
	case "size_unit":
		s.SizeUnit = value
	case "engine":
		s.Engine = value
	case "target":
		s.Target = value
	case "core":
		s.Core = value
	case "result":
		s.Result = value
	case "error":
		s.Error = value
	case "cycles_label":
		s.CyclesLabel = value
	case "ok":
		s.OK, err = strconv.ParseBool(value)
	case "size":
		s.Size, err = strconv.Atoi(value)
	default:
		if n, perr := strconv.ParseUint(value, 10, 64); perr == nil {
			setNumber(s, column, n)
		} else if value != "" && isNumber(column) {
			return fmt.Errorf("%q is not a count", value)
		}
	}
	return err
}

func isNumber(column string) bool {
	var scratch bench.Sample
	return setNumber(&scratch, column, 1)
}

// setNumber sets a count by the name of its CSV column; it tells whether there is such a count.
func setNumber(s *bench.Sample, column string, n uint64) bool {
	for _, b := range []struct {
		name  string
		field *bench.Number
	}{{"image_bytes", &s.ImageBytes}, {"code_bytes", &s.CodeBytes}, {"ram_bytes", &s.RAMBytes}, {"stack_bytes", &s.StackBytes}} {
		if column == b.name {
			*b.field = bench.Known(n)
			return true
		}
	}
	phase, what, _ := strings.Cut(column, "_")
	counts := s.Phases.Slot(phase)
	if counts == nil || what != "instructions" && what != "cycles" {
		return false
	}
	if *counts == nil {
		*counts = &bench.Counts{}
	}
	if what == "cycles" {
		(*counts).Cycles = bench.Known(n)
	} else {
		(*counts).Instructions = bench.Known(n)
	}
	return true
}

// readGoBench reads lines as WriteGoBench writes them. Other lines are ignored.
func readGoBench(name string, data []byte) (*Results, error) {
	r := &Results{Schema: Schema}
	var config bench.Sample
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if why, ok := strings.CutPrefix(line, goBenchIncomplete); ok {
			r.Incomplete = strings.TrimSpace(why)
		}
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.HasPrefix(line, "Benchmark") {
			switch key {
			case "target":
				config = bench.Sample{Target: value}
			case "core":
				config.Core = value
			case "cycles":
				config.CyclesLabel = value
			}
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		s := config
		s.OK = true
		if err := parseGoBench(&s, fields); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, n, err)
		}
		r.Samples = append(r.Samples, s)
	}
	return r, nil
}

func parseGoBench(s *bench.Sample, fields []string) error {
	parts := strings.Split(strings.TrimPrefix(fields[0], "Benchmark"), "/")
	if parts[0] == "" {
		return fmt.Errorf("%q names no benchmark", fields[0])
	}
	s.Benchmark = strings.ToLower(parts[0][:1]) + parts[0][1:]
	for _, p := range parts[1:] {
		key, value, _ := strings.Cut(p, "=")
		switch key {
		case "engine":
			s.Engine = value
		case "size":
			n, err := strconv.Atoi(value)
			if err != nil {
				return fmt.Errorf("size %q is not a number", value)
			}
			s.Size = n
		}
	}
	if s.Engine == "" {
		return fmt.Errorf("%q has no /engine=…: these are not benchmark lines of ubench", fields[0])
	}
	for i := 2; i+1 < len(fields); i += 2 {
		column := strings.ReplaceAll(fields[i+1], "-", "_")
		if column == "instructions" || column == "cycles" {
			column = "execute_" + column
		}
		n, err := strconv.ParseUint(fields[i], 10, 64)
		if err != nil && isNumber(column) {
			return fmt.Errorf("%q is not a count", fields[i])
		}
		if err == nil {
			setNumber(s, column, n)
		}
	}
	return nil
}
