// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// maxSizes bounds a list of sizes, against slips such as 0..1000000:+1.
const maxSizes = 10_000

// ParseSizes reads a comma-separated list of input sizes in bytes, of which each part is a number,
// A..B (A, 2A, 4A … as far as B) or A..B:+STEP. Repeated sizes count once; the order is kept.
func ParseSizes(text string) ([]int, error) {
	var sizes []int
	seen := map[int]bool{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		values, err := parseRange(part)
		if err != nil {
			return nil, fmt.Errorf("sizes %q: %w", part, err)
		}
		for _, v := range values {
			if !seen[v] {
				seen[v] = true
				sizes = append(sizes, v)
			}
		}
		if len(sizes) > maxSizes {
			return nil, fmt.Errorf("sizes %q: more than %d sizes", text, maxSizes)
		}
	}
	return sizes, nil
}

func parseRange(part string) ([]int, error) {
	first, rest, isRange := strings.Cut(part, "..")
	from, err := parseSize(first)
	if err != nil || !isRange {
		return []int{from}, err
	}
	last, step, hasStep := strings.Cut(rest, ":")
	to, err := parseSize(last)
	if err != nil {
		return nil, err
	}
	if to < from {
		return nil, fmt.Errorf("%d is below %d: write the smaller size first", to, from)
	}
	next := func(v int) int { return 2 * v }
	if hasStep {
		digits, ok := strings.CutPrefix(step, "+")
		if !ok {
			return nil, fmt.Errorf("%q is not a step: write %d..%d:+STEP", step, from, to)
		}
		by, err := parseSize(digits)
		if err != nil {
			return nil, err
		}
		if by == 0 {
			return nil, fmt.Errorf("a step of 0 never ends")
		}
		next = func(v int) int { return v + by }
	} else if from == 0 && to > 0 {
		return nil, fmt.Errorf("0 cannot be doubled: write 0,1..%d or 0..%d:+STEP", to, to)
	}
	var values []int
	for v := from; v <= to && len(values) <= maxSizes; v = next(v) {
		values = append(values, v)
		if v == 0 && to == 0 {
			break
		}
	}
	return values, nil
}

// parseSize reads a number of bytes. The bound keeps sums and doublings far from overflow.
func parseSize(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number of bytes: write 640, 80,160, 80..2560 (doubling) or 0..64:+8", text)
	}
	return int(n), nil
}
