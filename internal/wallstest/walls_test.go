// SPDX-License-Identifier: GPL-2.0-or-later

package wallstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/pmsa"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/maps"
)

// slot is one instruction.
func slot(op, registers byte, off int16, imm int32) []byte {
	return []byte{op, registers, byte(off), byte(off >> 8), byte(imm), byte(imm >> 8), byte(imm >> 16), byte(imm >> 24)}
}

// text is a program of about n instructions that uses so many bytes of stack, a multiple of 4.
func text(n, stack int) (b []byte) {
	if stack > 0 {
		b = append(b, slot(0x62, 10, int16(-stack), 1)...) // *(u32 *)(r10 - stack) = 1
	}
	for i := range n {
		b = append(b, slot(0xb7, byte(i%5), 0, int32(i))...) // a constant into r0 to r4
	}
	b = append(b, slot(0xb7, 0, 0, 0)...)
	return append(b, slot(0x95, 0, 0, 0)...)
}

func packed(t testing.TB, p *image.Program) []byte {
	t.Helper()
	b, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bare(t testing.TB, text []byte) *image.Program {
	t.Helper()
	p, err := image.FromText("walls", text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// anyProgram is one of any kind: sections, maps of its own and shared, stack, context, mailbox, engine.
func anyProgram(t testing.TB, r *rand.Rand, name string) (device.Config, []byte) {
	t.Helper()
	upTo := func(n int) int { // small ones as often as large ones
		return r.IntN(1 << r.IntN(1+log2(n)))
	}
	p := bare(t, text(1+upTo(400), 4*upTo(128)))
	p.Rodata, p.Data, p.BSS = make([]byte, upTo(2048)), make([]byte, upTo(2048)), uint32(upTo(2048))
	c := device.Config{
		Name: name, Format: abi.Packed, Engine: device.Engine(r.IntN(3)), Context: uint32(upTo(4096)), Mailbox: uint32(upTo(512)),
		Restart: device.Restart(r.IntN(3)), AllHelpers: true,
	}
	walls := 0
	for i := range r.IntN(4) {
		d := maps.Def{Name: fmt.Sprint("own", i), Type: abi.MapArray, KeySize: 4, ValueSize: uint32(1 + upTo(64)), MaxEntries: uint32(1 + upTo(64))}
		if r.IntN(2) == 0 {
			d.Type = abi.MapHash
		}
		if r.IntN(2) == 0 && walls < 2 {
			walls++
			n := uint32(r.IntN(3)) // whoever shares one declares it alike
			d.Name, d.Type, d.ValueSize, d.MaxEntries = fmt.Sprint("shared", n), abi.MapArray, 8+56*n, 1+100*n
			c.Shared |= uint32(1+2*r.IntN(2)) << (2 * i)
		}
		p.Maps = append(p.Maps, d)
	}
	return c, packed(t, p)
}

func log2(n int) (k int) {
	for n > 1 {
		n, k = n/2, k+1
	}
	return k
}

// world is a device, and which numbers programs have.
type world struct {
	Supervisor
	place
	t        *testing.T
	r        *rand.Rand
	names    int
	refused  map[string]int
	checked  int
	byAlias  int
	together int // the most at once
}

const programs = 12

// act does one of what may be done to programs.
func (w *world) act() string {
	n := w.r.IntN(programs)
	p, there := w.Program(n)
	what, err := "", error(nil)
	switch choice := w.r.IntN(20); {
	case choice < 7:
		w.names++
		c, image := anyProgram(w.t, w.r, fmt.Sprint("p", w.names))
		if !there {
			what = "load"
			if n, err = w.Load(c, image); err == nil {
				err = w.Start(n)
			}
			break
		}
		what, err = "replace", w.Replace(n, c, image)
	case choice < 9:
		what, err = "start", w.Start(n)
	case choice < 14:
		what = "call"
		if err = w.Call(n, 0); err == nil && w.r.IntN(2) == 0 {
			what = "fault"
			w.End(n, abi.Fault{Status: memFault, PC: w.r.Uint32()})
		}
	case choice < 16:
		what = "end"
		w.End(n, abi.Fault{})
	case choice < 17:
		what, err = "kill", w.Kill(n)
	case choice < 18:
		what, err = "unload", w.Unload(n)
	default:
		what = "step"
		w.Step(w.r.IntN(300))
	}
	if err != nil {
		w.refused[what]++
	}
	return fmt.Sprintf("%s of %d (%v): %v", what, n, p.State, err)
}

// all are the programs there are.
func (w *world) all() (all []Program) {
	for n := range programs {
		if p, ok := w.Program(n); ok {
			all = append(all, p)
		}
	}
	return all
}

// verify holds the MPU of each program against what it is granted.
func (w *world) verify() error {
	all, pieces := w.all(), w.Pieces()
	for i, p := range pieces {
		if p.Addr < w.Pool || p.end() > w.PoolEnd || i > 0 && pieces[i-1].end() > p.Addr {
			return fmt.Errorf("piece %x of the pool lies outside, or in another one", p)
		}
	}
	placed := 0
	for i, p := range all {
		if p.Block.Bytes == 0 {
			continue
		}
		placed++
		if err := w.check(w.Unit(w.t, p.Regions[:]), p, slices.Delete(slices.Clone(all), i, i+1), pieces); err != nil {
			return fmt.Errorf("program %d at %x, code %x: %w", i, p.Block, p.Code, err)
		}
		if p.Code.Bytes > 0 && p.CodeAt != w.runsAt(p.Code) {
			return fmt.Errorf("program %d: its code at %x runs at %#x", i, p.Code, p.CodeAt)
		}
		if p.Code.Bytes > 0 && p.CodeAt != p.Code.Addr {
			w.byAlias++
		}
		w.checked++
	}
	w.together = max(w.together, placed)
	return nil
}

func newWorld(t *testing.T, p place, seed uint64) *world {
	return &world{Supervisor: Begin(t, p.Pool, p.PoolEnd, p.aliasEnd), place: p, t: t, r: rand.New(rand.NewPCG(seed, 1)), refused: map[string]int{}}
}

// Programs of any kind are loaded, run, fault, are killed and replaced; after each of these every program may access what it is granted
// and nothing else, at whichever of its addresses. UBENCH_WALLS is how many such steps each board lives through, UBENCH_WALLS_SEED
// which.
func TestCompartments(t *testing.T) {
	steps := testenv.Number(t, "UBENCH_WALLS", 1000)
	seed := uint64(testenv.Number(t, "UBENCH_WALLS_SEED", 1))
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			w := newWorld(t, p, seed)
			for i := range steps {
				if i%500 == 499 { // begin anew, so that memory in pieces does not stay so
					w.Supervisor = Begin(t, p.Pool, p.PoolEnd, p.aliasEnd)
				}
				what := w.act()
				if err := w.verify(); err != nil {
					t.Fatalf("step %d, after %s: %v", i, what, err)
				}
			}
			t.Logf("%d compartments checked, at most %d at once; code by the alias %d times; refused %v", w.checked, w.together, w.byAlias, w.refused)
			if w.checked < steps || w.together < 6 || (w.byAlias > 0) != (p.aliasEnd > 0) {
				t.Error("there was too little to check")
			}
		})
	}
}

