// SPDX-License-Identifier: GPL-2.0-or-later

// Package suit makes what programs travel in to a device: a SUIT envelope (draft-ietf-suit-manifest) with a manifest, the
// signature of a key over it (COSE_Sign1, ES256), and the image. The device reads it with device/trust; SPEC.md has every byte.
package suit

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	encoding "github.com/fxamacker/cbor/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/device/cbor"
)

// UUID names a vendor or a class of devices.
type UUID [16]byte

// named is the UUID of a name: version 5, which RFC 9562 makes with SHA-1. It says who is meant; nothing is proved by it.
func named(space UUID, name string) UUID {
	sum := sha1.Sum(append(space[:], name...))
	u := UUID(sum[:16])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u
}

// Vendor is the one of these devices: of the DNS name of a vendor, as the draft recommends.
var Vendor = named(UUID{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}, "ubench-dev.github.io")

// AnyBoard is a class that all devices are of.
const AnyBoard = "any board"

// Class is that of a board, or AnyBoard.
func Class(board string) UUID { return named(Vendor, board) }

// Answers says whose requests a program answers.
type Answers uint8

// Whose requests a program answers.
const (
	Nobody  Answers = 0
	Known   Answers = 1 // who has a key of OSCORE
	Anybody Answers = 2
)

// Manifest says what a program is, which device it is for, and what it may do there.
type Manifest struct {
	Config      device.Config // with the name of the program
	Sequence    uint32        // higher than that of what it replaces
	Board       string        // AnyBoard if it is empty
	Start       bool          // when it was deployed, and after each reset
	Trial       time.Duration // the program before it comes back unless it has run so long without a fault, or was confirmed
	Application string        // what it is part of
	Answers     Answers
}

// Numbers of draft-ietf-suit-manifest, COSE (RFC 9052, RFC 9053) and CBOR.
const (
	tagEnvelope, tagSign1                                   = 107, 18
	envelopeAuthentication, envelopeManifest                = 2, 3
	manifestVersion, manifestSequence, manifestCommon       = 1, 2, 3
	manifestInvoke, manifestInstall                         = 9, 20
	commonComponents, commonSequence                        = 2, 4
	conditionVendor, conditionClass, conditionImage         = 1, 2, 3
	directiveOverride, directiveFetch, directiveInvoke      = 20, 21, 23
	parameterVendor, parameterClass, parameterDigest        = 1, 2, 3
	parameterSize, parameterURI, parameterGrants            = 14, 21, -1
	algorithmES256, algorithmSHA256, headerAlg, headerKeyID = -7, -16, 1, 4
	reportAll, reportFailure                                = 15, 2
)

const imageName = "#image"

func digest(b []byte) []byte {
	sum := sha256.Sum256(b)
	return array(number(algorithmSHA256), bytesOf(sum[:]))
}

