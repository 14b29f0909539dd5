// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"errors"
	"sort"

	"github.com/cilium/ebpf/btf"
)

// lines is the source lines of the program's instructions, from BTF. It also refuses CO-RE
// relocations, which BTF describes: they adapt a program to the types of a kernel.
func (l *linker) lines() (lines []Line, err error) {
	if !l.debug {
		return nil, nil
	}
	_, ext, err := btf.LoadSpecAndExtInfosFromReader(bytes.NewReader(l.raw))
	if errors.Is(err, btf.ErrNotFound) || err == nil && ext == nil {
		return nil, nil
	}
	if err != nil {
		return nil, l.errorf("BTF: %w", err)
	}
	for _, f := range l.funcs {
		base := l.slots[funcID{f.sec.index, f.fn.start}]
		_, infos, relocations := ext.Section(f.sec.name)
		for _, r := range relocations {
			if at := r.Offset.Bytes(); at >= uint64(f.fn.start) && at < uint64(f.fn.end) {
				return nil, l.errorf("section %s: function %s: slot %d: %w", f.sec.name, f.fn.name,
					(at-uint64(f.fn.start))/slotBytes,
					unsupported("%s adapts to the types of a kernel, and the device has none; use plain structs", r.Relo))
			}
		}
		for _, info := range infos {
			at := info.Offset.Bytes()
			if at < uint64(f.fn.start) || at >= uint64(f.fn.end) {
				continue
			}
			lines = append(lines, Line{
				Slot: base + int(at-uint64(f.fn.start))/slotBytes,
				File: info.Line.FileName(), Line: int(info.Line.LineNumber()), Text: info.Line.Line(),
			})
		}
	}
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Slot < lines[j].Slot })
	return lines, nil
}

// LineOf is the source line of the instruction at a slot, ok if it is known.
func (p *Program) LineOf(slot int) (line Line, ok bool) {
	i := sort.Search(len(p.Lines), func(i int) bool { return p.Lines[i].Slot > slot })
	if i == 0 || slot >= p.Slots() {
		return Line{}, false
	}
	return p.Lines[i-1], true
}
