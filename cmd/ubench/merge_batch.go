// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/bench"
)

// batchEnd is the last line of a shard of a batch: it says that the shard is whole.
type batchEnd struct {
	Shard *bench.Shard `json:"shard"`
}

// isBatch tells answers of exec --batch from result files: they begin with a line of their own.
func isBatch(data []byte) bool {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	var head struct {
		Line  *int            `json:"place"`
		Shard json.RawMessage `json:"shard"`
	}
	return json.Unmarshal(line, &head) == nil && (head.Line != nil || head.Shard != nil)
}

// readBatch takes a shard of a batch apart: its answers as they are, and what it did.
func readBatch(name string, data []byte) (answers [][]byte, s *bench.Shard, err error) {
	n := 0
	var at []int
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSuffix(line, []byte("\n"))
		var answer struct {
			Line  *int         `json:"place"`
			Shard *bench.Shard `json:"shard"`
		}
		if err := json.Unmarshal(line, &answer); err != nil {
			return nil, nil, fmt.Errorf("%s: line %d: %w", name, n, err)
		}
		switch {
		case s != nil:
			return nil, nil, fmt.Errorf("%s: line %d: the shard ended before", name, n)
		case answer.Shard != nil:
			s = answer.Shard
		case answer.Line == nil:
			return nil, nil, fmt.Errorf("%s: line %d: is not an answer of a shard", name, n)
		default:
			answers, at = append(answers, line), append(at, *answer.Line)
		}
	}
	if s == nil {
		return nil, nil, fmt.Errorf("%s: is incomplete: its last line does not say that the shard ended", name)
	}
	s.At = at
	return answers, s, nil
}

// mergeBatches prints the answers of all shards in the order of the batch, without what makes them a shard.
func (e *env) mergeBatches(names []string) error {
	var all [][]byte
	var places []int
	var shards []*bench.Shard
	for _, name := range names {
		data, err := readAll(e.stdin, name, maxResultFile)
		if err != nil {
			return err
		}
		answers, s, err := readBatch(name, data)
		if err != nil {
			return err
		}
		all, places, shards = append(all, answers...), append(places, s.At...), append(shards, s)
	}
	if err := bench.CheckShards(names, shards, false); err != nil {
		return err
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return places[a] - places[b] })
	answers := json.NewEncoder(e.stdout)
	answers.SetEscapeHTML(false)
	for _, i := range order {
		var answer batchAnswer
		if err := json.Unmarshal(all[i], &answer); err != nil {
			return err
		}
		answer.Line = nil
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

type batchAnswer struct {
	Name    string `json:"name"`
	R0      string `json:"r0"`
	Status  string `json:"status"`
	PC      uint32 `json:"pc"`
	Message string `json:"message,omitempty"`
	Line    *int   `json:"place,omitempty"` // of a shard: its place in the whole batch
}

// maxResultFile bounds what is read of a shard.
const maxResultFile = 64 << 20
