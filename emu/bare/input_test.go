// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

// compiled compiles and links a file with these arguments, without start-up code and libraries.
func compiled(t *testing.T, source string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	in, out := filepath.Join(folder, "program.c"), filepath.Join(folder, "program.elf")
	if strings.HasPrefix(source, ".") {
		in = filepath.Join(folder, "program.s")
	}
	if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"-nostdlib", "-Wl,--no-warn-rwx-segments", "-O1", in, "-o", out}, args...)
	if text, err := exec.Command("arm-none-eabi-gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Files for other cores are refused, or measured as the one that is asked for, which is said.
func TestCores(t *testing.T) {
	const source = "int f(int a) { return a + 1; }\nvoid _start(void) { f(1); for (;;) ; }\n"
	for _, c := range []struct {
		flags   string
		core    unicorn.Core // as which it is measured
		note    string
		refused string // "" if it is not
		other   unicorn.Core
	}{
		{"-mcpu=cortex-m3 -mthumb", unicorn.CortexM3, "", "", ""},
		{"-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard", unicorn.CortexM4, "", "", ""},
		{"-mcpu=cortex-m4 -mthumb -g", unicorn.CortexM4, "", "", ""},
		{"-mcpu=cortex-m4 -mthumb", unicorn.CortexM4, "does not say whether it was built for cortex-m4 or cortex-m7", "", ""},
		{"-mcpu=cortex-m7 -mthumb", unicorn.CortexM4, "does not say whether it was built for cortex-m4 or cortex-m7", "", ""},
		{"-mcpu=cortex-m7 -mthumb -g", "", "built for cortex-m7", "--core cortex-m4 measures it as one", unicorn.CortexM4},
		{"-mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard", "", "built for cortex-m7", "FPv5", unicorn.CortexM4},
		{"-mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=softfp", "", "built for cortex-m7", "FPv5", unicorn.CortexM4},
		{"-mcpu=cortex-m0 -mthumb", "", "built for cortex-m0, m0plus or m1", "--core cortex-m3 measures it as one", unicorn.CortexM3},
		{"-mcpu=cortex-m0plus -mthumb -g", "", "built for cortex-m0plus", "--core cortex-m3 measures it as one", unicorn.CortexM3},
		{"-mcpu=cortex-m23 -mthumb", "", "built for cortex-m23", "--core cortex-m3 measures it as one", unicorn.CortexM3},
		{"-mcpu=cortex-m33 -mthumb", "", "built for cortex-m33", "--core cortex-m4 measures it as one", unicorn.CortexM4},
		{"-mcpu=cortex-m55 -mthumb", "", "built for cortex-m55", "--core cortex-m4 measures it as one", ""},
		{"-mcpu=arm7tdmi -marm", "", "", "is for an older processor", ""},
		{"-mcpu=arm7tdmi -mthumb", "", "", "is for an older processor", ""},
		{"-mcpu=cortex-a7 -marm", "", "", "application or real-time processor", ""},
		{"-mcpu=cortex-r5 -mthumb", "", "", "application or real-time processor", ""},
		{"-mcpu=cortex-m4 -mthumb -mbig-endian", "", "", "big-endian", ""},
	} {
		t.Run(c.flags, func(t *testing.T) {
			file := compiled(t, source, strings.Fields(c.flags)...)
			r, err := Run(context.Background(), file, Options{})
			switch {
			case c.refused != "":
				if err == nil || !strings.Contains(err.Error(), c.refused) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v; want %q", err, c.refused)
				}
			case err != nil:
				t.Error(err)
			case r.Core != c.core || (c.note == "") != (r.Note == "") || !strings.Contains(r.Note, c.note):
				t.Errorf("%s, %q; want %s, %q", r.Core, r.Note, c.core, c.note)
			}
			if c.other == "" {
				return
			}
			if r, err = Run(context.Background(), file, Options{Core: c.other}); err != nil {
				t.Error(err)
			} else if r.Core != c.other || !strings.Contains(r.Note, c.note) {
				t.Errorf("asked for: %s, %q", r.Core, r.Note)
			}
		})
	}
}

