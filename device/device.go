// SPDX-License-Identifier: GPL-2.0-or-later

// Package device is the host's side of the console of devices' firmware (device/console), with which tests command it: what
// a program is to be (Config), how it is (State), and a client. The link is the caller's: QEMU's serial line, or the
// firmware compiled for the host (device/posix). Package deploy talks to devices in the field.
package device

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
)

// Engine runs programs on a device.
type Engine uint8

// Engines of a device.
const (
	VM     Engine = 0
	JIT    Engine = 1
	JITMPU Engine = 2 // bounds by the walls, budget by the clock
	// JITPlan follows the plan of the image (SPEC.md, The plan), if it has one.
	JITPlan Engine = 3
)

var engineNames = []string{"vm", "jit", "jit-mpu", "jit-plan"}

func (e Engine) String() string {
	if int(e) < len(engineNames) {
		return engineNames[e]
	}
	return fmt.Sprintf("engine %d", uint8(e))
}

// Engines are their names.
func Engines() []string { return slices.Clone(engineNames) }

// EngineNamed finds an engine by its name.
func EngineNamed(name string) (Engine, bool) {
	i := slices.Index(engineNames, name)
	return Engine(max(i, 0)), i >= 0
}

// Restart says what becomes of a program that faulted.
type Restart uint8

// Restart policies.
const (
	Never   Restart = 0
	OnFault Restart = 1
	Always  Restart = 2
)

// Keys of the global store that a program may use, from First to Last.
type Keys struct {
	First, Last uint32
	Rights      uint32 // 1 read, 2 write
}

// Config is what a program is to be, and all it may do (device/supervisor/supervisor.h).
type Config struct {
	Name        string
	Format      abi.Format
	Engine      Engine
	Restart     Restart
	Priority    uint8 // 1 (first) to 6; 0 means 3
	LongRunning bool
	Events      Events // hooks it may be attached to, and is when it starts
	Hook        Hook   // what the one of them is about that is not timer, input or message; Kind is not looked at
	Entry       uint16
	PeriodMS    uint32
	Budget      uint32 // 0 means as many as there are
	Ticks       uint32 // of running time without a pause, 0 for no limit
	Context     uint32 // bytes
	Mailbox     uint32 // bytes
	Helpers     []uint16
	AllHelpers  bool
	Devices     uint32 // 1 << kind
	Keys        []Keys
	Shared      uint32 // two bits for each map of the image, 1 to read, 2 to write: it is shared; 0: it is the program's own
}

const (
	nameBytes   = 16
	keyRanges   = 4
	helperWords = 3
)

// Encode lays a configuration out as the device has it.
func (c Config) Encode() ([]byte, error) {
	if len(c.Name) >= nameBytes {
		return nil, fmt.Errorf("name %q is longer than %d characters", c.Name, nameBytes-1)
	}
	if len(c.Keys) > keyRanges {
		return nil, fmt.Errorf("program %q has %d ranges of keys, more than %d", c.Name, len(c.Keys), keyRanges)
	}
	var wire struct {
		Name                                           [nameBytes]byte
		Format, Engine, Restart, Priority, Long, Order uint8
		Entry                                          uint16
		Period, Budget, Ticks, Context, Mailbox        uint32
		Helpers                                        [helperWords]uint32
		Devices                                        uint32
		Keys                                           [keyRanges]Keys
		Shared                                         uint32
		Events, Argument                               uint32
		Path                                           [hookPath]byte
	}
	copy(wire.Name[:], c.Name)
	wire.Format, wire.Engine, wire.Restart = uint8(c.Format), uint8(c.Engine), uint8(c.Restart)
	wire.Priority, wire.Entry = c.Priority, c.Entry
	wire.Events, wire.Argument, wire.Order = uint32(c.Events), c.Hook.Argument, c.Hook.Priority
	if len(c.Hook.Path) >= hookPath {
		return nil, fmt.Errorf("path %q is longer than %d characters", c.Hook.Path, hookPath-1)
	}
	copy(wire.Path[:], c.Hook.Path)
	if wire.Priority == 0 {
		wire.Priority = 3
	}
	if c.LongRunning {
		wire.Long = 1
	}
	wire.Period, wire.Budget, wire.Ticks = c.PeriodMS, c.Budget, c.Ticks
	if wire.Budget == 0 {
		wire.Budget = 1<<32 - 1
	}
	wire.Context, wire.Mailbox, wire.Devices = c.Context, c.Mailbox, c.Devices
	copy(wire.Keys[:], c.Keys)
	wire.Shared = c.Shared
	allow := func(id uint16) {
		if i := helperIndex(id); i < 32*helperWords { // others are granted to nobody
			wire.Helpers[i/32] |= 1 << (i % 32)
		}
	}
	for _, h := range abi.Helpers() {
		if c.AllHelpers {
			allow(h.ID)
		}
	}
	for _, id := range c.Helpers {
		allow(id)
	}
	return binary.Append(nil, binary.LittleEndian, &wire)
}

