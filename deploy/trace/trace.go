// SPDX-License-Identifier: GPL-2.0-or-later

// Package trace has programs that look at a device while it works, ready to be deployed: at its switches of threads, its interrupts and
// the helpers that programs call; and reads what they found. The programs are C, in programs/.
package trace

import (
	"cmp"
	"context"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

//go:embed programs/*.bpf.o
var objects embed.FS

// Tracer is something that can be looked at.
type Tracer struct {
	Name, Doc string
	program   string // the object's, and the program's on the device behind "trace-"
	read      func(ctx context.Context, r *reader) (any, error)
	also      []string // other names
}

// All lists them.
func All() []Tracer {
	return []Tracer{
		{"sched_switch", "how long threads wait to go on, as a histogram", "switches", readSwitches, []string{"tracepoint/sched_switch", "tracepoint/sched/sched_switch", "switches"}},
		{"irq", "interrupts a second, by number", "irq", readInterrupts, []string{"interrupts", "tracepoint/irq_enter", "tracepoint/irq_exit", "irq_enter", "irq_exit"}},
		{"helpers", "calls of helpers, by program", "helpers", readHelpers, []string{"helper", "tracepoint/helper", "syscall"}},
		{"handlers", "the slowest handlers of interrupts first", "irq", readHandlers, []string{"slowest"}},
	}
}

// Named finds a tracer.
func Named(name string) (Tracer, bool) {
	for _, t := range All() {
		if t.Name == name || slices.Contains(t.also, name) {
			return t, true
		}
	}
	return Tracer{}, false
}

// reader reads maps of the program.
type reader struct {
	device  deploy.Device
	program string
	seconds float64           // since it was started
	names   map[uint32]string // of programs, by number
}

func (r *reader) entries(ctx context.Context, name string, show func(key, value []byte)) error {
	return r.device.Entries(ctx, deploy.MapName{Program: r.program, Map: name}, func(all []maps.Entry) error {
		for _, e := range all {
			show(e.Key, e.Value)
		}
		return nil
	})
}

// thread is the name of a thread, as contexts number them.
func (r *reader) thread(n uint32) string {
	switch {
	case n == 254:
		return "server"
	case n == 255:
		return "idle"
	case r.names[n] != "":
		return r.names[n]
	}
	return fmt.Sprintf("program %d", n)
}

// Session is a tracer that is deployed.
type Session struct {
	Tracer
	r     reader
	start time.Duration // of the device's clock
}

// Start deploys the tracer. Stop takes it away.
func Start(ctx context.Context, d deploy.Device, t Tracer, key *suit.SigningKey) (*Session, error) {
	object, err := objects.ReadFile("programs/" + t.program + ".bpf.o")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	p, err := image.LoadObject(t.program, object, "")
	if err != nil {
		return nil, err
	}
	s := &Session{Tracer: t, r: reader{device: d, program: "trace-" + t.program}}
	if err := s.gone(ctx); err != nil { // of a client that died
		return nil, err
	}
	spec := deploy.Spec{Name: s.r.program, Source: t.program + ".bpf.c", Restart: "never"}
	job := deploy.Job{Programs: []deploy.Built{{Spec: spec, Program: p}}, Key: key}
	_, err = job.Do(ctx, d)
	for tries := 0; tries < 5 && isOld(err); tries++ { // a version is a second, and in this one there was one already
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
		_, err = job.Do(ctx, d)
	}
	if err != nil {
		var refused *deploy.Refused
		if errors.As(err, &refused) && refused.Status.Name() == "e-hook" {
			return nil, fmt.Errorf("%s: this device cannot show that: a device on the host has no interrupts and switches no threads itself", t.Name)
		}
		return nil, err
	}
	s.start, err = s.uptime(ctx)
	return s, err
}

// isOld tells whether a program was refused for its version.
func isOld(err error) bool {
	var refusal *client.Refusal
	return errors.As(err, &refusal) && refusal.Code == coap.Code(4<<5|9)
}

func (s *Session) uptime(ctx context.Context) (time.Duration, error) {
	i, err := s.r.device.Info(ctx)
	return time.Duration(i.UptimeMS) * time.Millisecond, err
}

func (s *Session) gone(ctx context.Context) error {
	ps, err := s.r.device.Programs(ctx)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if p.Name == s.r.program {
			return s.r.device.Remove(ctx, p.Name)
		}
	}
	return nil
}

