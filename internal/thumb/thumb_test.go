// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// cases has one instruction per row of the tables: halfwords in memory order | UAL.
//
//go:embed testdata/cases.txt
var cases string

var derive = flag.Bool("derive", false, "rewrite testdata/cases.txt with what objdump says")

// parse reads the halfwords of a case.
func parse(t *testing.T, hex string) []byte {
	t.Helper()
	var code []byte
	for _, f := range strings.Fields(hex) {
		var h uint16
		if _, err := fmt.Sscanf(f, "%04x", &h); err != nil {
			t.Fatalf("%q: %v", hex, err)
		}
		code = binary.LittleEndian.AppendUint16(code, h)
	}
	return code
}

func TestCases(t *testing.T) {
	used := map[*row]bool{}
	for _, line := range strings.Split(strings.TrimSpace(cases), "\n") {
		hex, want, ok := strings.Cut(line, " | ")
		if !ok {
			t.Fatalf("no column in %q", line)
		}
		in, err := Decode(parse(t, hex), 0)
		if err != nil {
			t.Fatalf("%s: %v", hex, err)
		}
		used[in.row] = true
		if got := normalise(in.String()); got != want {
			t.Errorf("%s: %q, want %q", hex, got, want)
		}
	}
	for _, table := range [][]row{table16, table32} {
		for i := range table {
			if r := &table[i]; !used[r] && r.class != Undefined && r.class != Coprocessor && !strings.Contains(r.asm, "{raw}") {
				t.Errorf("no case for %s", r.asm)
			}
		}
	}
}

