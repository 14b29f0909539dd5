// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

// #include <stdlib.h>
// #include "emu/unicorn/machine.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"unsafe"
)

// Core is a processor core.
type Core string

// The cores there are.
const (
	CortexM3 Core = "cortex-m3"
	CortexM4 Core = "cortex-m4"
)

// Prot is what a program may do with memory.
type Prot uint32

// Protections, to be combined.
const (
	ProtRead  Prot = C.UC_PROT_READ
	ProtWrite Prot = C.UC_PROT_WRITE
	ProtExec  Prot = C.UC_PROT_EXEC
)

// Registers by number: 0 to 12, and these.
const (
	SP   = 13
	LR   = 14
	PC   = 15
	XPSR = 16
)

// Reason says why a run ended.
type Reason int

// Reasons for a run to end.
const (
	Until      Reason = C.UNICORN_UNTIL      // the address asked for was reached
	Idle       Reason = C.UNICORN_IDLE       // the firmware waits for input on its serial port
	Output     Reason = C.UNICORN_OUTPUT     // 64 KB of output wait to be received
	Limit      Reason = C.UNICORN_LIMIT      // one more block would exceed the instruction limit
	Cancelled  Reason = C.UNICORN_CANCELLED  // the context ended
	Wait       Reason = C.UNICORN_WFI        // wfi, and no interrupt can come
	Breakpoint Reason = C.UNICORN_BREAKPOINT // bkpt
	Lockup     Reason = C.UNICORN_LOCKUP     // a fault without a handler that works
	Reset      Reason = C.UNICORN_RESET      // the program asked for a system reset
	Spin       Reason = C.UNICORN_SPIN       // a branch to itself
	Doze       Reason = C.UNICORN_DOZE       // wfi over and over, and interrupts change nothing
	Pause      Reason = C.UNICORN_PAUSE      // the address given to Pause was come to
)

func (r Reason) String() string {
	switch r {
	case Until:
		return "end address reached"
	case Idle:
		return "waiting for input"
	case Output:
		return "output waits to be received"
	case Limit:
		return "instruction limit reached"
	case Cancelled:
		return "cancelled"
	case Wait:
		return "waiting for an interrupt that cannot come"
	case Breakpoint:
		return "breakpoint"
	case Lockup:
		return "lockup"
	case Reset:
		return "reset requested"
	case Spin:
		return "looping for ever"
	case Pause:
		return "paused"
	case Doze:
		return "waiting for interrupts"
	}
	return fmt.Sprintf("reason %d", int(r))
}

// Fault is a fault of the core, as its registers report it.
type Fault struct {
	Exception int    // 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault; 0 for none
	CFSR      uint32 // status bits
	PC        uint32 // of the instruction at fault
	Addr      uint32 // of the access, if there was one
}

// HasAddr says whether Addr means something.
func (f Fault) HasAddr() bool { return f.CFSR&(C.CFSR_BFARVALID|C.CFSR_MMARVALID) != 0 }

// OfFetch says whether it was code that could not be fetched.
func (f Fault) OfFetch() bool { return f.CFSR&(C.CFSR_IACCVIOL|C.CFSR_IBUSERR) != 0 }

func (f Fault) String() string {
	name := map[int]string{3: "HardFault", 4: "MemManage fault", 5: "BusFault", 6: "UsageFault"}[f.Exception]
	detail := ""
	switch {
	case f.CFSR&C.CFSR_IACCVIOL != 0:
		detail = " (execution of memory that holds no code)"
	case f.CFSR&C.CFSR_IBUSERR != 0:
		detail = " (execution of unmapped memory)"
	case f.CFSR&C.CFSR_UNDEFINSTR != 0:
		detail = " (undefined instruction)"
	case f.CFSR&C.CFSR_INVSTATE != 0:
		detail = " (branch to an even address)"
	case f.CFSR&C.CFSR_INVPC != 0:
		detail = " (invalid exception return)"
	case f.CFSR&C.CFSR_NOCP != 0:
		detail = " (an instruction of a coprocessor or FPU that is absent or not switched on)"
	case f.CFSR&C.CFSR_UNALIGNED != 0:
		detail = " (unaligned access)"
	case f.CFSR&C.CFSR_DIVBYZERO != 0:
		detail = " (division by zero)"
	}
	s := fmt.Sprintf("%s%s at pc 0x%08x", name, detail, f.PC)
	if f.HasAddr() {
		s += fmt.Sprintf(", address 0x%08x", f.Addr)
	}
	return s
}

