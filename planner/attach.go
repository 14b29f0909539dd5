// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"ubench/image"
	"ubench/planner/plan"
)

// Of makes a plan of a program, as the desk would follow it.
func Of(p *image.Program) (*plan.Plan, error) {
	a, err := Analyse(p)
	if err != nil {
		return nil, err
	}
	b := &builder{Analysis: a, image: p, functions: plan.Functions(p.Text, also(p)), doubt: newDoubts()}
	if err := b.build(); err != nil {
		return nil, err
	}
	return b.plan, nil
}
