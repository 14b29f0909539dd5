// SPDX-License-Identifier: GPL-2.0-or-later

// Package agent compiles the firmware's agent, with all engines, for the host: the same C that
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

	"github.com/ubench-dev/ubench/abi"
	_ "github.com/ubench-dev/ubench/baseline/native"
	_ "github.com/ubench-dev/ubench/baseline/rbpf"
	_ "github.com/ubench-dev/ubench/baseline/wasm2c"
	_ "github.com/ubench-dev/ubench/femto"
	_ "github.com/ubench-dev/ubench/firmware/helpers"
	_ "github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/devmem"
	"github.com/ubench-dev/ubench/jit"
	_ "github.com/ubench-dev/ubench/jit/onepass"
	_ "github.com/ubench-dev/ubench/maps"
	_ "github.com/ubench-dev/ubench/ubpf"
	_ "github.com/ubench-dev/ubench/verify"
	_ "github.com/ubench-dev/ubench/vm"
)

// The arena of the boards, and so of the host.
const (
	ArenaAddr  = 0x20004000
	ArenaBytes = 112 << 10
	BlockAddr  = ArenaAddr + ArenaBytes - C.AGENT_BLOCK_BYTES // where the context of a job is, if its parts fit there
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

// Compile compiles the program that is loaded once more, for a Cortex-M4 (dsp) or M3. places are those
// of instruction slots in code.
func (a *Agent) Compile(dsp bool) (code []byte, places []jit.Place, err error) {
	words := make([]uint64, ArenaBytes/8)
	places = make([]jit.Place, a.host.agent.job.ubpf.program.slots)
	if len(places) == 0 {
		return nil, nil, errors.New("no program is loaded")
	}
	cpu := C.uint32_t(0)
	if dsp {
		cpu = C.UB_CPU_DSP
	}
	n := C.agent_host_compile(a.host, cpu, (*C.uint8_t)(unsafe.Pointer(&words[0])), ArenaBytes, (*C.struct_jit_map)(unsafe.Pointer(&places[0])))
	if n < 0 {
		return nil, nil, fmt.Errorf("compile: %s", abi.Status(n).Name())
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), int(n)), places, nil
}

// Close releases the agent and its memory.
func (a *Agent) Close() error {
	C.agent_host_free(a.host)
	a.host = nil
	return a.memory.Close()
}
