// SPDX-License-Identifier: GPL-2.0-or-later

package hostile

import (
	"reflect"

	"github.com/ubench-dev/ubench/planner/plan"
)

// What a plan is made of is walked by reflection, so that whatever the format comes to say is lied about as well.

// learn puts what a plan says aside, to be said elsewhere.
func (l *Liar) learn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			l.learn(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			l.put(v.Index(i))
			l.learn(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			l.put(v)
			l.learn(v.Elem())
		}
	}
}

func (l *Liar) put(v reflect.Value) {
	kept := reflect.New(v.Type()).Elem()
	kept.Set(copied(v))
	if pool := l.pool[v.Type()]; len(pool) < poolSize {
		l.pool[v.Type()] = append(pool, kept)
	} else {
		pool[l.r.IntN(poolSize)] = kept
	}
}

// copied is a value that shares nothing with another.
func copied(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	switch {
	case v.Kind() == reflect.Slice && !v.IsNil():
		c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			c.Index(i).Set(copied(v.Index(i)))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		c.Set(reflect.New(v.Type().Elem()))
		c.Elem().Set(copied(v.Elem()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			c.Field(i).Set(copied(v.Field(i)))
		}
	default:
		c.Set(v)
	}
	return c
}

// borrow is something of a type that some plan said.
func (l *Liar) borrow(t reflect.Type) (v reflect.Value, ok bool) {
	pool := l.pool[t]
	if len(pool) == 0 {
		return v, false
	}
	return copied(pool[l.r.IntN(len(pool))]), true
}

var (
	planType  = reflect.TypeFor[plan.Plan]()
	varType   = reflect.TypeFor[plan.Var]()
	placeType = reflect.TypeFor[plan.Place]()
	callsType = reflect.TypeFor[*plan.Calls]()
)

// change changes one thing somewhere inside.
func (l *Liar) change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		l.changeField(v)
	case reflect.Array:
		l.change(v.Index(l.r.IntN(v.Len())))
	case reflect.Slice:
		if n := v.Len(); n > 0 && l.r.IntN(4) > 0 {
			l.change(v.Index(l.r.IntN(n)))
		} else {
			l.changeList(v)
		}
	case reflect.Pointer:
		if !v.IsNil() && (v.Type() == callsType || l.r.IntN(8) > 0) {
			l.change(v.Elem())
		} else if b, ok := l.borrow(v.Type()); ok && v.IsNil() {
			v.Set(b)
		} else if v.Type() != callsType {
			v.SetZero()
		}
	case reflect.Bool:
		v.SetBool(!v.Bool())
	default:
		l.changeNumber(v)
	}
}

func (l *Liar) changeField(v reflect.Value) {
	k := l.r.IntN(v.NumField())
	if v.Type() == planType && l.r.IntN(8) > 0 { // most is said about frames and instructions
		v = v.FieldByName([]string{"Frames", "Insns"}[l.r.IntN(2)])
		if v.Len() > 0 {
			l.change(v.Index(l.r.IntN(v.Len())))
		}
		return
	}
	switch name := v.Type().Field(k).Name; {
	case name == "Slot", name == "Joins", name == "Frames", name == "Insns": // where things are said
	default:
		l.change(v.Field(k))
	}
}

// changeList takes something from a list, or puts in what is there already, or what another says.
func (l *Liar) changeList(v reflect.Value) {
	n, t := v.Len(), v.Type().Elem()
	switch b, ok := l.borrow(t); {
	case n > 0 && l.r.IntN(3) == 0:
		k := l.r.IntN(n)
		v.Set(reflect.AppendSlice(copied(v.Slice(0, k)), v.Slice(k+1, n)))
	case n > 0 && (!ok || l.r.IntN(3) == 0):
		c := copied(v.Index(l.r.IntN(n)))
		l.change(c)
		v.Set(reflect.Append(v, c))
	case ok:
		if l.r.IntN(2) == 0 {
			l.change(b)
		}
		v.Set(reflect.Append(v, b))
	}
}

func (l *Liar) changeNumber(v reflect.Value) {
	switch {
	case v.Type() == varType:
		v.SetUint(uint64(l.variable()))
	case v.Type() == placeType:
		v.SetUint(uint64(l.place()))
	case v.CanUint():
		v.SetUint(uint64(l.number(int64(v.Uint()))) & (1<<v.Type().Bits() - 1))
	case v.CanInt():
		v.SetInt(l.number(v.Int()) << (64 - v.Type().Bits()) >> (64 - v.Type().Bits()))
	}
}

func (l *Liar) variable() plan.Var {
	switch n := l.r.IntN(20); {
	case n < 13:
		return plan.R(l.r.IntN(10))
	case n < 15:
		return plan.High + plan.Var(l.r.IntN(10))
	case n < 17:
		return plan.Word + plan.Var(l.r.IntN(4))
	case n < 18:
		return plan.NoVar
	}
	return plan.Var(l.r.IntN(64))
}

func (l *Liar) place() plan.Place {
	switch n := l.r.IntN(16); {
	case n < 12:
		return plan.Place(n)
	case n < 15:
		return plan.FrameWord + plan.Place(l.r.IntN(8))
	}
	return plan.Nowhere
}

// edges are numbers that something begins or ends at.
var edges = []int64{0, 1, -1, 2, 4, 7, 8, 16, 64, 255, 256, 512, -512, 4096, -4096, 1 << 16, 1 << 20, -1 << 20, 1 << 30, -1 << 30,
	1<<31 - 1, 1 << 31, -1 << 31, 1<<32 - 1, 1 << 32}

func (l *Liar) number(v int64) int64 {
	switch l.r.IntN(8) {
	case 0, 1:
		return v + 1
	case 2, 3:
		return v - 1
	case 4:
		return v + []int64{4, -4, 8, -8, 2, -2}[l.r.IntN(6)]
	case 5:
		return edges[l.r.IntN(len(edges))]
	case 6:
		return v ^ 1<<l.r.IntN(32)
	}
	return int64(l.r.IntN(40)) - 4
}
