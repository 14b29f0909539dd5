// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int string_tools(char *text, unsigned long len)
{
	uint32_t words = 0, letters = 0;
	int in_word = 0;

	for (unsigned long i = 0; i < len && text[i]; i++) {
		char c = text[i];

		if (c >= 'a' && c <= 'z')
			text[i] = c - 32;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			letters++;
			if (!in_word)
				words++;
			in_word = 1;
		} else {
			in_word = 0;
		}
	}
	bpf_printf("Found %d words with %d letters in the text\n", words, letters);
	return words;
}
