// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"fmt"
	"slices"
	"strings"
)

// maxPoints bounds what is believed of a plan's length that a file names.
const maxPoints = 1 << 26

// CheckShards tells whether shards are a whole plan: all of them, each once, and every place of the plan in one of them. names are
// the files they come from; several means that a place may have several rows, one after the other.
func CheckShards(names []string, shards []*Shard, several bool) error {
	if len(shards) == 0 {
		return fmt.Errorf("there are no shards")
	}
	first := shards[0]
	seen := map[int]string{}
	for i, s := range shards {
		switch {
		case s.Of != first.Of:
			return fmt.Errorf("%s: is %s, but %s is %s", names[i], s, names[0], first)
		case s.Of < 1 || s.Of > MaxShards || s.Index < 1 || s.Index > s.Of || s.Points < 0 || s.Points > maxPoints:
			return fmt.Errorf("%s: there is no %s with %d points", names[i], s, s.Points)
		case s.Plan != first.Plan || s.Points != first.Points:
			return fmt.Errorf("%s: is of another plan than %s: other programs, sizes, engines or targets", names[i], names[0])
		case seen[s.Index] != "":
			return fmt.Errorf("%s: is %s, and so is %s", names[i], s, seen[s.Index])
		}
		seen[s.Index] = names[i]
	}
	if n := first.Of - len(seen); n > 0 {
		var lacking []string
		for k := 1; k <= first.Of && len(lacking) < 10; k++ {
			if seen[k] == "" {
				lacking = append(lacking, fmt.Sprint(k))
			}
		}
		if n > len(lacking) {
			lacking = append(lacking, "…")
		}
		return fmt.Errorf("%d of %d shards are missing: %s", n, first.Of, strings.Join(lacking, ", "))
	}
	done := make([]bool, first.Points)
	for i, s := range shards {
		if err := s.claim(done, names[i], several); err != nil {
			return err
		}
	}
	if at := slices.Index(done, false); at >= 0 {
		s := at%first.Of + 1
		return fmt.Errorf("%s: point %d of %d, which is shard %d's, is not in it", seen[s], at, first.Points, s)
	}
	return nil
}

// claim notes what a shard did: places of the plan that are its own, each once.
func (s *Shard) claim(done []bool, name string, several bool) error {
	before := -1
	for i, at := range slices.Concat(s.At, s.Skipped) {
		switch {
		case at < 0 || at >= len(done):
			return fmt.Errorf("%s: point %d is not in a plan of %d", name, at, len(done))
		case !s.Has(at):
			return fmt.Errorf("%s: point %d is not of %s", name, at, s)
		case done[at] && !(several && at == before && i < len(s.At)):
			return fmt.Errorf("%s: point %d is there twice", name, at)
		}
		done[at], before = true, at
	}
	return nil
}
