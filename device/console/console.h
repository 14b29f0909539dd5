/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: a server that does what datagrams say, for tests and for the host. Whoever reaches its link may do
 * everything, so a device that others can reach has another server (docs/device.md).
 *
 * A datagram is u8 kind, u8 sequence number, payload. Every one is answered: kind | 0x80, the same number, status, pc and
 * address (UB_WIRE_FAULT_*), and what follows below. One that comes again, byte for byte, is not done again: its answer is
 * sent again. All numbers are little endian; u8 number is a program's.
 */
#ifndef DEVICE_CONSOLE_H
#define DEVICE_CONSOLE_H

#include "device/supervisor/supervisor.h"

/* X(NAME, kind, "request → answer behind the fault") */
#define CONSOLE_COMMANDS(X)                                                                                       \
	X(INFO, 0x20, "→ u32 × 9: now in ms, pool address, bytes, free, longest free part, pieces, codes made, panic, u8 programs, u8 codes, u16 KB of alias") \
	X(IMAGE, 0x21, "u32 whole length, u32 offset, bytes: part of the image that LOAD or REPLACE will read")    \
	X(LOAD, 0x22, "struct supervisor_config → u8 number")                                                      \
	X(REPLACE, 0x23, "u8 number, u8 0 × 3, struct supervisor_config")                                          \
	X(START, 0x24, "u8 number")                                                                                \
	X(STOP, 0x25, "u8 number")                                                                                 \
	X(KILL, 0x26, "u8 number")                                                                                 \
	X(UNLOAD, 0x27, "u8 number")                                                                               \
	X(CALL, 0x28, "u8 number, u8 0 × 3, context → u64 r0, u32 spent, u32 ticks, u32 instructions, u32 cycles, context") \
	X(FILL, 0x2e, "u8 number, u8 0 × 3, u32 offset, bytes: part of the context that RUN will find")             \
	X(RUN, 0x2f, "u8 number, u8 0 × 3, u32 length: CALL with a context that was filled, right after a tick")     \
	X(READ, 0x30, "u8 number, u8 0 × 3, u32 offset, u32 count → bytes of the context")                           \
	X(STATE, 0x29, "u8 number → struct console_state")                                                         \
	X(LOG, 0x2a, "u32 from → u32 from where, bytes")                                                           \
	X(INPUT, 0x2b, "u32 value")                                                                                \
	X(TRACE, 0x2c, "u8 1: what came by IMAGE is what devices read from now on (SPEC.md); 0: they read nothing")      \
	X(TEST, 0x2d, "u8 what, …: test builds only (test.c)")

enum console_command {
#define CONSOLE_COMMAND(name, kind, text) CONSOLE_##name = (kind),
	CONSOLE_COMMANDS(CONSOLE_COMMAND)
#undef CONSOLE_COMMAND
	CONSOLE_ANSWER = 0x80,
};

/* STATE, as it is sent. */
struct console_state {
	char name[SUPERVISOR_NAME];
	uint8_t state, engine, restart, long_running;
	uint32_t runs, ticks;
	int32_t status;
	uint32_t crashes;
	uint32_t faults;       /* so many were kept; what follows is the last */
	int32_t fault_status;
	uint32_t fault_pc, fault_addr, fault_code_at, fault_when_ms;
	uint32_t registers[17];
	uint32_t block_addr, block_bytes, code_addr, code_bytes; /* its compartment, bytes 0: none */
	uint32_t mailbox_used, late_us;
	uint64_t result;
};
_Static_assert(sizeof(struct console_state) == 16 + 4 + 9 * 4 + 4 + 17 * 4 + 6 * 4 + 8, "as the host reads it");

struct console {
	const struct supervisor_board *board;
	struct supervisor supervisor;
	struct pool_piece staging; /* the image that is being received */
	struct pool_piece trace;
	uint32_t staged;           /* its length */
	/* A call whose run goes on. */
	uint8_t calling, call_kind, call_seq, call_number;
	uint32_t call_instructions, call_cycles, call_crc;
	struct os_peer call_peer;
	uint32_t last_crc; /* of the last request; its answer is in out */
	struct os_peer last_peer; /* who sent it */
	uint32_t in_len, out_len;
	uint32_t woken; /* flags that went up and were not looked at yet */
	struct os_peer peer; /* who asked last */
	uint8_t in[OS_DATAGRAM_BYTES] __attribute__((aligned(8)));
	uint8_t out[OS_DATAGRAM_BYTES] __attribute__((aligned(8)));
};

void console_init(struct console *c, const struct supervisor_board *board);
/* What a thread does for ever. */
void console_serve(struct console *c) __attribute__((noreturn));
/* Once: takes what has come, does what is due. Returns when to be called again at the latest. */
uint64_t console_step(struct console *c);
enum { CONSOLE_FLAG_DATAGRAM = 1 << SUPERVISOR_PROGRAMS };

/* test.c, or untested.c: CONSOLE_TEST. Appends to the answer at c->out + *len. Returns a status. */
int32_t console_test(struct console *c, const uint8_t *p, uint32_t len, uint32_t *out_len);

#endif
