// SPDX-License-Identifier: GPL-2.0-or-later

/* Structs with holes, nested, in tables, with pointers to their like. */
#include "types.h"

struct point {
	s8 x;
	s64 y;
	u16 z;
};
struct shape {
	const char *name;
	struct point corners[3];
	const struct shape *next;
	u8 flags;
};
static const struct shape last = {"last", {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, 0, 1};
static const struct shape middle = {"middle", {{-1, -2, 30}, {40, 50, 60}, {70, 80, 90}}, &last, 2};
static const struct shape shapes[2] = {
	{"first", {{11, 12, 13}, {14, 15, 16}, {17, 18, 19}}, &middle, 4},
	{"second", {{21, -22, 23}, {24, 25, 26}, {27, 28, 29}}, &last, 8},
};
struct point moved[2] = {{9, 9, 9}, {8, 8, 8}};

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		for (const struct shape *s = &shapes[ctx[i] & 1]; s; s = s->next) {
			const struct point *p = &s->corners[ctx[i] % 3];
			moved[i & 1].y += p->y;
			moved[i & 1].x += p->x;
			sum += p->z + (u64)s->flags * (u64)s->name[1];
		}
	}
	return sum + (u64)moved[0].y * 3 + (u64)moved[1].y + (u64)moved[0].x + sizeof(struct shape);
}
