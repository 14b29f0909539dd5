// SPDX-License-Identifier: GPL-2.0-or-later

// Package client asks devices over CoAP: requests that are sent again until they are answered, bodies in blocks both ways,
// observing, and OSCORE around all of it. What is asked, package deploy knows.
package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/oscore"
)

// Transport carries datagrams to one device and back.
type Transport interface {
	Send(b []byte) error
	// Receive waits for the next one. When none comes in time the error is os.ErrDeadlineExceeded.
	Receive(ctx context.Context, patience time.Duration) ([]byte, error)
	Close() error
}

// Times of RFC 7252, 4.8, but that a message is sent again more often and sooner: as many as four would give up on one
// request of two hundred in a network that loses a fifth of the datagrams.
const (
	ackTimeout    = 2 * time.Second
	mostTimeout   = 6 * time.Second
	maxRetransmit = 8
)

// answerTimeout is how long a device may take once it has said that it has the request.
const answerTimeout = time.Minute

// DefaultBlock is the size of blocks, which a device may reduce.
const DefaultBlock = 512

// Conn is a device. It is not safe for concurrent use.
type Conn struct {
	transport Transport
	guard     *oscore.Context // nil: nothing is protected
	operator  *oscore.Operator
	sequence  string // file in which numbers of requests are kept
	id        uint16
	token     uint64
	block     int
	observed  []*Observation
	echo      []byte // what the device wants to have back, to know that we are not somebody's recording
	Resent    int    // messages that had to be sent again
	Sent      int    // bytes of datagrams sent and received
	Received  int
}

// New makes a connection. Without a guard a device answers little.
func New(t Transport, guard *oscore.Context) *Conn {
	return &Conn{transport: t, guard: guard, id: uint16(rand.Uint32()), token: uint64(rand.Uint32()), block: DefaultBlock}
}

// Connect finds out which device is there, and in which of its lives, and makes a connection that an operator's secret
// protects. Numbers of requests are kept in a file, so that none is used twice.
func Connect(ctx context.Context, t Transport, operator *oscore.Operator, sequence string) (*Conn, error) {
	c := New(t, nil)
	c.operator, c.sequence = operator, sequence
	return c, c.meet(ctx)
}

// Guard is what protects requests to the device that is there, in its present life.
func Guard(ctx context.Context, t Transport, operator *oscore.Operator, sequence string) (*oscore.Context, error) {
	c, err := Connect(ctx, t, operator, sequence)
	return c.guard, err
}

// meet derives the keys anew.
func (c *Conn) meet(ctx context.Context) error {
	c.guard = nil
	m, err := c.once(ctx, c.message(&Request{Method: coap.GET, Path: "id"}), nil)
	if err != nil {
		return err
	}
	if m.Code != coap.Content {
		return fmt.Errorf("what answers is no device of ours: it says %v where its id should be", m.Code)
	}
	c.echo = nil
	c.guard, err = c.operator.Context(m.Payload, c.sequence)
	return err
}

// SetBlock chooses the size of blocks: a power of two from 16 to 1024.
func (c *Conn) SetBlock(size int) { c.block = size }

// Close closes the transport.
func (c *Conn) Close() error { return c.transport.Close() }

// Request is one, whole.
type Request struct {
	Method  coap.Code
	Path    string // "p/weather/run"
	Query   []string
	Format  int // of the body, -1: it is not said
	Body    []byte
	From    int             // of the body, so much is there already: a multiple of the size of blocks
	Sent    func(bytes int) // is told how much of the body has arrived
	Options []coap.Option
}

// Response is one, whole.
type Response struct {
	Code   coap.Code
	Format int // -1: not said
	Body   []byte
}

// Refusal is a response that is an error.
type Refusal struct {
	Response
	Path string
}

func (r *Refusal) Error() string {
	if r.Format <= 0 && len(r.Body) > 0 {
		return fmt.Sprintf("%s: %s (%v)", r.Path, r.Body, r.Code)
	}
	return fmt.Sprintf("%s: refused with %v", r.Path, r.Code)
}

