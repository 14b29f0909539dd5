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

// Board is a machine there is firmware for.
type Board struct {
	Name string // as QEMU names the machine
	Core string
}

//go:embed netduinoplus2.elf
var netduinoplus2 []byte

//go:embed netduino2.elf
var netduino2 []byte

type board struct {
	Board
	elf     []byte
	symbols func() (map[string]elf.Symbol, error)
}

var boards = []*board{
	newBoard("netduinoplus2", "cortex-m4", netduinoplus2), // STM32F405
	newBoard("netduino2", "cortex-m3", netduino2),         // STM32F205
}

func newBoard(name, core string, image []byte) *board {
	return &board{Board{name, core}, image, sync.OnceValues(func() (map[string]elf.Symbol, error) {
		return readSymbols(image)
	})}
}

// Boards lists the boards, the default one first.
func Boards() []Board {
	out := make([]Board, len(boards))
	for i, b := range boards {
		out[i] = b.Board
	}
	return out
}

func lookup(name string) (*board, error) {
	i := slices.IndexFunc(boards, func(b *board) bool { return b.Name == name })
	if i < 0 {
		var names []string
		for _, b := range boards {
			names = append(names, b.Name)
		}
		return nil, fmt.Errorf("no firmware for board %q; there is: %s", name, strings.Join(names, ", "))
	}
	return boards[i], nil
}

// ELF returns the firmware of a board. The bytes are shared: do not modify them.
func ELF(board string) ([]byte, error) {
	b, err := lookup(board)
	if err != nil {
		return nil, err
	}
	return b.elf, nil
}

// The firmware of devices in the field (device/), with the console that tests and measurements talk to.
//
//go:embed device-*.elf
var devices embed.FS

// Device returns the firmware of devices for a board.
func Device(board string) ([]byte, error) {
	b, err := devices.ReadFile("device-" + board + ".elf")
	if err != nil {
		return nil, fmt.Errorf("no firmware of devices for board %q; there is: %s", board, strings.Join(DeviceBoards(), ", "))
	}
	return b, nil
}

// DeviceBoards are those a device can be.
func DeviceBoards() []string {
	return []string{"netduinoplus2", "netduino2", "mps2-an385", "mps2-an386"}
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
