/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol between a host and the agent in the firmware (SPEC.md, Protocol).
 *
 * A frame, either way:
 *
 *   0     2     3     4       6       8             8+length
 *   sync  kind  seq   length  check   payload ...   crc
 *
 * check is the low half of the CRC-32 of bytes 2..5, crc the CRC-32 of bytes 2 to the end of the
 * payload (IEEE, as in Ethernet). The host asks, the agent answers with kind | UB_WIRE_REPLY and
 * the same seq. Every answer begins with status, pc and addr (struct ub_fault); a command that
 * failed before it had more to say answers with these alone. What cannot be understood as a frame
 * is answered with kind UB_WIRE_ERROR. A request that repeats the one before it, byte for byte, is
 * not done again: its answer is sent again. So a host that lost an answer may ask again.
 *
 * All numbers are little endian. Payloads are given by offsets, not structs; names ending in
 * _BYTES are lengths.
 */
#ifndef UB_ABI_WIRE_H
#define UB_ABI_WIRE_H

enum {
	UB_WIRE_VERSION = 1,
	UB_WIRE_SYNC0 = 0xb5,
	UB_WIRE_SYNC1 = 0x4e,
	UB_WIRE_REPLY = 0x80,
	UB_WIRE_ERROR = 0xff,
};

/* Frame. */
enum {
	UB_WIRE_KIND = 2,
	UB_WIRE_SEQ = 3,
	UB_WIRE_LENGTH = 4,
	UB_WIRE_CHECK = 6,
	UB_WIRE_HEADER_BYTES = 8,
	UB_WIRE_CRC_BYTES = 4,
	UB_WIRE_PAYLOAD_BYTES = 1024, /* at most, both ways */
	UB_WIRE_FRAME_BYTES = 1036,   /* UB_WIRE_HEADER_BYTES + UB_WIRE_PAYLOAD_BYTES + UB_WIRE_CRC_BYTES */
};

/* Commands: X(NAME, kind, what it does). */
#define UB_WIRE_COMMANDS(X)                                                              \
	X(INFO, 1, "describe the firmware and calibrate its counters")                   \
	X(OPEN, 2, "forget the last job, lay out and clear memory for the next")         \
	X(WRITE, 3, "fill an area of the open job")                                      \
	X(LOAD, 4, "read the image, verify it, prepare the engine")                      \
	X(RUN, 5, "run the loaded program once")                                         \
	X(READ, 6, "return part of an area")                                             \
	X(EXEC, 7, "open, fill, load and run a job that fits one frame")                 \
	X(TRAP, 8, "misbehave on purpose, to test how faults and hangs are reported")

enum ub_wire_command {
#define UB_WIRE_COMMAND_ENUM(name, kind, text) UB_WIRE_##name = (kind),
	UB_WIRE_COMMANDS(UB_WIRE_COMMAND_ENUM)
#undef UB_WIRE_COMMAND_ENUM
};

/* How every answer begins; all of UB_WIRE_ERROR, OPEN, WRITE and TRAP. */
enum {
	UB_WIRE_FAULT_STATUS = 0, /* enum ub_status, signed 32 bits */
	UB_WIRE_FAULT_PC = 4,
	UB_WIRE_FAULT_ADDR = 8,
	UB_WIRE_FAULT_BYTES = 12,
};

/* INFO: answer. Then zero-terminated strings: board, core, the kernels; and for each engine its
 * capabilities (one byte, UB_ENGINE_*) and its name. */
enum {
	UB_WIRE_INFO_VERSION = 12,      /* 16 bits, UB_WIRE_VERSION */
	UB_WIRE_INFO_ENGINES = 14,      /* 8 bits, how many */
	UB_WIRE_INFO_KERNELS = 15,      /* 8 bits, how many */
	UB_WIRE_INFO_CPU = 16,          /* UB_CPU_* */
	UB_WIRE_INFO_COUNTERS = 20,     /* UB_WIRE_COUNTS_*, UB_WIRE_HAS_ALIAS */
	UB_WIRE_INFO_ARENA_ADDR = 24,
	UB_WIRE_INFO_ARENA_BYTES = 28,
	UB_WIRE_INFO_INSTRUCTIONS = 32, /* counted for an empty phase, subtracted from all */
	UB_WIRE_INFO_CYCLES = 36,
	UB_WIRE_INFO_BYTES = 40,
};

/* Which counters mean something; found out by trying, as the same firmware runs on emulators that
 * count instructions and on silicon that counts cycles. */
enum {
	UB_WIRE_COUNTS_INSTRUCTIONS = 1,
	UB_WIRE_COUNTS_CYCLES = 2,
	UB_WIRE_HAS_ALIAS = 4,
};

/* With UB_WIRE_HAS_ALIAS: the arena is also seen this much lower, where code is fetched over the code bus. Code is told by where
 * it lies all the same. */
enum {
	UB_WIRE_ALIAS = 0x20000000,
};

