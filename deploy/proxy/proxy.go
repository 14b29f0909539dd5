// SPDX-License-Identifier: GPL-2.0-or-later

// Package proxy lets clients without OSCORE ask a device all that an operator may: what they send is protected with the operator's
// secret, and what the device answers is shown to them as it was. Whoever reaches the proxy is the operator, so it is to listen on
// this computer alone.
package proxy

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/oscore"
)

const (
	most          = 4096 // requests that are remembered, the oldest giving way
	datagramBytes = 1152 // what a device takes at most (OS_DATAGRAM_BYTES)
	tries         = 4    // of a request that is not believed
	meetTimeout   = time.Minute
)

// request is one of a client, and what the device got of it.
type request struct {
	from     netip.AddrPort
	message  *coap.Message // as the client sent it
	ourID    uint16
	ourToken []byte
	sent     []byte
	exchange *oscore.Exchange
	tries    int
}

// Proxy is one.
type Proxy struct {
	conn     *net.UDPConn // clients
	device   *net.UDPConn
	address  string
	operator *oscore.Operator
	sequence string

	mu       sync.Mutex
	guard    *oscore.Context
	requests []*request // oldest first
	nextID   uint16
	nextTok  uint32
}

// New reaches a device. Numbers of requests are kept in a file (oscore.Operator.Context). Closing conn ends it.
func New(ctx context.Context, conn *net.UDPConn, address string, operator *oscore.Operator, sequence string) (*Proxy, error) {
	host, err := client.Address(address)
	if err != nil {
		return nil, err
	}
	to, err := net.ResolveUDPAddr("udp", host)
	if err != nil {
		return nil, err
	}
	device, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, err
	}
	p := &Proxy{conn: conn, device: device, address: address, operator: operator, sequence: sequence, nextID: uint16(time.Now().UnixMilli())}
	if err := p.meet(ctx); err != nil {
		return nil, errors.Join(err, device.Close())
	}
	return p, nil
}

// meet derives the keys, anew after a device was reset.
func (p *Proxy) meet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, meetTimeout)
	defer cancel()
	to, err := client.DialUDP(p.address)
	if err != nil {
		return err
	}
	defer to.Close()
	guard, err := client.Guard(ctx, to, p.operator, p.sequence)
	if err != nil {
		return fmt.Errorf("%s: %w", p.address, err)
	}
	p.mu.Lock()
	p.guard = guard
	p.mu.Unlock()
	return nil
}

// Serve carries messages until the socket of the clients is closed.
func (p *Proxy) Serve() error {
	defer p.device.Close()
	go p.fromDevice()
	buffer := make([]byte, 2048)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			continue // an answer of ours that could not be delivered
		}
		p.fromClient(from, buffer[:n])
	}
}

func (p *Proxy) toClient(to netip.AddrPort, m *coap.Message) {
	_, _ = p.conn.WriteToUDPAddrPort(m.Bytes(), to) // what cannot be delivered is lost
}

func (p *Proxy) find(is func(r *request) bool) *request {
	for _, r := range slices.Backward(p.requests) {
		if is(r) {
			return r
		}
	}
	return nil
}

// fromClient hands a message on: a request protected, once; what acknowledges the device's own messages as it is.
func (p *Proxy) fromClient(from netip.AddrPort, datagram []byte) {
	m, err := coap.Parse(slices.Clone(datagram)) // a request is kept
	switch {
	case err != nil:
		return
	case m.Code == coap.Empty && m.Type == coap.Confirmable: // a ping, of the proxy
		p.toClient(from, &coap.Message{Type: coap.Reset, ID: m.ID})
		return
	case m.Code == coap.Empty:
		_, _ = p.device.Write(datagram)
		return
	case !m.Code.IsRequest():
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.find(func(r *request) bool {
		return r.from == from && r.message.ID == m.ID && slices.Equal(r.message.Token, m.Token)
	})
	if r == nil {
		p.nextID++
		p.nextTok++
		r = &request{from: from, message: m, ourID: p.nextID, ourToken: binary.BigEndian.AppendUint32(nil, p.nextTok)}
		if p.requests = append(p.requests, r); len(p.requests) > most {
			p.requests = p.requests[1:]
		}
		if err := p.protect(r); err != nil {
			p.refuse(r, coap.Code(5<<5|2), err.Error())
			return
		}
	}
	_, _ = p.device.Write(r.sent) // the same bytes for one that is sent again: the device knows it by them
}

// protect makes what the device gets.
func (p *Proxy) protect(r *request) error {
	m := &coap.Message{Type: r.message.Type, Code: r.message.Code, ID: r.ourID, Token: r.ourToken, Payload: r.message.Payload}
	for _, o := range r.message.Options {
		if o.Number != coap.URIHost && o.Number != coap.URIPort && o.Number != coap.OSCORE { // those are about us
			m.Options = append(m.Options, o)
		}
	}
	out, x, err := p.guard.Protect(m)
	if err != nil {
		return err
	}
	r.exchange, r.sent = x, out.Bytes()
	if len(r.sent) > datagramBytes {
		return fmt.Errorf("%d bytes are more than the device takes: use smaller blocks", len(r.sent))
	}
	return nil
}

// refuse answers in the device's place.
func (p *Proxy) refuse(r *request, code coap.Code, text string) {
	m := &coap.Message{Type: coap.Acknowledgement, Code: code, ID: r.message.ID, Token: r.message.Token, Payload: []byte(text)}
	if r.message.Type != coap.Confirmable {
		m.Type = coap.NonConfirmable
	}
	p.toClient(r.from, m)
}

func (p *Proxy) fromDevice() {
	buffer := make([]byte, 2048)
	for {
		n, err := p.device.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // nobody there so far
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if m, err := coap.Parse(buffer[:n]); err == nil {
			p.answer(m)
		}
	}
}

// answer hands on what the device sent.
func (p *Proxy) answer(m *coap.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Code == coap.Empty {
		if r := p.find(func(r *request) bool { return r.ourID == m.ID }); r != nil {
			p.toClient(r.from, &coap.Message{Type: m.Type, ID: r.message.ID})
		}
		return
	}
	r := p.find(func(r *request) bool { return slices.Equal(r.ourToken, m.Token) })
	if r == nil || m.Code.IsRequest() {
		if m.Type == coap.Confirmable { // of an observation that is forgotten
			reset := coap.Message{Type: coap.Reset, ID: m.ID}
			_, _ = p.device.Write(reset.Bytes())
		}
		return
	}
	inner, err := r.exchange.Unprotect(m)
	plain := (*oscore.PlainError)(nil)
	switch {
	case errors.As(err, &plain) && plain.Code == coap.Unauthorized && r.tries < tries:
		r.tries++
		go p.again(r, strings.HasPrefix(plain.Text, "Security context"))
		return
	case errors.As(err, &plain):
		p.refuse(r, coap.Code(5<<5|2), "the device: "+plain.Error())
		return
	case err != nil: // forged, or a notification that came again
		return
	}
	if m.Type == coap.Acknowledgement {
		inner.ID = r.message.ID
	}
	inner.Token = r.message.Token
	p.toClient(r.from, inner)
}

// again sends a request that was not believed, because the device forgot us or somebody with our secret was ahead of us.
func (p *Proxy) again(r *request, forgotten bool) {
	if forgotten && p.meet(context.Background()) != nil {
		return // the client asks again
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !forgotten {
		p.guard.Sequence = p.guard.Reserved
	}
	p.nextID++
	r.ourID = p.nextID // the device keeps its answer to the one before
	if p.protect(r) == nil {
		_, _ = p.device.Write(r.sent)
	}
}
