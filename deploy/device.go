// SPDX-License-Identifier: GPL-2.0-or-later

// Package deploy is the host's side of devices in the field: what can be asked of one (Device), what is sent to it (Job),
// applications of several programs, and fleets. The resources and their keys are those of SPEC.md, section 9.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
)

// Content formats.
const (
	formatBytes = 42
	formatCBOR  = 60
)

// Device is one that is asked.
type Device struct {
	*client.Conn
}

// Key is one that a device believes.
type Key struct {
	ID    []byte `cbor:"18,keyasint" json:"id"`
	Flags uint32 `cbor:"19,keyasint" json:"flags"`
}

// Flags of keys.
const (
	KeyDevelopment = 1
	KeyRevoked     = 2
)

// Info is what a device says of itself (keys of device/server/keys.h).
type Info struct {
	Board         string     `cbor:"1,keyasint" json:"board"`
	Core          string     `cbor:"2,keyasint" json:"core"`
	Firmware      string     `cbor:"3,keyasint" json:"firmware"`
	UptimeMS      uint64     `cbor:"4,keyasint" json:"uptime_ms"`
	Memory        uint32     `cbor:"5,keyasint" json:"memory_bytes"`
	MemoryFree    uint32     `cbor:"6,keyasint" json:"memory_free_bytes"`
	MemoryLargest uint32     `cbor:"7,keyasint" json:"memory_largest_bytes"`
	Programs      uint32     `cbor:"8,keyasint" json:"programs"`
	ProgramsMost  uint32     `cbor:"9,keyasint" json:"programs_most"`
	Store         uint32     `cbor:"10,keyasint" json:"store_bytes"`
	StoreFree     uint32     `cbor:"11,keyasint" json:"store_free_bytes"`
	StoreIsRAM    bool       `cbor:"12,keyasint" json:"store_is_ram"`
	Panic         abi.Status `cbor:"13,keyasint" json:"last_panic"`
	Keys          []Key      `cbor:"14,keyasint" json:"keys"`
	Vendor        []byte     `cbor:"15,keyasint" json:"vendor"`
	Classes       [][]byte   `cbor:"16,keyasint" json:"classes"`
	Compiled      uint32     `cbor:"17,keyasint" json:"compiled"`
	Alias         bool       `cbor:"80,keyasint" json:"alias"` // compiled code runs where memory is seen at address 0, which is faster
}

// Program is what a device says of one.
type Program struct {
	Name        string           `cbor:"20,keyasint" json:"name"`
	State       device.Lifecycle `cbor:"21,keyasint" json:"state"`
	Engine      device.Engine    `cbor:"22,keyasint" json:"engine"`
	Sequence    uint32           `cbor:"23,keyasint" json:"sequence"`
	Application string           `cbor:"24,keyasint,omitempty" json:"application,omitempty"`
	TrialLeftMS *uint64          `cbor:"25,keyasint,omitempty" json:"trial_left_ms,omitempty"` // nil: not on trial
	Start       uint8            `cbor:"26,keyasint" json:"start"`
	Answers     uint8            `cbor:"27,keyasint" json:"answers"`
	Runs        uint32           `cbor:"28,keyasint" json:"runs"`
	RunningMS   uint32           `cbor:"29,keyasint" json:"running_ms"`
	Status      abi.Status       `cbor:"30,keyasint" json:"status"`
	Faults      uint32           `cbor:"31,keyasint" json:"faults"`
	ImageBytes  uint32           `cbor:"32,keyasint" json:"image_bytes"`
	BlockBytes  uint32           `cbor:"33,keyasint" json:"compartment_bytes"`
	CodeBytes   uint32           `cbor:"34,keyasint" json:"code_bytes"`
	StackBytes  uint32           `cbor:"35,keyasint" json:"stack_bytes"`
	LateUS      uint32           `cbor:"36,keyasint" json:"late_us"`
	Mailbox     uint32           `cbor:"37,keyasint" json:"mailbox_bytes"`
	Result      uint64           `cbor:"38,keyasint" json:"result"`
	Number      uint32           `cbor:"79,keyasint" json:"number"` // which contexts of hooks name it by
	Spent       uint32           `cbor:"39,keyasint" json:"spent"`
	Digest      []byte           `cbor:"40,keyasint" json:"digest"` // how that of its image begins
	Format      abi.Format       `cbor:"41,keyasint" json:"format"`
}

