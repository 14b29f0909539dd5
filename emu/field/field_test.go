// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/oscore"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu/field"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// What has been built.
var (
	building sync.Mutex
	built    = map[string]bool{}
)

// start boots a device, building what it needs.
func start(t *testing.T, target, state string) *field.Device {
	t.Helper()
	return startWith(t, field.Options{Target: target, State: state})
}

func startWith(t *testing.T, o field.Options) *field.Device {
	t.Helper()
	target := o.Target
	name := "build/device/host"
	if board, ok := strings.CutPrefix(target, "qemu:"); ok {
		name = "build/device/" + board + ".elf"
		if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
			t.Skip("no arm-none-eabi-gcc: run scripts/setup.sh test")
		}
		if _, _, err := qemu.Find(t.Context()); err != nil {
			t.Skip(err)
		}
	}
	building.Lock()
	defer building.Unlock()
	if !built[name] {
		testenv.Make(t, name)
		built[name] = true
	}
	o.Folder, o.Listen = "../../build/device", "127.0.0.1:0"
	d, err := field.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func dial(t *testing.T, d *field.Device) deploy.Device {
	t.Helper()
	to, err := client.DialUDP(d.Address)
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, to)
}

func connect(t *testing.T, to client.Transport) deploy.Device {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c, err := client.Connect(ctx, to, oscore.DevelopmentOperator, filepath.Join(t.TempDir(), "sequence"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return deploy.Device{Conn: c}
}

// Every device there is takes a program, signed, runs it, and has it again after it was started anew.
func TestDeploy(t *testing.T) {
	program, err := image.LoadObject("fletcher", objectOf(t, "fletcher16_320B"), "")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := program.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"host", "qemu:netduinoplus2", "qemu:netduino2", "qemu:mps2-an385", "qemu:mps2-an386"} {
		if target != "host" && target != "qemu:netduinoplus2" && !testenv.Whole() { // TestEveryHook has a board of the other kind of chip
			continue
		}
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			box := start(t, target, state)
			d := dial(t, box)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			m := suit.Manifest{Config: device.Config{Name: "sum", Format: abi.Packed, Context: 16, Engine: device.JIT}, Sequence: 1, Start: true}
			if target == "host" {
				m.Config.Engine = device.VM
			}
			envelope, err := m.Envelope(packed, suit.DevelopmentKey.SigningKey)
			if err != nil {
				t.Fatal(err)
			}
			p, err := d.Install(ctx, "sum", envelope, client.DefaultBlock, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.State != device.Ready {
				t.Errorf("%+v", p)
			}
			run := func() {
				t.Helper()
				r, err := d.Run(ctx, "sum", make([]byte, 8))
				if err != nil || r.Status != abi.OK || r.R0 != 56099 {
					t.Errorf("%+v, %v", r, err)
				}
				t.Logf("%d instructions", r.Instructions)
			}
			run()
			i, err := d.Info(ctx)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", i)
			if target == "host" {
				if err := box.Close(); err != nil {
					t.Fatal(err)
				}
				box = start(t, target, state)
				d = dial(t, box)
			} else if err := box.Reset(); err != nil {
				t.Fatal(err)
			}
			run()
		})
	}
}

// A program that runs every two milliseconds misses none of its runs while another one arrives: what takes long of that, verifying
// its signature, is done a bit at a time. Seven million instructions, 7 ms of QEMU's time, came at once before.
func TestNobodyWaitsForASignature(t *testing.T) {
	box := start(t, "qemu:netduinoplus2", t.TempDir())
	d := dial(t, box)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	put := func(name string, more func(*suit.Manifest)) {
		t.Helper()
		if _, err := d.Install(ctx, name, signed(t, name, more), client.DefaultBlock, nil); err != nil {
			t.Fatal(err)
		}
	}
	// The board is never idle: while it is, QEMU's time is ours, and what is late here is late there.
	spins := suit.Manifest{Config: device.Config{Name: "spins", Format: abi.TextOnly, LongRunning: true, Priority: 6}, Sequence: 1, Start: true}
	envelope, err := spins.Envelope([]byte{0x05, 0, 0xff, 0xff, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, suit.DevelopmentKey.SigningKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Install(ctx, "spins", envelope, client.DefaultBlock, nil); err != nil {
		t.Fatal(err)
	}
	put("often", func(m *suit.Manifest) { m.Config.PeriodMS, m.Config.Events = 2, device.EventTimer })
	before, err := d.Program(ctx, "often")
	if err != nil {
		t.Fatal(err)
	}
	put("sum", nil)
	after, err := d.Program(ctx, "often")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d runs, %d µs late at most; %d runs before, %d µs", after.Runs, after.LateUS, before.Runs, before.LateUS)
	if after.LateUS >= 2000 || after.Runs <= before.Runs {
		t.Errorf("%d runs, late by %d µs", after.Runs-before.Runs, after.LateUS)
	}
}

func objectOf(t *testing.T, name string) []byte {
	t.Helper()
	for _, x := range examples.Paper() {
		if x.Name == name {
			return x.Object
		}
	}
	t.Fatalf("no program %s", name)
	return nil
}

func TestRefusals(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "netduino2.elf"), []byte("no ELF"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ target, listen, want string }{
		{"moon", "127.0.0.1:0", `"moon" is no device to start`},
		{"host", "here", "here is no address"},
		{"host", "127.0.0.1:0", "build it with make device"},
		{"qemu:netduino2", "127.0.0.1:0", "netduino2.elf"},
		{"qemu:none", "127.0.0.1:0", "build it with make device"},
		{"serial:", "127.0.0.1:0", "no serial device named"},
	} {
		_, err := field.Start(t.Context(), field.Options{Target: c.target, Folder: folder, State: folder, Listen: c.listen})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s at %s: %v, want %q", c.target, c.listen, err, c.want)
		}
	}
	_, err := client.DialUDP("http://x")
	if err == nil || errors.Is(err, client.ErrNoAnswer) {
		t.Errorf("an address of something else: %v", err)
	}
}
