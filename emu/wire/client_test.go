// SPDX-License-Identifier: GPL-2.0-or-later

package wire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/wire"
	"github.com/ubench-dev/ubench/firmware/agent"
)

// agentLink is a link to an agent on the host, through whatever mangles bytes.
type agentLink struct {
	agent   *agent.Agent
	mangle  func([]byte) []byte // both ways; nil for none
	answers []byte
}

func (l *agentLink) Write(p []byte) (int, error) {
	sent := p
	if l.mangle != nil {
		sent = l.mangle(bytes.Clone(p))
	}
	got := l.agent.Receive(sent)
	if l.mangle != nil && len(got) > 0 {
		got = l.mangle(got)
	}
	l.answers = append(l.answers, got...)
	return len(p), nil
}

func (l *agentLink) Read(_ context.Context, p []byte) (int, error) {
	if len(l.answers) == 0 {
		return 0, wire.ErrSilent
	}
	n := copy(p, l.answers)
	l.answers = l.answers[n:]
	return n, nil
}

func connect(t testing.TB, l *agentLink) *wire.Client {
	a, err := agent.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	l.agent = a
	c := wire.NewClient(l)
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// text encodes instructions: opcode, dst | src << 4, offset, imm.
func text(insns ...[4]int) []byte {
	var p []byte
	for _, i := range insns {
		p = append(p, byte(i[0]), byte(i[1]))
		p = binary.LittleEndian.AppendUint16(p, uint16(i[2]))
		p = binary.LittleEndian.AppendUint32(p, uint32(i[3]))
	}
	return p
}

var exit = [4]int{0x95}

// increment adds 1 to the first word of the context and returns what it was.
var increment = text(
	[4]int{0x61, 0x10}, // r0 = *(u32 *)r1
	[4]int{0xbf, 0x02}, // r2 = r0
	[4]int{0x07, 0x02, 0, 1},
	[4]int{0x63, 0x21}, // *(u32 *)r1 = r2
	exit,
)

func TestRunInOneFrameAndInPieces(t *testing.T) {
	c := connect(t, &agentLink{})
	for _, n := range []int{8, 700, 1024, 50000} {
		ctx := bytes.Repeat([]byte{7, 0, 9, 0}, n/4)
		ctx = append(ctx, make([]byte, 16)...)
		s, err := c.Run(t.Context(), emu.Job{
			Engine: "vm", Format: abi.TextOnly, Image: increment, Context: ctx, WantContext: true,
		})
		if err != nil || s.Fault.Status != abi.OK {
			t.Fatalf("%d: %v, %v", n, err, s.Fault)
		}
		want := bytes.Clone(ctx)
		want[0]++
		if s.Result != 0x90007 || !bytes.Equal(s.Context, want) {
			t.Errorf("%d: r0 = %#x, context changed wrongly", n, s.Result)
		}
		if s.Load == nil || s.Verify == nil || s.Compile == nil || s.Execute == nil {
			t.Errorf("%d: phases are missing: %+v", n, s)
		}
		if s.ImageBytes != len(increment) || s.RAMBytes < len(increment) {
			t.Errorf("%d: image %d, RAM %d bytes", n, s.ImageBytes, s.RAMBytes)
		}
	}
}

func TestSixThousandSlots(t *testing.T) {
	c := connect(t, &agentLink{})
	var insns [][4]int
	insns = append(insns, [4]int{0xb7, 0})
	for range 6000 {
		insns = append(insns, [4]int{0x07, 0, 0, 1})
	}
	for _, engine := range []string{"vm", "femto", "rbpf"} {
		s, err := c.Run(t.Context(), emu.Job{Engine: engine, Format: abi.TextOnly, Image: text(append(insns, exit)...)})
		if err != nil || s.Fault.Status != abi.OK || s.Result != 6000 {
			t.Errorf("%s: r0 = %d, %v, %v", engine, s.Result, s.Fault, err)
		}
	}
}

func TestGrantedRegions(t *testing.T) {
	c := connect(t, &agentLink{})
	// Context at the start of the arena, 8 bytes; then the regions, each 8-byte aligned.
	readSecond := text([4]int{0x79, 0x10, 16}, exit) // r0 = *(u64 *)(r1 + 16)
	writeFirst := text([4]int{0x7a, 0x01, 8, 5}, [4]int{0xb7, 0, 0, 1}, exit)
	job := emu.Job{
		Engine: "vm", Format: abi.TextOnly, Context: make([]byte, 8),
		Granted: []emu.Region{{Bytes: make([]byte, 5)}, {Bytes: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Writable: true}},
	}
	job.Image = readSecond
	if s, err := c.Run(t.Context(), job); err != nil || s.Result != 0x0807060504030201 {
		t.Errorf("read: r0 = %#x, %v, %v", s.Result, s.Fault, err)
	}
	job.Image = writeFirst
	want := abi.Fault{Status: abi.StatusWrite, Addr: agent.BlockAddr + 8}
	if s, err := c.Run(t.Context(), job); err != nil || s.Fault != want {
		t.Errorf("write: %+v, %v; want %+v", s.Fault, err, want)
	}
}

func TestRefusals(t *testing.T) {
	c := connect(t, &agentLink{})
	good := emu.Job{Engine: "vm", Format: abi.TextOnly, Image: text([4]int{0xb7}, exit)}
	for _, test := range []struct {
		name   string
		change func(*emu.Job)
		want   string // error or status
	}{
		{"engine", func(j *emu.Job) { j.Engine = "none" }, `no engine "none"`},
		{"kernel", func(j *emu.Job) { j.Engine = "native-O2"; j.Kernel = "none" }, `no native "none"`},
		{"kernel with image", func(j *emu.Job) { j.Engine = "native-O2"; j.Kernel = "fletcher16" }, "e-argument"},
		{"regions", func(j *emu.Job) { j.Granted = make([]emu.Region, 17) }, "17 granted regions"},
		{"helpers", func(j *emu.Job) { j.Helpers = make([]uint16, len(abi.Helpers())+1) }, "allowed helpers"},
		{"helpers in disorder", func(j *emu.Job) { j.Helpers = []uint16{2, 1} }, "e-argument"},
		{"helper not allowed", func(j *emu.Job) {
			j.Helpers = []uint16{1, 3}
			j.Image = text([4]int{0x85, 0, 0, 2}, exit)
		}, "e-verify-helper"},
		{"format", func(j *emu.Job) { j.Format = 99 }, "e-image-format"},
		{"image too large", func(j *emu.Job) { j.Image = make([]byte, agent.ArenaBytes) }, "e-memory"},
		{"context too large", func(j *emu.Job) { j.Context = make([]byte, agent.ArenaBytes+1) }, "e-memory"},
		{"budget", func(j *emu.Job) { j.Budget = 10; j.Image = text([4]int{0x05, 0, -1}, exit) }, "e-budget"},
		{"trace", func(j *emu.Job) { j.Trace = []byte{1} }, "e-argument"},
	} {
		job := good
		test.change(&job)
		s, err := c.Run(t.Context(), job)
		if err == nil && s.Fault.Status.Name() != test.want || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v; want %s", test.name, s.Fault.Status.Name(), err, test.want)
		}
		if s, err := c.Run(t.Context(), good); err != nil || s.Fault.Status != abi.OK {
			t.Fatalf("%s: the next job fails: %v, %v", test.name, s.Fault, err)
		}
	}
}

