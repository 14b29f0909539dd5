// SPDX-License-Identifier: GPL-2.0-or-later

// Package targets finds a target by the name users write, and says which work on this computer.
package targets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ubench/emu"
	"ubench/emu/qemu"
	"ubench/emu/serial"
	"ubench/emu/unicorn"
)

// ErrSpec is wrapped by errors about a name no target has, whatever is installed.
var ErrSpec = errors.New("no such target")

// Names are the targets there are, the default one first. A serial target is named with its device.
func Names() []string {
	names := []string{"unicorn", "unicorn:" + string(unicorn.CortexM3), "unicorn:" + string(unicorn.CortexM4)}
	for _, m := range qemu.Machines() {
		names = append(names, "qemu:"+m)
	}
	return append(names, "serial:DEVICE[@BAUD]")
}

// Check tells whether a target of that name can exist; the error wraps ErrSpec.
func Check(spec string) error {
	if device, ok := strings.CutPrefix(spec, "serial:"); ok {
		if _, _, err := serial.Parse(device); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSpec, spec, err)
		}
		return nil
	}
	if slices.Contains(Names(), spec) {
		return nil
	}
	return fmt.Errorf("%w: %q; there are: %s", ErrSpec, spec, strings.Join(Names(), ", "))
}

// Open starts the target named spec.
func Open(ctx context.Context, spec string) (emu.Target, error) {
	if err := Check(spec); err != nil {
		return nil, err
	}
	kind, rest, _ := strings.Cut(spec, ":")
	switch kind {
	case "unicorn":
		return opened(unicorn.Open(ctx, unicorn.Options{Name: spec, Core: unicorn.Core(rest)}))
	case "qemu":
		return opened(qemu.Open(ctx, qemu.Options{Machine: rest}))
	case "serial":
		device, baud, _ := serial.Parse(rest)
		return opened(serial.Open(ctx, device, baud))
	}
	panic("BUG: target " + spec)
}

// opened keeps a nil pointer from becoming a target that is not nil.
func opened[T emu.Target](t T, err error) (emu.Target, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Status says whether a target works here.
type Status struct {
	Spec   string // as users name it
	Detail string // versions, or what the target is
	Err    error  // why it does not work, and what to do; nil if it does
}

// List tries every target, with its firmware booted, and tells what came of it. Serial targets are
// the ports there are, not opened.
func List(ctx context.Context) []Status {
	var list []Status
	for _, spec := range Names() {
		kind, _, _ := strings.Cut(spec, ":")
		switch kind {
		case "serial":
			list = append(list, serialPorts(spec)...)
			continue
		case "unicorn":
			major, minor := unicorn.Version()
			list = append(list, try(ctx, spec, fmt.Sprintf("libunicorn %d.%d", major, minor)))
		case "qemu":
			detail := ""
			if path, version, err := qemu.Find(ctx); err == nil {
				detail = fmt.Sprintf("%s, QEMU %s", path, version)
			}
			list = append(list, try(ctx, spec, detail))
		default:
			list = append(list, try(ctx, spec, ""))
		}
	}
	return list
}

func try(ctx context.Context, spec, detail string) Status {
	t, err := Open(ctx, spec)
	if err != nil {
		return Status{Spec: spec, Detail: detail, Err: err}
	}
	defer t.Close()
	info := t.Info()
	about := fmt.Sprintf("firmware for %s (%s)", info.Board, info.Core)
	if detail != "" {
		about += ", " + detail
	}
	return Status{Spec: spec, Detail: about}
}

func serialPorts(spec string) []Status {
	ports, err := serial.Ports()
	if err != nil || len(ports) == 0 {
		return []Status{{Spec: spec, Err: errors.New("no serial port found: connect a board with the firmware on it")}}
	}
	var list []Status
	for _, p := range ports {
		list = append(list, Status{Spec: "serial:" + p, Detail: "a serial port; whether a board answers is not tried"})
	}
	return list
}
