/* SPDX-License-Identifier: BSD-2-Clause */
/* What C99 lacks and C++ spells differently. */
#ifndef UB_ABI_COMPILER_H
#define UB_ABI_COMPILER_H

/* Stops compiling if `condition` is 0. `name` is an identifier that says what was assumed. */
#if defined(__cplusplus)
#define UB_STATIC_ASSERT(condition, name) static_assert(condition, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define UB_STATIC_ASSERT(condition, name) _Static_assert(condition, #name)
#else
#define UB_STATIC_ASSERT(condition, name) UB_STATIC_ASSERT_(condition, name, __COUNTER__)
#define UB_STATIC_ASSERT_(condition, name, number) UB_STATIC_ASSERT__(condition, name, number)
#define UB_STATIC_ASSERT__(condition, name, number) \
	typedef char ub_assert_##name##_##number[(condition) ? 1 : -1] __attribute__((unused))
#endif

#endif
