// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// Shard is a part of something that several computers share. Every one goes through the whole list and does what is its
// own; what they wrote is put together by ubench merge, which needs to know what each one did.
type Shard struct {
	Index  int    `json:"index"`  // from 1
	Of     int    `json:"of"`     // so many shards
	Plan   string `json:"plan"`   // digest of all that is to be done, the same in each shard
	Points int    `json:"points"` // how much that is
	// At is the place in the plan of each sample or size, in their order. Skipped are the places of those that were
	// this shard's and left nothing, because the engine does not support them.
	At      []int `json:"at"`
	Skipped []int `json:"skipped,omitempty"`

	digest hash.Hash
}

// MaxShards bounds N of I/N.
const MaxShards = 10_000

// ParseShard reads I/N: shard I of N, counted from 1. "" is the whole: nil.
func ParseShard(text string) (*Shard, error) {
	if text == "" {
		return nil, nil
	}
	i, n, ok := strings.Cut(text, "/")
	index, err1 := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || of < 1 || of > MaxShards || index < 1 || index > of {
		return nil, fmt.Errorf("%q is not I/N with I from 1 to N, and N at most %d", text, MaxShards)
	}
	return &Shard{Index: index, Of: of, At: []int{}, digest: sha256.New()}, nil
}

func (s *Shard) String() string { return fmt.Sprintf("shard %d of %d", s.Index, s.Of) }

// Has tells whether a place in the plan is this shard's: places are dealt out like cards, so that each shard gets some of
// what takes long.
func (s *Shard) Has(place int) bool { return place%s.Of == s.Index-1 }

// Range is this shard's part of n things that are alike: from first up to, without, end.
func (s *Shard) Range(n int) (first, end int) {
	if s == nil {
		return 0, n
	}
	return n * (s.Index - 1) / s.Of, n * s.Index / s.Of
}

// Next counts one more thing of the plan, described by parts, and returns its place.
func (s *Shard) Next(parts ...any) (place int) {
	fmt.Fprintln(s.digest, parts...)
	s.Plan = hex.EncodeToString(s.digest.Sum(nil)[:8])
	s.Points++
	return s.Points - 1
}