// ReturnAddress is a good LR for a function to be called, and end address for its run: nothing
// can be mapped there.
const ReturnAddress = 0xfffffffe

// Machine is a Cortex-M core with memory. It is not safe for concurrent use.
type Machine struct {
	c     *C.struct_unicorn_machine
	core  Core
	model Model
}

// Model is a timing model listening at the seam of hooks.h.
type Model interface {
	// Hooks is a struct unicorn_model in C memory that lives until Close.
	Hooks() unsafe.Pointer
	// Label names what the model counts, for whoever shows it: "modelled, zero wait states".
	Label() string
	Close()
}

var errClosed = errors.New("unicorn: the machine is closed")

// New makes a machine with the core's own registers mapped, and no memory.
func New(core Core) (*Machine, error) {
	number := map[Core]C.uint32_t{CortexM3: 3, CortexM4: 4}[core]
	if number == 0 {
		return nil, fmt.Errorf("unicorn: no core %q: there are %s and %s", core, CortexM3, CortexM4)
	}
	if err := checkVersion(Version()); err != nil {
		return nil, err
	}
	var reason *C.char
	c := C.unicorn_new(number, &reason)
	if c == nil {
		return nil, fmt.Errorf("unicorn: %s: %s", core, C.GoString(reason))
	}
	m := &Machine{c: c, core: core}
	runtime.SetFinalizer(m, (*Machine).Close)
	return m, nil
}

