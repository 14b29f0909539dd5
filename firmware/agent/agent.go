// SPDX-License-Identifier: GPL-2.0-or-later

// Package agent compiles the firmware's agent, with all engines, for the desk: the same C that
// ships, fed with frames from Go. emu/host makes a target of it; tests and fuzzers drive it
// directly.
package agent

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "firmware/agent/host.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	_ "ubench/abi"
	_ "ubench/baseline/native"
	_ "ubench/baseline/rbpf"
	_ "ubench/femto"
	_ "ubench/firmware/helpers"
	_ "ubench/image"
	"ubench/internal/devmem"
	_ "ubench/jit"
	_ "ubench/verify"
	_ "ubench/vm"
)

// The arena of the boards, and so of the host.
const (
	ArenaAddr  = 0x20004000
	ArenaBytes = 112 << 10
)

// Agent is an agent with a device's memory of its own. It is not safe for concurrent use.
type Agent struct {
	memory *devmem.Space
	host   *C.struct_agent_host
}

// New starts an agent.
func New() (*Agent, error) {
	memory, err := devmem.Reserve()
	if err != nil {
		return nil, err
	}
	if _, err := memory.Map(ArenaAddr, ArenaBytes); err != nil {
		return nil, errors.Join(fmt.Errorf("arena: %w", err), memory.Close())
	}
	host := C.agent_host_new((*C.uint8_t)(memory.Base()), ArenaAddr, ArenaBytes)
	if host == nil {
		return nil, errors.Join(errors.New("out of memory"), memory.Close())
	}
	return &Agent{memory, host}, nil
}

// Receive hands the agent bytes, as a serial line would, and returns what it answers.
func (a *Agent) Receive(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	C.agent_host_receive(a.host, (*C.uint8_t)(unsafe.Pointer(&p[0])), C.uint32_t(len(p)))
	return C.GoBytes(unsafe.Pointer(a.host.out), C.int(a.host.out_len))
}

// Close releases the agent and its memory.
func (a *Agent) Close() error {
	C.agent_host_free(a.host)
	a.host = nil
	return a.memory.Close()
}
