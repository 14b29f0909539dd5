// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "testing"

const aliasBytes = 112 << 10

func TestRegionOf(t *testing.T) {
	for _, c := range []struct {
		addr, alias uint32
		want        Region
	}{
		{0, 0, CodeRegion},
		{0, aliasBytes, AliasRegion},
		{aliasBytes - 1, aliasBytes, AliasRegion},
		{aliasBytes, aliasBytes, CodeRegion},
		{0x08000000, aliasBytes, CodeRegion},
		{0x20000000, 0, SRAMRegion},
		{0x20000000, aliasBytes, AliasedRegion},
		{0x20000000 + aliasBytes - 1, aliasBytes, AliasedRegion},
		{0x20000000 + aliasBytes, aliasBytes, SRAMRegion},
		{0x40000000, aliasBytes, SystemRegion},
		{0xe0001004, aliasBytes, PrivateRegion},
	} {
		if got := RegionOf(c.addr, c.alias); got != c.want {
			t.Errorf("%#x with %d bytes at 0: region %d, want %d", c.addr, c.alias, got, c.want)
		}
	}
}

// Rule 21: code that is fetched through the alias runs at flash speed, unless its data is in the same block of SRAM, which
// then serves words of code, loads and stores, and a slot more for a group of stores.
func TestAlias(t *testing.T) {
	for _, core := range []Core{CortexM3, CortexM4} {
		m := &Model{Core: core, Options: Options{Alias: aliasBytes}}
		fast := &Model{Core: core, Options: Options{Alias: aliasBytes, FetchAtFlashSpeed: true}}
		for _, c := range []struct {
			rule, hex    string
			apart, share int // hundredths of a cycle a round
		}{
			{"adds", "1840", 100, 100},
			{"add.w", "eb00 0001", 100, 100},
			{"ldr", "6808", 100, 150},
			{"ldr.w", "f8d1 0000", 100, 200},
			{"ldr and three of 16 bits", "6808 1840 1840 1840", 500, 500},
			{"ldr.w and three of 32 bits", "f8d1 0000 eb00 0001 eb00 0001 eb00 0001", 500, 500},
			{"ldrd and one of 32 bits", "e9d1 0200 eb00 0001", 400, 400},
			{"str", "6008", 100, 168},
			{"str.w", "f8c1 0000", 100, 231},
			{"ldr str", "6808 6010", 300, 400},
		} {
			rounds := func(m *Model, data Region) int { return steady(t, m, 0x4000, c.hex, data) }
			if got := rounds(m, SRAMRegion); abs(got-c.apart) > 2 {
				t.Errorf("%s, %s, data elsewhere: %d hundredths of a cycle, want %d", core.Name, c.rule, got, c.apart)
			}
			if got := rounds(m, AliasedRegion); abs(got-c.share) > 2 {
				t.Errorf("%s, %s, data in the same block: %d hundredths of a cycle, want %d", core.Name, c.rule, got, c.share)
			}
			if got := rounds(fast, AliasedRegion); abs(got-c.apart) > 2 {
				t.Errorf("%s, %s, at flash speed: %d hundredths of a cycle, want %d", core.Name, c.rule, got, c.apart)
			}
		}
	}
}