// NewBoard makes a machine with the memory map of an STM32F405 (Cortex-M4) or STM32F205
// (Cortex-M3), as far as the firmware uses it: 1 MB of flash at 0x08000000, also seen at 0, SRAM
// at 0x20000000, TIM2, USART1 and the clock and port registers.
func NewBoard(core Core) (*Machine, error) {
	m, err := New(core)
	if err != nil {
		return nil, err
	}
	sram := uint32(128 << 10)
	if core == CortexM4 {
		sram = 192 << 10
	}
	err = errors.Join(
		m.Map(0x08000000, 1<<20, ProtRead|ProtExec),
		m.mapAlias(0, 0x08000000),
		m.Map(0x20000000, sram, ProtRead|ProtWrite|ProtExec),
		check("map peripherals", C.unicorn_map_peripherals(m.c)))
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Family is a family of chips, as far as programs depend on it: its memory and peripherals.
type Family string

// Families of chips.
const (
	STM32F1 Family = "stm32f1" // Cortex-M3
	STM32F4 Family = "stm32f4" // Cortex-M4
)

// NewChip makes a machine for programs that were not written for an emulator: 1 MB of flash at 0x08000000,
// also seen at 0 unless there is to be RAM, 192 KB of SRAM, and all peripherals of the family. Their registers keep what is written to them, clocks and serial
// ports are ready, timers and SysTick count modelled cycles.
func NewChip(core Core, family Family, ramAtZero bool) (*Machine, error) {
	m, err := New(core)
	if err != nil {
		return nil, err
	}
	number := map[Family]C.int{STM32F1: 1, STM32F4: 4}[family]
	if number == 0 {
		err = fmt.Errorf("unicorn: no chips %q: there are %s and %s", family, STM32F1, STM32F4)
	}
	C.unicorn_be_strict(m.c)
	err = errors.Join(err, m.Map(0x08000000, 1<<20, ProtRead|ProtExec))
	if ramAtZero {
		err = errors.Join(err, m.Map(0, 1<<20, ProtRead|ProtWrite|ProtExec))
	} else {
		err = errors.Join(err, m.mapAlias(0, 0x08000000))
	}
	err = errors.Join(err, m.Map(0x20000000, 192<<10, ProtRead|ProtWrite|ProtExec),
		check("map peripherals", C.unicorn_map_chip(m.c, number)))
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Close releases the machine. Closing twice does nothing.
func (m *Machine) Close() error {
	if m.c != nil {
		C.unicorn_free(m.c)
		m.c = nil
		runtime.SetFinalizer(m, nil)
	}
	if m.model != nil {
		m.model.Close()
		m.model = nil
	}
	return nil
}

// Core is the machine's core.
func (m *Machine) Core() Core { return m.core }

func check(what string, err C.uc_err) error {
	if err == C.UC_ERR_OK {
		return nil
	}
	return fmt.Errorf("unicorn: %s: %s", what, C.GoString(C.uc_strerror(err)))
}

// Map adds zeroed memory. Address and size are multiples of 1 KB.
func (m *Machine) Map(addr, size uint32, prot Prot) error {
	return check(fmt.Sprintf("map %d bytes at %#x", size, addr),
		C.unicorn_map(m.c, C.uint32_t(addr), C.uint32_t(size), C.uint32_t(prot)))
}

func (m *Machine) mapAlias(addr, of uint32) error {
	return check(fmt.Sprintf("map %#x also at %#x", of, addr),
		C.unicorn_map_alias(m.c, C.uint32_t(addr), C.uint32_t(of)))
}

// MapLenient adds registers that read as zero and ignore what is written.
func (m *Machine) MapLenient(addr, size uint32) error {
	return check(fmt.Sprintf("map registers at %#x", addr),
		C.unicorn_map_lenient(m.c, C.uint32_t(addr), C.uint32_t(size)))
}

// Read copies memory, which must lie in one mapping.
func (m *Machine) Read(addr uint32, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	return check(fmt.Sprintf("read %d bytes at %#x", len(p), addr),
		C.unicorn_read(m.c, C.uint32_t(addr), unsafe.Pointer(&p[0]), C.size_t(len(p))))
}

// Write changes memory, read-only memory too; it must lie in one mapping.
func (m *Machine) Write(addr uint32, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	return check(fmt.Sprintf("write %d bytes at %#x", len(p), addr),
		C.unicorn_write(m.c, C.uint32_t(addr), unsafe.Pointer(&p[0]), C.size_t(len(p))))
}

// Reg is the value of a register, by number.
func (m *Machine) Reg(number int) uint32 { return uint32(C.unicorn_reg(m.c, C.int(number))) }

// SetReg sets a register. Bit 0 of a PC must be set, as in a branch: it selects Thumb state.
func (m *Machine) SetReg(number int, value uint32) {
	C.unicorn_set_reg(m.c, C.int(number), C.uint32_t(value))
}

// Reset does what a reset does: SP and PC come from the vector table at the address VTOR has
// after reset, 0. Memory keeps its contents, and the instruction count goes on.
func (m *Machine) Reset() { m.ResetAt(0) }

// ResetAt is a reset of a chip that has its vector table at another address.
func (m *Machine) ResetAt(vectors uint32) { C.unicorn_reset(m.c, C.uint32_t(vectors)) }

// SetModel attaches a timing model, which the machine closes when it is closed; nil detaches.
func (m *Machine) SetModel(model Model) {
	var hooks unsafe.Pointer
	if model != nil {
		hooks = model.Hooks()
	}
	C.unicorn_set_model(m.c, (*C.struct_unicorn_model)(hooks))
	if m.model != nil {
		m.model.Close()
	}
	m.model = model
}

// StartCycles starts DWT CYCCNT as a debugger does, for programs that count on it.
func (m *Machine) StartCycles() { C.unicorn_start_cycles(m.c) }

// NoLimit lets a run go on until something else ends it.
const NoLimit = math.MaxUint64

// Run goes on from PC until something is to be told, executing at most limit instructions. until
// ends the run before the instruction there; use ReturnAddress where none is meant.
func (m *Machine) Run(ctx context.Context, until uint32, limit uint64) (Reason, error) {
	if m.c == nil {
		return 0, errClosed
	}
	if ctx.Err() != nil {
		return Cancelled, nil
	}
	C.unicorn_cancel(m.c, 0)
	if ctx.Done() != nil {
		// The callback may still be running when stop says so: wait, as the machine may be freed.
		done := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(done)
			C.unicorn_cancel(m.c, 1)
		})
		defer func() {
			if !stop() {
				<-done
			}
		}()
	}
	r := C.unicorn_run(m.c, C.uint32_t(until), C.uint64_t(limit))
	if r == C.UNICORN_FAILED {
		return 0, fmt.Errorf("unicorn: %s, at pc 0x%08x", C.GoString(m.c.error), m.Reg(PC))
	}
	return Reason(r), nil
}

