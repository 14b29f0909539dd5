// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ubench/internal/thumb"
)

func TestOracle(t *testing.T) {
	path := os.Getenv("UBENCH_ORACLE")
	if path == "" {
		t.Skip()
	}
	rnd := rand.New(rand.NewSource(7))
	var in bytes.Buffer
	var got []string
	type rec struct{ text string }
	var recs []rec
	for seq := 0; seq < 6000; seq++ {
		m := m3
		core := 3
		if seq%2 == 0 {
			m, core = m4, 4
		}
		pc := uint32(0x08000000)
		if seq%3 == 0 {
			pc = 0x20000000
		}
		pc += uint32(rnd.Intn(8)) * 2
		fmt.Fprintf(&in, "R%d\n", core)
		s := Reset()
		base := int64(0)
		it := 0
		for i := 0; i < 60; i++ {
			var op Op
			var h1, h2 uint32
			for {
				h1 = uint32(rnd.Intn(1 << 16))
				h2 = uint32(rnd.Intn(1 << 16))
				if rnd.Intn(4) == 0 {
					h1 = []uint32{0xbf00, 0xf3af, 0xd0fe, 0x6808, 0x6010, 0xbf08, 0x1840, 0x4770, 0x4348, 0xf8d1, 0xf841, 0xfba2, 0xfb90, 0xe9d1, 0xe9c1, 0xb510, 0xbd10, 0xf3bf,0x4b01, 0xfb01}[rnd.Intn(20)]
					switch h1 {
					case 0xf3af:
						h2 = 0x8000
					case 0xf3bf:
						h2 = 0x8f6f
					case 0xfb90:
						h2 = 0xf1f2
					case 0xfba2:
						h2 = 0x3104
					case 0xfb01:
						h2 = 0x0203 | uint32(rnd.Intn(16))<<12
					case 0xf841:
						h2 = 0x2023
					}
				}
				code := []byte{byte(h1), byte(h1 >> 8), byte(h2), byte(h2 >> 8)}
				insn, err := thumb.Decode(code, pc)
				if err != nil {
					t.Fatal(err)
				}
				op = m.Prepare(insn)
				if op.Class == thumb.Undefined || op.Class == thumb.Coprocessor || op.Class == thumb.SupervisorCall || op.Class == thumb.Breakpoint || op.Class == thumb.Wait || h1 == 0x46c0 {
					continue
				}
				if op.Class == thumb.System && strings.Contains(insn.String(), ".inst") {
					continue
				}
				if h1&0xff60 == 0xe840 || h1&0xffe0 == 0xe8c0 {
					continue
				}
				// encodings the notes read differently, all unpredictable
				if op.Size == 4 && (insn.Written|insn.Read|insn.Address)&thumb.Reg(15) != 0 && op.Class != thumb.BranchCond && op.Class != thumb.Branch && op.Class != thumb.Call && op.Class != thumb.TableBranch && op.Class != thumb.LoadLiteral {
					continue
				}
				if op.Size == 2 && op.Class == thumb.ALU && insn.Written&thumb.Reg(15) != 0 {
					continue
				}
				break
			}
			var d Dynamic
			dyn := 0
			if op.operands {
				a, b := rnd.Uint32()>>rnd.Intn(32), rnd.Uint32()>>rnd.Intn(32)
				d.Operands = MakeOperands(op.Class, a, b)
				dyn = int(m.executeTime(&op, d))
			} else {
				dyn = 1
			}
			maddr := uint32(0)
			if op.memory != none {
				maddr = []uint32{0x08000100, 0x20000100, 0xe0001004, 0x40000100}[rnd.Intn(4)]
				if rnd.Intn(2) == 0 {
					maddr = 0x20000100
				}
				if rnd.Intn(6) == 0 {
					maddr += uint32(rnd.Intn(4))
				}
				d.Region, d.Align = RegionOf(maddr), uint8(maddr&3)
			}
			if it > 0 && op.Class != thumb.IfThen && op.Class != thumb.CompareBranch && op.Class != thumb.BranchCond {
				d.Skipped = rnd.Intn(2) == 0
			}
			it--
			if op.Class == thumb.IfThen {
				it = 2
			}
			next := pc + uint32(op.Size)
			taken := 0
			if op.Written&thumb.Reg(15) != 0 && !d.Skipped {
				if !(op.Class == thumb.BranchCond || op.Class == thumb.CompareBranch) || rnd.Intn(2) == 0 {
					taken = 1
					next = 0x08000000
					if rnd.Intn(3) == 0 {
						next = 0x20000000
					}
					next += 0x200 + uint32(rnd.Intn(64))*2
					if next == pc+uint32(op.Size) {
						next += 2
					}
				}
			}
			skip := 0
			if d.Skipped {
				skip = 1
			}
			fmt.Fprintf(&in, "%x %x %x %d %d %x %d %x\n", pc, h1, h2, dyn, skip, maddr, taken, next)
			was := s.due
			started := make([]int32, 1)
			var added int32
			s, added = m.Block(s, []Op{op}, []Dynamic{d}, next, started, nil)
			_ = was
			got = append(got, fmt.Sprint(base+int64(started[0])))
			base += int64(added)
			recs = append(recs, rec{fmt.Sprintf("seq %d #%d M%d %08x %04x%04x %s skip=%v maddr=%x next=%x", seq, i, core, pc, h1, h2, op.Insn.String(), d.Skipped, maddr, next)})
			pc = next
		}
	}
	if f := os.Getenv("UBENCH_DUMP"); f != "" {
		os.WriteFile(f, in.Bytes(), 0o644)
	}
	cmd := exec.Command(path)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != len(got) {
		t.Fatalf("%d %d", len(lines), len(got))
	}
	var off int64
	wrong := 0
	bad := false
	for i := range lines {
		var a, b int64
		fmt.Sscan(lines[i], &a)
		fmt.Sscan(got[i], &b)
		if i%60 == 0 {
			off = a - b
			bad = false
		}
		if a-off != b && !bad {
			bad = true
			wrong++
			if wrong < 8 {
				for k := max(i-5, i-i%60); k <= i; k++ {
					var a, b int64
					fmt.Sscan(lines[k], &a)
					fmt.Sscan(got[k], &b)
					t.Logf("%s: oracle %d got %d", recs[k].text, a-off, b)
				}
				t.Log("----")
			}
		}
	}
	t.Logf("%d of 3000 sequences differ", wrong)
}
