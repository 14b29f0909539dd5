// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"strings"
	"testing"
)

func sizesOfTwo() []Size {
	return []Size{
		{Program: "other", Format: "elf-object", Bytes: 1000},
		{Program: "other", Format: "femto-containers", Bytes: 400},
		{Program: "other", Format: "packed", Bytes: 100},
		{Program: "printf", Format: "elf-object", Bytes: 1000},
		{Program: "printf", Format: "femto-containers", Bytes: 100},
		{Program: "printf", Format: "packed", Bytes: 25},
		{Program: "printf", Format: "text-only", Error: "it has data"},
		{Program: "printf", Format: "packed", Bytes: 20, Best: true, Compile: "-mcpu=v3 -Oz"},
	}
}

func TestSizeTables(t *testing.T) {
	tables := SizeTables(sizesOfTwo())
	if len(tables) != 2 {
		t.Fatalf("%d tables, want one of the same compile and one of the best", len(tables))
	}
	var text strings.Builder
	for _, table := range tables {
		if err := table.WriteText(&text, false); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(strings.Fields(text.String()), " ")
	for _, want := range []string{
		"printf 1,000 – – 100 – 25 – –",
		"published 1,344 – 680 330 363 – 220 –", // beside the program of that name only
		"other 1,000 – – 400 – 100 – –",
		"geometric mean of 2 1000 – – 200 – 50 – –",
		"of elf-object 1.000 – – 0.200 – 0.050 – –",
		"of femto-containers 5.000 – – 1.000 – 0.250 – –",
		"text-only: printf: it has data",
		"packed: best with -mcpu=v3 -Oz",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Index(got, "other") < strings.Index(got, "printf") {
		t.Error("the paper's programs do not come first")
	}
}

func TestSizesCSV(t *testing.T) {
	var b strings.Builder
	if err := WriteSizesCSV(&b, sizesOfTwo()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"printf,femto-containers,100,,,false,330,\n", "printf,text-only,,,,false,680,it has data\n", "printf,packed,20,,'-mcpu=v3 -Oz,true,,\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestSizeFigure(t *testing.T) {
	if SizeFigure(nil) != nil || SizeFigure([]Size{{Program: "a", Format: "packed", Error: "no"}}) != nil {
		t.Error("a figure of nothing")
	}
	svg, err := SizeFigure(sizesOfTwo()).SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">printf<", ">other<", ">400<", ">packed<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the figure does not show %s", want)
		}
	}
	if strings.Contains(svg, ">20<") {
		t.Error("the figure shows the best compile")
	}
}