// Fault is the last one of a program.
type Fault struct {
	Status    abi.Status `cbor:"30,keyasint" json:"status"`
	Count     uint32     `cbor:"31,keyasint" json:"faults"`           // so many since it was loaded; 0: the rest says nothing
	Digest    []byte     `cbor:"40,keyasint,omitempty" json:"digest"` // of the image that did it, which may have gone since
	Slot      uint32     `cbor:"42,keyasint" json:"slot"`
	Address   uint32     `cbor:"43,keyasint" json:"address"`
	CodeAt    uint32     `cbor:"44,keyasint" json:"code_at"`
	WhenMS    uint32     `cbor:"45,keyasint" json:"when_ms"`
	Registers []uint32   `cbor:"46,keyasint" json:"registers,omitempty"`
}

// Result is what a run came to.
type Result struct {
	Status       abi.Status `cbor:"30,keyasint" json:"status"`
	R0           uint64     `cbor:"38,keyasint" json:"r0"`
	Spent        uint32     `cbor:"39,keyasint" json:"spent"`
	Slot         uint32     `cbor:"42,keyasint" json:"slot"`
	Address      uint32     `cbor:"43,keyasint" json:"address"`
	Instructions uint32     `cbor:"47,keyasint" json:"instructions"`
	Context      []byte     `cbor:"48,keyasint" json:"context"`
}

// Line is text that a program printed.
type Line struct {
	_    struct{} `cbor:",toarray"`
	At   uint32
	Name string
	Text []byte
}

// Log is what was printed, and the place from which to ask next.
type Log struct {
	Next  uint32 `cbor:"49,keyasint"`
	Lines []Line `cbor:"50,keyasint"`
}

// Costs are what it cost a device to take the last program in, in instructions; 0 where it does not count them.
type Costs struct {
	_        struct{} `cbor:",toarray"`
	Receive  uint32   // datagrams: OSCORE, CoAP, and the digest of the image
	Manifest uint32   // the signature
	Store    uint32
	Load     uint32 // read and verified
	Start    uint32 // placed, compiled and started
}

// Costs tells what the last program cost.
func (d Device) Costs(ctx context.Context) (Costs, error) {
	t, err := d.transfer(ctx)
	return t.Costs, err
}

func (d Device) transfer(ctx context.Context) (t transfer, err error) {
	return t, d.ask(ctx, get("transfer"), &t)
}

// transfer is a program that is arriving, or did not arrive whole.
type transfer struct {
	Name     string `cbor:"20,keyasint"`
	Sequence uint32 `cbor:"23,keyasint"`
	Digest   []byte `cbor:"40,keyasint"` // of its manifest
	Have     int    `cbor:"52,keyasint"`
	Costs    Costs  `cbor:"53,keyasint"`
}

// Refused is a program that the device's verifier, or its memory, refuses.
type Refused struct {
	Status  abi.Status `cbor:"30,keyasint"`
	Slot    uint32     `cbor:"42,keyasint"`
	Address uint32     `cbor:"43,keyasint"`

	// What there was no memory for, in the device's words, "" if that was not why: it needs so many bytes in one piece, 0: more than Largest,
	// and so many were free.
	What    string `cbor:"81,keyasint"`
	Needed  uint32 `cbor:"82,keyasint"`
	Free    uint32 `cbor:"6,keyasint"`
	Largest uint32 `cbor:"7,keyasint"` // of the pieces that are free
}

func (r *Refused) fault() abi.Fault { return abi.Fault{Status: r.Status, PC: r.Slot, Addr: r.Address} }

func (r *Refused) Error() string {
	if r.What == "" {
		return r.fault().Error()
	}
	needed := fmt.Sprintf("%d", r.Needed)
	if r.Needed == 0 {
		needed = fmt.Sprintf("more than %d", r.Largest)
	}
	return fmt.Sprintf("%v: %s needs %s bytes; %d are free, %d of them in one piece", r.Status, r.What, needed, r.Free, r.Largest)
}

