// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/judge"
)

// slot is an instruction of eBPF.
func slot(op, dst, src byte, offset int16, imm int32) []byte {
	b := []byte{op, src<<4 | dst, 0, 0, 0, 0, 0, 0}
	binary.LittleEndian.PutUint16(b[2:], uint16(offset))
	binary.LittleEndian.PutUint32(b[4:], uint32(imm))
	return b
}

// text is instructions, one behind the other.
func text(slots ...[]byte) []byte { return bytes.Join(slots, nil) }

// sums adds up the context's bytes.
var sums = text(
	slot(0xb7, 0, 0, 0, 0),  // r0 = 0
	slot(0xb7, 3, 0, 0, 0),  // r3 = 0
	slot(0x15, 2, 0, 6, 0),  // if r2 == 0 goto exit
	slot(0xbf, 4, 1, 0, 0),  // r4 = r1
	slot(0x0f, 4, 3, 0, 0),  // r4 += r3
	slot(0x71, 4, 4, 0, 0),  // r4 = *(u8 *)(r4 + 0)
	slot(0x0f, 0, 4, 0, 0),  // r0 += r4
	slot(0x07, 3, 0, 0, 1),  // r3 += 1
	slot(0xad, 3, 2, -6, 0), // if r3 < r2 goto -6
	slot(0x95, 0, 0, 0, 0),
)

// calls has a helper, which reads all five arguments, called three times; r5 is never written, others keep their values over the call.
func calls(id int32) []byte {
	return text(
		slot(0xbf, 6, 2, 0, 0),  // r6 = r2
		slot(0xb7, 7, 0, 0, 0),  // r7 = 0
		slot(0xb7, 8, 0, 0, 0),  // r8 = 0
		slot(0xb7, 1, 0, 0, 1),  // r1 = 1
		slot(0xb7, 2, 0, 0, 2),  // r2 = 2
		slot(0xb7, 3, 0, 0, 3),  // r3 = 3
		slot(0x85, 0, 0, 0, id), // r0 = helper(r1, r2, r3, r4, r5)
		slot(0x0f, 7, 0, 0, 0),  // r7 += r0
		slot(0x0f, 1, 3, 0, 0),  // r1 += r3
		slot(0xbf, 4, 1, 0, 0),  // r4 = r1
		slot(0x07, 8, 0, 0, 1),  // r8 += 1
		slot(0xa5, 8, 0, -6, 3), // if r8 < 3 goto -6
		slot(0xbf, 0, 7, 0, 0),  // r0 = r7
		slot(0x0f, 0, 6, 0, 0),  // r0 += r6
		slot(0x95, 0, 0, 0, 0),
	)
}

var mapHandle = int32(maps.Handle(0)) // of a program's first map

// counts looks up 12 keys in an array of 10 words: adds 1 to each there is, adds all up, and with more it calls a helper of its own.
func counts(more ...[]byte) []byte {
	return text(append([][]byte{
		slot(0xb7, 8, 0, 0, 0),         // r8 = 0
		slot(0xb7, 9, 0, 0, 0),         // r9 = 0
		slot(0x63, 10, 8, -4, 0),       // *(u32 *)(r10 - 4) = r8
		slot(0x18, 1, 0, 0, mapHandle), // r1 = the map, ll
		slot(0, 0, 0, 0, 0),
		slot(0xbf, 2, 10, 0, 0), // r2 = r10
		slot(0x07, 2, 0, 0, -4), // r2 += -4
		slot(0x85, 0, 0, 0, 0xe0),
		slot(0x15, 0, 0, 4, 0),    // if r0 == 0 goto next
		slot(0x61, 1, 0, 0, 0),    // r1 = *(u32 *)(r0 + 0)
		slot(0x07, 1, 0, 0, 1),    // r1 += 1
		slot(0x63, 0, 1, 0, 0),    // *(u32 *)(r0 + 0) = r1
		slot(0x0f, 9, 1, 0, 0),    // r9 += r1
		slot(0x07, 8, 0, 0, 1),    // next: r8 += 1
		slot(0xa5, 8, 0, -13, 12), // if r8 < 12 goto -13
	}, append(more,
		slot(0xbf, 0, 9, 0, 0), // r0 = r9
		slot(0x95, 0, 0, 0, 0),
	)...)...)
}

const (
	ownHelper   = 0xa0 // which abi/helpers.h leaves to others
	clockHelper = 0xc0 // bpf_ktime_get_ns there, without arguments
	copyHelper  = 0x02 // bpf_memcpy there, with three
)

