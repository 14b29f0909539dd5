// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/examples"
)

// The same sources, compiled natively, do the same: the committed object for Cortex-M4 is linked with
// the firmware's helpers and called. It needs the compiler that made it.
func TestNative(t *testing.T) {
	gcc, err := exec.LookPath("arm-none-eabi-gcc")
	if err != nil {
		t.Skip("no arm-none-eabi-gcc")
	}
	helpers := compileHelpers(t, gcc)
	for _, e := range examples.All() {
		trace, err := abi.ParseTrace(e.Trace)
		if err != nil {
			t.Fatal(err)
		}
		n := linkNative(t, gcc, helpers, e)
		n.write("native_trace", trace)
		n.write("native_trace_len", binary.LittleEndian.AppendUint32(nil, uint32(len(trace))))
		n.write("native_context", e.Context)
		n.write("native_context_len", binary.LittleEndian.AppendUint32(nil, uint32(len(e.Context))))
		result := n.call("native_main")
		word := func(name string) uint32 { return binary.LittleEndian.Uint32(n.read(n.addr(name), 4)) }
		check(t, e, "native", emu.Outcome{
			Result:  uint64(result),
			Output:  n.read(n.addr("native_env")+word("native_output_at"), word("native_output_len")),
			Context: n.read(n.addr("native_context"), uint32(len(e.Context))),
		})
	}
}

// native is an example in the memory of a machine.
type native struct {
	t       *testing.T
	machine *unicorn.Machine
	symbols map[string]uint32
}

var nativeFlags = []string{"-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-std=gnu99", "-O1", "-ffreestanding", "-I.."}

// compileHelpers makes an object of each file of the firmware's helpers.
func compileHelpers(t *testing.T, gcc string) (objects []string) {
	t.Helper()
	dir := t.TempDir()
	sources, err := filepath.Glob("../firmware/helpers/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal("no helpers", err)
	}
	maps, err := filepath.Glob("../maps/*.c") // which the table of helpers names
	if err != nil {
		t.Fatal(err)
	}
	for n, source := range append(sources, maps...) {
		objects = append(objects, filepath.Join(dir, fmt.Sprintf("%d-%s.o", n, filepath.Base(source))))
		command(t, gcc, append(nativeFlags, "-c", source, "-o", objects[len(objects)-1]))
	}
	return objects
}

func command(t *testing.T, name string, args []string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func linkNative(t *testing.T, gcc string, helpers []string, e examples.Example) *native {
	t.Helper()
	dir := t.TempDir()
	object, program := filepath.Join(dir, "example.o"), filepath.Join(dir, "native.elf")
	if err := os.WriteFile(object, e.Native, 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, gcc, slices.Concat(nativeFlags, []string{
		"-nostartfiles", "-Wl,-Ttext=0x08000000,-Tdata=0x20000000,-e,native_main", "-DPROGRAM=" + global(t, e.Native),
		"-o", program, "testdata/native.c", object,
	}, helpers))
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	n := &native{t: t, symbols: map[string]uint32{}}
	for _, s := range symbols {
		n.symbols[s.Name] = uint32(s.Value)
	}
	if n.machine, err = unicorn.NewBoard(unicorn.CortexM4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.machine.Close() })
	if _, err := n.machine.LoadELF(data); err != nil {
		t.Fatal(err)
	}
	return n
}

// global is the name of an object's only global function.
func global(t *testing.T, object []byte) string {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if elf.ST_BIND(s.Info) == elf.STB_GLOBAL && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			return s.Name
		}
	}
	t.Fatal("no global function")
	return ""
}

func (n *native) addr(symbol string) uint32 {
	n.t.Helper()
	addr, ok := n.symbols[symbol]
	if !ok {
		n.t.Fatalf("no symbol %s", symbol)
	}
	return addr
}

func (n *native) write(symbol string, data []byte) {
	n.t.Helper()
	if len(data) == 0 {
		return
	}
	if err := n.machine.Write(n.addr(symbol), data); err != nil {
		n.t.Fatal(err)
	}
}

func (n *native) read(addr, size uint32) []byte {
	n.t.Helper()
	data := make([]byte, size)
	if err := n.machine.Read(addr, data); err != nil {
		n.t.Fatal(err)
	}
	return data
}

// call calls a function without arguments.
func (n *native) call(symbol string) uint32 {
	n.t.Helper()
	const stack, end = 0x20010000, 0x080f0000
	n.machine.SetReg(unicorn.XPSR, 1<<24)
	n.machine.SetReg(unicorn.SP, stack)
	n.machine.SetReg(unicorn.LR, end|1)
	n.machine.SetReg(unicorn.PC, n.addr(symbol)|1)
	reason, err := n.machine.Run(context.Background(), end, 1_000_000)
	if err != nil || reason != unicorn.Until {
		n.t.Fatalf("%s: %v, %v", symbol, reason, err)
	}
	return n.machine.Reg(0)
}
