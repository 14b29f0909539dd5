// SPDX-License-Identifier: GPL-2.0-or-later

// Package redzone runs compiled programs on an emulated core, without the agent, between red zones: every thing in
// memory - context, granted regions, sections, stack, the run's own tables, the code, the C stack - lies by itself,
// and what lies between must be as it was when the program ends. The interpreter on the host runs the same program
// in memory that is laid out alike, and has to leave it alike.
//
// Programs are compiled on the host, by the C that the firmware has, so that thousands run in a second, and so that a
// test can take a repair out of the compiler (jit/compile.h).
package redzone

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>
#include <string.h>

#include "internal/redzone/shim.h"
#include "jit/compile.h"
*/
import "C"

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/firmware"
	_ "github.com/ubench-dev/ubench/firmware/helpers" // its C
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/devmem"
	"github.com/ubench-dev/ubench/internal/progen"
	_ "github.com/ubench-dev/ubench/jit" // its C
	_ "github.com/ubench-dev/ubench/jit/onepass"
	_ "github.com/ubench-dev/ubench/maps"   // its C
	_ "github.com/ubench-dev/ubench/verify" // its C
	_ "github.com/ubench-dev/ubench/vm"     // its C
)

// Repairs of the compiler that can be left out, by the names of the programs that found the faults.
var Repairs = map[string]uint32{
	"form-over-r10": C.JIT_REPAIR_R10, "signed-limit-step": C.JIT_REPAIR_SIGNED_LIMIT,
	"signed-carry": C.JIT_REPAIR_CARRY, "no-exit": C.JIT_REPAIR_NO_EXIT,
}

// Options say how to compile.
type Options struct {
	Compact bool
	Without string // one of Repairs
	OnePass bool   // by the compiler that follows plans, and
	Plan    []byte // the program's, if it has one
}

func (o Options) word() C.uint32_t {
	var w C.uint32_t
	if o.Compact {
		w |= C.JIT_COMPACT
	}
	if o.Without != "" {
		w |= C.JIT_WITHOUT << Repairs[o.Without]
	}
	return w
}

const (
	flashStart = 0x08000000
	stackBytes = 8 << 10    // of the C stack, as in the firmware
	limit      = 20_000_000 // instructions, far more than any program here takes
	renewAfter = 50_000     // programs
)

// Machine is an emulated core and a host side by side. It is not safe for concurrent use.
type Machine struct {
	core       *unicorn.Machine
	cpu        C.uint32_t
	space      *devmem.Space
	desk       []byte // RAM as the interpreter sees it
	before     []byte // as both began
	after      []byte // as the compiled program left it
	z          *C.struct_redzone
	enter      uint32 // addresses in the firmware
	helpers    uint32
	makeMapsAt uint32
	routines   []byte // ub_run.routines
	dirty      int    // bytes of `before` that the last program had
	programs   int    // that the emulator has run

	program progen.Program // at hand
	places  *places
	plan    *C.uint8_t

	onePass  bool // what was compiled last was by the compiler that follows plans,
	followed bool // and its code follows one
}

