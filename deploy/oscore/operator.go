// SPDX-License-Identifier: GPL-2.0-or-later

package oscore

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// DeviceID is the id of every device in the contexts it shares with operators.
var DeviceID = []byte("d")

// Operator is who may tell devices what to do: a secret that they share. Its file is JSON.
type Operator struct {
	Secret      []byte
	Development bool // everybody may have it; production firmware does not take it
}

type operatorFile struct {
	Secret      string `json:"oscore_secret"`
	Development bool   `json:"development,omitempty"`
}

// GenerateOperator makes one.
func GenerateOperator(development bool) (*Operator, error) {
	o := &Operator{Secret: make([]byte, keyBytes), Development: development}
	_, err := rand.Read(o.Secret)
	return o, err
}

// ID names an operator, to devices as well.
func (o *Operator) ID() []byte {
	sum := sha256.Sum256(append([]byte("ubench operator "), o.Secret...))
	return sum[:4]
}

// File is what is kept. It is a secret.
func (o *Operator) File() []byte {
	b, err := json.Marshal(operatorFile{hex.EncodeToString(o.Secret), o.Development})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return append(b, '\n')
}

// ParseOperator reads a file.
func ParseOperator(file []byte) (*Operator, error) {
	var f operatorFile
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("is no operator file (ubench keygen makes one): %w", err)
	}
	secret, err := hex.DecodeString(f.Secret)
	if err != nil || len(secret) != keyBytes {
		return nil, fmt.Errorf("has no secret of %d hexadecimal digits", 2*keyBytes)
	}
	o := &Operator{secret, f.Development}
	o.Development = o.Development || bytes.Equal(secret, DevelopmentOperator.Secret)
	return o, nil
}

// ReadOperator reads a file. One that others may read is refused, as ssh does.
func ReadOperator(path string) (*Operator, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&fs.FileMode(0o077) != 0 {
		return nil, fmt.Errorf("operator %s may be read by others: chmod 600 %s", path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	o, err := ParseOperator(b)
	if err != nil {
		return nil, fmt.Errorf("operator %s %w", path, err)
	}
	return o, nil
}

// DevelopmentOperator is the one of this repository: everybody has it. Firmware that is not for production believes it.
var DevelopmentOperator = &Operator{[]byte("ubench developer"), true}

// Context is that with a device, which is told apart from others by its id context. Numbers of requests are kept in the file
// at path, so that none is used twice with the secret, by whichever process and with whichever device; "" keeps none, which
// is for tests.
func (o *Operator) Context(idContext []byte, path string) (*Context, error) {
	c, err := New(Parameters{Master: o.Secret, IDContext: idContext, Sender: o.ID(), Recipient: DeviceID})
	if err != nil || path == "" {
		return c, err
	}
	c.Reserved = 0
	c.Reserve = func() (uint64, uint64, error) { return reserve(path) }
	return c, nil
}

// reserved is how many numbers a process takes at a time.
const reserved = 64

// reserve takes numbers that nobody had.
func reserve(path string) (from, end uint64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := lock(f); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0)
	if text := bytes.TrimSpace(b[:n]); len(text) > 0 {
		if _, err := fmt.Sscanf(string(text), "%d", &from); err != nil {
			return 0, 0, fmt.Errorf("%s holds no sequence number: make a new secret (ubench keygen)", path)
		}
	}
	end = from + reserved
	// Of a fixed length, so that what is there is whole at any moment.
	if _, err := f.WriteAt(fmt.Appendf(nil, "%020d\n", end), 0); err != nil {
		return 0, 0, err
	}
	return from, end, f.Sync()
}
