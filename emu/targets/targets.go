// SPDX-License-Identifier: GPL-2.0-or-later

// Package targets finds a target by the name users write, and says which work on this computer.
package targets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/serial"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/emu/walled"
)

// ErrSpec is wrapped by errors about a name no target has, whatever is installed.
var ErrSpec = errors.New("no such target")

// Names are the targets there are, the default one first. A serial target is named with its device; those of
// Unicorn and QEMU may have options behind them.
func Names() []string {
	names := []string{"unicorn", "unicorn:" + string(unicorn.CortexM3), "unicorn:" + string(unicorn.CortexM4), "unicorn+" + Walls}
	for _, m := range qemu.Machines() {
		names = append(names, "qemu:"+m, "qemu:"+m+"+"+Walls)
	}
	return append(names, "serial:DEVICE[@BAUD]", "host")
}

// Walls is an option of targets of Unicorn and QEMU: programs run in compartments, on the firmware of devices.
const Walls = walled.Option

// Options of Unicorn targets, written behind their names: "unicorn:cortex-m4+flash-speed".
const (
	NoCycles   = "no-cycles"   // count instructions only, which is faster
	FlashSpeed = "flash-speed" // charge code in SRAM as if it were fetched from flash
	CodeIn     = "code"        // "=sram": machine code in SRAM runs where it lies, "=alias": through SRAM's alias at address 0, the default
	WaitStates = "wait-states" // "=N": flash of an STM32F4 with N wait states and its cache; not validated
)

// Values of CodeIn.
const (
	InAlias = "alias"
	InSRAM  = "sram"
)

// MaxWaitStates is the most an STM32F4 can be set to.
const MaxWaitStates = 15

// unicornOptions splits the name of a Unicorn target.
func unicornOptions(spec string) (o unicorn.Options, walls bool, err error) {
	name, list, _ := strings.Cut(spec, "+")
	_, core, _ := strings.Cut(name, ":")
	o = unicorn.Options{Name: spec, Core: unicorn.Core(core)}
	var model cycles.Options
	counts := true
	for _, option := range strings.Split(list, "+") {
		key, value, _ := strings.Cut(option, "=")
		switch n, bad := strconv.Atoi(value); {
		case list == "":
		case option == Walls:
			walls = true
		case option == NoCycles:
			counts = false
		case option == FlashSpeed:
			model.FetchAtFlashSpeed = true
		case key == CodeIn && (value == InSRAM || value == InAlias):
			o.NoAlias = value == InSRAM
		case key == WaitStates && bad == nil && n >= 0 && n <= MaxWaitStates:
			model.FlashWaitStates = n
		default:
			return o, walls, fmt.Errorf("%w: %q: unknown option %q; there are %s, %s, %s, %s=%s or %s, and %s=0 to %d", ErrSpec, spec, option, Walls,
				NoCycles, FlashSpeed, CodeIn, InAlias, InSRAM, WaitStates, MaxWaitStates)
		}
	}
	if !counts && model != (cycles.Options{}) {
		return o, walls, fmt.Errorf("%w: %q: %s leaves nothing to model", ErrSpec, spec, NoCycles)
	}
	// Where cycles cannot be modelled, who did not ask for them gets instructions alone; ubench doctor says why.
	if counts && (unicorn.CanModel() == nil || model != (cycles.Options{})) {
		o.Model = func(core unicorn.Core) (unicorn.Model, error) { return newMeter(core, model) }
	}
	return o, walls, nil
}

