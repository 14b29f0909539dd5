// SPDX-License-Identifier: GPL-2.0-or-later

// Package enginetest runs programs on single engines on the host, for tests: text in, result and
// memory out. Every memory a program is granted lies in pages of its own that end where it ends, or
// less than 8 bytes later, so what escapes a check faults.
package enginetest

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>

#include "internal/enginetest/run.h"
*/
import "C"

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	_ "github.com/ubench-dev/ubench/firmware/helpers" // its C
	"github.com/ubench-dev/ubench/internal/devmem"
	"github.com/ubench-dev/ubench/internal/progen"
	_ "github.com/ubench-dev/ubench/verify" // its C
)

// Device addresses; regions are far apart.
const (
	textAddr    = 0x20010000
	arenaAddr   = 0x20100000
	arenaBytes  = 1 << 20
	stackTop    = 0x20301000
	stackBytes  = C.UB_STACK_BYTES + C.UB_SAVE_BYTES
	firstRegion = 0x20400000 // end of the first region; those after follow at this distance
	regionStep  = 0x00100000
)

// Program is what to run. The zero value of what a program does not have is right.
type Program struct {
	Text    []byte
	Entry   uint32 // slot
	Kernel  uint32 // native engines: index of the kernel
	Femto   bool   // lddwd and lddwr may occur
	Context []byte
	Rodata  []byte
	Data    []byte
	Granted []Region
	Budget  uint32
	Helpers bool   // all of the firmware's
	Trace   []byte // for helpers
}

// Generate makes a program out of arbitrary bytes, of what every engine runs but, if wanted, local calls.
func Generate(seed []byte, localCalls bool) Program {
	p := progen.Generate(seed, progen.Features{Calls: localCalls})
	return Program{Text: p.Text, Context: p.Context, Budget: p.Budget, Helpers: true}
}

// Region is memory granted beyond a program's own.
type Region struct {
	Bytes    []byte
	Writable bool
}

// Result is what came of a run, and the memory it left.
type Result struct {
	R0       uint64
	Fault    abi.Fault
	Refused  bool // by the verifier or the engine; nothing was run
	StackUse uint32
	Context  []byte
	Data     []byte
	Granted  [][]byte
}

func (r Result) String() string {
	s := fmt.Sprintf("r0 %#x", r.R0)
	if r.Fault.Status != abi.OK {
		s = fmt.Sprintf("%s at %d, address %#x", r.Fault.Status.Name(), r.Fault.PC, r.Fault.Addr)
	}
	if r.Refused {
		s = "refused: " + s
	}
	return fmt.Sprintf("%s, context %x, data %x, granted %x", s, r.Context, r.Data, r.Granted)
}

// Equal tells whether two runs had the same outcome. Where one ran out of budget, memory is not
// compared: engines agree on that, not on the instruction at which it is noticed.
func (r Result) Equal(o Result) bool {
	if r.Fault.Status == abi.StatusBudget && o.Fault.Status == abi.StatusBudget {
		return true
	}
	if r.Fault != o.Fault || r.Refused != o.Refused || len(r.Granted) != len(o.Granted) {
		return false
	}
	if r.Fault.Status == abi.OK && r.R0 != o.R0 {
		return false
	}
	for i := range r.Granted {
		if !bytes.Equal(r.Granted[i], o.Granted[i]) {
			return false
		}
	}
	return bytes.Equal(r.Context, o.Context) && bytes.Equal(r.Data, o.Data)
}

// Machine is the memory programs run in. It is not safe for concurrent use.
type Machine struct {
	space *devmem.Space
}

// New makes a machine; it lives until Close.
func New() (*Machine, error) {
	space, err := devmem.Reserve()
	if err != nil {
		return nil, err
	}
	m := &Machine{space}
	if _, err := space.Map(arenaAddr, arenaBytes); err != nil {
		return nil, err
	}
	if _, err := space.Map(stackTop-stackBytes, stackBytes); err != nil {
		return nil, err
	}
	return m, nil
}

// Close releases the memory.
func (m *Machine) Close() error { return m.space.Close() }

// RegionAddr is the device address of the i-th region of a program, as in enum UB_REGION_CTX and
// following, with n bytes.
func RegionAddr(i, n int) uint32 {
	return uint32(firstRegion + i*regionStep - (n+7)&^7)
}

