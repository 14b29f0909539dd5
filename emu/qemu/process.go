// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// EnvBinary names the environment variable that chooses the QEMU to use.
const EnvBinary = "UBENCH_QEMU"

const (
	binaryName  = "qemu-system-arm"
	oldestMajor = 7 // -icount sleep=off with these machines was tried from 7.2 on
	install     = "install qemu-system-arm (Debian), qemu-system-arm-core (Fedora) or qemu (Homebrew), or set " + EnvBinary
)

// MissingError means that there is no QEMU that would do.
type MissingError struct {
	Problem string
	Install string // what to do about it
}

func (e *MissingError) Error() string { return e.Problem + ": " + e.Install }

// Find gives the path and version of qemu-system-arm, or says what to install.
func Find(ctx context.Context) (path, version string, err error) {
	name := os.Getenv(EnvBinary)
	if name == "" {
		name = binaryName
	}
	path, err = exec.LookPath(name)
	if err != nil {
		return "", "", &MissingError{name + " not found", install}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return "", "", fmt.Errorf("%s --version: %w", path, err)
	}
	version, err = parseVersion(string(out))
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", path, err)
	}
	return path, version, nil
}

var versionPattern = regexp.MustCompile(`QEMU emulator version (\d+)((?:\.\d+)*)`)

func parseVersion(out string) (string, error) {
	m := versionPattern.FindStringSubmatch(out)
	if m == nil {
		return "", fmt.Errorf("not a QEMU emulator: --version says %q", firstLine(out))
	}
	version := m[1] + m[2]
	if major, err := strconv.Atoi(m[1]); err != nil || major < oldestMajor {
		return "", &MissingError{fmt.Sprintf("QEMU %s is too old, %d.0 or later is needed", version, oldestMajor), install}
	}
	return version, nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// process is a running QEMU: its agent's serial line and its monitor, both on sockets we listen on
// in a directory only we can read.
type process struct {
	serial  net.Conn
	monitor net.Conn
	stderr  tail
	cmd     *exec.Cmd
	dir     string

	messages   *json.Decoder // of the monitor
	negotiated bool          // what the monitor can do

	exited chan struct{} // closed when the process has been reaped
	status error         // how it ended; valid after exited
	once   sync.Once
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - tailBytes; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(p), nil
}

// String is the text on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.Join(bytes.Fields(t.buf), []byte(" ")))
}

// launch is what a process is to run. An instruction takes 2^shift nanoseconds of its time.
type launch struct {
	machine string
	elf     []byte
	shift   int
	reboots bool // after a reset it starts again, rather than end
	live    bool // time passes while the core sleeps, as it does here
	memory  []Memory
	forward netip.AddrPort // UDP that comes here goes to port 5683 of its network, if it has one
	frames  netip.AddrPort // then forward is where its frames come from, and they go there: it has no network of QEMU's
}