// Check tells whether a target of that name can exist; the error wraps ErrSpec.
func Check(spec string) error {
	if device, ok := strings.CutPrefix(spec, "serial:"); ok {
		device, _ = strings.CutSuffix(device, "+"+CodeIn+"="+InSRAM)
		if _, _, err := serial.Parse(device); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSpec, spec, err)
		}
		return nil
	}
	name, options, some := strings.Cut(spec, "+")
	if strings.HasPrefix(name, "unicorn") && slices.Contains(Names(), name) && (!some || options != "") {
		_, _, err := unicornOptions(spec)
		return err
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
	name, _, _ := strings.Cut(spec, "+")
	kind, _, _ := strings.Cut(name, ":")
	_, rest, _ := strings.Cut(spec, ":")
	switch kind {
	case "unicorn":
		o, walls, err := unicornOptions(spec)
		if err != nil {
			return nil, err
		}
		if walls {
			return opened(walled.Unicorn(ctx, spec, o.Core, o.Model))
		}
		return opened(unicorn.Open(ctx, o))
	case "qemu":
		if _, board, _ := strings.Cut(name, ":"); name != spec {
			return opened(walled.QEMU(ctx, spec, board))
		}
		return opened(qemu.Open(ctx, qemu.Options{Machine: rest}))
	case "host":
		return opened(host.New(ctx))
	case "serial":
		rest, noAlias := strings.CutSuffix(rest, "+"+CodeIn+"="+InSRAM)
		device, baud, _ := serial.Parse(rest)
		return opened(serial.Open(ctx, device, baud, noAlias))
	}
	panic("BUG: target " + spec)
}

// newMeter serves the firmware's cycle counter from the model.
func newMeter(core unicorn.Core, o cycles.Options) (unicorn.Model, error) {
	m, err := meter.New(core, o)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// opened keeps a nil pointer from becoming a target that is not nil.
func opened[T emu.Target](t T, err error) (emu.Target, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Status says whether a target can be opened on this computer.
type Status struct {
	Spec    string // as users name it
	Works   bool
	Reason  string // why it does not work, or what it is
	Install string // what to do about it
}

// List looks at what every target needs, without starting any. Serial targets are the ports there
// are.
func List(ctx context.Context) []Status {
	var list []Status
	for _, spec := range Names() {
		name, _, walls := strings.Cut(spec, "+")
		kind, rest, _ := strings.Cut(name, ":")
		switch kind {
		case "unicorn":
			s := onUnicorn(spec, unicorn.Core(rest))
			if walls && s.Works {
				s.Reason = "each program in a compartment, whose cost is counted; only QEMU enforces the MPU"
			}
			list = append(list, s)
		case "qemu":
			list = append(list, onQEMU(ctx, spec))
		case "serial":
			list = append(list, onSerial(spec)...)
		case "host":
			list = append(list, Status{Spec: spec, Works: true, Reason: "the device's code run natively; counts nothing"})
		}
	}
	return list
}

func onUnicorn(spec string, core unicorn.Core) Status {
	major, minor := unicorn.Version()
	s := Status{Spec: spec, Works: true, Reason: fmt.Sprintf("libunicorn %d.%d", major, minor)}
	if core == "" {
		core = unicorn.CortexM4
	}
	m, err := unicorn.New(core)
	if err != nil {
		return Status{Spec: spec, Reason: err.Error(), Install: "libunicorn-dev, and build again"}
	}
	m.Close()
	return s
}

func onQEMU(ctx context.Context, spec string) Status {
	path, version, err := qemu.Find(ctx)
	if err == nil {
		return Status{Spec: spec, Works: true, Reason: fmt.Sprintf("QEMU %s, %s; does not map SRAM at address 0: compiled code runs where it lies", version, path)}
	}
	s := Status{Spec: spec, Reason: err.Error()}
	var missing *qemu.MissingError
	if errors.As(err, &missing) {
		s.Reason, s.Install = missing.Problem, missing.Install
	}
	return s
}

func onSerial(spec string) []Status {
	ports, err := serial.Ports()
	if err != nil || len(ports) == 0 {
		return []Status{{Spec: spec, Reason: "no serial port found", Install: "connect a board with the firmware on it"}}
	}
	var list []Status
	for _, p := range ports {
		list = append(list, Status{Spec: "serial:" + p, Works: true, Reason: "a serial port; a board need not be there"})
	}
	return list
}