// region maps a region's pages and fills it.
func (m *Machine) region(job *C.struct_enginetest_job, i int, contents []byte, rights uint32) ([]byte, error) {
	addr := RegionAddr(i, len(contents))
	mem, err := m.space.Map(addr, len(contents))
	if err != nil {
		return nil, err
	}
	copy(mem, contents)
	job.regions[i] = C.struct_ub_region{start: C.uint32_t(addr), len: C.uint32_t(len(contents)), rights: C.uint32_t(rights)}
	return mem, nil
}

// Run runs a program on an engine, a const struct ub_engine.
func (m *Machine) Run(engine unsafe.Pointer, p Program) (Result, error) {
	const read, write = C.UB_READ, C.UB_WRITE
	var result Result

	job := C.struct_enginetest_job{
		engine:      (*C.struct_ub_engine)(engine),
		base:        (*C.uint8_t)(m.space.Base()),
		arena_addr:  arenaAddr,
		arena_bytes: arenaBytes,
		text_addr:   textAddr,
		slots:       C.uint32_t(len(p.Text) / C.UB_SLOT_BYTES),
		entry:       C.uint32_t(p.Entry + p.Kernel),
		budget:      C.uint32_t(p.Budget),
		stack_top:   stackTop,
		nregions:    C.uint32_t(C.UB_REGION_GRANTED + len(p.Granted)),
	}
	if p.Femto {
		job.femto = 1
	}
	if p.Helpers {
		job.all_helpers = 1
	}
	if len(p.Granted) > C.UB_REGIONS_MAX-C.UB_REGION_GRANTED {
		return result, fmt.Errorf("%d granted regions are too many", len(p.Granted))
	}
	if len(p.Trace) > 0 {
		trace := C.CBytes(p.Trace)
		defer C.free(trace)
		job.trace, job.trace_len = (*C.uint8_t)(trace), C.uint32_t(len(p.Trace))
	}
	text, err := m.space.Map(textAddr, len(p.Text))
	if err != nil {
		return result, err
	}
	copy(text, p.Text)
	ctx, err := m.region(&job, C.UB_REGION_CTX, p.Context, read|write)
	if err != nil {
		return result, err
	}
	if _, err := m.region(&job, C.UB_REGION_RODATA, p.Rodata, read); err != nil {
		return result, err
	}
	data, err := m.region(&job, C.UB_REGION_DATA, p.Data, read|write)
	if err != nil {
		return result, err
	}
	granted := make([][]byte, len(p.Granted))
	for i, g := range p.Granted {
		var rights uint32 = read
		if g.Writable {
			rights |= write
		}
		if granted[i], err = m.region(&job, C.UB_REGION_GRANTED+i, g.Bytes, rights); err != nil {
			return result, err
		}
	}

	var out C.struct_enginetest_result
	C.enginetest_run(&job, &out)
	result = Result{
		R0: uint64(out.r0),
		Fault: abi.Fault{
			Status: abi.Status(out.fault.status),
			PC:     uint32(out.fault.pc),
			Addr:   uint32(out.fault.addr),
		},
		Refused:  out.refused != 0,
		StackUse: uint32(out.stack_use),
		Context:  bytes.Clone(ctx),
		Data:     bytes.Clone(data),
	}
	for _, g := range granted {
		result.Granted = append(result.Granted, bytes.Clone(g))
	}
	// Regions that hold nothing by the next run must not be there.
	for i := C.UB_REGION_CTX; i < int(job.nregions); i++ {
		if n := int(job.regions[i].len); n > 0 {
			if err := m.space.Unmap(uint32(job.regions[i].start), n); err != nil {
				return result, err
			}
		}
	}
	return result, nil
}

// Hex parses instruction slots written in hex, with spaces and newlines anywhere; lines that start
// with # are comments.
func Hex(text string) []byte {
	var digits strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			digits.WriteString(strings.Join(strings.Fields(line), ""))
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil || len(b)%C.UB_SLOT_BYTES != 0 {
		fmt.Fprintln(os.Stderr, text)
		panic("BUG: not slots in hex")
	}
	return b
}
