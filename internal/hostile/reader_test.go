// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner/plan"
)

var update = flag.Bool("update", false, "keep other plans")

const keptPlans = "testdata/fuzz/FuzzReaders"

// keep replaces the kept plans by some that lie, that the compiler follows, and of which it makes other code than of the
// honest one.
func keep(t *testing.T, m *redzone.Machine) {
	old, _ := filepath.Glob(keptPlans + "/lie-*")
	for _, file := range old {
		_ = os.Remove(file)
	}
	for n := range 16 {
		p := progen.Numbered(4, n)
		if r, err := m.Begin(p); err != nil || r.Refused || len(p.Text) > 100*8 {
			continue
		}
		l := hostile.New(7, uint64(n))
		l.Begin(p.Text, honest(p), len(p.Maps))
		seen := map[string]bool{}
		for range 3000 {
			data, _ := l.Plan()
			m.Compile(redzone.Options{OnePass: true, Plan: data})
			if code := string(m.Code()); m.Followed() && !seen[code] {
				seen[code] = true
				l.Keep(data)
				if k := len(seen); k%16 == 0 {
					text := fmt.Sprintf("go test fuzz v1\nint(%d)\n[]byte(%q)\n", n, data)
					if err := os.WriteFile(fmt.Sprintf("%s/lie-%d-%d", keptPlans, n, k), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// corpus are plans that were kept: of the fuzzer's files, which programs they are tried on, and they.
func corpus(t testing.TB) map[int][][]byte {
	files, err := filepath.Glob(keptPlans + "/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no kept plans: %v", err)
	}
	form := regexp.MustCompile(`(?s)int\((\d+)\)\n\[\]byte\((".*")\)`)
	kept := map[int][][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := form.FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s is no such file", file)
		}
		n, err := strconv.Atoi(string(m[1]))
		data, err2 := strconv.Unquote(string(m[2]))
		if err != nil || err2 != nil {
			t.Fatal(file, err, err2)
		}
		kept[n] = append(kept[n], []byte(data))
	}
	return kept
}

// disagree says in what the readers of plans, in Go and in C, differ about one: what one follows, the other reads, and
// what that has read says the same when it is written again.
func disagree(m *redzone.Machine, p progen.Program, data []byte) string {
	compiled := func(data []byte) (code []byte, followed bool) {
		m.Compile(redzone.Options{OnePass: true, Plan: data})
		return bytes.Clone(m.Code()), m.Followed()
	}
	functions := plan.Functions(p.Text, nil)
	read, err := plan.Decode(data, p.Text, functions, len(p.Maps))
	code, followed := compiled(data)
	if err != nil {
		if followed && !strings.Contains(err.Error(), "behind its end") {
			return fmt.Sprintf("the compiler follows it; %v", err)
		}
		return ""
	}
	again, err := read.Encode(p.Text, functions)
	if err != nil {
		return fmt.Sprintf("it is read, and not written: %v", err)
	}
	if same, other := compiled(again); followed != other || !bytes.Equal(code, same) {
		return fmt.Sprintf("followed: %v; written again as %x: %v, %s", followed, again, other, m.Verdict())
	}
	return ""
}

// TestKept runs programs by plans that were kept; -update keeps others.
func TestKept(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	if *update {
		keep(t, m)
	}
	kept, followed := 0, 0
	for n, plans := range corpus(t) {
		for _, data := range plans {
			p := progen.Numbered(4, n)
			r, err := m.Compare(p, redzone.Options{OnePass: true, Plan: data})
			if err != nil {
				t.Fatal(err)
			}
			if r.Difference != "" {
				t.Errorf("program %d: %s\ntext %x\nplan %x", n, r.Difference, p.Text, data)
			}
			if kept++; m.Followed() {
				followed++
			}
		}
	}
	t.Logf("%d kept, %d followed", kept, followed)
}

// TestReadersAgree compares the readers on kept plans and on plans that lie.
func TestReadersAgree(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	try := func(n int, p progen.Program, plans [][]byte) {
		if r, err := m.Begin(p); err != nil || r.Refused {
			return
		}
		for _, data := range plans {
			if s := disagree(m, p, data); s != "" {
				t.Errorf("program %d: %s\ntext %x\nplan %x", n, s, p.Text, data)
				return
			}
		}
	}
	for n, plans := range corpus(t) {
		try(n, progen.Numbered(4, n), plans)
	}
	l := hostile.New(6, 6)
	for n := range testenv.Number(t, "UBENCH_READERS", 20) {
		p := progen.Numbered(4, n)
		l.Begin(p.Text, honest(p), len(p.Maps))
		var plans [][]byte
		for range 200 {
			data, _ := l.Plan()
			plans = append(plans, data)
		}
		try(n, p, plans)
	}
}

// TestReaderEnds has each kind of what is said about an instruction be of a variable that there is not, at each bit of a plan: once the
// reader of a device came to no end.
func TestReaderEnds(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	p := short(4, 1)[0]
	if r, err := m.Begin(p.Program); err != nil || r.Refused {
		t.Fatal(r, err)
	}
	for bit := range 8*len(p.honest) - 10 {
		for kind := range 8 {
			data := bytes.Clone(p.honest)
			for i, v := 0, 0x300|kind<<5|0x1f; i < 10; i++ {
				mask := byte(0x80) >> ((bit + i) % 8)
				data[(bit+i)/8] &^= mask
				if v>>(9-i)&1 != 0 {
					data[(bit+i)/8] |= mask
				}
			}
			if r := m.Compile(redzone.Options{OnePass: true, Plan: data}); r.Difference != "" {
				t.Fatalf("bit %d, kind %d: %s\nplan %x", bit, kind, r.Difference, data)
			}
		}
	}
}

// FuzzReaders looks for plans that the readers differ about.
func FuzzReaders(f *testing.F) {
	for n := range 12 {
		if h := honest(progen.Numbered(4, n)); h != nil {
			f.Add(n, h)
		}
	}
	m := machine(f, unicorn.CortexM4)
	f.Fuzz(func(t *testing.T, n int, data []byte) {
		p := progen.Numbered(4, n&0xffff)
		if r, err := m.Begin(p); err != nil || r.Refused || len(data) == 0 {
			return
		}
		if s := disagree(m, p, data); s != "" {
			t.Errorf("%s\ntext %x", s, p.Text)
		}
	})
}

// TestReaderSanitized compiles programs by kept plans and by plans that lie, under AddressSanitizer and
// UndefinedBehaviorSanitizer. UBENCH_SANITIZED says how many programs.
func TestReaderSanitized(t *testing.T) {
	if !testenv.Whole() {
		t.Skip("UBENCH_TESTS=all has it")
	}
	b := &hostile.Builder{Root: "../..", Dir: t.TempDir(), Flags: []string{"-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"}}
	path, err := b.Build("read", nil, []string{"testdata/read.c", filepath.Join(b.Root, "verify/verify.c")})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(in)
	u32 := func(v int) { _ = binary.Write(w, binary.LittleEndian, uint32(v)) }
	write := func(text []byte, plans [][]byte) {
		u32(len(text) / 8)
		_, _ = w.Write(text)
		u32(len(plans))
		for _, data := range plans {
			u32(len(data))
			_, _ = w.Write(data)
		}
	}
	for n, plans := range corpus(t) {
		write(progen.Numbered(4, n).Text, plans)
	}
	l := hostile.New(8, 8)
	for n := range testenv.Number(t, "UBENCH_SANITIZED", 12) {
		p := progen.Numbered(8, n)
		l.Begin(p.Text, honest(p), len(p.Maps))
		var plans [][]byte
		for range 100 {
			data, _ := l.Plan()
			plans = append(plans, data)
		}
		write(p.Text, plans)
	}
	_, _ = w.Flush(), in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	t.Log(strings.TrimSpace(out.String()))
}