// AtInstruction tells whether Slot names an instruction.
func (r *Refused) AtInstruction() bool { return r.fault().AtInstruction() }

// ask does a request and reads its answer, in CBOR, into out.
func (d Device) ask(ctx context.Context, r client.Request, out any) error {
	response, err := d.Do(ctx, r)
	if refusal := (*client.Refusal)(nil); errors.As(err, &refusal) && refusal.Format == formatCBOR {
		refused := new(Refused)
		if cbor.Unmarshal(refusal.Body, refused) == nil {
			return refused
		}
	}
	if err != nil || out == nil {
		return err
	}
	if err := cbor.Unmarshal(response.Body, out); err != nil {
		return fmt.Errorf("%s: the answer is not what it should be: %w", r.Path, err)
	}
	return nil
}

// list reads a list: as a whole, or in pieces, where all of it changes faster than it can be read.
func list[T any](ctx context.Context, d Device, path string) (all []T, err error) {
	if err = d.ask(ctx, get(path), &all); !errors.Is(err, client.ErrChanged) {
		return all, err
	}
	for all = nil; ; {
		var page []T
		if err := d.ask(ctx, get(path, fmt.Sprintf("from=%d", len(all)+1)), &page); err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
	}
}

func get(path string, query ...string) client.Request {
	return client.Request{Method: coap.GET, Path: path, Query: query, Format: -1}
}

func post(path string) client.Request {
	return client.Request{Method: coap.POST, Path: path, Format: -1}
}

// Info describes the device.
func (d Device) Info(ctx context.Context) (i Info, err error) {
	return i, d.ask(ctx, get("dev"), &i)
}

// Programs lists them.
func (d Device) Programs(ctx context.Context) (p []Program, err error) {
	return list[Program](ctx, d, "p")
}

// Program describes one.
func (d Device) Program(ctx context.Context, name string) (p Program, err error) {
	return p, d.ask(ctx, get("p/"+name), &p)
}

// Faults tells the last fault of a program.
func (d Device) Faults(ctx context.Context, name string) (f Fault, err error) {
	return f, d.ask(ctx, get("p/"+name+"/faults"), &f)
}

// Start starts a program; now, and after each reset if its manifest says so.
func (d Device) Start(ctx context.Context, name string) error { return d.act(ctx, name, "start") }

// Stop stops it when its run is over.
func (d Device) Stop(ctx context.Context, name string) error { return d.act(ctx, name, "stop") }

// Kill stops it at once.
func (d Device) Kill(ctx context.Context, name string) error { return d.act(ctx, name, "kill") }

// Confirm ends its trial well.
func (d Device) Confirm(ctx context.Context, name string) error { return d.act(ctx, name, "confirm") }

// Rollback ends its trial, and the version before returns.
func (d Device) Rollback(ctx context.Context, name string) error { return d.act(ctx, name, "rollback") }

func (d Device) act(ctx context.Context, name, verb string) error {
	return d.ask(ctx, post("p/"+name+"/"+verb), nil)
}

// Remove removes it, whatever it is doing.
func (d Device) Remove(ctx context.Context, name string) error {
	return d.ask(ctx, client.Request{Method: coap.DELETE, Path: "p/" + name, Format: -1}, nil)
}

// Revoke makes the device believe a key no more.
func (d Device) Revoke(ctx context.Context, id string) error {
	return d.ask(ctx, client.Request{Method: coap.DELETE, Path: "dev/keys/" + id, Format: -1}, nil)
}

// Run runs a program once with a context. A program that was stopped is no error: see Result.Status.
func (d Device) Run(ctx context.Context, name string, programContext []byte) (r Result, err error) {
	return r, d.ask(ctx, client.Request{Method: coap.POST, Path: "p/" + name + "/run", Format: formatBytes, Body: programContext}, &r)
}

// Log tells what was printed from a place on; "" is all programs.
func (d Device) Log(ctx context.Context, name string, from uint32) (l Log, err error) {
	return l, d.ask(ctx, logRequest(name, from), &l)
}