// Stop removes the program.
func (s *Session) Stop(ctx context.Context) error { return s.r.device.Remove(ctx, s.r.program) }

// Report is what was seen so far.
type Report struct {
	Tracer  string  `json:"tracer"`
	Seconds float64 `json:"seconds"` // of the device's clock
	Seen    any     `json:"seen"`
}

// Read reads what the program has found.
func (s *Session) Read(ctx context.Context) (*Report, error) {
	hooks, err := s.r.device.Hooks(ctx)
	if err != nil {
		return nil, err
	}
	s.r.names = map[uint32]string{}
	for _, h := range hooks {
		if h.Program == s.r.program && !h.Attached {
			return nil, fmt.Errorf("%s was detached: ubench device faults %s tells why", s.r.program, s.r.program)
		}
	}
	ps, err := s.r.device.Programs(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range ps {
		s.r.names[p.Number] = p.Name
	}
	now, err := s.uptime(ctx)
	if err != nil {
		return nil, err
	}
	s.r.seconds = (now - s.start).Seconds()
	seen, err := s.read(ctx, &s.r)
	return &Report{Tracer: s.Name, Seconds: s.r.seconds, Seen: seen}, err
}

// Switches is how long threads waited to go on.
type Switches struct {
	Count   uint64   `json:"count"`
	Waited  []Bucket `json:"waited"`
	Threads []Thread `json:"threads"`
}

// Bucket counts times from FromNS to below twice that.
type Bucket struct {
	FromNS uint64 `json:"from_ns"`
	Count  uint32 `json:"count"`
}

// Thread is one of them.
type Thread struct {
	Name      string `json:"name"`
	Switches  uint32 `json:"switches"`
	LongestNS uint32 `json:"longest_ns"`
}

var le = binary.LittleEndian

func readSwitches(ctx context.Context, r *reader) (any, error) {
	var s Switches
	err := r.entries(ctx, "waited", func(key, value []byte) {
		if n := le.Uint32(value); n > 0 {
			s.Waited = append(s.Waited, Bucket{1 << le.Uint32(key), n})
			s.Count += uint64(n)
		}
	})
	if err != nil {
		return nil, err
	}
	err = r.entries(ctx, "threads", func(key, value []byte) {
		s.Threads = append(s.Threads, Thread{r.thread(le.Uint32(key)), le.Uint32(value), le.Uint32(value[4:])})
	})
	slices.SortFunc(s.Threads, func(a, b Thread) int { return cmp.Or(cmp.Compare(b.Switches, a.Switches), cmp.Compare(a.Name, b.Name)) })
	return &s, err
}

// Handlers are interrupts and how long they took.
type Handlers struct {
	slowest  bool
	Handlers []Handler `json:"handlers"`
}

// Handler is that of an interrupt.
type Handler struct {
	IRQ       int32   `json:"irq"` // -1 is the tick
	Count     uint32  `json:"count"`
	PerSecond float64 `json:"per_second"`
	MeanNS    float64 `json:"mean_ns"`
	LongestNS uint32  `json:"longest_ns"`
}

func readHandlers(ctx context.Context, r *reader) (any, error) {
	h := Handlers{slowest: true}
	err := r.entries(ctx, "handlers", func(key, value []byte) {
		n := le.Uint32(value[8:])
		h.Handlers = append(h.Handlers, Handler{int32(le.Uint32(key)), n, float64(n) / math.Max(r.seconds, 0.001),
			float64(le.Uint64(value)) / float64(n), le.Uint32(value[12:])})
	})
	slices.SortFunc(h.Handlers, func(a, b Handler) int {
		return cmp.Or(cmp.Compare(b.LongestNS, a.LongestNS), cmp.Compare(a.IRQ, b.IRQ))
	})
	return &h, err
}

func readInterrupts(ctx context.Context, r *reader) (any, error) {
	seen, err := readHandlers(ctx, r)
	if err != nil {
		return nil, err
	}
	h := seen.(*Handlers)
	h.slowest = false
	slices.SortFunc(h.Handlers, func(a, b Handler) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.IRQ, b.IRQ)) })
	return h, nil
}

