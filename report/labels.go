// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"slices"

	"gonum.org/v1/plot/vg"
)

// spread moves wanted positions apart so that neighbours are at least `height` apart and all lie in
// [low, high] if they fit, moving each as little as possible: with q = position - rank × height it
// is the least-squares fit of a rising sequence, found by pooling neighbours that violate it.
func spread(wanted []vg.Length, height, low, high vg.Length) []vg.Length {
	n := len(wanted)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case wanted[a] < wanted[b]:
			return -1
		case wanted[a] > wanted[b]:
			return 1
		}
		return 0
	})
	type pool struct {
		sum   vg.Length
		count int
	}
	var pools []pool
	for rank, i := range order {
		pools = append(pools, pool{wanted[i] - vg.Length(rank)*height, 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.sum/vg.Length(a.count) <= b.sum/vg.Length(b.count) {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.sum + b.sum, a.count + b.count})
		}
	}
	placed := make([]vg.Length, n)
	rank := 0
	top := high - vg.Length(n-1)*height
	for _, p := range pools {
		q := max(min(p.sum/vg.Length(p.count), top), low)
		for range p.count {
			placed[order[rank]] = q + vg.Length(rank)*height
			rank++
		}
	}
	return placed
}