// A core-coupled memory holds data, not code. Code in ARM state is refused.
func TestPlacesOfCode(t *testing.T) {
	const picolibc = ".syntax unified\n.thumb\n.section .init\n.word 0x20001000\n.word _start + 1\n.text\n.global _start\n_start: bkpt\n"
	const armCode = ".arm\n.text\n.global _start\n.type _start, %function\n_start: mov r0, #1\nb _start\n"
	const mixed = ".syntax unified\n.thumb\n.text\n.global _start\n.thumb_func\n_start: bkpt\n.arm\n.global other\n.type other, %function\nother: mov r0, #1\nbx lr\n"
	const dataInCCM = ".syntax unified\n.thumb\n.text\n.global _start\n.thumb_func\n_start: ldr r1, =0x10000100\nmovs r0, #7\nstr r0, [r1]\nldr r2, [r1]\nbkpt\n"
	const jump = ".syntax unified\n.thumb\n.text\n.global _start\n.thumb_func\n_start: ldr r1, =0x10000101\nbx r1\n"
	const jumpToPeripheral = ".syntax unified\n.thumb\n.text\n.global _start\n.thumb_func\n_start: ldr r1, =0x40000c01\nbx r1\n"
	for _, c := range []struct {
		name, source, flags string
		o                   Options
		want                string // of the error; "" for none
	}{
		{"code in CCM", picolibc, "-mcpu=cortex-m4 -Wl,--section-start=.init=0x10000000 -Ttext 0x10000100", Options{}, "core-coupled memory (0x10000000 on an STM32F4) holds data only"},
		{"code there on another chip", picolibc, "-mcpu=cortex-m4 -Wl,--section-start=.init=0x10000000 -Ttext 0x10000100", Options{Family: unicorn.STM32F1}, ""},
		{"the same in flash", picolibc, "-mcpu=cortex-m4 -Wl,--section-start=.init=0x08000000 -Ttext 0x08000100", Options{}, ""},
		{"data in CCM", dataInCCM, "-mcpu=cortex-m4 -Ttext 0x08000000", Options{}, ""},
		{"a branch to CCM", jump, "-mcpu=cortex-m4 -Ttext 0x08000000", Options{}, "BusFault (execution of unmapped memory) at pc 0x10000100: core-coupled memory"},
		{"a branch to a peripheral", jumpToPeripheral, "-mcpu=cortex-m4 -Ttext 0x08000000", Options{}, "MemManage fault (execution of memory that holds no code)"},
		{"ARM state", armCode, "-mcpu=cortex-a7 -marm", Options{}, "is in ARM state, and a Cortex-M has Thumb state only"},
		{"ARM state, without symbols", armCode, "-mcpu=cortex-a7 -marm -s", Options{}, "is even, so the code is in ARM state"},
		{"a function in ARM state", mixed, "-mcpu=cortex-a7", Options{Entry: "other"}, "--entry: the code at 0x"},
		{"beside one in Thumb state", mixed, "-mcpu=cortex-a7", Options{Entry: "_start"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := compiled(t, c.source, strings.Fields(c.flags)...)
			if strings.Contains(c.flags, "cortex-a7") { // attributes alone would be enough to refuse it
				file = withoutAttributes(t, file)
			}
			_, err := Run(context.Background(), file, c.o)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

func withoutAttributes(t *testing.T, file []byte) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "program.elf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("arm-none-eabi-objcopy", "--remove-section=.ARM.attributes", name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// hexFile writes records of these types, with their checksums.
func hexFile(records ...string) []byte {
	var out bytes.Buffer
	for _, r := range records {
		var raw []byte
		for i := 0; i+1 < len(r); i += 2 {
			var b byte
			fmt.Sscanf(r[i:i+2], "%02x", &b)
			raw = append(raw, b)
		}
		sum := byte(0)
		for _, b := range raw {
			sum -= b
		}
		fmt.Fprintf(&out, ":%X%02X\r\n", raw, sum)
	}
	return out.Bytes()
}

const (
	hexFlash = "020000040800"             // what follows is at 0x08000000
	hexTable = "080000000020002009000008" // SP 0x20002000, reset 0x08000008
	hexCode  = "0400080005200" + "0be"    // movs r0, #5; bkpt
	hexLast  = "00000001"
)

func TestHexFiles(t *testing.T) {
	good := hexFile(hexFlash, hexTable, hexCode, hexLast)
	for _, c := range []struct {
		name string
		file []byte
		want string // of the error; "" if it runs to the bkpt with 5 in r0
	}{
		{"good", good, ""},
		{"pieces in another order", hexFile(hexFlash, hexCode, hexTable, hexLast), ""},
		{"lines end without carriage return", bytes.ReplaceAll(good, []byte("\r"), nil), ""},
		{"lower case", bytes.ToLower(good), ""},
		{"byte order mark and empty lines", append([]byte("\xef\xbb\xbf\n\n"), good...), ""},
		{"no table, a start address", hexFile(hexFlash, hexCode, "0400000508000009", hexLast), ""},
		{"no table", hexFile(hexFlash, hexCode, hexLast), ""},
		{"segments", hexFile("020000028000", "0400000005200"+"0be", "0400000380000001", hexLast), ""},
		{"beyond the address space", hexFile("02000004FFFF", "02FFFF000000", hexLast), "line 2 of the Intel hex file: 2 bytes at 0xffffffff go beyond the address space"},
		{"cut off", good[:bytes.Index(good, []byte(":00000001"))], "is cut off: it has no end record"},
		{"cut off in a record", good[:30], "line 2 of the Intel hex file: "},
		{"cut off in a digit", good[:31], "line 2 of the Intel hex file: "},
		{"a colon alone", append([]byte(":02000004080"+"0F2\n:\n"), good...), "line 2 of the Intel hex file: the record has 0 bytes"},
		{"bad checksum", bytes.Replace(good, []byte("0520"), []byte("0521"), 1), "line 3 of the Intel hex file: the checksum is"},
		{"bad digit", bytes.Replace(good, []byte("0520"), []byte("05x0"), 1), "line 3 of the Intel hex file: not pairs of hexadecimal digits"},
		{"another length", bytes.Replace(good, []byte(":0400"), []byte(":0500"), 1), "line 3 of the Intel hex file: the record has 9 bytes and says that it has 10"},
		{"text between", bytes.Replace(good, []byte("\n:04"), []byte("\nhello\n:04"), 1), `line 3 of the Intel hex file: "hello" does not begin with a colon`},
		{"twice", hexFile(hexFlash, hexTable, hexCode, hexCode, hexLast), "line 4 of the Intel hex file: the bytes at 0x8000008 are there already"},
		{"overlapping", hexFile(hexFlash, hexTable, hexCode, "0200060000be", hexLast), "line 4 of the Intel hex file: the bytes at 0x8000006 are there already"},
		{"more behind the end", append(bytes.Clone(good), good...), "line 5 of the Intel hex file: there is more behind the record that ends the file"},
		{"unknown type", hexFile(hexFlash, "01000006ff", hexLast), "line 2 of the Intel hex file: records of type 6 are not known"},
		{"short address", hexFile("0100000408", hexLast), "line 1 of the Intel hex file: a record of type 4 with 1 bytes"},
		{"no data", hexFile(hexFlash, hexLast), "has no data"},
		{"registers", hexFile("020000044000", "04000000"+"00000000", hexLast), "there are registers (timer)"},
		{"an even reset vector", hexFile(hexFlash, "080000000020002008000008", hexCode, hexLast), "sends a reset to 0x08000008, which is even"},
		{"S-records", []byte("S00600004844521B\nS9030000FC\n"), "Motorola S-records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Run(context.Background(), c.file, Options{Limit: 100_000})
			switch {
			case c.want != "":
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v; want %q", err, c.want)
				}
			case err != nil:
				t.Error(err)
			case r.R0 != 5 || !strings.HasPrefix(r.End, "stops at bkpt"):
				t.Errorf("r0 %d, %s", r.R0, r.End)
			}
		})
	}
}

// Every prefix of a file, and every file with one byte changed, is refused or runs.
func TestDamagedHexFiles(t *testing.T) {
	good := hexFile(hexFlash, hexTable, hexCode, hexLast)
	for n := range good {
		if n < len(good)-2 { // without the last newline it is whole
			if _, err := Run(context.Background(), good[:n], Options{Limit: 1000}); err == nil {
				t.Errorf("%d bytes of %d: no error", n, len(good))
			}
		}
		changed := bytes.Clone(good)
		changed[n] ^= 0x15
		if _, _, err := readHex(changed); err == nil {
			t.Errorf("byte %d changed: no error\n%s", n, changed)
		}
	}
}

// rawImage is a vector table, and code behind it.
func rawImage(sp, reset uint32, code ...uint16) []byte {
	image := binary.LittleEndian.AppendUint32(nil, sp)
	image = binary.LittleEndian.AppendUint32(image, reset)
	for _, h := range code {
		image = binary.LittleEndian.AppendUint16(image, h)
	}
	return image
}

func TestRawImages(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		base string
		r0   uint32
		want string
	}{
		{"reset", rawImage(0x20001000, 0x08004009, 0x2003, 0xbe00), "0x08004000", 3, ""},
		{"reset from 0", rawImage(0x20001000, 9, 0x2003, 0xbe00), "0", 3, ""},
		{"reset from SRAM", rawImage(0x20001000, 0x20002009, 0x2003, 0xbe00), "0x20002000", 3, ""},
		{"reset further on", rawImage(0x20001000, 0x0800000b, 0xbe00, 0x2004, 0xbe00), "0x08000000", 4, ""},
		{"code alone", rawImage(0xbe002006, 0), "0x08000000", 6, ""},
		{"an even reset vector", rawImage(0x20001000, 0x08000008, 0x2003, 0xbe00), "0x08000000", 0, "which is even: a Cortex-M has Thumb state only"},
		{"in core-coupled memory", rawImage(0x20001000, 0x10000009, 0x2003, 0xbe00), "0x10000000", 0, "holds data only"},
		{"on registers", rawImage(0x20001000, 9), "0x40000000", 0, "there are registers (timer)"},
		{"beyond the end", make([]byte, 2048), "0xfffffc00", 0, "beyond the address space"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Run(context.Background(), c.file, Options{Base: c.base, Limit: 1000})
			switch {
			case c.want != "":
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v; want %q", err, c.want)
				}
			case err != nil:
				t.Error(err)
			case r.R0 != c.r0 || !strings.HasPrefix(r.End, "stops at bkpt"):
				t.Errorf("r0 %d, %s", r.R0, r.End)
			}
		})
	}
}

