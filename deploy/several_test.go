// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// An object with several programs that hooks run is an application, whose programs share the maps they have in common.
func TestSeveral(t *testing.T) {
	timer := func(maps, variables string) image.Uses {
		return image.Uses{In: "timer/1s", Maps: strings.Fields(maps), Variables: strings.Fields(variables)}
	}
	for _, c := range []struct {
		name  string
		names string
		uses  []image.Uses
		want  string // each program and what it shares, or the error
	}{
		{"maps in common", "a b c", []image.Uses{timer("own all", ""), timer("all", ""), {In: "gpio/PA0/rising", Maps: []string{"all", "third"}}}, "a [all rw] b [all rw] c [all rw]"},
		{"one that is called", "a b", []image.Uses{timer("m", "x"), {In: "syscall", Maps: []string{"m"}, Variables: []string{"y"}}}, "a [m rw] b [m rw]"},
		{"none has a hook", "a b", []image.Uses{{In: "xdp"}, {In: "syscall"}}, ""},
		{"no such hook", "a b", []image.Uses{timer("", ""), {In: "gpio/PZ0/rising"}}, `b: section "gpio/PZ0/rising": pin "PZ0"`},
		{"a variable of both", "a b c", []image.Uses{timer("", "seen state"), timer("", ""), timer("", "state")}, "programs a, c use variable state, and on a device"},
		{"a long name", "a_program_with_a_long_name b", []image.Uses{timer("", ""), timer("", "")}, "a_program_with_ [] b []"},
		{"names alike", "a_program_with_a_long_name a_program_with_another", []image.Uses{timer("", ""), timer("", "")}, "programs a_program_with_a_long_name and a_program_with_another: a device"},
	} {
		specs, err := several(Spec{Source: "x.c", Maps: []MapShare{{"no", "r"}}}, strings.Fields(c.names), c.uses)
		var got []string
		for _, s := range specs {
			got = append(got, fmt.Sprintf("%s %s", s.Name, strings.NewReplacer("{", "", "}", "").Replace(fmt.Sprint(s.Maps))))
			if s.Source != "x.c" || !strings.HasPrefix(s.Entry, s.Name) {
				t.Errorf("%s: %+v", c.name, s)
			}
		}
		if text := strings.Join(got, " "); err == nil && text != c.want || err != nil && (specs != nil || !strings.Contains(err.Error(), c.want) || c.want == "") {
			t.Errorf("%s: %v %v, want %q", c.name, text, err, c.want)
		}
	}
	object, err := os.ReadFile("../emu/field/testdata/every.bpf.o")
	if err != nil {
		t.Fatal(err)
	}
	specs, err := Several(Spec{}, "every.bpf.o", object)
	if err != nil || len(specs) != 14 {
		t.Fatalf("%d programs: %v", len(specs), err)
	}
	for _, s := range specs {
		if s.Name != s.Entry || fmt.Sprint(s.Maps) != "[{counts rw} {events rw}]" {
			t.Errorf("%+v", s)
		}
	}
}

// A third shared map whose values a program has pointers to is refused before anything is sent; queues do not count.
func TestSharesMost(t *testing.T) {
	p, err := image.FromText("p", []byte{0x95, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	var all []MapShare
	for _, m := range []struct {
		name string
		kind abi.MapType
		key  uint32
		ok   bool
	}{{"first", abi.MapHash, 4, true}, {"line", abi.MapQueue, 0, true}, {"second", abi.MapArray, 4, true}, {"pile", abi.MapStack, 0, true}, {"third", abi.MapLRUHash, 4, false}} {
		p.Maps = append(p.Maps, maps.Def{Name: m.name, Type: m.kind, KeySize: m.key, ValueSize: 8, MaxEntries: 4})
		all = append(all, MapShare{m.name, "rw"})
		_, _, err := (&Spec{Name: "p", Maps: all}).Manifest(p, "netduino2")
		if (err == nil) != m.ok || err != nil && !strings.Contains(err.Error(), "p: maps first, second, third: a program can share 2 maps") {
			t.Errorf("with %s: %v", m.name, err)
		}
	}
}