// What calls returns for a context of 8 bytes: helper(1, 2, 3, 0, 0), helper(4, 2, 3, 4, 0), helper(7, 2, 3, 7, 0), and 8; the helper
// is `mix` of testdata/plans.h.
const called = 321 + 4324 + 7327 + 8

// planned are the programs of testdata/plans.h. Plans are made by who knows nothing of the firmware's helpers: those for other
// numbers of arguments are refused.
var planned = []struct {
	name     string
	text     []byte
	result   uint64
	followed bool
	maps     []maps.Def
}{
	{"sum", sums, 36, true, nil},
	{"helper of its own", calls(ownHelper), called, true, nil},
	{"helper that others take for the clock", calls(clockHelper), called, false, nil},
	{"helper that others take for memcpy", calls(copyHelper), called, false, nil},
	{"map", counts(), 10, true, words},
	{"map, and a helper of its own", counts(slot(0x85, 0, 0, 0, ownHelper)), 10, false, words},
}

var words = []maps.Def{{Name: "words", Type: abi.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 10}}

// plans writes planned.h for testdata/plans.h, with and without plans, and has compilers find it.
func plans(t *testing.T) {
	t.Helper()
	t.Setenv("CPATH", shared)
	header := filepath.Join(shared, "planned.h")
	if _, err := os.Stat(header); err == nil {
		return
	}
	var arrays, rows strings.Builder
	most := 0
	array := func(name string, p *image.Program) {
		data, err := p.Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&arrays, "static const uint8_t %s[] __attribute__((aligned(8))) = {", name)
		for _, b := range data {
			fmt.Fprintf(&arrays, "%d,", b)
		}
		fmt.Fprint(&arrays, "};\n")
		most = max(most, len(data))
		if p.Plan != nil {
			at := bytes.Index(data, p.Plan)
			if at < 0 {
				t.Fatalf("%s: the plan is in parts", name)
			}
			fmt.Fprintf(&rows, "%d, %d, ", at, len(p.Plan))
		}
	}
	for i, c := range planned {
		p, err := image.FromText(c.name, c.text)
		if err != nil {
			t.Fatal(err)
		}
		p.Maps = c.maps
		r, err := planner.Of(p)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		j, err := judge.Of(p)
		if err != nil {
			t.Fatal(err)
		}
		v, err := j.Try(r.Bytes, false)
		if err != nil || !v.Followed {
			t.Fatalf("%s: %v, %s", c.name, err, v.Reason)
		}
		code := len(v.Code)
		if !c.followed {
			code = 0
		}
		with := *p
		with.Plan = r.Bytes
		fmt.Fprintf(&rows, "{ %q, planned_%d, unplanned_%d, sizeof planned_%d, sizeof unplanned_%d, ", c.name, i, i, i, i)
		array(fmt.Sprintf("planned_%d", i), &with)
		array(fmt.Sprintf("unplanned_%d", i), p)
		fmt.Fprintf(&rows, "%d, %d },\n", code, c.result)
	}
	text := fmt.Sprintf("#include <stdint.h>\n%sstatic const struct planned {\n\tconst char *name;\n\tconst uint8_t *with, *without;\n"+
		"\tuint32_t with_bytes, without_bytes, plan, plan_bytes, code, result;\n} planned[] = {\n%s};\nenum { PLANNED_MOST = %d };\n", &arrays, &rows, most)
	if err := os.WriteFile(header, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

var number = regexp.MustCompile(`0x[0-9a-f]{2}`)

// The example's image is what `make image` makes of it today: with a plan that is followed.
func TestPlanOfExample(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(example, "image.h"))
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for _, n := range number.FindAll(source, -1) {
		var b byte
		if _, err := fmt.Sscanf(string(n), "0x%x", &b); err != nil {
			t.Fatal(err)
		}
		data = append(data, b)
	}
	l, err := image.Load(abi.Packed, data, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := image.FromText("greeting", l.Text)
	if err != nil {
		t.Fatal(err)
	}
	p.Rodata = l.Rodata
	for at := 0; at < len(p.Text); at += 8 {
		if p.Text[at] == 0x18 {
			address := p.Text[at+4 : at+8]
			p.Addresses = append(p.Addresses, image.Address{Slot: at / 8, Section: image.Rodata, Offset: binary.LittleEndian.Uint32(address) - l.RodataAddr})
			clear(address)
			at += 8
		}
	}
	r, err := planner.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	p.Plan = r.Bytes
	if now, err := p.Encode(abi.Packed); err != nil || !bytes.Equal(data, now) {
		t.Errorf("the planner makes another plan today, of %d bytes, or another image: make image in examples/embed; %v", len(r.Bytes), err)
	}
}
