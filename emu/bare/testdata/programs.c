// SPDX-License-Identifier: GPL-2.0-or-later
/* Ten programs of different kinds, chosen with -DWORK=, for the speed of measuring. Each ends at bkpt. */
#include <stddef.h>
#include <stdint.h>

extern uint32_t _estack[];
void reset(void);
__attribute__((section(".isr_vector"), used)) void *const g_pfnVectors[2] = { _estack, reset };

static uint32_t seed = 1;
static uint32_t next(void) { return seed = seed * 1664525 + 1013904223; }

void *memcpy(void *to, const void *from, size_t n)
{
	uint8_t *d = to;
	for (const uint8_t *s = from; n--;)
		*d++ = *s++;
	return to;
}

void *memset(void *to, int c, size_t n)
{
	for (uint8_t *d = to; n--;)
		*d++ = (uint8_t)c;
	return to;
}

#if WORK == 0 /* CRC-32, bit by bit */
static uint32_t work(void)
{
	uint32_t crc = ~0u;
	for (int i = 0; i < 4000; i++) {
		crc ^= (uint8_t)next();
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}
#elif WORK == 1 /* SHA-256 */
static const uint32_t k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5 };
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
static uint32_t work(void)
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 }, w[64];
	for (int block = 0; block < 60; block++) {
		for (int i = 0; i < 16; i++)
			w[i] = next();
		for (int i = 16; i < 64; i++)
			w[i] = w[i - 16] + w[i - 7] + (ROTATE(w[i - 15], 7) ^ ROTATE(w[i - 15], 18) ^ w[i - 15] >> 3) +
			       (ROTATE(w[i - 2], 17) ^ ROTATE(w[i - 2], 19) ^ w[i - 2] >> 10);
		uint32_t v[8];
		memcpy(v, h, sizeof v);
		for (int i = 0; i < 64; i++) {
			uint32_t t = v[7] + (ROTATE(v[4], 6) ^ ROTATE(v[4], 11) ^ ROTATE(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
			uint32_t u = (ROTATE(v[0], 2) ^ ROTATE(v[0], 13) ^ ROTATE(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
			for (int j = 7; j > 0; j--)
				v[j] = v[j - 1];
			v[4] += t;
			v[0] = t + u;
		}
		for (int i = 0; i < 8; i++)
			h[i] += v[i];
	}
	return h[0];
}
#elif WORK == 2 /* quicksort */
static uint32_t a[1000];
static void sort(uint32_t *lo, uint32_t *hi)
{
	while (hi - lo > 1) {
		uint32_t pivot = lo[(hi - lo) / 2], *i = lo, *j = hi - 1;
		while (i <= j) {
			while (*i < pivot)
				i++;
			while (*j > pivot)
				j--;
			if (i <= j) {
				uint32_t t = *i;
				*i++ = *j;
				*j-- = t;
			}
		}
		sort(lo, j + 1);
		lo = i;
	}
}
static uint32_t work(void)
{
	for (int i = 0; i < 1000; i++)
		a[i] = next();
	sort(a, a + 1000);
	return a[500];
}
#elif WORK == 3 /* matrices */
static int32_t x[20][20], y[20][20], z[20][20];
static uint32_t work(void)
{
	for (int i = 0; i < 400; i++)
		x[0][i] = (int32_t)next() >> 20, y[0][i] = (int32_t)next() >> 20;
	for (int i = 0; i < 20; i++)
		for (int j = 0; j < 20; j++) {
			int32_t sum = 0;
			for (int l = 0; l < 20; l++)
				sum += x[i][l] * y[l][j];
			z[i][j] = sum;
		}
	return (uint32_t)z[7][9];
}
#elif WORK == 4 /* a state machine over text: numbers, words, comments */
static char text[2000];
static uint32_t work(void)
{
	static const char letters[16] = "ab 12/*\n_+09 x/*";
	uint32_t numbers = 0, words = 0, comments = 0;
	enum { BLANK, NUMBER, WORD, SLASH, COMMENT, STAR } state = BLANK;
	for (unsigned i = 0; i < sizeof text; i++)
		text[i] = letters[next() >> 28];
	for (unsigned i = 0; i < sizeof text; i++) {
		char c = text[i];
		switch (state) {
		case COMMENT: state = c == '*' ? STAR : COMMENT; break;
		case STAR: state = c == '/' ? BLANK : c == '*' ? STAR : COMMENT; break;
		case SLASH:
			if (c == '*') {
				comments++;
				state = COMMENT;
				break;
			} /* fall through */
		case BLANK:
			if (c >= '0' && c <= '9')
				numbers++, state = NUMBER;
			else if ((c >= 'a' && c <= 'z') || c == '_')
				words++, state = WORD;
			else
				state = c == '/' ? SLASH : BLANK;
			break;
		case NUMBER: state = c >= '0' && c <= '9' ? NUMBER : BLANK; break;
		case WORD: state = (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9') ? WORD : BLANK; break;
		}
	}
	return numbers << 20 | words << 10 | comments;
}
#elif WORK == 5 /* recursion */
static uint32_t __attribute__((noinline)) fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static uint32_t work(void) { return fib(18); }
#elif WORK == 6 /* double-precision arithmetic in software */
static uint32_t work(void)
{
	double sum = 0;
	for (int i = 1; i < 300; i++)
		sum += (i & 1 ? 4.0 : -4.0) / (2 * i - 1);
	return (uint32_t)(int32_t)(sum * 1000000);
}
#elif WORK == 7 /* 64-bit division and multiplication */
static uint32_t work(void)
{
	uint64_t v = 0x123456789abcdefull, sum = 0;
	for (uint32_t i = 1; i < 500; i++) {
		v = v * 6364136223846793005ull + 1442695040888963407ull;
		sum += v / (i * 977ull) + (v >> 40) % i;
	}
	return (uint32_t)sum;
}
#elif WORK == 8 /* a binary tree of nodes from a pool */
static struct node {
	uint32_t key;
	struct node *left, *right;
} pool[400];
static uint32_t work(void)
{
	struct node *root = NULL;
	uint32_t depth = 0;
	for (int i = 0; i < 400; i++) {
		struct node **at = &root, *n = &pool[i];
		uint32_t d = 0;
		*n = (struct node){ next(), NULL, NULL };
		while (*at) {
			at = n->key < (*at)->key ? &(*at)->left : &(*at)->right;
			d++;
		}
		*at = n;
		depth = d > depth ? d : depth;
	}
	return depth;
}
#else /* an interpreter of bytecode, by a table of functions */
static uint32_t stack[16], *top;
static void push(uint32_t v) { *top++ = v; }
static uint32_t pop(void) { return *--top; }
static void op_add(uint32_t v) { (void)v; uint32_t b = pop(); push(pop() + b); }
static void op_xor(uint32_t v) { (void)v; uint32_t b = pop(); push(pop() ^ b); }
static void op_mul(uint32_t v) { (void)v; uint32_t b = pop(); push(pop() * b); }
static void op_const(uint32_t v) { push(v); }
static void op_dup(uint32_t v) { (void)v; uint32_t b = pop(); push(b); push(b); }
static uint32_t work(void)
{
	static void (*const ops[])(uint32_t) = { op_add, op_xor, op_mul, op_const, op_dup };
	static const struct { uint8_t op, v; } code[] = { { 4, 0 }, { 3, 31 }, { 2, 0 }, { 3, 7 }, { 0, 0 }, { 1, 0 } };
	top = stack;
	push(1);
	for (int i = 0; i < 400; i++)
		for (unsigned at = 0; at < sizeof code / sizeof code[0]; at++)
			ops[code[at].op](code[at].v);
	return pop();
}
#endif

volatile uint32_t result;
void reset(void)
{
	seed = 1;
	for (int i = 0; i < ROUNDS; i++)
		result = work();
	__asm__ volatile("bkpt 0");
	for (;;)
		;
}
