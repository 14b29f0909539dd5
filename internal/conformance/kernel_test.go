// SPDX-License-Identifier: GPL-2.0-or-later

package conformance_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"

	"ubench/abi"
	"ubench/internal/conformance"
)

// sleepable is BPF_F_SLEEPABLE, which programs of type syscall are.
const sleepable = 1 << 4

// TestKernel asks Linux, which knows nothing of this project, about all programs its verifier admits.
// Programs of type syscall get a context of any bytes, and may write to it.
func TestKernel(t *testing.T) {
	if err := rlimit.RemoveMemlock(); err != nil {
		t.Skip("bpf(2) is refused: ", err)
	}
	if _, err := kernel(&conformance.Program{Text: []byte{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}}); err != nil {
		t.Skip("bpf(2) is refused: ", err)
	}
	programs, cases, refused := 0, 0, map[string]int{}
	all := conformance.All()
	for i := range all {
		p := &all[i]
		if p.Fault.Status != abi.OK || p.Group == "calls" {
			continue // what Linux has other rules for
		}
		complaint, err := kernel(p)
		if err != nil {
			refused[p.Group]++
			if os.Getenv("UBENCH_KERNEL_LOG") != "" {
				t.Logf("%s, %s: %v", p.Group, p.Name, err)
			}
			continue
		}
		if complaint != "" {
			t.Errorf("%s, %s: %s", p.Group, p.Name, complaint)
		}
		programs++
		cases += p.Count()
	}
	t.Logf("%d programs, %d cases; refused by the kernel's verifier: %v", programs, cases, refused)
	if cases < 10_000 {
		t.Errorf("the kernel ran %d cases", cases)
	}
}

// kernel runs a program and says in what it differs; an error if it is not admitted.
func kernel(p *conformance.Program) (string, error) {
	text, err := asm.AppendInstructions(nil, bytes.NewReader(p.Text), binary.LittleEndian, "linux")
	if err != nil {
		return "", err
	}
	program, err := ebpf.NewProgramWithOptions(&ebpf.ProgramSpec{
		Type: ebpf.Syscall, Flags: sleepable, Instructions: text, License: "GPL",
	}, ebpf.ProgramOptions{LogDisabled: true})
	if err != nil {
		return "", err
	}
	defer program.Close()
	options := ebpf.RunOptions{}
	if len(p.Context) > 0 {
		options.Context, options.ContextOut = p.Context, make([]byte, len(p.Context))
	}
	result, err := program.Run(&options)
	if errors.Is(err, ebpf.ErrNotSupported) || (err != nil && strings.Contains(err.Error(), "argument list")) {
		return "", err
	}
	if err != nil {
		return err.Error(), nil
	}
	if result != uint32(p.Result) {
		return "r0", nil
	}
	if out, ok := options.ContextOut.([]byte); ok {
		return p.CheckContext(out), nil
	}
	return "", nil
}
