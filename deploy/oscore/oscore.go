// SPDX-License-Identifier: GPL-2.0-or-later

// Package oscore is the client's side of OSCORE (RFC 8613): requests are protected and responses unprotected with a secret
// shared with a device. The device's side is device/oscore, which it is tested against.
package oscore

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/device/cbor"
)

// Parameters of a security context, seen from the client.
type Parameters struct {
	Master, Salt, IDContext []byte
	Sender, Recipient       []byte // ids, of 7 bytes at most
}

const (
	algorithm   = 10 // AES-CCM-16-64-128
	idBytes     = 7
	sequenceEnd = 1 << 40
)

// Context protects requests. It is not safe for concurrent use.
type Context struct {
	p                       Parameters
	senderKey, recipientKey []byte
	commonIV                []byte
	// Sequence is the number of the next request. No number may be used twice with a secret, whatever happens: Reserve is
	// asked before those from Reserved on are used, and returns how far one may go.
	Sequence, Reserved uint64
	Reserve            func() (from, end uint64, err error)
}

func bytesOf(b []byte) []byte { return append(cbor.Head(2, uint64(len(b))), b...) }
func text(s string) []byte    { return append(cbor.Head(3, uint64(len(s))), s...) }

func (p *Parameters) derive(id []byte, kind string, n int) ([]byte, error) {
	context := cbor.Head(7, 22)
	if len(p.IDContext) > 0 {
		context = bytesOf(p.IDContext)
	}
	info := slices.Concat(cbor.Head(4, 5), bytesOf(id), context, cbor.Int(algorithm), text(kind), cbor.Int(int64(n)))
	return hkdf.Key(sha256.New, p.Master, p.Salt, string(info), n)
}

// New derives a context.
func New(p Parameters) (*Context, error) {
	if len(p.Sender) > idBytes || len(p.Recipient) > idBytes {
		return nil, fmt.Errorf("an id of OSCORE has more than %d bytes", idBytes)
	}
	if bytes.Equal(p.Sender, p.Recipient) {
		return nil, errors.New("both sides have the same id of OSCORE")
	}
	if len(p.Master) < keyBytes {
		return nil, fmt.Errorf("a secret of %d bytes is too short: %d at least", len(p.Master), keyBytes)
	}
	c := &Context{p: p, Reserved: sequenceEnd}
	for _, d := range []struct {
		to   *[]byte
		id   []byte
		kind string
		n    int
	}{{&c.senderKey, p.Sender, "Key", keyBytes}, {&c.recipientKey, p.Recipient, "Key", keyBytes}, {&c.commonIV, nil, "IV", nonceBytes}} {
		key, err := p.derive(d.id, d.kind, d.n)
		if err != nil {
			return nil, err
		}
		*d.to = key
	}
	return c, nil
}

