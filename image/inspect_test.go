// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
)

// The fields of an image are all of it, once, and its format shows in its bytes.
func TestInspect(t *testing.T) {
	for name, data := range objects(t) {
		p := load(t, name, data, "")
		for _, f := range abi.Formats() {
			image, err := p.Encode(f)
			if errors.Is(err, ErrUnsupported) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := Detect(image); got != f || ok != (f != abi.TextOnly) {
				t.Errorf("%s: %s looks like %s", name, f, got)
			}
			fields, err := Inspect(f, image)
			if err != nil {
				t.Errorf("%s: %s: %v", name, f, err)
				continue
			}
			at := 0
			for _, field := range fields {
				gap := field.At - at
				if gap < 0 || gap > 0 && f != abi.ELFObject || gap >= 64 || field.Bits <= 0 {
					t.Errorf("%s: %s: %s at bit %d, %d bits; the one before ends at %d", name, f, field.Name, field.At, field.Bits, at)
				}
				at = field.At + field.Bits
			}
			if at != len(image)*8 {
				t.Errorf("%s: %s: the fields end at bit %d of %d", name, f, at, len(image)*8)
			}
		}
	}
}

func TestInspectRefuses(t *testing.T) {
	for _, f := range abi.Formats() {
		if _, err := Inspect(f, []byte("rubbish")); err == nil {
			t.Errorf("%s: rubbish was taken", f)
		}
	}
}

func TestDisassemble(t *testing.T) {
	for _, c := range []struct{ hex, want string }{
		{"b701000005000000", "r1 = 5"},
		{"bf61000000000000", "r1 = r6"},
		{"bf61080000000000", "r1 = (s8)r6"},
		{"bc61100000000000", "w1 = (s16)w6"},
		{"07010000f0ffffff", "r1 += -16"},
		{"1c21000000000000", "w1 -= w2"},
		{"3f21010000000000", "r1 s/= r2"},
		{"9401010003000000", "w1 s%= 3"},
		{"c701000003000000", "r1 s>>= 3"},
		{"8701000000000000", "r1 = -r1"},
		{"d401000010000000", "r1 = le16 r1"},
		{"dc01000020000000", "r1 = be32 r1"},
		{"d701000040000000", "r1 = bswap64 r1"},
		{"1801000078563412 0000000001000000", "r1 = 0x112345678 ll"},
		{"1841000003000000 0000000000000000", "r1 = function at 4"},
		{"b801000010000000 0000000000000000", "r1 = .data+0x10"},
		{"d801000010000000 0000000000000000", "r1 = .rodata+0x10"},
		{"1801000000000000", "unknown 1801000000000000"},
		{"61a1fcff00000000", "r1 = *(u32 *)(r10 -4)"},
		{"8912080000000000", "r2 = *(s16 *)(r1 +8)"},
		{"7a01000005000000", "*(u64 *)(r1 +0) = 5"},
		{"731af8ff00000000", "*(u8 *)(r10 -8) = r1"},
		{"db12000000000000", "lock *(u64 *)(r2 +0) += r1"},
		{"c312000041000000", "r1 = fetch(lock *(u32 *)(r2 +0) |= r1)"},
		{"db120000e1000000", "r1 = xchg(*(u64 *)(r2 +0), r1)"},
		{"c3120000f1000000", "r0 = cmpxchg(*(u32 *)(r2 +0), r0, r1)"},
		{"db12000002000000", "unknown db12000002000000"},
		{"15010200ffffffff", "if r1 == -1 goto 3"},
		{"6e21feff00000000", "if w1 s> w2 goto -1"},
		{"0500010000000000", "goto 2"},
		{"0600000001000000", "goto 2"},
		{"8500000001000000", "call bpf_printf"},
		{"85000000ff000000", "call 255"},
		{"8510000001000000", "call function at 2"},
		{"8d03000000000000", "callx r3"},
		{"9500000000000000", "exit"},
		{"ff00000000000000", "unknown ff00000000000000"},
	} {
		text, err := hex.DecodeString(strings.ReplaceAll(c.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, n := Disassemble(text, 0, nil); got != c.want || n*8 != len(text) {
			t.Errorf("%s: %q in %d slots, want %q", c.hex, got, n, c.want)
		}
	}
}