// ErrNoAnswer is a device that does not answer.
var ErrNoAnswer = errors.New("no answer: is the device there?")

// ErrUnknown is a device that does not know our key, or nobody with ours.
var ErrUnknown = errors.New("the device does not know this key of OSCORE")

func (c *Conn) nextID() uint16 { c.id++; return c.id }

func (c *Conn) message(r *Request) *coap.Message {
	c.token++
	m := &coap.Message{Type: coap.Confirmable, Code: r.Method, ID: c.nextID(), Token: coap.Uint(uint32(c.token))}
	for part := range strings.SplitSeq(r.Path, "/") {
		m.Add(coap.URIPath, []byte(part))
	}
	for _, q := range r.Query {
		m.Add(coap.URIQuery, []byte(q))
	}
	m.Options = append(m.Options, r.Options...)
	return m
}

// blockOption is a number, whether more follow, and a size.
func blockOption(number int, more bool, size int) []byte {
	szx := 0
	for 16<<szx < size {
		szx++
	}
	v := uint32(number)<<4 | uint32(szx)
	if more {
		v |= 8
	}
	return coap.Uint(v)
}

// Do asks, in blocks where that is needed, and collects the answer. A refusal is an error.
func (c *Conn) Do(ctx context.Context, r Request) (*Response, error) {
	response, err := c.upload(ctx, &r)
	if err == nil {
		response, err = c.download(ctx, &r, response)
	}
	if err != nil {
		return nil, err
	}
	out := whole(response)
	if out.Code>>5 != 2 {
		return out, &Refusal{*out, r.Path}
	}
	return out, nil
}

func whole(m *coap.Message) *Response {
	out := &Response{m.Code, -1, m.Payload}
	if f, ok := m.Number(coap.ContentType); ok {
		out.Format = int(f)
	}
	return out
}

// upload sends the body and returns what answers its last block.
func (c *Conn) upload(ctx context.Context, r *Request) (*coap.Message, error) {
	size := c.block
	for at := r.From; ; {
		m := c.message(r)
		if r.Format >= 0 && r.Body != nil {
			m.Add(coap.ContentType, coap.Uint(uint32(r.Format)))
		}
		end := min(at+size, len(r.Body))
		blocks := len(r.Body) > size || r.From > 0
		if blocks {
			m.Add(coap.Block1, blockOption(at/size, end < len(r.Body), size))
			if at == 0 {
				m.Add(coap.Size1, coap.Uint(uint32(len(r.Body))))
			}
		}
		m.Payload = r.Body[at:end]
		answer, err := c.exchange(ctx, m)
		if err != nil {
			return nil, err
		}
		if answer.Code>>5 != 2 || !blocks {
			return answer, nil
		}
		// A device that wants smaller blocks says so with the first.
		if v, ok := answer.Number(coap.Block1); ok && at == 0 && 16<<(v&7) < size {
			size = 16 << (v & 7)
		}
		if r.Sent != nil {
			r.Sent(end)
		}
		if at = end; at == len(r.Body) {
			return answer, nil
		}
	}
}

// ErrChanged is a body that became another one while it was collected.
var ErrChanged = errors.New("what the device shows keeps changing")

// download collects the rest of a body whose first block is there.
func (c *Conn) download(ctx context.Context, r *Request, first *coap.Message) (*coap.Message, error) {
	m := first
	for tries := 0; ; tries++ {
		v, ok := m.Number(coap.Block2)
		if !ok || v&8 == 0 {
			return m, nil
		}
		tag, _ := m.Option(coap.ETag)
		body, next, err := slices.Clone(m.Payload), m, error(nil)
		for v&8 != 0 {
			again := c.message(r)
			again.Add(coap.Block2, coap.Uint((v>>4+1)<<4|v&7))
			if next, err = c.exchange(ctx, again); err != nil {
				return nil, err
			}
			other, _ := next.Option(coap.ETag)
			if next.Code != m.Code || !slices.Equal(tag, other) {
				next = nil
				break
			}
			body = append(body, next.Payload...)
			if v, ok = next.Number(coap.Block2); !ok {
				break
			}
		}
		if next != nil {
			m.Payload = body
			return m, nil
		}
		if tries == 5 || r.Method != coap.GET {
			return nil, ErrChanged
		}
		if m, err = c.exchange(ctx, c.message(r)); err != nil {
			return nil, err
		}
	}
}

