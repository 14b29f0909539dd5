// SPDX-License-Identifier: GPL-2.0-or-later

package progen

import (
	"encoding/binary"
	"math/rand/v2"
)

// Seed makes the seed of program i of a campaign; some are short, some are long.
func Seed(campaign uint64, i int) []byte {
	random := numbered(campaign, i)
	return bytesOf(random, 64<<(random.Uint64()%6))
}

// Numbered is program i of a campaign. Features widen with the number, so that every engine gets its share; every third
// is little else than counted loops.
func Numbered(campaign uint64, i int) Program {
	if i%3 == 1 {
		return Generate(bytesOf(numbered(campaign, i), 320), Features{Extended: i%2 == 1, Counted: true, Loops: true})
	}
	return Generate(Seed(campaign, i), Features{Calls: i%4 > 0, Extended: i%4 > 1, Counted: i%3 == 0})
}

// WithMaps is program i of a campaign with maps.
func WithMaps(campaign uint64, i int) Program {
	return Generate(bytesOf(numbered(campaign, i), 128<<(i%3)), Features{Calls: i%4 == 3, Extended: i%2 == 1, Maps: true})
}

func numbered(campaign uint64, i int) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], campaign)
	binary.LittleEndian.PutUint64(key[8:], uint64(i))
	return rand.NewChaCha8(key)
}

func bytesOf(random *rand.ChaCha8, n uint64) []byte {
	b := make([]byte, n)
	_, _ = random.Read(b)
	return b
}
