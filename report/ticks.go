// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// niceTicks are about five round numbers from 0 to top.
func niceTicks(top float64) []plot.Tick {
	if !(top > 0) || math.IsInf(top, 0) {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(top/5)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= 0.75*top/5 {
			step *= m
			break
		}
	}
	var ticks []plot.Tick
	for v := 0.0; v <= top; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: short(v)})
	}
	return ticks
}

// short writes a number as people read it on an axis: 0.5, 80, 10 k, 1 M.
func short(v float64) string {
	for _, unit := range []struct {
		value float64
		name  string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if v >= unit.value {
			return strconv.FormatFloat(v/unit.value, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