func TestLoadOnly(t *testing.T) {
	c := connect(t, &agentLink{})
	for _, n := range []int{4, 2000} {
		s, err := c.Run(t.Context(), emu.Job{
			Engine: "vm", Format: abi.TextOnly, Image: increment, Context: make([]byte, n), LoadOnly: true, WantContext: true,
		})
		if err != nil || s.Fault.Status != abi.OK || s.Compile == nil || s.Execute != nil || s.Context[0] != 0 {
			t.Errorf("%d: %+v, %v", n, s, err)
		}
	}
}

// mangler damages one in `rate` deliveries: drops, repeats, flips, cuts or adds bytes.
func mangler(rng *rand.Rand, rate int) func([]byte) []byte {
	return func(p []byte) []byte {
		if rng.IntN(rate) > 0 || len(p) == 0 {
			return p
		}
		i := rng.IntN(len(p))
		j := i + rng.IntN(len(p)-i)
		switch rng.IntN(7) {
		case 0:
			return nil
		case 1:
			return p[:i]
		case 2:
			return append(p[:i:i], p[j:]...)
		case 3:
			return append(p[:j:j], p[i:]...)
		case 4:
			p[i] ^= 1 << rng.IntN(8)
			return p
		case 5:
			noise := make([]byte, rng.IntN(30))
			for k := range noise {
				noise[k] = byte(rng.Uint32())
			}
			return append(noise, p...)
		default: // a header that promises more than comes
			fake := binary.LittleEndian.AppendUint16([]byte{0xb5, 0x4e, 5, 1}, uint16(rng.IntN(2000)))
			fake = binary.LittleEndian.AppendUint16(fake, uint16(crc32.ChecksumIEEE(fake[2:])))
			return append(fake, p...)
		}
	}
}

