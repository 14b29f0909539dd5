// SPDX-License-Identifier: GPL-2.0-or-later

package campaign_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/linux"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// limit ends what a wrong compiler makes of a program: instructions, far more than any takes.
const limit = 20_000_000

func open[T emu.Target](t testing.TB) func(target T, err error) emu.Target {
	return func(target T, err error) emu.Target {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = target.Close() })
		return target
	}
}

// lanes are what is compared with the interpreter on the host, which comes first.
func lanes(t testing.TB) []campaign.Lane {
	ctx := context.Background()
	desk := open[*host.Target](t)(host.New(ctx))
	m4 := open[*unicorn.Target](t)(unicorn.Open(ctx, unicorn.Options{Limit: limit}))
	m3 := open[*unicorn.Target](t)(unicorn.Open(ctx, unicorn.Options{Name: "unicorn:cortex-m3", Core: unicorn.CortexM3, Limit: limit}))
	list := []campaign.Lane{
		{Target: desk, Engine: "vm", Every: 1},
		{Target: m4, Engine: "jit", Every: 1},
		{Target: m3, Engine: "jit", Every: 8},
		{Target: m4, Engine: "jit-compact", Every: 8},
		{Target: m4, Engine: "jit-plan", Every: 1},
		{Target: m3, Engine: "jit-plan", Every: 8},
		{Target: m4, Engine: "vm", Every: 2},
		{Target: m3, Engine: "vm", Every: 16},
		{Target: m4, Engine: "vm-portable", Every: 16},
		{Target: desk, Engine: "femto", Every: 4},
		{Target: desk, Engine: "rbpf", Every: 4},
	}
	if _, _, err := qemu.Find(ctx); err == nil {
		machine := open[*qemu.Target](t)(qemu.Open(ctx, qemu.Options{Machine: "netduinoplus2"}))
		list = append(list, campaign.Lane{Target: machine, Engine: "jit", Every: 1000})
	}
	return list
}

// part is what UBENCH_SHARD=I/N leaves to this computer; all if it is not set.
func part(t *testing.T) *bench.Shard {
	shard, err := bench.ParseShard(os.Getenv("UBENCH_SHARD"))
	if err != nil {
		t.Fatal("UBENCH_SHARD: ", err)
	}
	return shard
}

// TestCampaign runs generated programs on all lanes. UBENCH_CAMPAIGN says how many, UBENCH_CAMPAIGN_SEED which, and
// UBENCH_SHARD=I/N which part of them: the same programs, whatever N is.
func TestCampaign(t *testing.T) {
	compare(t, testenv.Many(t, "UBENCH_CAMPAIGN", 500, 2000), progen.Numbered)
}

// TestCampaignMaps does so with programs that have maps, as images with plans. UBENCH_CAMPAIGN_MAPS says how many.
func TestCampaignMaps(t *testing.T) {
	compare(t, testenv.Many(t, "UBENCH_CAMPAIGN_MAPS", 40, 100), progen.WithMaps)
}

func compare(t *testing.T, programs int, numbered func(campaign uint64, i int) progen.Program) {
	number := testenv.Number(t, "UBENCH_CAMPAIGN_SEED", 1)
	ctx := context.Background()
	all := lanes(t)
	compared, lacking, outcomes := make([]int, len(all)), make([]int, len(all)), map[string]int{}
	differences, start := 0, time.Now()
	first, end := part(t).Range(programs)
	for i := first; i < end; i++ {
		program := numbered(uint64(number), i)
		job, err := campaign.Job(program)
		if err != nil {
			t.Fatalf("program %d: %v", i, err)
		}
		want, err := all[0].Run(ctx, job)
		if err == nil {
			err = campaign.Contents(program, &want)
		}
		if err != nil {
			t.Fatalf("program %d: %v", i, err)
		}
		outcomes[want.Fault.Status.Name()]++
		for k, lane := range all[1:] {
			if i%lane.Every != 0 {
				continue
			}
			got, err := lane.Run(ctx, job)
			if err == nil {
				err = campaign.Contents(program, &got)
			}
			difference := campaign.Difference(want, got)
			switch {
			case err != nil:
				difference = err.Error()
			case campaign.NoRoom(got), campaign.Lacks(got) && !strings.HasPrefix(lane.Engine, "jit"):
				lacking[k+1]++
				continue
			}
			compared[k+1]++
			if difference == "" {
				continue
			}
			differences++
			t.Errorf("program %d, %s: %s\ncontext %x\ntext %x", i, lane, difference, job.Context, program.Text)
		}
		if differences > 20 {
			break
		}
		if i%100_000 == 99_999 {
			t.Logf("%d programs, %d differences, %v", i+1, differences, time.Since(start).Round(time.Second))
		}
	}
	t.Logf("seed %d, %d programs on vm on host: %v, in %v", number, programs, outcomes, time.Since(start).Round(time.Second))
	for k, lane := range all[1:] {
		t.Logf("%-28s %9d compared, %d not supported", lane, compared[k+1], lacking[k+1])
	}
	t.Logf("%d differences", differences)
}

