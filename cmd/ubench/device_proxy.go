// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy/proxy"
)

// proxyDevice protects what clients on this computer ask, until we are interrupted.
func (e *env) proxyDevice(c *cli.Context, _ []string) error {
	p, err := deviceProfileOf(c)
	if err != nil {
		return err
	}
	if p.To == "" {
		return usagef("say which device: --to coap://HOST:PORT, or ubench device use coap://HOST:PORT once")
	}
	text := c.String("listen")
	if !c.IsSet("listen") {
		text = "127.0.0.1:5690" // beside an emulated device at CoAP's own port
	}
	listen, err := netip.ParseAddrPort(text)
	if err != nil {
		return usagef("%s is no address to listen at: 127.0.0.1:5690", text)
	}
	if !listen.Addr().IsLoopback() {
		return usagef("%s is reached from elsewhere: whoever reaches the proxy is the operator, so it listens at 127.0.0.1 or [::1] alone", text)
	}
	operator, err := p.operator()
	if err != nil {
		return err
	}
	sequence, err := sequencePath(operator)
	if err != nil {
		return err
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(listen))
	if err != nil {
		return err
	}
	defer conn.Close()
	carrier, err := proxy.New(c.Context, conn, p.To, operator, sequence)
	if err != nil {
		return err
	}
	address := "coap://" + conn.LocalAddr().String()
	if c.Bool("json") {
		err = e.printJSON(map[string]string{"device": p.To, "address": address})
	} else {
		_, err = fmt.Fprintf(e.stdout, "%s is asked at %s, without OSCORE\n", p.To, address)
	}
	if err != nil {
		return err
	}
	go func() {
		<-c.Context.Done()
		conn.Close()
	}()
	return carrier.Serve()
}
