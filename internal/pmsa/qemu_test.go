// SPDX-License-Identifier: GPL-2.0-or-later

package pmsa

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/internal/testenv"
)

var le = binary.LittleEndian

// job is a table of regions 0 to 5, beside the probe's own, and addresses to access.
type job struct {
	unit  Unit
	addrs []uint32
}

// What main.c and probe.ld say.
const (
	probeRegions = 6
	probeRAM     = 0x20000000
	probeArea    = 0x20002000
	probeAreaEnd = 0x20020000
	probeJobs    = 0x10000
)

// accesses are the kinds of main.c, in order.
var accesses = []struct {
	name       string
	right      Rights
	privileged bool
}{
	{"read, privileged", Read, true}, {"write, privileged", Write, true}, {"execute, privileged", Execute, true},
	{"read", Read, false}, {"write", Write, false}, {"execute", Execute, false},
}

// edges are addresses where something may change: on both sides of each eighth of each region.
func (j *job) edges(r *rand.Rand, flash uint32) {
	var all []uint32
	for _, g := range j.unit.Region[:probeRegions] {
		for eighth := uint64(0); eighth <= 8; eighth++ {
			cut := uint32(uint64(g.start()) + eighth<<g.log2()/8)
			all = append(all, cut, cut-1)
		}
	}
	for range 12 {
		all = append(all, probeArea+r.Uint32N(probeAreaEnd-probeArea), r.Uint32())
	}
	for _, addr := range all {
		inArea := addr >= probeArea && addr < probeAreaEnd
		switch {
		case inArea:
			addr |= 1 // execute as well
		case addr-flash < 1<<20 || addr-probeRAM < 1<<20 || addr>>29 == 2 || addr>>29 == 7:
			continue // the probe's own, and registers, where an access does something
		default:
			addr &^= 1
		}
		j.addrs = append(j.addrs, addr)
	}
}

func build(t *testing.T, cpu, chip, flash string) []byte {
	t.Helper()
	return testenv.Link(t, cpu, "-nostdlib", "-DBOARD_HZ=16000000", "-DBOARD_SERIAL_IRQ=0", "-DPROBE_FLASH="+flash, "-Wl,--defsym=PROBE_FLASH="+flash,
		"-Tinternal/pmsa/probe/probe.ld", "internal/pmsa/probe/main.c", "internal/pmsa/probe/probe.S", "device/boards/"+chip+".c")
}

// The model allows what QEMU's MPU allows, on a Cortex-M3 and an M4, for random tables of regions of 32 bytes to 4 GB that overlap.
// UBENCH_PMSA is how many there are.
func TestQEMU(t *testing.T) {
	tables := testenv.Number(t, "UBENCH_PMSA", 100)
	if _, _, err := qemu.Find(t.Context()); err != nil {
		t.Skip(err)
	}
	for _, b := range []struct {
		name, cpu, chip, flashText string
		flash                      uint32
	}{{"netduinoplus2", "cortex-m4", "stm32", "0x08000000", 0x08000000}, {"mps2-an385", "cortex-m3", "mps2", "0x0", 0}} {
		t.Run(b.name, func(t *testing.T) {
			elf := build(t, b.cpu, b.chip, b.flashText)
			r := rand.New(rand.NewPCG(7, uint64(b.flash)))
			for done := 0; done < tables; {
				jobs, bytes := some(r, b.flash, tables-done)
				done += len(jobs)
				compare(t, b.name, elf, jobs, qemu.Memory{Addr: b.flash + probeJobs, Bytes: bytes})
			}
		})
	}
}

// some are as many jobs as fit behind the probe.
func some(r *rand.Rand, flash uint32, most int) (jobs []job, bytes []byte) {
	const room = 512 << 10
	bytes = make([]byte, 4)
	for len(jobs) < most && len(bytes) < room {
		largest := []uint32{12, 17, 32}[r.IntN(3)]
		j := job{unit: random(r, probeArea+r.Uint32N(probeAreaEnd-probeArea), largest)}
		j.edges(r, flash)
		j.unit.Region[6] = Region{probeRAM, attributes(13, 0, 3, true)}
		j.unit.Region[7] = Region{flash, attributes(20, 0, 6, false)}
		bytes = le.AppendUint32(bytes, j.unit.Control)
		for _, g := range j.unit.Region[:probeRegions] {
			bytes = le.AppendUint32(le.AppendUint32(bytes, g.Base), g.Attributes)
		}
		bytes = le.AppendUint32(bytes, uint32(len(j.addrs)))
		for _, addr := range j.addrs {
			bytes = le.AppendUint32(bytes, addr)
		}
		jobs = append(jobs, j)
	}
	le.PutUint32(bytes, uint32(len(jobs)))
	return jobs, bytes
}

func compare(t *testing.T, board string, elf []byte, jobs []job, memory qemu.Memory) {
	t.Helper()
	line, err := qemu.BootLine(context.Background(), board, elf, qemu.Around{Fast: true}, memory)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	denied, allowed := 0, 0
	for n, j := range jobs {
		answers := make([]byte, len(j.addrs))
		if _, err := io.ReadFull(line, answers); err != nil {
			t.Fatalf("table %d: %v\n%v", n, err, &j.unit)
		}
		for i, addr := range j.addrs {
			for kind, a := range accesses {
				if a.right == Execute && addr&1 == 0 {
					continue
				}
				at := addr
				if addr&1 == 1 {
					at-- // which is what the probe accesses
				}
				closed := answers[i]>>kind&1 == 1
				if want := j.unit.Rights(at, a.privileged)&a.right == 0; closed != want {
					t.Fatalf("table %d, %s at %#x (address %d of %d): closed %v, want %v (%06b)\n%v", n, a.name, at, i, len(j.addrs), closed, want, answers[i], &j.unit)
				}
				if closed {
					denied++
				} else {
					allowed++
				}
			}
		}
	}
	t.Logf("%s: %d tables, %d accesses allowed, %d denied", board, len(jobs), allowed, denied)
	if allowed == 0 || denied == 0 {
		t.Error("nothing was compared")
	}
}