// Interrupts counts the interrupts taken.
func (m *Machine) Interrupts() uint64 { return uint64(m.c.io.interrupts) }

// CanInterrupt tells whether an interrupt can come by itself and be taken.
func (m *Machine) CanInterrupt() bool { return bool(C.unicorn_can_interrupt(m.c)) }

// Undelivered are the numbers of interrupts that are enabled in the NVIC, and that nothing here raises.
func (m *Machine) Undelivered() []int {
	var list []int
	for irq := range C.UNICORN_IRQS {
		if bool(C.unicorn_undelivered(m.c, C.uint32_t(irq))) {
			list = append(list, irq)
		}
	}
	return list
}

// Pause makes runs end before the block of code at addr, unless they start with it. ReturnAddress|1 takes
// that back.
func (m *Machine) Pause(addr uint32) { C.unicorn_pause(m.c, C.uint32_t(addr)) }

// Spins tells whether the program is in a loop that nothing but an interrupt can end.
func (m *Machine) Spins() bool { return bool(C.unicorn_spins(m.c)) }

// SpinReads is a peripheral register that the loop Spins found reads, 0 for none, and whether the loop reads memory that can
// change. Both are known if there is a model.
func (m *Machine) SpinReads() (register uint32, memory bool) {
	return uint32(m.c.spin_reads), bool(m.c.spin_reads_memory)
}

// Instructions counts what was executed since the machine was made. Instructions whose condition
// failed count, as on QEMU.
func (m *Machine) Instructions() uint64 { return uint64(m.c.count) }

// Fault is the last fault, and how many there were. Faults inside fault handlers are counted, but
// not shown.
func (m *Machine) Fault() (Fault, uint64) {
	f := m.c.fault
	return Fault{Exception: int(f.exception), CFSR: uint32(f.cfsr), PC: uint32(f.pc), Addr: uint32(f.addr)},
		uint64(m.c.faults)
}

// Send adds to what the serial port receives.
func (m *Machine) Send(p []byte) error {
	if len(p) > 0 && C.unicorn_send(m.c, unsafe.Pointer(&p[0]), C.size_t(len(p))) != 0 {
		return errors.New("unicorn: out of memory")
	}
	return nil
}

// Receive takes what the serial port has sent, at most len(p) bytes.
func (m *Machine) Receive(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	return int(C.unicorn_receive(m.c, unsafe.Pointer(&p[0]), C.size_t(len(p))))
}

// DropOutput forgets what the serial port has sent and what it has not received yet.
func (m *Machine) DropOutput() {
	m.c.io.tx_len = 0
	m.c.rx_len = 0
	m.c.io.rx_pos = 0
}
