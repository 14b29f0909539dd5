// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// Spec says how a program is to be deployed: what flags say, or the manifest of an application.
type Spec struct {
	Name        string     `json:"name"`
	Source      string     `json:"source"`                  // .c or .o, beside the manifest
	Entry       string     `json:"entry,omitempty"`         // function, where the object has several
	Format      string     `json:"format,omitempty"`        // of the image; "" is packed
	Engine      string     `json:"engine,omitempty"`        // vm, jit, jit-plan, jit-mpu; "" is jit on boards, jit-plan if the program has a plan, vm on the host
	Period      string     `json:"period,omitempty"`        // runs each "2s"
	Events      []string   `json:"events,omitempty"`        // runs by input, message
	LongRunning bool       `json:"long_running,omitempty"`  // runs once, from start on
	Restart     string     `json:"restart,omitempty"`       // never, on-fault, always; "" is on-fault
	Answers     string     `json:"answers,omitempty"`       // requests to x/NAME of nobody, known, anybody
	Priority    uint8      `json:"priority,omitempty"`      // 1 (first) to 6
	Budget      uint32     `json:"budget,omitempty"`        // backward jumps and calls of a run
	Context     uint32     `json:"context,omitempty"`       // bytes
	Mailbox     uint32     `json:"mailbox,omitempty"`       // bytes
	Keys        []KeyRange `json:"keys,omitempty"`          // of the global store; none given: all, if it uses it
	Maps        []MapShare `json:"maps,omitempty"`          // those it shares with other programs; others are its own
	Trial       string     `json:"trial,omitempty"`         // a new version is confirmed when it ran "60s" without a fault
	ByHand      bool       `json:"by_hand,omitempty"`       // is started by hand only
	Hook        string     `json:"hook,omitempty"`          // what makes it run, as "gpio/PA0/rising"; "" is what its SEC() says
	HookOrder   *uint8     `json:"hook_priority,omitempty"` // of several on one hook the lowest is first; none given: 128
}

// KeyRange are keys of the global store that a program may use.
type KeyRange struct {
	First  uint32 `json:"first"`
	Last   uint32 `json:"last"`
	Rights string `json:"rights"` // r, w, rw
}

// MapShare is a map that a program shares with all others that share one of this name.
type MapShare struct {
	Name   string `json:"name"`
	Rights string `json:"rights"` // r, rw
}

// Application is several programs that are deployed together.
type Application struct {
	Name     string `json:"application"`
	Programs []Spec `json:"programs"`
}

// ManifestName is the file that makes a folder an application.
const ManifestName = "application.json"

// ReadApplication reads the manifest of a folder.
func ReadApplication(folder string) (*Application, error) {
	path := filepath.Join(folder, ManifestName)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s is no application: %w", folder, err)
	}
	a := &Application{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(a); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if a.Name == "" || len(a.Programs) == 0 {
		return nil, fmt.Errorf("%s: an application has a name and programs", path)
	}
	seen := map[string]bool{}
	for _, p := range a.Programs {
		if p.Source == "" || p.Name == "" || seen[p.Name] {
			return nil, fmt.Errorf("%s: program %q: each has a source and a name of its own", path, p.Name)
		}
		seen[p.Name] = true
	}
	return a, nil
}

// pick finds a name among those there are.
func pick[T any](what, name, otherwise string, choices map[string]T) (T, error) {
	if name == "" {
		name = otherwise
	}
	v, ok := choices[name]
	if !ok {
		var names []string
		for n := range choices {
			names = append(names, n)
		}
		slices.Sort(names)
		return v, fmt.Errorf("%s %q: choose %s", what, name, strings.Join(names, ", "))
	}
	return v, nil
}

// kinds of devices by what helpers that use them are called.
var kinds = []struct{ prefix, device string }{
	{"saul_reg_write", "actuator"}, {"saul", "sensor"}, {"gpio_read", "input"}, {"gpio_write", "output"},
	{"hd44780", "lcd"}, {"keypad", "keypad"},
}

func helperName(id uint16) string {
	for _, h := range abi.Helpers() {
		if h.ID == id {
			return h.Name
		}
	}
	return ""
}

