// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/report"
)

// schemaOfResults is the published schema of result files.
func schemaOfResults(t *testing.T) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	const file = "../../docs/results-v1.schema.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("results.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	return s, document.(map[string]any)
}

// What every command writes with --json fits the schema.
func TestResultsFitTheirSchema(t *testing.T) {
	schema, _ := schemaOfResults(t)
	counter, err := os.ReadFile("../../internal/mapstest/testdata/programs/counter.bpf.o")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "exit.hex", []byte("9500000000000000"))
	write(t, "maps.o", counter)
	for _, args := range []string{
		"run fletcher16 --json", "run fletcher16 --json --target fake:cycles", "run fletcher16 --json --reproducible --target fake:wrong",
		"run fletcher16 --json --target fake:fault", "run fletcher16 --json --target fake:unsupported", "run fletcher16 --json --target fake:crash",
		"exec exit.hex --json", "exec exit.hex --json --target fake:fault", "exec exit.hex --json --mem 00 --mem 01", "size exit.hex --json",
		"exec maps.o --json --target unicorn --mem 0000000000000000000000000000000000000000", "run fletcher16 --json --shard 1/2", "run fletcher16 --json --sizes 80 --engines vm --shard 9/9",
	} {
		_, stdout, stderr := ubench(t.Context(), "", strings.Fields(args)...)
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(stdout))
		if err != nil {
			t.Errorf("%s: %v: %s", args, err, stderr)
			continue
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// The schema refuses what readers must not meet.
func TestSchemaRefuses(t *testing.T) {
	schema, _ := schemaOfResults(t)
	const sample = `{"benchmark": "b", "size": 0, "engine": "vm", "target": "t", "core": "c", "ok": true, "result": "0x1", "phases": {}`
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{`{"schema": "ubench.results/v1", "version": "1", "samples": [` + sample + `}]}`, true},
		{`{"schema": "ubench.results/v1", "version": "1", "mood": 1, "samples": [` + sample + `, "joules": 3}]}`, true},
		{`{"schema": "ubench.results/v2", "version": "1", "samples": [` + sample + `}]}`, false},
		{`{"schema": "ubench.results/v1", "version": "1"}`, false},
		{`{"schema": "ubench.results/v1", "version": "1", "samples": [` + sample + `, "code_bytes": 0}]}`, false},
		{`{"schema": "ubench.results/v1", "version": "1", "samples": [` + strings.Replace(sample, "true", "false", 1) + `}]}`, false},
		{`{"schema": "ubench.results/v1", "version": "1", "sizes": [{"program": "p", "format": "f", "bytes": 0}]}`, false},
	} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// The schema has the members that are written, and no others.
func TestSchemaHasAllMembers(t *testing.T) {
	_, document := schemaOfResults(t)
	defs := document["$defs"].(map[string]any)
	for _, c := range []struct {
		schema any
		value  any
	}{
		{document, report.Results{}}, {defs["shard"], bench.Shard{}}, {defs["sample"], bench.Sample{}}, {defs["map"], bench.Map{}}, {defs["size"], bench.Size{}}, {defs["counts"], bench.Counts{}},
	} {
		want := map[string]bool{}
		for f := range reflect.TypeOf(c.value).Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() {
				want[name] = true
			}
		}
		got := c.schema.(map[string]any)["properties"].(map[string]any)
		for name := range got {
			if !want[name] {
				t.Errorf("%T is never written with %q", c.value, name)
			}
		}
		for name := range want {
			if got[name] == nil {
				t.Errorf("the schema of %T lacks %q", c.value, name)
			}
		}
	}
}
