// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/wire"
)

// need skips a test that cannot run without QEMU.
func need(t testing.TB) {
	t.Helper()
	if _, _, err := Find(context.Background()); err != nil {
		t.Skip(err)
	}
}

func openTarget(t testing.TB, o Options) *Target {
	t.Helper()
	need(t)
	target, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

// works runs a small job and checks its result.
func works(t *testing.T, target *Target) {
	t.Helper()
	b, _ := benchmarks.Lookup("fletcher16")
	in := b.Input(80)
	s, err := target.Run(context.Background(), emu.Job{Engine: "native-O2", Kernel: b.Name, Context: in})
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := b.Oracle(in); s.Fault.Status != 0 || s.Result != want || s.Execute.Instructions == 0 {
		t.Fatalf("%v, result %#x, want %#x; %+v", s.Fault.Status, s.Result, want, s.Execute)
	}
}

func TestTarget(t *testing.T) {
	for machine, core := range map[string]string{"netduinoplus2": "cortex-m4", "netduino2": "cortex-m3"} {
		target := openTarget(t, Options{Machine: machine})
		i := target.Info()
		if i.Target != "qemu:"+machine || i.Board != machine || i.Core != core || i.HasCycles {
			t.Errorf("%+v", i)
		}
		works(t, target)
	}
}

func TestKilledAndStartedAgain(t *testing.T) {
	target := openTarget(t, Options{Machine: "netduino2"})
	dir, pid := target.process.dir, target.process.cmd.Process.Pid
	time.AfterFunc(50*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	err := target.client.Trap(context.Background(), wire.TrapHang)
	if err == nil {
		t.Fatal("no error")
	}
	err = target.failure(context.Background(), err)
	if !strings.Contains(err.Error(), "QEMU died: signal: killed") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("the temporary directory stays:", err)
	}
	works(t, target)
}

func TestKilledBetweenRuns(t *testing.T) {
	target := openTarget(t, Options{Machine: "netduino2"})
	works(t, target)
	p := target.process
	if err := syscall.Kill(p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	_, err := target.Run(context.Background(), emu.Job{Engine: "native-O2", Kernel: "fletcher16"})
	if err == nil || !strings.Contains(err.Error(), "QEMU died: signal: killed") {
		t.Error(err)
	}
	works(t, target)
}

func TestHangIsLocated(t *testing.T) {
	target := openTarget(t, Options{Machine: "netduinoplus2"})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		hangs := func() bool {
			pc, err := target.process.pc()
			return err != nil || strings.Contains(target.locate(pc), "agent_port_trap")
		}
		for !hangs() {
			time.Sleep(20 * time.Millisecond)
		}
	}()
	err := target.failure(ctx, target.client.Trap(ctx, wire.TrapHang))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "agent_port_trap") {
		t.Error(err)
	}
	works(t, target)
}

func TestCancelled(t *testing.T) {
	target := openTarget(t, Options{Machine: "netduino2"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := target.Run(ctx, emu.Job{Engine: "vm"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	works(t, target)
	if _, err := Open(ctx, Options{Machine: "netduino2"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCloseReaps(t *testing.T) {
	target := openTarget(t, Options{Machine: "netduino2"})
	pid := target.process.cmd.Process.Pid
	for range 2 {
		if err := target.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Error("the process is still there:", err)
	}
	works(t, target) // and starts again when asked to
}

func TestBadFirmware(t *testing.T) {
	need(t)
	for _, elf := range [][]byte{[]byte("not an ELF"), {}} {
		_, err := Open(context.Background(), Options{Machine: "netduino2", ELF: append([]byte{}, elf...)})
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Error(err)
		}
	}
	if _, err := Open(context.Background(), Options{Machine: "toaster"}); err == nil || !strings.Contains(err.Error(), "netduino2") {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	script := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ binary, want string }{
		{filepath.Join(dir, "missing"), "not found: install"},
		{script("old", "echo QEMU emulator version 5.2.0"), "QEMU 5.2.0 is too old"},
		{script("other", "echo GNU hello 2.10"), "not a QEMU emulator"},
		{script("broken", "exit 3"), "exit status 3"},
		{script("new", "echo 'QEMU emulator version 9.0.1 (Debian 1:9)'; echo more"), ""},
	} {
		t.Setenv(EnvBinary, c.binary)
		_, version, err := Find(context.Background())
		switch {
		case c.want == "" && (err != nil || version != "9.0.1"):
			t.Errorf("%s: %s, %v", c.binary, version, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.binary, err, c.want)
		}
	}
	t.Setenv(EnvBinary, "")
	t.Setenv("PATH", dir)
	var missing *MissingError
	if _, _, err := Find(context.Background()); !errors.As(err, &missing) {
		t.Error(err)
	}
}

// A QEMU that dies as it starts: what it said is shown, on one line.
func TestDeathAtStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "qemu")
	text := "#!/bin/sh\ncase $1 in --version) echo QEMU emulator version 8.0.0;; *) echo no such board >&2; echo sorry >&2; exit 7;; esac\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvBinary, path)
	_, err := Open(context.Background(), Options{Machine: "netduino2"})
	if err == nil || !strings.Contains(err.Error(), "exit status 7: no such board sorry") {
		t.Error(err)
	}
}

func TestParsePC(t *testing.T) {
	if pc, err := parsePC("R14=08000101 R15=08001234\nXPSR=61000000"); pc != 0x08001234 || err != nil {
		t.Error(pc, err)
	}
	if _, err := parsePC("nothing"); err == nil {
		t.Error("no error")
	}
}
