// SPDX-License-Identifier: BSD-2-Clause

/* A function and a variable that are nowhere: refused. */
int missing(int x);
extern int nowhere;

int undefined(void *ctx)
{
	return missing(1);
}

int undefined_data(void *ctx)
{
	return nowhere;
}