func logRequest(name string, from uint32) client.Request {
	path := "log"
	if name != "" {
		path = "p/" + name + "/log"
	}
	return get(path, fmt.Sprintf("from=%d", from))
}

// Follow tells what is printed from a place on, until the context ends.
func (d Device) Follow(ctx context.Context, name string, from uint32, show func([]Line) error) error {
	for {
		response, o, err := d.Observe(ctx, logRequest(name, from))
		for err == nil {
			var l Log
			if err = cbor.Unmarshal(response.Body, &l); err != nil {
				break
			}
			if int32(l.Next-from) < 0 { // it was reset
				from = 0
			}
			var fresh []Line
			for _, line := range l.Lines {
				if int32(line.At-from) >= 0 {
					fresh = append(fresh, line)
				}
			}
			from = l.Next
			if err = show(fresh); err != nil {
				break
			}
			if len(response.Body) > client.DefaultBlock { // so that what comes again is not too much
				break
			}
			response, err = o.Next(ctx)
		}
		if o != nil {
			o.Forget()
		}
		if err != nil {
			return err
		}
	}
}

// Values lists a store: "global", or a program's own.
func (d Device) Values(ctx context.Context, store string) (v map[uint32]uint32, err error) {
	return v, d.ask(ctx, get("s/"+store), &v)
}

// Value reads one.
func (d Device) Value(ctx context.Context, store string, key uint32) (v uint32, err error) {
	return v, d.ask(ctx, get(fmt.Sprintf("s/%s/%d", store, key)), &v)
}

// SetValue writes one.
func (d Device) SetValue(ctx context.Context, store string, key uint32, value int64) error {
	body, err := cbor.Marshal(value)
	if err != nil {
		return err
	}
	return d.ask(ctx, client.Request{Method: coap.PUT, Path: fmt.Sprintf("s/%s/%d", store, key), Format: formatCBOR, Body: body}, nil)
}

// Trace is what simulated devices read from now on (abi.ParseTrace).
func (d Device) Trace(ctx context.Context, trace []byte) error {
	return d.ask(ctx, client.Request{Method: coap.PUT, Path: "trace", Format: formatBytes, Body: trace}, nil)
}

// Ask asks for any resource.
func (d Device) Ask(ctx context.Context, path string) ([]byte, error) {
	r, err := d.Do(ctx, get(path))
	if err != nil {
		return nil, err
	}
	return r.Body, nil
}

// busy is how long another's transfer is waited for, or the rest of one that was interrupted.
const busy = 15 * time.Second

// Install sends a program in its envelope. One whose transfer was interrupted goes on where it was, also if the device has been
// without power since.
func (d Device) Install(ctx context.Context, name string, envelope []byte, block int, sent func(bytes int)) (p Program, err error) {
	t, err := d.transfer(ctx)
	if err != nil {
		return p, err
	}
	return d.install(ctx, t, name, envelope, block, sent)
}

func (d Device) install(ctx context.Context, t transfer, name string, envelope []byte, block int, sent func(bytes int)) (p Program, err error) {
	r := client.Request{Method: coap.PUT, Path: "p/" + name, Format: formatBytes, Body: envelope, Sent: sent}
	identity, err := suit.Identity(envelope)
	if err != nil {
		return p, err
	}
	if t.Name == name && string(t.Digest) == string(identity[:]) && t.Have%block == 0 && t.Have < len(envelope) {
		r.From = t.Have
	}
	for end := time.Now().Add(busy); ; {
		err = d.ask(ctx, r, &p)
		refusal := (*client.Refusal)(nil)
		if !errors.As(err, &refusal) || time.Now().After(end) {
			return p, err
		}
		switch {
		case refusal.Code == coap.Code(4<<5|8) && r.From > 0: // what was there is there no more
			r.From = 0
		case refusal.Code == coap.Code(5<<5|3):
			if err := sleep(ctx, time.Second); err != nil {
				return p, err
			}
		default:
			return p, err
		}
	}
}

func sleep(ctx context.Context, t time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(t):
		return nil
	}
}
