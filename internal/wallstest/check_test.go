// SPDX-License-Identifier: GPL-2.0-or-later

package wallstest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/internal/pmsa"
)

const (
	read  = pmsa.Read
	write = pmsa.Read | pmsa.Write
	code  = pmsa.Read | pmsa.Execute
)

func (p Piece) end() uint32            { return p.Addr + p.Bytes }
func (p Piece) holds(addr uint32) bool { return addr-p.Addr < p.Bytes }
func (p Piece) meets(start, end uint64) bool {
	return p.Bytes > 0 && start < uint64(p.end()) && end > uint64(p.Addr)
}

func span(start, end uint32, r pmsa.Rights) pmsa.Span {
	return pmsa.Span{Start: uint64(start), End: uint64(end), Rights: r}
}

// runsAt is where compiled code is to be executed: in memory that is seen at 0, there.
func (w place) runsAt(c Piece) uint32 {
	if w.aliasEnd != 0 && c.end() <= w.aliasEnd {
		return c.Addr - alias
	}
	return c.Addr
}

// opened is what a program may access, and how: worked out from what it is granted, not from its walls. Of a piece of memory that
// it is let into it may access everything: the piece is its own. What it may write ends with the eighth of a power of two that
// the last byte of its data lies in.
func (w place) opened(p Program, pieces []Piece) (spans []pmsa.Span, err error) {
	window := uint32(32)
	for p.Block.Addr/window != (p.Block.end()-1)/window {
		window *= 2
	}
	data := p.Arena
	if g := p.Grants[Data]; g.Bytes > 0 {
		data = g.Addr + g.Bytes
	}
	data = min((data+window/8-1)/(window/8)*(window/8), p.Block.end())
	spans = append(spans, span(w.Shared, w.SharedEnd, code), span(p.Block.Addr, data, write))
	if data < p.Block.end() {
		spans = append(spans, span(data, p.Block.end(), read))
	}
	if p.Code.Bytes > 0 {
		at := w.runsAt(p.Code)
		spans = append(spans, span(at, at+p.Code.Bytes, code))
	}
	for _, g := range p.Grants[Others:] {
		if g.Bytes == 0 || p.Block.holds(g.Addr) {
			continue
		}
		i := slices.IndexFunc(pieces, func(x Piece) bool { return x.holds(g.Addr) })
		if i < 0 || g.Addr+g.Bytes > pieces[i].end() {
			return nil, fmt.Errorf("it is granted %#x, which nobody took from the pool", g.Addr)
		}
		spans = append(spans, span(pieces[i].Addr, pieces[i].end(), g.Rights|read))
	}
	return merged(spans), nil
}

// merged sorts spans and joins those that touch.
func merged(spans []pmsa.Span) (out []pmsa.Span) {
	slices.SortFunc(spans, func(a, b pmsa.Span) int { return cmp.Compare(a.Start, b.Start) })
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].End == s.Start && out[n-1].Rights == s.Rights {
			out[n-1].End = s.End
			continue
		}
		out = append(out, s)
	}
	return out
}

// closedTo is everything that other programs and the supervisor keep: what p may not reach, by whatever address.
func closedTo(p Program, others []Program) (all []Piece) {
	all = append(all, p.Private...)
	for _, q := range others {
		all = append(append(all, q.Block), q.Private...)
		if q.Code != p.Code {
			all = append(all, q.Code)
		}
	}
	return all
}

// check holds an MPU against what a program is granted while it runs.
func (w place) check(u pmsa.Unit, p Program, others []Program, pieces []Piece) error {
	if err := u.Err(); err != nil {
		return err
	}
	want, err := w.opened(p, pieces)
	if err != nil {
		return err
	}
	var got []pmsa.Span
	for _, s := range u.Spans(false) {
		if s.Rights != 0 {
			got = append(got, s)
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("it may access %x, and is granted %x", got, want)
	}
	for i, g := range p.Grants {
		for _, addr := range []uint32{g.Addr, g.Addr + g.Bytes - 1} {
			if r := u.Rights(addr, false); g.Bytes > 0 && r&g.Rights != g.Rights {
				return fmt.Errorf("grant %d is %v at %#x, and the MPU says %v", i, g.Rights, addr, r)
			}
		}
	}
	if err := w.checkMemory(got, closedTo(p, others)); err != nil {
		return err
	}
	return w.checkFirmware(u, p)
}

// checkMemory looks at the memory behind the addresses: what may be written is not executed, whatever the two addresses are, and
// what is others' is not reached.
func (w place) checkMemory(spans []pmsa.Span, closed []Piece) error {
	for _, s := range spans {
		start, end := w.physical(s.Start), w.physical(s.End-1)+1
		for _, c := range closed {
			if c.meets(start, end) {
				return fmt.Errorf("by %x it reaches %x, which is not its own", s, c)
			}
		}
		for _, x := range spans {
			if s.Rights&pmsa.Write != 0 && x.Rights&pmsa.Execute != 0 && start < w.physical(x.End-1)+1 && end > w.physical(x.Start) {
				return fmt.Errorf("it may write by %x what it may execute by %x", s, x)
			}
		}
	}
	return nil
}

// checkFirmware looks at what the firmware may do meanwhile: of memory it executes nothing but the program's code, by neither address,
// and the guard of its stack is closed.
func (w place) checkFirmware(u pmsa.Unit, p Program) error {
	at := uint64(w.runsAt(p.Code))
	for _, s := range u.Spans(true) {
		if s.Rights&pmsa.Execute == 0 {
			continue
		}
		for _, m := range [][2]uint64{{memoryAddr, uint64(w.PoolEnd)}, {0, uint64(max(w.aliasEnd, alias) - alias)}} {
			start, end := max(s.Start, m[0]), min(s.End, m[1])
			if start < end && !(p.Code.Bytes > 0 && start >= at && end <= at+uint64(p.Code.Bytes)) {
				return fmt.Errorf("the firmware may execute memory: %x", s)
			}
		}
	}
	for addr := w.Guard; addr < w.Guard+256; addr++ {
		if u.Rights(addr, true) != 0 {
			return fmt.Errorf("the guard of the handlers' stack is open at %#x", addr)
		}
	}
	return nil
}
