/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of the maps that the server answers with, one list for all of them: X(NAME, number, "what --json calls it", kind).
 * SPEC.md says which map has which. The kind says how the host shows a value: n number, t text, b bytes, y yes or no, s
 * status (abi/status.h), m what lies below: maps or numbers.
 */
#ifndef DEVICE_SERVER_KEYS_H
#define DEVICE_SERVER_KEYS_H

#define SERVER_KEYS(X)                              \
	/* /dev */                                  \
	X(BOARD, 1, "board", t)                     \
	X(CORE, 2, "core", t)                       \
	X(FIRMWARE, 3, "firmware", t)               \
	X(UPTIME, 4, "uptime_ms", n)                \
	X(MEMORY, 5, "memory_bytes", n)             \
	X(MEMORY_FREE, 6, "memory_free_bytes", n)   \
	X(MEMORY_LARGEST, 7, "memory_largest_bytes", n) \
	X(PROGRAMS, 8, "programs", n)               \
	X(PROGRAMS_MOST, 9, "programs_most", n)     \
	X(STORE, 10, "store_bytes", n)              \
	X(STORE_FREE, 11, "store_free_bytes", n)    \
	X(STORE_IS_RAM, 12, "store_is_ram", y)      \
	X(PANIC, 13, "last_panic", s)               \
	X(KEYS, 14, "keys", m)                      \
	X(VENDOR, 15, "vendor", b)                  \
	X(CLASSES, 16, "classes", m)                \
	X(COMPILED, 17, "compiled", n)              \
	X(ALIAS, 80, "alias", y)                    \
	/* a key */                                 \
	X(ID, 18, "id", b)                          \
	X(FLAGS, 19, "flags", n)                    \
	/* a program */                             \
	X(NAME, 20, "name", t)                      \
	X(STATE, 21, "state", n)                    \
	X(ENGINE, 22, "engine", n)                  \
	X(SEQUENCE, 23, "sequence", n)              \
	X(APPLICATION, 24, "application", t)        \
	X(TRIAL_LEFT, 25, "trial_left_ms", n)       \
	X(START, 26, "start", n)                    \
	X(ANSWERS, 27, "answers", n)                \
	X(RUNS, 28, "runs", n)                      \
	X(TICKS, 29, "running_ms", n)               \
	X(STATUS, 30, "status", s)                  \
	X(FAULTS, 31, "faults", n)                  \
	X(IMAGE_BYTES, 32, "image_bytes", n)        \
	X(BLOCK_BYTES, 33, "compartment_bytes", n)  \
	X(CODE_BYTES, 34, "code_bytes", n)          \
	X(STACK_BYTES, 35, "stack_bytes", n)        \
	X(LATE, 36, "late_us", n)                   \
	X(MAILBOX, 37, "mailbox_bytes", n)          \
	X(RESULT, 38, "result", n)                  \
	X(SPENT, 39, "spent", n)                    \
	X(DIGEST, 40, "digest", b)                  \
	X(FORMAT, 41, "format", n)                  \
	/* a fault, a refusal, what a run came to */ \
	X(SLOT, 42, "slot", n)                      \
	X(ADDRESS, 43, "address", n)                \
	X(CODE_AT, 44, "code_at", n)                \
	X(WHEN, 45, "when_ms", n)                   \
	X(REGISTERS, 46, "registers", m)            \
	X(INSTRUCTIONS, 47, "instructions", n)      \
	X(CONTEXT, 48, "context", b)                \
	/* a log */                                 \
	X(NEXT, 49, "next", n)                      \
	X(LINES, 50, "lines", m)                    \
	/* a transfer */                            \
	X(HAVE, 52, "have_bytes", n)                \
	/* what the last one cost, by enum server_cost */ \
	X(COSTS, 53, "costs", m)                    \
	/* a map, beside flags and name */          \
	X(PROGRAM, 54, "program", t)                \
	X(TYPE, 55, "type", n)                      \
	X(KEY_BYTES, 56, "key_bytes", n)            \
	X(VALUE_BYTES, 57, "value_bytes", n)        \
	X(ENTRIES_MOST, 58, "entries_most", n)      \
	X(ENTRIES_USED, 59, "entries_used", n)      \
	X(MAP_BYTES, 60, "map_bytes", n)            \
	X(SHARED, 61, "shared", n)                  \
	X(DROPPED, 62, "dropped", n)                \
	/* what is in it */                         \
	X(ENTRIES, 63, "entries", m)                \
	/* a hook of a program */                   \
	X(EVENT, 70, "event", n)                    \
	X(ARGUMENT, 71, "argument", n)              \
	X(PERIOD, 72, "period_ms", n)               \
	X(PATH, 73, "path", t)                      \
	X(PRIORITY, 74, "priority", n)              \
	X(ATTACHED, 75, "attached", y)              \
	X(ORDER, 76, "order", n)                    \
	X(HOOK_RUNS, 77, "hook_runs", n)            \
	X(OVER, 78, "over_budget", n)                \
	X(NUMBER, 79, "number", n)                  \
	/* what there was no memory for */          \
	X(WHAT, 81, "what", t)                      \
	X(NEEDED, 82, "needed_bytes", n)

enum server_key {
#define SERVER_KEY(name, number, text, kind) SERVER_KEY_##name = (number),
	SERVER_KEYS(SERVER_KEY)
#undef SERVER_KEY
};

#endif
