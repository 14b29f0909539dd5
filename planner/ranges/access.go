// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"fmt"

	"github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// Reason is why an access cannot be proved.
type Reason uint8

// Reasons.
const (
	Proved    Reason = iota
	Nowhere          // where it points is not known
	Below            // it may lie below the region
	Beyond           // nothing bounds it from above
	Short            // the context need not be that long
	ReadOnly         // it writes constants, or does with a map what its declaration forbids
	Unaligned        // an atomic operation, on an address that need not be aligned
)

// Access is what is known of a load, store or atomic.
type Access struct {
	Insn        int // index in the function
	Region      Region
	Reason      Reason
	First, Last int64 // offsets of the first and behind the last byte, as far as they are bounded
	Bounded     bool  // both ends are known numbers
	Need        int64 // Short: how long the context would have to be
}

// Accesses are those of a function that are ever reached.
func (g *Function) Accesses(p *Facts) []Access {
	var as []Access
	for k := range g.Insns {
		if i := &g.Insns[k]; i.Access() && g.Before[k].Reached {
			as = append(as, g.access(p, k, i))
		}
	}
	return as
}

func (g *Function) access(p *Facts, k int, i *cfg.Insn) Access {
	s := &g.Before[k]
	v := s.Regs[i.Base()]
	size := int64(i.Size)
	a := Access{Insn: k, Region: v.Region}
	if !v.Pointer() || v.Null {
		a.Reason = Nowhere
		return a
	}
	a.Bounded = v.SLow > -lengthMax && v.SHigh < lengthMax
	a.First, a.Last = v.SLow+i.Off, v.SHigh+i.Off+size
	if !a.Bounded {
		a.First, a.Last = max(v.SLow, -1<<40)+i.Off, min(v.SHigh, 1<<40)+i.Off+size
	}
	low, high := int64(0), int64(0)
	switch v.Region {
	case Stack:
		low, high = -512, 512*int64(g.Depth)
	case Top:
		low = -512 * int64(g.Depth+1)
	case Rodata:
		high = int64(len(p.Program.Image.Rodata))
	case Data:
		high = int64(len(p.Program.Image.Data)) + int64(p.Program.Image.BSS)
	case Context:
		high = int64(s.Least)
	}
	forbidden := v.Region == Rodata && i.Class != cfg.Load
	if m, ok := v.Region.Map(); ok {
		d := p.Program.Image.Maps[m]
		high = mapBytes(d)
		forbidden = i.Class != cfg.Load && d.Flags&maps.ReadOnly != 0 || i.Class != cfg.Store && d.Flags&maps.WriteOnly != 0
	}
	within := a.Last <= high
	if t := v.slack(); v.Region == Context && t.Scale >= 1 && t.Room >= i.Off+size && v.SHigh <= lengthMax {
		within = true
	}
	switch {
	case forbidden:
		a.Reason = ReadOnly
	case a.First < low:
		a.Reason = Below
	case !within && v.Region == Context && a.Bounded && v.SLow == v.SHigh:
		a.Reason, a.Need = Short, a.Last
	case !within:
		a.Reason = Beyond
	case i.Class == cfg.Atomic && v.Region != Stack && v.Region != Top && v.Region != Context:
		a.Reason = Unaligned
	case i.Class == cfg.Atomic:
		if _, c := v.Constant(); !c || (v.SLow+i.Off)%size != 0 {
			a.Reason = Unaligned
		}
	}
	return a
}

// String says where an access goes, and whether that is proved.
func (a Access) String() string {
	why := [...]string{"proved", "unknown pointer", "may lie below", "not bounded", "context may be shorter", "read-only", "may be unaligned"}[a.Reason]
	if a.Region == NoRegion {
		return why
	}
	return fmt.Sprintf("%s [%d, %d): %s", a.Region, a.First, a.Last, why)
}
