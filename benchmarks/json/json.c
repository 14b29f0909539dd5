/* SPDX-License-Identifier: BSD-2-Clause */
/* Splits JSON (RFC 8259) into tokens: a character at a time, with a stack of brackets in a word. */
#include "benchmarks/kernel.h"

struct json_ctx {
	uint32_t len;
	uint8_t data[];
};

enum { JSON_DEPTH = 31 };

UB_INLINE int json_is_space(uint32_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Tokens in the upper half, a hash of their beginnings and lengths in the lower. */
uint64_t UB_KERNEL(json)(void *ctx, unsigned long len)
{
	const struct json_ctx *in = ctx;
	uint32_t objects = 0, depth = 0; /* bit of `objects` per open bracket: it is a brace */
	uint32_t tokens = 0, hash = 0, at = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->len;
	const uint8_t *p = in->data;
	while (at < n) {
		uint32_t c = p[at], start = at++;
		if (json_is_space(c) || c == ',' || c == ':')
			continue;
		if (c == '{' || c == '[') {
			if (depth == JSON_DEPTH)
				return UB_KERNEL_REFUSED;
			objects = objects << 1 | (c == '{');
			depth++;
		} else if (c == '}' || c == ']') {
			if (!depth || (objects & 1) != (c == '}'))
				return UB_KERNEL_REFUSED;
			objects >>= 1;
			depth--;
			continue;
		} else if (c == '"') {
			while (at < n && p[at] != '"')
				at += p[at] == '\\' ? 2 : 1;
			if (at >= n)
				return UB_KERNEL_REFUSED;
			at++;
		} else {
			while (at < n && !json_is_space(p[at]) && p[at] != ',' && p[at] != ':' && p[at] != '}' &&
			       p[at] != ']')
				at++;
		}
		tokens++;
		hash = hash * 31 + start;
		hash = hash * 31 + (at - start);
	}
	return depth ? UB_KERNEL_REFUSED : (uint64_t)tokens << 32 | hash;
}
