/* SPDX-License-Identifier: BSD-2-Clause */
/* Without libFuzzer (-DREPLAY): a program that gives the files it is named to LLVMFuzzerTestOneInput, one after the other. */
#ifdef REPLAY
#include <stdio.h>

int main(int argc, char **argv)
{
	static uint8_t bytes[1 << 16];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		if (!f) {
			perror(argv[i]);
			return 1;
		}
		size_t n = fread(bytes, 1, sizeof bytes, f);
		fclose(f);
		printf("%s\n", argv[i]);
		fflush(stdout);
		LLVMFuzzerTestOneInput(bytes, n);
	}
	return 0;
}
#endif
