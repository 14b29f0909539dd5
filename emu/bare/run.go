// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

const (
	// enoughInterrupts is how many a loop that reads nothing is given to be ended by.
	enoughInterrupts = 1000
	serving          = ", but for interrupts"
)

// noticed looks at a loop that goes on: whether it is the end.
func (p *program) noticed(pc string) *waitLoop {
	m := p.machine
	if !m.Spins() {
		return nil
	}
	reads, memory := m.SpinReads()
	loop := &waitLoop{regs: p.registers(), at: pc, reads: reads, interrupts: m.Interrupts()}
	switch {
	case !m.CanInterrupt():
		return loop
	case memory || reads != 0: // an interrupt can change what it waits for
		p.idle = nil
	case p.idle == nil || p.idle.regs != loop.regs:
		p.idle = loop
	case loop.interrupts-p.idle.interrupts > enoughInterrupts:
		loop.serves = serving
		return loop
	}
	return nil
}

// run runs the program until it is done and says how it ended.
func (p *program) run(ctx context.Context) (string, error) {
	m := p.machine
	// Slices grow, so that a loop at the end is noticed early.
	for left, slice := p.Limit, uint64(1_000_000); ; {
		before := m.Instructions()
		reason, err := m.Run(ctx, p.until, min(left, slice))
		p.receive()
		if err != nil {
			return "", err
		}
		pc := p.symbols.Locate(m.Reg(unicorn.PC))
		if fault, n := m.Fault(); n > 0 && (!p.CatchFaults || reason == unicorn.Lockup) {
			return "", fmt.Errorf("the program faulted: %v%s%s", fault, p.symbols.In(fault.PC), p.explain(fault))
		}
		done := m.Instructions() - before
		left -= min(left, done)
		switch reason {
		case unicorn.Until:
			if p.until == unicorn.ReturnAddress {
				return "returned", nil
			}
			return "reached " + pc, nil
		case unicorn.Breakpoint:
			if end, err := p.breakpoint(); end != "" || err != nil {
				return end, err
			}
		case unicorn.Wait:
			return p.waits("waits for an interrupt at " + pc)
		case unicorn.Doze:
			if p.loop == nil {
				return "", &waitLoop{regs: p.registers(), at: pc, serves: serving}
			}
		case unicorn.Reset:
			return p.ended("asked for a reset at " + pc)
		case unicorn.Spin:
			return p.waits("loops for ever at " + pc)
		case unicorn.Pause:
			if p.registers() == p.loop.regs {
				return p.waits(p.loop.Error())
			}
		case unicorn.Output:
		case unicorn.Limit:
			if p.loop == nil {
				if loop := p.noticed(pc); loop != nil {
					return "", loop
				}
			}
			if left == 0 || done == 0 {
				return "", fmt.Errorf("the end was not reached within %d instructions: stopped at %s", p.Limit, pc)
			}
			slice = min(2*slice, 100_000_000)
		case unicorn.Cancelled:
			return "", ctx.Err()
		default:
			return "", fmt.Errorf("%v at %s", reason, pc)
		}
	}
}

// ended is an end other than the one asked for.
func (p *program) ended(how string) (string, error) {
	if p.Until != "" {
		return "", fmt.Errorf("the program does not come to %s: it %s", p.Until, how)
	}
	return how, nil
}

// waits is an end in a loop or a wfi. If an interrupt is enabled that is never raised here, that may be what it waits for.
func (p *program) waits(how string) (string, error) {
	if list := p.machine.Undelivered(); len(list) > 0 {
		return "", fmt.Errorf("the program %s, and interrupt %d is enabled, which is not raised here: SysTick, PendSV, timers, serial ports, and what the program itself makes pending are", how, list[0])
	}
	return p.ended(how)
}

func (p *program) registers() (regs [17]uint32) {
	for i := range regs {
		regs[i] = p.machine.Reg(i)
	}
	return regs
}

// receive takes what was sent over serial ports.
func (p *program) receive() {
	const most = 1 << 20
	buffer := make([]byte, 4096)
	for n := p.machine.Receive(buffer); n > 0; n = p.machine.Receive(buffer) {
		p.print(buffer[:n])
		if len(p.output) > most {
			p.output = p.output[:most]
		}
	}
}

func (p *program) print(b []byte) { p.output = append(p.output, b...) }

// breakpoint is a bkpt: a request by semihosting, or the end.
func (p *program) breakpoint() (end string, err error) {
	const semihosting = 0xbeab
	m := p.machine
	pc := m.Reg(unicorn.PC)
	var code [2]byte
	if err := m.Read(pc, code[:]); err != nil {
		return "", err
	}
	if binary.LittleEndian.Uint16(code[:]) != semihosting {
		return p.ended("stops at bkpt at " + p.symbols.Locate(pc))
	}
	if end := p.semihost(m.Reg(0), m.Reg(1)); end != "" {
		return p.ended(end)
	}
	m.SetReg(unicorn.PC, (pc+2)|1)
	return "", nil
}

// Operations of Arm semihosting (IHI 0089).
const (
	sysOpen    = 0x01
	sysWriteC  = 0x03
	sysWrite0  = 0x04
	sysWrite   = 0x05
	sysRead    = 0x06
	sysIsTTY   = 0x09
	sysCommand = 0x15
	sysHeap    = 0x16
	sysExit    = 0x18
	sysExitExt = 0x20
)

const stoppedApplicationExit = 0x20026

// semihost does what the program asks its debugger for, as far as programs that print and exit need it.
func (p *program) semihost(op, arg uint32) (end string) {
	m, answer := p.machine, uint32(0)
	word := func(i uint32) uint32 {
		var b [4]byte
		if m.Read(arg+4*i, b[:]) != nil {
			return 0
		}
		return binary.LittleEndian.Uint32(b[:])
	}
	switch op {
	case sysOpen, sysIsTTY:
		answer = 1
	case sysWriteC:
		p.printFrom(arg, 1)
	case sysWrite0:
		p.printFrom(arg, -1)
	case sysWrite: // handle, address, length; the answer is what was not written
		p.printFrom(word(1), int(min(word(2), 1<<16)))
	case sysRead: // there is nothing to read
		answer = word(2)
	case sysCommand: // buffer, its length; the answer is an empty line
		_ = m.Write(word(0), []byte{0})
		_ = m.Write(arg+4, make([]byte, 4))
	case sysHeap: // address of heap base and limit, stack base and limit; 0 is for what the program knows itself
		_ = m.Write(word(0), binary.LittleEndian.AppendUint32(make([]byte, 8), p.stack))
	case sysExit:
		if arg == stoppedApplicationExit {
			return "exits"
		}
		return fmt.Sprintf("exits with reason %#x", arg)
	case sysExitExt:
		return fmt.Sprintf("exits with status %d", int32(word(1)))
	}
	m.SetReg(0, answer)
	return ""
}

// printFrom prints n bytes of memory, or up to a zero byte if n is negative.
func (p *program) printFrom(addr uint32, n int) {
	var b [1]byte
	for i := 0; i != n && i < 1<<16 && p.machine.Read(addr+uint32(i), b[:]) == nil; i++ {
		if n < 0 && b[0] == 0 {
			break
		}
		p.print(b[:])
	}
}
