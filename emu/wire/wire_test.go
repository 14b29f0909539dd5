// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
)

// mirrored are the numbers of abi/wire.h this package repeats; all there are, but for a few listed
// in the test.
var mirrored = map[string]int{
	"VERSION": version, "SYNC0": sync0, "SYNC1": sync1, "REPLY": reply, "ERROR": kindError,
	"KIND": 2, "SEQ": 3, "LENGTH": 4, "CHECK": 6,
	"HEADER_BYTES": headerBytes, "CRC_BYTES": crcBytes, "PAYLOAD_BYTES": payloadBytes, "FRAME_BYTES": frameBytes,

	"FAULT_STATUS": faultStatus, "FAULT_PC": faultPC, "FAULT_ADDR": faultAddr, "FAULT_BYTES": faultBytes,

	"INFO_VERSION": infoVersion, "INFO_ENGINES": infoEngines, "INFO_KERNELS": infoKernels, "INFO_CPU": infoCPU,
	"INFO_COUNTERS": infoCounters, "INFO_ARENA_ADDR": infoArenaAddr, "INFO_ARENA_BYTES": infoArenaBytes,
	"INFO_INSTRUCTIONS": infoInstructions, "INFO_CYCLES": infoCycles, "INFO_BYTES": infoBytes,
	"COUNTS_INSTRUCTIONS": countsInstructions, "COUNTS_CYCLES": countsCycles,

	"JOB_ENGINE": jobEngine, "JOB_FORMAT": jobFormat, "JOB_FLAGS": jobFlags, "JOB_GRANTED": jobGranted,
	"JOB_ENTRY": jobEntry, "JOB_HELPERS": jobHelpers, "JOB_BUDGET": jobBudget, "JOB_CONTEXT": jobContext,
	"JOB_TRACE": jobTrace, "JOB_IMAGE": jobImage, "JOB_BYTES": jobBytes,
	"FLAG_HELPERS": flagHelpers, "FLAG_LOAD_ONLY": flagLoadOnly, "FLAG_UNSAFE": flagUnsafe,
	"FLAG_NO_STACK": flagNoStack, "FLAG_NO_ALIAS": flagNoAlias, "HAS_ALIAS": hasAlias, "REPORT_ALIASED": reportAliased, "ALIAS": emu.Alias,

	"AREA": accessArea, "INDEX": accessIndex, "COUNT": accessCount, "OFFSET": accessOffset,
	"ACCESS_BYTES": accessBytes, "AREA_CONTEXT": areaContext, "AREA_GRANTED": areaGranted,
	"AREA_TRACE": areaTrace, "AREA_IMAGE": areaImage, "AREA_CODE": areaCode, "AREA_OUTPUT": areaOutput, "AREA_MAP": areaMap,

	"REPORT_PHASES": reportPhases, "REPORT_RESULT": reportResult, "REPORT_COUNTS": reportCounts,
	"REPORT_CODE_ADDR": reportCodeAddr, "REPORT_CODE_BYTES": reportCodeBytes, "REPORT_RAM_BYTES": reportRAMBytes,
	"REPORT_STACK_BYTES": reportStackBytes, "REPORT_CONTEXT_ADDR": reportContextAddr,
	"REPORT_OUTPUT_BYTES": reportOutputBytes, "REPORT_BYTES": reportBytes,

	"TRAP_UNDEFINED": int(TrapUndefined), "TRAP_READ": int(TrapRead), "TRAP_EXECUTE": int(TrapExecute),
	"TRAP_STACK": int(TrapStack), "TRAP_ESCALATE": int(TrapEscalate), "TRAP_RESTART": int(TrapRestart),
	"TRAP_HANG": int(TrapHang),
}

func TestNumbersAreThoseOfTheHeader(t *testing.T) {
	text, err := abi.Headers.ReadFile("wire.h")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, m := range regexp.MustCompile(`UB_WIRE_(\w+) = (0x\w+|\d+),`).FindAllSubmatch(text, -1) {
		name := string(m[1])
		want, err := strconv.ParseInt(string(m[2]), 0, 32)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := mirrored[name]; !ok {
			t.Errorf("UB_WIRE_%s has no counterpart", name)
		} else if got != int(want) {
			t.Errorf("UB_WIRE_%s is %d, here %d", name, want, got)
		}
		seen++
	}
	if seen != len(mirrored) {
		t.Errorf("the header has %d of the %d numbers", seen, len(mirrored))
	}
	rows := regexp.MustCompile(`X\((\w+), (\d+), "`).FindAllSubmatch(text, -1)
	if len(rows) != len(commandNames) {
		t.Errorf("the header has %d commands, here are %d", len(rows), len(commandNames))
	}
	for _, m := range rows {
		if kind, _ := strconv.Atoi(string(m[2])); Command(kind).String() != string(m[1]) {
			t.Errorf("command %d is %s, here %s", kind, m[1], Command(kind))
		}
	}
}
