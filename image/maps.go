// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// mapFields is how many 32-bit fields of struct bpf_map_def mean something.
const mapFields = 5

// Flags of declarations that Linux knows (BPF_F_*) and the device has a meaning for.
const (
	flagNoPrealloc  = 1 << 0 // no effect: all memory is taken at load
	flagNoCommonLRU = 1 << 1 // no effect: there is one CPU
	flagReadOnly    = 1 << 7 // by programs
	flagWriteOnly   = 1 << 8
)

// mapsOf lists the maps that a section declares, ascending by where they lie.
func (o *object) mapsOf(s *section) ([]declaration, error) {
	if known, ok := o.maps[s.index]; ok {
		return known, nil
	}
	read := o.oldMaps
	if s.name == btfMaps {
		read = o.btfMaps
	}
	ds, err := read(s)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ds, func(a, b declaration) int { return int(a.at) - int(b.at) })
	if o.maps == nil {
		o.maps = map[int][]declaration{}
	}
	o.maps[s.index] = ds
	return ds, nil
}

// mapAt finds the map that starts at an offset of a section.
func (o *object) mapAt(s *section, offset int64) (*declaration, error) {
	ds, err := o.mapsOf(s)
	if err != nil {
		return nil, err
	}
	for i := range ds {
		if int64(ds[i].at) == offset {
			return &ds[i], ds[i].err
		}
	}
	return nil, fmt.Errorf("section %s: no map is declared at offset %#x", s.name, offset)
}

// oldMaps reads declarations of struct bpf_map_def: type, key size, value size, entries, flags.
func (o *object) oldMaps(s *section) (ds []declaration, err error) {
	for _, sym := range o.symbols {
		if o.in(sym) != s || sym.kind == elf.STT_SECTION || sym.name == "" {
			continue
		}
		end := sym.value + sym.size
		if sym.size < mapFields*4 || sym.value > uint64(s.size) || end > uint64(s.size) {
			return nil, fmt.Errorf("map %s: %d bytes; struct bpf_map_def has %d", sym.name, sym.size, mapFields*4)
		}
		b := s.data[sym.value:end]
		if slices.ContainsFunc(b[mapFields*4:], func(c byte) bool { return c != 0 }) {
			return nil, fmt.Errorf("map %s: %w", sym.name, unsupported("more of struct bpf_map_def than type, key_size, value_size, max_entries and map_flags"))
		}
		field := func(n int) uint64 { return uint64(binary.LittleEndian.Uint32(b[n*4:])) }
		d := declaration{section: s.index, at: uint32(sym.value), size: uint32(sym.size)}
		d.def, d.err = newDef(sym.name, field(0), field(1), field(2), field(3), field(4))
		ds = append(ds, d)
	}
	return ds, nil
}

// btfMaps reads declarations as libbpf has them: variables of a struct type whose members tell by their types.
func (o *object) btfMaps(s *section) (ds []declaration, err error) {
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(o.raw))
	if errors.Is(err, btf.ErrNotFound) {
		return nil, errors.New("how maps are declared is in BTF, and there is none: compile with -g (ubench build does)")
	} else if err != nil {
		return nil, fmt.Errorf("BTF: %w", err)
	}
	var section *btf.Datasec
	if err := spec.TypeByName(s.name, &section); err != nil {
		return nil, fmt.Errorf("BTF: %w", err)
	}
	for _, v := range section.Vars {
		variable, ok := v.Type.(*btf.Var)
		if !ok || uint64(v.Offset)+uint64(v.Size) > uint64(s.size) {
			return nil, errors.New("BTF: what is no variable, or outside the section")
		}
		def, ok := btf.UnderlyingType(variable.Type).(*btf.Struct)
		if !ok {
			return nil, fmt.Errorf("map %s: %s is no struct of __uint and __type members", variable.Name, variable.Type)
		}
		d, err := o.btfMap(s, variable.Name, v.Offset, v.Size, def)
		d.err = err
		ds = append(ds, d)
	}
	return ds, nil
}