// exchange sends a request until it is answered.
func (c *Conn) exchange(ctx context.Context, m *coap.Message) (*coap.Message, error) {
	unbelieved := errors.New("the device does not believe that requests are new")
	for range 4 {
		answer, err := c.once(ctx, m, nil)
		if c.again(ctx, err) {
			unbelieved = err
			again := *m
			c.token++
			again.ID, again.Token = c.nextID(), coap.Uint(uint32(c.token))
			m = &again
			continue
		}
		if err != nil {
			return nil, err
		}
		echo, ok := answer.Option(coap.Echo)
		if answer.Code != coap.Unauthorized || !ok {
			return answer, nil
		}
		// The device lost count of our messages: it wants to see that this one is new.
		c.echo = slices.Clone(echo)
		again := *m
		c.token++
		again.ID, again.Token = c.nextID(), coap.Uint(uint32(c.token))
		again.Options = append(slices.Clone(m.Options), coap.Option{Number: coap.Echo, Value: c.echo})
		m = &again
	}
	return nil, unbelieved
}

// again tells whether a request that was not believed may be tried again: the device has been reset since, and forgot us, or
// another process with our secret was ahead of us.
func (c *Conn) again(ctx context.Context, err error) bool {
	switch plain := (*oscore.PlainError)(nil); {
	case c.operator == nil || !errors.As(err, &plain) || plain.Code != coap.Unauthorized:
		return false
	case strings.HasPrefix(plain.Text, "Replay"):
		c.guard.Sequence = c.guard.Reserved
		return true
	case strings.HasPrefix(plain.Text, "Security context"):
		return c.meet(ctx) == nil
	}
	return false
}

// once is one request, protected, and its answer. The observation gets notifications that come later.
func (c *Conn) once(ctx context.Context, m *coap.Message, o *Observation) (*coap.Message, error) {
	out, x := m, (*oscore.Exchange)(nil)
	if c.guard != nil {
		var err error
		if out, x, err = c.guard.Protect(m); err != nil {
			return nil, err
		}
	}
	b := out.Bytes()
	timeout := ackTimeout + rand.N(ackTimeout/2)
	acknowledged := false
	for tries := 0; tries <= maxRetransmit; {
		if !acknowledged {
			if tries > 0 {
				c.Resent++
			}
			c.Sent += len(b)
			if err := c.transport.Send(b); err != nil {
				return nil, err
			}
		}
		patience := min(timeout<<tries, mostTimeout)
		if acknowledged {
			patience = answerTimeout
		}
		for patience > 0 {
			start := time.Now()
			got, err := c.receive(ctx, patience)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			patience -= max(time.Since(start), time.Microsecond)
			if got.Code == coap.Empty && got.ID == out.ID {
				if got.Type == coap.Reset {
					return nil, errors.New("the device did not understand the request")
				}
				acknowledged, patience = true, answerTimeout
				continue
			}
			if got.Type == coap.Acknowledgement && got.ID == out.ID && !slices.Equal(got.Token, out.Token) {
				// The device had a message of this number from this address before, and takes this one for it (RFC 7252, 4.4).
				// It may know those behind it, too.
				c.id = uint16(rand.Uint32())
				out.ID = c.id
				b = out.Bytes()
				break
			}
			if !slices.Equal(got.Token, out.Token) || got.Code.IsRequest() || got.Code == coap.Empty {
				continue // a notification of something else, or nothing we wait for
			}
			answer, err := c.unprotect(x, got)
			if errors.Is(err, oscore.ErrForged) {
				continue
			}
			if o != nil {
				o.exchange, o.token = x, slices.Clone(out.Token)
			}
			return answer, err
		}
		if acknowledged {
			break
		}
		tries++
	}
	return nil, ErrNoAnswer
}