// helperIndex is UB_HELPER_AT of abi/helpers.h.
func helperIndex(id uint16) uint { return uint(id>>4)*5 + uint(id&15) }

// Lifecycle of a program, enum supervisor_state.
type Lifecycle uint8

// Lifecycles.
const (
	Empty Lifecycle = iota
	Loaded
	Ready
	Running
	Backoff
	Failed
)

func (l Lifecycle) String() string {
	names := []string{"empty", "stopped", "ready", "running", "waits to start again", "left stopped after faults"}
	if int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("state %d", uint8(l))
}

// State is what became of a program (struct console_state).
type State struct {
	Name                  string
	State                 Lifecycle
	Engine                Engine
	Restart               Restart
	LongRunning           bool
	Runs, Ticks           uint32
	Status                abi.Status // of the last run
	Crashes               uint32     // in a row
	Faults                uint32     // so many since it was loaded; what follows is the last
	Fault                 abi.Fault
	FaultCodeAt           uint32 // offset in the compiled code that Fault.PC is, or NoCode
	FaultMS               uint32
	Registers             [17]uint32 // r0 to r15, xpsr
	BlockAddr, BlockBytes uint32
	CodeAddr, CodeBytes   uint32
	MailboxUsed           uint32
	LateUS                uint32 // the longest it was run after its period was over
	Result                uint64
}

// NoCode is State.FaultCodeAt of a fault that was not one of the CPU in compiled code.
const NoCode = 1<<32 - 1

// Info is what a device says about itself.
type Info struct {
	NowMS                 uint32
	PoolAddr, PoolBytes   uint32
	PoolFree, PoolLargest uint32
	PoolPieces            uint32
	Compiled              uint32 // times code was made rather than found
	Panic                 abi.Status
	Programs, Codes       int    // at most
	AliasKB               uint32 // of memory's beginning: compiled code that lies there runs emu.Alias lower; 0: none does
	Board, Core           string
}

// Result is what came of a call.
type Result struct {
	Fault        abi.Fault
	R0           uint64
	Spent        uint32 // of the budget
	Ticks        uint32
	Instructions uint32 // from the request to its end, 0 where nothing counts them
	Cycles       uint32 // likewise
	Context      []byte
}

// Exchanger asks the console and returns its answer, which begins with a fault.
type Exchanger interface {
	Exchange(ctx context.Context, kind byte, payload []byte) ([]byte, error)
}

// Commands of the console.
const (
	cmdInfo    = 0x20
	cmdImage   = 0x21
	cmdLoad    = 0x22
	cmdReplace = 0x23
	cmdStart   = 0x24
	cmdStop    = 0x25
	cmdKill    = 0x26
	cmdUnload  = 0x27
	cmdCall    = 0x28
	cmdState   = 0x29
	cmdLog     = 0x2a
	cmdInput   = 0x2b
	cmdTrace   = 0x2c
	cmdTest    = 0x2d
	cmdFill    = 0x2e
	cmdRun     = 0x2f
	cmdRead    = 0x30
)

var le = binary.LittleEndian

const (
	faultBytes = 12
	chunk      = 1000 // of an image in a datagram
)

// Client asks a device. It is not safe for concurrent use.
type Client struct{ to Exchanger }

// NewClient makes a client.
func NewClient(to Exchanger) *Client { return &Client{to} }

// ask returns what follows the fault of an answer. A refusal is an error that is an abi.Fault.
func (c *Client) ask(ctx context.Context, kind byte, payload []byte) ([]byte, error) {
	p, fault, err := c.askAny(ctx, kind, payload)
	if err == nil && fault.Status != abi.OK {
		err = fault
	}
	return p, err
}

func (c *Client) askAny(ctx context.Context, kind byte, payload []byte) ([]byte, abi.Fault, error) {
	p, err := c.to.Exchange(ctx, kind, payload)
	if err != nil {
		return nil, abi.Fault{}, err
	}
	if len(p) < faultBytes {
		return nil, abi.Fault{}, fmt.Errorf("the answer has %d bytes, too few for a status", len(p))
	}
	f := abi.Fault{Status: abi.Status(int32(le.Uint32(p))), PC: le.Uint32(p[4:]), Addr: le.Uint32(p[8:])}
	return p[faultBytes:], f, nil
}

var errShort = errors.New("the answer is too short")

