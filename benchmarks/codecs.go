// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"slices"
)

// What packs, unpacks and encrypts.

// lz4Text is what gets packed: records that repeat, with noise between.
func lz4Text(size int) []byte {
	var text []byte
	for i := 0; len(text) < size; i++ {
		text = append(text, "sensor/"...)
		text = append(text, "temperature=humidity=pressure="[i%3*10:][:10]...)
		text = append(text, random(make([]byte, i%13), uint32(i+1))...)
		if i%7 == 0 {
			text = append(text, bytes.Repeat([]byte{byte(i)}, 40)...)
		}
	}
	return text[:size]
}

// lz4Pack makes a block of the LZ4 format, by looking for the last place of each four bytes.
func lz4Pack(text []byte) []byte {
	var packed []byte
	length := func(n int) {
		for n -= 15; n >= 255; n -= 255 {
			packed = append(packed, 255)
		}
		packed = append(packed, byte(n))
	}
	places := map[string]int{}
	from := 0 // of the literals not yet written
	emit := func(to, back, n int) {
		token := min(to-from, 15) << 4
		if n > 0 {
			token |= min(n-4, 15)
		}
		packed = append(packed, byte(token))
		if to-from >= 15 {
			length(to - from)
		}
		packed = append(packed, text[from:to]...)
		if n == 0 {
			return
		}
		packed = le.AppendUint16(packed, uint16(back))
		if n-4 >= 15 {
			length(n - 4)
		}
		from = to + n
	}
	for at := 0; at+12 < len(text); {
		four := string(text[at:][:4])
		place, ok := places[four]
		places[four] = at
		if !ok || at-place > 65535 {
			at++
			continue
		}
		n := 4
		for at+n < len(text)-5 && text[place+n] == text[at+n] {
			n++
		}
		emit(at, at-place, n)
		at += n
	}
	emit(len(text), 0, 0)
	return packed
}

var lz4 = Benchmark{
	Name:         "lz4",
	Doc:          "decodes a block of the LZ4 format; size in bytes of output",
	Object:       object("lz4"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes / 2,
	Input: func(size int) []byte {
		packed := lz4Pack(lz4Text(size))
		ctx := le.AppendUint32(nil, uint32(len(packed)))
		ctx = append(le.AppendUint32(ctx, uint32(size)), packed...)
		return append(ctx, make([]byte, size)...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 8, 1)
		if !ok || uint64(le.Uint32(ctx[4:])) > uint64(len(ctx)-8-n) {
			return Refused, nil
		}
		text := lz4Text(int(le.Uint32(ctx[4:])))
		after := bytes.Clone(ctx)
		copy(after[8+n:], text)
		return uint64(len(text)), after
	},
}

// huffmanCode is the canonical code of a text: how many codes each length has, and the symbols in their order.
func huffmanCode(text []byte) (count [16]uint16, order []byte) {
	type tree struct {
		weight  int
		symbols []byte
	}
	var frequency [256]int
	for _, b := range text {
		frequency[b]++
	}
	var trees []tree
	for b, n := range frequency {
		if n > 0 {
			trees = append(trees, tree{n, []byte{byte(b)}})
		}
	}
	var length [256]int
	if len(trees) == 1 {
		length[trees[0].symbols[0]] = 1
	}
	for len(trees) > 1 { // Huffman, 1952: the two lightest become one
		slices.SortStableFunc(trees, func(a, b tree) int { return cmp.Compare(b.weight, a.weight) })
		n := len(trees) - 2
		trees[n] = tree{trees[n].weight + trees[n+1].weight, slices.Concat(trees[n].symbols, trees[n+1].symbols)}
		trees = trees[:n+1]
		for _, b := range trees[n].symbols {
			length[b]++
		}
	}
	for l := 1; l < len(count); l++ {
		for b, n := range length {
			if n == l {
				order = append(order, byte(b))
				count[l]++
			}
		}
	}
	return count, order
}

// huffmanText is English-like: some letters are frequent.
func huffmanText(size int) []byte {
	const letters = "eeeeeeetttttaaaaooooiiiinnnnsssshhhrrrddlluuccmmffwwyyggppbvk      .,"
	text := random(make([]byte, size), 8)
	for i, b := range text {
		text[i] = letters[int(b)%len(letters)]
	}
	return text
}

const huffmanHeader = 8 + 32 + 256

var huffman = Benchmark{
	Name:         "huffman",
	Doc:          "decodes a canonical Huffman code bit by bit; size in symbols",
	Object:       object("huffman"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes / 4,
	Input: func(size int) []byte {
		text := huffmanText(size)
		count, order := huffmanCode(text)
		type code struct{ bits, length int }
		codes := map[byte]code{}
		next, at := 0, 0
		for length := 1; length < len(count); length++ {
			next *= 2
			for range count[length] {
				codes[order[at]] = code{next, length}
				next++
				at++
			}
		}
		var packed []byte
		n := 0
		for _, b := range text {
			for i := codes[b].length - 1; i >= 0; i-- {
				if n%8 == 0 {
					packed = append(packed, 0)
				}
				packed[n/8] |= byte(codes[b].bits>>i&1) << (n % 8)
				n++
			}
		}
		ctx := le.AppendUint32(nil, uint32(size))
		ctx = le.AppendUint32(ctx, uint32(len(packed)))
		for _, c := range count {
			ctx = le.AppendUint16(ctx, c)
		}
		ctx = append(append(ctx, order...), make([]byte, 256-len(order))...)
		return append(append(ctx, packed...), make([]byte, size)...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		if len(ctx) < huffmanHeader {
			return Refused, nil
		}
		size, packed := int(le.Uint32(ctx)), int(le.Uint32(ctx[4:]))
		if size+packed > len(ctx)-huffmanHeader {
			return Refused, nil
		}
		text := huffmanText(size)
		count, order := huffmanCode(text)
		length := map[byte]int{}
		at := 0
		for l, n := range count {
			for range n {
				length[order[at]] = l
				at++
			}
		}
		var bits, hash uint32
		for _, b := range text {
			bits += uint32(length[b])
			hash = hash*31 + uint32(b)
		}
		after := bytes.Clone(ctx)
		copy(after[huffmanHeader+packed:], text)
		return uint64(bits)<<32 | uint64(hash), after
	},
}

var aes128 = Benchmark{
	Name:         "aes128",
	Doc:          "AES-128 without tables; size in blocks of 16 bytes",
	Object:       object("aes128"),
	Sized:        true,
	DefaultSizes: sizes(1, 16),
	MaxSize:      64,
	Input: func(blocks int) []byte {
		ctx := make([]byte, 4+16+16*blocks)
		random(ctx[4:], uint32(blocks+1))
		le.PutUint32(ctx, uint32(blocks))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 20, 16)
		if !ok {
			return Refused, nil
		}
		block, err := aes.NewCipher(ctx[4:20])
		if err != nil {
			panic("BUG: " + err.Error())
		}
		after := bytes.Clone(ctx)
		var mix uint32
		for b := range slices.Chunk(after[20:][:16*n], 16) {
			block.Encrypt(b, b)
			mix ^= le.Uint32(b)
		}
		return uint64(mix), after
	},
}
