// SPDX-License-Identifier: GPL-2.0-or-later

// Package firmware holds the firmware of each board as committed ELF files, so that nobody needs
// a cross-compiler to run it. `make firmware` rebuilds them from the device C of this module.
package firmware

import (
	"bytes"
	"debug/elf"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Board is a machine there is firmware for: a row of boards.txt.
type Board struct {
	Name     string // as QEMU names the machine
	Core     string
	Ethernet bool // devices have a network of their own; the others a serial line
	measures bool
}

//go:embed boards.txt
var table string

var boards = sync.OnceValue(func() (list []Board) {
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) == 8 && f[0] != "#" {
			list = append(list, Board{Name: f[0], Core: f[1], Ethernet: f[5] == "ETHERNET", measures: f[7] == "yes"})
		}
	}
	return list
})

// Boards lists the boards with firmware that measures, the default one first.
func Boards() (list []Board) {
	for _, b := range boards() {
		if b.measures {
			list = append(list, b)
		}
	}
	return list
}

// OfCore is the board whose firmware measures a core, "" if there is none.
func OfCore(core string) string {
	for _, b := range Boards() {
		if b.Core == core {
			return b.Name
		}
	}
	return ""
}

// DeviceBoards are those a device can be.
func DeviceBoards() []Board { return slices.Clone(boards()) }

// Names lists the names of boards.
func Names(list []Board) (names []string) {
	for _, b := range list {
		names = append(names, b.Name)
	}
	return names
}

// The firmware that measures is BOARD.elf, that of devices in the field (device/), with the console that tests and measurements
// talk to, device-BOARD.elf.
//
//go:embed *.elf
var files embed.FS

// image is the firmware of a board, read once.
type image struct {
	elf     []byte
	symbols func() (map[string]elf.Symbol, error)
}

var images = sync.OnceValue(func() map[string]image {
	all := map[string]image{}
	for _, b := range Boards() {
		data, err := files.ReadFile(b.Name + ".elf")
		if err != nil {
			panic("BUG: " + err.Error())
		}
		all[b.Name] = image{data, sync.OnceValues(func() (map[string]elf.Symbol, error) { return readSymbols(data) })}
	}
	return all
})

func lookup(name string) (image, error) {
	i, ok := images()[name]
	if !ok {
		return i, fmt.Errorf("no firmware for board %q; there is: %s", name, strings.Join(Names(Boards()), ", "))
	}
	return i, nil
}

// ELF returns the firmware of a board. The bytes are shared: do not modify them.
func ELF(board string) ([]byte, error) {
	i, err := lookup(board)
	return i.elf, err
}

// Device returns the firmware of devices for a board.
func Device(board string) ([]byte, error) {
	b, err := files.ReadFile("device-" + board + ".elf")
	if err != nil {
		return nil, fmt.Errorf("no firmware of devices for board %q; there is: %s", board, strings.Join(Names(DeviceBoards()), ", "))
	}
	return b, nil
}

// Symbol returns the address and size in bytes of a function or object of a board's firmware. Bit
// 0 of a function's address is clear.
func Symbol(board, name string) (addr, size uint32, err error) {
	b, err := lookup(board)
	if err != nil {
		return 0, 0, err
	}
	symbols, err := b.symbols()
	if err != nil {
		return 0, 0, fmt.Errorf("firmware of %s: %w", board, err)
	}
	s, ok := symbols[name]
	if !ok {
		return 0, 0, fmt.Errorf("firmware of %s has no symbol %q", board, name)
	}
	addr = uint32(s.Value)
	if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
		addr &^= 1
	}
	return addr, uint32(s.Size), nil
}

func readSymbols(image []byte) (map[string]elf.Symbol, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	byName := make(map[string]elf.Symbol, len(symbols))
	for _, s := range symbols {
		if s.Name != "" && !strings.HasPrefix(s.Name, "$") {
			byName[s.Name] = s
		}
	}
	return byName, nil
}