// Info describes the device.
func (c *Client) Info(ctx context.Context) (Info, error) {
	p, err := c.ask(ctx, cmdInfo, nil)
	if err != nil {
		return Info{}, err
	}
	if len(p) < 36 {
		return Info{}, errShort
	}
	w := func(i int) uint32 { return le.Uint32(p[4*i:]) }
	i := Info{
		NowMS: w(0), PoolAddr: w(1), PoolBytes: w(2), PoolFree: w(3), PoolLargest: w(4), PoolPieces: w(5), Compiled: w(6),
		Panic: abi.Status(int32(w(7))), Programs: int(w(8) & 0xff), Codes: int(w(8) >> 8 & 0xff), AliasKB: w(8) >> 16,
	}
	names := strings.Split(string(p[36:]), "\x00")
	if len(names) < 2 {
		return Info{}, errShort
	}
	i.Board, i.Core = names[0], names[1]
	return i, nil
}

// send transfers an image for Load or Replace.
func (c *Client) send(ctx context.Context, image []byte) error {
	for at := 0; at == 0 || at < len(image); at += chunk {
		p := le.AppendUint32(nil, uint32(len(image)))
		p = le.AppendUint32(p, uint32(at))
		p = append(p, image[at:min(at+chunk, len(image))]...)
		if _, err := c.ask(ctx, cmdImage, p); err != nil {
			return err
		}
	}
	return nil
}

// Load makes a program of an image and returns its number. It is not started.
func (c *Client) Load(ctx context.Context, config Config, image []byte) (int, error) {
	p, err := config.Encode()
	if err != nil {
		return 0, err
	}
	if err := c.send(ctx, image); err != nil {
		return 0, err
	}
	if p, err = c.ask(ctx, cmdLoad, p); err != nil {
		return 0, err
	}
	if len(p) < 1 {
		return 0, errShort
	}
	return int(p[0]), nil
}

// Replace puts another image in a program's place; if that fails the old one goes on.
func (c *Client) Replace(ctx context.Context, number int, config Config, image []byte) error {
	p, err := config.Encode()
	if err != nil {
		return err
	}
	if err := c.send(ctx, image); err != nil {
		return err
	}
	_, err = c.ask(ctx, cmdReplace, append([]byte{byte(number), 0, 0, 0}, p...))
	return err
}

func (c *Client) one(ctx context.Context, kind byte, number int) error {
	_, err := c.ask(ctx, kind, []byte{byte(number)})
	return err
}

// Start starts a program.
func (c *Client) Start(ctx context.Context, number int) error { return c.one(ctx, cmdStart, number) }

// Stop stops a program when its run is over.
func (c *Client) Stop(ctx context.Context, number int) error { return c.one(ctx, cmdStop, number) }

// Kill stops a program at once.
func (c *Client) Kill(ctx context.Context, number int) error { return c.one(ctx, cmdKill, number) }

// Unload removes a program.
func (c *Client) Unload(ctx context.Context, number int) error { return c.one(ctx, cmdUnload, number) }

// Call runs a program once. A program that was stopped is no error: see Result.Fault.
func (c *Client) Call(ctx context.Context, number int, programContext []byte) (Result, error) {
	return c.called(ctx, cmdCall, append([]byte{byte(number), 0, 0, 0}, programContext...))
}

const resultBytes = 24

func (c *Client) called(ctx context.Context, kind byte, request []byte) (Result, error) {
	p, fault, err := c.askAny(ctx, kind, request)
	if err != nil {
		return Result{}, err
	}
	if len(p) < resultBytes {
		if fault.Status != abi.OK {
			return Result{}, fault
		}
		return Result{}, errShort
	}
	return Result{
		Fault: fault, R0: le.Uint64(p), Spent: le.Uint32(p[8:]), Ticks: le.Uint32(p[12:]),
		Instructions: le.Uint32(p[16:]), Cycles: le.Uint32(p[20:]), Context: p[resultBytes:],
	}, nil
}

// CallLong is Call for contexts of any length, counted without what it takes to copy them: from where the program's run
// begins to where its end is known. With back the context is read back as the program left it.
func (c *Client) CallLong(ctx context.Context, number int, programContext []byte, back bool) (Result, error) {
	head := func(words ...uint32) []byte {
		p := []byte{byte(number), 0, 0, 0}
		for _, w := range words {
			p = le.AppendUint32(p, w)
		}
		return p
	}
	for at := 0; at < len(programContext); at += chunk {
		part := programContext[at:min(at+chunk, len(programContext))]
		if _, err := c.ask(ctx, cmdFill, append(head(uint32(at)), part...)); err != nil {
			return Result{}, err
		}
	}
	r, err := c.called(ctx, cmdRun, head(uint32(len(programContext))))
	if err != nil || !back || r.Fault.Status != abi.OK {
		return r, err
	}
	for r.Context = r.Context[:0:0]; len(r.Context) < len(programContext); {
		n := min(chunk, len(programContext)-len(r.Context))
		p, err := c.ask(ctx, cmdRead, head(uint32(len(r.Context)), uint32(n)))
		if err != nil {
			return r, err
		}
		if len(p) != n {
			return r, errShort
		}
		r.Context = append(r.Context, p...)
	}
	return r, nil
}

