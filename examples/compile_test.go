// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// variants are ways of compiling a program that must all give the same results.
func variants(flags ...[]string) (all [][]string) {
	for _, cpu := range []string{"v1", "v2", "v3", "v4"} {
		for _, flags := range flags {
			all = append(all, append([]string{"-mcpu=" + cpu}, flags...))
		}
	}
	return all
}

// compile runs clang, which not every machine has.
func compile(t *testing.T, source string, flags []string) []byte {
	t.Helper()
	clang := ""
	for _, name := range []string{"clang-19", "clang-18", "clang-17", "clang-16", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			clang = path
			break
		}
	}
	if clang == "" {
		t.Skip("no clang")
	}
	object := filepath.Join(t.TempDir(), "program.o")
	args := append([]string{"--target=bpfel", "-Iinclude", "-c", source, "-o", object}, flags...)
	if out, err := exec.Command(clang, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", clang, args, err, out)
	}
	data, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whatever the instruction set and the optimisation, with debug information or without, an example
// loads and does the same.
func TestVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles every example 8 times")
	}
	target, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	for i, e := range examples.All() {
		for k, flags := range variants([]string{"-O2", "-g"}, []string{"-Oz"}) {
			if !testenv.Share(i+k, 6) {
				continue
			}
			p, err := image.LoadObject(e.Name, compile(t, filepath.Join(e.Folder, e.Name+".bpf.c"), flags), "")
			if err != nil {
				t.Errorf("%v: %v", flags, err)
				continue
			}
			runIn(t, target, "vm", p, e)
		}
	}
}

// everything.c has all that objects can hold: its result is computed by hand.
func TestEverything(t *testing.T) {
	target, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	e := examples.Example{
		Name: "everything", Context: make([]byte, 5), Result: 27 + 3 + 9 + 2 + 9 + 2 + 6, Printed: "hello three 5\n",
	}
	for _, flags := range variants([]string{"-O1"}, []string{"-O2", "-g"}, []string{"-Os", "-g"}, []string{"-Oz"}) {
		p, err := image.LoadObject("everything.o", compile(t, "../image/testdata/objects/everything.c", flags), "everything")
		if err != nil {
			t.Errorf("%v: %v", flags, err)
			continue
		}
		runIn(t, target, "vm", p, e)
	}
}

// TestHeaders compiles each header that ubench build brings by itself and in front of the header of helpers, as strictly as
// clang can.
func TestHeaders(t *testing.T) {
	found := 0
	err := fs.WalkDir(examples.Include, "include/plain", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		header := "#include <" + strings.TrimPrefix(name, "include/plain/") + ">\n"
		const helpers = "#include \"bpf_helpers.h\"\n"
		texts := []string{header + helpers}
		if testenv.Whole() {
			texts = append(texts, header)
		}
		for _, text := range texts {
			source := filepath.Join(t.TempDir(), "program.c")
			if err := os.WriteFile(source, []byte(text+"int prog(void *context);\nint prog(void *context) { return !context; }\n"), 0o600); err != nil {
				return err
			}
			compile(t, source, []string{"-O2", "-Wall", "-Wextra", "-Werror", "-nostdlibinc", "-isystem", "include/plain"})
		}
		return nil
	})
	if err != nil || found < 8 {
		t.Errorf("%d headers: %v", found, err)
	}
}

// TestPacketHeaders reads a packet by the names that Linux has for its fields.
func TestPacketHeaders(t *testing.T) {
	const program = `#include <endian.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
struct packet { struct ethhdr eth; struct iphdr ip; struct udphdr udp; } __attribute__((packed));
_Static_assert(sizeof(struct packet) == 42, "as on the wire");
long prog(struct packet *p, unsigned long n)
{
	if (n < sizeof *p || be16toh(p->eth.h_proto) != ETH_P_IP || p->ip.version != 4 || p->ip.ihl != 5 || p->ip.protocol != IPPROTO_UDP)
		return -EINVAL;
	return be16toh(p->udp.dest);
}
`
	source := filepath.Join(t.TempDir(), "program.c")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := image.LoadObject("program.o", compile(t, source, []string{"-O2", "-nostdlibinc", "-isystem", "include/plain"}), "")
	if err != nil {
		t.Fatal(err)
	}
	target, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	packet := make([]byte, 42)
	packet[12], packet[14], packet[23], packet[36], packet[37] = 8, 0x45, 17, 0x16, 0x33
	runIn(t, target, "vm", p, examples.Example{Name: "packet", Context: packet, Result: 5683})
	packet[23] = 6
	runIn(t, target, "vm", p, examples.Example{Name: "other packet", Context: packet, Result: 1<<64 - 22})
}

// runIn runs a program in all formats it can have.
func runIn(t *testing.T, target emu.Target, engine string, p *image.Program, e examples.Example) (ran int) {
	t.Helper()
	trace, err := abi.ParseTrace(e.Trace)
	if err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	for _, format := range abi.Formats() {
		data, err := p.Encode(format)
		if errors.Is(err, image.ErrUnsupported) {
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		s, err := target.Run(context.Background(), emu.Job{
			Engine: engine, Format: format, Image: data, Entry: p.EntryIndex(format), Context: e.Context, Trace: trace,
			WantContext: true, WantOutput: true, Unsafe: true,
		})
		if err != nil {
			t.Fatalf("%s: %s: %s: %v", e.Name, engine, format, err)
		}
		if s.Fault.Status == abi.StatusUnsupported {
			continue
		}
		ran++
		check(t, e, engine+": "+format.String(), s)
	}
	return ran
}