// Whatever happens on the way, a job is done once and its answer is right, or an error says why not.
func TestDamagedLink(t *testing.T) {
	failed := 0
	const seeds = 300
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 1))
		link := &agentLink{}
		c := connect(t, link)
		link.mangle = mangler(rng, 3)
		for round := range 4 {
			ctx := make([]byte, 4+rng.IntN(2)*3000)
			for i := range ctx {
				ctx[i] = byte(rng.Uint32())
			}
			s, err := c.Run(t.Context(), emu.Job{Engine: "vm", Format: abi.TextOnly, Image: increment, Context: ctx, WantContext: true})
			if err != nil {
				if !errors.Is(err, wire.ErrNoAnswer) {
					t.Fatalf("seed %d, round %d: %v", seed, round, err)
				}
				failed++
				continue
			}
			was := binary.LittleEndian.Uint32(ctx)
			if s.Fault.Status != abi.OK || s.Result != uint64(was) || binary.LittleEndian.Uint32(s.Context) != was+1 ||
				!bytes.Equal(s.Context[4:], ctx[4:]) {
				t.Fatalf("seed %d, round %d: %v, r0 = %#x", seed, round, s.Fault, s.Result)
			}
		}
		// A link that works again is as good as new.
		link.mangle = nil
		if err := c.Connect(t.Context()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if failed > seeds/10 {
		t.Errorf("%d of %d jobs failed: retrying does not work", failed, 4*seeds)
	}
}

// script answers each request with the next of its answers.
type script struct {
	answers []func(request []byte) []byte
	out     []byte
}

func (s *script) Write(p []byte) (int, error) {
	if len(s.answers) > 0 {
		s.out = append(s.out, s.answers[0](p)...)
		s.answers = s.answers[1:]
	}
	return len(p), nil
}

