// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/trace"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/firmware"
)

// deviceVerb is what can be asked of a device.
type deviceVerb struct {
	name, args, usage string
	least, most       int
	do                func(e *env, c *cli.Context, d deploy.Device, args []string) error // with a device
	alone             func(e *env, c *cli.Context, args []string) error                  // without
}

func deviceVerbs() []deviceVerb {
	act := func(done string, f func(deploy.Device, context.Context, string) error) func(*env, *cli.Context, deploy.Device, []string) error {
		return func(e *env, c *cli.Context, d deploy.Device, args []string) error {
			for _, name := range args {
				if err := f(d, c.Context, name); err != nil {
					return err
				}
				if err := e.said(c, name, done); err != nil {
					return err
				}
			}
			return nil
		}
	}
	const many = 100
	return []deviceVerb{
		{"emulate", "", "boot a device on this computer, and print its address; Ctrl-C ends it", 0, 0, nil, (*env).emulateDevice},
		{"bridge", "DEVICE[@BAUD]", "let clients on this computer reach a board at a serial line", 1, 1, nil, (*env).bridgeDevice},
		{"proxy", "", "let clients without OSCORE on this computer ask the device all that we may", 0, 0, nil, (*env).proxyDevice},
		{"use", "ADDRESS", "make a device that of the profile", 1, 1, nil, func(e *env, c *cli.Context, args []string) error { return e.useDevice(c, args[0]) }},
		{"info", "", "show board, keys, and free memory", 0, 0, (*env).deviceInfo, nil},
		{"ps", "", "list programs, and what became of them", 0, 0, (*env).devicePrograms, nil},
		{"top", "", "the same, again and again, with what they use", 0, 0, (*env).deviceTop, nil},
		{"logs", "[NAME]", "print what programs printed; -f goes on", 0, 1, (*env).deviceLogs, nil},
		{"faults", "NAME", "print a program's last fault, with the line of C", 1, 1, (*env).deviceFaults, nil},
		{"run", "NAME", "run a program once, with --context", 1, 1, (*env).deviceRun, nil},
		{"start", "NAME…", "start programs", 1, many, act("started", deploy.Device.Start), nil},
		{"stop", "NAME…", "stop programs when their run is over", 1, many, act("stopped", deploy.Device.Stop), nil},
		{"kill", "NAME…", "stop programs at once", 1, many, act("killed", deploy.Device.Kill), nil},
		{"rm", "NAME…", "remove programs", 1, many, act("removed", deploy.Device.Remove), nil},
		{"hooks", "", "list what programs are attached to, in the order they run in", 0, 0, (*env).deviceHooks, nil},
		{"attach", "NAME [HOOK]", "run a program by a hook that its manifest grants, with --priority; the default is all", 1, 2,
			func(e *env, c *cli.Context, d deploy.Device, args []string) error {
				return e.deviceAttach(c, d, args, "attached", func(name string, h *device.Hook) error { return d.Attach(c.Context, name, h) })
			}, nil},
		{"detach", "NAME [HOOK]", "stop running a program by a hook; the default is all", 1, 2,
			func(e *env, c *cli.Context, d deploy.Device, args []string) error {
				return e.deviceAttach(c, d, args, "detached", func(name string, h *device.Hook) error { return d.Detach(c.Context, name, h) })
			}, nil},
		{"confirm", "NAME…", "keep versions that are on trial", 1, many, act("confirmed", deploy.Device.Confirm), nil},
		{"rollback", "NAME…", "bring the versions before those on trial back", 1, many, act("rolled back", deploy.Device.Rollback), nil},
		{"get", "STORE [KEY]", "read a store: global, or a program's own", 1, 2, (*env).deviceGet, nil},
		{"put", "STORE KEY VALUE", "write a value into a store", 3, 3, (*env).devicePut, nil},
		{"maps", "[PROGRAM]", "list maps of programs, and how full they are", 0, 1, (*env).deviceMaps, nil},
		{"map", "VERB PROGRAM MAP …", "dump, get KEY, set KEY VALUE, rm KEY or push VALUE; each is a number, or bytes as hex:0a00", 3, 5, (*env).deviceMap, nil},
		{"ringbuf", "PROGRAM MAP", "print the records of a ring buffer, which frees their room; -f goes on", 2, 2, (*env).deviceRing, nil},
		{"ask", "PATH", "ask for a resource and print the answer: x/NAME is answered by the program", 1, 1, (*env).deviceAsk, nil},
		{"trace", "WHAT|FILE", "watch " + traceNames() + " with --for; or say by a file what simulated devices read from now on", 1, 1, (*env).deviceTrace, nil},
		{"way", "", "measure what deploying takes, from compiling to the first result, on a device booted for it; --plot draws figure i", 0, 0, nil, (*env).deviceWay},
		{"revoke", "KEY-ID", "refuse programs signed with a key from now on, for good", 1, 1, act("revoked", deploy.Device.Revoke), nil},
	}
}

