// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
)

// What looks at packets: a classifier, a routing table, a receiver of frames, a ring of messages.

const (
	ruleBytes   = 24
	packetBytes = 24
	rules       = 12
)

var classify = Benchmark{
	Name:         "classify",
	Doc:          "the first of twelve rules that fits an IPv4 packet; size in packets",
	Object:       object("classify"),
	Sized:        true,
	DefaultSizes: sizes(4, 128),
	MaxSize:      1024,
	Input: func(packets int) []byte {
		r := random(make([]byte, 16*rules+8*packets), 21)
		ctx := le.AppendUint32(nil, rules)
		ctx = le.AppendUint32(ctx, uint32(packets))
		for i := range rules {
			b := r[16*i:]
			bits := func(n byte) uint32 { return ^uint32(0) << (32 - 8*uint32(n%3+1)) }
			sourceMask, targetMask := bits(b[0]), bits(b[1])
			if i%4 == 3 {
				sourceMask = 0
			}
			ctx = le.AppendUint32(ctx, (10<<24|uint32(b[2]%4)<<16|uint32(b[3]%4)<<8)&sourceMask)
			ctx = le.AppendUint32(ctx, sourceMask)
			ctx = le.AppendUint32(ctx, (192<<24|168<<16|uint32(b[4]%4)<<8)&targetMask)
			ctx = le.AppendUint32(ctx, targetMask)
			low := uint16(b[5]) << 4
			ctx = le.AppendUint16(ctx, low)
			ctx = le.AppendUint16(ctx, low+uint16(b[6])<<4)
			ctx = append(ctx, []byte{0, 6, 17}[b[7]%3], byte(i+1), 0, 0)
		}
		for i := range packets {
			b := r[16*rules+8*i:]
			packet := [packetBytes]byte{0: 0x45, 8: 64, 9: []byte{6, 17}[b[0]%2], 12: 10, 13: b[1] % 4, 14: b[2] % 4,
				15: b[3], 16: 192, 17: 168, 18: b[4] % 4, 19: b[5], 22: b[6] >> 3, 23: b[7]}
			if i%16 == 15 {
				packet[0] = 0x46
			}
			ctx = append(ctx, packet[:]...)
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 8, ruleBytes)
		if !ok || uint64(le.Uint32(ctx[4:]))*packetBytes > uint64(len(ctx)-8-n*ruleBytes) {
			return Refused, nil
		}
		var matched, all uint32
		for packet := range slices.Chunk(ctx[8+n*ruleBytes:][:le.Uint32(ctx[4:])*packetBytes], packetBytes) {
			if packet[0] != 0x45 {
				continue
			}
			be := binary.BigEndian
			fits := func(rule []byte) bool {
				port := be.Uint16(packet[22:])
				return be.Uint32(packet[12:])&le.Uint32(rule[4:]) == le.Uint32(rule) &&
					be.Uint32(packet[16:])&le.Uint32(rule[12:]) == le.Uint32(rule[8:]) &&
					port >= le.Uint16(rule[16:]) && port <= le.Uint16(rule[18:]) &&
					(rule[20] == 0 || rule[20] == packet[9])
			}
			all *= 31
			for rule := range slices.Chunk(ctx[8:][:n*ruleBytes], ruleBytes) {
				if fits(rule) {
					matched++
					all += uint32(rule[21])
					break
				}
			}
		}
		return uint64(matched)<<32 | uint64(all), nil
	},
}

// routes of the routing table, as prefix and number.
func routes() map[netip.Prefix]uint16 {
	table := map[netip.Prefix]uint16{}
	r := random(make([]byte, 5*48), 33)
	for i := range 48 {
		b := r[5*i:]
		bits := 4 + int(b[4])%29
		prefix, _ := netip.AddrFrom4([4]byte{b[0] & 0x3f, b[1], b[2], b[3]}).Prefix(bits)
		table[prefix] = uint16(i + 1)
	}
	return table
}

