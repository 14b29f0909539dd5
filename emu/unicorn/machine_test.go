// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

const (
	flashBase = 0x08000000
	ramBase   = 0x20000000
	codeAt    = flashBase + 0x400
	ramCodeAt = ramBase + 0x4000
	handlerAt = flashBase + 0x200
)

// halfwords is Thumb code as objdump prints it: a 32-bit instruction is two halfwords.
func halfwords(code ...uint16) []byte {
	b := make([]byte, 0, 2*len(code))
	for _, h := range code {
		b = binary.LittleEndian.AppendUint16(b, h)
	}
	return b
}

func words(ws ...uint32) []byte {
	b := make([]byte, 0, 4*len(ws))
	for _, w := range ws {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func newBoard(t testing.TB, core Core) *Machine {
	t.Helper()
	m, err := NewBoard(core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func put(t testing.TB, m *Machine, addr uint32, b []byte) {
	t.Helper()
	if err := m.Write(addr, b); err != nil {
		t.Fatal(err)
	}
}

// call runs the function at addr with up to four arguments until it returns or is stopped.
func call(t testing.TB, m *Machine, addr uint32, limit uint64, args ...uint32) Reason {
	t.Helper()
	for i, a := range args {
		m.SetReg(i, a)
	}
	m.SetReg(SP, ramBase+0x2000)
	m.SetReg(LR, ReturnAddress|1)
	m.SetReg(PC, addr|1)
	r, err := m.Run(context.Background(), ReturnAddress, limit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Programs with counts worked out by hand.
var counted = []struct {
	name string
	code []byte
	args []uint32
	want uint64
	r    map[int]uint32
}{
	{"return", halfwords(0x4770), nil, 1, nil},
	{
		// mov.w r2,#0; 1: adds r2,#1; subs.w r0,r0,#1; bne 1b; bx lr
		"loop of 16- and 32-bit instructions",
		halfwords(0xf04f, 0x0200, 0x3201, 0xf1b0, 0x0001, 0xd1fb, 0x4770),
		[]uint32{1000}, 1 + 3*1000 + 1, map[int]uint32{0: 0, 2: 1000},
	},
	{
		// cmp r0,#1; ite eq; moveq r1,#5; movne r1,#7;
		// itttt ne; addne r2,#1; addwne r2,r2,#291; movwne r3,#0x1234; bxne lr; movs r2,#9; bx lr
		"IT block, conditions fail",
		halfwords(0x2801, 0xbf0c, 0x2105, 0x2107, 0xbf1f, 0x3201, 0xf202, 0x1223, 0xf241, 0x2334, 0x4770, 0x2209, 0x4770),
		[]uint32{1}, 11, map[int]uint32{1: 5, 2: 9},
	},
	{
		"IT block, conditions hold",
		halfwords(0x2801, 0xbf0c, 0x2105, 0x2107, 0xbf1f, 0x3201, 0xf202, 0x1223, 0xf241, 0x2334, 0x4770, 0x2209, 0x4770),
		[]uint32{2, 0, 0}, 9, map[int]uint32{1: 7, 2: 292, 3: 0x1234},
	},
	{
		"straight line over many blocks", // libunicorn ends a block at every 1 KB
		append(bytes.Repeat(halfwords(0x3001, 0xf100, 0x0001), 2000), halfwords(0x4770)...),
		[]uint32{0}, 4001, map[int]uint32{0: 4000},
	},
}

func TestCounts(t *testing.T) {
	for _, core := range []Core{CortexM3, CortexM4} {
		for _, at := range []uint32{codeAt, codeAt + 2, codeAt & 0xfffff, ramCodeAt, ramCodeAt + 0x3fe} {
			m := newBoard(t, core)
			for _, c := range counted {
				put(t, m, at, c.code)
				for repeat := range 3 {
					before := m.Instructions()
					if r := call(t, m, at, NoLimit, c.args...); r != Until {
						t.Fatalf("%s at %#x: %v", c.name, at, r)
					}
					if got := m.Instructions() - before; got != c.want {
						t.Errorf("%s, %s at %#x, run %d: %d instructions, want %d", core, c.name, at, repeat, got, c.want)
					}
					for n, want := range c.r {
						if got := m.Reg(n); got != want {
							t.Errorf("%s at %#x: r%d = %#x, want %#x", c.name, at, n, got, want)
						}
					}
				}
			}
		}
	}
}

func TestCodeChanges(t *testing.T) {
	m := newBoard(t, CortexM4)
	// The program rewrites what it calls: str r1,[r0]; bx r2
	put(t, m, codeAt, halfwords(0x6001, 0x4710))
	short := binary.LittleEndian.Uint32(halfwords(0xbf00, 0x4770)) // nop; bx lr
	wide := binary.LittleEndian.Uint32(halfwords(0xf3af, 0x8000))  // nop.w, then what follows
	put(t, m, ramCodeAt, halfwords(0, 0, 0x3701, 0x3701, 0x4770))  // adds r7,#1 twice; bx lr
	for i, c := range []struct {
		first uint32
		want  uint64
	}{{short, 4}, {wide, 6}, {short, 4}, {wide, 6}, {wide, 6}} {
		before := m.Instructions()
		if r := call(t, m, codeAt, NoLimit, ramCodeAt, c.first, ramCodeAt|1); r != Until {
			t.Fatal(r)
		}
		if got := m.Instructions() - before; got != c.want {
			t.Errorf("run %d: %d instructions, want %d", i, got, c.want)
		}
	}
	// The same from outside, in flash.
	for _, c := range counted {
		put(t, m, codeAt, c.code)
		before := m.Instructions()
		call(t, m, codeAt, NoLimit, append(c.args, 0, 0, 0)[:4]...)
		if got := m.Instructions() - before; got != c.want && len(c.args) > 0 {
			t.Errorf("%s: %d instructions, want %d", c.name, got, c.want)
		}
	}
}

func TestLimitIsNeverExceeded(t *testing.T) {
	m := newBoard(t, CortexM4)
	put(t, m, codeAt, halfwords(0x3001, 0x3001, 0xe7fc)) // 1: adds r0,#1; adds r0,#1; b 1b
	for _, limit := range []uint64{0, 1, 2, 3, 4, 299, 300, 301, 1_000_000} {
		before := m.Instructions()
		if r := call(t, m, codeAt, limit, 0); r != Limit {
			t.Fatal(r)
		}
		n := m.Instructions() - before
		if want := limit / 3 * 3; n != want {
			t.Errorf("limit %d: executed %d, want %d", limit, n, want)
		}
		if got, want := uint64(m.Reg(0)), n/3*2; got != want {
			t.Errorf("limit %d: r0 = %d, want %d", limit, got, want)
		}
		if pc := m.Reg(PC); pc != codeAt {
			t.Errorf("limit %d: pc %#x", limit, pc)
		}
	}
	// Stopping and going on changes nothing.
	before := m.Instructions()
	call(t, m, codeAt, 3000, 0)
	for range 100 {
		if r, err := m.Run(context.Background(), ReturnAddress, 30); r != Limit || err != nil {
			t.Fatal(r, err)
		}
	}
	if n, r0 := m.Instructions()-before, m.Reg(0); n != 6000 || r0 != 4000 {
		t.Errorf("after stops: %d instructions, r0 = %d", n, r0)
	}
}

func TestUntil(t *testing.T) {
	m := newBoard(t, CortexM4)
	put(t, m, codeAt, halfwords(0x3001, 0x3001, 0x3001, 0x3001, 0x4770))
	// The whole block is translated first, so that later ends lie inside it.
	if r := call(t, m, codeAt, NoLimit, 0); r != Until || m.Reg(0) != 4 {
		t.Fatal(r, m.Reg(0))
	}
	for _, n := range []uint32{1, 3, 2, 4, 0} {
		before := m.Instructions()
		m.SetReg(0, 0)
		m.SetReg(PC, codeAt|1)
		r, err := m.Run(context.Background(), codeAt+2*n, 100)
		if r != Until || err != nil || m.Reg(0) != n || m.Instructions()-before != uint64(n) {
			t.Errorf("until +%d: %v %v, r0 = %d, %d instructions", n, r, err, m.Reg(0), m.Instructions()-before)
		}
	}
	if r := call(t, m, codeAt, NoLimit, 0); r != Until || m.Reg(0) != 4 {
		t.Error("an end address stayed behind:", r, m.Reg(0))
	}
}

func TestCancel(t *testing.T) {
	m := newBoard(t, CortexM4)
	put(t, m, codeAt, halfwords(0x3001, 0xe7fd)) // adds r0, #1; b .-2
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	m.SetReg(PC, codeAt|1)
	if r, err := m.Run(ctx, ReturnAddress, NoLimit); r != Cancelled || err != nil {
		t.Fatal(r, err)
	}
	if pc := m.Reg(PC); pc != codeAt {
		t.Errorf("pc %#x", pc)
	}
	put(t, m, codeAt+0x100, halfwords(0x4770))
	if r := call(t, m, codeAt+0x100, NoLimit); r != Until {
		t.Error("the next run:", r)
	}
}

func TestCounterReadByFirstInstruction(t *testing.T) {
	m := newBoard(t, CortexM4)
	// The firmware's way to read the counter: b 1f; 1: ldr r0,[r1,#0x24]; bx lr
	const read = codeAt + 0x100
	put(t, m, read, halfwords(0xe7ff, 0x6a48, 0x4770))
	// push {r4,lr}; movs r0,#1; str r0,[r1]; blx r2; mov r4,r0; nop; nop.w; blx r2; subs r0,r0,r4; pop {r4,pc}
	put(t, m, codeAt, halfwords(0xb510, 0x2001, 0x6008, 0x4790, 0x4604, 0xbf00, 0xf3af, 0x8000, 0x4790, 0x1b00, 0xbd10))
	for range 2 {
		if r := call(t, m, codeAt, NoLimit, 0, 0x40000000, read|1); r != Until {
			t.Fatal(r)
		}
		// ldr, bx, mov, nop, nop.w, blx, b
		if got := m.Reg(0); got != 7 {
			t.Errorf("between the reads: %d instructions, want 7", got)
		}
	}
}

func TestSerialPort(t *testing.T) {
	m := newBoard(t, CortexM4)
	// Echo, each byte + 1. r1 = USART1; 1: ldr r2,[r1]; lsls r2,r2,#26; bpl 1b; ldr r0,[r1,#4];
	// adds r0,#1; 2: ldr r2,[r1]; lsls r2,r2,#24; bpl 2b; str r0,[r1,#4]; b 1b
	put(t, m, codeAt, halfwords(0x680a, 0x0692, 0xd5fc, 0x6848, 0x3001, 0x680a, 0x0612, 0xd5fc, 0x6048, 0xe7f5))
	run := func(want Reason) {
		t.Helper()
		if r, err := m.Run(context.Background(), ReturnAddress, 10_000_000); r != want || err != nil {
			t.Fatal(r, err)
		}
	}
	m.SetReg(1, 0x40011000)
	m.SetReg(PC, codeAt|1)
	run(Idle)
	got := make([]byte, 100)
	for _, s := range []string{"HAL", "", "x", "longer text"} {
		if err := m.Send([]byte(s)); err != nil {
			t.Fatal(err)
		}
		run(Idle)
		want := bytes.Map(func(r rune) rune { return r + 1 }, []byte(s))
		if n := m.Receive(got); !bytes.Equal(got[:n], want) {
			t.Errorf("sent %q, received %q, want %q", s, got[:n], want)
		}
	}
	// More than is kept: the run stops for the output to be taken, and nothing is lost.
	big := bytes.Repeat([]byte("abcdefg"), 20_000)
	if err := m.Send(big); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for range 3 {
		r, err := m.Run(context.Background(), ReturnAddress, NoLimit)
		if err != nil {
			t.Fatal(err)
		}
		for n := m.Receive(got); n > 0; n = m.Receive(got) {
			all = append(all, got[:n]...)
		}
		if r == Idle {
			break
		}
	}
	if len(all) != len(big) || all[0] != 'b' || all[len(all)-1] != 'h' {
		t.Errorf("received %d of %d bytes", len(all), len(big))
	}
}

func TestSleepUntilInput(t *testing.T) {
	m := newBoard(t, CortexM4)
	// str r3,[r1,#12]; 1: ldr r2,[r1]; lsls r2,#26; bmi 2f; wfi; b 1b; 2: ldr r0,[r1,#4]; str r0,[r1,#4]; b 1b
	put(t, m, codeAt, halfwords(0x60cb, 0x680a, 0x0692, 0xd401, 0xbf30, 0xe7fa, 0x6848, 0x6048, 0xe7f7))
	m.SetReg(1, 0x40011000)
	m.SetReg(3, 1<<5) // RXNEIE
	m.SetReg(PC, codeAt|1)
	got := make([]byte, 8)
	for _, s := range []string{"", "a", "bc", ""} {
		if err := m.Send([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if r, err := m.Run(context.Background(), ReturnAddress, 1000); r != Idle || err != nil {
			t.Fatal(r, err)
		}
		if n := m.Receive(got); string(got[:n]) != s {
			t.Errorf("sent %q, received %q", s, got[:n])
		}
	}
	other := newBoard(t, CortexM4)
	put(t, other, codeAt, halfwords(0xbf30, 0x4770)) // wfi, and no interrupt is enabled
	if r := call(t, other, codeAt, 10); r != Wait {
		t.Error(r)
	}
}

// withHandlers installs a vector table with one handler for all exceptions:
// mov r5,sp; mrs r6,ipsr; ldr r7,[sp,#24]; ldr r4,[r5,#28]; adds r7,#2; str r7,[sp,#24]; bx lr
func withHandlers(t *testing.T, m *Machine) {
	vectors := []uint32{ramBase + 0x2000, codeAt | 1}
	for range 14 {
		vectors = append(vectors, handlerAt|1)
	}
	put(t, m, flashBase, words(vectors...))
	put(t, m, handlerAt, halfwords(0x466d, 0xf3ef, 0x8605, 0x9f06, 0x69ec, 0x3702, 0x9706, 0x4770))
}

const shcsr = 0xe000ed24

// enableFaults writes SHCSR by a program, as there is no other way.
func enableFaults(t *testing.T, m *Machine) {
	put(t, m, codeAt+0x800, halfwords(0x6001, 0x4770)) // str r1,[r0]; bx lr
	if r := call(t, m, codeAt+0x800, NoLimit, shcsr, 7<<16); r != Until {
		t.Fatal(r)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name      string
		code      []byte
		args      []uint32
		exception int
		at        uint32 // offset of the instruction at fault
		addr      uint32
		count     uint64 // instructions retired in the end, the handler's seven included
		it        uint32 // IT bits of the stacked xPSR
	}{
		{
			"load in the middle of a block", // adds r0,#1; ldr r1,[r3]; ldr r1,[r2]; ldr r1,[r3]; adds r0,#1; bx lr
			halfwords(0x3001, 0x6819, 0x6811, 0x6819, 0x3001, 0x4770),
			[]uint32{0, 0, 0x30000000, ramBase}, 5, 4, 0x30000000, 5 + 7, 0,
		},
		{
			"store to flash", // adds r0,#1; adds r0,#1; str r1,[r2]; bx lr
			halfwords(0x3001, 0x3001, 0x6011, 0x4770),
			[]uint32{0, 0, flashBase + 0x3000}, 5, 4, flashBase + 0x3000, 3 + 7, 0,
		},
		{
			"load inside IT", // cmp r0,#0; ittt eq; ldreq r1,[r3]; ldreq r1,[r2]; moveq r1,#1; adds r0,#2; bx lr
			halfwords(0x2800, 0xbf02, 0x6819, 0x6811, 0x2101, 0x3002, 0x4770),
			[]uint32{0, 0, 0x30000000, ramBase}, 5, 6, 0x30000000, 6 + 7, 0x400,
		},
		{
			"undefined", // adds r0,#1; udf #0; adds r0,#1; bx lr
			halfwords(0x3001, 0xde00, 0x3001, 0x4770), []uint32{0}, 6, 2, 0, 3 + 7, 0,
		},
	} {
		for _, at := range []uint32{codeAt, ramCodeAt} {
			m := newBoard(t, CortexM4)
			withHandlers(t, m)
			enableFaults(t, m)
			put(t, m, at, c.code)
			before := m.Instructions()
			if r := call(t, m, at, 1000, c.args...); r != Until {
				t.Errorf("%s: %v", c.name, r)
				continue
			}
			f, n := m.Fault()
			if n != 1 || f.Exception != c.exception || f.PC != at+c.at || (c.addr != 0) != f.HasAddr() || f.Addr != c.addr {
				t.Errorf("%s: %d faults, %v", c.name, n, f)
			}
			if got := m.Reg(7); got != at+c.at+2 {
				t.Errorf("%s: stacked pc %#x, want %#x", c.name, got-2, at+c.at)
			}
			if got := m.Reg(6); got != uint32(c.exception) {
				t.Errorf("%s: ipsr %d, want %d", c.name, got, c.exception)
			}
			if got := m.Reg(4) & 0x0600fc00; got != c.it {
				t.Errorf("%s: IT bits %#x stacked, want %#x", c.name, got, c.it)
			}
			if got := m.Instructions() - before; got != c.count {
				t.Errorf("%s: %d instructions, want %d", c.name, got, c.count)
			}
			if sp := m.Reg(SP); sp != ramBase+0x2000 {
				t.Errorf("%s: sp %#x", c.name, sp)
			}
		}
	}
}

func TestFaultWithoutEnableIsHardFault(t *testing.T) {
	m := newBoard(t, CortexM3)
	withHandlers(t, m)
	put(t, m, codeAt, halfwords(0xde00, 0x4770))
	if r := call(t, m, codeAt, 1000); r != Until || m.Reg(6) != 3 {
		t.Errorf("%v, exception %d", r, m.Reg(6))
	}
}

// A handler at an address that would be an exception return, were it branched to.
func TestVectorIsNoExceptionReturn(t *testing.T) {
	m := newBoard(t, CortexM4)
	put(t, m, flashBase, words(ramBase+0x2000, codeAt|1, 0, 0xfffffff9, 0, 0, 0))
	put(t, m, codeAt, halfwords(0xde00))
	if r := call(t, m, codeAt, 1000); r != Lockup {
		t.Error(r)
	}
}

func TestBranches(t *testing.T) {
	for _, c := range []struct {
		name   string
		target uint32
		cfsr   uint32
		pc     uint32
	}{
		{"to unmapped memory", 0x30000001, 1 << 8, 0x30000000},
		{"to an even address", ramCodeAt, 1 << 17, ramCodeAt},
		{"to a peripheral", 0x40000001, 1 << 0, 0x40000000},
		{"to execute-never memory", 0xe0000001, 1 << 0, 0xe0000000},
	} {
		m := newBoard(t, CortexM4)
		put(t, m, ramCodeAt, halfwords(0x4770))
		put(t, m, codeAt, halfwords(0x4700)) // bx r0
		// No vector table: the handler's address is 0, and so is the HardFault handler's.
		if r := call(t, m, codeAt, 1000, c.target); r != Lockup {
			t.Errorf("%s: %v", c.name, r)
		}
		f, _ := m.Fault()
		if f.CFSR != c.cfsr || f.PC != c.pc {
			t.Errorf("%s: %v, status %#x", c.name, f, f.CFSR)
		}
		if m.Instructions() != 1 {
			t.Errorf("%s: %d instructions", c.name, m.Instructions())
		}
	}
}

func TestSupervisorCallAndStack(t *testing.T) {
	for _, misalign := range []uint32{0, 4} {
		m := newBoard(t, CortexM4)
		withHandlers(t, m)
		put(t, m, handlerAt, halfwords(0xf3ef, 0x8605, 0x4770)) // mrs r6,ipsr; bx lr
		put(t, m, codeAt, halfwords(0x3001, 0xdf01, 0x3001, 0x4770))
		m.SetReg(SP, ramBase+0x2000-misalign)
		m.SetReg(0, 0)
		m.SetReg(LR, ReturnAddress|1)
		m.SetReg(PC, codeAt|1)
		r, err := m.Run(context.Background(), ReturnAddress, 1000)
		if r != Until || err != nil || m.Reg(0) != 2 || m.Reg(6) != 11 || m.Reg(SP) != ramBase+0x2000-misalign || m.Instructions() != 6 {
			t.Errorf("%v %v: r0 %d, exception %d, sp %#x, %d instructions", r, err, m.Reg(0), m.Reg(6), m.Reg(SP), m.Instructions())
		}
		if ipsr := m.Reg(XPSR) & 0x1ff; ipsr != 0 {
			t.Errorf("still in exception %d", ipsr)
		}
	}
}

func TestStackOverflow(t *testing.T) {
	m := newBoard(t, CortexM4)
	withHandlers(t, m)
	enableFaults(t, m)
	// A handler with a stack of its own: ldr sp,[r8]; mrs r6,ipsr; bkpt
	put(t, m, handlerAt, halfwords(0xf8d8, 0xd000, 0xf3ef, 0x8605, 0xbe00))
	m.SetReg(8, flashBase)
	put(t, m, codeAt, halfwords(0xb5f0, 0xe7fd)) // 1: push {r4-r7,lr}; b 1b
	if r := call(t, m, codeAt, 1_000_000); r != Breakpoint || m.Reg(6) != 5 {
		t.Errorf("%v, exception %d", r, m.Reg(6))
	}
	if f, _ := m.Fault(); f.Exception != 5 || f.PC != codeAt || f.Addr >= ramBase {
		t.Error(f)
	}
}

func TestFaultsAreFoundAgain(t *testing.T) {
	// A fault after much memory has changed and serial output was made: the second run must not
	// show. 1: str r0,[r1]; strb r0,[r2,#4]; adds r1,#4; ldr r4,[r1]; adds r0,#1; b 1b
	m := newBoard(t, CortexM4)
	put(t, m, codeAt, halfwords(0x6008, 0x7110, 0x3104, 0x680c, 0x3001, 0xe7f9))
	if r := call(t, m, codeAt, NoLimit, 0, ramBase, 0x40011000); r != Lockup {
		t.Fatal(r)
	}
	const n = 192 << 10 / 4
	f, faults := m.Fault()
	if f.PC != codeAt+6 || f.Addr != ramBase+4*n || faults < 1 {
		t.Error(f, faults)
	}
	if got, want := m.Instructions(), uint64(6*(n-1)+3); got != want {
		t.Errorf("%d instructions, want %d", got, want)
	}
	out := make([]byte, 2*n)
	if got := m.Receive(out); got != n {
		t.Errorf("%d bytes of output, want %d", got, n)
	}
}

func TestErrors(t *testing.T) {
	if _, err := New("cortex-m0"); err == nil || !strings.Contains(err.Error(), "cortex-m3") {
		t.Error(err)
	}
	if err := checkVersion(1, 0); err == nil || !strings.Contains(err.Error(), "libunicorn-dev") {
		t.Error(err)
	}
	m := newBoard(t, CortexM4)
	for _, c := range []struct{ addr, size uint32 }{{0x1000_0001, 1024}, {0x1000_0000, 100}, {0xffff_fc00, 2048}, {ramBase, 1024}, {0x1000_0000, 0}} {
		if err := m.Map(c.addr, c.size, ProtRead); err == nil {
			t.Errorf("mapped %d bytes at %#x", c.size, c.addr)
		}
	}
	if m.Read(ramBase+192<<10-1, make([]byte, 2)) == nil || m.Write(0x30000000, []byte{1}) == nil {
		t.Error("access outside memory")
	}
	m.Close()
	if _, err := m.Run(context.Background(), 0, 1); err == nil {
		t.Error("a closed machine runs")
	}
}

func BenchmarkCounting(b *testing.B) {
	for _, c := range []struct {
		name string
		at   uint32
	}{{"flash", codeAt}, {"sram", ramCodeAt}} {
		b.Run(c.name, func(b *testing.B) {
			m := newBoard(b, CortexM4)
			// Fletcher-16's inner loop, shifts for the modulo: eight instructions a turn.
			put(b, m, c.at, halfwords(0xf811, 0x3b01, 0x18d2, 0xeba2, 0x2212, 0x189b, 0xeba3, 0x2313, 0x3801, 0xbf00, 0xd1f5, 0x4770))
			b.ResetTimer()
			var n uint64
			for range b.N {
				before := m.Instructions()
				if r := call(b, m, c.at, NoLimit, 20000, ramBase+0x8000); r != Until {
					b.Fatal(r)
				}
				n += m.Instructions() - before
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Minstr/s")
		})
	}
}
