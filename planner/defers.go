// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"slices"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
)

// value is what the compiler would know of a variable that is deferred, as far as it matters here: which registers it
// reads, and what it could become part of.
type value struct {
	kind   kind
	places []plan.Place
	single bool // of a sum: one register so far
	left   bool // a shift to the left by at most 3
}

type kind uint8

const (
	held kind = iota // a register
	constant
	shifted
	sum
	product
)

// inPlace is the value of a variable that lives somewhere.
func inPlace(p plan.Place) value { return value{kind: held, places: []plan.Place{p}} }

func (v value) register() bool { return v.kind == held && v.places[0] < alloc.Registers }

// combine is the value of an operation, ok if nothing has to be emitted for it.
func combine(i *cfg.Insn, a, b value) (value, bool) {
	switch i.Op {
	case cfg.Add, cfg.Sub:
		if a.kind == constant && b.kind == constant {
			return a, true
		}
		for range 2 {
			if b.kind == constant && (a.register() || a.kind == sum) {
				return value{sum, a.places, a.kind == held || a.single, false}, true
			}
			one := a.register() || a.kind == sum && a.single
			if i.Op == cfg.Add && one && (b.register() || b.kind == shifted && b.left || b.kind == sum && b.single) {
				return value{sum, slices.Concat(a.places, b.places), false, false}, true
			}
			a, b = b, a
		}
	case cfg.Lsh, cfg.Rsh, cfg.Arsh:
		if a.kind == constant {
			return a, true
		}
		if a.register() && !i.Register {
			return value{shifted, a.places, false, i.Op == cfg.Lsh && i.Imm <= 3}, true
		}
	case cfg.Mul:
		if a.register() && b.register() {
			return value{product, slices.Concat(a.places, b.places), false, false}, true
		}
	}
	return value{}, false
}

// patienceDeferring is how often a block is gone through again.
const patienceDeferring = 100

// deferred picks instructions of a block whose results are better computed where they are read: not needed behind the
// block, read once, or only where they cost nothing, and computed of registers that do not change meanwhile.
// The list has the block's instructions.
func (b *builder) deferred(n, blk int) []bool {
	at, depends := [2]int{n, blk}, b.deferringDepends(n, blk)
	if was, ok := b.deferrals[at]; ok && was.depends == depends {
		return was.of
	}
	if b.deferrals == nil {
		b.deferrals = map[[2]int]deferral{}
	}
	d := b.deferredAnew(n, blk)
	b.deferrals[at] = deferral{depends, d}
	return d
}

// deferringDepends is all that the choice depends on that changes from plan to plan: places, and what was doubted.
func (b *builder) deferringDepends(n, blk int) string {
	f, live, places := b.Program.Functions[n], b.Live.Functions[n], b.places.Functions[n]
	all := []byte{byte(b.places.Home[cfg.R10]), byte(b.places.Home[plan.Memory])}
	live.In[blk].Each(func(v plan.Var) { all = append(all, byte(places.At(blk, v))) })
	for k := f.Blocks[blk].First; k < f.Blocks[blk].Last; k++ {
		doubted := byte(0)
		if b.doubt.defers[f.Insns[k].Slot] {
			doubted = 1
		}
		all = append(all, doubted)
		b.Live.Effect(&f.Insns[k], live.After[k]).Writes.Each(func(v plan.Var) {
			p, ok := places.Result(k, v)
			if !ok {
				p = plan.Nowhere - 1
			}
			all = append(all, byte(p))
		})
	}
	return string(all)
}

func (b *builder) deferredAnew(n, blk int) []bool {
	f := b.Program.Functions[n]
	first, last := f.Blocks[blk].First, f.Blocks[blk].Last
	d := make([]bool, last-first)
	for k := first; k < last; k++ {
		d[k-first] = f.Insns[k].Half != 1 && !b.doubt.defers[f.Insns[k].Slot] && b.worthDeferring(n, blk, k)
	}
	for tries := 0; b.settle(n, blk, d); tries++ { // one was not possible, and is not there any more
		if tries == patienceDeferring {
			return make([]bool, last-first) // a block this long is not what this is for
		}
	}
	return d
}

