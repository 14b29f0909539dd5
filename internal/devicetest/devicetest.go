// SPDX-License-Identifier: GPL-2.0-or-later

// Package devicetest boots the firmware of device/ for tests: on each board under QEMU, built by make on the way.
package devicetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/device/posix"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// Boards are those the firmware is built for.
var Boards = firmware.Names(firmware.DeviceBoards())

// Some lists boards that tests run on: a Cortex-M4 of each kind of chip, or with UBENCH_TESTS=all every board.
func Some() []string {
	if testenv.Whole() {
		return Boards
	}
	return []string{"netduinoplus2", "mps2-an386"}
}

// one is the first of those, for tests that take long and whose subject is not what boards differ in, or with UBENCH_TESTS=all every board.
func one() []string {
	if testenv.Whole() {
		return Boards
	}
	return Some()[:1]
}

var (
	building sync.Mutex
	built    = map[string][]byte{}
)

// ELF builds the firmware of a board, with what tests need or as it ships, and reads it. Without a compiler for boards
// the test is skipped.
func ELF(t testing.TB, board string, test bool) []byte {
	t.Helper()
	if deskOnly {
		t.Skip("boards are not tested with this build")
	}
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip("no arm-none-eabi-gcc: run scripts/setup.sh test")
	}
	name := "build/device/" + board + ".elf"
	if test {
		name = "build/device/" + board + "-test.elf"
	}
	building.Lock()
	defer building.Unlock()
	if elf := built[name]; elf != nil {
		return elf
	}
	testenv.Make(t, name)
	elf, err := os.ReadFile(filepath.Join(testenv.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	built[name] = elf
	return elf
}

// Device is a device that runs, with a client of it.
type Device struct {
	*device.Client
	Info device.Info
	skip func(time.Duration) // on the host: moves its clock on; nil on boards, where what sleeps passes at once
	stop func()              // a board; it is stopped at the end of the test at the latest
}

// Boot starts a board with its test firmware; an instruction takes 2^shift nanoseconds there.
func Boot(t testing.TB, board string, shift int, memory ...qemu.Memory) *Device {
	t.Helper()
	if _, _, err := qemu.Find(context.Background()); err != nil {
		t.Skip(err)
	}
	m, err := qemu.Boot(context.Background(), board, ELF(t, board, true), shift, memory...)
	if err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = m.Close() }
	t.Cleanup(stop)
	d := meet(t, m)
	d.stop = stop
	return d
}

func meet(t testing.TB, to device.Exchanger) *Device {
	t.Helper()
	d := &Device{Client: device.NewClient(to)}
	var err error
	if d.Info, err = d.Client.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// Started loads and starts a program.
func (d *Device) Started(t testing.TB, config device.Config, image []byte) int {
	t.Helper()
	n, err := d.Load(t.Context(), config, image)
	if err == nil {
		err = d.Start(t.Context(), n)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", config.Name, err))
	}
	return n
}

// Host is the device on the host, without programs.
func Host(t testing.TB) *Device {
	t.Helper()
	host, err := posix.Open()
	if err != nil {
		t.Fatal(err)
	}
	d := meet(t, host)
	d.skip = host.Skip
	d.clear(t)
	t.Cleanup(func() { d.clear(t) })
	return d
}

// name is that of the status an error is about, "ok" for none, "" for other errors.
func name(err error) string {
	var fault abi.Fault
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &fault):
		return fault.Status.Name()
	}
	return ""
}

// clear removes all programs.
func (d *Device) clear(t testing.TB) {
	t.Helper()
	for n := range d.Info.Programs {
		if err := d.Unload(context.Background(), n); err != nil && name(err) != "e-program" {
			t.Fatal(err)
		}
	}
}

func (d *Device) info(t testing.TB) device.Info {
	t.Helper()
	i, err := d.Client.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// works calls a program of long.
func works(t testing.TB, d *Device, number int) {
	t.Helper()
	r, err := d.Call(t.Context(), number, make([]byte, 96))
	if err != nil || r.Fault.Status != abi.OK {
		t.Fatalf("program %d does not work any more: %v %v", number, r.Fault, err)
	}
}
