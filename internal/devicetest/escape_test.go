// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"os"
	"strconv"
	"testing"

	"github.com/ubench-dev/ubench/abi"
)

// many is how often a test that can go on for ever does what it does: `few`, or what the variable says.
func many(t testing.TB, variable string, few int) int {
	if text := os.Getenv(variable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", variable, err)
		}
		return n
	}
	return few
}

// Random bytes run as code. However they end, nothing outside their compartment changes and the firmware goes on.
// UBENCH_RANDOM_CODE=1000000 runs a million on each board, UBENCH_RANDOM_SEED others.
func TestRandomCode(t *testing.T) {
	n, seed := many(t, "UBENCH_RANDOM_CODE", 500), many(t, "UBENCH_RANDOM_SEED", 1)
	for _, board := range Some() {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			d := Boot(t, board, batchShift)
			victim := d.Guarded(t)
			digest := d.Watch(t, victim)
			var ends Ends
			for at := many(t, "UBENCH_RANDOM_FROM", 0); at < n; at += perRequest {
				request := []byte{testRandom, byte(victim), 0, 0}
				request = le.AppendUint32(request, uint32(seed*1_000_000_000+at))
				p := d.ask(t, le.AppendUint32(request, uint32(min(perRequest, n-at))))
				if ends.add(p); ends.Changed != 0 {
					t.Fatalf("batch from %d: %d changed something outside their compartment", at, ends.Changed)
				}
			}
			t.Logf("%d: %v", n, ends)
			if ends.Count[1] == 0 || ends.Count[3] == 0 {
				t.Error("they do not try")
			}
			if now := d.Watch(t, victim); now != digest {
				t.Error("something outside the compartment changed")
			}
			works(t, d, victim-1)
			works(t, d, victim+1)
			if i := d.info(t); i.Panic != abi.OK {
				t.Errorf("the firmware faulted: %v", i.Panic)
			}
		})
	}
}

// tries are programs that leave their memory, each in a way a compiler without checks does not stop: by every kind of
// access, at addresses near and far, computed at run time so that nothing can be known when it is compiled.
func try(kind, size, where uint64, symbol uint32) (image, context []byte) {
	ops := map[uint64]byte{0: 0x71, 1: 0x69, 2: 0x61, 3: 0x79} // loads of 1, 2, 4, 8 bytes
	stores := map[uint64]byte{0: 0x73, 1: 0x6b, 2: 0x63, 3: 0x7b}
	context = le.AppendUint64(nil, uint64(symbol)+where)
	get := load64(2, 1, 0)
	if where%3 == 1 { // by the distance from its own context
		get = program(load64(2, 1, 0), slot(0x1f, 2, 1, 0, 0), slot(0x0f, 2, 1, 0, 0))
	}
	switch kind % 6 {
	case 0:
		image = program(get, slot(ops[size%4], 0, 2, 0, 0), exit())
	case 1:
		image = program(get, movImm(3, -1), slot(stores[size%4], 2, 3, 0, 0), movImm(0, 0), exit())
	case 2:
		image = program(get, movImm(3, 1), slot([]byte{0xc3, 0xdb}[size%2], 2, 3, 0, []int32{0, 1, 0x40, 0xe1}[where%4]), movImm(0, 0), exit())
	case 3: // from r10 downward, further than the frame
		image = program(get, mov(3, 10), slot(0x1f, 3, 2, 0, 0), slot(stores[size%4], 3, 2, 0, 0), movImm(0, 0), exit())
	case 4: // a callx to it
		image = program(get, slot(0x8d, 2, 0, 0, 0), exit())
	case 5: // a walk over what lies behind the context
		image = program(mov(2, 1), movImm(3, -1), slot(stores[size%4], 2, 3, 0, 0), addImm(2, int32(1<<(where%10))), jump(-3), exit())
	}
	return image, context
}

// Programs that escape, compiled without checks, behind the walls. UBENCH_ESCAPES=100000 tries so many.
// internal/jittest has those that are written to escape a compiler with checks.
func TestEscapesWithoutChecks(t *testing.T) {
	n := many(t, "UBENCH_ESCAPES", 200)
	for _, board := range one() {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			at := symbols(t, ELF(t, board, true))
			d := Boot(t, board, batchShift)
			before, err := d.State(t.Context(), d.Guarded(t)-1)
			if err != nil {
				t.Fatal(err)
			}
			d.stop()
			targets := []uint32{
				before.BlockAddr, before.BlockAddr + before.BlockBytes - 8, before.CodeAddr, at["os_kernel"], at["console"],
				at["board_stack_top"] - 64, at["board_vectors"], at["board_main"], at["board_shared_start"], at["os_ways"],
				0, 0x10000000, 0x1ffffff8, 0x20000000, 0x2001fff8, 0x20020000, 0x22000000, 0x40000000, 0x40011000, 0x42000000,
				0xe000ed08, 0xe000ed94, 0xe000e010, 0xfffffff8, 0xf0000000, 0xf0000008,
			}
			ends := Behind(t, board, func(yield func(Escapee) bool) {
				random := uint64(1)
				for i := range n {
					random = random*6364136223846793005 + 1442695040888963407
					image, context := try(random>>33, random>>40, random>>48&31, targets[i%len(targets)])
					if !yield(Escapee{abi.TextOnly, image, context}) {
						return
					}
				}
			})
			t.Logf("%d programs: %v", n, ends)
			if ends.Stopped() < n/4 {
				t.Error("they do not try hard enough")
			}
		})
	}
}
