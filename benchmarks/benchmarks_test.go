// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"testing"
)

func TestBenchmarksAreComplete(t *testing.T) {
	for _, b := range All() {
		if found, ok := Lookup(b.Name); !ok || found.Name != b.Name {
			t.Errorf("Lookup(%q) does not find it", b.Name)
		}
		if b.Doc == "" || !bytes.HasPrefix(b.Object, []byte("\x7fELF")) {
			t.Errorf("%s lacks a description or an ELF object", b.Name)
		}
		for _, size := range append([]int{b.MinSize, b.MaxSize}, b.DefaultSizes...) {
			if size < b.MinSize || size > b.MaxSize {
				t.Errorf("%s: size %d is outside %d..%d", b.Name, size, b.MinSize, b.MaxSize)
			}
			ctx := b.Input(size)
			if !bytes.Equal(ctx, b.Input(size)) {
				t.Errorf("%s: two inputs of size %d differ", b.Name, size)
			}
			before := bytes.Clone(ctx)
			r0, _ := b.Oracle(ctx)
			if r0 == Refused {
				t.Errorf("%s: the oracle refuses size %d", b.Name, size)
			}
			if !bytes.Equal(ctx, before) {
				t.Errorf("%s: the oracle changes its argument", b.Name)
			}
		}
		if r0, _ := b.Oracle(nil); r0 != Refused {
			t.Errorf("%s: the oracle takes an empty context", b.Name)
		}
	}
	if _, ok := Lookup("no such benchmark"); ok {
		t.Error("Lookup finds what is not there")
	}
}

func TestPeersProgram(t *testing.T) {
	text := PeersFletcher16()
	if len(text) != 23*8 || text[len(text)-8] != 0x95 {
		t.Errorf("%d bytes, want 23 slots that end in exit", len(text))
	}
}

// The test vector of the SipHash paper, appendix A.
func TestSiphashVector(t *testing.T) {
	data := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
	if got := siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, data); got != 0xa129ca6149be45e5 {
		t.Errorf("siphash of the vector is %#x", got)
	}
}

// Most datagrams are good, so that the parser gets to their end, and some are not.
func TestCoapInput(t *testing.T) {
	const packets = 256
	r0, _ := coap.Oracle(coap.Input(packets))
	if good := r0 >> 32; good < packets*7/8 || good == packets {
		t.Errorf("%d of %d datagrams are good", good, packets)
	}
}

func TestTraceLastsForItsReadings(t *testing.T) {
	for rounds, failed := range map[int]uint64{0: 0, sensorReadings: 0, sensorReadings + 3: 3} {
		if r0, _ := sensor.Oracle(sensor.Input(rounds)); r0>>32 != failed {
			t.Errorf("%d rounds: %d fail, want %d", rounds, r0>>32, failed)
		}
	}
}
