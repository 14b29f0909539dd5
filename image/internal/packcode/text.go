// SPDX-License-Identifier: GPL-2.0-or-later

package packcode

import (
	"bytes"
	"cmp"
	"slices"
)

// Symbol is a row of the dictionary of text: two parts, each a character below 0x80 or 0x80 + the
// row it stands for. A row for a single character has None as its second part.
type Symbol [2]byte

// None is no second part.
const None = 0xff

// Dictionary is the code of text: rows, and behind the last one the code of a raw byte, which follows.
type Dictionary struct {
	Symbols []Symbol
	Tiers   Tiers
	text    [][]byte // what each row stands for
}

// SymbolsMax is the largest dictionary: a row is named in seven bits.
const SymbolsMax = 126

// expand fills in what the rows stand for.
func (d *Dictionary) expand() {
	d.text = make([][]byte, len(d.Symbols))
	var of func(part byte) []byte
	of = func(part byte) []byte {
		if part < 0x80 {
			return []byte{part}
		}
		s := d.Symbols[part-0x80]
		if s[1] == None {
			return []byte{s[0]}
		}
		return append(of(s[0]), of(s[1])...)
	}
	for i := range d.Symbols {
		d.text[i] = of(0x80 + byte(i))
	}
}

// Token is one step of coded text.
type Token struct {
	Code   int // row, or RawCode
	Raw    byte
	Length int // of what it stands for
}

// RawCode follows the rows.
func (d *Dictionary) RawCode() int { return len(d.Symbols) }

// Parse finds the shortest code of data, and its length in bits. Of equally short ones it takes the
// one whose last step has the lowest code, and so on to the front.
func (d *Dictionary) Parse(data []byte) ([]Token, int) {
	if d.text == nil {
		d.expand()
	}
	byFirst := map[byte][]int{}
	for i, t := range d.text {
		byFirst[t[0]] = append(byFirst[t[0]], i)
	}
	const far = 1 << 30
	cost := make([]int, len(data)+1)
	step := make([]Token, len(data)+1)
	for i := 1; i <= len(data); i++ {
		cost[i] = far
	}
	offer := func(from, to, bits int, t Token) {
		if c := cost[from] + bits; c < cost[to] || c == cost[to] && t.Code < step[to].Code {
			cost[to], step[to] = c, t
		}
	}
	rawBits := d.Tiers.Length(d.RawCode()) + 8
	for at := range data {
		for _, i := range byFirst[data[at]] {
			if bytes.HasPrefix(data[at:], d.text[i]) {
				offer(at, at+len(d.text[i]), d.Tiers.Length(i), Token{Code: i, Length: len(d.text[i])})
			}
		}
		offer(at, at+1, rawBits, Token{Code: d.RawCode(), Raw: data[at], Length: 1})
	}
	var tokens []Token
	for at := len(data); at > 0; at -= step[at].Length {
		tokens = append(tokens, step[at])
	}
	slices.Reverse(tokens)
	return tokens, cost[len(data)]
}

// TrainDictionary makes a dictionary of n rows by byte-pair encoding, `pairs` of them pairs, and
// fits its tiers.
func TrainDictionary(texts [][]byte, pairs, n int, lengths []int) *Dictionary {
	sequences := make([][]int, len(texts)) // of characters, and of 256 + pair
	for i, t := range texts {
		for _, c := range t {
			sequences[i] = append(sequences[i], int(c))
		}
	}
	var made [][2]int
	for len(made) < pairs {
		count := map[[2]int]int{}
		for _, s := range sequences {
			for i := 1; i < len(s); i++ {
				if s[i-1]&^127 == 0 || s[i-1] >= 256 {
					if s[i]&^127 == 0 || s[i] >= 256 {
						count[[2]int{s[i-1], s[i]}]++
					}
				}
			}
		}
		best := [2]int{-1, -1}
		for p, c := range count {
			if best[0] < 0 || c > count[best] || c == count[best] && (p[0] < best[0] || p[0] == best[0] && p[1] < best[1]) {
				best = p
			}
		}
		if best[0] < 0 || count[best] < 2 {
			break
		}
		id := 256 + len(made)
		made = append(made, best)
		for k, s := range sequences {
			var out []int
			for i := 0; i < len(s); i++ {
				if i+1 < len(s) && s[i] == best[0] && s[i+1] == best[1] {
					out = append(out, id)
					i++
				} else {
					out = append(out, s[i])
				}
			}
			sequences[k] = out
		}
	}
	// Rows: the pairs, then the commonest single characters.
	d := &Dictionary{}
	row := func(part int) byte {
		if part >= 256 {
			return byte(0x80 + part - 256)
		}
		return byte(part)
	}
	for _, p := range made {
		d.Symbols = append(d.Symbols, Symbol{row(p[0]), row(p[1])})
	}
	single := map[byte]int{}
	for _, s := range sequences {
		for _, c := range s {
			if c < 128 {
				single[byte(c)]++
			}
		}
	}
	var chars []byte
	for c := range single {
		chars = append(chars, c)
	}
	slices.SortFunc(chars, func(a, b byte) int { return cmp.Or(cmp.Compare(single[b], single[a]), cmp.Compare(a, b)) })
	for _, c := range chars {
		if len(d.Symbols) < n {
			d.Symbols = append(d.Symbols, Symbol{c, None})
		}
	}
	d.Tiers = Tiers{Len: []int{7}, Count: []int{len(d.Symbols) + 1}}
	for round := 0; round < 8; round++ {
		d.expand()
		use := make([]float64, len(d.Symbols)+1)
		for _, t := range texts {
			tokens, _ := d.Parse(t)
			for _, k := range tokens {
				use[k.Code]++
			}
		}
		d.reorder(use, lengths)
	}
	d.expand()
	return d
}

// reorder sorts the rows by use and fits the tiers.
func (d *Dictionary) reorder(use []float64, lengths []int) {
	n := len(d.Symbols)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(use[b], use[a]) })
	place := make([]byte, n)
	weights := make([]float64, n+1)
	for to, from := range order {
		place[from] = byte(to)
		weights[to] = use[from]
	}
	weights[n] = use[n]
	moved := make([]Symbol, n)
	for to, from := range order {
		s := d.Symbols[from]
		for k := range s {
			if s[k] >= 0x80 && s[k] != None {
				s[k] = 0x80 + place[s[k]-0x80]
			}
		}
		moved[to] = s
	}
	d.Symbols, d.Tiers = moved, fitTiers(weights, lengths)
}
