// SPDX-License-Identifier: GPL-2.0-or-later

package pmsa

import (
	"math/rand/v2"
	"testing"
)

// attributes makes a RASR.
func attributes(log2, without, ap uint32, xn bool) uint32 {
	a := ap<<24 | without<<8 | (log2-1)<<1 | RegionEnable
	if xn {
		a |= XN
	}
	return a
}

func TestRights(t *testing.T) {
	const rwx, none = Read | Write | Execute, Rights(0)
	only := func(r Region) Unit { return Unit{Control: Enable, Region: [Regions]Region{3: r}} }
	both := func(low, high Region) Unit {
		return Unit{Control: Enable | PrivDefEna, Region: [Regions]Region{1: low, 6: high}}
	}
	kb := Region{0x20000400, attributes(10, 0, 3, false)}
	for name, c := range map[string]struct {
		unit               Unit
		addr               uint32
		unprivileged, priv Rights
	}{
		"off":                                {Unit{}, 0x20000000, rwx, rwx},
		"off, peripherals":                   {Unit{}, 0x40000000, Read | Write, Read | Write},
		"off, external memory":               {Unit{}, 0x9fffffff, rwx, rwx},
		"off, external devices":              {Unit{}, 0xa0000000, Read | Write, Read | Write},
		"off, private bus":                   {Unit{}, 0xe000ed94, none, Read | Write},
		"on, no region":                      {Unit{Control: Enable}, 0x20000000, none, none},
		"on, no region, background":          {Unit{Control: Enable | PrivDefEna}, 0x20000000, none, rwx},
		"on, no region, private bus":         {Unit{Control: Enable}, 0xe00fffff, none, Read | Write},
		"behind the private bus":             {Unit{Control: Enable}, 0xe0100000, none, none},
		"disabled region":                    {only(Region{0x20000000, attributes(10, 0, 3, false) &^ RegionEnable}), 0x20000000, none, none},
		"first byte":                         {only(kb), 0x20000400, rwx, rwx},
		"last byte":                          {only(kb), 0x200007ff, rwx, rwx},
		"before":                             {only(kb), 0x200003ff, none, none},
		"behind":                             {only(kb), 0x20000800, none, none},
		"32 bytes":                           {only(Region{0x20, attributes(5, 0, 3, true)}), 0x3f, Read | Write, Read | Write},
		"32 bytes, behind":                   {only(Region{0x20, attributes(5, 0, 3, true)}), 0x40, none, none},
		"4 GB":                               {only(Region{0, attributes(32, 0, 3, false)}), 0xdfffffff, rwx, rwx},
		"4 GB, system space is not executed": {only(Region{0, attributes(32, 0, 3, false)}), 0xe0100000, Read | Write, Read | Write},
		"4 GB, not the private bus":          {only(Region{0, attributes(32, 0, 3, false)}), 0xe000e010, none, Read | Write},
		"an eighth left out":                 {only(Region{0x20000400, attributes(10, 1<<3, 3, false)}), 0x20000580, none, none},
		"the eighth before":                  {only(Region{0x20000400, attributes(10, 1<<3, 3, false)}), 0x2000057f, rwx, rwx},
		"the eighth behind":                  {only(Region{0x20000400, attributes(10, 1<<3, 3, false)}), 0x20000600, rwx, rwx},
		"AP 0":                               {only(Region{0x20000400, attributes(10, 0, 0, false)}), 0x20000400, none, none},
		"AP 1":                               {only(Region{0x20000400, attributes(10, 0, 1, false)}), 0x20000400, none, rwx},
		"AP 2":                               {only(Region{0x20000400, attributes(10, 0, 2, false)}), 0x20000400, Read | Execute, rwx},
		"AP 3":                               {only(Region{0x20000400, attributes(10, 0, 3, false)}), 0x20000400, rwx, rwx},
		"AP 5":                               {only(Region{0x20000400, attributes(10, 0, 5, false)}), 0x20000400, none, Read | Execute},
		"AP 6":                               {only(Region{0x20000400, attributes(10, 0, 6, false)}), 0x20000400, Read | Execute, Read | Execute},
		"AP 7":                               {only(Region{0x20000400, attributes(10, 0, 7, false)}), 0x20000400, Read | Execute, Read | Execute},
		"XN":                                 {only(Region{0x20000400, attributes(10, 0, 6, true)}), 0x20000400, Read, Read},
		"what cannot be read is not run":     {only(Region{0x20000400, attributes(10, 0, 0, false)}), 0x20000401, none, none},
		"the higher number counts":           {both(kb, Region{0x20000400, attributes(9, 0, 0, true)}), 0x20000400, none, none},
		"behind the higher one":              {both(kb, Region{0x20000400, attributes(9, 0, 0, true)}), 0x20000600, rwx, rwx},
		"the lower one does not close":       {both(Region{0x20000400, attributes(9, 0, 0, true)}, kb), 0x20000400, rwx, rwx},
		"through what the higher leaves out": {both(kb, Region{0x20000400, attributes(10, 1, 1, true)}), 0x20000400, rwx, rwx},
		"beside what it leaves out":          {both(kb, Region{0x20000400, attributes(10, 1, 1, true)}), 0x20000480, none, Read | Write},
	} {
		if got := c.unit.Rights(c.addr, false); got != c.unprivileged {
			t.Errorf("%s: unprivileged %v, want %v", name, got, c.unprivileged)
		}
		if got := c.unit.Rights(c.addr, true); got != c.priv {
			t.Errorf("%s: privileged %v, want %v", name, got, c.priv)
		}
	}
}