// devicesOf are the kinds that helpers use, as bits.
func devicesOf(helpers []uint16) (bits uint32) {
	numbers := map[string]int{}
	for kind := range 16 {
		numbers[abi.Device(kind).String()] = kind
	}
	for _, id := range helpers {
		for _, k := range kinds {
			if strings.HasPrefix(helperName(id), k.prefix) {
				bits |= 1 << numbers[k.device]
				break
			}
		}
	}
	return bits
}

func usesGlobalStore(helpers []uint16) bool {
	return slices.ContainsFunc(helpers, func(id uint16) bool { return strings.HasSuffix(helperName(id), "_global") })
}

func duration(what, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s %q: write a time, as in 2s or 500ms", what, text)
	}
	return d, nil
}

// defaultContext is enough for most; programs that answer requests get room for a packet and its answer, those that see datagrams
// for a part of them.
const defaultContext, packetContext, captureContext = 64, 512, 256

// hook is what makes the program run, if anything does.
func (s *Spec) hook(p *image.Program) (h device.Hook, is bool, err error) {
	section := s.Hook
	if section == "" {
		section = p.In
	}
	if h, is, err = device.ParseHook(section); err != nil || !is {
		if err == nil && (s.Hook != "" || s.HookOrder != nil) {
			err = fmt.Errorf("%q is no hook: nothing makes a program in that section run", section)
		}
		return h, false, err
	}
	if s.HookOrder != nil {
		h.Priority = *s.HookOrder
	}
	return h, true, nil
}

// Manifest is what is signed of a program for a kind of board. It grants what the program uses, and no more.
func (s *Spec) Manifest(p *image.Program, board string) (m suit.Manifest, format abi.Format, err error) {
	engine := "jit"
	switch {
	case board == "host":
		engine = "vm"
	case p.Plan != nil && (s.Format == "" || s.Format == abi.Packed.String()):
		engine = "jit-plan"
	}
	fail := func(err error) (suit.Manifest, abi.Format, error) {
		return suit.Manifest{}, 0, fmt.Errorf("%s: %w", s.Name, err)
	}
	c := device.Config{Name: s.Name, Priority: s.Priority, Budget: s.Budget, Mailbox: s.Mailbox, LongRunning: s.LongRunning, Helpers: p.Helpers}
	formats := map[string]abi.Format{}
	for _, f := range abi.Formats() {
		formats[f.String()] = f
	}
	if c.Format, err = pick("format", s.Format, "packed", formats); err != nil {
		return fail(err)
	}
	c.Entry = uint16(p.EntryIndex(c.Format))
	hook, hooked, err := s.hook(p)
	if err != nil {
		return fail(err)
	}
	if hooked && hook.Kind.InInterrupt() {
		if s.Engine != "" && s.Engine != "vm" {
			return fail(fmt.Errorf("engine %q: programs of %v run in interrupts, which vm alone does", s.Engine, hook))
		}
		engine = "vm"
	}
	engines := map[string]device.Engine{"vm": device.VM, "jit": device.JIT, "jit-plan": device.JITPlan, "jit-mpu": device.JITMPU}
	if c.Engine, err = pick("engine", s.Engine, engine, engines); err != nil {
		return fail(err)
	}
	if board == "host" && c.Engine != device.VM {
		return fail(fmt.Errorf("a device on the host runs programs with vm only"))
	}
	restarts := map[string]device.Restart{"never": device.Never, "on-fault": device.OnFault, "always": device.Always}
	if c.Restart, err = pick("restart", s.Restart, "on-fault", restarts); err != nil {
		return fail(err)
	}
	answers := map[string]suit.Answers{"nobody": suit.Nobody, "known": suit.Known, "anybody": suit.Anybody}
	answering := "nobody"
	if hooked && hook.Kind == device.HookCoAP {
		answering = "known"
	}
	if m.Answers, err = pick("answers", s.Answers, answering, answers); err != nil {
		return fail(err)
	}
	period, err := duration("period", s.Period)
	if err != nil {
		return fail(err)
	}
	if m.Trial, err = duration("trial", s.Trial); err != nil {
		return fail(err)
	}
	if period.Milliseconds() > math.MaxUint32 {
		return fail(fmt.Errorf("period %v: a device counts to 49 days", period))
	}
	if period > 0 {
		c.PeriodMS, c.Events = uint32(max(1, period.Milliseconds())), device.EventTimer
	}
	for _, e := range s.Events {
		bit, err := pick("event", e, "", map[string]device.Events{"input": device.EventInput, "message": device.EventMessage})
		if err != nil {
			return fail(err)
		}
		c.Events |= bit
	}
	if hooked {
		if err := s.attach(&c, hook); err != nil {
			return fail(err)
		}
	}
	c.Context = max(s.Context, p.CtxMin)
	if s.Context == 0 {
		c.Context = max(c.Context, defaultContext)
		if m.Answers != suit.Nobody {
			c.Context = max(c.Context, packetContext)
		}
		if hooked && hook.Kind.Filters() {
			c.Context = max(c.Context, captureContext)
		}
	}
	c.Devices = devicesOf(p.Helpers)
	for _, k := range s.Keys {
		rights, err := pick("rights", k.Rights, "", map[string]uint32{"r": 1, "w": 2, "rw": 3})
		if err != nil {
			return fail(err)
		}
		c.Keys = append(c.Keys, device.Keys{First: k.First, Last: k.Last, Rights: rights})
	}
	if len(s.Keys) == 0 && usesGlobalStore(p.Helpers) {
		c.Keys = []device.Keys{{Last: 1<<32 - 1, Rights: 3}}
	}
	if c.Shared, err = s.shares(p, c.Format); err != nil {
		return fail(err)
	}
	m.Config, m.Start, m.Board = c, !s.ByHand, board
	return m, c.Format, nil
}

