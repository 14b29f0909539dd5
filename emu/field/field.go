// SPDX-License-Identifier: GPL-2.0-or-later

// Package field starts devices on this computer, so that clients reach them over UDP: the device's server as a program of
// this computer ("host"), boards under QEMU with a bridge to their serial line, and the same bridge to a real board
// ("serial:DEVICE").
package field

import (
	"bytes"
	"context"
	"crypto/rand"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ubench-dev/ubench/deploy/bridge"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/serial"
	"github.com/ubench-dev/ubench/firmware"
)

// Options say what to start.
type Options struct {
	Target   string // host, qemu:BOARD, serial:DEVICE[@BAUD]
	Firmware string // file; "": Folder/BOARD.elf, Folder/host
	Folder   string // where firmware is: build/device
	State    string // folder that what is stored is kept in
	Listen   string // address and port; port 0 is any
	Text     func([]byte)
	Fast     bool           // of a board under QEMU: while it sleeps no time goes by here
	Frames   netip.AddrPort // of a board with Ethernet: its network is whoever is there, a frame in each datagram, and not QEMU's
}

// Device runs. Close ends it.
type Device struct {
	Address string // host:port
	close   func() error
	reset   func() error
	done    chan struct{} // closed when it has ended by itself
	err     error
	once    sync.Once
}

// Start starts one.
func Start(ctx context.Context, o Options) (*Device, error) {
	listen, err := netip.ParseAddrPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("%s is no address to listen at: 127.0.0.1:5683", o.Listen)
	}
	kind, name, _ := strings.Cut(o.Target, ":")
	switch {
	case o.Target == "host":
		return startHost(ctx, o, listen)
	case kind == "qemu":
		d, err := startBoard(ctx, o, name, listen)
		if err != nil {
			return nil, err
		}
		if o.Frames.IsValid() { // nobody answers there but whoever makes frames
			return d, nil
		}
		if err := d.awake(ctx); err != nil {
			return nil, errors.Join(err, d.Close())
		}
		return d, nil
	case kind == "serial":
		line, err := serial.OpenLine(name)
		if err != nil {
			return nil, err
		}
		return bridged(line, nil, listen, o.Text)
	}
	return nil, fmt.Errorf("%q is no device to start: choose host, qemu:BOARD (%s) or serial:DEVICE", o.Target, strings.Join(firmware.Names(firmware.DeviceBoards()), ", "))
}

func (o *Options) firmware(name string) (string, error) {
	path := o.Firmware
	if path == "" {
		path = filepath.Join(o.Folder, name)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no firmware %s: build it with make device, or name another with --firmware", path)
	}
	return filepath.Abs(path)
}

// stateFile makes the folder of what is kept.
func (o *Options) stateFile(name string) (string, error) {
	if err := os.MkdirAll(o.State, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(o.State, name), nil
}

func startHost(ctx context.Context, o Options, listen netip.AddrPort) (*Device, error) {
	program, err := o.firmware("host")
	if err != nil {
		return nil, err
	}
	flash, err := o.stateFile("flash")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, flash, listen.Addr().String(), fmt.Sprint(listen.Port()))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe() // open for as long as we live
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C at the terminal reaches only us
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var port int
	_, scanErr := fmt.Fscan(stdout, &port)
	d := &Device{Address: netip.AddrPortFrom(listen.Addr(), uint16(port)).String(), done: make(chan struct{})}
	d.close = func() error {
		_ = stdin.Close()
		select {
		case <-d.done:
		case <-time.After(5 * time.Second):
			err := cmd.Process.Kill()
			<-d.done // until then its flash is somebody's
			return err
		}
		return nil
	}
	go func() {
		err := cmd.Wait()
		if text := strings.TrimSpace(stderr.String()); text != "" {
			err = errors.New(text)
		}
		d.err = err
		close(d.done)
	}()
	if scanErr != nil {
		<-d.done
		if d.err == nil {
			d.err = scanErr
		}
		return nil, fmt.Errorf("the device did not start: %w", d.err)
	}
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), d.Close())
	}
	return d, nil
}

