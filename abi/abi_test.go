// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestTablesMatchNamedConstants(t *testing.T) {
	for _, c := range []struct {
		status Status
		name   string
	}{
		{OK, "ok"}, {StatusMemory, "e-memory"}, {StatusCompileCode, "e-compile-code"}, {StatusUnsupported, "e-unsupported"},
		{StatusRead, "e-read"}, {StatusWrite, "e-write"}, {StatusBudget, "e-budget"},
	} {
		if got := c.status.Name(); got != c.name {
			t.Errorf("status %d is %q in status.h, want %q", c.status, got, c.name)
		}
	}
	for _, c := range []struct {
		format Format
		name   string
	}{
		{TextOnly, "text-only"}, {FemtoContainers, "femto-containers"},
		{ExtendedHeader, "extended-header"}, {Packed, "packed"}, {ELFObject, "elf-object"},
	} {
		if got := c.format.String(); got != c.name {
			t.Errorf("format %d is %q in image.h, want %q", c.format, got, c.name)
		}
	}
}

func TestMapTypesMatchNamedConstants(t *testing.T) {
	for want, got := range map[string]MapType{
		"hash": MapHash, "array": MapArray, "program-array": MapProgArray, "lru-hash": MapLRUHash,
		"queue": MapQueue, "stack": MapStack, "ring-buffer": MapRingbuf,
	} {
		if got.String() != want {
			t.Errorf("map type %d is %q in maps.h, want %q", uint8(got), got, want)
		}
	}
}

func TestTablesHaveNoDuplicates(t *testing.T) {
	for _, header := range []string{"status.h", "helpers.h", "image.h", "devices.h", "maps.h"} {
		seen := map[int]string{}
		for _, r := range table(header) {
			if other, ok := seen[r.Number]; ok {
				t.Errorf("%s: %s and %s share number %d", header, r.Name, other, r.Number)
			}
			seen[r.Number] = r.Name
		}
	}
}

func TestHelpersAscend(t *testing.T) {
	hs := Helpers()
	for i := 1; i < len(hs); i++ {
		if hs[i].ID <= hs[i-1].ID {
			t.Errorf("helper %s (%#x) is not above %#x", hs[i].Name, hs[i].ID, hs[i-1].ID)
		}
	}
}

// The numbers of regions are those of run.h.
func TestRegions(t *testing.T) {
	text, err := Headers.ReadFile("run.h")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`enum \{ (UB_REGION_.*), UB_REGION_GRANTED, UB_REGIONS_MAX = (\d+) \};`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatal("run.h does not list the regions of a run")
	}
	if own := strings.Count(m[1], "UB_REGION_"); own != RegionGranted || m[2] != strconv.Itoa(RegionsMax) {
		t.Errorf("%d of at most %s regions are the program's own, abi has %d of %d", own, m[2], RegionGranted, RegionsMax)
	}
}

// Sizes of stacks are those of isa.h.
func TestFrames(t *testing.T) {
	text, err := Headers.ReadFile("isa.h")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"UB_FRAME_BYTES": FrameBytes, "UB_FRAMES_MAX": FramesMax} {
		m := regexp.MustCompile(name + ` = (\d+),`).FindSubmatch(text)
		if m == nil || string(m[1]) != strconv.Itoa(want) {
			t.Errorf("%s is %q in isa.h, and %d here", name, m, want)
		}
	}
}
