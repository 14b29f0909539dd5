// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ubench-dev/ubench/abi"
)

// Uses is what a program of an object refers to that other programs of the object may refer to as well.
type Uses struct {
	In        string   // section of its entry function: what SEC() says
	Maps      []string // ascending; not program arrays, of which each program has its own
	Variables []string // that can be written, ascending
}

// UsesOf finds what the program called entry refers to, by itself and by functions that it refers to.
func UsesOf(name string, data []byte, entry string) (u Uses, err error) {
	o, err := parseObject(name, data)
	if err != nil {
		return u, err
	}
	start, err := o.entry(entry)
	if err != nil {
		return u, err
	}
	l := &linker{object: o}
	if err := l.reach(start); err != nil {
		return u, err
	}
	u.In = start.sec.name
	for _, d := range l.maps {
		if d.def.Type != abi.MapProgArray {
			u.Maps = append(u.Maps, d.def.Name)
		}
	}
	used := map[string]bool{}
	note := func(t target) {
		if t.fn == nil && t.sec != nil && t.sec.write {
			used[o.variableAt(t.sec, int64(t.piece.at)+t.offset)] = true
		}
	}
	for _, f := range l.funcs {
		if err := l.scan(f, func(_ uint32, _ insn, t target) { note(t) }); err != nil {
			return u, err
		}
	}
	// A variable comes with those that it points to: of a section that can be written not all variables are used.
	for before := -1; before < len(used); {
		before = len(used)
		for _, id := range l.seen {
			s := l.sections[id.section]
			err := l.scanData(id, func(at uint32, t target) {
				if !s.write || used[o.variableAt(s, int64(at))] {
					note(t)
				}
			})
			if err != nil {
				return u, err
			}
		}
	}
	u.Variables = slices.Sorted(maps.Keys(used))
	slices.Sort(u.Maps)
	return u, nil
}

// variableAt names the variable that lies at an offset of a section: by the section, if no symbol has it.
func (o *object) variableAt(s *section, offset int64) string {
	best := symbol{}
	for _, sym := range o.symbols {
		within := int64(sym.value) <= offset && offset < int64(sym.value)+int64(max(sym.size, 1))
		if o.in(sym) == s && sym.name != "" && sym.name != s.name && within && sym.value >= best.value {
			best = sym
		}
	}
	if best.name == "" {
		return fmt.Sprintf("%s+%d", s.name, offset)
	}
	return best.name
}
