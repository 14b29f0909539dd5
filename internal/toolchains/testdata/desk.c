// SPDX-License-Identifier: GPL-2.0-or-later

/* Runs a source on the host: the context comes as hex digits and goes as such, behind the result. */
#include <stdio.h>
#include <string.h>

unsigned long prog(unsigned char *ctx, unsigned long len);

int main(int argc, char **argv)
{
	static unsigned char ctx[1024];
	unsigned long len = argc > 1 ? strlen(argv[1]) / 2 : 0;

	for (unsigned long i = 0; i < len && i < sizeof ctx; i++) {
		unsigned value;
		sscanf(argv[1] + 2 * i, "%2x", &value);
		ctx[i] = (unsigned char)value;
	}
	printf("%lx ", prog(ctx, len));
	for (unsigned long i = 0; i < len; i++)
		printf("%02x", ctx[i]);
	printf("\n");
	return 0;
}
