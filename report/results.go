// SPDX-License-Identifier: GPL-2.0-or-later

// Package report presents samples: result files, tables, Go benchmark lines, plots and pages. It
// never runs anything.
package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ubench-dev/ubench/bench"
)

// Schema names the format of result files, specified in SPEC.md. Within v1 members are added, never
// renamed; readers ignore those they do not know.
const Schema = "ubench.results/v1"

// Results is a result file.
type Results struct {
	Schema  string `json:"schema"`
	Created string `json:"created,omitempty"` // RFC 3339; left out for reproducible output
	Version string `json:"version"`           // of ubench
	// Incomplete is why measuring ended before its plan did; "" if it did not.
	Incomplete string         `json:"incomplete,omitempty"`
	Shard      *bench.Shard   `json:"shard,omitempty"` // what part of a plan this is, until ubench merge; nil: all of it
	Samples    []bench.Sample `json:"samples,omitempty"`
	Sizes      []Size         `json:"sizes,omitempty"`
}

// Size is the size of one program in one format.
type Size = bench.Size

// WriteJSON writes a result file, one sample or size per line, so that files can be compared by line.
func (r *Results) WriteJSON(w io.Writer) error {
	r.Schema = Schema
	var b bytes.Buffer
	b.WriteString("{")
	member := func(name string, value any) {
		if b.Len() > 1 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n  %q: %s", name, compactJSON(value))
	}
	member("schema", r.Schema)
	if r.Created != "" {
		member("created", r.Created)
	}
	member("version", r.Version)
	if r.Incomplete != "" {
		member("incomplete", r.Incomplete)
	}
	if r.Shard != nil {
		member("shard", r.Shard)
	}
	writeLines(&b, "samples", r.Samples)
	writeLines(&b, "sizes", r.Sizes)
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// writeLines writes an array with an element per line; an empty one is left out.
func writeLines[T any](b *bytes.Buffer, name string, elements []T) {
	if len(elements) == 0 {
		return
	}
	fmt.Fprintf(b, ",\n  %q: [", name)
	for i, e := range elements {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, "\n    %s", compactJSON(e))
	}
	b.WriteString("\n  ]")
}

func compactJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("BUG: " + err.Error()) // plain structs of numbers and text
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// ReadJSON reads a result file. name is what errors call it.
func ReadJSON(name string, rd io.Reader) (*Results, error) {
	data, err := io.ReadAll(rd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%s: not a result file: %w", name, place(data, err))
	}
	switch {
	case head.Schema == nil:
		return nil, fmt.Errorf("%s: not a result file: no member \"schema\", expected %q", name, Schema)
	case *head.Schema != Schema:
		return nil, fmt.Errorf("%s: schema is %q, expected %q", name, *head.Schema, Schema)
	}
	var r Results
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, placeOf(data, err))
	}
	return &r, nil
}

// placeOf is place also for errors of bench.Number, which know no place: there it is the line on which the sample begins.
func placeOf(data []byte, err error) error {
	var list struct{ Samples []json.RawMessage }
	if placed := place(data, err); placed != err || json.Unmarshal(data, &list) != nil {
		return placed
	}
	at := 0
	for i, sample := range list.Samples {
		at += bytes.Index(data[at:], sample)
		if json.Unmarshal(sample, &bench.Sample{}) != nil {
			return fmt.Errorf("line %d, sample %d: %w", 1+bytes.Count(data[:at], []byte("\n")), i+1, err)
		}
		at += len(sample)
	}
	return err
}

// place adds the line to a JSON error.
func place(data []byte, err error) error {
	offset := int64(-1)
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		offset = e.Offset
	} else if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		offset = e.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return err
	}
	line := 1
	for _, b := range data[:offset] {
		if b == '\n' {
			line++
		}
	}
	return fmt.Errorf("line %d: %w", line, err)
}