// State tells what became of a program.
func (c *Client) State(ctx context.Context, number int) (State, error) {
	p, err := c.ask(ctx, cmdState, []byte{byte(number)})
	if err != nil {
		return State{}, err
	}
	var wire struct {
		Name                                       [nameBytes]byte
		State, Engine, Restart, Long               uint8
		Runs, Ticks                                uint32
		Status                                     int32
		Crashes, Faults                            uint32
		FaultStatus                                int32
		FaultPC, FaultAddr, FaultCodeAt, FaultMS   uint32
		Registers                                  [17]uint32
		BlockAddr, BlockBytes, CodeAddr, CodeBytes uint32
		MailboxUsed, LateUS                        uint32
		Result                                     uint64
	}
	if _, err := binary.Decode(p, le, &wire); err != nil {
		return State{}, errShort
	}
	name, _, _ := strings.Cut(string(wire.Name[:]), "\x00")
	return State{
		Name: name, State: Lifecycle(wire.State), Engine: Engine(wire.Engine), Restart: Restart(wire.Restart),
		LongRunning: wire.Long != 0, Runs: wire.Runs, Ticks: wire.Ticks, Status: abi.Status(wire.Status),
		Crashes: wire.Crashes, Faults: wire.Faults,
		Fault:       abi.Fault{Status: abi.Status(wire.FaultStatus), PC: wire.FaultPC, Addr: wire.FaultAddr},
		FaultCodeAt: wire.FaultCodeAt, FaultMS: wire.FaultMS, Registers: wire.Registers,
		BlockAddr: wire.BlockAddr, BlockBytes: wire.BlockBytes, CodeAddr: wire.CodeAddr, CodeBytes: wire.CodeBytes,
		MailboxUsed: wire.MailboxUsed, LateUS: wire.LateUS, Result: wire.Result,
	}, nil
}

// Line is text that a program printed.
type Line struct {
	Program int
	Text    string
}

// Log returns what was printed since a place in the log, and the place to ask from next. What was overwritten
// meanwhile is lost.
func (c *Client) Log(ctx context.Context, from uint32) ([]Line, uint32, error) {
	p, err := c.ask(ctx, cmdLog, le.AppendUint32(nil, from))
	if err != nil {
		return nil, from, err
	}
	if len(p) < 4 {
		return nil, from, errShort
	}
	got := le.Uint32(p)
	p = p[4:]
	if got != from { // the first record is not whole; where the next begins is not known
		return nil, got + uint32(len(p)), nil
	}
	var lines []Line
	for len(p) >= 2 && len(p) >= 2+int(p[1]) {
		lines = append(lines, Line{int(p[0]), string(p[2 : 2+int(p[1])])})
		from += 2 + uint32(p[1])
		p = p[2+int(p[1]):]
	}
	return lines, from, nil
}

// Input tells the device that something came in.
func (c *Client) Input(ctx context.Context, value uint32) error {
	_, err := c.ask(ctx, cmdInput, le.AppendUint32(nil, value))
	return err
}

// Trace is what the simulated devices read from now on (SPEC.md); nil for nothing.
func (c *Client) Trace(ctx context.Context, trace []byte) error {
	some := byte(0)
	if len(trace) > 0 {
		some = 1
		if err := c.send(ctx, trace); err != nil {
			return err
		}
	}
	_, err := c.ask(ctx, cmdTrace, []byte{some})
	return err
}

// Switch measures what it takes from a thread that is interrupted to the next one: the fewest and the most of twenty.
// Only a test build does.
func (c *Client) Switch(ctx context.Context) (instructions, cycles [2]uint32, err error) {
	const what = 5 // device/console/test.c
	p, err := c.Test(ctx, []byte{what})
	if err == nil && len(p) < 16 {
		err = errShort
	}
	for i := range 2 {
		if err == nil {
			instructions[i], cycles[i] = le.Uint32(p[8*i:]), le.Uint32(p[8*i+4:])
		}
	}
	return instructions, cycles, err
}

// Test does what a test build offers (device/console/test.c).
func (c *Client) Test(ctx context.Context, request []byte) ([]byte, error) {
	return c.ask(ctx, cmdTest, request)
}
