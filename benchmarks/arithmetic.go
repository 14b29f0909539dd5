// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"math/big"
	"slices"
)

const matmulMax = 1024 // MATMUL_MAX

var matmul = Benchmark{
	Name:         "matmul",
	Doc:          "product of two square matrices of 32-bit integers; size in rows",
	Object:       object("matmul"),
	Sized:        true,
	DefaultSizes: sizes(4, 32),
	MaxSize:      88, // three matrices in maxBytes
	Input: func(n int) []byte {
		ctx := make([]byte, 4+3*4*n*n)
		le.PutUint32(ctx, uint32(n))
		random(ctx[4:][:2*4*n*n], uint32(n))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 0)
		if !ok || n > matmulMax || 3*4*n*n > len(ctx)-4 {
			return Refused, nil
		}
		after := bytes.Clone(ctx)
		at := func(matrix, row, column int) []byte { return after[4+4*(matrix*n*n+row*n+column):] }
		var all uint32
		for i := range n {
			for j := range n {
				var sum uint32
				for k := range n {
					sum += le.Uint32(at(0, i, k)) * le.Uint32(at(1, k, j))
				}
				le.PutUint32(at(2, i, j), sum)
				all ^= sum
			}
		}
		return uint64(all), after
	},
}

var isort = Benchmark{
	Name:         "isort",
	Doc:          "insertion sort of 32-bit integers in place; size in elements",
	Object:       object("isort"),
	Sized:        true,
	DefaultSizes: sizes(16, 256),
	MaxSize:      4096, // four million moves, and quadratic from there
	Input: func(n int) []byte {
		ctx := make([]byte, 4+4*n)
		random(ctx[4:], uint32(n))
		le.PutUint32(ctx, uint32(n))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 4)
		if !ok {
			return Refused, nil
		}
		values := make([]int32, n)
		var inversions uint64 // as many as insertion sort moves elements
		for i := range values {
			values[i] = int32(le.Uint32(ctx[4+4*i:]))
			for _, v := range values[:i] {
				if v > values[i] {
					inversions++
				}
			}
		}
		slices.Sort(values)
		after := bytes.Clone(ctx)
		for i, v := range values {
			le.PutUint32(after[4+4*i:], uint32(v))
		}
		return inversions, after
	},
}

const (
	movavgHeader = 8
	movavgWindow = 16
)

var movavg = Benchmark{
	Name:         "movavg",
	Doc:          "moving average of 64-bit samples by signed division, in place; size in samples",
	Object:       object("movavg"),
	Sized:        true,
	DefaultSizes: sizes(16, 512),
	MaxSize:      maxBytes / 8,
	Input: func(n int) []byte {
		ctx := make([]byte, movavgHeader+8*n)
		random(ctx, uint32(n))
		le.PutUint32(ctx, uint32(n))
		for i := range n { // 56 bits: sums of a window must not overflow
			p := ctx[movavgHeader+8*i:]
			le.PutUint64(p, uint64(int64(le.Uint64(p))>>8))
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, movavgHeader, 8)
		if !ok {
			return Refused, nil
		}
		after := bytes.Clone(ctx)
		var all uint64
		for i := range n {
			sum, count := new(big.Int), int64(0)
			for k := max(0, i-movavgWindow+1); k <= i; k++ {
				sum.Add(sum, big.NewInt(int64(le.Uint64(ctx[movavgHeader+8*k:]))))
				count++
			}
			average := uint64(sum.Quo(sum, big.NewInt(count)).Int64())
			le.PutUint64(after[movavgHeader+8*i:], average)
			all += average
		}
		return all, after
	},
}

var fib = Benchmark{
	Name:         "fib",
	Doc:          "Fibonacci numbers by recursion, seven calls deep; size in rounds",
	Object:       object("fib"),
	Sized:        true,
	DefaultSizes: sizes(8, 128),
	MaxSize:      1 << 16,
	Input: func(rounds int) []byte {
		return le.AppendUint32(nil, uint32(rounds))
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		if len(ctx) < 4 {
			return Refused, nil
		}
		numbers := []uint64{0, 1, 1, 2, 3, 5, 8, 13}
		rounds := le.Uint32(ctx)
		sum := uint64(rounds/8) * (0 + 1 + 1 + 2 + 3 + 5 + 8 + 13)
		for _, n := range numbers[:rounds%8] {
			sum += n
		}
		return sum, nil
	},
}
