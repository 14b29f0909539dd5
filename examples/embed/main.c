/* SPDX-License-Identifier: BSD-2-Clause */
/* An eBPF program in a firmware of one's own. */
#include "board.h"
#include "image.h" /* greeting_image: what `ubench pack` made of greeting.c */
#include "ubpf/ubpf.h"

static uint64_t say(struct ub_run *run, uint32_t text, uint32_t number, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r3, (void)r4, (void)r5;
	board_print(ubpf_pointer(run, text), number);
	return 0;
}

static const struct ubpf_helper rows[] = {
	{ .id = 0xa0, .name = "say", .args = { UBPF_STRING, UBPF_VALUE }, .call = say },
};

int main(void)
{
	static uint8_t memory[EMBED_MEMORY] __attribute__((aligned(8)));
	static uint8_t context[] __attribute__((aligned(8))) = { 1, 2, 3, 4, 5, 6, 7 };
	static struct ubpf_helpers helpers;
	static struct ubpf program;
	uint64_t sum = 0;

	ubpf_helpers_init(&helpers, rows, 1);
	const struct ubpf_options options = {
		.engine = &EMBED_ENGINE, .format = UB_FORMAT_PACKED, .budget = 1000, .helpers = &helpers
	};
	int32_t status = ubpf_load(&program, &options, greeting_image, sizeof greeting_image, memory, sizeof memory);
	if (!status)
		status = ubpf_run(&program, context, sizeof context, &sum);
	board_print(ubpf_status_text(status), (uint32_t)sum);
	return status || sum != 28;
}
