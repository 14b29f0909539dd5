// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

static __attribute__((noinline)) int ask(const char *question, uint32_t answer)
{
	uint32_t key;

	bpf_printf("%s ", question);
	key = bpf_keypad_get_input(0);
	bpf_printf("%s\n", key == answer ? "Right!" : "Wrong.");
	return key == answer;
}

int quiz(void *ctx)
{
	int points = 0;

	points += ask("How many registers does eBPF have?", 11);
	points += ask("How many bytes has an instruction?", 8);
	points += ask("How many arguments can a helper take?", 5);
	bpf_printf("You have %d points of 3\n", points);
	return points;
}