func (o *object) btfMap(s *section, name string, at, size uint32, def *btf.Struct) (d declaration, err error) {
	d = declaration{section: s.index, at: at, size: size}
	var kind, keySize, valueSize, entries, flags uint64
	for _, m := range def.Members {
		number := func(to *uint64) error {
			p, ok := m.Type.(*btf.Pointer)
			if !ok {
				return fmt.Errorf("map %s: %s is not a number as __uint writes it", name, m.Name)
			}
			a, ok := btf.UnderlyingType(p.Target).(*btf.Array)
			if !ok {
				return fmt.Errorf("map %s: %s is not a number as __uint writes it", name, m.Name)
			}
			*to = uint64(a.Nelems)
			return nil
		}
		sizeOf := func(to *uint64, of *btf.Type) error {
			p, ok := m.Type.(*btf.Pointer)
			if !ok {
				return fmt.Errorf("map %s: %s is not a type as __type writes it", name, m.Name)
			}
			n, err := btf.Sizeof(p.Target)
			if err != nil {
				return fmt.Errorf("map %s: %s: %w", name, m.Name, err)
			}
			*to, *of = uint64(n), p.Target
			return nil
		}
		pinned := uint64(0)
		switch m.Name {
		case "type":
			err = number(&kind)
		case "key_size":
			err = number(&keySize)
		case "value_size":
			err = number(&valueSize)
		case "max_entries":
			err = number(&entries)
		case "map_flags":
			err = number(&flags)
		case "key":
			err = sizeOf(&keySize, &d.key)
		case "value":
			err = sizeOf(&valueSize, &d.value)
		case "pinning":
			if err = number(&pinned); err == nil && pinned != 0 {
				err = fmt.Errorf("map %s: %w", name, unsupported("a map that is pinned: it lives as long as its program; leave out pinning"))
			}
		case "values":
			valueSize = 4
			d.programs, err = o.programsOf(s, name, at+m.Offset.Bytes(), at+size)
		default:
			err = fmt.Errorf("map %s: %w", name, unsupported("%s in its declaration", m.Name))
		}
		if err != nil {
			return d, err
		}
	}
	d.def, err = newDef(name, kind, keySize, valueSize, entries, flags)
	if err == nil && d.programs != nil && d.def.Type != abi.MapProgArray {
		err = fmt.Errorf("map %s: %w", name, unsupported("maps of maps"))
	}
	return d, err
}

// programsOf lists the functions whose addresses lie in [at, end) of a section, by index.
func (o *object) programsOf(s *section, name string, at, end uint32) (map[uint32]target, error) {
	programs := map[uint32]target{}
	for start := at; at+8 <= end; at += 8 {
		r, ok := s.relocs[at]
		if !ok {
			continue
		}
		sym := o.symbols[r.symbol]
		in := o.in(sym)
		if in == nil || !in.code {
			return nil, fmt.Errorf("map %s: %s among its values is no program: %w", name, o.called(sym), unsupported("maps of maps"))
		}
		fn, ok := in.functionAt(uint32(int64(sym.value) + r.addend))
		if !ok {
			return nil, fmt.Errorf("map %s: no function starts at %s", name, plus(o.called(sym), r.addend))
		}
		programs[(at-start)/8] = target{name: fn.name, fn: &place{in, fn}}
	}
	return programs, nil
}

// newDef is a declaration as the device has it; per-CPU forms are plain ones there, as there is one CPU.
func newDef(name string, kind, keySize, valueSize, entries, flags uint64) (maps.Def, error) {
	const most = 1<<32 - 1
	d := maps.Def{
		Name: name[:min(len(name), maps.NameBytes)], KeySize: uint32(min(keySize, most)),
		ValueSize: uint32(min(valueSize, most)), MaxEntries: uint32(min(entries, most)),
	}
	switch kind {
	case 5: // per-CPU hash
		d.Type = abi.MapHash
	case 6: // per-CPU array
		d.Type = abi.MapArray
	case 10: // per-CPU LRU hash
		d.Type = abi.MapLRUHash
	case 4:
		return d, fmt.Errorf("map %s: %w", name, unsupported("perf event arrays; use a ring buffer (BPF_MAP_TYPE_RINGBUF)"))
	case 12, 13:
		return d, fmt.Errorf("map %s: %w", name, unsupported("maps of maps"))
	default:
		if !slices.Contains(abi.MapTypes(), abi.MapType(kind)) || kind > 0xff {
			return d, fmt.Errorf("map %s: %w", name, unsupported("maps of type %d; there are %s", kind, abi.MapTypeNames()))
		}
		d.Type = abi.MapType(kind)
	}
	if flags&flagReadOnly != 0 {
		d.Flags |= maps.ReadOnly
	}
	if flags&flagWriteOnly != 0 {
		d.Flags |= maps.WriteOnly
	}
	if rest := flags &^ (flagNoPrealloc | flagNoCommonLRU | flagReadOnly | flagWriteOnly); rest != 0 {
		return d, fmt.Errorf("map %s: %w", name, unsupported("flags %#x of a map; BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG are possible", rest))
	}
	return d, nil
}

// MapBytes is the memory that the program's maps take on the device.
func (p *Program) MapBytes() (total int) {
	for _, d := range p.Maps {
		values, other := d.Bytes()
		total += values + other
	}
	return total
}

// MapText says how a map is declared, and what memory it takes.
func MapText(d maps.Def) string {
	values, other := d.Bytes()
	text := d.Type.String()
	switch {
	case d.Type == abi.MapRingbuf:
		text += fmt.Sprintf(" of %d bytes", d.MaxEntries)
	case d.KeySize == 0:
		text += fmt.Sprintf(" of %d × %d bytes", d.MaxEntries, d.ValueSize)
	default:
		text += fmt.Sprintf(" of %d × %d → %d bytes", d.MaxEntries, d.KeySize, d.ValueSize)
	}
	switch {
	case d.Flags&maps.ReadOnly != 0:
		text += ", read-only"
	case d.Flags&maps.WriteOnly != 0:
		text += ", write-only"
	}
	return fmt.Sprintf("%s; memory %d bytes", text, values+other)
}