// same runs a program on all lanes, which must agree, and returns how it ended.
func same(t *testing.T, all []campaign.Lane, program progen.Program) (want emu.Outcome) {
	t.Helper()
	job, err := campaign.Job(program)
	if err != nil {
		t.Fatal(err)
	}
	for k, lane := range all {
		got, err := lane.Run(t.Context(), job)
		if err != nil {
			t.Fatalf("%s: %v", lane, err)
		}
		if k == 0 {
			want = got
		} else if difference := campaign.Difference(want, got); difference != "" && !campaign.Lacks(got) {
			t.Errorf("%s: %s", lane, difference)
		}
	}
	return want
}

// TestFormats prints by constant formats, of which the compiler counts the arguments.
func TestFormats(t *testing.T) {
	all := lanes(t)
	slot := func(op, dst byte, imm uint32) []byte {
		return binary.LittleEndian.AppendUint32([]byte{op, dst, 0, 0}, imm)
	}
	for format, want := range map[string]string{
		"\x00": "", "a\x00": "a", "%d\x00": "2", "%%%d\x00": "%2", "%%%%%%%d\x00": "%%%2", "%d %u %x %d\x00": "2 3 4 5",
		"%d%d%d%d%d\x00": "2345%d", "%ld%5d|%-3d|\x00": "2    3|4  |", "%\x00": "%", "%q%d\x00": "%q2", "%d%d%d%d": "2345",
	} {
		t.Run(format, func(t *testing.T) {
			p := progen.Program{Rodata: []byte(format), Budget: 1, Addresses: []image.Address{{Slot: 0, Section: image.Rodata}}}
			p.Text = append(slot(0x18, 1, 0), slot(0, 0, 0)...)
			for r := byte(2); r <= 5; r++ {
				p.Text = append(p.Text, slot(0xb7, r, uint32(r))...)
			}
			p.Text = append(append(p.Text, slot(0x85, 0, 1)...), slot(0x95, 0, 0)...)
			sample := same(t, all, p)
			if sample.Fault.Status != abi.OK {
				t.Errorf("%v", sample.Fault)
			}
			if !strings.Contains(string(sample.Output), want) {
				t.Errorf("prints %q, want %q", sample.Output, want)
			}
		})
	}
}

// TestKernel compares engines with Linux, on programs its verifier admits. UBENCH_CAMPAIGN says how
// many there are, and UBENCH_CAMPAIGN_SEED which.
func TestKernel(t *testing.T) {
	if err := linux.Available(); err != nil {
		t.Skip("no eBPF of the kernel: ", err)
	}
	programs, number := testenv.Number(t, "UBENCH_CAMPAIGN", 1000), testenv.Number(t, "UBENCH_CAMPAIGN_SEED", 1)
	all := lanes(t)[:2] // vm on the host, jit on Cortex-M4
	refused := 0
	for i := range programs {
		program := progen.Generate(progen.Seed(uint64(number), i), progen.Features{Plain: true})
		r0, after, err := linux.Run(program.Text, program.Context)
		if errors.Is(err, linux.ErrRefused) {
			refused++
			continue
		}
		if err != nil {
			t.Fatalf("program %d: %v", i, err)
		}
		ours := same(t, all, program)
		if ours.Fault.Status != abi.OK || uint32(ours.Result) != r0 || !bytes.Equal(ours.Context, after) {
			t.Errorf("program %d: %v, %#x, %x; Linux: %#x, %x\ntext %x", i, ours.Fault, ours.Result, ours.Context, r0, after, program.Text)
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("seed %d: %d programs compared with Linux, %d refused by it", number, programs-refused, refused)
	if refused > programs/2 {
		t.Errorf("Linux refused %d of %d programs", refused, programs)
	}
}