// Calls are those of helpers.
type Calls struct {
	Calls []Call `json:"calls"`
}

// Call counts those of one helper by one program.
type Call struct {
	Program   string  `json:"program"`
	Helper    string  `json:"helper"`
	Count     uint32  `json:"count"`
	PerSecond float64 `json:"per_second"`
}

func readHelpers(ctx context.Context, r *reader) (any, error) {
	var c Calls
	names := map[uint32]string{}
	for _, h := range abi.Helpers() {
		names[uint32(h.ID)] = "bpf_" + h.Name
	}
	err := r.entries(ctx, "calls", func(key, value []byte) {
		id, n := le.Uint32(key[4:]), le.Uint32(value)
		name := cmp.Or(names[id], fmt.Sprintf("helper %#x", id))
		c.Calls = append(c.Calls, Call{r.thread(le.Uint32(key)), name, n, float64(n) / math.Max(r.seconds, 0.001)})
	})
	slices.SortFunc(c.Calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Program, b.Program), cmp.Compare(a.Helper, b.Helper))
	})
	return &c, err
}

// WriteText shows a report to people.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	switch s := r.Seen.(type) {
	case *Switches:
		s.write(t, r.Seconds)
	case *Handlers:
		fmt.Fprintf(t, "INTERRUPT\tCOUNT\tA SECOND\tMEAN\tLONGEST\t\n")
		for _, h := range s.Handlers {
			name := fmt.Sprint(h.IRQ)
			if h.IRQ < 0 {
				name = "tick"
			}
			fmt.Fprintf(t, "%s\t%d\t%.1f\t%s\t%s\t\n", name, h.Count, h.PerSecond, ns(h.MeanNS), ns(float64(h.LongestNS)))
		}
	case *Calls:
		fmt.Fprintf(t, "PROGRAM\tHELPER\tCALLS\tA SECOND\t\n")
		for _, c := range s.Calls {
			fmt.Fprintf(t, "%s\t%s\t%d\t%.1f\t\n", c.Program, c.Helper, c.Count, c.PerSecond)
		}
	}
	return t.Flush()
}

const barWidth = 40

func (s *Switches) write(w *tabwriter.Writer, seconds float64) {
	fmt.Fprintf(w, "WAITED\tSWITCHES\t\n")
	most := uint32(1)
	for _, b := range s.Waited {
		most = max(most, b.Count)
	}
	for _, b := range s.Waited {
		fmt.Fprintf(w, "%s to %s\t%d\t  %s\n", ns(float64(b.FromNS)), ns(float64(2*b.FromNS)), b.Count,
			strings.Repeat("#", int(max(1, uint64(b.Count)*barWidth/uint64(most)))))
	}
	w.Flush()
	fmt.Fprintf(w, "\nTHREAD\tSWITCHES\tA SECOND\tWAITED AT MOST\t\n")
	for _, t := range s.Threads {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%s\t\n", t.Name, t.Switches, float64(t.Switches)/math.Max(seconds, 0.001), ns(float64(t.LongestNS)))
	}
}

func ns(n float64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%.0f ns", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f us", n/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f ms", n/1e6)
	}
	return fmt.Sprintf("%.1f s", n/1e9)
}