// grants are our parameter of the manifest, what is left out being zero (device/trust/grants.c).
func (m *Manifest) grants() ([]byte, error) {
	c := &m.Config
	var pairs []pair
	put := func(key int64, n uint64) {
		if n != 0 {
			pairs = append(pairs, pair{key, cbor.Head(0, n)})
		}
	}
	put(1, uint64(c.Format))
	put(2, uint64(c.Engine))
	put(3, uint64(c.Restart))
	put(4, uint64(c.Priority))
	if c.LongRunning {
		put(5, 1)
	}
	put(6, uint64(c.Events))
	put(7, uint64(c.Entry))
	put(8, uint64(c.PeriodMS))
	put(9, uint64(c.Budget))
	put(10, uint64(c.Ticks))
	put(11, uint64(c.Context))
	put(12, uint64(c.Mailbox))
	ids := slices.Clone(c.Helpers)
	if c.AllHelpers {
		for _, h := range abi.Helpers() {
			ids = append(ids, h.ID)
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 0 {
		var items [][]byte
		for _, id := range ids {
			items = append(items, number(int64(id)))
		}
		pairs = append(pairs, pair{13, array(items...)})
	}
	put(14, uint64(c.Devices))
	if len(c.Keys) > 0 {
		var items [][]byte
		for _, k := range c.Keys {
			items = append(items, array(number(int64(k.First)), number(int64(k.Last)), number(int64(k.Rights))))
		}
		pairs = append(pairs, pair{15, array(items...)})
	}
	if m.Trial < 0 || m.Trial > math.MaxUint32*time.Second {
		return nil, fmt.Errorf("a trial of %v is not possible", m.Trial)
	}
	put(16, uint64((m.Trial+time.Second-1)/time.Second))
	if m.Application != "" {
		if err := validName(m.Application); err != nil {
			return nil, fmt.Errorf("application: %w", err)
		}
		pairs = append(pairs, pair{17, text(m.Application)})
	}
	put(18, uint64(m.Answers))
	put(19, uint64(c.Shared))
	if h := c.Hook; h != (device.Hook{}) {
		if len(h.Path) > device.HookPath {
			return nil, fmt.Errorf("path %q is longer than %d characters", h.Path, device.HookPath)
		}
		pairs = append(pairs, pair{20, array(number(int64(h.Argument)), number(int64(h.Priority)), text(h.Path))})
	}
	return mapOf(pairs...), nil
}

// NameBytes is how long names of programs are at most.
const NameBytes = 15

func validName(name string) error {
	if name == "" || len(name) > NameBytes || strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) {
		return fmt.Errorf("%q is no name of a program: 1 to %d letters, digits, - and _", name, NameBytes)
	}
	return nil
}

// encode is the manifest, unsigned.
func (m *Manifest) encode(image []byte) ([]byte, error) {
	if err := validName(m.Config.Name); err != nil {
		return nil, err
	}
	if len(image) == 0 {
		return nil, errors.New("the image is empty")
	}
	if m.Sequence == 0 {
		return nil, errors.New("sequence numbers begin at 1")
	}
	grants, err := m.grants()
	if err != nil {
		return nil, err
	}
	board := m.Board
	if board == "" {
		board = AnyBoard
	}
	class := Class(board)
	parameters := mapOf(
		pair{parameterVendor, bytesOf(Vendor[:])},
		pair{parameterClass, bytesOf(class[:])},
		pair{parameterDigest, bytesOf(digest(image))},
		pair{parameterSize, number(int64(len(image)))},
		pair{parameterGrants, bytesOf(grants)})
	common := mapOf(
		pair{commonComponents, array(array(bytesOf([]byte(m.Config.Name))))},
		pair{commonSequence, bytesOf(array(number(directiveOverride), parameters,
			number(conditionVendor), number(reportAll), number(conditionClass), number(reportAll)))})
	install := array(number(directiveOverride), mapOf(pair{parameterURI, text(imageName)}),
		number(directiveFetch), number(reportFailure), number(conditionImage), number(reportAll))
	pairs := []pair{{manifestVersion, number(1)}, {manifestSequence, number(int64(m.Sequence))}, {manifestCommon, bytesOf(common)}}
	if m.Start {
		pairs = append(pairs, pair{manifestInvoke, bytesOf(array(number(directiveInvoke), number(reportFailure)))})
	}
	return mapOf(append(pairs, pair{manifestInstall, bytesOf(install)})...), nil
}

// Envelope is the image with its manifest, signed.
func (m *Manifest) Envelope(image []byte, key *SigningKey) ([]byte, error) {
	manifest, err := m.encode(image)
	if err != nil {
		return nil, err
	}
	payload := digest(bytesOf(manifest))
	sign1, err := key.sign1(payload)
	if err != nil {
		return nil, err
	}
	return tag(tagEnvelope, join(cbor.Head(5, 3),
		number(envelopeAuthentication), bytesOf(array(bytesOf(payload), bytesOf(sign1))),
		number(envelopeManifest), bytesOf(manifest),
		text(imageName), bytesOf(image))), nil
}

// Identity is the digest of the manifest in an envelope: which program it is, for whom, and all that it may do.
func Identity(envelope []byte) (digest [32]byte, err error) {
	var parts struct {
		Manifest encoding.RawMessage `cbor:"3,keyasint"`
	}
	var outer encoding.RawTag
	if err = encoding.Unmarshal(envelope, &outer); err == nil {
		err = encoding.Unmarshal(outer.Content, &parts)
	}
	if err != nil || len(parts.Manifest) == 0 {
		return digest, fmt.Errorf("not an envelope: %w", err)
	}
	return sha256.Sum256(parts.Manifest), nil
}

// sign1 is a COSE_Sign1 whose payload is elsewhere.
func (k *SigningKey) sign1(payload []byte) ([]byte, error) {
	protected := mapOf(pair{headerAlg, number(algorithmES256)})
	sum := sha256.Sum256(array(text("Signature1"), bytesOf(protected), bytesOf(nil), bytesOf(payload)))
	signature, err := k.sign(sum)
	if err != nil {
		return nil, err
	}
	id := k.Public().ID()
	return tag(tagSign1, array(bytesOf(protected), mapOf(pair{headerKeyID, bytesOf(id[:])}),
		cbor.Head(7, 22), bytesOf(signature))), nil
}
