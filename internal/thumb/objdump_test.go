// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// objdump disassembles raw Thumb code and returns the text of each instruction by offset.
func objdump(t *testing.T, code []byte) map[uint32]string {
	t.Helper()
	tool, err := exec.LookPath("arm-none-eabi-objdump")
	if err != nil {
		t.Skip("arm-none-eabi-objdump is not installed (binutils-arm-none-eabi)")
	}
	file := filepath.Join(t.TempDir(), "code.bin")
	if err := os.WriteFile(file, code, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-D", "-z", "-b", "binary", "-m", "arm", "-M", "force-thumb", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	text := map[uint32]string{}
	line := regexp.MustCompile(`(?m)^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)$`)
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		var addr uint32
		fmt.Sscanf(m[1], "%x", &addr)
		text[addr] = normalise(m[2])
	}
	return text
}

var (
	comment = regexp.MustCompile(`\s*[@;].*$`)
	symbol  = regexp.MustCompile(` <[^>]*>`)
	moved   = regexp.MustCompile(`^mov(s?)(\w*)\.w (\w+, \w+), (lsl|lsr|asr|ror) (#\d+)$`)
	rrx     = regexp.MustCompile(`^mov(s?)(\w*)\.w (\w+, \w+), rrx$`)
	bare    = regexp.MustCompile(`^((?:b|bl|cb)\S*\s(?:\w+, )?)(?:0x)?([0-9a-f]+)$`)
)

// normalise takes away what the two printers are meant to write differently.
func normalise(s string) string {
	s = symbol.ReplaceAllString(comment.ReplaceAllString(s, ""), "")
	s = strings.Join(strings.Fields(s), " ")
	s = strings.TrimSuffix(s, " ")
	s = moved.ReplaceAllString(s, "$4$1$2.w $3, $5") // objdump writes shifts as MOV, UAL by their names
	s = rrx.ReplaceAllString(s, "rrx$1$2 $3")
	return bare.ReplaceAllString(s, "${1}0x$2")
}

var random = rand.New(rand.NewSource(1))

func TestRandomEncodingsAgainstObjdump(t *testing.T) {
	const n = 200000
	code := make([]byte, 0, 8*n)
	for range n {
		a := uint16(random.Uint32())
		if a>>8 == 0xbf && a&15 != 0 { // IT would change how what follows reads; see TestITAgainstObjdump
			continue
		}
		code = binary.LittleEndian.AppendUint16(code, a)
		if a>>11 >= 0x1d {
			code = binary.LittleEndian.AppendUint16(code, uint16(random.Uint32()))
		}
	}
	compare(t, code, objdump(t, code))
}

// TestFirmwareAgainstObjdump reads compiled code, IT blocks included.
func TestFirmwareAgainstObjdump(t *testing.T) {
	tool, err := exec.LookPath("arm-none-eabi-objdump")
	if err != nil {
		t.Skip("arm-none-eabi-objdump is not installed (binutils-arm-none-eabi)")
	}
	images, err := filepath.Glob("../../firmware/*.elf")
	if err != nil || len(images) == 0 {
		t.Skip("no firmware image beside this package")
	}
	line := regexp.MustCompile(`(?m)^ *([0-9a-f]+):\t([0-9a-f]{4})(?: ([0-9a-f]{4}))? +\t(.*)$`)
	for _, image := range images {
		out, err := exec.Command(tool, "-d", image).Output()
		if err != nil {
			t.Fatal(err)
		}
		var state ITState
		seen := 0
		for _, m := range line.FindAllStringSubmatch(string(out), -1) {
			if strings.HasPrefix(m[4], ".") { // data between functions
				continue
			}
			var addr uint32
			fmt.Sscanf(m[1], "%x", &addr)
			in, err := Decode(parse(t, m[2]+" "+m[3]), addr)
			if err != nil {
				t.Fatalf("%s: %s: %v", image, m[0], err)
			}
			want := normalise(m[4])
			if got := normalise(in.Text(state)); got != want && !excused(&in, want) {
				t.Errorf("%s: %s %s: %q, objdump says %q", filepath.Base(image), m[1], m[2]+m[3], got, want)
			}
			state = state.Next(&in)
			seen++
		}
		if seen < 1000 {
			t.Errorf("%s: only %d instructions", image, seen)
		}
	}
}

func compare(t *testing.T, code []byte, want map[uint32]string) {
	t.Helper()
	wrong, seen := 0, 0
	var state ITState
	for at := uint32(0); int(at) < len(code); {
		in, err := Decode(code[at:], at)
		if err != nil {
			break
		}
		got := normalise(in.Text(state))
		state = state.Next(&in)
		if w, ok := want[at]; ok && !excused(&in, w) {
			seen++
			if got != w {
				if wrong++; wrong <= 100 {
					t.Errorf("%08x: %q, objdump says %q (%v)", in.Raw, got, w, in.Class)
				}
			}
		}
		at += uint32(in.Size)
	}
	t.Logf("%d instructions compared, %d differ", seen, wrong)
}

// What objdump reads into patterns ARMv7-M has not allocated: other architectures, and bits that should be zero.
var (
	later   = regexp.MustCompile(`^(clrm|pldw|stl|lda|strexd|ldrexd|pac|sevl|aut|esb)`)
	foreign = regexp.MustCompile(`^(v\w+\.?\d*\b|hlt|bfl|bfx|bflx|bfcsel|bf |blx 0x|bxns|blxns|bl?x |set(pan|end)|cps|[wd]ls|let?p? |ldr|str)|\?\?|,\]|^\.inst|^udf`)
)

// excused are encodings that ARMv7-M leaves unpredictable or unallocated and objdump prints as it likes,
// some of them as instructions of later architectures.
func excused(in *Insn, objdump string) bool {
	switch {
	case in.Class == Undefined && foreign.MatchString(objdump):
		return true
	case objdump == "" || later.MatchString(objdump) || in.Class == Coprocessor:
		return true
	case strings.Contains(objdump, "UNPREDICTABLE") || strings.Contains(objdump, "UNDEFINED") ||
		strings.Contains(objdump, "undefined"):
		return true
	case in.Class == System && in.Size == 4: // objdump names registers of every profile
		return !systemRegisterKnown(in.field('i')) || strings.Contains(in.row.asm, "{raw}") || strings.HasSuffix(objdump, "_,")
	case in.row.has('k') && strings.Contains(in.row.asm, "k-i"): // a bit field of negative width
		return in.field('k') < in.field('i')
	case in.Access != 0 && in.Size == 4: // PC as base of stores and of post-indexing; writing back -0
		return in.Address == Reg(PC) && !strings.Contains(in.row.asm, "{lit}") || in.Class == LoadLiteral && strings.HasPrefix(objdump, "ldrt") || strings.Contains(in.String(), "#-0")
	}
	return false
}

func systemRegisterKnown(number uint32) bool {
	_, ok := systemRegisters[number]
	return ok
}
