// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import (
	"fmt"
	"strings"
)

// MapType is a type of map, with Linux's number; see maps.h.
type MapType uint8

// Types of maps.
const (
	MapHash      MapType = 1
	MapArray     MapType = 2
	MapProgArray MapType = 3
	MapLRUHash   MapType = 9
	MapQueue     MapType = 22
	MapStack     MapType = 23
	MapRingbuf   MapType = 27
)

var mapTypes = table("maps.h")

// MapTypes lists all types of maps.
func MapTypes() []MapType {
	ts := make([]MapType, len(mapTypes))
	for i, r := range mapTypes {
		ts[i] = MapType(r.Number)
	}
	return ts
}

func (t MapType) String() string {
	for _, r := range mapTypes {
		if r.Number == int(t) {
			return r.Text
		}
	}
	return fmt.Sprintf("map-type-%d", uint8(t))
}

// MapTypeNames lists the names of all types.
func MapTypeNames() string {
	var names []string
	for _, t := range MapTypes() {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}
