// SPDX-License-Identifier: GPL-2.0-or-later

// Package wire is the host's side of the protocol of abi/wire.h: it turns jobs into requests to
// the agent in the firmware and answers into samples, over any link that carries bytes. What is
// lost or damaged on the way is asked for again; the agent never does the same request twice.
package wire

// Numbers of abi/wire.h, under the same names; a test compares them.
const (
	version   = 1
	sync0     = 0xb5
	sync1     = 0x4e
	reply     = 0x80
	kindError = 0xff

	headerBytes  = 8
	crcBytes     = 4
	payloadBytes = 1024
	frameBytes   = headerBytes + payloadBytes + crcBytes
)

// Command is what a request asks for.
type Command byte

// Commands.
const (
	info  Command = 1
	open  Command = 2
	write Command = 3
	load  Command = 4
	run   Command = 5
	read  Command = 6
	exec  Command = 7
	trap  Command = 8
)

var commandNames = map[Command]string{
	info: "INFO", open: "OPEN", write: "WRITE", load: "LOAD", run: "RUN", read: "READ", exec: "EXEC", trap: "TRAP",
}

func (c Command) String() string { return commandNames[c] }

// Offsets in payloads.
const (
	faultStatus = 0
	faultPC     = 4
	faultAddr   = 8
	faultBytes  = 12

	infoVersion      = 12
	infoEngines      = 14
	infoKernels      = 15
	infoCPU          = 16
	infoCounters     = 20
	infoArenaAddr    = 24
	infoArenaBytes   = 28
	infoInstructions = 32
	infoCycles       = 36
	infoBytes        = 40

	countsInstructions = 1
	countsCycles       = 2
	hasAlias           = 4

	jobEngine  = 0
	jobFormat  = 1
	jobFlags   = 2
	jobGranted = 3
	jobEntry   = 4
	jobHelpers = 6
	jobBudget  = 8
	jobContext = 12
	jobTrace   = 16
	jobImage   = 20
	jobBytes   = 24

	flagHelpers  = 1
	flagLoadOnly = 2
	flagUnsafe   = 4
	flagNoStack  = 8
	flagNoAlias  = 16
	writable     = 0x80000000

	accessArea   = 0
	accessIndex  = 1
	accessCount  = 2
	accessOffset = 4
	accessBytes  = 8

	areaContext = 0
	areaGranted = 1
	areaTrace   = 2
	areaImage   = 3
	areaCode    = 4
	areaOutput  = 5
	areaMap     = 6

	reportPhases      = 12
	reportAliased     = 13
	reportResult      = 16
	reportCounts      = 24
	reportCodeAddr    = 56
	reportCodeBytes   = 60
	reportRAMBytes    = 64
	reportStackBytes  = 68
	reportContextAddr = 72
	reportOutputBytes = 76
	reportBytes       = 80

	phaseLoad    = 0
	phaseVerify  = 1
	phaseCompile = 2
	phaseExecute = 3
)

// Trap is a way the firmware can be asked to misbehave.
type Trap byte

// Traps.
const (
	TrapUndefined Trap = 0 // an undefined instruction: UsageFault
	TrapRead      Trap = 1 // a read where no memory is: MemManage
	TrapExecute   Trap = 2 // a jump into a peripheral: MemManage
	TrapStack     Trap = 3 // recursion without end: MemManage
	TrapEscalate  Trap = 4 // a fault while faults are masked: HardFault
	TrapRestart   Trap = 5 // a fault of the agent itself
	TrapHang      Trap = 6 // never answers
)
