// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/ubench-dev/ubench/maps"
)

// Types are the C types of what is in an object's maps, as its BTF has them.
type Types struct {
	spec *btf.Spec
	maps map[string]declaration
}

// Type is one of them.
type Type struct{ t btf.Type }

// TypesOf reads the types of an object. One without BTF has none.
func TypesOf(object []byte) (*Types, error) {
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, fmt.Errorf("BTF: %w", err)
	}
	o, err := parseObject("", object)
	if err != nil {
		return nil, err
	}
	t := &Types{spec: spec, maps: map[string]declaration{}}
	for _, s := range o.sections {
		if s == nil || s.name != btfMaps {
			continue
		}
		declared, err := o.mapsOf(s)
		if err != nil {
			return nil, err
		}
		for _, d := range declared {
			t.maps[d.def.Name] = d
		}
	}
	return t, nil
}

// Key and Value are the types of a map, nil where only a size is known. Neither minds a nil receiver.
func (t *Types) Key(d maps.Def) *Type { return t.of(d, true) }

// Value is the type of a map's values.
func (t *Types) Value(d maps.Def) *Type { return t.of(d, false) }

func (t *Types) of(d maps.Def, key bool) *Type {
	if t == nil {
		return nil
	}
	declared, ok := t.maps[d.Name]
	is, bytes := declared.value, d.ValueSize
	if key {
		is, bytes = declared.key, d.KeySize
	}
	if !ok || is == nil {
		return nil
	}
	if n, err := btf.Sizeof(is); err != nil || n != int(bytes) {
		return nil
	}
	return &Type{is}
}

// Named finds a type by how C names it: "struct event", "__u32".
func (t *Types) Named(name string) (*Type, error) {
	if t == nil {
		return nil, fmt.Errorf("type %s: there is no BTF of the program here", name)
	}
	words := strings.Fields(name)
	kind := ""
	if len(words) == 2 {
		kind, words = words[0], words[1:]
	}
	if len(words) != 1 {
		return nil, fmt.Errorf("type %q: write it as C does: struct event", name)
	}
	found, err := t.spec.AnyTypesByName(words[0])
	if err != nil {
		return nil, fmt.Errorf("type %s: the program has no such type", name)
	}
	for _, f := range found {
		switch f.(type) {
		case *btf.Struct:
			if kind == "struct" {
				return &Type{f}, nil
			}
		case *btf.Union:
			if kind == "union" {
				return &Type{f}, nil
			}
		case *btf.Enum:
			if kind == "enum" {
				return &Type{f}, nil
			}
		case *btf.Int, *btf.Typedef:
			if kind == "" {
				return &Type{f}, nil
			}
		}
	}
	return nil, fmt.Errorf("type %s: the program has no such type", name)
}

// Records is the type that records of a ring buffer have, whose declaration does not say: the one struct with a name that no map
// has as key or value, of this size; nil if there are several, or none.
func (t *Types) Records(size int) (only *Type) {
	if t == nil {
		return nil
	}
	taken := map[string]bool{}
	for _, d := range t.maps {
		for _, k := range []btf.Type{d.key, d.value} {
			if k != nil {
				taken[btf.UnderlyingType(k).TypeName()] = true
			}
		}
	}
	for typ, err := range t.spec.All() {
		if err != nil {
			return nil
		}
		s, ok := typ.(*btf.Struct)
		if !ok || s.Name == "" || int(s.Size) != size || taken[s.Name] {
			continue
		}
		if only != nil {
			return nil
		}
		only = &Type{s}
	}
	return only
}

// Text shows bytes as a value of the type, as C would begin a variable with it; without a type as a number, where they have the
// size of one, or in hex.
func (t *Type) Text(b []byte) string {
	var w strings.Builder
	t.write(&w, b, style{open: "{", close: "}", list: "{", end: "}", name: func(n string) string { return n + " = " }})
	return w.String()
}

// JSON is the same as data: structs are objects, and what has no type is hex.
func (t *Type) JSON(b []byte) json.RawMessage {
	if t == nil {
		return json.RawMessage(strconv.Quote(fmt.Sprintf("%x", b)))
	}
	var w strings.Builder
	t.write(&w, b, style{json: true, open: "{", close: "}", list: "[", end: "]", name: func(n string) string { return strconv.Quote(n) + ":" }})
	return json.RawMessage(w.String())
}

type style struct {
	json                   bool
	open, close, list, end string
	name                   func(string) string
}

func (s style) quote(text string) string {
	if !s.json {
		return text
	}
	q, err := json.Marshal(text)
	if err != nil {
		panic("BUG: a string is JSON")
	}
	return string(q)
}

func (t *Type) write(w *strings.Builder, b []byte, s style) {
	if t == nil {
		w.WriteString(number(b))
		return
	}
	if n, err := btf.Sizeof(t.t); err != nil || n > len(b) {
		w.WriteString(s.quote(fmt.Sprintf("%x", b)))
		return
	}
	write(w, t.t, b, s)
}

