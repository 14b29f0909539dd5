// SPDX-License-Identifier: GPL-2.0-or-later

// Package bridge lets clients on a network reach a device at the other end of a serial line: datagrams of UDP become frames
// of slipmux and back. The device sees one client with many tokens; what the bridge changes are tokens and numbers of
// messages, which OSCORE does not protect.
package bridge

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/device/slipmux"
)

// most is how many requests are remembered, the oldest giving way.
const most = 4096

// datagramBytes is what a device takes and sends at most (OS_DATAGRAM_BYTES).
const datagramBytes = 1152

// request is one of a client, under the number and token that the device knows it by.
type request struct {
	from      netip.AddrPort
	id, ourID uint16
	token     []byte
	ourToken  uint32
}

// Bridge is one. Counters may be read while it serves.
type Bridge struct {
	line io.ReadWriter
	conn *net.UDPConn

	mu       sync.Mutex
	requests []*request // oldest first
	nextID   uint16
	nextTok  uint32
	text     func([]byte) // what the device says outside of messages
}

// New makes a bridge. Text that comes over the line, which is no message, goes to `text`; nil drops it.
func New(conn *net.UDPConn, line io.ReadWriter, text func([]byte)) *Bridge {
	return &Bridge{conn: conn, line: line, text: text}
}

// Serve carries messages until the line or the socket ends; closing both ends it.
func (b *Bridge) Serve() error {
	failed := make(chan error, 2)
	go func() { failed <- b.fromLine() }()
	go func() { failed <- b.fromNetwork() }()
	return <-failed
}

func (b *Bridge) fromNetwork() error {
	buffer := make([]byte, 2048)
	for {
		n, from, err := b.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			continue // an answer of ours that could not be delivered
		}
		if out := b.toDevice(from, buffer[:n]); out != nil {
			if _, err := b.line.Write(slipmux.Frame(slipmux.CoAP, out)); err != nil {
				return err
			}
		}
	}
}

func (b *Bridge) fromLine() error {
	reader := slipmux.NewReader(datagramBytes)
	defer reader.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := b.line.Read(buffer)
		reader.Read(buffer[:n], func(kind slipmux.Kind, frame []byte) {
			switch {
			case kind == slipmux.Text && b.text != nil:
				b.text(frame)
			case kind == slipmux.CoAP:
				if to, out := b.toClient(frame); out != nil {
					_, _ = b.conn.WriteToUDPAddrPort(out, to) // what cannot be delivered is lost
				}
			}
		})
		if err != nil {
			return err
		}
	}
}

func (b *Bridge) find(is func(r *request) bool) *request {
	for _, r := range slices.Backward(b.requests) {
		if is(r) {
			return r
		}
	}
	return nil
}

// toDevice is what the device gets for what a client sent; nil: nothing.
func (b *Bridge) toDevice(from netip.AddrPort, datagram []byte) []byte {
	m, err := coap.Parse(datagram)
	if err != nil || len(datagram) > datagramBytes {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Code == coap.Empty && m.Type != coap.Confirmable {
		return datagram // about a message of the device's own
	}
	r := b.find(func(r *request) bool { return r.from == from && r.id == m.ID && slices.Equal(r.token, m.Token) })
	if r == nil { // not one that is sent again
		b.nextID++
		b.nextTok++
		r = &request{from: from, id: m.ID, ourID: b.nextID, token: slices.Clone(m.Token), ourToken: b.nextTok}
		b.requests = append(b.requests, r)
		if len(b.requests) > most {
			b.requests = b.requests[1:]
		}
	}
	if m.Code == coap.Empty { // a ping has no token
		return retold(datagram, r.ourID, nil)
	}
	return retold(datagram, r.ourID, binary.BigEndian.AppendUint32(nil, r.ourToken))
}

// toClient is what a client gets for what the device sent, and who it is; nil: nobody waits for it.
func (b *Bridge) toClient(datagram []byte) (netip.AddrPort, []byte) {
	m, err := coap.Parse(datagram)
	if err != nil {
		return netip.AddrPort{}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var r *request
	if m.Code == coap.Empty {
		r = b.find(func(r *request) bool { return r.ourID == m.ID })
	} else if len(m.Token) == 4 {
		token := binary.BigEndian.Uint32(m.Token)
		r = b.find(func(r *request) bool { return r.ourToken == token })
	}
	switch {
	case r == nil:
		return netip.AddrPort{}, nil
	case m.Code == coap.Empty:
		return r.from, retold(datagram, r.id, nil)
	case m.Type == coap.Acknowledgement:
		return r.from, retold(datagram, r.id, r.token)
	}
	return r.from, retold(datagram, m.ID, r.token) // of the device's own accord: acknowledged under its number
}

// retold is a message under another number and token.
func retold(datagram []byte, id uint16, token []byte) []byte {
	out := []byte{datagram[0]&0xf0 | byte(len(token)), datagram[1], byte(id >> 8), byte(id)}
	return append(append(out, token...), datagram[4+int(datagram[0]&15):]...)
}