// worthDeferring looks at who reads a result.
func (b *builder) worthDeferring(n, blk, k int) bool {
	f, live := b.Program.Functions[n], b.Live.Functions[n]
	i := &f.Insns[k]
	if !plan.Deferrable(i) {
		return false
	}
	low := plan.R(int(i.Dst))
	if i.Class == cfg.ALU && i.Op == cfg.Add && k+1 < f.Blocks[blk].Last {
		if j := &f.Insns[k+1]; j.Class == cfg.ALU && j.Op == cfg.Lsh && !j.Register && j.Imm <= 3 && j.Dst == i.Dst {
			return false // the shift of a register can be left to who reads it, that of a sum cannot
		}
	}
	reads, folds, k0 := 0, 0, k
	k++
	for ; k < f.Blocks[blk].Last; k++ {
		j := &f.Insns[k]
		e := b.Live.Effect(j, live.After[k])
		if e.Reads.Has(low) {
			reads++
			address := j.Access() && j.Base() == i.Dst && !(j.Class == cfg.Store && j.Register && j.Src == i.Dst)
			copied := j.Class == cfg.Move && j.Extend == 0
			if address || copied || i.Class == cfg.Constant && !j.Access() {
				folds++
			}
		}
		if e.Writes.Has(low) {
			break
		}
		if j.Class == cfg.Helper || j.Class == cfg.Call || j.Class == cfg.CallX {
			return false
		}
	}
	if k == f.Blocks[blk].Last && live.After[k-1].Has(low) && !b.neededSeldom(n, blk, low) {
		return false // needed behind the block
	}
	switch i.Class {
	case cfg.Move:
		return true
	case cfg.ALU:
		if i.Half == 2 {
			return i.Op != cfg.Arsh || !live.After[k0].Has(low+plan.High) || b.multiplied(n, blk, k0)
		}
	case cfg.Constant:
		return reads <= 1 || folds == reads && i.Imm >= 0 && i.Imm < 256
	}
	return reads <= 1 || folds == reads && reads <= 3 && (i.Op == cfg.Add || i.Op == cfg.Sub)
}

// seldom tells whether the branch at the end of a block seldom is taken, or seldom is not: what leaves a loop, or ends the
// program, is less likely.
func (b *builder) seldom(n, blk int) (taken, on bool) {
	f, t := b.Program.Functions[n], b.Forests[n]
	succs := f.Blocks[blk].Succs
	if len(succs) != 2 || succs[0] == succs[1] {
		return false, false
	}
	less := func(x, y int) bool {
		leaves := func(s int) bool { return t.Of[blk] >= 0 && !t.Loops[t.Of[blk]].Contains(s) }
		ends := func(s int) bool { return f.Insns[f.Blocks[s].Last-1].Class == cfg.Exit }
		if leaves(x) != leaves(y) {
			return leaves(x)
		}
		if ends(x) != ends(y) {
			return ends(x)
		}
		return t.Weight[x] < t.Weight[y]/2
	}
	return less(succs[1], succs[0]), less(succs[0], succs[1])
}

// neededSeldom tells whether a register is needed behind a block only on the way that is seldom gone: there it may be computed.
func (b *builder) neededSeldom(n, blk int, low plan.Var) bool {
	if b.caution >= noApart {
		return false
	}
	f, live := b.Program.Functions[n], b.Live.Functions[n]
	needed := func(s int) bool { return live.In[s].Has(low) || live.In[s].Has(plan.High+low) }
	succs := f.Blocks[blk].Succs
	taken, on := b.seldom(n, blk)
	switch last := &f.Insns[f.Blocks[blk].Last-1]; {
	case taken && !last.Backward():
		return !needed(succs[0])
	case on:
		return !needed(succs[1])
	}
	return false
}

// multiplied tells whether nothing but multiplications read the high half of a result, or of copies of it, so that a sign need not be computed
// if the other factor is one.
func (b *builder) multiplied(n, blk, k int) bool {
	f, live := b.Program.Functions[n], b.Live.Functions[n]
	of := liveness.SetOf(plan.High + plan.R(int(f.Insns[k].Dst)))
	for k++; k < f.Blocks[blk].Last && of != 0; k++ {
		i := &f.Insns[k]
		e := b.Live.Effect(i, live.After[k])
		high := plan.High + plan.R(int(i.Dst))
		copies := i.Class == cfg.Move && i.Wide && i.Register && i.Extend == 0
		if e.Reads&of != 0 && !copies && !(i.Class == cfg.ALU && i.Op == cfg.Mul && i.Wide) {
			return false
		}
		of &^= e.Writes
		if copies && e.Reads&of != 0 && e.Writes.Has(high) {
			of |= liveness.SetOf(high)
		}
	}
	return of&live.After[k-1] == 0
}

// variables is how many numbers of variables there are.
const variables = plan.Word + plan.MaxWords

// following is what is known in the middle of a block: where variables live, and what those are that are deferred.
type following struct {
	at, lazy liveness.Set // variables that live somewhere, and those that are deferred
	places   [variables]plan.Place
	values   [variables]value
	insns    [variables]int // that deferred variables are of
}

// of is the value of a variable.
func (w *following) of(v plan.Var) value {
	switch {
	case w.lazy.Has(v):
		return w.values[v]
	case !w.at.Has(v) || w.places[v] == plan.Nowhere:
		return value{kind: constant}
	}
	return inPlace(w.places[v])
}

func (w *following) lives(v plan.Var, p plan.Place) {
	w.places[v] = p
	w.at |= liveness.SetOf(v)
}

func (w *following) defers(v plan.Var, x value, insn int) {
	w.values[v], w.insns[v] = x, insn
	w.lazy |= liveness.SetOf(v)
}

