// SPDX-License-Identifier: GPL-2.0-or-later

// Package linux runs programs on the kernel's eBPF, which knows nothing of this project: an oracle for
// tests. Programs are of type syscall: they get a context of any bytes, and may write to it.
package linux

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"
)

// ErrRefused is of programs that the kernel's verifier does not admit.
var ErrRefused = errors.New("refused by the kernel")

// sleepable is BPF_F_SLEEPABLE, which programs of type syscall are.
const sleepable = 1 << 4

// Available says why programs cannot be run here, nil if they can.
func Available() error {
	if err := rlimit.RemoveMemlock(); err != nil {
		return err
	}
	_, _, err := Run([]byte{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, nil)
	return err
}

// Run runs a program once. It returns the low half of r0, all that the kernel tells, and the context
// as the program left it.
func Run(text, context []byte) (r0 uint32, after []byte, err error) {
	instructions, err := asm.AppendInstructions(nil, bytes.NewReader(text), binary.LittleEndian, "linux")
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	program, err := ebpf.NewProgramWithOptions(&ebpf.ProgramSpec{
		Type: ebpf.Syscall, Flags: sleepable, Instructions: instructions, License: "GPL",
	}, ebpf.ProgramOptions{LogDisabled: true})
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	defer program.Close()
	options := ebpf.RunOptions{}
	if len(context) > 0 {
		after = make([]byte, len(context))
		options.Context, options.ContextOut = context, after
	}
	r0, err = program.Run(&options)
	return r0, after, err
}