// provision is who a board is (device/boards/identity.h): an id that it keeps, and a number that is another at each start.
func provision(path string) ([]byte, error) {
	id, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		id = make([]byte, 8)
		if _, err := rand.Read(id); err != nil {
			return nil, err
		}
		err = os.WriteFile(path, id, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if len(id) != 8 {
		return nil, fmt.Errorf("%s is not the id of a board", path)
	}
	nonce := make([]byte, 4)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return append(append([]byte("UID1"), id...), nonce...), nil
}

func startBoard(ctx context.Context, o Options, board string, listen netip.AddrPort) (*Device, error) {
	file, err := o.firmware(board + ".elf")
	if err != nil {
		return nil, err
	}
	image, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	path, err := o.stateFile("id")
	if err != nil {
		return nil, err
	}
	who, err := provision(path)
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		if s.Name != "board_provision" {
			continue
		}
		memory := qemu.Memory{Addr: uint32(s.Value), Bytes: who}
		if slices.ContainsFunc(firmware.DeviceBoards(), func(b firmware.Board) bool { return b.Name == board && b.Ethernet }) {
			return networked(ctx, board, image, o, listen, memory)
		}
		line, err := qemu.BootLine(ctx, board, image, qemu.Around{Fast: o.Fast}, memory)
		if err != nil {
			return nil, err
		}
		return bridged(line, line.Reset, listen, o.Text)
	}
	return nil, fmt.Errorf("%s is no firmware of the field: it has no board_provision", file)
}

// networked is a board in a network of QEMU's.
func networked(ctx context.Context, board string, image []byte, o Options, listen netip.AddrPort, memory qemu.Memory) (*Device, error) {
	var line *qemu.Line
	for tries := 0; ; tries++ {
		// QEMU chooses no port that it would tell us of: one that is free now. Somebody else may take it meanwhile.
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(listen))
		if err != nil {
			return nil, err
		}
		at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		if err := conn.Close(); err != nil {
			return nil, err
		}
		line, err = qemu.BootLine(ctx, board, image, qemu.Around{From: at, Frames: o.Frames, Fast: o.Fast}, memory)
		if err == nil {
			listen = at
			break
		}
		if listen.Port() != 0 || tries == 5 || ctx.Err() != nil {
			return nil, err
		}
	}
	d := &Device{Address: listen.String(), reset: line.Reset, close: line.Close, done: make(chan struct{})}
	go func() {
		d.err = line.Wait()
		close(d.done)
	}()
	return d, nil
}

// bridged is a device at the other end of a line.
func bridged(line io.ReadWriteCloser, reset func() error, listen netip.AddrPort, text func([]byte)) (*Device, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(listen))
	if err != nil {
		return nil, errors.Join(err, line.Close())
	}
	d := &Device{Address: conn.LocalAddr().String(), reset: reset, done: make(chan struct{})}
	d.close = func() error { return errors.Join(conn.Close(), line.Close()) }
	go func() {
		d.err = bridge.New(conn, line, text).Serve()
		close(d.done)
	}()
	return d, nil
}

// awake waits until it answers a ping.
func (d *Device) awake(ctx context.Context) error {
	conn, err := net.Dial("udp", d.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	b := make([]byte, 16)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); { // it takes a tenth of a second on a computer that has time
		if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			return err
		}
		_, err := conn.Write([]byte{0x40, 0, 0, 1})
		if err == nil {
			_, err = conn.Read(b)
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.ECONNREFUSED): // its network is not there so far
			time.Sleep(50 * time.Millisecond)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
		select {
		case <-d.done:
			return d.err
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return errors.New("the device does not answer: is its firmware one of the field?")
}

// Done is closed when it ended by itself; then Err says why.
func (d *Device) Done() <-chan struct{} { return d.done }

// Err is why it ended.
func (d *Device) Err() error { return d.err }

// Reset resets a board.
func (d *Device) Reset() error {
	if d.reset == nil {
		return errors.New("this device cannot be reset from here")
	}
	return d.reset()
}

// Close ends it. Closing twice does nothing.
func (d *Device) Close() (err error) {
	d.once.Do(func() { err = d.close() })
	return err
}
