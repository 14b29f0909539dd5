// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

// costs is testdata/costs.c on a Cortex-M4.
type costs struct {
	t       *testing.T
	machine *unicorn.Machine
	addr    map[string]uint32
}

// newCosts compiles it as the firmware is.
func newCosts(t *testing.T) *costs {
	gcc, err := exec.LookPath("arm-none-eabi-gcc")
	if err != nil {
		t.Skip("no arm-none-eabi-gcc")
	}
	sources, err := filepath.Glob("../../maps/*.c")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "costs.elf")
	args := append([]string{
		"-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-std=gnu99", "-O2", "-ffreestanding", "-fbuiltin", "-I../..", "-nostartfiles",
		"-Wl,-Ttext=0x08000000,-Tbss=0x20000000,-e,make", "-o", program, "testdata/costs.c",
	}, sources...)
	if out, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	c := &costs{t: t, addr: map[string]uint32{}}
	for _, s := range symbols {
		c.addr[s.Name] = uint32(s.Value)
	}
	if c.machine, err = unicorn.NewBoard(unicorn.CortexM4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.machine.Close() })
	if _, err := c.machine.LoadELF(data); err != nil {
		t.Fatal(err)
	}
	return c
}

// call calls a function and returns the instructions it took.
func (c *costs) call(name string, args ...uint32) uint64 {
	c.t.Helper()
	const stack, end = 0x2001f000, 0x080f0000
	for i, a := range args {
		c.machine.SetReg(i, a)
	}
	c.machine.SetReg(unicorn.XPSR, 1<<24)
	c.machine.SetReg(unicorn.SP, stack)
	c.machine.SetReg(unicorn.LR, end|1)
	c.machine.SetReg(unicorn.PC, c.addr[name]|1)
	before := c.machine.Instructions()
	if reason, err := c.machine.Run(context.Background(), end, 1<<32); err != nil || reason != unicorn.Until {
		c.t.Fatalf("%s: %v %v", name, reason, err)
	}
	return c.machine.Instructions() - before
}

// each is what one time takes, without the loop around it.
func (c *costs) each(name string, fill, keys, how, from uint32) float64 {
	const times = 1000
	c.call("make", fill)
	n := c.call(name, times, keys, how, from)
	return float64(n-c.call("nothing", times, keys, how, from)) / times
}

// What maps cost, in instructions of a Cortex-M4: called from C, and as a helper, which checks what it is given. A lookup
// in a hash map of 1,000 entries of 4 + 8 bytes takes at most 60, as a helper with its call.
func TestCosts(t *testing.T) {
	c := newCosts(t)
	for _, row := range []struct {
		what, function string
		fill, keys     uint32
		from           uint32
		most           float64 // of the call from C
	}{
		{"array lookup", "array_lookup", 0, 1000, 0, 30},
		{"hash lookup, 100 of 1000", "hash_lookup", 100, 100, 0, 60},
		{"hash lookup, 500 of 1000", "hash_lookup", 500, 500, 0, 60},
		{"hash lookup, 1000 of 1000", "hash_lookup", 1000, 1000, 0, 60},
		{"hash lookup of what is not there, 1000 of 1000", "hash_lookup", 1000, 1000, 5000, 60},
		{"LRU lookup, 100 of 1000", "lru_lookup", 100, 100, 0, 120},
		{"LRU lookup, 1000 of 1000", "lru_lookup", 1000, 1000, 0, 120},
		{"array update", "array_update", 0, 1000, 0, 60},
		{"hash update, 100 of 1000", "hash_update", 100, 100, 0, 140},
		{"hash update, 500 of 1000", "hash_update", 500, 500, 0, 140},
		{"hash update, 1000 of 1000", "hash_update", 1000, 1000, 0, 140},
		{"hash insert and delete, 500 of 1000", "insert_delete", 500, 1000, 5000, 300},
		{"LRU update, 1000 of 1000", "lru_update", 1000, 1000, 0, 180},
		{"LRU update that drops the oldest", "lru_update", 1000, 1 << 20, 5000, 300},
		{"queue push and pop", "queue_push_pop", 0, 1, 0, 160},
		{"ring buffer reserve and submit, 16 bytes", "ring_reserve_submit", 0, 1, 0, 120},
		{"ring buffer output, 8 bytes", "ring_output", 0, 1, 0, 120},
	} {
		each := func(how uint32) float64 { return c.each(row.function, row.fill, row.keys, how, row.from) }
		plain, helper := each(0), each(1)
		t.Logf("%-48s %6.1f   helper %6.1f", row.what, plain, helper)
		if plain > row.most {
			t.Errorf("%s takes %.1f instructions, at most %.0f were asked for", row.what, plain, row.most)
		}
		if row.function == "hash_lookup" && helper > 60 {
			t.Errorf("the helper of a %s takes %.1f instructions, at most 60 were asked for", row.what, helper)
		}
	}
	consume := c.each("ring_consume", 0, 1, 1, 0) - c.each("ring_consume", 0, 1, 0, 0)
	t.Logf("%-48s %6.1f", "ring buffer, reading a record and freeing it", consume)
}
