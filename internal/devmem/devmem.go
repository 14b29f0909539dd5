// SPDX-License-Identifier: GPL-2.0-or-later

// Package devmem gives device C that runs on the host the device's address space: one reservation
// of 4 GiB in which nothing is accessible but what was mapped. Host C reaches device address a at
// Base() + a, which is struct ub_run's `base` (abi/port.h), so an address that slipped past a
// check faults instead of reaching the host's own memory.
package devmem

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

const (
	size  = 1 << 32
	guard = 1 << 16 // inaccessible on both sides, for accesses that straddle 0 or 2^32
)

// Space is a device's address space. It is not safe for concurrent use.
type Space struct {
	reservation []byte
}

// Reserve makes an address space with nothing mapped. It costs address space, not memory.
func Reserve() (*Space, error) {
	b, err := syscall.Mmap(-1, 0, size+2*guard, syscall.PROT_NONE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserving 4 GiB of address space: %w", os.NewSyscallError("mmap", err))
	}
	return &Space{reservation: b}, nil
}

// Base is the host address of device address 0.
func (s *Space) Base() unsafe.Pointer { return unsafe.Pointer(&s.reservation[guard]) }

// Map makes [addr, addr+n) readable and writable and returns it. Access is granted in whole host
// pages, so a test that wants a fault right behind a range lets it end on a page boundary. New
// pages are zero.
func (s *Space) Map(addr uint32, n int) ([]byte, error) {
	if n < 0 || uint64(addr)+uint64(n) > size {
		return nil, fmt.Errorf("mapping %d bytes at %#x: outside the address space", n, addr)
	}
	if n == 0 {
		return nil, nil
	}
	if err := syscall.Mprotect(s.pages(addr, n), syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
		return nil, fmt.Errorf("mapping %d bytes at %#x: %w", n, addr, os.NewSyscallError("mprotect", err))
	}
	at := guard + int(addr)
	return s.reservation[at : at+n : at+n], nil
}

// Unmap takes access to the pages of [addr, addr+n) away again; their contents stay.
func (s *Space) Unmap(addr uint32, n int) error {
	if n <= 0 || uint64(addr)+uint64(n) > size {
		return fmt.Errorf("unmapping %d bytes at %#x: outside the address space", n, addr)
	}
	if err := syscall.Mprotect(s.pages(addr, n), syscall.PROT_NONE); err != nil {
		return fmt.Errorf("unmapping %d bytes at %#x: %w", n, addr, os.NewSyscallError("mprotect", err))
	}
	return nil
}

// Close releases the address space. Slices of it must not be used afterwards.
func (s *Space) Close() error {
	if s.reservation == nil {
		return nil
	}
	b := s.reservation
	s.reservation = nil
	return os.NewSyscallError("munmap", syscall.Munmap(b))
}

func (s *Space) pages(addr uint32, n int) []byte {
	page := os.Getpagesize()
	from := (guard + int(addr)) &^ (page - 1)
	to := (guard + int(addr) + n + page - 1) &^ (page - 1)
	return s.reservation[from:to]
}
