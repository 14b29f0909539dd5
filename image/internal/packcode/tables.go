// SPDX-License-Identifier: GPL-2.0-or-later

package packcode

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Tables is all that packed_tables.h holds.
type Tables struct {
	Templates     []Template
	TemplateTiers Tiers
	Dictionary    *Dictionary
}

// prefixBits is how many bits the decoder looks at to tell which tier a code is of: no code is longer.
const prefixBits = 8

var (
	macroPattern = regexp.MustCompile(`#define (IMAGE_PACKED_\w+)\(X\)((?:.*\\\n)*.*\n)`)
	rowPattern   = regexp.MustCompile(`X\(([^)]*)\)`)
)

// Parse reads packed_tables.h. What is wrong with it is a bug.
func Parse(header string) *Tables {
	t := &Tables{Dictionary: &Dictionary{}}
	for _, macro := range macroPattern.FindAllStringSubmatch(header, -1) {
		for _, row := range rowPattern.FindAllStringSubmatch(macro[2], -1) {
			var n []int
			for _, field := range strings.Split(row[1], ",") {
				v, err := strconv.ParseInt(strings.TrimSpace(field), 0, 32)
				if err != nil {
					panic("BUG: packed_tables.h: " + err.Error())
				}
				n = append(n, int(v))
			}
			switch macro[1] {
			case "IMAGE_PACKED_TEMPLATES":
				t.Templates = append(t.Templates, Template{byte(n[0]), Reg(n[1]), Reg(n[2]), Operand(n[3]), Operand(n[4]), int8(n[5])})
			case "IMAGE_PACKED_SYMBOLS":
				t.Dictionary.Symbols = append(t.Dictionary.Symbols, Symbol{byte(n[0]), byte(n[1])})
			case "IMAGE_PACKED_TEMPLATE_TIERS":
				t.TemplateTiers.add(n[0], n[1])
			case "IMAGE_PACKED_SYMBOL_TIERS":
				t.Dictionary.Tiers.add(n[0], n[1])
			}
		}
	}
	if t.TemplateTiers.Total() != len(t.Templates)+1 || t.Dictionary.Tiers.Total() != len(t.Dictionary.Symbols)+1 {
		panic("BUG: packed_tables.h: codes and rows do not match")
	}
	if !t.TemplateTiers.Complete() || !t.Dictionary.Tiers.Complete() {
		panic("BUG: packed_tables.h: codes are not complete")
	}
	return t
}

func (t *Tiers) add(length, count int) {
	t.Len, t.Count = append(t.Len, length), append(t.Count, count)
}

func (t Tiers) longest() int { return t.Len[len(t.Len)-1] }

// Complete tells whether every sequence of bits is one of the codes.
func (t Tiers) Complete() bool {
	used := 0
	for i, c := range t.Count {
		used += c << (t.longest() - t.Len[i])
	}
	return used == 1<<t.longest()
}

// Code is code n as a number of Length(n) bits.
func (t Tiers) Code(n int) uint32 {
	from := 0
	for i, c := range t.Count {
		if n < c {
			return uint32(from>>(t.longest()-t.Len[i]) + n)
		}
		n -= c
		from += c << (t.longest() - t.Len[i])
	}
	panic("BUG: no such code")
}

// Format writes packed_tables.h.
func (t *Tables) Format() string {
	var b strings.Builder
	b.WriteString(`/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of the packed format, version 1. Made by image/train; a change is a new version.
 *
 * Templates: opcode, destination, source, offset, immediate, constant; codes in this order, the
 * escape last. Symbols: two parts, each a character or 0x80 + row; 0xff is no second part; codes in
 * this order, then that of a raw byte. Tiers: length of codes, how many, the last
 * value of the next eight bits that is one of them, and what to add to their bits, modulo 256.
 */
#ifndef UB_IMAGE_PACKED_TABLES_H
#define UB_IMAGE_PACKED_TABLES_H

`)
	macro := func(name string, rows []string) {
		fmt.Fprintf(&b, "#define %s(X)", name)
		for i, r := range rows {
			if i%4 == 0 {
				b.WriteString(" \\\n\t")
			} else {
				b.WriteString(" ")
			}
			b.WriteString("X(" + r + ")")
		}
		b.WriteString("\n\n")
	}
	tiers := func(t Tiers) (rows []string) {
		first, code := 0, 0 // of the tier: the value of the next eight bits, and the code
		for i, length := range t.Len {
			last := first + t.Count[i]<<(prefixBits-length) - 1
			rows = append(rows, fmt.Sprintf("%d, %d, %d, %d", length, t.Count[i], last, (code-first>>(prefixBits-length))&0xff))
			first, code = last+1, code+t.Count[i]
		}
		return rows
	}
	var rows []string
	for _, r := range t.Templates {
		rows = append(rows, fmt.Sprintf("0x%02x, %d, %d, %d, %d, %d", r.Op, r.Dst, r.Src, r.Off, r.Imm, r.C))
	}
	macro("IMAGE_PACKED_TEMPLATES", rows)
	macro("IMAGE_PACKED_TEMPLATE_TIERS", tiers(t.TemplateTiers))
	rows = nil
	for _, s := range t.Dictionary.Symbols {
		rows = append(rows, fmt.Sprintf("0x%02x, 0x%02x", s[0], s[1]))
	}
	macro("IMAGE_PACKED_SYMBOLS", rows)
	macro("IMAGE_PACKED_SYMBOL_TIERS", tiers(t.Dictionary.Tiers))
	fmt.Fprintf(&b, "enum { IMAGE_PACKED_DEPTH = %d }; /* of the deepest symbol */\n\n#endif\n", t.Dictionary.depth())
	return b.String()
}

// depth is how many second parts wait at once while a symbol is taken apart.
func (d *Dictionary) depth() int {
	var of func(part byte) int
	of = func(part byte) int {
		if part < 0x80 || d.Symbols[part-0x80][1] == None {
			return 0
		}
		s := d.Symbols[part-0x80]
		return max(1+of(s[0]), of(s[1]))
	}
	deepest := 0
	for i := range d.Symbols {
		deepest = max(deepest, of(0x80+byte(i)))
	}
	return deepest
}