// A bit of the MPU's registers that is another one is noticed, unless it changes nothing for programs; and so are the faults that the
// supervisor or the kernel might have.
func TestNoticed(t *testing.T) {
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			w := newWorld(t, p, 2)
			for range 60 {
				w.act()
			}
			all, pieces := w.all(), w.Pieces()
			flipped, found := 0, 0
			for i, program := range all {
				if program.Block.Bytes == 0 {
					continue
				}
				others := slices.Delete(slices.Clone(all), i, i+1)
				right := w.Unit(t, program.Regions[:])
				if err := w.check(right, program, others, pieces); err != nil {
					t.Fatal(err)
				}
				for region := range right.Region {
					for bit := range 64 {
						u := right
						if bit < 32 {
							u.Region[region].Base ^= 1 << bit
						} else {
							u.Region[region].Attributes ^= 1 << (bit - 32)
						}
						if slices.Equal(u.Spans(false), right.Spans(false)) {
							continue
						}
						flipped++
						if w.check(u, program, others, pieces) == nil {
							t.Errorf("bit %d of region %d is another one, and nobody notices\n%v", bit, region, &u)
						}
					}
				}
				for name, u := range w.faults(right, program, others) {
					if slices.Equal(u.Spans(false), right.Spans(false)) && slices.Equal(u.Spans(true), right.Spans(true)) {
						continue // another region closes it
					}
					found++
					if w.check(u, program, others, pieces) == nil {
						t.Errorf("%s: nobody notices\n%v", name, &u)
					}
				}
			}
			if flipped < 500 || found < 10 {
				t.Errorf("%d bits and %d faults were tried", flipped, found)
			}
		})
	}
}

// faults are MPUs as they might be by mistake.
func (w *world) faults(right pmsa.Unit, p Program, others []Program) map[string]pmsa.Unit {
	const size = 1 << 1
	all := map[string]pmsa.Unit{}
	change := func(name string, region int, with func(r *pmsa.Region)) {
		u := right
		with(&u.Region[region])
		all[name] = u
	}
	change("what it writes is executable", 2, func(r *pmsa.Region) { r.Attributes &^= pmsa.XN })
	change("its data twice as large", 2, func(r *pmsa.Region) { r.Attributes += size })
	change("memory is the program's, too", 0, func(r *pmsa.Region) { r.Attributes = r.Attributes&^(7<<24) | 3<<24 })
	change("the firmware may execute memory", 0, func(r *pmsa.Region) { r.Attributes &^= pmsa.XN })
	change("no guard", 7, func(r *pmsa.Region) { r.Attributes &^= pmsa.RegionEnable })
	change("no interpreter", 1, func(r *pmsa.Region) { r.Attributes &^= pmsa.RegionEnable })
	off := right
	off.Control = 0
	all["the MPU is off"] = off
	for i, r := range right.Region {
		if r.Attributes&pmsa.RegionEnable == 0 || r.Base>>5 != w.runsAt(p.Code)>>5 || p.Code.Bytes == 0 || i < 2 {
			continue
		}
		change("code may be written", i, func(r *pmsa.Region) { r.Attributes = r.Attributes&^(7<<24) | 3<<24 })
		change("the region of code is twice as large", i, func(r *pmsa.Region) { r.Attributes += size })
		if w.runsAt(p.Code) != p.Code.Addr {
			change("code is open where it lies, not where it runs", i, func(r *pmsa.Region) { r.Base += alias })
			u := right
			u.Region[6] = pmsa.Region{Base: r.Base + alias, Attributes: r.Attributes}
			all["code is open at both addresses"] = u
			u = right
			u.Region[0] = pmsa.Region{Base: memoryAddr, Attributes: u.Region[0].Attributes&^(31<<1) | 16<<1&^(0xff<<8)}
			all["memory is the firmware's at one address only"] = u
		}
	}
	for _, q := range others {
		if q.Block.Bytes > 0 {
			u := right
			u.Region[6] = q.Regions[0]
			all["a region is left from another program"] = u
			u = right
			copy(u.Region[2:7], q.Regions[:])
			all["all regions are left from another program"] = u
			break
		}
	}
	return all
}
