// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// Numbers of errors, as Linux has them.
const (
	ok     = 0
	enoent = -2
	e2big  = -7
	eexist = -17
	einval = -22
)

// store is a map of whatever kind, as tests use it.
type store interface {
	lookup(key []byte) []byte
	update(key, value []byte, flags uint32) int
	delete(key []byte) int
	push(value []byte, flags uint32) int
	pop(take bool) ([]byte, int)
	entries() map[string]string // by key
}

// device is the first map of Maps.
type device struct{ m *Maps }

func (d device) lookup(key []byte) []byte                   { return d.m.Lookup(0, key) }
func (d device) update(key, value []byte, flags uint32) int { return d.m.Update(0, key, value, flags) }
func (d device) delete(key []byte) int                      { return d.m.Delete(0, key) }
func (d device) push(value []byte, flags uint32) int        { return d.m.Push(0, value, flags) }
func (d device) pop(take bool) ([]byte, int)                { return d.m.Pop(0, take) }

func (d device) entries() map[string]string {
	all := map[string]string{}
	es, err := d.m.Defs[0].Entries(d.m.Dump(0))
	if err != nil {
		panic(err)
	}
	for _, e := range es {
		all[string(e.Key)] = string(e.Value)
	}
	return all
}

// model is what maps do, written down plainly. Entries of hash maps are in the order of their use, the oldest first;
// values of queues and stacks in the order in which they came.
type model struct {
	def  maps.Def
	rows []row
}

type row struct{ key, value string }

func newModel(d maps.Def) *model {
	m := &model{def: d}
	if d.Type == abi.MapArray {
		for i := range d.MaxEntries {
			m.rows = append(m.rows, row{string([]byte{byte(i), byte(i >> 8), 0, 0}), string(make([]byte, d.ValueSize))})
		}
	}
	return m
}

func (m *model) array() bool { return m.def.Type == abi.MapArray }

func (m *model) find(key []byte) int {
	return slices.IndexFunc(m.rows, func(r row) bool { return r.key == string(key) })
}

// use makes an entry of an LRU map the youngest.
func (m *model) use(i int) {
	if m.def.Type == abi.MapLRUHash {
		r := m.rows[i]
		m.rows = append(slices.Delete(m.rows, i, i+1), r)
	}
}

func (m *model) lookup(key []byte) []byte {
	i := m.find(key)
	if i < 0 {
		return nil
	}
	value := []byte(m.rows[i].value)
	m.use(i)
	return value
}

func (m *model) update(key, value []byte, flags uint32) int {
	i := m.find(key)
	full := len(m.rows) == int(m.def.MaxEntries)
	switch {
	case flags > 2:
		return einval
	case i < 0 && m.array():
		return e2big
	case i >= 0 && flags == 1:
		return eexist
	case i >= 0:
		m.rows[i].value = string(value)
		m.use(i)
		return ok
	case flags == 2:
		return enoent
	case full && m.def.Type == abi.MapLRUHash:
		m.rows = m.rows[1:]
	case full:
		return e2big
	}
	m.rows = append(m.rows, row{string(key), string(value)})
	return ok
}

func (m *model) delete(key []byte) int {
	i := m.find(key)
	switch {
	case m.array():
		return einval
	case i < 0:
		return enoent
	}
	m.rows = slices.Delete(m.rows, i, i+1)
	return ok
}

func (m *model) push(value []byte, flags uint32) int {
	full := len(m.rows) == int(m.def.MaxEntries)
	switch {
	case flags != 0 && flags != 2:
		return einval
	case full && flags == 0:
		return e2big
	case full:
		m.rows = m.rows[1:]
	}
	m.rows = append(m.rows, row{value: string(value)})
	return ok
}

func (m *model) pop(take bool) ([]byte, int) {
	if len(m.rows) == 0 {
		return make([]byte, m.def.ValueSize), enoent
	}
	i := 0
	if m.def.Type == abi.MapStack {
		i = len(m.rows) - 1
	}
	value := []byte(m.rows[i].value)
	if take {
		m.rows = slices.Delete(m.rows, i, i+1)
	}
	return value, ok
}

func (m *model) entries() map[string]string {
	all := map[string]string{}
	for _, r := range m.rows {
		all[r.key] = r.value
	}
	return all
}
