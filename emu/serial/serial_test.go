// SPDX-License-Identifier: GPL-2.0-or-later

package serial

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"go.bug.st/serial"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/wire"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		spec, device string
		baud         int
		err          string
	}{
		{"/dev/ttyUSB0", "/dev/ttyUSB0", 115200, ""},
		{"/dev/ttyUSB0@9600", "/dev/ttyUSB0", 9600, ""},
		{"COM3@921600", "COM3", 921600, ""},
		{"a@b@300", "a@b", 300, ""},
		{"/dev/ttyUSB0@fast", "", 0, "baud"},
		{"/dev/ttyUSB0@-1", "", 0, "baud"},
		{"/dev/ttyUSB0@", "", 0, "baud"},
		{"", "", 0, "no serial device"},
		{"@9600", "", 0, "no serial device"},
	} {
		device, baud, err := Parse(c.spec)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v", c.spec, err)
			}
		} else if device != c.device || baud != c.baud || err != nil {
			t.Errorf("%q: %q at %d, %v", c.spec, device, baud, err)
		}
	}
}

// patience is what QEMU gets to answer in, however busy this computer is.
const patience = 5 * time.Minute

// script starts the firmware in QEMU as people do and returns what it prints.
func script(t *testing.T, args ...string) *bufio.Scanner {
	t.Helper()
	if _, _, err := qemu.Find(context.Background()); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command("../../scripts/qemu-netduino2.sh", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		out.Close()
	})
	return bufio.NewScanner(out)
}

// find reads lines until one matches and returns what the first group of the pattern matched.
func find(t *testing.T, lines *bufio.Scanner, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for lines.Scan() {
		if m := re.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("the script printed nothing like %s", pattern)
	return ""
}

// board starts the firmware in QEMU and returns the name of its pseudo terminal.
func board(t *testing.T) string {
	t.Helper()
	return find(t, script(t), `redirected to (\S+)`)
}

// TestDebugger asks the gdb stub why the machine stands, and for its registers.
func TestDebugger(t *testing.T) {
	var port string
	for starts := false; !starts; { // a port that is free may be somebody else's by the time QEMU takes it
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ = net.SplitHostPort(l.Addr().String())
		l.Close()
		lines := script(t, "netduinoplus2", "--gdb", port)
		if at := find(t, lines, `target remote localhost:(\d+)`); at != port {
			t.Errorf("the script tells of port %s, not %s", at, port)
		}
		starts = find(t, lines, `redirected to (\S+)|(?i)(address already) in use`) != ""
	}
	var conn net.Conn
	var err error
	for range patience / (50 * time.Millisecond) { // QEMU opens the port soon
		if conn, err = net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("+$?#3f")); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('#')
	if err != nil || !strings.Contains(answer, "$T05") {
		t.Errorf("the stub answers %q, %v; want that it stopped with signal 5", answer, err)
	}
}

// Mistakes in the script's arguments are one line and status 2.
func TestScriptArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"toaster"}, "no firmware for machine toaster"},
		{[]string{"../netduino2"}, "no firmware for machine"},
		{[]string{"--gdb", "70000"}, "not a port"},
		{[]string{"--gdb=x"}, "not a port"},
		{[]string{"--speed"}, "unknown option --speed"},
		{[]string{"netduino2", "netduinoplus2"}, "one machine"},
	} {
		out, err := exec.Command("../../scripts/qemu-netduino2.sh", c.args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), c.want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%v: %v, %q", c.args, err, out)
		}
	}
}

func works(t *testing.T, target *Target) {
	t.Helper()
	b, _ := benchmarks.Lookup("fletcher16")
	in := b.Input(2000)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := target.Run(ctx, emu.Job{Engine: "native-O2", Kernel: b.Name, Context: in, WantContext: true})
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := b.Oracle(in); s.Fault.Status != 0 || s.Result != want || string(s.Context) != string(in) {
		t.Fatalf("%v, result %#x, want %#x", s.Fault.Status, s.Result, want)
	}
}

func open(t *testing.T, device string) *Target {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	target, err := Open(ctx, device, DefaultBaud, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

func TestBoard(t *testing.T) {
	device := board(t)
	target := open(t, device)
	if i := target.Info(); i.Target != "serial:"+device || i.Board != "netduino2" || i.Core != "cortex-m3" {
		t.Errorf("%+v", i)
	}
	works(t, target)
	works(t, target)
}

// The line holds the remains of other conversations: noise, and a frame that was never finished.
func TestGarbageBeforeConnecting(t *testing.T) {
	device := board(t)
	port, err := serial.Open(device, &serial.Mode{BaudRate: DefaultBaud})
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 3000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	noise = append(noise, 0xb5, 0x4e, 5, 1, 0x00, 0x04)
	if _, err := port.Write(noise); err != nil {
		t.Fatal(err)
	}
	port.Close()
	works(t, open(t, device))
}

// noisy joins two ends, and damages a byte now and then.
func noisy(t *testing.T, a, b io.ReadWriter, every int64) *atomic.Int64 {
	damaged := new(atomic.Int64)
	pass := func(from io.Reader, to io.Writer, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 1))
		buf := make([]byte, 256)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			out := buf[:0]
			for _, c := range buf[:n] {
				if random.Int64N(every) == 0 {
					damaged.Add(1)
					if c&1 == 0 {
						continue // lost
					}
					c ^= 0x10
				}
				out = append(out, c)
			}
			if _, err := to.Write(out); err != nil {
				return
			}
		}
	}
	go pass(a, b, 1)
	go pass(b, a, 2)
	return damaged
}

func TestNoiseOnTheLine(t *testing.T) {
	port, err := serial.Open(board(t), &serial.Mode{BaudRate: DefaultBaud})
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	defer master.Close()
	defer slave.Close()
	damaged := noisy(t, master, port, 1500)
	target := open(t, slave.Name())
	for range 2 {
		works(t, target)
	}
	if damaged.Load() == 0 {
		t.Error("nothing was damaged: the test is void")
	}
}

func TestNobodyAnswers(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	defer master.Close()
	defer slave.Close()
	go io.Copy(io.Discard, master) //nolint:errcheck // ends with the test
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err = Open(ctx, slave.Name(), DefaultBaud, false)
	if !errors.Is(err, wire.ErrNoAnswer) || !strings.Contains(err.Error(), "is the firmware on the board") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

func TestNoDevice(t *testing.T) {
	_, err := Open(context.Background(), "/dev/no-such-port", DefaultBaud, false)
	if err == nil || !strings.HasPrefix(err.Error(), "serial:/dev/no-such-port: ") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	if _, err := Open(context.Background(), os.DevNull, DefaultBaud, false); err == nil {
		t.Error("opened " + os.DevNull)
	}
}