func (c *Conn) unprotect(x *oscore.Exchange, got *coap.Message) (*coap.Message, error) {
	if x == nil {
		return got, nil
	}
	answer, err := x.Unprotect(got)
	if plain := (*oscore.PlainError)(nil); errors.As(err, &plain) && plain.Code == coap.Unauthorized {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return answer, err
}

// receive takes the next message that is one, acknowledges it, and hands notifications on.
func (c *Conn) receive(ctx context.Context, patience time.Duration) (*coap.Message, error) {
	b, err := c.transport.Receive(ctx, patience)
	if err != nil {
		return nil, err
	}
	c.Received += len(b)
	m, err := coap.Parse(b)
	if err != nil {
		return &coap.Message{Code: coap.Empty}, nil // nothing of ours
	}
	var of *Observation
	for _, o := range c.observed {
		if slices.Equal(o.token, m.Token) && !m.Code.IsRequest() && m.Code != coap.Empty {
			of = o
		}
	}
	if m.Type == coap.Confirmable {
		answer := coap.Message{Type: coap.Acknowledgement, ID: m.ID}
		if m.Code.IsRequest() {
			answer.Type = coap.Reset
		}
		_ = c.transport.Send(answer.Bytes())
	}
	if of == nil {
		return m, nil
	}
	if inner, err := c.unprotect(of.exchange, m); err == nil {
		of.pending = inner
	}
	return &coap.Message{Code: coap.Empty}, nil
}

// Observation is a resource that tells what has changed.
type Observation struct {
	c        *Conn
	request  Request
	token    []byte
	exchange *oscore.Exchange
	pending  *coap.Message
}

// Observe asks, and goes on asking: what it shows now, and an observation of what it shows later.
func (c *Conn) Observe(ctx context.Context, r Request) (*Response, *Observation, error) {
	o := &Observation{c: c, request: r}
	var first *coap.Message
	for range 3 {
		m := c.message(&r)
		m.Add(coap.Observe, nil)
		if c.echo != nil {
			m.Add(coap.Echo, c.echo)
		}
		var err error
		if first, err = c.once(ctx, m, o); c.again(ctx, err) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		echo, ok := first.Option(coap.Echo)
		if first.Code != coap.Unauthorized || !ok {
			break
		}
		c.echo = slices.Clone(echo)
	}
	if first == nil {
		return nil, nil, ErrUnknown
	}
	if first.Code>>5 != 2 {
		out := whole(first)
		return nil, nil, &Refusal{*out, r.Path}
	}
	_, observed := first.Option(coap.Observe)
	m, err := c.download(ctx, &r, first)
	if err != nil {
		return nil, nil, err
	}
	if !observed {
		return nil, nil, fmt.Errorf("%s: too many observe this device already", r.Path)
	}
	c.observed = append(c.observed, o)
	return whole(m), o, nil
}

// Next waits for what has changed. A device that has nothing to tell for long is asked again, so that one that forgot us,
// as after a reset, is noticed.
func (o *Observation) Next(ctx context.Context) (*Response, error) {
	const silence = time.Minute
	deadline := time.Now().Add(silence)
	for o.pending == nil {
		_, err := o.c.receive(ctx, time.Until(deadline))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			o.Forget()
			response, again, err := o.c.Observe(ctx, o.request)
			if err != nil {
				return nil, err
			}
			o.token, o.exchange = again.token, again.exchange
			o.c.observed[len(o.c.observed)-1] = o
			return response, nil
		}
		if err != nil {
			return nil, err
		}
	}
	m := o.pending
	o.pending = nil
	if m.Code>>5 != 2 {
		o.Forget()
		out := whole(m)
		return nil, &Refusal{*out, o.request.Path}
	}
	m, err := o.c.download(ctx, &o.request, m)
	if err != nil {
		return nil, err
	}
	return whole(m), nil
}

// Forget ends it, on this side: what the device tells next is answered with a reset.
func (o *Observation) Forget() {
	o.c.observed = slices.DeleteFunc(o.c.observed, func(x *Observation) bool { return x == o })
}
