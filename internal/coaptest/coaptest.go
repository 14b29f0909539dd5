// SPDX-License-Identifier: GPL-2.0-or-later

// Package coaptest is a device with the CoAP server of device/coap and resources to try it on, on a UDP port of the host
// or datagram by datagram.
package coaptest

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>
#include "device.h"
*/
import "C"

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	_ "github.com/ubench-dev/ubench/device/coap" // the server
)

// BigBytes is the length of what /big shows.
const BigBytes = C.COAPTEST_BIG_BYTES

// StoreBytes is the length of what /store takes at most.
const StoreBytes = C.COAPTEST_STORE_BYTES

// DatagramBytes is the length of what the server sends at most.
const DatagramBytes = C.COAP_DATAGRAM_BYTES

// Times of the server, to be waited for.
const (
	Exchange = C.COAP_EXCHANGE_US * time.Microsecond
	Upload   = C.COAP_UPLOAD_US * time.Microsecond
	Probe    = C.COAP_PROBE_US * time.Microsecond
	Pace     = C.COAP_PACE_US * time.Microsecond
	Patience = C.COAP_PATIENCE_US * time.Microsecond
)

// Device is one. Its methods may be called from several goroutines.
type Device struct {
	mu sync.Mutex
	c  *C.struct_coaptest
}

// New makes a device whose blocks have so many bytes at most. Close it.
func New(block int) *Device { return &Device{c: C.coaptest_new(C.uint32_t(block))} }

// Close frees it.
func (d *Device) Close() { C.free(unsafe.Pointer(d.c)) }

// Datagram is what is sent to somebody.
type Datagram struct {
	To    netip.AddrPort
	Bytes []byte
}

func endpoint(a netip.AddrPort) (e C.struct_coap_endpoint) {
	ip := a.Addr().Unmap().As4()
	for i, b := range ip {
		e.bytes[i] = C.uint8_t(b)
	}
	e.bytes[4], e.bytes[5] = C.uint8_t(a.Port()>>8), C.uint8_t(a.Port())
	return e
}

func (d *Device) sent() []Datagram {
	var all []Datagram
	for i := range int(d.c.nsent) {
		var ip [4]byte
		b := d.c.sent_to[i].bytes
		for j := range ip {
			ip[j] = byte(b[j])
		}
		to := netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(b[4])<<8|uint16(b[5]))
		all = append(all, Datagram{to, C.GoBytes(unsafe.Pointer(&d.c.sent[i][0]), C.int(d.c.sent_len[i]))})
	}
	d.c.nsent = 0
	return all
}

// Receive hands it a datagram at a time since its start, and returns what it sends.
func (d *Device) Receive(from netip.AddrPort, b []byte, now time.Duration) []Datagram {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := endpoint(from)
	b = append([]byte(nil), b...) // as long as it is, for sanitizers
	C.coap_datagram(&d.c.server, &e, (*C.uint8_t)(unsafe.SliceData(b)), C.uint32_t(len(b)), C.uint64_t(now.Microseconds()))
	return d.sent()
}

// Step lets it do what is due, and returns what it sends, and when it wants to be asked again; 0: when something happens.
func (d *Device) Step(now time.Duration) ([]Datagram, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := uint64(C.coap_step(&d.c.server, C.uint64_t(now.Microseconds())))
	if next == math.MaxUint64 {
		next = 0
	}
	return d.sent(), time.Duration(next) * time.Microsecond
}

// Count changes what /counter shows.
func (d *Device) Count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	C.coaptest_count(d.c)
}

// Finish answers the request to /slow that waits.
func (d *Device) Finish(now time.Duration) []Datagram {
	d.mu.Lock()
	defer d.mu.Unlock()
	C.coaptest_finish(d.c, C.uint64_t(now.Microseconds()))
	return d.sent()
}

// Posted is how many times /counter was posted to.
func (d *Device) Posted() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int(d.c.posted)
}

// Stored is what /store has.
func (d *Device) Stored() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return C.GoBytes(unsafe.Pointer(&d.c.store[0]), C.int(d.c.store_len))
}

// Serve answers on a socket until it is closed.
func (d *Device) Serve(conn *net.UDPConn) error {
	start := time.Now()
	buffer := make([]byte, 2048)
	for {
		// Looked at often enough for Count from elsewhere.
		err := conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		var n int
		var from netip.AddrPort
		if err == nil {
			n, from, err = conn.ReadFromUDPAddrPort(buffer)
		}
		var out []Datagram
		switch {
		case err == nil:
			out = d.Receive(from, buffer[:n], time.Since(start))
		case errors.Is(err, net.ErrClosed):
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
		due, _ := d.Step(time.Since(start))
		for _, m := range append(out, due...) {
			if _, err := conn.WriteToUDPAddrPort(m.Bytes, m.To); err != nil && !errors.Is(err, net.ErrClosed) {
				return err
			}
		}
	}
}
