// SPDX-License-Identifier: GPL-2.0-or-later

package suit

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
)

// KeyID is the beginning of the SHA-256 of a key as a COSE_Key (RFC 9679).
type KeyID [8]byte

func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// PublicKey is one that devices believe: a point on P-256.
type PublicKey struct {
	X, Y        [32]byte
	Development bool // anybody may have the private part; production firmware does not take it
}

// ID names a key.
func (k PublicKey) ID() KeyID {
	thumbprint := sha256.Sum256(mapOf(pair{1, number(2)}, pair{-1, number(1)}, pair{-2, bytesOf(k.X[:])}, pair{-3, bytesOf(k.Y[:])}))
	return KeyID(thumbprint[:8])
}

// SigningKey signs manifests.
type SigningKey struct {
	key         *ecdsa.PrivateKey
	development bool
}

// GenerateKey makes one.
func GenerateKey(development bool) (*SigningKey, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &SigningKey{k, development}, err
}

// Public is its public part.
func (k *SigningKey) Public() PublicKey {
	p, err := publicKey(&k.key.PublicKey, k.development)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return p
}

// sign signs the same with the same bytes each time (RFC 6979), so that an envelope can be made again.
func (k *SigningKey) sign(sum [32]byte) ([]byte, error) {
	der, err := k.key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, err
	}
	return append(rs.R.FillBytes(make([]byte, 32)), rs.S.FillBytes(make([]byte, 32))...), nil
}

func publicKey(k *ecdsa.PublicKey, development bool) (p PublicKey, err error) {
	if k.Curve != elliptic.P256() {
		return p, fmt.Errorf("the key is one of %s, not of P-256", k.Curve.Params().Name)
	}
	point, err := k.Bytes()
	if err != nil {
		return p, err
	}
	copy(p.X[:], point[1:33])
	copy(p.Y[:], point[33:])
	p.Development = development || p == DevelopmentKey.publicPart
	return p, nil
}

// Files: PEM as others write it too, with a line before it that tells development keys.
const (
	markDevelopment = "ubench development key"
	markKey         = "ubench key"
	blockPrivate    = "PRIVATE KEY"
	blockPublic     = "PUBLIC KEY"
)

func mark(id KeyID, development bool) string {
	if development {
		return markDevelopment + " " + id.String() + "\n"
	}
	return markKey + " " + id.String() + "\n"
}

// PEM is the file of a signing key. It is a secret.
func (k *SigningKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		return nil, err
	}
	p := k.Public()
	return append([]byte(mark(p.ID(), p.Development)), pem.EncodeToMemory(&pem.Block{Type: blockPrivate, Bytes: der})...), nil
}

// PEM is the file of a public key.
func (k PublicKey) PEM() ([]byte, error) {
	e, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, k.X[:]...), k.Y[:]...))
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(e)
	if err != nil {
		return nil, err
	}
	return append([]byte(mark(k.ID(), k.Development)), pem.EncodeToMemory(&pem.Block{Type: blockPublic, Bytes: der})...), nil
}

// block finds the one of a type in a file.
func block(file []byte, want string) ([]byte, bool, error) {
	b, _ := pem.Decode(file)
	switch {
	case b == nil:
		return nil, false, errors.New("is no key file: it has no PEM block")
	case b.Type == want:
		return b.Bytes, bytes.HasPrefix(file, []byte(markDevelopment)), nil
	case b.Type == blockPrivate || b.Type == "EC "+blockPrivate:
		return nil, false, errors.New("is a private key: the public one is wanted (NAME.pub)")
	case b.Type == blockPublic:
		return nil, false, errors.New("is a public key: the private one is wanted (NAME.key)")
	}
	return nil, false, fmt.Errorf("holds a PEM block %q, not %q", b.Type, want)
}

// ParseSigningKey reads the file of a signing key.
func ParseSigningKey(file []byte) (*SigningKey, error) {
	der, development, err := block(file, blockPrivate)
	if err != nil {
		return nil, err
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	e, ok := k.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("is a key of another kind (%T), not one of P-256", k)
	}
	p, err := publicKey(&e.PublicKey, development)
	if err != nil {
		return nil, err
	}
	return &SigningKey{e, p.Development}, nil
}

// ParsePublicKey reads the file of a public key.
func ParsePublicKey(file []byte) (PublicKey, error) {
	der, development, err := block(file, blockPublic)
	if err != nil {
		return PublicKey{}, err
	}
	k, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return PublicKey{}, err
	}
	e, ok := k.(*ecdsa.PublicKey)
	if !ok {
		return PublicKey{}, fmt.Errorf("is a key of another kind (%T), not one of P-256", k)
	}
	return publicKey(e, development)
}

// ReadSigningKey reads a file. One that others may read is refused, as ssh does.
func ReadSigningKey(path string) (*SigningKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&(fs.FileMode)(0o077) != 0 {
		return nil, fmt.Errorf("key %s may be read by others: chmod 600 %s", path, path)
	}
	return read(path, ParseSigningKey)
}

// ReadPublicKey reads a file.
func ReadPublicKey(path string) (PublicKey, error) { return read(path, ParsePublicKey) }

func read[K any](path string, parse func([]byte) (K, error)) (k K, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return k, err
	}
	if k, err = parse(b); err != nil {
		return k, fmt.Errorf("key %s %w", path, err)
	}
	return k, nil
}

//go:embed development.key
var developmentFile []byte

// DevelopmentKey is the one of this repository: everybody has it. Firmware that is not for production believes it.
var DevelopmentKey = development()

// wellKnown is a key with its public part at hand.
type wellKnown struct {
	*SigningKey
	publicPart PublicKey // not marked
}

func development() wellKnown {
	b, _ := pem.Decode(developmentFile)
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	w := wellKnown{SigningKey: &SigningKey{k.(*ecdsa.PrivateKey), true}}
	point, _ := w.key.PublicKey.Bytes()
	copy(w.publicPart.X[:], point[1:33])
	copy(w.publicPart.Y[:], point[33:])
	return w
}
