// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"slices"

	"github.com/ubench-dev/ubench/maps"
)

// LoadObject links the program that starts at the function (or section) called entry, or at the
// only program there is, out of an ELF object: that function, those it refers to, and the data
// they refer to; string literals one by one, other data by sections. Errors name the object,
// section, symbol and instruction.
func LoadObject(name string, data []byte, entry string) (*Program, error) {
	o, err := parseObject(name, data)
	if err != nil {
		return nil, err
	}
	start, err := o.entry(entry)
	if err != nil {
		return nil, err
	}
	l := &linker{object: o, slots: map[funcID]int{}, offsets: map[pieceID]uint32{}, lay: layout{strings: map[string]uint32{}}}
	if err := l.reach(start); err != nil {
		return nil, err
	}
	p := &Program{Name: name, In: start.sec.name}
	if err := l.link(p); err != nil {
		return nil, err
	}
	if p.CtxMin, err = o.ctxMin(); err != nil {
		return nil, err
	}
	if p.Lines, err = l.lines(); err != nil {
		return nil, err
	}
	if err := l.finishMaps(p); err != nil {
		return nil, err
	}
	linux, err := p.useLinuxHelpers()
	if err != nil {
		return nil, l.errorf("%w", err)
	}
	if p.addCallers() || linux {
		l.odd = true // the object is not the program
	}
	p.Helpers = p.calledHelpers()
	return p, p.keepObject(o, start)
}

// finishMaps gives the program the maps it refers to.
func (l *linker) finishMaps(p *Program) error {
	for _, d := range l.maps {
		def := d.def
		for index, t := range d.programs {
			def.Programs = append(def.Programs, maps.Program{Index: int(index), Slot: l.slots[funcID{t.fn.sec.index, t.fn.fn.start}]})
		}
		slices.SortFunc(def.Programs, func(a, b maps.Program) int { return a.Index - b.Index })
		p.Maps = append(p.Maps, def)
	}
	if err := maps.Check(p.Maps); err != nil {
		return l.errorf("%w", err)
	}
	return nil
}