func deviceCommand(e *env) *cli.Command {
	var verbs strings.Builder
	for _, v := range deviceVerbs() {
		fmt.Fprintf(&verbs, "\n  %-26s %s", v.name+" "+v.args, v.usage)
	}
	return &cli.Command{
		Name:      "device",
		Usage:     "boot, watch and command devices that programs are deployed to",
		ArgsUsage: "VERB [ARGUMENTS] [flags]",
		Description: "Verbs:" + verbs.String() + `

Requests and answers are protected by OSCORE. Programs come with ubench deploy.

Examples:
  ubench device emulate --state box &
  ubench device use coap://127.0.0.1:5683
  ubench device ps
  ubench device run weather --context 01020304
  ubench device logs -f
  ubench device map dump counter totals
  ubench device ringbuf -f events events
  ubench device way --plot way.svg
  ubench device proxy --listen 127.0.0.1:5690 & coap-client -m get coap://127.0.0.1:5690/p`,
		Flags: append(deviceFlags(),
			&cli.StringFlag{Name: "target", Value: "host", Usage: "emulate, way: `DEVICE`: host, qemu:" + strings.Join(firmware.Names(firmware.DeviceBoards()), ", qemu:")},
			&cli.StringFlag{Name: "state", Value: "device", Usage: "emulate: keep what the device stores in `FOLDER`"},
			&cli.StringFlag{Name: "firmware", Usage: "emulate, way: `FILE`; the default is what make device built, in build/device"},
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:5683", Usage: "emulate, bridge, proxy: `ADDRESS:PORT` to be reached at; port 0 is any"},
			&cli.StringFlag{Name: "plot", Usage: "way: draw figure i into `FILE`.svg, .png or .pdf"},
			&cli.StringFlag{Name: "context", Usage: "run: what the program gets, `HEX` or @FILE"},
			&cli.StringFlag{Name: "key", Usage: "use: `FILE` of ubench keygen that signs programs"},
			&cli.DurationFlag{Name: "for", Usage: "trace: `TIME` to watch, as in 10s; the default is until Ctrl-C on a terminal, else 5s", DefaultText: "0"},
			&cli.UintFlag{Name: "priority", Usage: "attach: `NUMBER` that orders programs on one hook, the lowest first, of equal ones that attached first"},
			&cli.BoolFlag{Name: "f", Usage: "logs, ringbuf: go on printing"},
			&cli.StringFlag{Name: "type", Usage: "ringbuf: records are of this `TYPE` of the program, as in 'struct event'; the default is the one struct of their size"},
		),
		Action: func(c *cli.Context) error { return e.device(c) },
	}
}

func (e *env) device(c *cli.Context) error {
	verbs := deviceVerbs()
	var names []string
	for _, v := range verbs {
		names = append(names, v.name)
	}
	if c.NArg() == 0 {
		return usagef("say what to do: %s", strings.Join(names, ", "))
	}
	at := slices.Index(names, c.Args().First())
	if at < 0 {
		return unknown("verb", c.Args().First(), names)
	}
	v, args := verbs[at], c.Args().Tail()
	if len(args) < v.least || len(args) > v.most {
		return usagef("write it as: ubench device %s", strings.TrimSpace(v.name+" "+v.args))
	}
	if v.alone != nil {
		return v.alone(e, c, args)
	}
	p, err := deviceProfileOf(c)
	if err != nil {
		return err
	}
	d, err := p.reach(c.Context)
	if err != nil {
		return err
	}
	defer d.Close()
	return v.do(e, c, d, args)
}

func (e *env) deviceGet(c *cli.Context, d deploy.Device, args []string) error {
	values := map[uint32]uint32{}
	if len(args) == 2 {
		key, err := strconv.ParseUint(args[1], 0, 32)
		if err != nil {
			return usagef("key %q: a number of 32 bits is needed", args[1])
		}
		v, err := d.Value(c.Context, args[0], uint32(key))
		if err != nil {
			return err
		}
		values[uint32(key)] = v
	} else {
		var err error
		if values, err = d.Values(c.Context, args[0]); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return e.printJSON(values)
	}
	var keys []uint32
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if _, err := fmt.Fprintf(e.stdout, "%d %d\n", k, int32(values[k])); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) devicePut(c *cli.Context, d deploy.Device, args []string) error {
	key, err := strconv.ParseUint(args[1], 0, 32)
	if err != nil {
		return usagef("key %q: a number of 32 bits is needed", args[1])
	}
	value, err := strconv.ParseInt(args[2], 0, 64)
	if err != nil || value < math.MinInt32 || value > math.MaxUint32 {
		return usagef("value %q: a number of 32 bits is needed", args[2])
	}
	if err := d.SetValue(c.Context, args[0], uint32(key), value); err != nil {
		return err
	}
	return e.said(c, args[0]+" "+args[1], "written")
}

func (e *env) deviceAsk(c *cli.Context, d deploy.Device, args []string) error {
	body, err := d.Ask(c.Context, strings.Trim(args[0], "/"))
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return e.printJSON(map[string]string{"path": args[0], "answer": string(body)})
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", strings.TrimSuffix(string(body), "\n"))
	return err
}

func (e *env) deviceTrace(c *cli.Context, d deploy.Device, args []string) error {
	if t, ok := trace.Named(args[0]); ok {
		return e.watchDevice(c, d, t)
	}
	readings, err := readTrace(args[0])
	if err != nil {
		return err
	}
	if err := d.Trace(c.Context, readings); err != nil {
		return err
	}
	return e.said(c, args[0], "is what its devices read")
}
