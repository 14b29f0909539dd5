// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "github.com/ubench-dev/ubench/internal/thumb"

// Core is what tells the cores apart.
type Core struct {
	Name string
	// MulAdd is the cost of MLA and MLS (rule 9).
	MulAdd int32
	// LongMultiplyVaries: long multiplies end early by the halves of their operands (rule 9);
	// otherwise they take a cycle.
	LongMultiplyVaries bool
	// WritebackPipelines: a load with base write-back can be pipelined behind a load (rule 4).
	WritebackPipelines bool
	// BurstSlot: the second access in a row to the SRAM code comes from takes a slot more (rule 19).
	BurstSlot bool
	// FPU: floating point is timed by the table of the manual (rule 20).
	FPU bool
}

// The cores there are.
var (
	CortexM3 = Core{Name: "cortex-m3", MulAdd: 2, LongMultiplyVaries: true}
	CortexM4 = Core{Name: "cortex-m4", MulAdd: 1, WritebackPipelines: true, BurstSlot: true, FPU: true}
)

// Memory is how a memory delivers code.
type Memory struct {
	Latency  int32 // cycles from the request of a word until it can be decoded
	Interval int32 // cycles between requests
}

// Flash is fetched over the code bus (rule 1), SRAM over the system bus, shared with data (rule 14).
var (
	Flash = Memory{Latency: 2, Interval: 1}
	SRAM  = Memory{Latency: 4, Interval: 2}
)

// Options change what is modelled.
type Options struct {
	// FetchAtFlashSpeed treats code in SRAM as if it lay in flash, where no other memory is in its way.
	FetchAtFlashSpeed bool
	// First leaves out rules 15 to 20, which were found later than the prototype this is compared with.
	First bool
	// FlashWaitStates is what a line of flash takes longer, in front of which is the cache of an
	// STM32F4 (ART). Not validated against silicon.
	FlashWaitStates int
	// Alias is how many bytes of SRAM are seen at address 0 as well (rule 21).
	Alias uint32
}

// ART is the cache of an STM32F4's flash (RM0090 3.5.2): lines of 128 bits, the least recently used one
// is replaced, the line behind the one that is executed is fetched ahead.
var ART = struct{ LineBytes, CodeLines, DataLines int }{16, 64, 8}

// Model is a core with options.
type Model struct {
	Core
	Options
}

// cost is the execute time of a class where nothing else is said: rules 9, 10 and 13. Classes that are
// missing take a cycle.
var cost = [thumb.NumClasses]int32{
	thumb.Load: 2, thumb.LoadLiteral: 2, thumb.Exclusive: 2, thumb.LoadPC: 2, thumb.TableBranch: 2,
	thumb.LoadDual: 3, thumb.StoreDual: 3,
	thumb.System: 2, thumb.Barrier: 3, thumb.InstructionBarrier: 3,
}

// Region is a part of the address space, by the bus that leads there.
type Region uint8

const sramAt = 0x20000000

// Regions of the address space (DDI 0403 B3.1).
const (
	CodeRegion    Region = iota // below 0x20000000: flash, over the code buses
	SRAMRegion                  // 0x20000000 to 0x3fffffff, over the system bus
	PrivateRegion               // the private peripheral bus at 0xe0000000
	SystemRegion                // everything else on the system bus
	AliasRegion                 // the SRAM that is seen at address 0, over the code buses
	AliasedRegion               // the same SRAM where it lies, over the system bus
)

// RegionOf an address, where that many bytes of SRAM are seen at address 0 as well.
func RegionOf(addr, alias uint32) Region {
	switch {
	case addr < alias:
		return AliasRegion
	case addr-sramAt < alias:
		return AliasedRegion
	case addr < sramAt:
		return CodeRegion
	case addr < 0x40000000:
		return SRAMRegion
	case addr >= 0xe0000000 && addr < 0xe0100000:
		return PrivateRegion
	}
	return SystemRegion
}

// bus identifies a bus: SRAM and peripherals share one.
type bus uint8

func (r Region) bus() bus {
	switch r {
	case SystemRegion, AliasedRegion:
		return bus(SRAMRegion)
	case AliasRegion:
		return bus(CodeRegion)
	}
	return bus(r)
}

// isSRAM tells of memory at 0x20000000, over the system bus.
func (r Region) isSRAM() bool { return r == SRAMRegion || r == AliasedRegion }

// shares tells whether code and data meet at one memory, which serves one of them in a cycle (rules 6 and 21). Code in
// SRAM that is fetched over the system bus is another thing (rule 14).
func (m *Model) shares(code, data Region) bool {
	switch code {
	case CodeRegion:
		return data == CodeRegion
	case AliasRegion:
		return !m.FetchAtFlashSpeed && (data == AliasRegion || data == AliasedRegion)
	}
	return false
}
