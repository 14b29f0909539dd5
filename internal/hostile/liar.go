// SPDX-License-Identifier: GPL-2.0-or-later

package hostile

import (
	"math/rand/v2"
	"reflect"
)

// Liar makes hostile plans for one program after the other.
type Liar struct {
	r      *rand.Rand
	pool   map[reflect.Type][]reflect.Value // what plans have said, by the type of claim
	others [][]byte                         // plans of other programs

	text      []byte
	slots     []int // where instructions begin
	functions []int
	maps      int
	bases     [][]byte // plans that the compiler follows
}

const poolSize = 200 // claims of a type

// New makes a liar with a seed.
func New(seed, stream uint64) *Liar {
	return &Liar{r: rand.New(rand.NewPCG(seed, stream)), pool: map[reflect.Type][]reflect.Value{}}
}
