// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// Assemble makes machine code of texts: instructions separated by semicolons.
func Assemble(t testing.TB, texts ...string) (code [][]byte) {
	t.Helper()
	dir := t.TempDir()
	source, object := filepath.Join(dir, "a.s"), filepath.Join(dir, "a.o")
	all := ".syntax unified\n.thumb\n"
	for i, text := range texts {
		all += fmt.Sprintf(".section .text.%d, \"ax\"\n%s\n", i, strings.ReplaceAll(text, ";", "\n"))
	}
	if err := os.WriteFile(source, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("arm-none-eabi-as", "-mcpu=cortex-m4", "-o", object, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, text := range texts {
		name := fmt.Sprintf(".text.%d", i)
		b, err := f.Section(name).Data()
		if err != nil || f.Section(".rel"+name) != nil {
			t.Fatalf("%s: it names what is not in it (%v)", text, err)
		}
		code = append(code, b)
	}
	return code
}

// symbols are the addresses of a firmware's functions and objects.
func symbols(t testing.TB, firmware []byte) map[string]uint32 {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(firmware))
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	addrs := map[string]uint32{}
	for _, s := range all {
		addrs[s.Name] = uint32(s.Value)
	}
	return addrs
}

// Requests of device/console/test.c.
const (
	testCode    = 1
	testRandom  = 2
	testWatch   = 3
	testTrap    = 4
	testSwitch  = 5
	testKill    = 6
	testBatch   = 7
	testForget  = 8
	testStack   = 9
	testObserve = 10
)

// RunCode runs machine code in place of a program's and tells how that ended.
func (d *Device) RunCode(t testing.TB, number int, code []byte) string {
	t.Helper()
	_, err := d.Test(t.Context(), append([]byte{testCode, byte(number), 0, 0}, code...))
	if name(err) == "" {
		t.Fatal(err)
	}
	return name(err)
}

// Watch is a digest of all memory but a program's own.
func (d *Device) Watch(t testing.TB, number int) uint32 {
	t.Helper()
	p, err := d.Test(t.Context(), []byte{testWatch, byte(number)})
	if err != nil {
		t.Fatal(err)
	}
	return le.Uint32(p)
}

// unusedStack is how much of the handlers' stack was not used since this was asked for the first time.
func (d *Device) unusedStack(t testing.TB) uint32 {
	t.Helper()
	p, err := d.Test(t.Context(), []byte{testStack})
	if err != nil {
		t.Fatal(err)
	}
	return le.Uint32(p)
}

// long is a program whose code is some hundred bytes, to be written over.
func long() []byte {
	var parts [][]byte
	for i := range int16(24) {
		parts = append(parts, load32(3, 1, 4*i), slot(0x0f, 0, 3, 0, 0), store32(1, 4*i, 0))
	}
	return program(append(parts, exit())...)
}

// Guarded starts a program to be misused, between two that must not notice.
func (d *Device) Guarded(t testing.TB) (number int) {
	t.Helper()
	config := device.Config{Name: "before", Format: abi.TextOnly, Engine: device.JIT, Context: 96, Mailbox: 64}
	d.Started(t, config, long())
	config.Name, config.Engine, config.AllHelpers = "victim", device.JITMPU, true
	config.Ticks = 10
	config.Keys = []device.Keys{{First: 0, Last: 9, Rights: 3}}
	number = d.Started(t, config, long())
	config.Name, config.Engine = "after", device.VM
	d.Started(t, config, long())
	return number
}
