// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"math/big"
	"slices"
)

// Filters and controllers: what runs between a sensor and an actuator.

const (
	pidHeader    = 20
	kalmanHeader = 12
)

var pid = Benchmark{
	Name:         "pid",
	Doc:          "PID controller in fixed point; size in readings",
	Object:       object("pid"),
	Sized:        true,
	DefaultSizes: sizes(16, 512),
	MaxSize:      maxBytes / 8,
	Input: func(readings int) []byte {
		ctx := make([]byte, pidHeader, pidHeader+4*readings)
		for i, v := range []int32{int32(readings), 300, 180, 6, 90} {
			le.PutUint32(ctx[4*i:], uint32(v))
		}
		noise := random(make([]byte, readings), 77)
		for i := range readings { // rises towards the set point, with noise
			ctx = le.AppendUint16(ctx, uint16(int16(300-3000/(i+10)+int(noise[i]%32)-16)))
		}
		return append(ctx, make([]byte, 2*readings)...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, pidHeader, 4)
		if !ok {
			return Refused, nil
		}
		clamp := func(v, limit int32) int32 { return max(-limit, min(limit, v)) }
		parameter := func(i int) int32 { return int32(le.Uint32(ctx[4*i:])) }
		after := bytes.Clone(ctx)
		var integral, last int32
		var effort uint64
		for i := range n {
			e := parameter(1) - int32(int16(le.Uint16(ctx[pidHeader+2*i:])))
			integral = clamp(integral+e, 1<<16)
			out := clamp((parameter(2)*e+parameter(3)*integral+parameter(4)*(e-last))>>8, 1000)
			last = e
			le.PutUint16(after[pidHeader+2*n+2*i:], uint16(out))
			effort += uint64(max(out, -out))
		}
		return effort, after
	},
}

var median = Benchmark{
	Name:         "median",
	Doc:          "sliding median of five readings; size in readings",
	Object:       object("median"),
	Sized:        true,
	DefaultSizes: sizes(16, 512),
	MaxSize:      maxBytes / 8,
	Input: func(readings int) []byte {
		ctx := le.AppendUint32(nil, uint32(readings))
		for i, b := range random(make([]byte, readings), 5) {
			v := 1000 + 10*(i%50) + int(b%16)
			if b > 240 {
				v = 20000 + int(b) // a spike
			}
			ctx = le.AppendUint16(ctx, uint16(v))
		}
		return append(ctx, make([]byte, 2*readings)...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 4)
		if !ok {
			return Refused, nil
		}
		readings := make([]uint16, n)
		for i := range readings {
			readings[i] = le.Uint16(ctx[4+2*i:])
		}
		after := bytes.Clone(ctx)
		var sum uint64
		for i, m := range readings {
			if i >= 4 {
				m = slices.Sorted(slices.Values(readings[i-4 : i+1]))[2]
			}
			le.PutUint16(after[4+2*n+2*i:], m)
			sum += uint64(m)
		}
		return sum, after
	},
}

var kalman = Benchmark{
	Name:         "kalman",
	Doc:          "Kalman filter of one state, 64-bit products and divisions; size in readings",
	Object:       object("kalman"),
	Sized:        true,
	DefaultSizes: sizes(16, 256),
	MaxSize:      maxBytes / 8,
	Input: func(readings int) []byte {
		ctx := le.AppendUint32(nil, uint32(readings))
		ctx = le.AppendUint32(ctx, 600)
		ctx = le.AppendUint32(ctx, 250000)
		for i, b := range random(make([]byte, readings), 9) {
			ctx = le.AppendUint32(ctx, uint32((21<<16)+(i<<10)+int(b)<<8-(1<<15)))
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, kalmanHeader, 4)
		if !ok || int32(le.Uint32(ctx[4:])) <= 0 || int32(le.Uint32(ctx[8:])) <= 0 {
			return Refused, nil
		}
		// Numbers without bounds, so that an overflow of the kernel would show.
		process, noise := big.NewInt(int64(le.Uint32(ctx[4:]))), big.NewInt(int64(le.Uint32(ctx[8:])))
		one := big.NewInt(1 << 16)
		estimate, variance := new(big.Int), big.NewInt(1<<16)
		after := bytes.Clone(ctx)
		for i := range n {
			variance.Add(variance, process)
			gain := new(big.Int).Div(new(big.Int).Lsh(variance, 16), new(big.Int).Add(variance, noise))
			step := big.NewInt(int64(int32(le.Uint32(ctx[kalmanHeader+4*i:]))))
			step.Mul(step.Sub(step, estimate), gain)
			estimate.Add(estimate, step.Rsh(step, 16))
			variance.Rsh(variance.Mul(variance, new(big.Int).Sub(one, gain)), 16)
			le.PutUint32(after[kalmanHeader+4*i:], uint32(estimate.Int64()))
		}
		return uint64(estimate.Int64()), after
	},
}
