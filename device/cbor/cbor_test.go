// SPDX-License-Identifier: GPL-2.0-or-later

package cbor_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	fx "github.com/fxamacker/cbor/v2"

	"github.com/ubench-dev/ubench/device/cbor"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, hex, err string }{
		{"zero", "00", ""},
		{"largest number", "1bffffffffffffffff", ""},
		{"true", "f5", ""},
		{"empty map", "a0", ""},
		{"map", "a201020304", ""},
		{"keys of several lengths", "a3010018640102617800", "keys of a map are out of order or twice"},
		{"short keys first", "a301001864016178f6", ""},
		{"map in map", "a101a101a10102", ""},
		{"tag", "c100", ""},
		{"text", "6161", ""},
		{"nothing", "", "the item goes on behind the last byte"},
		{"two items", "0000", "bytes follow the last item"},
		{"number in too many bytes", "1817", "not in the deterministic encoding"},
		{"number in two, one would do", "1900ff", "not in the deterministic encoding"},
		{"number in four, two would do", "1a0000ffff", "not in the deterministic encoding"},
		{"number in eight, four would do", "1b00000000ffffffff", "not in the deterministic encoding"},
		{"indefinite array", "9f00ff", "not in the deterministic encoding"},
		{"break alone", "ff", "not in the deterministic encoding"},
		{"reserved length", "1c", "not in the deterministic encoding"},
		{"half float", "f93c00", "an item of another type was expected"},
		{"simple value 0", "e0", "an item of another type was expected"},
		{"simple value in two bytes", "f820", "an item of another type was expected"},
		{"keys out of order", "a202000100", "keys of a map are out of order or twice"},
		{"a key twice", "a201000100", "keys of a map are out of order or twice"},
		{"a key twice, inside", "81a2a1010200a1010200", "keys of a map are out of order or twice"},
		{"string too long", "4301", "the item goes on behind the last byte"},
		{"string of 2^64-1 bytes", "5bffffffffffffffff00", "the item goes on behind the last byte"},
		{"map of 2^63 pairs", "bb800000000000000000", "the item goes on behind the last byte"},
		{"array of 2^64-1", "9bffffffffffffffff00", "the item goes on behind the last byte"},
		{"surrogate", "63eda080", "text is not UTF-8"},
		{"overlong slash", "62c0af", "text is not UTF-8"},
		{"above the last character", "64f4908080", "text is not UTF-8"},
		{"half a character", "61c3", "text is not UTF-8"},
		{"eight deep", strings.Repeat("81", 8) + "00", ""},
		{"nine deep", strings.Repeat("81", 9) + "00", "items nest too deep"},
		{"empty ninth", strings.Repeat("81", 8) + "80", ""},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := cbor.Check(b); err != nil {
			got = err.Error()
		}
		if got != c.err {
			t.Errorf("%s (%s): %q, want %q", c.name, c.hex, got, c.err)
		}
	}
}

// What the device writes is what another implementation writes, at every border of a length.
func TestWriting(t *testing.T) {
	mode, err := fx.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	var borders []int64
	for _, n := range []int64{0, 23, 24, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000, math.MaxInt64} {
		borders = append(borders, n, -n, -1-n, n-1)
	}
	for _, n := range borders {
		want, err := mode.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := cbor.Int(n); !bytes.Equal(got, want) {
			t.Errorf("%d is written %x, want %x", n, got, want)
		}
		if back, err := cbor.ReadInt(want); err != nil || back != n {
			t.Errorf("%d is read %d, %v", n, back, err)
		}
	}
	if _, err := cbor.ReadInt(cbor.Head(0, 1<<63)); !errors.Is(err, cbor.Error(-3)) {
		t.Errorf("2^63 does not fit, and was read: %v", err)
	}
}

// FuzzCheck: what the device takes, another implementation takes in its strictest mode, and writes the same bytes for.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"00", "a301001864016178f6", "c100", "82a10102f6", "6161", "a201000100", "9f00ff"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	dec, err := fx.DecOptions{DupMapKey: fx.DupMapKeyEnforcedAPF, IndefLength: fx.IndefLengthForbidden}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		exact := bytes.Clone(b)[:len(b):len(b)]
		if err := cbor.Check(exact); err == nil {
			if err := dec.Wellformed(b); err != nil {
				t.Fatalf("the device takes %x: %v", b, err)
			}
		}
	})
}
