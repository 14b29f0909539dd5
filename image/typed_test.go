// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/json"
	"testing"

	"github.com/cilium/ebpf/btf"

	"github.com/ubench-dev/ubench/maps"
)

var (
	u8  = &btf.Int{Name: "__u8", Size: 1}
	u16 = &btf.Int{Name: "__u16", Size: 2}
	u32 = &btf.Int{Name: "__u32", Size: 4}
	s32 = &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
)

func at(name string, t btf.Type, bits btf.Bits) btf.Member {
	return btf.Member{Name: name, Type: t, Offset: bits}
}

func array(t btf.Type, n uint32) btf.Type { return &btf.Array{Index: u32, Type: t, Nelems: n} }

// Bytes as values of C: what people read, and what programs do.
func TestTyped(t *testing.T) {
	color := &btf.Enum{Name: "color", Size: 4, Values: []btf.EnumValue{{Name: "RED", Value: 1}, {Name: "BLUE", Value: 7}}}
	sign := &btf.Enum{Name: "sign", Size: 4, Signed: true, Values: []btf.EnumValue{{Name: "DOWN", Value: 1<<64 - 1}}}
	pair := &btf.Struct{Name: "pair", Size: 8, Members: []btf.Member{at("a", u32, 0), at("b", s32, 32)}}
	inner := &btf.Struct{Size: 4, Members: []btf.Member{at("x", u16, 0), at("y", u16, 16)}}
	gap := &btf.Union{Size: 4, Members: []btf.Member{at("p", u32, 0)}}
	for _, c := range []struct {
		name       string
		is         btf.Type
		bytes      string
		text, json string
	}{
		{"unsigned", u32, "\xff\xff\xff\xff", "4294967295", "4294967295"},
		{"signed", s32, "\xff\xff\xff\xff", "-1", "-1"},
		{"64 bits", &btf.Int{Size: 8}, "\x01\x00\x00\x00\x00\x00\x00\x80", "9223372036854775809", "9223372036854775809"},
		{"128 bits", &btf.Int{Size: 16}, "\x01234567890123456", "01323334353637383930313233343536", `"01323334353637383930313233343536"`},
		{"a truth", &btf.Int{Size: 1, Encoding: btf.Bool}, "\x02", "true", "true"},
		{"a name for a type", &btf.Typedef{Name: "t", Type: &btf.Const{Type: u16}}, "\x34\x12", "4660", "4660"},
		{"an enumerator", color, "\x07\x00\x00\x00", "BLUE", `"BLUE"`},
		{"none of the enumerators", color, "\x08\x00\x00\x00", "8", "8"},
		{"a negative enumerator", sign, "\xff\xff\xff\xff", "DOWN", `"DOWN"`},
		{"a struct", pair, "\x01\x00\x00\x00\xfe\xff\xff\xff", "{a = 1, b = -2}", `{"a":1, "b":-2}`},
		{"a struct in a struct, without a name", &btf.Struct{Size: 4, Members: []btf.Member{at("", inner, 0)}},
			"\x01\x00\x02\x00", "{_ = {x = 1, y = 2}}", `{"_":{"x":1, "y":2}}`},
		{"a union without a name, which says nothing", &btf.Struct{Size: 8, Members: []btf.Member{at("", gap, 0), at("z", u32, 32)}},
			"\x01\x00\x00\x00\x02\x00\x00\x00", "{z = 2}", `{"z":2}`},
		{"fields of bits", &btf.Struct{Size: 4, Members: []btf.Member{
			{Name: "low", Type: u32, Offset: 0, BitfieldSize: 3}, {Name: "sign", Type: s32, Offset: 3, BitfieldSize: 2}, {Name: "over", Type: u32, Offset: 5, BitfieldSize: 8}}},
			"\xfd\x1f\x00\x00", "{low = 5, sign = -1, over = 255}", `{"low":5, "sign":-1, "over":255}`},
		{"an array", array(u16, 3), "\x01\x00\x02\x00\x03\x00", "{1, 2, 3}", "[1, 2, 3]"},
		{"an array of arrays", array(array(u8, 2), 2), "\x01\x02\x03\x04", "{{1, 2}, {3, 4}}", "[[1, 2], [3, 4]]"},
		{"a string", array(&btf.Int{Name: "char", Size: 1}, 8), "a\"b\x00rest", `"a\"b"`, `"a\"b"`},
		{"no number", &btf.Float{Size: 4}, "\x00\x00\xc0\x7f", "NaN", `"NaN"`},
		{"a number with a point", &btf.Float{Size: 8}, "\x00\x00\x00\x00\x00\x00\xf8\x3f", "1.5", "1.5"},
		{"a pointer", &btf.Pointer{Target: u8}, "\x10\x00\x00\x20\x00\x00\x00\x00", "0x20000010", `"0x20000010"`},
		{"bytes that end early", pair, "\x01\x02", "0102", `"0102"`},
		{"a field behind the end", &btf.Struct{Size: 4, Members: []btf.Member{at("far", u32, 64)}}, "\x01\x00\x00\x00", "{far = ?}", `{"far":"?"}`},
	} {
		typ := &Type{c.is}
		if got := typ.Text([]byte(c.bytes)); got != c.text {
			t.Errorf("%s: %s, want %s", c.name, got, c.text)
		}
		if got := string(typ.JSON([]byte(c.bytes))); got != c.json || !json.Valid([]byte(got)) {
			t.Errorf("%s: as JSON %s, want %s", c.name, got, c.json)
		}
	}
	var none *Type
	if text, data := none.Text([]byte("\x05\x00")), string(none.JSON([]byte("\x05\x00"))); text != "5" || data != `"0500"` {
		t.Errorf("without a type: %s, %s", text, data)
	}
}

// Nobody's types are no types, and what BTF says of another size than the declaration is not believed.
func TestTypesOfNobody(t *testing.T) {
	var none *Types
	d := maps.Def{Name: "m", KeySize: 4, ValueSize: 8}
	if none.Key(d) != nil || none.Value(d) != nil || none.Records(4) != nil {
		t.Error("there are types of nobody")
	}
	if _, err := none.Named("struct event"); err == nil {
		t.Error("nobody has struct event")
	}
	some := &Types{maps: map[string]declaration{"m": {key: u32, value: u32}}}
	if some.Key(d) == nil || some.Value(d) != nil || some.Key(maps.Def{Name: "other", KeySize: 4}) != nil {
		t.Error("types do not follow names and sizes")
	}
}
