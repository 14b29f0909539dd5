// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// Numbers in arrays: transforms, sorting, long products, a stencil.

const fftPoints = 64

// fftTurn is cos and -sin of k / 64 of a turn, in 1/32768, as the kernel's table has them.
func fftTurn(k int) (cos, sin int32) {
	angle := 2 * math.Pi * float64(k) / fftPoints
	return int32(math.Round(32767 * math.Cos(angle))), int32(math.Round(-32767 * math.Sin(angle)))
}

var fft = Benchmark{
	Name:         "fft",
	Doc:          "fast Fourier transform of 64 points in 16 bits; size in frames of 64 points",
	Object:       object("fft"),
	Sized:        true,
	DefaultSizes: sizes(1, 8),
	MaxSize:      32,
	Input: func(frames int) []byte {
		ctx := le.AppendUint32(nil, uint32(frames))
		noise := random(make([]byte, 2*fftPoints*frames), 6)
		for i, b := range noise {
			tone := 8000 * math.Sin(2*math.Pi*float64(i/2)*float64(3+i/128)/fftPoints)
			ctx = le.AppendUint16(ctx, uint16(int16(int(tone)+int(b)-128)))
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 4*fftPoints)
		if !ok {
			return Refused, nil
		}
		after := bytes.Clone(ctx)
		var power uint32
		for frame := range slices.Chunk(after[4:][:4*fftPoints*n], 4*fftPoints) {
			var re, im [fftPoints]int32
			for i := range fftPoints {
				k := 4 * (bits.Reverse8(uint8(i)) >> 2)
				re[i], im[i] = int32(int16(le.Uint16(frame[k:]))), int32(int16(le.Uint16(frame[k+2:])))
			}
			for half := 1; half < fftPoints; half *= 2 {
				for i := range fftPoints {
					if i&half != 0 {
						continue
					}
					cos, sin := fftTurn(i % half * (fftPoints / 2 / half))
					j := i + half
					x, y := (re[j]*cos-im[j]*sin)>>15, (re[j]*sin+im[j]*cos)>>15
					re[j], im[j] = int32(int16((re[i]-x)>>1)), int32(int16((im[i]-y)>>1))
					re[i], im[i] = int32(int16((re[i]+x)>>1)), int32(int16((im[i]+y)>>1))
				}
			}
			for i := range fftPoints {
				le.PutUint16(frame[4*i:], uint16(re[i]))
				le.PutUint16(frame[4*i+2:], uint16(im[i]))
				power += uint32(re[i]*re[i]) + uint32(im[i]*im[i])
			}
		}
		return uint64(power), after
	},
}

var heapsort = Benchmark{
	Name:         "heapsort",
	Doc:          "heap sort of 32-bit numbers in place; size in elements",
	Object:       object("heapsort"),
	Sized:        true,
	DefaultSizes: sizes(16, 512),
	MaxSize:      maxBytes / 8,
	Input: func(n int) []byte {
		return append(le.AppendUint32(nil, uint32(n)), random(make([]byte, 4*n), uint32(n))...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 4)
		if !ok {
			return Refused, nil
		}
		values := make([]uint32, n)
		for i := range values {
			values[i] = le.Uint32(ctx[4+4*i:])
		}
		slices.Sort(values)
		after := bytes.Clone(ctx)
		for i, v := range values {
			le.PutUint32(after[4+4*i:], v)
		}
		if n == 0 {
			return 0, after
		}
		return uint64(values[n/2]), after
	},
}

var bignum = Benchmark{
	Name:         "bignum",
	Doc:          "product of two long numbers; size in words of 32 bits",
	Object:       object("bignum"),
	Sized:        true,
	DefaultSizes: sizes(4, 32),
	MaxSize:      256,
	Input: func(n int) []byte {
		ctx := append(le.AppendUint32(nil, uint32(n)), random(make([]byte, 8*n), uint32(n))...)
		return append(ctx, make([]byte, 8*n)...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 16)
		if !ok {
			return Refused, nil
		}
		number := func(p []byte) *big.Int {
			p = bytes.Clone(p)
			slices.Reverse(p)
			return new(big.Int).SetBytes(p)
		}
		product := new(big.Int).Mul(number(ctx[4:][:4*n]), number(ctx[4+4*n:][:4*n])).FillBytes(make([]byte, 8*n))
		slices.Reverse(product)
		after := bytes.Clone(ctx)
		copy(after[4+8*n:], product)
		if n == 0 {
			return 0, after
		}
		return uint64(le.Uint32(product[8*n-4:]))<<32 | uint64(le.Uint32(product[4*n:])), after
	},
}

const (
	lifeSide   = 16
	lifeHeader = 8
	lifeMax    = 1024 // LIFE_GENERATIONS_MAX
)

var life = Benchmark{
	Name:         "life",
	Doc:          "Conway's game of life on a torus of 16 by 16; size in generations",
	Object:       object("life"),
	Sized:        true,
	DefaultSizes: sizes(1, 8),
	MaxSize:      256,
	Input: func(generations int) []byte {
		ctx := make([]byte, lifeHeader+2*lifeSide*lifeSide)
		for i, b := range random(make([]byte, lifeSide*lifeSide), 4) {
			ctx[lifeHeader+i] = b >> 7
		}
		le.PutUint32(ctx, uint32(generations))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		if len(ctx) < lifeHeader+2*lifeSide*lifeSide || le.Uint32(ctx) > lifeMax {
			return Refused, nil
		}
		after := bytes.Clone(ctx)
		boards := [2][]byte{after[lifeHeader:][:lifeSide*lifeSide], after[lifeHeader+lifeSide*lifeSide:][:lifeSide*lifeSide]}
		for range le.Uint32(ctx) {
			for i := range boards[0] {
				y, x, n := i/lifeSide, i%lifeSide, byte(0)
				for d := range 9 {
					if d != 4 {
						row, column := (y+d/3+lifeSide-1)%lifeSide, (x+d%3+lifeSide-1)%lifeSide
						n += boards[0][row*lifeSide+column]
					}
				}
				boards[1][i] = 0
				if n == 3 || n == 2 && boards[0][i] != 0 {
					boards[1][i] = 1
				}
			}
			boards[0], boards[1] = boards[1], boards[0]
		}
		return uint64(bytes.Count(boards[0], []byte{1})), after
	},
}
