/* SPDX-License-Identifier: BSD-2-Clause */
/* A firmware that is given images by strangers, for libFuzzer (make library-fuzz), with the memory it lends no larger than it says.
 * The first bytes of an input say how it is loaded:
 *
 *   0       1       2          4          6       7        8
 *   format  engine  memory     context    entry   budget   image ...
 *
 * Whatever the image: a status, and nothing outside what was lent is touched. What ubpf.h promises is asserted.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ubpf/ubpf.h"

enum { HEADER = 8, MOST_MEMORY = 24 << 10, MOST_CONTEXT = 512 };

static uint64_t sum(struct ub_run *run, uint32_t at, uint32_t bytes, uint32_t r3, uint32_t r4, uint32_t r5)
{
	const uint8_t *p = bytes ? ubpf_pointer(run, at) : NULL;
	uint64_t all = 0;

	(void)r3, (void)r4, (void)r5;
	for (uint32_t i = 0; i < bytes; i++)
		all += p[i];
	return all;
}

static uint64_t fill(struct ub_run *run, uint32_t at, uint32_t bytes, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r3, (void)r4, (void)r5;
	if (bytes)
		memset(ubpf_pointer(run, at), 7, bytes);
	return bytes;
}

static uint64_t length(struct ub_run *run, uint32_t at, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r2, (void)r3, (void)r4, (void)r5;
	return strlen(ubpf_pointer(run, at));
}

static const struct ubpf_helper rows[] = {
	{ 0x01, { UBPF_IN(0), UBPF_VALUE }, "sum", sum },
	{ 0x02, { UBPF_OUT(0), UBPF_VALUE }, "fill", fill },
	{ 0x52, { UBPF_STRING }, "length", length },
};

/* Packed images end with CRC-16/CCITT-FALSE, which a stranger can compute too. */
static void seal(uint8_t *image, size_t len)
{
	uint32_t crc = 0xffff;

	if (len < 2)
		return;
	for (size_t i = 0; i < len - 2; i++) {
		crc ^= (uint32_t)image[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
	}
	image[len - 2] = (uint8_t)(crc >> 8);
	image[len - 1] = (uint8_t)crc;
}

static void try(const uint8_t *how, const uint8_t *bytes, size_t len)
{
	static const struct ub_engine *const engines[] = { &vm_engine, &vm_portable_engine };
	uint32_t memory_bytes = (how[2] | (uint32_t)how[3] << 8) % MOST_MEMORY & ~7u, context_bytes = (how[4] | (uint32_t)how[5] << 8) % MOST_CONTEXT;
	struct ubpf_helpers helpers;
	struct ubpf u;
	struct ubpf_needs needs;
	struct ub_fault where;
	struct ubpf_options o = {
		.engine = engines[how[1] & 1], .format = how[0] & 7, .entry = how[6] & 7, .budget = how[7] * 4u, .helpers = &helpers,
	};

	if (ubpf_helpers_init(&helpers, rows, sizeof rows / sizeof rows[0]) || (how[1] & 2 && ubpf_helpers_add_maps(&helpers)))
		abort();
	/* Each on its own: what is read or written beside one is seen. Programs see the 4 GB around `memory`. */
	uint8_t *memory = malloc(memory_bytes ? memory_bytes : 1), *image = malloc(len ? len : 1), *context = malloc(context_bytes ? context_bytes : 1);
	uint8_t *before = malloc(len ? len : 1);
	assert(memory && image && context && before);
	memset(memory, 0xa5, memory_bytes);
	memset(context, 3, context_bytes);
	memcpy(image, bytes, len);
	if (o.format == UB_FORMAT_PACKED)
		seal(image, len);
	memcpy(before, image, len);
	int32_t needed = ubpf_needs(&o, image, (uint32_t)len, memory, memory_bytes, &needs, &where);
	int32_t status = ubpf_load(&u, &o, image, (uint32_t)len, memory, memory_bytes);
	assert(status <= 0 && *ubpf_status_text(status) && (status == 0) == (needed == 0));
	if (!status) {
		assert(needs.memory <= memory_bytes && needs.memory % 8 == 0 && needs.stack <= needs.memory);
		for (int run = 0; run < 2; run++) {
			uint64_t result;
			status = ubpf_run(&u, context, context_bytes, &result);
			assert(status <= 0 && status == u.fault.status);
		}
		ubpf_unload(&u);
		status = ubpf_load(&u, &o, image, (uint32_t)len, memory, needs.memory);
		assert(status == 0);
		ubpf_unload(&u);
		if (needs.memory)
			assert(ubpf_load(&u, &o, image, (uint32_t)len, memory, needs.memory - 8) < 0);
	}
	if (o.format == UB_FORMAT_PACKED || o.format == UB_FORMAT_ELF_OBJECT)
		assert(!memcmp(before, image, len));
	free(before);
	free(context);
	free(image);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len >= HEADER)
		try(bytes, bytes + HEADER, len - HEADER);
	return 0;
}

#include "ubpf/fuzz/replay.h"
