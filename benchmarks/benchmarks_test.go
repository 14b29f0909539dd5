// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"strconv"
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

// The kernel's table is what its formula says.
func TestFourierTable(t *testing.T) {
	source, err := Sources.ReadFile("fft/fft.c")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := bytes.Cut(source, []byte("fft_turn[FFT_POINTS] = {"))
	table, _, _ = bytes.Cut(table, []byte("}"))
	numbers := bytes.Split(table, []byte(","))
	for k := range fftPoints / 2 {
		cos, sin := fftTurn(k)
		for i, want := range []int32{cos, sin} {
			got, err := strconv.Atoi(string(bytes.TrimSpace(numbers[2*k+i])))
			if err != nil || int32(got) != want {
				t.Errorf("entry %d of the table is %q, want %d", 2*k+i, numbers[2*k+i], want)
			}
		}
	}
}

// A packed block is smaller than what it holds, and its decoder has copies to do.
func TestPackedInputs(t *testing.T) {
	if text := lz4Text(2560); len(lz4Pack(text)) > len(text)*3/4 {
		t.Errorf("%d bytes are packed into %d", len(text), len(lz4Pack(text)))
	}
	if count, _ := huffmanCode(huffmanText(2560)); count[1] != 0 || count[3] == 0 || count[7] == 0 {
		t.Errorf("codes of each length: %v", count)
	}
}

// What the oracles make of inputs is not trivial: something is found, matched, refused.
func TestInputsExerciseKernels(t *testing.T) {
	high := func(b Benchmark, size int) uint64 { r0, _ := b.Oracle(b.Input(size)); return r0 >> 32 }
	for _, c := range []struct {
		b        Benchmark
		size     int
		min, max uint64 // of the upper half of the result
	}{
		{classify, 128, 20, 120},
		{lpm, 256, 128, 255},
		{ring, 512, 100, 256},
		{strsearch, 2560, 20, 100},
		{json, 2560, 200, 1000},
		{nmea, 32, 4, 8},
		{slip, 2560, 1 << 20, 1 << 23},
	} {
		if got := high(c.b, c.size); got < c.min || got > c.max {
			t.Errorf("%s: %d, want %d to %d", c.b.Name, got, c.min, c.max)
		}
	}
}