// What is mapped is told, and memory can be read at the end.
func TestMemory(t *testing.T) {
	// r1 = 0x20000100; str 0x2a; bkpt
	file := rawImage(0x20001000, 0x08000009, 0x4902, 0x222a, 0x600a, 0x202a, 0xbe00, 0x0000, 0x0100, 0x2000)
	var memory Memory
	r, err := Run(context.Background(), file, Options{Base: "0x08000000", OnLoad: func(m Memory) { memory = m },
		Maps: []Map{{Addr: "0x60000000", Size: "1024", Data: []byte{9, 8, 7}}}, Dumps: []Dump{{"0x20000100", "4"}, {"0x600003ff", "1"}, {"0x60000000", "0x10"}, {"0x080003fe", "8"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{{0x2a, 0, 0, 0}, {0}, append([]byte{9, 8, 7}, make([]byte, 13)...), make([]byte, 8)}
	for i, w := range want {
		if i >= len(r.Dumps) || !bytes.Equal(r.Dumps[i].Bytes, w) {
			t.Errorf("dump %d: %+v, want % x", i, r.Dumps, w)
		}
	}
	found := map[string]string{}
	for _, r := range memory.Regions {
		for _, l := range r.Loaded {
			found[l.What] = fmt.Sprintf("%s %s %#x %d", r.What, r.Access, l.Addr, l.Bytes)
		}
	}
	if found["image"] != fmt.Sprintf("flash r-x 0x8000000 %d", len(file)) || found["--map"] != "memory for the program rwx 0x60000000 1024" ||
		memory.Start != "the vector table at 0x08000000" {
		t.Errorf("%v, starts from %s", found, memory.Start)
	}
	for _, c := range []struct {
		d    Dump
		want string
	}{
		{Dump{"0x70000000", "4"}, "there is no memory at 0x70000000"},
		{Dump{"0x2002fffc", "8"}, "there is no memory at 0x20030000"},
		{Dump{"0x20000000", "0"}, "choose 1 to"},
		{Dump{"0xffffffff", "2"}, "choose 1 to"},
		{Dump{"0xe000e010", "4"}, "there is no memory"},
		{Dump{"nowhere", "4"}, "neither a symbol nor an address"},
		{Dump{"0", "many"}, "neither a symbol nor an address"},
	} {
		if _, err := Run(context.Background(), file, Options{Base: "0x08000000", Dumps: []Dump{c.d}}); err == nil || !strings.Contains(err.Error(), "--dump: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want %q", c.d, err, c.want)
		}
	}
}

// Without cycles the same instructions are executed, and counters count them.
func TestNoCycles(t *testing.T) {
	for _, flags := range []string{"-DEND_BKPT", "-DEND_NOPS", "-DEND_EXTENDED"} {
		file := build(t, flags)
		with, err := Run(context.Background(), file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(context.Background(), file, Options{NoCycles: true})
		if err != nil {
			t.Fatal(err)
		}
		if r.Instructions != with.Instructions || r.End != with.End || !bytes.Equal(r.Output, with.Output) || r.Label != "" || r.Cycles != 0 || len(r.ByPath) != 0 {
			t.Errorf("%s: %d instructions, %s, %q, label %q; with cycles %d, %s, %q", flags, r.Instructions, r.End, r.Output, r.Label, with.Instructions, with.End, with.Output)
		}
	}
}