// TestDeriveCases makes the cases anew: go test ./internal/thumb -run DeriveCases -derive.
func TestDeriveCases(t *testing.T) {
	if !*derive {
		t.Skip("only with -derive")
	}
	var out strings.Builder
	for _, table := range [][]row{table16, table32} {
		for i := range table {
			out.WriteString(example(t, &table[i]))
		}
	}
	if err := os.WriteFile("testdata/cases.txt", []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// example finds an encoding of a row that objdump agrees to print.
func example(t *testing.T, r *row) string {
	mask, value := r.match()
	line := ""
	for range 50 {
		raw := value | random.Uint32()&^mask
		var code []byte
		if len(strings.ReplaceAll(r.pattern, " ", "")) == 32 {
			code = binary.LittleEndian.AppendUint16(code, uint16(raw>>16))
		}
		code = binary.LittleEndian.AppendUint16(code, uint16(raw))
		in, err := Decode(code, 0)
		if err != nil || in.row != r {
			continue
		}
		want := objdump(t, code)[0]
		if excused(&in, want) {
			continue
		}
		hex := fmt.Sprintf("%04x", binary.LittleEndian.Uint16(code))
		if in.Size == 4 {
			hex += fmt.Sprintf(" %04x", binary.LittleEndian.Uint16(code[2:]))
		}
		line = hex + " | " + want + "\n"
		if normalise(in.String()) == want {
			break
		}
	}
	return line
}

func TestUse(t *testing.T) {
	regs := func(rs ...uint8) (s RegSet) {
		for _, r := range rs {
			s |= Reg(r)
		}
		return s
	}
	for _, c := range []struct {
		hex                             string
		class                           Class
		read, written, address, updated RegSet
		access, count                   uint8
	}{
		{"4411", ALU, regs(1, 2), regs(1), 0, 0, 0, 0},
		{"4563", ALU, regs(3, 12), 0, 0, 0, 0, 0},
		{"b5f0", StoreMultiple, regs(4, 5, 6, 7, 14), 0, regs(13), regs(13), 4, 5},
		{"bd10", LoadMultiplePC, 0, regs(4, 15), regs(13), regs(13), 4, 2},
		{"c907", LoadMultiple, 0, regs(0, 1, 2), regs(1), 0, 4, 3},
		{"c90d", LoadMultiple, 0, regs(0, 2, 3), regs(1), regs(1), 4, 3},
		{"f830 6b02", Load, 0, regs(6), regs(0), regs(0), 2, 1},
		{"f854 3f04", Load, 0, regs(3), regs(4), regs(4), 4, 1},
		{"f841 2023", Store, regs(2), 0, regs(1, 3), 0, 4, 1},
		{"e9d0 2304", LoadDual, 0, regs(2, 3), regs(0), 0, 4, 2},
		{"e960 2304", StoreDual, regs(2, 3), 0, regs(0), regs(0), 4, 2},
		{"4b01", LoadLiteral, 0, regs(3), regs(15), 0, 4, 1},
		{"fba2 3104", MulLong, regs(2, 4), regs(1, 3), 0, 0, 0, 0},
		{"fbe2 3104", MulAddLong, regs(1, 2, 3, 4), regs(1, 3), 0, 0, 0, 0},
		{"e8df f013", TableBranch, 0, regs(15), regs(15, 3), 0, 2, 1},
		{"4770", BranchLR, regs(14), regs(15), 0, 0, 0, 0},
		{"f000 f800", Call, 0, regs(14, 15), 0, 0, 0, 0},
	} {
		in, err := Decode(parse(t, c.hex), 0x1000)
		if err != nil {
			t.Fatal(err)
		}
		if in.Class != c.class || in.Read != c.read || in.Written != c.written || in.Address != c.address ||
			in.Updated != c.updated || in.Access != c.access || in.Count != c.count {
			t.Errorf("%s %s: %v read %04x written %04x address %04x updated %04x %d×%d", c.hex, in.String(), in.Class,
				in.Read, in.Written, in.Address, in.Updated, in.Count, in.Access)
		}
	}
}

func TestSetsFlags(t *testing.T) {
	for hex, want := range map[string]bool{
		"eb00 0001": false, "eb10 0001": true, "f1b0 0f41": true, "ea81 0100": false, "2805": true, "3001": true, "4411": false, "4563": true,
		"4610": false, "f3c0 0003": false, "f64f 72ff": false, "fa00 f002": false, "fa10 f002": true, "6808": false,
	} {
		in, err := Decode(parse(t, hex), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := in.SetsFlags(); got != want {
			t.Errorf("%s %s: %v", hex, in.String(), got)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		hex    string
		addr   uint32
		target uint32
	}{
		{"e7fe", 0x100, 0x100}, {"d0fe", 0x100, 0x100}, {"b103", 0x100, 0x104}, {"f000 f802", 0x100, 0x108},
		{"f7ff ffd3", 0x8000056, 0x8000000}, {"f43f affe", 0x100, 0x100}, {"f7ff bffe", 0x100, 0x100},
	} {
		in, err := Decode(parse(t, c.hex), c.addr)
		if err != nil || in.Target != c.target {
			t.Errorf("%s at %#x: target %#x, %v; want %#x", c.hex, c.addr, in.Target, err, c.target)
		}
	}
}

func TestTruncated(t *testing.T) {
	for _, code := range [][]byte{nil, {0}, {0x00, 0xf0}, {0x00, 0xf0, 0x00}} {
		if _, err := Decode(code, 0); !errors.Is(err, ErrTruncated) {
			t.Errorf("%x: error %v, want ErrTruncated", code, err)
		}
	}
}

func TestITBlock(t *testing.T) {
	code := parse(t, "bf14 2001 2000 3001") // ite ne; movne; moveq; adds
	want := []string{"ite ne", "movne r0, #1", "moveq r0, #0", "adds r0, #1"}
	var state ITState
	for i, w := range want {
		in, err := Decode(code[2*i:], 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := in.Text(state); got != w {
			t.Errorf("instruction %d: %q, want %q", i, got, w)
		}
		state = state.Next(&in)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x70, 0x47}, uint8(0))
	f.Add([]byte{0xdf, 0xe8, 0x13, 0xf0}, uint8(0xe8))
	f.Fuzz(func(t *testing.T, code []byte, it uint8) {
		in, err := Decode(code, 0x20000000)
		if err != nil {
			return
		}
		if in.Text(ITState(it)) == "" {
			t.Errorf("%x prints as nothing", code)
		}
	})
}
