// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Types of records in an Intel hex file (Intel Hexadecimal Object File Format Specification, 1988).
const (
	hexData = iota
	hexEnd
	hexSegment
	hexStartSegment
	hexLinear
	hexStartLinear
)

// looksLikeHex tells a hex file from an image that happens to begin with a colon.
func looksLikeHex(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimRight(line, "\r \t")
	if len(line) < 11 || line[0] != ':' {
		return false
	}
	_, err := hex.DecodeString(string(line[1:]))
	return err == nil
}

// readHex reads an Intel hex file: its bytes, in pieces that follow each other without gaps, and the address it says to
// start at.
func readHex(text []byte) (pieces []piece, entry *uint32, err error) {
	var at struct{ segment, linear uint32 }
	lineOf := map[uint32]int{} // of each piece's first byte
	number, ended := 0, false
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		kind, offset, data, err := hexRecord(line)
		switch {
		case ended:
			err = errors.New("there is more behind the record that ends the file")
		case err != nil:
		case kind == hexData && len(data) > 0:
			start := uint64(at.linear) + uint64(at.segment) + uint64(offset)
			if start+uint64(len(data)) > 1<<32 {
				err = fmt.Errorf("%d bytes at %#x go beyond the address space", len(data), start)
				break
			}
			addr := uint32(start)
			lineOf[addr] = number
			if n := len(pieces); n > 0 && pieces[n-1].addr+uint32(len(pieces[n-1].data)) == addr && addr != 0 {
				pieces[n-1].data = append(pieces[n-1].data, data...)
			} else {
				pieces = append(pieces, piece{addr: addr, data: data})
			}
		case kind == hexEnd:
			ended = true
		case kind == hexSegment && len(data) == 2:
			at.segment, at.linear = uint32(binary.BigEndian.Uint16(data))<<4, 0
		case kind == hexLinear && len(data) == 2:
			at.linear, at.segment = uint32(binary.BigEndian.Uint16(data))<<16, 0
		case kind == hexStartLinear && len(data) == 4:
			v := binary.BigEndian.Uint32(data)
			entry = &v
		case kind == hexStartSegment && len(data) == 4: // CS:IP of an 8086, as objcopy writes low addresses
			v := uint32(binary.BigEndian.Uint16(data))<<4 + uint32(binary.BigEndian.Uint16(data[2:]))
			entry = &v
		case kind == hexData: // of no bytes
		case kind > hexStartLinear:
			err = fmt.Errorf("records of type %d are not known", kind)
		default:
			err = fmt.Errorf("a record of type %d with %d bytes", kind, len(data))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("line %d of the Intel hex file: %w", number, err)
		}
	}
	switch {
	case !ended:
		return nil, nil, fmt.Errorf("the Intel hex file is cut off: it has no end record (:00000001FF) in its %d lines", number)
	case len(pieces) == 0:
		return nil, nil, errors.New("the Intel hex file has no data")
	}
	if err := overlap(pieces, lineOf); err != nil {
		return nil, nil, err
	}
	return joined(pieces), entry, nil
}

// hexRecord reads ":LLAAAATT…CC".
func hexRecord(line []byte) (kind byte, offset uint16, data []byte, err error) {
	if line[0] != ':' {
		return 0, 0, nil, fmt.Errorf("%.20q does not begin with a colon", line)
	}
	record := make([]byte, hex.DecodedLen(len(line)-1))
	if _, err := hex.Decode(record, line[1:]); err != nil {
		return 0, 0, nil, fmt.Errorf("not pairs of hexadecimal digits: %w", err)
	}
	const around = 5 // bytes that are not data
	if len(record) < around {
		return 0, 0, nil, fmt.Errorf("the record has %d bytes, and the shortest ones have %d: it is cut off", len(record), around)
	}
	if want := around + int(record[0]); len(record) != want {
		return 0, 0, nil, fmt.Errorf("the record has %d bytes and says that it has %d: it is cut off or damaged", len(record), want)
	}
	sum := byte(0)
	for _, b := range record {
		sum += b
	}
	if last := record[len(record)-1]; sum != 0 {
		return 0, 0, nil, fmt.Errorf("the checksum is %#02x and should be %#02x", last, last-sum)
	}
	return record[3], binary.BigEndian.Uint16(record[1:]), record[4 : len(record)-1], nil
}

// overlap finds bytes that are given twice.
func overlap(pieces []piece, lineOf map[uint32]int) error {
	sorted := slices.Clone(pieces)
	slices.SortStableFunc(sorted, func(a, b piece) int { return cmp.Compare(a.addr, b.addr) })
	for i := 1; i < len(sorted); i++ {
		if before := sorted[i-1]; uint64(before.addr)+uint64(len(before.data)) > uint64(sorted[i].addr) {
			return fmt.Errorf("line %d of the Intel hex file: the bytes at %#x are there already", lineOf[sorted[i].addr], sorted[i].addr)
		}
	}
	return nil
}

// joined puts pieces that touch together, ascending.
func joined(pieces []piece) []piece {
	sorted := slices.Clone(pieces)
	slices.SortStableFunc(sorted, func(a, b piece) int { return cmp.Compare(a.addr, b.addr) })
	var list []piece
	for _, p := range sorted {
		if n := len(list); n > 0 && list[n-1].addr+uint32(len(list[n-1].data)) == p.addr && p.addr != 0 {
			list[n-1].data = append(list[n-1].data, p.data...)
			continue
		}
		list = append(list, p)
	}
	for i := range list {
		list[i].size, list[i].runs, list[i].what = uint32(len(list[i].data)), list[i].addr, "hex file"
	}
	return list
}
