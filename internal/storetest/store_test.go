// SPDX-License-Identifier: GPL-2.0-or-later

package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func open(t testing.TB, areaBytes, areas int) *Store {
	t.Helper()
	s := New(areaBytes, areas)
	t.Cleanup(func() {
		if s.Violated() {
			t.Error("flash was used as flash cannot be")
		}
		s.Close()
	})
	if err := s.Mount(); err != nil {
		t.Fatal(err)
	}
	return s
}

// put writes a program in pieces that are no multiples of a word.
func put(s *Store, name string, sequence uint32, contents string, trial bool) error {
	if err := s.Begin(name, sequence, len(contents), trial); err != nil {
		return err
	}
	for piece := range slices.Chunk([]byte(contents), 7) {
		if err := s.Append(piece); err != nil {
			return err
		}
	}
	return s.Commit()
}

// state is all that can be seen, in words; the list and each name by itself have to agree.
func state(t testing.TB, s *Store) string {
	t.Helper()
	var lines []string
	for _, e := range s.All() {
		if again, err := s.Find(e.Name); err != nil || again != e {
			t.Fatalf("listed %v, found %v, %v", e, again, err)
		}
		trial := ""
		if e.Trial {
			trial = " on trial"
		}
		lines = append(lines, fmt.Sprintf("%s %d%s %.8s…%d", e.Name, e.Sequence, trial, e.Contents, len(e.Contents)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

type step struct {
	name string
	do   func(*Store) error
}

func putting(name string, sequence uint32, length int, trial bool) step {
	contents := strings.Repeat(fmt.Sprintf("%s-%d;", name, sequence), length)[:length]
	text := fmt.Sprintf("put %s %d", name, sequence)
	if trial {
		text += " on trial"
	}
	return step{text, func(s *Store) error { return put(s, name, sequence, contents, trial) }}
}

// life is what programs go through. The area is so small that it fills up on the way, at several of the steps.
var life = []step{
	putting("a", 1, 101, false),
	putting("b", 7, 64, false),
	putting("a", 2, 90, true),
	{"confirm a", func(s *Store) error { return s.Confirm("a") }},
	putting("a", 3, 99, true),
	{"revoke a", func(s *Store) error { return s.Revoke("a") }},
	putting("c", 1, 0, false),
	putting("a", 4, 60, true),
	putting("a", 5, 61, true),
	putting("b", 8, 62, true), // fills up while two are on trial
	{"revoke a again", func(s *Store) error { return s.Revoke("a") }},
	{"remove c", func(s *Store) error { return s.Remove("c") }},
	putting("b", 9, 63, false),
	putting("c", 1, 3, false), // removed, and there again
	{"remove a", func(s *Store) error { return s.Remove("a") }},
	putting("d", 1, 120, false),
	putting("d", 2, 120, true),
	putting("e", 1, 100, false),
	{"revoke d", func(s *Store) error { return s.Revoke("d") }},
	putting("e", 2, 100, false),
}

const lifeEnds = "b 9 b-9;b-9;…63\nc 1 c-1…3\nd 1 d-1;d-1;…120\ne 2 e-2;e-2;…100"

const areaBytes, areas = 768, 3

// Power fails at every single write of every step, in every way of tearing it: the state is the one before or the one after
// the step. Then, where it was the one before, at every write again while the step is repeated; and then life goes on.
func TestPowerCutAtEveryWrite(t *testing.T) {
	s := open(t, areaBytes, areas)
	cuts, moves := 0, 0
	for i, step := range life {
		before, flash := state(t, s), bytes.Clone(s.Flash())
		start, erased := s.Writes(), s.Erases()
		if err := step.do(s); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		writes := s.Writes() - start
		after, flashAfter := state(t, s), bytes.Clone(s.Flash())
		if !slices.Equal(erased, s.Erases()) {
			moves++
		}

		// cut repeats the step from where flash is, with a cut, and returns whether it came through.
		cut := func(at, tear int) bool {
			t.Helper()
			s.Cut(at, tear)
			err := step.do(s)
			if err := s.Mount(); err != nil {
				t.Fatalf("%s, cut at %d of %d: %v", step.name, at, writes, err)
			}
			cuts++
			switch got := state(t, s); {
			case got == after:
				return true
			case got == before && err != nil:
				return false
			default:
				t.Fatalf("%s, cut at %d of %d, tear %d, %v:\n%s\nis neither\n%s\nnor\n%s", step.name, at, writes, tear, err, got, before, after)
			}
			return false
		}
		goOn := func() {
			t.Helper()
			for _, next := range life[i+1:] {
				if err := next.do(s); err != nil {
					t.Fatalf("%s was cut; later %s: %v", step.name, next.name, err)
				}
			}
			if got := state(t, s); got != lifeEnds {
				t.Fatalf("%s was cut; in the end there is\n%s", step.name, got)
			}
		}
		reset := func(to []byte) {
			t.Helper()
			copy(s.Flash(), to)
			if err := s.Mount(); err != nil {
				t.Fatal(err)
			}
		}
		for at := range writes {
			for tear := range Tears {
				reset(flash)
				through := cut(at, tear)
				torn := bytes.Clone(s.Flash())
				if !through {
					if err := step.do(s); err != nil {
						t.Fatalf("%s, cut at %d of %d, cannot be repeated: %v", step.name, at, writes, err)
					}
				}
				goOn()
				if !through { // something else instead, which does not write the same bytes to the same place
					reset(torn)
					other := strings.TrimPrefix(before+"\nx 1 else…4", "\n")
					if err := put(s, "x", 1, "else", false); err != nil || state(t, s) != other {
						t.Fatalf("%s, cut at %d of %d; then something else: %v\n%s", step.name, at, writes, err, state(t, s))
					}
				}
				if through || tear != Tears-1 {
					continue
				}
				for again := 0; ; again++ {
					reset(torn)
					count := s.Writes()
					through := cut(again, tear)
					if through || s.Writes()-count <= again {
						break
					}
				}
			}
		}
		reset(flashAfter)
	}
	t.Logf("%d cuts in %d steps, %d of which moved to another area", cuts, len(life), moves)
	if moves < 3 {
		t.Errorf("only %d steps moved to another area: the areas are too large for this test", moves)
	}
	if got := state(t, s); got != lifeEnds {
		t.Errorf("in the end there is\n%s", got)
	}
}

// Power fails while an empty flash is made a store, and while one is made of rubbish.
func TestPowerCutAtFirstUse(t *testing.T) {
	for _, fill := range []byte{0xff, 0x00, 0xa5} {
		for at := range 5 {
			for tear := range Tears {
				s := New(areaBytes, areas)
				for i := range s.Flash() {
					s.Flash()[i] = fill
				}
				_ = s.Mount() // the power is on again; what is cut is the next one
				for i := range s.Flash() {
					s.Flash()[i] = fill
				}
				s.Cut(at, tear)
				_ = s.remount()
				if err := s.Mount(); err != nil {
					t.Fatal(err)
				}
				if err := put(s, "a", 1, "first", false); err != nil || state(t, s) != "a 1 first…5" || s.Violated() {
					t.Errorf("filled with %#x, cut at %d: %v, %q, %v", fill, at, err, state(t, s), s.Violated())
				}
				s.Close()
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	s := open(t, areaBytes, 2)
	if err := put(s, "a", 5, "five", false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"an older one", func() error { return put(s, "a", 4, "four", false) }, ErrOld},
		{"the same one", func() error { return put(s, "a", 5, "FIVE", false) }, ErrOld},
		{"no name", func() error { return put(s, "", 1, "", false) }, ErrName},
		{"a long name", func() error { return put(s, strings.Repeat("n", 17), 1, "", false) }, ErrName},
		{"larger than an area", func() error { return s.Begin("b", 1, areaBytes, false) }, ErrFull},
		{"2^31-1 bytes", func() error { return s.Begin("b", 1, 1<<31-1, false) }, ErrFull},
		{"2^32-1 bytes", func() error { return s.Begin("b", 1, 1<<32-1, false) }, ErrFull},
		{"append to nothing", func() error { return s.Append([]byte("x")) }, ErrOrder},
		{"commit of nothing", func() error { return s.Commit() }, ErrOrder},
		{"too much", func() error { return errors.Join(s.Begin("b", 1, 3, false), s.Append([]byte("four"))) }, ErrOrder},
		{"too little", func() error { return errors.Join(s.Begin("b", 1, 3, false), s.Append([]byte("tw")), s.Commit()) }, ErrOrder},
		{"remove what is not there", func() error { return s.Remove("b") }, ErrNone},
		{"confirm what is not there", func() error { return s.Confirm("b") }, ErrNone},
		{"confirm what is not on trial", func() error { return s.Confirm("a") }, ErrNone},
		{"revoke what is not on trial", func() error { return s.Revoke("a") }, ErrNone},
		{"revoke the first", func() error { return errors.Join(put(s, "t", 1, "", true), s.Revoke("t")) }, ErrNone},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if got := state(t, s); got != "a 5 five…4\nt 1 on trial …0" {
		t.Errorf("afterwards there is\n%s", got)
	}
	// What does not fit costs no erase, however often it is tried.
	before := s.Erases()
	for range 100 {
		if err := s.Begin("big", 1, areaBytes-150, false); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	if !slices.Equal(before, s.Erases()) {
		t.Errorf("erased %v times, before %v", s.Erases(), before)
	}
}

// A bit that is lost later makes a record not count: the one before does, as long as it is there.
func TestLostBit(t *testing.T) {
	s := open(t, areaBytes, 2)
	for i, text := range []string{"the old one", "the new one"} {
		if err := put(s, "a", uint32(i+1), text, false); err != nil {
			t.Fatal(err)
		}
	}
	at := bytes.Index(s.Flash(), []byte("the new one"))
	s.Flash()[at] &^= 4
	if err := s.Mount(); err != nil {
		t.Fatal(err)
	}
	if got := state(t, s); got != "a 1 the old …11" {
		t.Errorf("there is\n%s", got)
	}
}

func TestWear(t *testing.T) {
	s := open(t, 4096, 4)
	for i := range uint32(10000) {
		if err := put(s, "a", i+1, strings.Repeat("x", 300), false); err != nil {
			t.Fatal(err)
		}
	}
	n := s.Erases()
	if slices.Max(n)-slices.Min(n) > 1 {
		t.Errorf("areas were erased %v times", n)
	}
	t.Logf("10000 programs of 300 bytes: areas of 4 KB were erased %v times", n)
}

// FuzzFlash: whatever flash holds, mounting and writing work, and stay within it.
func FuzzFlash(f *testing.F) {
	s := open(f, 512, 2)
	f.Add([]byte{})
	for _, step := range life[:5] {
		if err := step.do(s); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(s.Flash()))
	}
	f.Fuzz(func(t *testing.T, flash []byte) {
		s := New(512, 2)
		defer s.Close()
		copy(s.Flash(), flash)
		if err := s.Mount(); err != nil {
			t.Fatal(err)
		}
		state(t, s)
		err := put(s, "new", 1<<32-1, "contents", false)
		if e, found := s.Find("new"); err == nil && (found != nil || e.Contents != "contents") {
			t.Fatalf("written, and then %v, %v", e, found)
		}
		if s.Violated() {
			t.Fatal("flash was used as flash cannot be")
		}
	})
}
