// SPDX-License-Identifier: GPL-2.0-or-later

package bounds

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Poly is a polynomial of the context's length: c[0] + c[1] * len + c[2] * len^2 ...
type Poly []float64

func constant(c float64) Poly { return Poly{c} }

func (p Poly) at(k int) float64 {
	if k < len(p) {
		return p[k]
	}
	return 0
}

func zip(p, q Poly, f func(a, b float64) float64) Poly {
	r := make(Poly, max(len(p), len(q)))
	for k := range r {
		r[k] = f(p.at(k), q.at(k))
	}
	return r
}

func add(p, q Poly) Poly { return zip(p, q, func(a, b float64) float64 { return a + b }) }

// larger is not below either, for no length.
func larger(p, q Poly) Poly { return zip(p, q, math.Max) }

func times(p, q Poly) Poly {
	if len(p) == 0 || len(q) == 0 {
		return Poly{0}
	}
	r := make(Poly, len(p)+len(q)-1)
	for i, a := range p {
		for j, b := range q {
			r[i+j] += a * b
		}
	}
	return r
}

// At is its value for a length.
func (p Poly) At(length float64) (v float64) {
	for _, c := range slices.Backward(p) {
		v = v*length + c
	}
	return v
}

// String writes the highest power first.
func (p Poly) String() string {
	var parts []string
	for k, c := range slices.Backward(p) {
		c = math.Ceil(c*100-1e-6) / 100
		if c == 0 && k > 0 {
			continue
		}
		s := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", math.Abs(c)), "0"), ".")
		switch {
		case k == 0 && c == 0 && len(parts) > 0:
			continue
		case k == 1:
			s += "*len"
		case k > 1:
			s += fmt.Sprintf("*len^%d", k)
		}
		sign := " + "
		if c < 0 {
			sign = " - "
		}
		if len(parts) == 0 {
			sign = strings.TrimPrefix(strings.TrimSpace(sign), "+")
		}
		parts = append(parts, sign+s)
	}
	return strings.Join(parts, "")
}
