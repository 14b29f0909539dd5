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
		return nil, fmt.Errorf("%s: %w", name, place(data, err))
	}
	return &r, nil
}

// place adds the line to a JSON error; to one of bench.Number, which knows no place, the line on which its sample begins.
func place(data []byte, err error) error {
	offset, item := int64(-1), ""
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		offset = e.Offset
	} else if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		offset = e.Offset
	} else if at, number := wrongSample(data); number > 0 {
		offset, item = int64(at), fmt.Sprintf(", sample %d", number)
	}
	if offset < 0 || offset > int64(len(data)) {
		return err
	}
	return fmt.Errorf("line %d%s: %w", 1+bytes.Count(data[:offset], []byte("\n")), item, err)
}

// wrongSample is where the first sample begins that cannot be read, and its number from 1 on; 0 if there is none.
func wrongSample(data []byte) (at, number int) {
	var list struct{ Samples []json.RawMessage }
	if json.Unmarshal(data, &list) != nil {
		return 0, 0
	}
	for i, sample := range list.Samples {
		at += bytes.Index(data[at:], sample)
		if json.Unmarshal(sample, &bench.Sample{}) != nil {
			return at, i + 1
		}
		at += len(sample)
	}
	return 0, 0
}
