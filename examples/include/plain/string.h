/* SPDX-License-Identifier: BSD-2-Clause */
/* What of <string.h> programs use. Short lengths that are known become loads and stores, literals their length;
 * the rest are loops, which a program pays for from its budget. */
#ifndef PLAIN_STRING_H
#define PLAIN_STRING_H

#include <stddef.h>

#define PLAIN_INLINE static inline __attribute__((unused))
/* Keeps the compiler from making a call of the function again out of its loop. */
#define PLAIN_LOOP(i) __asm__ volatile("" : "+r"(i))
#define PLAIN_SHORT(n) (__builtin_constant_p(n) && (n) <= 128)

PLAIN_INLINE void *plain_copy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		((char *)to)[i] = ((const char *)from)[i];
		PLAIN_LOOP(i);
	}
	return to;
}

PLAIN_INLINE void *plain_copy_back(void *to, const void *from, size_t n)
{
	while (n--) {
		((char *)to)[n] = ((const char *)from)[n];
		PLAIN_LOOP(n);
	}
	return to;
}

PLAIN_INLINE void *plain_set(void *to, int c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		((char *)to)[i] = (char)c;
		PLAIN_LOOP(i);
	}
	return to;
}

PLAIN_INLINE size_t plain_length(const char *s, size_t most)
{
	size_t n = 0;
	while (n < most && s[n]) {
		n++;
		PLAIN_LOOP(n);
	}
	return n;
}

#define memcpy(to, from, n) (PLAIN_SHORT(n) ? __builtin_memcpy(to, from, PLAIN_SHORT(n) ? (n) : 0) : plain_copy(to, from, n))
#define memset(to, c, n) (PLAIN_SHORT(n) ? __builtin_memset(to, c, PLAIN_SHORT(n) ? (n) : 0) : plain_set(to, c, n))
#define strlen(s) (__builtin_constant_p(__builtin_strlen(s)) ? __builtin_strlen(s) : plain_length(s, (size_t)-1))
#define strnlen(s, most) plain_length(s, most)

PLAIN_INLINE void *memmove(void *to, const void *from, size_t n)
{
	return to <= from ? plain_copy(to, from, n) : plain_copy_back(to, from, n);
}

PLAIN_INLINE int memcmp(const void *a, const void *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int d = ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];
		if (d)
			return d;
	}
	return 0;
}

PLAIN_INLINE void *memchr(const void *s, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((const unsigned char *)s)[i] == (unsigned char)c)
			return (char *)s + i;
	return NULL;
}

PLAIN_INLINE int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int d = (unsigned char)a[i] - (unsigned char)b[i];
		if (d || !a[i])
			return d;
	}
	return 0;
}

PLAIN_INLINE int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

PLAIN_INLINE char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

PLAIN_INLINE char *strncpy(char *to, const char *from, size_t n)
{
	size_t length = plain_length(from, n);
	plain_copy(to, from, length);
	plain_set(to + length, 0, n - length);
	return to;
}

PLAIN_INLINE char *strcpy(char *to, const char *from)
{
	return (char *)plain_copy(to, from, strlen(from) + 1);
}

#endif
