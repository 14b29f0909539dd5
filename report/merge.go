// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/bench"
)

// Merge puts the files of all shards of a plan together, as if one computer had done it all. What lacks or is there twice is
// an error: the name of a file, and what is wrong with it.
func Merge(names []string, files []*Results) (*Results, error) {
	if len(files) == 0 {
		return nil, errors.New("there are no files to merge")
	}
	first := files[0]
	sizes := slices.ContainsFunc(files, func(r *Results) bool { return len(r.Sizes) > 0 })
	merged := &Results{Schema: Schema, Version: first.Version}
	var shards []*bench.Shard
	for i, r := range files {
		switch {
		case r.Shard == nil:
			return nil, fmt.Errorf("%s: is no shard: ubench run --shard I/N --json writes those", names[i])
		case r.Incomplete != "":
			return nil, fmt.Errorf("%s: %s is incomplete: %s", names[i], r.Shard, r.Incomplete)
		case r.Version != first.Version:
			return nil, fmt.Errorf("%s: was written by ubench %s, %s by %s", names[i], r.Version, names[0], first.Version)
		case sizes && len(r.Samples) > 0 || len(r.Samples)+len(r.Sizes) != len(r.Shard.At):
			return nil, fmt.Errorf("%s: has %d samples and %d sizes, and places for %d", names[i], len(r.Samples), len(r.Sizes), len(r.Shard.At))
		}
		shards = append(shards, r.Shard)
		merged.Created = max(merged.Created, r.Created)
	}
	if err := bench.CheckShards(names, shards, sizes); err != nil {
		return nil, err
	}
	merged.Samples = deal(files, func(r *Results) []bench.Sample { return r.Samples })
	merged.Sizes = deal(files, func(r *Results) []Size { return r.Sizes })
	return merged, nil
}

// deal puts rows where they are in the plan.
func deal[T any](files []*Results, rows func(*Results) []T) []T {
	type placed struct {
		at  int
		row T
	}
	var all []placed
	for _, r := range files {
		for i, row := range rows(r) {
			all = append(all, placed{r.Shard.At[i], row})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	var list []T
	for _, p := range all {
		list = append(list, p.row)
	}
	return list
}