func TestRegisters(t *testing.T) {
	var u Unit
	for _, s := range [][2]uint32{
		{Ctrl, Enable | PrivDefEna},
		{RNR, 5}, {RBAR, 0x20000000}, {RASR, attributes(10, 0, 3, true)},
		{RBAR, 0x08000000 | Valid | 1}, {RASR, attributes(15, 0, 6, false)},
		{RBAR + 8, 0x20004000 | Valid | 2}, {RASR + 8, attributes(5, 0, 0, true)}, // aliases
		{RBAR + 24, 0x20008000 | Valid | 3}, {RASR + 24, attributes(6, 0, 1, true)},
		{RBAR, 0x2000c000}, // of the one chosen last
	} {
		if err := u.Store(s[0], s[1]); err != nil {
			t.Fatal(err)
		}
	}
	want := Unit{Control: Enable | PrivDefEna, number: 3, Region: [Regions]Region{
		1: {0x08000000, attributes(15, 0, 6, false)}, 2: {0x20004000, attributes(5, 0, 0, true)},
		3: {0x2000c000, attributes(6, 0, 1, true)}, 5: {0x20000000, attributes(10, 0, 3, true)},
	}}
	if u != want {
		t.Errorf("%+v, want %+v", u, want)
	}
	for _, s := range [][2]uint32{{RNR, 8}, {RBAR, Valid | 9}, {Type, 0}, {RBAR + 32, 0}, {RBAR + 1, 0}} {
		if err := u.Store(s[0], s[1]); err == nil {
			t.Errorf("%#x written to %#x is no error", s[1], s[0])
		}
	}
}

func TestUnpredictable(t *testing.T) {
	for name, c := range map[string]struct {
		region Region
		ok     bool
	}{
		"disabled":                 {Region{0x20, 0}, true},
		"32 bytes":                 {Region{0x20, attributes(5, 0, 3, true)}, true},
		"16 bytes":                 {Region{0x20, attributes(4, 0, 3, true)}, false},
		"not aligned":              {Region{0x20, attributes(6, 0, 3, true)}, false},
		"128 bytes with an eighth": {Region{0x80, attributes(7, 1, 3, true)}, false},
		"256 bytes with an eighth": {Region{0x100, attributes(8, 1, 3, true)}, true},
		"AP 4":                     {Region{0x100, attributes(8, 0, 4, true)}, false},
		"4 GB":                     {Region{0, attributes(32, 0, 3, true)}, true},
	} {
		u := Unit{Region: [Regions]Region{4: c.region}}
		if err := u.Err(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// random is a table of overlapping regions around a place; now and then one holds everything.
func random(r *rand.Rand, place uint32, largest uint32) (u Unit) {
	u.Control = Enable | PrivDefEna*r.Uint32N(2)
	for i := range u.Region {
		log2 := 5 + r.Uint32N(largest-4)
		without := uint32(0)
		if log2 >= 8 {
			without = r.Uint32() & r.Uint32() & 0xff
		}
		ap := []uint32{0, 1, 2, 3, 5, 6, 7}[r.IntN(7)]
		u.Region[i] = Region{uint32(uint64(place+r.Uint32N(1<<16)) >> log2 << log2), attributes(log2, without, ap, r.IntN(2) == 0)}
		if r.IntN(4) == 0 {
			u.Region[i].Attributes &^= RegionEnable
		}
	}
	return u
}

// Spans say of each address what Rights says, cover all of them, and differ from those beside them.
func TestSpans(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		u := random(r, r.Uint32(), 32)
		for _, privileged := range []bool{false, true} {
			at, last := uint64(0), Rights(255)
			for _, s := range u.Spans(privileged) {
				if s.Start != at || s.End <= s.Start || s.Rights == last {
					t.Fatalf("%+v after %#x, %v\n%v", s, at, last, &u)
				}
				at, last = s.End, s.Rights
				for _, addr := range []uint64{s.Start, s.End - 1, s.Start + r.Uint64N(s.End-s.Start)} {
					if got := u.Rights(uint32(addr), privileged); got != s.Rights {
						t.Fatalf("%#x: %v, in a span of %v\n%v", addr, got, s.Rights, &u)
					}
				}
			}
			if at != 1<<32 {
				t.Fatalf("they end at %#x", at)
			}
		}
	}
}
