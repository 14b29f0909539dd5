// SPDX-License-Identifier: GPL-2.0-or-later

// Package coap has messages of CoAP (RFC 7252, section 3) as the host writes and reads them.
package coap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Type of a message.
type Type uint8

// Types.
const (
	Confirmable Type = iota
	NonConfirmable
	Acknowledgement
	Reset
)

// Code is a method or a response code: class and detail.
type Code uint8

// Codes.
const (
	Empty        Code = 0
	GET          Code = 1
	POST         Code = 2
	PUT          Code = 3
	DELETE       Code = 4
	FETCH        Code = 5
	Created      Code = 2<<5 | 1
	Deleted      Code = 2<<5 | 2
	Changed      Code = 2<<5 | 4
	Content      Code = 2<<5 | 5
	Continue     Code = 2<<5 | 31
	Unauthorized Code = 4<<5 | 1
)

func (c Code) String() string { return fmt.Sprintf("%d.%02d", c>>5, c&31) }

// IsRequest tells a method from a response code.
func (c Code) IsRequest() bool { return c != Empty && c>>5 == 0 }

// Numbers of options.
const (
	URIHost      = 3
	ETag         = 4
	Observe      = 6
	URIPort      = 7
	LocationPath = 8
	OSCORE       = 9
	URIPath      = 11
	ContentType  = 12
	MaxAge       = 14
	URIQuery     = 15
	Accept       = 17
	Block2       = 23
	Block1       = 27
	Size2        = 28
	ProxyURI     = 35
	ProxyScheme  = 39
	Size1        = 60
	Echo         = 252
)

// Option of a message.
type Option struct {
	Number uint16
	Value  []byte
}

// Uint is a number as the value of an option.
func Uint(n uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, n)
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// Message is one, whole.
type Message struct {
	Type    Type
	Code    Code
	ID      uint16
	Token   []byte
	Options []Option
	Payload []byte
}

// Option is the value of the first option of a number.
func (m *Message) Option(number uint16) ([]byte, bool) {
	for _, o := range m.Options {
		if o.Number == number {
			return o.Value, true
		}
	}
	return nil, false
}

// Number is the value of an option as a number, if it is there.
func (m *Message) Number(number uint16) (uint32, bool) {
	v, ok := m.Option(number)
	if !ok || len(v) > 4 {
		return 0, false
	}
	var n uint32
	for _, b := range v {
		n = n<<8 | uint32(b)
	}
	return n, true
}

// Add adds an option. They may come in any order.
func (m *Message) Add(number uint16, value []byte) {
	m.Options = append(m.Options, Option{number, value})
}

// extended is the half of a byte that tells a number, and the bytes after it.
func extended(n int) (half byte, more []byte) {
	switch {
	case n < 13:
		return byte(n), nil
	case n < 269:
		return 13, []byte{byte(n - 13)}
	}
	return 14, binary.BigEndian.AppendUint16(nil, uint16(n-269))
}

// AppendBody writes options and payload, in the order of the numbers of options.
func (m *Message) AppendBody(b []byte) []byte {
	options := slices.Clone(m.Options)
	slices.SortStableFunc(options, func(a, b Option) int { return int(a.Number) - int(b.Number) })
	last := 0
	for _, o := range options {
		delta, d := extended(int(o.Number) - last)
		length, l := extended(len(o.Value))
		b = append(append(append(append(b, delta<<4|length), d...), l...), o.Value...)
		last = int(o.Number)
	}
	if len(m.Payload) > 0 {
		b = append(append(b, 0xff), m.Payload...)
	}
	return b
}

// Bytes is the datagram.
func (m *Message) Bytes() []byte {
	b := []byte{1<<6 | byte(m.Type)<<4 | byte(len(m.Token)), byte(m.Code), byte(m.ID >> 8), byte(m.ID)}
	return m.AppendBody(append(b, m.Token...))
}

var errShort = errors.New("a CoAP message ends early")

// Parse reads a datagram. What it returns points into it.
func Parse(b []byte) (*Message, error) {
	if len(b) < 4 {
		return nil, errShort
	}
	n := int(b[0] & 15)
	if b[0]>>6 != 1 || n > 8 {
		return nil, errors.New("not a CoAP message")
	}
	if len(b) < 4+n {
		return nil, errShort
	}
	m := &Message{Type: Type(b[0] >> 4 & 3), Code: Code(b[1]), ID: binary.BigEndian.Uint16(b[2:]), Token: b[4 : 4+n]}
	if m.Code == Empty && len(b) > 4 {
		return nil, errors.New("an empty CoAP message is not empty")
	}
	return m, m.ParseBody(b[4+n:])
}

// ParseBody reads options and payload.
func (m *Message) ParseBody(b []byte) error {
	number := 0
	for len(b) > 0 && b[0] != 0xff {
		delta, length := int(b[0]>>4), int(b[0]&15)
		b = b[1:]
		for _, n := range []*int{&delta, &length} {
			switch {
			case *n == 15:
				return errors.New("an option of a CoAP message is malformed")
			case *n == 14 && len(b) >= 2:
				*n, b = 269+int(binary.BigEndian.Uint16(b)), b[2:]
			case *n == 13 && len(b) >= 1:
				*n, b = 13+int(b[0]), b[1:]
			case *n >= 13:
				return errShort
			}
		}
		number += delta
		if length > len(b) || number > 0xffff {
			return errShort
		}
		m.Add(uint16(number), b[:length])
		b = b[length:]
	}
	if len(b) > 0 {
		if m.Payload = b[1:]; len(m.Payload) == 0 {
			return errors.New("a CoAP message announces a payload and has none")
		}
	}
	return nil
}
