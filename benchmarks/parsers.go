// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What takes text and messages apart.

// cborHead begins an item: a major type and its number.
func cborHead(p []byte, kind byte, n uint32) []byte {
	switch {
	case n < 24:
		return append(p, kind<<5|byte(n))
	case n < 1<<8:
		return append(p, kind<<5|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(p, kind<<5|25), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(p, kind<<5|26), n)
}

// cborRecord is a SenML-like reading: a map with a name, a time, a tagged value and an array.
func cborRecord(p []byte, i uint32) []byte {
	text := func(p []byte, s string) []byte { return append(cborHead(p, 3, uint32(len(s))), s...) }
	p = cborHead(p, 5, 4)
	p = text(text(p, "n"), fmt.Sprintf("urn:dev:%d", i*i))
	p = cborHead(text(p, "t"), 0, 1700000000+i*60)
	p = cborHead(cborHead(text(p, "v"), 6, 4), 4, 2)
	p = cborHead(cborHead(p, 1, 1), 0, i*217)
	p = cborHead(text(p, "s"), 4, i%5)
	for k := range i % 5 {
		p = cborHead(p, byte(k%2), i<<(4*k))
	}
	return p
}

// cborItem reads an item and what is in it; a hash of all heads in the order of reading.
func cborItem(p []byte, depth int, visit func(kind, number uint32)) (rest []byte, ok bool) {
	if len(p) == 0 {
		return nil, false
	}
	kind, info := uint32(p[0]>>5), p[0]&31
	p = p[1:]
	number := uint32(info)
	if info >= 24 {
		n := 1 << (info - 24)
		if info > 27 || len(p) < n {
			return nil, false
		}
		number = 0
		for _, b := range p[:n] {
			number = number<<8 | uint32(b)
		}
		p = p[n:]
	}
	visit(kind, number)
	inside := uint32(0)
	switch kind {
	case 2, 3:
		if uint64(number) > uint64(len(p)) {
			return nil, false
		}
		return p[number:], true
	case 4:
		inside = number
	case 5:
		inside = 2 * number
	case 6:
		inside = 1
	}
	if inside > 0 && depth == 16 {
		return nil, false
	}
	for range inside {
		if p, ok = cborItem(p, depth+1, visit); !ok {
			return nil, false
		}
	}
	return p, true
}

var cbor = Benchmark{
	Name:         "cbor",
	Doc:          "items of CBOR messages, read by functions through a cursor; size in records",
	Object:       object("cbor"),
	Sized:        true,
	DefaultSizes: sizes(1, 64),
	MaxSize:      256,
	Input: func(records int) []byte {
		ctx := make([]byte, 4)
		for i := range records {
			ctx = cborRecord(ctx, uint32(i))
		}
		le.PutUint32(ctx, uint32(len(ctx)-4))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		data, ok := lengthFits(ctx)
		if !ok {
			return Refused, nil
		}
		var items, hash uint32
		for len(data) > 0 {
			data, ok = cborItem(data, 0, func(kind, number uint32) {
				items++
				hash = (hash*31+kind)*31 + number
			})
			if !ok {
				return Refused, nil
			}
		}
		return uint64(items)<<32 | uint64(hash), nil
	},
}

var json = Benchmark{
	Name:         "json",
	Doc:          "tokens of JSON; size in bytes of text",
	Object:       object("json"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MinSize:      2,
	MaxSize:      maxBytes,
	Input: func(size int) []byte {
		text := []byte{'['}
		for i := 0; ; i++ {
			record := fmt.Sprintf(`{"id":%d, "name": "node \"%c\"", "ok": %t, "values": [%d.5, -%de2, null]},`,
				i, 'a'+i%26, i%3 == 0, i*7%100, i%9)
			if len(text)+len(record) >= size {
				break
			}
			text = append(text, record...)
		}
		text = append(bytes.TrimSuffix(text, []byte{','}), ']')
		text = append(text, strings.Repeat(" ", size-len(text))...)
		return append(le.AppendUint32(nil, uint32(size)), text...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		text, ok := lengthFits(ctx)
		if !ok {
			return Refused, nil
		}
		var tokens, hash uint32
		token := func(start, length int) {
			tokens++
			hash = (hash*31+uint32(start))*31 + uint32(length)
		}
		var open []byte
		for at := 0; at < len(text); {
			start, c := at, text[at]
			at++
			switch c {
			case ' ', '\n', '\t', '\r', ',', ':':
			case '{', '[':
				if len(open) == 31 {
					return Refused, nil
				}
				open = append(open, c+2)
				token(start, 1)
			case '}', ']':
				if len(open) == 0 || open[len(open)-1] != c {
					return Refused, nil
				}
				open = open[:len(open)-1]
			case '"':
				for at < len(text) && text[at] != '"' {
					if text[at] == '\\' {
						at++
					}
					at++
				}
				if at >= len(text) {
					return Refused, nil
				}
				at++
				token(start, at-start)
			default:
				n := bytes.IndexAny(text[at:], " \n\t\r,:}]")
				if n < 0 {
					n = len(text) - at
				}
				at += n
				token(start, at-start)
			}
		}
		if len(open) > 0 {
			return Refused, nil
		}
		return uint64(tokens)<<32 | uint64(hash), nil
	},
}

const nmeaHeader = 16

// nmeaSentence puts a checksum and a line end around a sentence.
func nmeaSentence(body string) string {
	sum := byte(0)
	for i := range len(body) {
		sum ^= body[i]
	}
	return fmt.Sprintf("$%s*%02X\r\n", body, sum)
}

var nmea = Benchmark{
	Name:         "nmea",
	Doc:          "positions in a GPS receiver's NMEA 0183 sentences; size in sentences",
	Object:       object("nmea"),
	Sized:        true,
	DefaultSizes: sizes(1, 32),
	MaxSize:      256,
	Input: func(sentences int) []byte {
		ctx := make([]byte, nmeaHeader)
		for i := range sentences {
			body := fmt.Sprintf("GPGGA,%06d,%02d%02d.%04d,%c,%03d%02d.%04d,%c,1,08,0.9,545.4,M,46.9,M,,", 120000+i,
				(48+i)%90, i*7%60, i*1237%10000, "NS"[i%2], (11+i*5)%180, i*11%60, i*731%10000, "EW"[i/2%2])
			if i%4 == 3 {
				body = fmt.Sprintf("GPVTG,%03d.7,T,034.4,M,005.5,N,010.2,K", i)
			}
			s := []byte(nmeaSentence(body))
			if i%8 == 6 {
				s[9] ^= 1
			}
			ctx = append(ctx, s...)
		}
		le.PutUint32(ctx, uint32(len(ctx)-nmeaHeader))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, nmeaHeader, 1)
		if !ok {
			return Refused, nil
		}
		angle := func(s string) (int32, bool) {
			degrees, minutes, ok := strings.Cut(s, ".")
			d, err := strconv.Atoi(degrees)
			minutes = (minutes + "0000")[:4]
			m, err2 := strconv.Atoi(minutes)
			return int32((d/100*60+d%100)*10000 + m), ok && err == nil && err2 == nil
		}
		after := bytes.Clone(ctx)
		var fixes, bad uint64
		for line := range strings.SplitSeq(string(ctx[nmeaHeader:][:n]), "\r\n") {
			if line == "" {
				continue
			}
			body, _, _ := strings.Cut(strings.TrimPrefix(line, "$"), "*")
			if line+"\r\n" != nmeaSentence(body) {
				bad++
				continue
			}
			f := strings.Split(body, ",")
			if f[0] != "GPGGA" {
				continue
			}
			latitude, ok := angle(f[2])
			longitude, ok2 := angle(f[4])
			if !ok || !ok2 {
				bad++
				continue
			}
			if f[3] == "S" {
				latitude = -latitude
			}
			if f[5] == "W" {
				longitude = -longitude
			}
			le.PutUint32(after[4:], uint32(latitude))
			le.PutUint32(after[8:], uint32(longitude))
			fixes++
		}
		return bad<<32 | fixes, after
	},
}

var strsearch = Benchmark{
	Name:         "strsearch",
	Doc:          "occurrences of a pattern in text (Horspool); size in bytes of text",
	Object:       object("strsearch"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes / 2,
	Input: func(size int) []byte {
		const pattern = "fever"
		ctx := le.AppendUint32(nil, uint32(len(pattern)))
		ctx = append(le.AppendUint32(ctx, uint32(size)), pattern...)
		text := random(make([]byte, size), 12)
		for i, b := range text {
			text[i] = "efrv e"[b%6]
		}
		for i := 30; i+len(pattern) <= size; i += 97 {
			copy(text[i:], pattern)
		}
		return append(ctx, text...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		m, ok := arrayFits(ctx, 8, 1)
		if !ok || uint64(le.Uint32(ctx[4:])) > uint64(len(ctx)-8-m) || m == 0 || m > 64 {
			return Refused, nil
		}
		pattern, text := ctx[8:][:m], ctx[8+m:][:le.Uint32(ctx[4:])]
		var found, last uint64
		for at := range text {
			if bytes.HasPrefix(text[at:], pattern) {
				found++
				last = uint64(at)
			}
		}
		return found<<32 | last, nil
	},
}

const editdistMax = 32

// editDistance between two words, by recursion with a memory.
func editDistance(a, b []byte) uint64 {
	type key struct{ a, b int }
	known := map[key]uint64{}
	var distance func(a, b []byte) uint64
	distance = func(a, b []byte) uint64 {
		if len(a) == 0 || len(b) == 0 {
			return uint64(len(a) + len(b))
		}
		k := key{len(a), len(b)}
		if d, ok := known[k]; ok {
			return d
		}
		d := min(distance(a[1:], b), distance(a, b[1:])) + 1
		same := distance(a[1:], b[1:])
		if a[0] != b[0] {
			same++
		}
		known[k] = min(d, same)
		return known[k]
	}
	return distance(a, b)
}

var editdist = Benchmark{
	Name:         "editdist",
	Doc:          "edit distances of words from one word; size in words",
	Object:       object("editdist"),
	Sized:        true,
	DefaultSizes: sizes(2, 32),
	MaxSize:      512,
	Input: func(words int) []byte {
		ctx := le.AppendUint32(nil, uint32(words))
		for i := range words {
			var word [editdistMax]byte
			letters := random(make([]byte, 8+i%20), uint32(i/3+1))
			for k, b := range letters {
				word[k] = 'a' + b%6
			}
			if i%3 != 0 {
				word[i%8] = 'z'
			}
			ctx = append(ctx, word[:]...)
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, editdistMax)
		if !ok {
			return Refused, nil
		}
		word := func(i int) []byte {
			w, _, _ := bytes.Cut(ctx[4+editdistMax*i:][:editdistMax], []byte{0})
			return w
		}
		best, nearest, sum := uint64(math.MaxUint64), uint64(0), uint64(0)
		for i := 1; i < n; i++ {
			d := editDistance(word(0), word(i))
			sum += d
			if d < best {
				best, nearest = d, uint64(i)
			}
		}
		return nearest<<32 | sum, nil
	},
}