func (s *script) Read(_ context.Context, p []byte) (int, error) {
	if len(s.out) == 0 {
		return 0, wire.ErrSilent
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

func sealed(kind, seq byte, payload []byte) []byte {
	p := []byte{0xb5, 0x4e, kind, seq}
	p = binary.LittleEndian.AppendUint16(p, uint16(len(payload)))
	p = binary.LittleEndian.AppendUint16(p, uint16(crc32.ChecksumIEEE(p[2:])))
	p = append(p, payload...)
	return binary.LittleEndian.AppendUint32(p, crc32.ChecksumIEEE(p[2:]))
}

func fault(f abi.Fault) []byte {
	p := binary.LittleEndian.AppendUint32(nil, uint32(f.Status))
	p = binary.LittleEndian.AppendUint32(p, f.PC)
	return binary.LittleEndian.AppendUint32(p, f.Addr)
}

func TestStrangeAnswers(t *testing.T) {
	always := func(answer func([]byte) []byte) []func([]byte) []byte {
		var all []func([]byte) []byte
		for range 40 {
			all = append(all, answer)
		}
		return all
	}
	for _, test := range []struct {
		name   string
		answer func([]byte) []byte
		want   string
	}{
		{"nothing", func([]byte) []byte { return nil }, "no answer from the firmware to INFO, asked 10 times"},
		{"garbage", func([]byte) []byte { return []byte("Hello, this is a bootloader.\r\n") }, "no answer"},
		{"damage", func(p []byte) []byte {
			q := sealed(0x81, p[3], make([]byte, 40))
			q[20] ^= 4
			return q
		}, "damaged frame"},
		{"oversized", func(p []byte) []byte { return sealed(0x81, p[3], make([]byte, 1025)) }, "damaged frame"},
		{"crash", func(p []byte) []byte { return sealed(0xff, p[3], fault(abi.Fault{Status: -120, PC: 0x8001234})) },
			"the firmware crashed in INFO and restarted: HardFault at 0x8001234"},
		{"bad status", func(p []byte) []byte { return sealed(0x81, p[3], fault(abi.Fault{Status: -103})) }, "unknown command"},
		{"no status", func(p []byte) []byte { return sealed(0x81, p[3], []byte{1}) }, "too few for a status"},
		{"short", func(p []byte) []byte { return sealed(0x81, p[3], make([]byte, 39)) }, "39 bytes, too few"},
		{"version", func(p []byte) []byte {
			q := make([]byte, 40)
			q[12] = 2
			return sealed(0x81, p[3], q)
		}, "speaks version 2"},
		{"names", func(p []byte) []byte {
			q := make([]byte, 40)
			q[12], q[14] = 1, 3
			return sealed(0x81, p[3], q)
		}, "in the middle of a name"},
	} {
		c := wire.NewClient(&script{answers: always(test.answer)})
		if err := c.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %s", test.name, err, test.want)
		}
	}
}

// hung is a link on which nothing ever comes.
type hung struct{}

func (hung) Write(p []byte) (int, error) { return len(p), nil }

func (hung) Read(ctx context.Context, _ []byte) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestHangEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := wire.NewClient(hung{}).Connect(ctx)
	if !errors.Is(err, wire.ErrNoAnswer) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// lossless is a link that tells whether the client would ask again before it answers.
type lossless struct {
	agentLink
	impatient bool
}

func (l *lossless) Lossless() {}

func (l *lossless) Read(ctx context.Context, p []byte) (int, error) {
	_, ends := ctx.Deadline()
	l.impatient = l.impatient || ends
	return l.agentLink.Read(ctx, p)
}

// Where nothing is lost nothing is asked twice, however long an answer takes.
func TestNothingIsAskedTwice(t *testing.T) {
	l := &lossless{}
	connect(t, &l.agentLink)
	c := wire.NewClient(l)
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Run(t.Context(), emu.Job{Engine: "vm", Format: abi.TextOnly, Image: text(exit)}); err != nil || l.impatient {
		t.Errorf("%v; it would have asked again: %v", err, l.impatient)
	}
}

// busy is a link to a device that gets no time: each answer comes after as many waits were in vain as `slow` says.
type busy struct {
	agentLink
	slow, waits int
}

func (l *busy) Read(ctx context.Context, p []byte) (int, error) {
	if l.waits++; l.waits%(l.slow+1) != 0 {
		return 0, context.DeadlineExceeded
	}
	return l.agentLink.Read(ctx, p)
}

// A device that is slow is asked until it answers; one that never answers what takes no time is given up.
func TestPatience(t *testing.T) {
	for _, c := range []struct {
		slow int
		want string
	}{{0, ""}, {8, ""}, {30, ""}, {100, "no answer from the firmware to OPEN"}} {
		l := &busy{}
		connect(t, &l.agentLink)
		slow := wire.NewClient(l)
		if err := slow.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.slow = c.slow
		big := make([]byte, 3000)
		big[2000] = 1
		s, err := slow.Run(t.Context(), emu.Job{Engine: "vm", Format: abi.TextOnly, Image: increment, Context: big})
		switch {
		case c.want == "" && (err != nil || s.Fault.Status != abi.OK):
			t.Errorf("%d waits: %v, %v", c.slow, s.Fault, err)
		case c.want != "" && (!errors.Is(err, wire.ErrNoAnswer) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%d waits: %v; want %s", c.slow, err, c.want)
		}
	}
}

func TestNativeCodeIsFoundInTheFirmware(t *testing.T) {
	c := connect(t, &agentLink{})
	s, err := c.Run(t.Context(), emu.Job{Engine: "native-O2", Kernel: "fletcher16", Context: []byte{1, 0, 0, 0, 5, 0, 0, 0}})
	if err != nil || s.Fault.Status != abi.OK || s.Execute == nil || s.Load != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if s.CodeBytes != 0 {
		t.Errorf("the host has no firmware image, yet native code of %d bytes", s.CodeBytes)
	}
}

// switchLink is a link that can be exchanged.
type switchLink struct{ wire.Link }

var fuzzAgents = sync.OnceValues(agent.New)

func fuzzAgent(t testing.TB) *agent.Agent {
	a, err := fuzzAgents()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Whatever a device sends, the client ends with an error or a sample.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("\xb5\x4e\x81\x01"), uint8(0x81))
	f.Add(make([]byte, 120), uint8(0x87))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		answer := func(p []byte) []byte {
			if len(p) < 4 || len(data) > 1024 {
				return data
			}
			return append(sealed(kind, p[3], data), data...)
		}
		link := &script{}
		for range 80 {
			link.answers = append(link.answers, answer)
		}
		c := wire.NewClient(link)
		_ = c.Connect(t.Context())

		// An agent that was good until now.
		good := &switchLink{Link: &agentLink{}}
		good.Link.(*agentLink).agent = fuzzAgent(t)
		c = wire.NewClient(good)
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		link.out = nil
		good.Link = link
		_, _ = c.Run(t.Context(), emu.Job{Engine: "vm", WantContext: true, WantOutput: true, WantCode: true})
	})
}

func ExampleClient() {
	a, err := agent.New()
	if err != nil {
		panic(err)
	}
	defer func() { _ = a.Close() }()
	c := wire.NewClient(&agentLink{agent: a})
	if err := c.Connect(context.Background()); err != nil {
		panic(err)
	}
	s, err := c.Run(context.Background(), emu.Job{
		Engine: "vm", Format: abi.TextOnly, Image: text([4]int{0xb7, 0, 0, 42}, exit),
	})
	fmt.Println(s.Result, s.Fault.Status, err)
	// Output: 42 ok <nil>
}
