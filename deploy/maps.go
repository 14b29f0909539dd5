// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/coap"
	"github.com/ubench-dev/ubench/maps"
)

// Map is one of a program on a device.
type Map struct {
	Flags       uint8       `cbor:"19,keyasint" json:"flags"`
	Name        string      `cbor:"20,keyasint" json:"name"`
	Program     string      `cbor:"54,keyasint" json:"program"`
	Type        abi.MapType `cbor:"55,keyasint" json:"type"`
	KeyBytes    uint32      `cbor:"56,keyasint" json:"key_bytes"`
	ValueBytes  uint32      `cbor:"57,keyasint" json:"value_bytes"`
	EntriesMost uint32      `cbor:"58,keyasint" json:"entries_most"` // of a ring buffer, bytes
	EntriesUsed uint32      `cbor:"59,keyasint" json:"entries_used"`
	Bytes       uint32      `cbor:"60,keyasint" json:"map_bytes"`
	Shared      uint8       `cbor:"61,keyasint" json:"shared"` // 1 read, 2 write; 0: it is the program's own
	Dropped     uint32      `cbor:"62,keyasint" json:"dropped"`
}

// MapName names a map of a program.
type MapName struct{ Program, Map string }

func (n MapName) path() string { return "m/" + n.Program + "/" + n.Map }

// Maps lists the maps of all programs.
func (d Device) Maps(ctx context.Context) (all []Map, err error) {
	return list[Map](ctx, d, "m")
}

// MapOf finds one of them.
func (d Device) MapOf(ctx context.Context, n MapName) (Map, error) {
	all, err := d.Maps(ctx)
	if err != nil {
		return Map{}, err
	}
	for _, m := range all {
		if m.Program == n.Program && m.Name == n.Map {
			return m, nil
		}
	}
	return Map{}, fmt.Errorf("program %s has no map %s", n.Program, n.Map)
}

// mapPage is a part of what is in a map.
type mapPage struct {
	Next    *uint32 `cbor:"49,keyasint,omitempty"`
	Entries []struct {
		_          struct{} `cbor:",toarray"`
		Key, Value []byte
	} `cbor:"63,keyasint"`
}

// Entries goes through the entries of a map, a page at a time. What is changed meanwhile may be seen or not; none is seen
// twice unless it was deleted and put in again.
func (d Device) Entries(ctx context.Context, n MapName, show func([]maps.Entry) error) error {
	for from := uint32(0); ; {
		var page mapPage
		if err := d.ask(ctx, get(n.path(), fmt.Sprintf("from=%d", from)), &page); err != nil {
			return err
		}
		var entries []maps.Entry
		for _, e := range page.Entries {
			entries = append(entries, maps.Entry{Key: e.Key, Value: e.Value})
		}
		if err := show(entries); err != nil || page.Next == nil || *page.Next <= from {
			return err
		}
		from = *page.Next
	}
}

func keyQuery(key []byte) []string { return []string{"key=" + hex.EncodeToString(key)} }

// Entry is the value at a key.
func (d Device) Entry(ctx context.Context, n MapName, key []byte) (value []byte, err error) {
	return value, d.ask(ctx, get(n.path(), keyQuery(key)...), &value)
}

// SetEntry puts a value at a key; a queue or stack takes it without one.
func (d Device) SetEntry(ctx context.Context, n MapName, key, value []byte) error {
	r := client.Request{Method: coap.PUT, Path: n.path(), Format: formatBytes, Body: value}
	if key != nil {
		r.Query = keyQuery(key)
	}
	return d.ask(ctx, r, nil)
}

// DeleteEntry removes the value at a key.
func (d Device) DeleteEntry(ctx context.Context, n MapName, key []byte) error {
	return d.ask(ctx, client.Request{Method: coap.DELETE, Path: n.path(), Query: keyQuery(key), Format: -1}, nil)
}

// Records are those that wait in a ring buffer.
type Records struct {
	Next    uint64   `cbor:"49,keyasint"`
	Dropped uint32   `cbor:"62,keyasint"` // there was no room for, since the map was made
	Entries [][]byte `cbor:"63,keyasint"`
}

// Records tells which records wait in a ring buffer; those before `from`, the Next of another answer, have come, and make room.
func (d Device) Records(ctx context.Context, n MapName, from uint64) (r Records, err error) {
	return r, d.ask(ctx, get(n.path(), fmt.Sprintf("from=%d", from)), &r)
}
