// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

func program(t *testing.T, name string) *image.Program {
	t.Helper()
	for _, x := range examples.All() {
		if x.Name == name {
			p, err := image.LoadObject(name, x.Object, "")
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	t.Fatalf("no example %s", name)
	return nil
}

// What is granted is what the program uses.
func TestGrants(t *testing.T) {
	for _, c := range []struct {
		example string
		spec    Spec
		devices uint32
		keys    int
		context uint32
	}{
		{"update_light", Spec{}, 1<<abi.DeviceSensor | 1<<abi.DeviceGPIOOut, 1, 64},
		{"display", Spec{}, 1<<abi.DeviceKeypad | 1<<abi.DeviceLCD, 1, 64},
		{"bpf_strlen", Spec{}, 0, 0, 64},
		{"coap_climate", Spec{Answers: "anybody"}, 0, 1, 512},
		{"bpf_fetch", Spec{Context: 16, Keys: []KeyRange{{1, 2, "r"}, {5, 5, "rw"}}}, 0, 2, 16},
	} {
		p := program(t, c.example)
		m, format, err := c.spec.Manifest(p, "netduino2")
		if err != nil {
			t.Errorf("%s: %v", c.example, err)
			continue
		}
		if m.Config.Devices != c.devices || len(m.Config.Keys) != c.keys || m.Config.Context != c.context || format != abi.Packed ||
			m.Config.Engine != device.JIT || len(m.Config.Helpers) != len(p.Helpers) || m.Config.AllHelpers || !m.Start {
			t.Errorf("%s: %+v", c.example, m)
		}
	}
	m, _, err := (&Spec{Name: "a", Period: "1500ms", Trial: "1m", Events: []string{"input"}, ByHand: true, Answers: "known"}).Manifest(program(t, "bpf_strlen"), "host")
	if err != nil || m.Config.PeriodMS != 1500 || m.Trial.Seconds() != 60 || m.Config.Events != device.EventTimer|device.EventInput || m.Start ||
		m.Answers != suit.Known || m.Config.Engine != device.VM {
		t.Errorf("%+v, %v", m, err)
	}
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Engine: "jot"}, `engine "jot": choose jit, jit-mpu, jit-plan, vm`},
		{Spec{Engine: "jit"}, "runs programs with vm only"},
		{Spec{Format: "zip"}, `format "zip": choose`},
		{Spec{Restart: "sometimes"}, `restart "sometimes"`},
		{Spec{Answers: "me"}, `answers "me": choose anybody, known, nobody`},
		{Spec{Period: "fast"}, `period "fast": write a time`},
		{Spec{Trial: "-1s"}, `trial "-1s": write a time`},
		{Spec{Period: "1200h"}, "a device counts to 49 days"},
		{Spec{Events: []string{"doom"}}, `event "doom": choose input, message`},
		{Spec{Keys: []KeyRange{{1, 2, "x"}}}, `rights "x": choose r, rw, w`},
	} {
		if _, _, err := c.spec.Manifest(program(t, "bpf_fetch"), "host"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.spec, err, c.want)
		}
	}
}

// Maps are shared by name, whatever their order in an image.
func TestShares(t *testing.T) {
	p, err := image.FromText("p", []byte{0x95, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	hash := maps.Def{Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 10}
	for _, name := range []string{"a", "b", "c"} {
		hash.Name = name
		p.Maps = append(p.Maps, hash)
	}
	p.Maps = append(p.Maps, maps.Def{Name: "calls", Type: abi.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	for _, c := range []struct {
		maps []MapShare
		bits uint32
		want string
	}{
		{nil, 0, ""},
		{[]MapShare{{"c", "r"}, {"a", ""}}, 1<<4 | 3, ""},
		{[]MapShare{{"d", "r"}}, 0, `the program has no map "d"`},
		{[]MapShare{{"a", "w"}}, 0, `map a: rights "w": choose r, rw`},
		{[]MapShare{{"a", "r"}, {"a", "rw"}}, 0, "map a is named twice"},
		{[]MapShare{{"calls", "r"}}, 0, "a program array cannot be shared"},
	} {
		m, _, err := (&Spec{Name: "p", Maps: c.maps}).Manifest(p, "netduino2")
		if c.want == "" && (err != nil || m.Config.Shared != c.bits) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %#x %v, want %#x %s", c.maps, m.Config.Shared, err, c.bits, c.want)
		}
	}
}

func TestApplications(t *testing.T) {
	if a, err := ReadApplication("../examples/weather_station"); err != nil || a.Name != "weather" || len(a.Programs) != 6 {
		t.Errorf("the weather station: %+v, %v", a, err)
	}
	for text, want := range map[string]string{
		``:                    "EOF",
		`{"application":"a"}`: "an application has a name and programs",
		`{"programs":[{}]}`:   "an application has a name and programs",
		`{"application":"a","programs":[{"name":"b"}]}`:                                            `program "b": each has a source`,
		`{"application":"a","programs":[{"name":"b","source":"b.c"},{"name":"b","source":"c.c"}]}`: "a name of its own",
		`{"application":"a","program":[]}`:                                                         `unknown field "program"`,
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, ManifestName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadApplication(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadApplication(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no application") {
		t.Errorf("a folder without one: %v", err)
	}
}

// Waves grow, and stop once so many have failed.
func TestWaves(t *testing.T) {
	var fleet []Member
	for i := range 20 {
		fleet = append(fleet, Member{Address: fmt.Sprint(i)})
	}
	for _, c := range []struct {
		waves          Waves
		bad            string // addresses, each between blanks
		well, notTried int
	}{
		{Waves{}, "", 20, 0},
		{Waves{First: 1}, "", 20, 0},
		{Waves{First: 1, AtOnce: 1}, " 0 ", 0, 19},
		{Waves{First: 1, AtOnce: 1}, " 2 ", 2, 17},
		{Waves{First: 2, AtOnce: 1, Failures: 2}, " 0 3 ", 2, 16},
		{Waves{AtOnce: 1, Failures: 30}, " 0 3 ", 18, 0},
	} {
		notTried := 0
		well := c.waves.Through(t.Context(), fleet, func(_ context.Context, m Member) error {
			if strings.Contains(c.bad, " "+m.Address+" ") {
				return errors.New("bad")
			}
			return nil
		}, func(_ Member, err error) {
			if errors.Is(err, ErrNotTried) {
				notTried++
			}
		})
		if well != c.well || notTried != c.notTried {
			t.Errorf("%+v: well with %d, %d not tried; want %d and %d", c.waves, well, notTried, c.well, c.notTried)
		}
	}
	if _, err := ReadFleet(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is a fleet")
	}
	if _, err := WithLabel(fleet, "roof"); err == nil {
		t.Error("a label that nobody has")
	}
}
