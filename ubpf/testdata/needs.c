/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of examples/embed/main.c: tells the memory that loading its program takes with the engine at hand (sizes.sh). */
#include "board.h"
#include "image.h"
#include "ubpf/ubpf.h"

static uint64_t say(struct ub_run *run, uint32_t text, uint32_t number, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)run, (void)text, (void)number, (void)r3, (void)r4, (void)r5;
	return 0;
}

static const struct ubpf_helper rows[] = {
	{ .id = 0xa0, .name = "say", .args = { UBPF_STRING, UBPF_VALUE }, .call = say },
};

int main(void)
{
	static uint8_t memory[EMBED_MEMORY] __attribute__((aligned(8)));
	static struct ubpf_helpers helpers;
	struct ubpf_needs needs = { 0, 0, 0, 0 };

	ubpf_helpers_init(&helpers, rows, 1);
	const struct ubpf_options options = {
		.engine = &EMBED_ENGINE, .format = UB_FORMAT_PACKED, .budget = 1000, .helpers = &helpers
	};
	int32_t status = ubpf_needs(&options, greeting_image, sizeof greeting_image, memory, sizeof memory, &needs, NULL);
	board_print("memory", needs.memory);
	return status != 0;
}