// New makes a machine with this core.
func New(core unicorn.Core) (*Machine, error) {
	space, err := devmem.Reserve()
	if err != nil {
		return nil, err
	}
	m := &Machine{space: space, before: make([]byte, ramBytes), after: make([]byte, ramBytes)}
	m.z = (*C.struct_redzone)(C.calloc(1, C.sizeof_struct_redzone))
	m.z.base = (*C.uint8_t)(space.Base())
	if core == unicorn.CortexM4 {
		m.cpu = C.UB_CPU_DSP
	}
	if m.desk, err = space.Map(ramStart, ramBytes); err == nil {
		err = m.boot(core)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// boot maps the firmware, but for what answers interrupts: a fault of the core ends the run.
func (m *Machine) boot(core unicorn.Core) (err error) {
	elf, err := firmware.ELF(unicorn.Board(core))
	if err != nil {
		return err
	}
	if m.core, err = unicorn.New(core); err != nil {
		return err
	}
	err = errors.Join(m.core.Map(flashStart, 1<<20, unicorn.ProtRead|unicorn.ProtExec),
		m.core.Map(ramStart, ramBytes, unicorn.ProtRead|unicorn.ProtWrite|unicorn.ProtExec))
	if err != nil {
		return err
	}
	table, err := m.core.LoadELF(elf)
	if err != nil {
		return err
	}
	address := func(name string) uint32 {
		addr, ok := table.Addr(name)
		if !ok {
			err = errors.Join(err, fmt.Errorf("the firmware lacks %s", name))
		}
		return addr
	}
	m.enter, m.helpers, m.makeMapsAt = address("jit_enter"), address("helper_table"), address("maps_make")
	set := address("jit_set_routines")
	if err != nil {
		return err
	}
	const run = ramStart + stackBytes
	if reason, err := m.call(set, run+2*zoneBytes, run); err != nil || reason != unicorn.Until {
		return fmt.Errorf("jit_set_routines: %v, %v", reason, err)
	}
	m.routines = make([]byte, 4*C.UB_ROUTINES)
	return m.core.Read(run+C.UB_RUN_ROUTINES, m.routines)
}

// renew starts with a new emulator: libunicorn crashes after some hundred thousand programs.
func (m *Machine) renew() error {
	core := m.core.Core()
	if err := m.core.Close(); err != nil {
		return err
	}
	m.programs = 0
	return m.boot(core)
}

// call calls a function of the firmware.
func (m *Machine) call(addr, sp uint32, args ...uint32) (unicorn.Reason, error) {
	for i, a := range args {
		m.core.SetReg(i, a)
	}
	m.core.SetReg(unicorn.SP, sp)
	m.core.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	m.core.SetReg(unicorn.PC, addr|1)
	return m.core.Run(context.Background(), unicorn.ReturnAddress, limit)
}

// Close frees the machine.
func (m *Machine) Close() error {
	var err error
	if m.core != nil {
		err = m.core.Close()
	}
	C.free(unsafe.Pointer(m.plan))
	C.free(unsafe.Pointer(m.z.program.text))
	C.free(unsafe.Pointer(m.z))
	m.z, m.plan = nil, nil
	return errors.Join(err, m.space.Close())
}

// Result is what came of comparing.
type Result struct {
	Fault      abi.Fault // of the interpreter, or why nothing ran
	Refused    bool      // nothing ran
	Difference string    // "": there is none
	Escape     bool      // it wrote where it must not
}

// Compare runs a program both ways. What the verifier refuses, and code there is no room for, is no difference.
func (m *Machine) Compare(p progen.Program, o Options) (Result, error) {
	if r, err := m.Begin(p); err != nil || r.Refused {
		return r, err
	}
	if r := m.Compile(o); r.Refused || r.Difference != "" {
		return r, nil
	}
	return m.Run()
}

func (m *Machine) refused(status C.int32_t) Result {
	return Result{Fault: abi.Fault{Status: abi.Status(status), PC: uint32(m.z.where.pc), Addr: uint32(m.z.where.addr)}, Refused: true}
}

// Begin lays a program out and verifies it, so that it can be compiled, by one plan after the other.
func (m *Machine) Begin(p progen.Program) (Result, error) {
	if p.CtxMin > uint32(len(p.Context)) {
		return Result{Fault: abi.Fault{Status: abi.Status(C.UB_E_CONTEXT)}, Refused: true}, nil
	}
	if len(p.Text)/C.UB_SLOT_BYTES > C.REDZONE_SLOTS {
		return Result{}, fmt.Errorf("%d slots are too many", len(p.Text)/C.UB_SLOT_BYTES)
	}
	m.program, m.places = p, m.place(p)
	if err := declare(m.z, p); err != nil {
		return Result{}, err
	}
	maps, status := placeMaps(m.z, &m.places.layout)
	if m.places.maps = maps; status != 0 {
		return m.refused(status), nil
	}
	if status := C.redzone_verify(m.z); status != 0 {
		return m.refused(status), nil
	}
	return Result{}, nil
}

// Compile compiles the program.
func (m *Machine) Compile(o Options) Result {
	var status C.int32_t
	m.onePass, m.followed = o.OnePass, false
	if o.OnePass {
		m.setPlan(o.Plan)
		status = C.redzone_onepass(m.z)
		m.followed = m.z.report.plan == C.ONEPASS_FOLLOWED
	} else {
		status = C.redzone_compile(m.z, m.cpu, o.word())
	}
	if status == 0 && o.OnePass && bool(m.z.report.again) {
		return Result{Difference: "what the compiler claims for want of a plan does not hold"}
	}
	if status == 0 {
		return Result{}
	}
	r := m.refused(status)
	if status != C.UB_E_COMPILE_CODE {
		r.Difference = "the compiler says " + r.Fault.Status.Name()
	}
	return r
}

func (m *Machine) setPlan(plan []byte) {
	C.free(unsafe.Pointer(m.plan))
	m.plan = nil
	if plan != nil {
		m.plan = (*C.uint8_t)(C.CBytes(plan))
	}
	m.z.program.plan, m.z.program.plan_bytes = m.plan, C.uint32_t(len(plan))
}

// Followed tells whether the code that was compiled last follows its plan.
func (m *Machine) Followed() bool { return m.followed }

// Use takes the compiler in one pass from a shared object, "" for the one that is linked. It may have a function
// `const char *onepass_complaint(void)`, which says what is wrong with what was compiled last, or NULL.
func (m *Machine) Use(path string) error {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if text := C.redzone_use(m.z, name); text != nil {
		return fmt.Errorf("%s: %s", path, C.GoString(text))
	}
	return nil
}

// Complaint is what the compiler that is used says about itself.
func (m *Machine) Complaint() string {
	if text := C.redzone_complaint(m.z); text != nil {
		return C.GoString(text)
	}
	return ""
}

// Verdict is what became of the plan in the compiler's words, and where.
func (m *Machine) Verdict() string {
	return fmt.Sprintf("%s, at %d", C.GoString(C.redzone_verdict(m.z)), m.z.report.slot)
}

// Code is what was compiled last, until the next is.
func (m *Machine) Code() []byte { return unsafe.Slice((*byte)(&m.z.code[0]), int(m.z.code_bytes)) }

// Run runs what was compiled last, and compares.
func (m *Machine) Run() (Result, error) {
	if m.programs++; m.programs > renewAfter {
		if err := m.renew(); err != nil {
			return Result{}, err
		}
	}
	places := *m.places
	/* A plan may keep words of the frame elsewhere, where nothing reaches them but by r10 and a constant. */
	places.stack.free = m.followed && m.z.program.flags&C.UB_PROGRAM_FRAME_ESCAPES == 0
	if err := m.load(m.program, &places); err != nil {
		return Result{}, err
	}
	want := m.interpret()
	/* One check may be for several accesses, and stop the program before stores to its frame between them (SPEC.md, 1). */
	places.stack.free = places.stack.free || (m.onePass && want.Status != abi.OK)
	reason, err := m.call(m.enter, places.cstack.addr+stackBytes, places.run.addr, places.code.addr|1)
	if err != nil {
		return Result{}, err
	}
	r := Result{Fault: want}
	if reason != unicorn.Until {
		fault, _ := m.core.Fault()
		r.Difference = fmt.Sprintf("the core: %v, %v", reason, fault)
		return r, m.core.Read(ramStart, m.after[:m.dirty])
	}
	if err := m.core.Read(ramStart, m.after[:m.dirty]); err != nil {
		return r, err
	}
	m.judge(&r, &places)
	return r, nil
}

// interpret runs what load left on the host.
func (m *Machine) interpret() abi.Fault {
	C.redzone_interpret(m.z)
	f := m.z.run.fault
	return abi.Fault{Status: abi.Status(f.status), PC: uint32(f.pc), Addr: uint32(f.addr)}
}

// judge compares what both left.
func (m *Machine) judge(r *Result, p *places) {
	got := abi.Fault{Status: abi.Status(int32(p.run.word(m.after, C.UB_RUN_STATUS)))}
	if got.Status != abi.OK {
		got.PC, got.Addr = p.run.word(m.after, C.UB_RUN_PC), p.run.word(m.after, C.UB_RUN_ADDR)
	}
	if s := p.layout.changed(m.before, m.after); s != "" {
		r.Difference, r.Escape = s, true
		return
	}
	if s := p.layout.changed(m.before, m.desk); s != "" {
		r.Difference, r.Escape = "the interpreter: "+s, true
		return
	}
	// But for the word that says which helper is called, which code writes.
	tables := func(ram []byte) []byte {
		run := p.run.at(ram)
		return slices.Concat(run[C.UB_RUN_CTX_ADDR:C.UB_RUN_HELPER], run[C.UB_RUN_HELPER+4:C.UB_RUN_STACK])
	}
	if !bytes.Equal(tables(m.before), tables(m.after)) {
		r.Difference, r.Escape = "the run's tables were changed", true
		return
	}
	r0 := binary.LittleEndian.Uint64(p.run.at(m.after)[C.UB_RUN_R0:])
	switch {
	case got.Status != r.Fault.Status:
		r.Difference = fmt.Sprintf("status: %s, %s", r.Fault.Status.Name(), got.Status.Name())
	case got.Status == abi.StatusBudget: // engines agree on that, not on where it is noticed
	case got != r.Fault:
		r.Difference = fmt.Sprintf("%s at %d, %#x; at %d, %#x", got.Status.Name(), r.Fault.PC, r.Fault.Addr, got.PC, got.Addr)
	case got.Status == abi.OK && r0 != uint64(m.z.run.r0):
		r.Difference = fmt.Sprintf("result: %#x, %#x", uint64(m.z.run.r0), r0)
	default:
		r.Difference = p.layout.differs(m.desk, m.after)
		env := C.GoBytes(unsafe.Pointer(&m.z.env), C.sizeof_struct_helper_env)[unsafe.Sizeof(uintptr(0)):]
		if device := p.env.at(m.after)[4:]; r.Difference == "" && !bytes.Equal(env[:envBytes], device[:envBytes]) {
			r.Difference = "helpers: what they print or keep"
		}
	}
}

// places are where things of one program lie.
type places struct {
	layout                                        layout
	cstack, run, env, context, rodata, data, code *area
	stack                                         *area
	granted                                       []*area
	maps                                          mapPlaces
}

// envBytes are those of struct helper_env behind its pointer, which has another width on the host: the same there.
const envBytes = C.sizeof_struct_helper_env - 8 - 4

// place lays a program out, but for its code, whose length is not known yet.
func (m *Machine) place(p progen.Program) *places {
	l := &places{layout: newLayout()}
	l.layout.areas = make([]area, 0, 32)
	add := func(name string, n int, free, kept bool) *area {
		a := l.layout.add(name, n)
		a.free, a.kept = free, kept
		return a
	}
	l.cstack = add("the C stack", stackBytes, true, false)
	l.run = add("the run", runMaps+4, true, false)
	l.env = add("the helpers' state", C.sizeof_struct_helper_env, true, false)
	l.context = add("the context", len(p.Context), false, false)
	for i, r := range p.Granted {
		l.granted = append(l.granted, add(fmt.Sprint("granted region ", i), len(r.Bytes), false, !r.Writable))
	}
	save := add("the save area", C.UB_SAVE_BYTES, true, false)
	l.layout.end = save.addr + C.UB_SAVE_BYTES // the stack lies next to it
	l.stack = add("the stack", C.UB_STACK_BYTES, false, false)
	l.rodata = add("constants", len(p.Rodata), false, true)
	l.data = add("variables", len(p.Data), false, false)

	z := &m.z.program
	text := make([]byte, len(p.Text))
	copy(text, p.Text)
	for _, a := range p.Addresses {
		at := l.rodata
		if a.Section == image.Data {
			at = l.data
		}
		binary.LittleEndian.PutUint32(text[8*a.Slot+4:], at.addr+a.Offset)
	}
	C.free(unsafe.Pointer(z.text))
	*z = C.struct_ub_program{
		text: (*C.struct_ub_insn)(C.CBytes(text)), slots: C.uint32_t(len(text) / C.UB_SLOT_BYTES),
		rodata_addr: C.uint32_t(l.rodata.addr), rodata_len: C.uint32_t(len(p.Rodata)),
		data_addr: C.uint32_t(l.data.addr), data_len: C.uint32_t(len(p.Data)), ctx_min: C.uint32_t(p.CtxMin),
	}
	if len(p.Rodata) > 0 {
		copy(l.rodata.at(m.desk), p.Rodata)
		z.rodata = (*C.uint8_t)(unsafe.Pointer(&l.rodata.at(m.desk)[0]))
	}
	return l
}

// load fills memory, alike on both sides.
func (m *Machine) load(p progen.Program, l *places) error {
	code := m.Code()
	l.code = l.layout.add("the code", len(code))
	l.code.kept = true
	size := int(l.layout.end - ramStart)
	if size > ramBytes {
		return errors.New("it does not fit")
	}
	ram := m.before[:size]
	for i := range ram {
		ram[i] = zoneByte
	}
	use := uint32(m.z.program.stack_use)
	top := l.stack.addr + C.UB_STACK_BYTES
	clear(l.stack.at(ram)[C.UB_STACK_BYTES-use:])
	copy(l.context.at(ram), p.Context)
	copy(l.rodata.at(ram), p.Rodata)
	copy(l.data.at(ram), p.Data)
	copy(l.code.at(ram), code)

	regions := []C.struct_ub_region{
		{C.uint32_t(top - use), C.uint32_t(use), C.UB_READ | C.UB_WRITE},
		{C.uint32_t(l.context.addr), C.uint32_t(l.context.len), C.UB_READ | C.UB_WRITE},
		{C.uint32_t(l.rodata.addr), C.uint32_t(l.rodata.len), C.UB_READ},
		{C.uint32_t(l.data.addr), C.uint32_t(l.data.len), C.UB_READ | C.UB_WRITE},
	}
	for i, r := range p.Granted {
		copy(l.granted[i].at(ram), r.Bytes)
		var write C.uint32_t
		if r.Writable {
			write = C.UB_WRITE
		}
		regions = append(regions, C.struct_ub_region{C.uint32_t(l.granted[i].addr), C.uint32_t(len(r.Bytes)), C.UB_READ | write})
	}
	m.z.run = C.struct_ub_run{
		budget: C.uint32_t(p.Budget), work: C.uint32_t(p.Budget), ctx_addr: C.uint32_t(l.context.addr), ctx_len: C.uint32_t(l.context.len),
		stack_top: C.uint32_t(top), nregions: C.uint32_t(len(regions)),
	}
	copy(m.z.run.regions[:], regions)
	if l.maps.values != nil {
		clear(l.maps.values.at(ram))
		if status := C.redzone_make_maps(m.z, C.uint32_t(l.maps.values.addr)); status != 0 {
			return fmt.Errorf("maps: %w", m.refused(status).Fault)
		}
		if status := C.maps_grant(m.z.maps, &m.z.run); status != 0 {
			return fmt.Errorf("maps: %w", abi.Fault{Status: abi.Status(status)})
		}
	}
	C.helper_env_reset(&m.z.env, nil, 0)

	/* The device's struct ub_run is the host's up to its pointers. */
	copy(l.run.at(ram), C.GoBytes(unsafe.Pointer(&m.z.run), C.UB_RUN_HELPERS))
	l.run.put(ram, C.UB_RUN_HELPERS, m.helpers, l.env.addr, 0)
	copy(l.run.at(ram)[C.UB_RUN_ROUTINES:], m.routines)
	l.run.put(ram, C.UB_RUN_WORK, p.Budget)
	l.run.put(ram, runMaps, 0)
	l.env.put(ram, 0, 0)
	copy(l.env.at(ram)[4:], C.GoBytes(unsafe.Pointer(&m.z.env), C.sizeof_struct_helper_env)[8:])
	m.dirty = size
	copy(m.desk, ram)
	if err := m.core.Write(ramStart, ram); err != nil || l.maps.values == nil {
		return err
	}
	sp := l.cstack.addr + stackBytes - 8
	return l.maps.makeMaps(m.z, m.core, l.run.addr, sp, func(args ...uint32) (unicorn.Reason, error) {
		return m.call(m.makeMapsAt, sp, args...)
	})
}