// shares are the rights to maps that the program shares, two bits for each map in the order of its image.
func (s *Spec) shares(p *image.Program, format abi.Format) (bits uint32, err error) {
	if len(s.Maps) == 0 {
		return 0, nil
	}
	code, err := p.Encode(format)
	if err != nil {
		return 0, err
	}
	l, err := image.Load(format, code, p.EntryIndex(format), false)
	if err != nil {
		return 0, err
	}
	var reached []string
	for _, share := range s.Maps {
		at := slices.IndexFunc(l.Maps, func(d maps.Def) bool { return d.Name == share.Name })
		if at < 0 {
			return 0, fmt.Errorf("maps: the program has no map %q", share.Name)
		}
		rights, err := pick("rights", share.Rights, "rw", map[string]uint32{"r": 1, "rw": 3})
		switch {
		case err != nil:
			return 0, fmt.Errorf("map %s: %w", share.Name, err)
		case l.Maps[at].Type == abi.MapProgArray:
			return 0, fmt.Errorf("map %s: a program array cannot be shared, because functions are of one program", share.Name)
		case bits>>(2*at)&3 != 0:
			return 0, fmt.Errorf("map %s is named twice", share.Name)
		}
		bits |= rights << (2 * at)
		if l.Maps[at].Reached() {
			reached = append(reached, share.Name)
		}
	}
	if len(reached) > sharedWalls {
		return 0, fmt.Errorf("maps %s: a program can share %d maps whose values it has pointers to, as each takes a wall of it; queues and stacks take none",
			strings.Join(reached, ", "), sharedWalls)
	}
	return bits, nil
}

// sharedWalls is how many walls a compartment has for shared maps (SUPERVISOR_SHARED_WALLS).
const sharedWalls = 2

// attach grants a hook: what flags or the manifest say of periods goes before what the section says.
func (s *Spec) attach(c *device.Config, h device.Hook) error {
	if h.PeriodMS > 0 && c.PeriodMS == 0 {
		c.PeriodMS = h.PeriodMS
	}
	if h.PeriodMS > 0 && c.PeriodMS != h.PeriodMS && h.Kind != device.HookTimer {
		return fmt.Errorf("%v has a period of its own: leave %s out", h, s.Period)
	}
	if h.Kind.InInterrupt() && c.Events != 0 {
		return fmt.Errorf("programs of %v run in interrupts, and by nothing else", h)
	}
	if c.LongRunning && h.Kind != device.HookInput && h.Kind != device.HookMessage {
		return fmt.Errorf("it runs from its start on: nothing can make it run, as %v would", h)
	}
	c.Events |= 1 << h.Kind
	if h.Kind.Own() {
		c.Hook = device.Hook{Argument: h.Argument, Path: h.Path, Priority: h.Priority}
	}
	return nil
}
