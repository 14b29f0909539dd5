// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import "encoding/binary"

var coap = Benchmark{
	Name:         "coap",
	Doc:          "headers of UDP datagrams with CoAP requests, some malformed; size in datagrams",
	Object:       object("coap"),
	Sized:        true,
	DefaultSizes: sizes(1, 32),
	MaxSize:      1024,
	Input: func(packets int) []byte {
		ctx := le.AppendUint32(nil, uint32(packets))
		for i := range packets {
			p := coapDatagram(uint32(i))
			ctx = le.AppendUint16(ctx, uint16(len(p)))
			ctx = append(ctx, p...)
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		if len(ctx) < 4 {
			return Refused, nil
		}
		var good, all uint32
		rest := ctx[4:]
		for range le.Uint32(ctx) {
			if len(rest) < 2 || len(rest)-2 < int(le.Uint16(rest)) {
				return Refused, nil
			}
			n := int(le.Uint16(rest))
			hash, ok := coapHash(rest[2:][:n])
			all *= 31
			if ok {
				good++
				all += hash
			}
			rest = rest[2+n:]
		}
		return uint64(good)<<32 | uint64(all), nil
	},
}

const coapPort = 5683

// coapDatagram makes the i-th datagram: a GET with a token, some of its options long, and every
// eighth broken in one place.
func coapDatagram(i uint32) []byte {
	r := random(make([]byte, 64), i+1)
	option := func(message []byte, delta int, value []byte) []byte {
		nibble := func(n int) (byte, []byte) {
			switch {
			case n < 13:
				return byte(n), nil
			case n < 269:
				return 13, []byte{byte(n - 13)}
			}
			return 14, binary.BigEndian.AppendUint16(nil, uint16(n-269))
		}
		d, moreDelta := nibble(delta)
		l, moreLength := nibble(len(value))
		message = append(message, d<<4|l)
		message = append(append(message, moreDelta...), moreLength...)
		return append(message, value...)
	}
	token := r[:r[0]%9]
	message := append([]byte{1<<6 | byte(len(token)), 1, r[1], r[2]}, token...)
	message = option(message, 3, []byte("node.example"))
	message = option(message, 8, []byte("sensors"))                             // Uri-Path
	message = option(message, 0, []byte("temperature-of-the-boiler")[:r[3]%26]) // Uri-Path
	message = option(message, 1, []byte{byte(i)})
	if r[4]%2 == 0 {
		message = option(message, 300, r[5:][:r[5]%40])
	}
	if r[6]%3 != 0 {
		message = append(append(message, 0xff), r[7:][:1+r[7]%32]...)
	}
	if i%8 == 7 {
		message[int(r[8])%len(message)] ^= 1 << (r[9] % 8)
	}
	p := binary.BigEndian.AppendUint16(nil, 49152+uint16(i))
	p = binary.BigEndian.AppendUint16(p, coapPort)
	p = binary.BigEndian.AppendUint16(p, uint16(8+len(message)))
	p = append(p, 0, 0)
	return append(p, message...)
}

// coapHash is what the kernel computes of a well-formed request.
func coapHash(p []byte) (hash uint32, ok bool) {
	be := binary.BigEndian
	if len(p) < 12 || be.Uint16(p[2:]) != coapPort || int(be.Uint16(p[4:])) != len(p) {
		return 0, false
	}
	message := p[8:]
	tokenLength := int(message[0] & 15)
	if message[0]>>6 != 1 || tokenLength > 8 || 4+tokenLength > len(message) {
		return 0, false
	}
	hash = uint32(message[1])<<16 | uint32(be.Uint16(message[2:]))
	rest := message[4+tokenLength:]
	take := func(n int) (taken []byte, ok bool) {
		if n > len(rest) {
			return nil, false
		}
		taken, rest = rest[:n], rest[n:]
		return taken, true
	}
	extended := func(nibble byte) (n int, ok bool) {
		switch nibble {
		case 13:
			b, ok := take(1)
			if !ok {
				return 0, false
			}
			return 13 + int(b[0]), true
		case 14:
			b, ok := take(2)
			if !ok {
				return 0, false
			}
			return 269 + int(be.Uint16(b)), true
		}
		return int(nibble), nibble != 15
	}
	number := 0
	for len(rest) > 0 && rest[0] != 0xff {
		head, _ := take(1)
		delta, ok := extended(head[0] >> 4)
		if !ok {
			return 0, false
		}
		length, ok := extended(head[0] & 15)
		if !ok {
			return 0, false
		}
		value, ok := take(length)
		if !ok {
			return 0, false
		}
		number += delta
		hash = hash*31 + uint32(number)
		if number == 11 {
			for _, b := range value {
				hash = hash*31 + uint32(b)
			}
		}
	}
	if len(rest) == 1 { // a marker without a payload
		return 0, false
	}
	return max(1, hash*31+uint32(len(rest))), true
}