// last is the last instruction that a deferred variable of a set is of, and that reads a place; -1: none.
func (w *following) last(p plan.Place, of liveness.Set) int {
	worst := -1
	for s := w.lazy & of; s != 0; s &= s - 1 {
		if v := s.First(); slices.Contains(w.values[v].places, p) {
			worst = max(worst, w.insns[v])
		}
	}
	return worst
}

// settle follows the values of a block; it removes the first that cannot be deferred from d, and tells whether it did.
func (b *builder) settle(n, blk int, d []bool) bool {
	f, live, places := b.Program.Functions[n], b.Live.Functions[n], b.places.Functions[n]
	first := f.Blocks[blk].First
	var w following
	for s := live.In[blk]; s != 0; s &= s - 1 {
		w.lives(s.First(), places.At(blk, s.First()))
	}
	w.lives(cfg.R10, b.places.Home[cfg.R10])
	for k := first; k < f.Blocks[blk].Last; k++ {
		i := &f.Insns[k]
		if i.Half == 1 {
			continue // done by the second
		}
		v := plan.R(int(i.Dst))
		if d[k-first] {
			result, ok := b.deferrable(n, k, &w)
			if !ok {
				d[k-first] = false
				return true
			}
			w.lazy &^= liveness.SetOf(v, v+plan.High)
			w.defers(v, result, k)
			if i.Half == 2 && i.Op == cfg.Arsh && live.After[k].Has(v+plan.High) { // its sign
				w.defers(v+plan.High, result, k)
			}
			w.at &^= liveness.SetOf(v)
			continue
		}
		e := b.Live.Effect(i, live.After[k])
		needed := live.After[k] &^ e.Writes
		for s := e.Writes; s != 0; s &= s - 1 {
			// Places are written: whoever is read of them later is lost.
			u := s.First()
			if p, ok := places.Result(k, u); ok && p != plan.Nowhere {
				source := u - v + plan.R(int(i.Src))
				stays := i.Class == cfg.Move && i.Extend == 0 && w.at.Has(source) && w.places[source] == p && (i.Wide || u < plan.High)
				if lost := w.last(p, needed); lost >= 0 && !stays {
					d[lost-first] = false
					return true
				}
				w.lives(u, p)
			}
			w.lazy &^= liveness.SetOf(u)
		}
		if i.Class == cfg.Helper || i.Class == cfg.Call || i.Class == cfg.CallX {
			if lost := w.lazy & live.After[k]; lost != 0 {
				d[w.insns[lost.First()]-first] = false
				return true
			}
		}
	}
	// What is needed behind the block is computed at its end, before anything that is written there.
	return false
}

// deferrable is the value of an instruction's result if it is deferred, ok if it can be.
func (b *builder) deferrable(n, k int, w *following) (value, bool) {
	i, after := &b.Program.Functions[n].Insns[k], b.Live.Functions[n].After[k]
	v := plan.R(int(i.Dst))
	x := value{kind: constant}
	if i.Register {
		x = w.of(plan.R(int(i.Src)))
	}
	switch i.Class {
	case cfg.Constant, cfg.FunctionAddress:
		if p := b.places.Home[plan.Memory]; p < alloc.Registers && b.nearMemory(i.Slot) {
			return value{sum, []plan.Place{p}, true, false}, true
		}
		return value{kind: constant}, !b.isAddress(i.Slot)
	case cfg.Move:
		if i.Wide && after.Has(v+plan.High) && i.Src != cfg.R10 {
			high := w.of(plan.R(int(i.Src)) + plan.High)
			x.places = slices.Concat(x.places, high.places)
		}
		return x, true
	case cfg.ALU:
		if i.Half == 2 {
			return w.of(v), true
		}
		if !i.Wide || !after.Has(v+plan.High) || b.narrow(n, k, i.Dst) {
			return combine(i, w.of(v), x)
		}
	}
	return value{}, false
}

// nearMemory tells whether an instruction loads an address that is not far behind the start of .rodata, or of .data where
// there is none.
func (b *builder) nearMemory(slot int) bool {
	section := image.Data
	if len(b.image.Rodata) > 0 {
		section = image.Rodata
	}
	for _, a := range b.image.Addresses {
		if a.Slot == slot {
			return a.Section == section && a.Offset < 1<<12
		}
	}
	return false
}

// isAddress tells whether an instruction loads an address, which takes two instructions wherever it is needed.
func (b *builder) isAddress(slot int) bool {
	return slices.ContainsFunc(b.image.Addresses, func(a image.Address) bool { return a.Slot == slot })
}

// narrow tells whether a register is known to have no high half behind an instruction.
func (b *builder) narrow(n, k int, reg byte) bool {
	g := b.Facts.Functions[n]
	return k+1 < len(g.Insns) && g.Before[k+1].Regs[reg].Narrow()
}
