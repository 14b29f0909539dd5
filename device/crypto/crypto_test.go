// SPDX-License-Identifier: GPL-2.0-or-later

package crypto_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/ubench-dev/ubench/device/crypto"
)

func TestSHA256(t *testing.T) {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(i * 7)
	}
	for n := range b {
		for _, first := range []int{0, n / 3, n} {
			if got, want := crypto.SHA256(b[:n], first), sha256.Sum256(b[:n]); !bytes.Equal(got, want[:]) {
				t.Fatalf("%d bytes in pieces of %d and the rest: %x, want %x", n, first, got, want)
			}
		}
	}
}

// A million times the letter a, of the examples that come with FIPS 180: its length takes more than two bytes.
func TestSHA256OfAMillion(t *testing.T) {
	const want = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
	b := bytes.Repeat([]byte("a"), 1e6)
	if got := hex.EncodeToString(crypto.SHA256(b, 999)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestHKDF(t *testing.T) {
	secret := []byte("secret")
	for _, salt := range [][]byte{nil, []byte("salt"), bytes.Repeat([]byte{1}, 64), bytes.Repeat([]byte{1}, 65), bytes.Repeat([]byte{1}, 100)} {
		for _, n := range []int{1, 13, 16, 32} {
			want, err := hkdf.Key(sha256.New, secret, salt, "info", n)
			if err != nil {
				t.Fatal(err)
			}
			if got := crypto.HKDF(salt, secret, []byte("info"), n); !bytes.Equal(got, want) {
				t.Errorf("salt of %d bytes, %d bytes: %x, want %x", len(salt), n, got, want)
			}
		}
	}
}

// What Go signs is good here, and nothing that differs from it.
func TestES256(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var point, sig [64]byte
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	copy(point[:], public[1:])
	digest := sha256.Sum256([]byte("message"))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	set := func(r, s *big.Int) { r.FillBytes(sig[:32]); s.FillBytes(sig[32:]) }
	set(r, s)
	if !crypto.ES256(point, digest, sig) {
		t.Fatal("a good signature is refused")
	}
	n := elliptic.P256().Params().N
	for _, c := range []struct {
		name string
		r, s *big.Int
	}{
		{"r is 0", new(big.Int), s},
		{"s is 0", r, new(big.Int)},
		{"r is the order", n, s},
		{"s is the order", r, n},
		{"both 0", new(big.Int), new(big.Int)},
		{"r is larger than the order", new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)), s},
		{"swapped", s, r},
	} {
		set(c.r, c.s)
		if crypto.ES256(point, digest, sig) {
			t.Errorf("%s: accepted", c.name)
		}
	}
	set(r, s)
	for bit := range 512 {
		for _, b := range [][]byte{sig[:], point[:], digest[:]} {
			if bit >= 8*len(b) {
				continue
			}
			b[bit/8] ^= 1 << (bit % 8)
			if crypto.ES256(point, digest, sig) {
				t.Errorf("accepted with bit %d of %d flipped", bit, 8*len(b))
			}
			b[bit/8] ^= 1 << (bit % 8)
		}
	}
	if crypto.ES256([64]byte{}, digest, sig) {
		t.Error("accepted with a point that is not on the curve")
	}
}

// Whatever is signed and by whom: the digests at the borders as well, which are reduced by the order or have zeros in front.
func TestES256OfManyKeys(t *testing.T) {
	digests := [][32]byte{{}, {31: 1}, [32]byte(bytes.Repeat([]byte{0xff}, 32)), {0: 0x80}, {16: 0xff}}
	n := elliptic.P256().Params().N
	for _, d := range []*big.Int{n, new(big.Int).Sub(n, big.NewInt(1)), new(big.Int).Add(n, big.NewInt(1))} {
		digests = append(digests, [32]byte(d.FillBytes(make([]byte, 32))))
	}
	for i := range 150 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256([]byte{byte(i)})
		if i < len(digests) {
			digest = digests[i]
		}
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		var point, sig [64]byte
		public, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		copy(point[:], public[1:])
		r.FillBytes(sig[:32])
		s.FillBytes(sig[32:])
		if !crypto.ES256(point, digest, sig) {
			t.Errorf("digest %x: a good signature %x for %x is refused", digest, sig, point)
		}
		// -s is as good as s, which is ECDSA's doing.
		new(big.Int).Sub(n, s).FillBytes(sig[32:])
		if !crypto.ES256(point, digest, sig) {
			t.Errorf("digest %x: (r, -s) is refused", digest)
		}
		digest[0] ^= 1
		if crypto.ES256(point, digest, sig) {
			t.Errorf("digest %x: accepted for another", digest)
		}
	}
}