/* A job, as OPEN and EXEC declare it. Granted lengths (32 bits each, top bit: writable) and the ids
 * of allowed helpers (16 bits each, ascending) follow; EXEC continues with the bytes of the
 * context, the granted regions, the trace and the image, without gaps. */
enum {
	UB_WIRE_JOB_ENGINE = 0,   /* 8 bits, index in INFO */
	UB_WIRE_JOB_FORMAT = 1,   /* 8 bits, enum ub_format; 0 for native engines */
	UB_WIRE_JOB_FLAGS = 2,    /* 8 bits */
	UB_WIRE_JOB_GRANTED = 3,  /* 8 bits, how many */
	UB_WIRE_JOB_ENTRY = 4,    /* 16 bits, function in the image, or kernel in INFO */
	UB_WIRE_JOB_HELPERS = 6,  /* 16 bits, how many */
	UB_WIRE_JOB_BUDGET = 8,
	UB_WIRE_JOB_CONTEXT = 12, /* bytes */
	UB_WIRE_JOB_TRACE = 16,   /* bytes */
	UB_WIRE_JOB_IMAGE = 20,   /* bytes */
	UB_WIRE_JOB_BYTES = 24,
};
enum {
	UB_WIRE_FLAG_HELPERS = 1,   /* the list of helpers counts; else an image without one may call all */
	UB_WIRE_FLAG_LOAD_ONLY = 2, /* EXEC: do not run */
	UB_WIRE_FLAG_UNSAFE = 4,    /* an engine that checks nothing may run it (UB_ENGINE_UNSAFE): for measuring */
	UB_WIRE_FLAG_NO_STACK = 8,  /* the peak of the C stack is not looked for, and reads 0: it takes longer than short runs */
	UB_WIRE_FLAG_NO_ALIAS = 16, /* machine code runs where it lies, also where it could be fetched through the alias */
};
#define UB_WIRE_WRITABLE 0x80000000u

/* WRITE: the request, then the bytes. READ: the request; the bytes follow UB_WIRE_FAULT_BYTES. */
enum {
	UB_WIRE_AREA = 0,   /* 8 bits */
	UB_WIRE_INDEX = 1,  /* 8 bits, which granted region */
	UB_WIRE_COUNT = 2,  /* 16 bits, READ: bytes asked for */
	UB_WIRE_OFFSET = 4,
	UB_WIRE_ACCESS_BYTES = 8,
};
enum {
	UB_WIRE_AREA_CONTEXT = 0,
	UB_WIRE_AREA_GRANTED = 1,
	UB_WIRE_AREA_TRACE = 2,
	UB_WIRE_AREA_IMAGE = 3,
	UB_WIRE_AREA_CODE = 4,   /* read only */
	UB_WIRE_AREA_OUTPUT = 5, /* read only: what the program printed and did to devices */
	UB_WIRE_AREA_MAP = 6,    /* of a loaded program: its entries (maps_dump); WRITE puts in one: offset 0, key and value */
};

/* LOAD, RUN, EXEC: answer. LOAD fills in what is known by then. */
enum {
	UB_WIRE_REPORT_PHASES = 12,       /* 8 bits: 1 << phase for each phase that was counted */
	UB_WIRE_REPORT_ALIASED = 13,      /* 8 bits: 1 if machine code was fetched through the alias */
	UB_WIRE_REPORT_RESULT = 16,       /* 64 bits, r0 */
	UB_WIRE_REPORT_COUNTS = 24,       /* per phase: instructions, cycles */
	UB_WIRE_REPORT_CODE_ADDR = 56,
	UB_WIRE_REPORT_CODE_BYTES = 60,
	UB_WIRE_REPORT_RAM_BYTES = 64,
	UB_WIRE_REPORT_STACK_BYTES = 68,  /* peak of the C stack below the call of the engine */
	UB_WIRE_REPORT_CONTEXT_ADDR = 72,
	UB_WIRE_REPORT_OUTPUT_BYTES = 76, /* length of UB_WIRE_AREA_OUTPUT */
	UB_WIRE_REPORT_BYTES = 80,
};
enum { UB_WIRE_PHASE_LOAD, UB_WIRE_PHASE_VERIFY, UB_WIRE_PHASE_COMPILE, UB_WIRE_PHASE_EXECUTE, UB_WIRE_PHASES };

/* TRAP: request, one byte. Faults end the step as a broken engine's would; RESTART faults in the
 * agent itself, HANG never answers. */
enum {
	UB_WIRE_TRAP_UNDEFINED = 0, /* UsageFault */
	UB_WIRE_TRAP_READ = 1,      /* MemManage: outside flash, SRAM and peripherals */
	UB_WIRE_TRAP_EXECUTE = 2,   /* MemManage: jump to a peripheral */
	UB_WIRE_TRAP_STACK = 3,     /* MemManage: recursion without end */
	UB_WIRE_TRAP_ESCALATE = 4,  /* HardFault: a fault while faults are masked */
	UB_WIRE_TRAP_RESTART = 5,
	UB_WIRE_TRAP_HANG = 6,
};

#endif
