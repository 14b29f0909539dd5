// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

/*
#include "firmware/agent/frame.h"
*/
import "C"

import (
	"encoding/binary"
	"unsafe"

	"github.com/ubench-dev/ubench/emu/symbols"
)

// shortcut carries whole frames between host and agent past the serial port, which takes several accesses of its registers for
// each byte: more work than a small job is. The agent does with a frame what it always does, so that results and counts of a
// job's phases are the same. Only what is outside of them differs, so it is not for models, whose state goes from one to the other.
//
// A request is put where the agent collects it, but for its last byte, which comes over the port. An answer is taken where the
// agent hands it over. Where that is the firmware's symbols say, and the first request, which comes over the port.
type shortcut struct {
	machine *Machine
	poll    uint32 // agent_frame_poll(struct agent_frame *, ...)
	send    uint32 // agent_port_send(port, bytes, length)
	request uint32 // the struct agent_frame; 0: not known so far
	idle    bool   // the agent waits for a request
	answers []byte // taken, and not read so far
}

const frameHave = uint32(unsafe.Offsetof(C.struct_agent_frame{}.have))

// newShortcut looks the firmware's functions up. Without them, as in a stripped file, everything goes over the port.
func newShortcut(m *Machine, s *symbols.Table) *shortcut {
	poll, hasPoll := s.Addr("agent_frame_poll")
	send, hasSend := s.Addr("agent_port_send")
	if !hasPoll || !hasSend {
		return nil
	}
	m.Pause(poll)
	return &shortcut{machine: m, poll: poll, send: send}
}

// put gives the agent a frame, but for the end that it returns.
func (s *shortcut) put(frame []byte) (rest []byte) {
	if s == nil {
		return frame
	}
	idle := s.idle
	s.idle = false
	whole := len(frame) > 1 && len(frame) <= C.UB_WIRE_FRAME_BYTES && frame[0] == C.UB_WIRE_SYNC0
	var have [4]byte
	if !idle || !whole || s.machine.Read(s.request+frameHave, have[:]) != nil || have != [4]byte{} {
		return frame
	}
	last := len(frame) - 1
	binary.LittleEndian.PutUint32(have[:], uint32(last))
	if s.machine.Write(s.request, frame[:last]) != nil || s.machine.Write(s.request+frameHave, have[:]) != nil {
		return frame
	}
	return frame[last:]
}

// ran follows a run of the machine. It tells whether the machine has to go on, having stopped only for the shortcut.
func (s *shortcut) ran(reason Reason) bool {
	if s == nil {
		return false
	}
	s.idle = reason == Idle && s.request != 0
	if reason != Pause {
		return false
	}
	m := s.machine
	switch m.Reg(PC) {
	case s.poll:
		s.request = m.Reg(0)
		m.Pause(s.send)
	case s.send:
		bytes := make([]byte, min(m.Reg(2), C.UB_WIRE_FRAME_BYTES+1))
		if len(bytes) <= C.UB_WIRE_FRAME_BYTES && m.Read(m.Reg(1), bytes) == nil {
			s.answers = append(s.answers, bytes...)
			m.SetReg(PC, m.Reg(LR)|1)
		} // else the firmware sends it, or faults
	}
	return true
}

// take reads answers.
func (s *shortcut) take(p []byte) int {
	if s == nil {
		return 0
	}
	n := copy(p, s.answers)
	s.answers = append(s.answers[:0], s.answers[n:]...)
	return n
}

// forget drops answers, as a reset does.
func (s *shortcut) forget() {
	if s != nil {
		s.idle, s.answers = false, nil
	}
}