// piv is a number as it stands in messages.
func piv(n uint64) []byte {
	b := []byte{byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

func (c *Context) nonce(id, piv []byte) []byte {
	n := make([]byte, nonceBytes)
	n[0] = byte(len(id))
	copy(n[1+idBytes-len(id):], id)
	copy(n[nonceBytes-len(piv):], piv)
	for i, b := range c.commonIV {
		n[i] ^= b
	}
	return n
}

// aad is the same for a request and all that answers it.
func (c *Context) aad(requestPIV []byte) []byte {
	external := slices.Concat(cbor.Head(4, 5), cbor.Int(1), cbor.Head(4, 1), cbor.Int(algorithm),
		bytesOf(c.p.Sender), bytesOf(requestPIV), bytesOf(nil))
	return slices.Concat(cbor.Head(4, 3), text("Encrypt0"), bytesOf(nil), bytesOf(external))
}

// Exchange is a request that was sent, for what answers it.
type Exchange struct {
	c        *Context
	piv      []byte
	notified uint64 // the number of the last notification, and one more
}

// outside are the options that stay readable: where the message goes.
var outside = []uint16{coap.URIHost, coap.URIPort, coap.ProxyScheme}

func (c *Context) next() (uint64, error) {
	if c.Sequence >= c.Reserved && c.Reserve != nil {
		from, end, err := c.Reserve()
		if err != nil {
			return 0, err
		}
		c.Sequence, c.Reserved = max(c.Sequence, from), end
	}
	if c.Sequence >= c.Reserved || c.Sequence >= sequenceEnd {
		return 0, errors.New("there are no sequence numbers left: make a new secret (ubench keygen)")
	}
	c.Sequence++
	return c.Sequence - 1, nil
}

// Protect makes the message to be sent instead of a request. Each call uses a new number: to send the same message again,
// send its bytes again.
func (c *Context) Protect(m *coap.Message) (*coap.Message, *Exchange, error) {
	if !m.Code.IsRequest() {
		return nil, nil, fmt.Errorf("a message of code %v is no request", m.Code)
	}
	n, err := c.next()
	if err != nil {
		return nil, nil, err
	}
	x := &Exchange{c: c, piv: piv(n)}
	out := &coap.Message{Type: m.Type, Code: coap.POST, ID: m.ID, Token: m.Token}
	in := &coap.Message{Payload: m.Payload}
	for _, o := range m.Options {
		if slices.Contains(outside, o.Number) {
			out.Add(o.Number, o.Value)
			continue
		}
		in.Add(o.Number, o.Value)
		if o.Number == coap.Observe {
			out.Add(o.Number, o.Value)
			out.Code = coap.FETCH
		}
	}
	flags := byte(len(x.piv)) | 1<<3
	var context []byte
	if len(c.p.IDContext) > 0 {
		flags |= 1 << 4
		context = append([]byte{byte(len(c.p.IDContext))}, c.p.IDContext...)
	}
	out.Add(coap.OSCORE, slices.Concat([]byte{flags}, x.piv, context, c.p.Sender))
	out.Payload = seal(c.senderKey, c.nonce(c.p.Sender, x.piv), c.aad(x.piv), in.AppendBody([]byte{byte(m.Code)}))
	return out, x, nil
}

// PlainError is a response that is not protected: the device could not read the request, or somebody between says so.
type PlainError struct {
	Code coap.Code
	Text string // what it says, whoever wrote it
}

func (e *PlainError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the answer is not protected: %v", e.Code)
	}
	return fmt.Sprintf("the answer is not protected: %v %q", e.Code, e.Text)
}

// ErrForged is a response that nobody with the secret made for this request.
var ErrForged = errors.New("the answer is not one to this request by who has the secret")

// ErrStale is a notification that came already, or after a later one.
var ErrStale = errors.New("a notification came again")

// Unprotect makes the response of what came.
func (x *Exchange) Unprotect(m *coap.Message) (*coap.Message, error) {
	value, ok := m.Option(coap.OSCORE)
	if !ok {
		return nil, &PlainError{m.Code, string(m.Payload)}
	}
	id, number := x.c.p.Sender, x.piv
	if len(value) > 0 {
		n := int(value[0] & 7)
		if value[0]>>5 != 0 || n > 5 || len(value) < 1+n {
			return nil, ErrForged
		}
		if n > 0 {
			id, number = x.c.p.Recipient, value[1:1+n]
		}
	}
	plain, ok := open(x.c.recipientKey, x.c.nonce(id, number), x.c.aad(x.piv), m.Payload)
	if !ok || len(plain) == 0 || plain[0]>>5 < 2 {
		return nil, ErrForged
	}
	in := &coap.Message{Type: m.Type, Code: coap.Code(plain[0]), ID: m.ID, Token: m.Token}
	if err := in.ParseBody(plain[1:]); err != nil {
		return nil, err
	}
	// What stands outside is believed only as far as the inside allows: the order of notifications is that of their numbers.
	for i := range in.Options {
		if in.Options[i].Number != coap.Observe {
			continue
		}
		var n uint64
		for _, b := range number {
			n = n<<8 | uint64(b)
		}
		if bytes.Equal(id, x.c.p.Recipient) {
			if n < x.notified {
				return nil, ErrStale
			}
			x.notified = n + 1
		}
		in.Options[i].Value = coap.Uint(uint32(n) & 0xffffff)
	}
	return in, nil
}
