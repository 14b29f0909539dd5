// SPDX-License-Identifier: GPL-2.0-or-later

/* A list whose nodes lie in data, moved about, and a tree of constants. */
#include "types.h"

struct node {
	struct node *next;
	u32 value;
};
static struct node c = {0, 3}, b = {&c, 2}, a = {&b, 1};
struct node *head = &a;
struct tree {
	const struct tree *left, *right;
	u8 key;
};
static const struct tree t1 = {0, 0, 20}, t3 = {0, 0, 120}, t2 = {&t1, &t3, 70}, t5 = {0, 0, 220}, root = {&t2, &t5, 150};

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		if (ctx[i] & 1 && head->next) { /* the first goes to the end */
			struct node *first = head, *p = head;
			head = first->next;
			while (p->next)
				p = p->next;
			first->next = 0;
			p->next = first;
		}
		head->value += ctx[i];
		for (struct node *p = head; p; p = p->next)
			sum = sum * 3 + p->value;
		for (const struct tree *t = &root; t; t = ctx[i] < t->key ? t->left : t->right)
			sum += t->key;
	}
	return sum;
}
