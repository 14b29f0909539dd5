/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the programs of a file and prints what came of each: status, slot, result, and a hash of the context as it was left.
 * The file is records of words, little endian: format, budget, bytes of the image, bytes of the context; then both, each
 * filled up to 8 bytes. */
#include <stdio.h>
#include <string.h>

#include "ubpf/ubpf.h"

static struct {
	uint8_t memory[96 * 1024], image[64 * 1024], context[16 * 1024];
} near __attribute__((aligned(8)));

static int read_padded(FILE *f, uint8_t *to, uint32_t bytes, uint32_t room)
{
	uint32_t all = (bytes + 7) & ~7u;

	return all <= room && fread(to, 1, all, f) == all;
}

static uint32_t hash(const uint8_t *p, uint32_t bytes)
{
	uint32_t h = 0x811c9dc5; /* FNV-1a */

	while (bytes--)
		h = (h ^ *p++) * 0x01000193;
	return h;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	uint32_t head[4];

	if (!f) {
		fputs("usage: programs FILE\n", stderr);
		return 2;
	}
	while (fread(head, sizeof head, 1, f)) {
		const struct ubpf_options options = { .engine = &vm_engine, .format = head[0], .budget = head[1] };
		static struct ubpf u;
		uint64_t result = 0;

		if (!read_padded(f, near.image, head[2], sizeof near.image) || !read_padded(f, near.context, head[3], sizeof near.context))
			return 2;
		int32_t status = ubpf_load(&u, &options, near.image, head[2], near.memory, sizeof near.memory);
		if (!status)
			status = ubpf_run(&u, near.context, head[3], &result);
		printf("%d %u %llx %x\n", (int)status, (unsigned)u.fault.pc, (unsigned long long)result,
		       (unsigned)hash(near.context, head[3]));
	}
	return 0;
}