var lpm = Benchmark{
	Name:         "lpm",
	Doc:          "longest matching prefix in a binary trie of routes; size in addresses",
	Object:       object("lpm"),
	Sized:        true,
	DefaultSizes: sizes(8, 256),
	MaxSize:      2048,
	Input: func(addresses int) []byte {
		nodes := [][3]uint16{{}}
		table := routes()
		prefixes := make([]netip.Prefix, 0, len(table))
		for p := range table {
			prefixes = append(prefixes, p)
		}
		slices.SortFunc(prefixes, func(a, b netip.Prefix) int { return int(table[a]) - int(table[b]) })
		for _, p := range prefixes {
			at, address := uint16(0), binary.BigEndian.Uint32(p.Addr().AsSlice())
			for i := range p.Bits() {
				child := &nodes[at][address<<i>>31]
				if *child == 0 {
					*child = uint16(len(nodes))
					at = *child
					nodes = append(nodes, [3]uint16{})
				} else {
					at = *child
				}
			}
			nodes[at][2] = table[p]
		}
		ctx := le.AppendUint32(nil, uint32(len(nodes)))
		ctx = le.AppendUint32(ctx, uint32(addresses))
		r := random(make([]byte, 5*addresses), 34)
		for i := range addresses {
			b := r[5*i:]
			address := uint32(b[0]&0x3f)<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
			if b[4]%4 != 0 { // near a route
				p := prefixes[int(b[4])%len(prefixes)]
				mask := ^uint32(0) >> p.Bits()
				address = binary.BigEndian.Uint32(p.Addr().AsSlice()) | address&mask
			}
			ctx = le.AppendUint32(ctx, address)
		}
		for _, node := range nodes {
			for _, v := range node {
				ctx = le.AppendUint16(ctx, v)
			}
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		if len(ctx) < 8 {
			return Refused, nil
		}
		n, nodes := uint64(le.Uint32(ctx[4:])), uint64(le.Uint32(ctx))
		if nodes == 0 || n*4+nodes*6 > uint64(len(ctx)-8) {
			return Refused, nil
		}
		node := func(at uint16, field int) uint16 { return le.Uint16(ctx[8+4*n+6*uint64(at)+2*uint64(field):]) }
		var found, hash uint32
		for i := range n {
			address, at, route := le.Uint32(ctx[8+4*i:]), uint16(0), uint16(0)
			for depth := range 33 {
				if r := node(at, 2); r != 0 {
					route = r
				}
				if depth == 32 {
					break
				}
				at = node(at, int(address<<depth>>31))
				if at == 0 || uint64(at) >= nodes {
					break
				}
			}
			if route != 0 {
				found++
			}
			hash = hash*31 + uint32(route)
		}
		return uint64(found)<<32 | uint64(hash), nil
	},
}

const (
	slipEnd, slipEsc       = 0xc0, 0xdb
	slipEscEnd, slipEscEsc = 0xdc, 0xdd
)

// crcX25 is the CRC-16 of HDLC frames, bit by bit.
func crcX25(p []byte) uint16 {
	crc := uint16(0xffff)
	for _, b := range p {
		crc ^= uint16(b)
		for range 8 {
			carry := crc & 1
			crc >>= 1
			if carry == 1 {
				crc ^= 0x8408
			}
		}
	}
	return ^crc
}

// slipFrame is a payload with its checksum between two ends.
func slipFrame(payload []byte) []byte {
	frame := []byte{slipEnd}
	for _, b := range le.AppendUint16(bytes.Clone(payload), crcX25(payload)) {
		switch b {
		case slipEnd:
			frame = append(frame, slipEsc, slipEscEnd)
		case slipEsc:
			frame = append(frame, slipEsc, slipEscEsc)
		default:
			frame = append(frame, b)
		}
	}
	return append(frame, slipEnd)
}

var slip = Benchmark{
	Name:         "slip",
	Doc:          "frames from a serial line, escapes and CRC-16, some damaged; size in bytes",
	Object:       object("slip"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes,
	Input: func(size int) []byte {
		var line []byte
		for i := 0; len(line) < size; i++ {
			payload := random(make([]byte, 1+i*7%45), uint32(i+1))
			if len(payload) > 2 {
				payload[1] = slipEnd
				payload[2] = slipEsc
			}
			frame := slipFrame(payload)
			if i%8 == 5 {
				frame[len(frame)/2] ^= 4
			}
			line = append(line, frame...)
		}
		return append(le.AppendUint32(nil, uint32(size)), line[:size]...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		line, ok := lengthFits(ctx)
		if !ok {
			return Refused, nil
		}
		var good, bad, payload uint64
		for {
			start := bytes.IndexByte(line, slipEnd)
			if start < 0 {
				break
			}
			for line = line[start:]; len(line) > 0 && line[0] == slipEnd; {
				line = line[1:]
			}
			var frame []byte
			i, damaged := 0, false
			for ; i < len(line) && line[i] != slipEnd; i++ {
				b := line[i]
				if b == slipEsc {
					if i++; i == len(line) {
						break
					}
					if line[i] != slipEscEnd && line[i] != slipEscEsc {
						damaged = true
						break
					}
					b = slipEnd
					if line[i] == slipEscEsc {
						b = slipEsc
					}
				}
				frame = append(frame, b)
			}
			switch n := len(frame) - 2; {
			case damaged: // what follows, up to the next end, is dropped; a wrong escape may be an end, which is not one
				bad++
				i++
			case i >= len(line): // not complete
			case n > 0 && crcX25(frame[:n]) == le.Uint16(frame[n:]):
				good++
				payload += uint64(n)
				i++
			default:
				bad++
				i++
			}
			line = line[min(i, len(line)):]
		}
		return (good<<16|bad&0xffff)<<32 | payload, nil
	},
}

const (
	ringBytes  = 256
	ringHeader = 12 + ringBytes
)

var ring = Benchmark{
	Name:         "ring",
	Doc:          "ring buffer of messages of varying length; size in pushes and pops",
	Object:       object("ring"),
	Sized:        true,
	DefaultSizes: sizes(16, 512),
	MaxSize:      maxBytes / 2,
	Input: func(commands int) []byte {
		ctx := append(le.AppendUint32(nil, uint32(commands)), make([]byte, 8+ringBytes)...)
		for _, b := range random(make([]byte, commands), 3) {
			if b%2 == 0 {
				b = 0
			} else {
				b = 1 + b>>3
			}
			ctx = append(ctx, b)
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, ringHeader, 1)
		if !ok {
			return Refused, nil
		}
		after := bytes.Clone(ctx)
		written := uint32(0) // bytes that were ever pushed
		push := func(b byte) {
			after[12+written%ringBytes] = b
			written++
		}
		var queue [][]byte
		var popped, hash uint32
		used, fill := 0, uint32(1)
		for _, size := range ctx[ringHeader:][:n] {
			switch {
			case size == 0 && len(queue) > 0:
				for _, b := range queue[0] {
					hash = hash*31 + uint32(b)
				}
				used -= 1 + len(queue[0])
				queue = queue[1:]
				popped++
			case size > 0 && used+1+int(size) <= ringBytes:
				message := make([]byte, size)
				push(size)
				for i := range message {
					fill = fill*1103515245 + 12345
					message[i] = byte(fill >> 16)
					push(message[i])
				}
				queue = append(queue, message)
				used += 1 + int(size)
			}
		}
		le.PutUint32(after[4:], written)
		le.PutUint32(after[8:], written-uint32(used))
		return uint64(popped)<<32 | uint64(hash), after
	},
}
