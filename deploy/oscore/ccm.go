// SPDX-License-Identifier: GPL-2.0-or-later

package oscore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// AES-CCM-16-64-128 (RFC 3610, RFC 9053): lengths of two bytes, nonces of 13, tags of 8.
const (
	keyBytes   = 16
	nonceBytes = 13
	tagBytes   = 8
	blockBytes = aes.BlockSize
)

func newAES(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

// tag authenticates what is not encrypted, and the plaintext.
func tag(b cipher.Block, nonce, aad, plain []byte) []byte {
	mac := make([]byte, blockBytes)
	mac[0] = 0x40 | (tagBytes-2)/2<<3 | 1
	copy(mac[1:], nonce)
	binary.BigEndian.PutUint16(mac[14:], uint16(len(plain)))
	b.Encrypt(mac, mac)
	mix := func(data []byte) {
		for len(data) > 0 {
			n := subtle.XORBytes(mac, mac, data[:min(blockBytes, len(data))])
			b.Encrypt(mac, mac)
			data = data[n:]
		}
	}
	mix(append(binary.BigEndian.AppendUint16(nil, uint16(len(aad))), aad...))
	mix(plain)
	return mac[:tagBytes]
}

// streams gives the key streams of the tag and of the message.
func streams(b cipher.Block, nonce []byte) (forTag []byte, message cipher.Stream) {
	counter := append(append([]byte{1}, nonce...), 0, 0)
	s := cipher.NewCTR(b, counter)
	forTag = make([]byte, blockBytes)
	s.XORKeyStream(forTag, forTag)
	return forTag[:tagBytes], s
}

func seal(key, nonce, aad, plain []byte) []byte {
	b := newAES(key)
	t := tag(b, nonce, aad, plain)
	forTag, s := streams(b, nonce)
	out := make([]byte, len(plain)+tagBytes)
	s.XORKeyStream(out, plain)
	subtle.XORBytes(out[len(plain):], t, forTag)
	return out
}

func open(key, nonce, aad, sealed []byte) ([]byte, bool) {
	if len(sealed) < tagBytes {
		return nil, false
	}
	b := newAES(key)
	forTag, s := streams(b, nonce)
	n := len(sealed) - tagBytes
	plain := make([]byte, n)
	s.XORKeyStream(plain, sealed[:n])
	want := tag(b, nonce, aad, plain)
	subtle.XORBytes(want, want, forTag)
	return plain, subtle.ConstantTimeCompare(want, sealed[n:]) == 1
}
