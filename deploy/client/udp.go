// SPDX-License-Identifier: GPL-2.0-or-later

package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// DefaultPort is that of CoAP.
const DefaultPort = "5683"

// Address reads coap://HOST[:PORT], or HOST[:PORT].
func Address(text string) (string, error) {
	host := text
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		if u.Scheme != "coap" {
			return "", fmt.Errorf("%s: an address of a device begins with coap://", text)
		}
		if u.Path != "" && u.Path != "/" {
			return "", fmt.Errorf("%s: an address of a device has no path", text)
		}
		host = u.Host
	}
	if host == "" || strings.ContainsAny(host, "/@ ") {
		return "", fmt.Errorf("%q is no address: coap://HOST:PORT", text)
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(host, DefaultPort)
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		return "", fmt.Errorf("%s is no address: coap://HOST:PORT", text)
	}
	return host, nil
}

type udp struct{ conn *net.UDPConn }

// DialUDP reaches a device over UDP.
func DialUDP(address string) (Transport, error) {
	host, err := Address(address)
	if err != nil {
		return nil, err
	}
	to, err := net.ResolveUDPAddr("udp", host)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, err
	}
	return &udp{conn}, nil
}

func (u *udp) Send(b []byte) error {
	_, err := u.conn.Write(b)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil // nobody there so far: sent again soon
	}
	return err
}

func (u *udp) Receive(ctx context.Context, patience time.Duration) ([]byte, error) {
	end := time.Now().Add(patience)
	stop := context.AfterFunc(ctx, func() { _ = u.conn.SetReadDeadline(time.Now()) })
	defer stop()
	b := make([]byte, 2048)
	for {
		if err := u.conn.SetReadDeadline(end); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		n, err := u.conn.Read(b)
		switch {
		case err == nil:
			return b[:n], nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, os.ErrDeadlineExceeded
		case errors.Is(err, syscall.ECONNREFUSED):
			continue
		}
		return nil, err
	}
}

func (u *udp) Close() error { return u.conn.Close() }
