// SPDX-License-Identifier: BSD-2-Clause

/* Maps that are refused. */
#define __uint(name, val) int (*name)[val]
#define MAP(type_, key, value, entries, more)                                                              \
	struct {                                                                                            \
		__uint(type, type_);                                                                        \
		__uint(key_size, key);                                                                      \
		__uint(value_size, value);                                                                  \
		__uint(max_entries, entries);                                                               \
		more                                                                                        \
	}

static void *(*const lookup)(void *map, const void *key) = (void *)0xe0;

#define PROGRAM(name, section_, ...)                                            \
	__VA_ARGS__ name##_map __attribute__((section(section_), used));        \
	int name(void *ctx)                                                     \
	{                                                                       \
		unsigned int key = 0;                                           \
		return lookup(&name##_map, &key) != 0;                          \
	}

PROGRAM(unknown, ".maps", MAP(11, 8, 4, 4, ))
PROGRAM(pinned, ".maps", MAP(1, 8, 4, 4, __uint(pinning, 1);))
PROGRAM(no_size, ".maps", MAP(1, 4, 4, 0, ))
PROGRAM(large_key, ".maps", MAP(1, 300, 4, 4, ))
PROGRAM(overflow, ".maps", MAP(2, 4, 32768, 4294967295u, ))