func start(ctx context.Context, path string, l launch) (*process, error) {
	dir, err := os.MkdirTemp("", "ubench-qemu-")
	if err != nil {
		return nil, err
	}
	p := &process{dir: dir, exited: make(chan struct{})}
	if err := p.start(ctx, path, l); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *process) start(ctx context.Context, path string, l launch) error {
	// Until the process runs there is nothing to wait for in Close.
	started := false
	defer func() {
		if !started {
			close(p.exited)
		}
	}()
	kernel := filepath.Join(p.dir, "firmware.elf")
	if err := os.WriteFile(kernel, l.elf, 0o600); err != nil {
		return err
	}
	serial, err := listen(p.dir, "serial")
	if err != nil {
		return err
	}
	defer serial.Close()
	monitor, err := listen(p.dir, "monitor")
	if err != nil {
		return err
	}
	defer monitor.Close()

	p.cmd = exec.Command(path,
		"-M", l.machine, "-display", "none", "-monitor", "none",
		"-icount", fmt.Sprintf("shift=%d,sleep=%s,align=off", l.shift, map[bool]string{false: "off", true: "on"}[l.live]),
		"-chardev", "socket,id=agent,server=off,path="+escape(serial.Addr().String()), "-serial", "chardev:agent",
		"-chardev", "socket,id=monitor,server=off,path="+escape(monitor.Addr().String()), "-mon", "chardev=monitor,mode=control",
		"-kernel", kernel)
	for i, m := range l.memory {
		path := filepath.Join(p.dir, fmt.Sprintf("memory-%d", i))
		if err := os.WriteFile(path, m.Bytes, 0o600); err != nil {
			return err
		}
		p.cmd.Args = append(p.cmd.Args, "-device", fmt.Sprintf("loader,file=%s,addr=%#x,force-raw=on", escape(path), m.Addr))
	}
	switch {
	case l.frames.IsValid():
		p.cmd.Args = append(p.cmd.Args, "-nic", fmt.Sprintf("socket,udp=%v,localaddr=%v", l.frames, l.forward))
	case l.forward.IsValid():
		p.cmd.Args = append(p.cmd.Args, "-nic", fmt.Sprintf("user,hostfwd=udp:%v:%d-:5683", l.forward.Addr(), l.forward.Port()))
	}
	if !l.reboots {
		p.cmd.Args = append(p.cmd.Args, "-no-reboot")
	}
	p.cmd.Stderr = &p.stderr
	p.cmd.Stdout = &p.stderr
	p.cmd.WaitDelay = time.Minute // for what it said last
	ownGroup(p.cmd)
	if err := p.spawn(); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	started = true

	if p.serial, err = p.accept(ctx, serial); err != nil {
		return err
	}
	p.monitor, err = p.accept(ctx, monitor)
	return err
}

// spawn starts the process on a thread that lives as long as it does: the kernel kills a process
// with a parent-death signal when the thread that started it ends.
func (p *process) spawn() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		undo := onOneCPU()
		err := p.cmd.Start()
		undo()
		started <- err
		if err != nil {
			return
		}
		p.status = p.cmd.Wait()
		close(p.exited)
	}()
	return <-started
}

// escape doubles commas, which separate options.
func escape(path string) string { return strings.ReplaceAll(path, ",", ",,") }

func listen(dir, name string) (*net.UnixListener, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, name), Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("%w (is the path of TMPDIR too long for a socket?)", err)
	}
	return l, nil
}

// accept waits for QEMU to connect, or for it to die.
func (p *process) accept(ctx context.Context, l *net.UnixListener) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	accepted := make(chan result, 1)
	if err := l.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	go func() {
		conn, err := l.Accept()
		accepted <- result{conn, err}
	}()
	var err error
	select {
	case r := <-accepted:
		if r.err != nil {
			return nil, fmt.Errorf("QEMU did not connect within %v: %w", patience, r.err)
		}
		return r.conn, nil
	case <-p.exited:
		err = p.death()
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.Close()
	if r := <-accepted; r.conn != nil {
		r.conn.Close()
	}
	return nil, err
}

// death tells how the process ended. Call it only when it has, or is about to: its socket closed.
func (p *process) death() error {
	select {
	case <-p.exited:
	case <-time.After(patience):
		return errors.New("QEMU closed its serial line")
	}
	how := "exit status 0"
	if p.status != nil {
		how = p.status.Error()
	}
	if text := p.stderr.String(); text != "" {
		how += ": " + text
	}
	return fmt.Errorf("QEMU died: %s", how)
}

// Close kills the process and waits for its end. Closing twice does nothing.
func (p *process) Close() error {
	p.once.Do(func() {
		select {
		case <-p.exited:
		default:
			killGroup(p.cmd)
			<-p.exited
		}
		if p.serial != nil {
			p.serial.Close()
		}
		if p.monitor != nil {
			p.monitor.Close()
		}
		os.RemoveAll(p.dir)
	})
	return nil
}

// patience is how long QEMU may take to do what takes it milliseconds: on a computer with other work it gets few of them.
const patience = 5 * time.Minute

// Memory is what lies in memory when a machine starts, beside its firmware.
type Memory struct {
	Addr  uint32
	Bytes []byte
}

// hungUp tells whether the connection was closed from the other side.
func hungUp(err error) bool {
	text := err.Error() // reset and pipe errors differ between systems
	return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) ||
		strings.Contains(text, "connection reset") || strings.Contains(text, "broken pipe")
}
