// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ubench-dev/ubench/abi"
)

// policy is how often, and how patiently, to ask.
type policy struct {
	wait  time.Duration // for an answer before asking again; doubles each time
	most  time.Duration // that wait becomes
	tries int           // when answers take no time, or are damaged
	long  bool          // the answer may take until ctx ends; else as long as patience
}

var (
	quick   = policy{wait: 500 * time.Millisecond, most: 4 * time.Second, tries: 16}
	working = policy{wait: 2 * time.Second, most: 30 * time.Second, tries: 16, long: true}
	// A device that is just starting drops what comes too early.
	meeting = policy{wait: 50 * time.Millisecond, most: 2 * time.Second, tries: 10, long: true}
)

// patience is how long an agent may be silent when what it is asked takes it no time. On a busy computer an
// emulator that is a process of its own may get no time for a long while.
const patience = 3 * time.Minute

// ErrNoAnswer means that the agent did not answer: the link is dead, or the firmware hangs.
var ErrNoAnswer = errors.New("no answer from the firmware")

// CrashError means that the firmware faulted outside of any program or engine, and has restarted.
type CrashError struct {
	During Command
	Fault  abi.Fault
}

func (e *CrashError) Error() string {
	return fmt.Sprintf("the firmware crashed in %s and restarted: %s", e.During, e.Fault)
}

// session is a talk with an agent: requests are numbered, one at a time.
type session struct {
	link    Link
	seq     byte
	request []byte // the one being asked
	decoder decoder
	buffer  [4096]byte
}

// exchange asks and returns the payload of the answer, valid until the next exchange. It asks again
// when the request or the answer was damaged or lost; the agent knows the repetition by its bytes
// and sends its answer again without acting again.
func (s *session) exchange(ctx context.Context, kind Command, payload []byte, how policy) ([]byte, error) {
	if len(payload) > payloadBytes {
		panic("BUG: payload too long")
	}
	s.seq++
	s.request = frame{kind: byte(kind), seq: s.seq, payload: payload}.append(s.request[:0])
	silences, asked := 0, 0
	var silent time.Duration
	for try := 1; ; try++ {
		if silences > 1 {
			// The agent may be in the middle of a frame that noise, or somebody else, began:
			// complete it.
			if _, err := s.link.Write(make([]byte, frameBytes)); err != nil {
				return nil, fmt.Errorf("sending: %w", err)
			}
		}
		if _, err := s.link.Write(s.request); err != nil {
			return nil, fmt.Errorf("sending %s: %w", kind, err)
		}
		asked++
		answer, err := s.await(ctx, kind, how.wait)
		switch {
		case err == nil:
			return answer, nil
		case errors.Is(err, errDamaged):
		case errors.Is(err, ErrSilent):
			silences++
		case errors.Is(err, errSlow):
			silences++
			silent += how.wait
			if how.long || silent < patience {
				try-- // time is no sign of trouble yet
			} else {
				try = how.tries
			}
			how.wait = min(2*how.wait, how.most)
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%w to %s: %w", ErrNoAnswer, kind, ctx.Err())
		default:
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		if try >= how.tries {
			return nil, fmt.Errorf("%w to %s, asked %d times: %w", ErrNoAnswer, kind, asked, err)
		}
	}
}

// errSlow means that patience ran out, while ctx has time left.
var errSlow = errors.New("silence")

// await reads frames until the answer to the current request, and drops answers to earlier ones.
func (s *session) await(ctx context.Context, kind Command, wait time.Duration) ([]byte, error) {
	patient := ctx
	if _, ok := s.link.(Lossless); !ok {
		var cancel context.CancelFunc
		patient, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	for {
		f, ok, err := s.decoder.next()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			n, err := s.link.Read(patient, s.buffer[:])
			s.decoder.feed(s.buffer[:n])
			if n > 0 {
				continue
			}
			if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
				err = errSlow
			}
			if (errors.Is(err, errSlow) || errors.Is(err, ErrSilent)) && s.decoder.skip() {
				continue // the rest of what looked like a frame does not come; is there one inside?
			}
			if err != nil {
				return nil, err
			}
		case f.kind == kindError && len(f.payload) >= faultBytes:
			fault := decodeFault(f.payload)
			if name := fault.Status.Name(); name == "e-frame-crc" || name == "e-frame-length" {
				return nil, errDamaged
			}
			return nil, &CrashError{kind, fault}
		case f.kind == byte(kind)|reply && f.seq == s.seq:
			if len(f.payload) < faultBytes {
				return nil, fmt.Errorf("the answer has %d bytes, too few for a status", len(f.payload))
			}
			return f.payload, nil
		}
	}
}

func decodeFault(p []byte) abi.Fault {
	return abi.Fault{
		Status: abi.Status(int32(le.Uint32(p[faultStatus:]))),
		PC:     le.Uint32(p[faultPC:]),
		Addr:   le.Uint32(p[faultAddr:]),
	}
}
