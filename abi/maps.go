// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import "strings"

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
func MapTypes() []MapType { return listed[MapType](mapTypes) }

func (t MapType) String() string { return text(mapTypes, t, "map-type") }

// MapTypeNames lists the names of all types.
func MapTypeNames() string {
	var names []string
	for _, r := range mapTypes {
		names = append(names, r.Text)
	}
	return strings.Join(names, ", ")
}