// number is bytes without a type.
func number(b []byte) string {
	if v, ok := integer(b, false); ok {
		return v
	}
	return fmt.Sprintf("%x", b)
}

// integer reads a little-endian number of 1, 2, 4 or 8 bytes.
func integer(b []byte, signed bool) (string, bool) {
	v, shift := uint64(0), 64-8*len(b)
	switch len(b) {
	case 1, 2, 4, 8:
	default:
		return "", false
	}
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	if signed {
		return strconv.FormatInt(int64(v<<shift)>>shift, 10), true
	}
	return strconv.FormatUint(v, 10), true
}

// write shows b, which is as long as the type.
func write(w *strings.Builder, t btf.Type, b []byte, s style) {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		members(w, t.Members, b, s)
	case *btf.Union:
		members(w, t.Members, b, s)
	case *btf.Array:
		elements(w, t, b, s)
	case *btf.Int:
		writeInt(w, t, b, s)
	case *btf.Enum:
		v, _ := integer(b[:t.Size], t.Signed)
		for _, e := range t.Values {
			if fmt.Sprint(e.Value) == v || t.Signed && fmt.Sprint(int64(e.Value)) == v {
				v = s.quote(e.Name)
				break
			}
		}
		w.WriteString(v)
	case *btf.Float:
		v := float64(math.Float32frombits(uint32(zero(b, 4))))
		if t.Size == 8 {
			v = math.Float64frombits(zero(b, 8))
		}
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			text = s.quote(text)
		}
		w.WriteString(text)
	case *btf.Pointer:
		w.WriteString(s.quote(fmt.Sprintf("%#x", zero(b, 8))))
	default:
		w.WriteString(s.quote(fmt.Sprintf("%x", b)))
	}
}

func zero(b []byte, n int) uint64 {
	var all [8]byte
	copy(all[:], b[:min(n, len(b))])
	return binary.LittleEndian.Uint64(all[:])
}

func writeInt(w *strings.Builder, t *btf.Int, b []byte, s style) {
	b = b[:t.Size]
	if t.Encoding == btf.Bool {
		w.WriteString(strconv.FormatBool(b[0] != 0))
		return
	}
	v, ok := integer(b, t.Encoding == btf.Signed)
	if !ok {
		v = s.quote(fmt.Sprintf("%x", b))
	}
	w.WriteString(v)
}

func members(w *strings.Builder, all []btf.Member, b []byte, s style) {
	w.WriteString(s.open)
	first := true
	for _, m := range all {
		inner, isStruct := btf.UnderlyingType(m.Type).(*btf.Struct)
		if m.Name == "" && !isStruct {
			continue // a gap, or a union without a name
		}
		if !first {
			w.WriteString(", ")
		}
		first = false
		if m.Name == "" {
			w.WriteString(s.name("_"))
			members(w, inner.Members, b[min(int(m.Offset.Bytes()), len(b)):], s)
			continue
		}
		w.WriteString(s.name(m.Name))
		if m.BitfieldSize > 0 {
			bitfield(w, m, b)
			continue
		}
		at := int(m.Offset.Bytes())
		n, err := btf.Sizeof(m.Type)
		if err != nil || at+n > len(b) {
			w.WriteString(s.quote("?"))
			continue
		}
		write(w, m.Type, b[at:at+n], s)
	}
	w.WriteString(s.close)
}

func bitfield(w *strings.Builder, m btf.Member, b []byte) {
	v, signed := uint64(0), false
	if t, ok := btf.UnderlyingType(m.Type).(*btf.Int); ok {
		signed = t.Encoding == btf.Signed
	}
	for i := uint32(0); i < uint32(m.BitfieldSize); i++ {
		bit := uint32(m.Offset) + i
		if int(bit/8) < len(b) && b[bit/8]>>(bit%8)&1 != 0 {
			v |= 1 << i
		}
	}
	if shift := 64 - uint(m.BitfieldSize); signed {
		w.WriteString(strconv.FormatInt(int64(v<<shift)>>shift, 10))
		return
	}
	w.WriteString(strconv.FormatUint(v, 10))
}

func elements(w *strings.Builder, t *btf.Array, b []byte, s style) {
	if i, ok := btf.UnderlyingType(t.Type).(*btf.Int); ok && i.Size == 1 && (i.Encoding == btf.Char || i.Name == "char") {
		text, _, _ := bytes.Cut(b, []byte{0})
		q, err := json.Marshal(string(text))
		if err != nil {
			panic("BUG: a string is JSON")
		}
		w.Write(q)
		return
	}
	n, err := btf.Sizeof(t.Type)
	if err != nil || n == 0 || uint64(n)*uint64(t.Nelems) > uint64(len(b)) {
		w.WriteString(s.quote(fmt.Sprintf("%x", b)))
		return
	}
	w.WriteString(s.list)
	for i := range int(t.Nelems) {
		if i > 0 {
			w.WriteString(", ")
		}
		write(w, t.Type, b[i*n:(i+1)*n], s)
	}
	w.WriteString(s.end)
}
