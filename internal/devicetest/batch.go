// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu/qemu"
)

// Programs by the ten thousand: they lie in the board's flash when it starts, behind the firmware, and the device takes
// one after the other (device/console/misuse.c).

// Escapee is a program that may try to leave its compartment.
type Escapee struct {
	Format         abi.Format
	Image, Context []byte
}

// Ends is how often programs ended in which way (TEST_ENDS), and after how many of them something had changed that may
// not.
type Ends struct {
	Count   [9]int
	Changed int
}

var endNames = [9]string{"by itself", "MemManage", "BusFault", "UsageFault", "HardFault", "time", "helper", "otherwise", "refused"}

func (e Ends) String() string {
	var parts []string
	for i, n := range e.Count {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", endNames[i], n))
		}
	}
	return strings.Join(parts, ", ")
}

// Stopped is how many the hardware stopped.
func (e Ends) Stopped() int { return e.Count[1] + e.Count[2] + e.Count[3] + e.Count[4] }

func (e *Ends) add(answer []byte) {
	for i := range e.Count {
		e.Count[i] += int(le.Uint32(answer[4*i:]))
	}
	e.Changed += int(le.Uint32(answer[4*len(e.Count):]))
}

func (e *Ends) join(o Ends) {
	for i, n := range o.Count {
		e.Count[i] += n
	}
	e.Changed += o.Changed
}

// ask has the device work for as long as it takes.
func (d *Device) ask(t testing.TB, request []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	p, err := d.Test(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	shelfOffset = 256 << 10 // more than the firmware takes
	shelfBytes  = 768 << 10
	recordBytes = 8
	perRequest  = 500
	batchShift  = 8   // an instruction takes 256 ns, so that what must be stopped by time is soon
	escapeBytes = 512 // of context at most
)

// behindFirmware is where programs wait: in flash, whose first bytes are the firmware's.
func behindFirmware(t testing.TB, board string) uint32 {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(ELF(t, board, true)))
	if err != nil {
		t.Fatal(err)
	}
	return uint32(f.Section(".text").Addr) + shelfOffset
}

// shelf is what waits in flash.
type shelf struct {
	bytes []byte
	n     int
}

// put adds a program; false if there is no room.
func (s *shelf) put(e Escapee) bool {
	context := e.Context[:min(len(e.Context), escapeBytes)]
	if len(s.bytes)+recordBytes+len(e.Image)+len(context)+3 > shelfBytes {
		return false
	}
	s.bytes = append(s.bytes, byte(e.Format), 0)
	s.bytes = le.AppendUint16(s.bytes, uint16(len(e.Image)))
	s.bytes = le.AppendUint16(s.bytes, uint16(len(context)))
	s.bytes = append(append(append(s.bytes, 0, 0), e.Image...), context...)
	for len(s.bytes)%4 != 0 {
		s.bytes = append(s.bytes, 0)
	}
	s.n++
	return true
}

// run boots a board with what is on the shelf and has it run all of it.
func (s *shelf) run(t testing.TB, board string) (ends Ends) {
	t.Helper()
	start := behindFirmware(t, board)
	d := Boot(t, board, batchShift, qemu.Memory{Addr: start, Bytes: s.bytes})
	defer d.stop()
	victim := d.Guarded(t)
	if err := d.Replace(t.Context(), victim, device.Config{
		Name: "victim", Format: abi.TextOnly, Engine: device.JITMPU, Context: escapeBytes, Ticks: 2, AllHelpers: true,
	}, long()); err != nil {
		t.Fatal(err)
	}
	for done, at := 0, start; done < s.n; done += perRequest {
		request := le.AppendUint32([]byte{testBatch, byte(victim), 0, 0}, at)
		p := d.ask(t, le.AppendUint32(request, uint32(min(perRequest, s.n-done))))
		ends.add(p[4:])
		at = le.Uint32(p)
		if ends.Changed != 0 {
			t.Fatalf("%s: outside the compartment something changed after the program that ends with %x", board,
				s.bytes[max(0, int(at-start)-200):at-start])
		}
	}
	works(t, d, victim-1)
	works(t, d, victim+1)
	if i := d.info(t); i.Panic != abi.OK {
		t.Fatalf("%s: the firmware faulted: %v", board, i.Panic)
	}
	return ends
}

// Behind runs programs compiled without checks behind the walls of a board, each in a compartment of its own between two
// others. Nothing but the compartment may change, and the programs beside it must work in the end.
func Behind(t testing.TB, board string, escapees iter.Seq[Escapee]) (ends Ends) {
	t.Helper()
	var s shelf
	for e := range escapees {
		if !s.put(e) {
			ends.join(s.run(t, board))
			s = shelf{}
			s.put(e)
		}
	}
	ends.join(s.run(t, board))
	return ends
}
