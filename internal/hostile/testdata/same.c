/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler in one pass twice, as it was (BEFORE) and as it is (NOW), both shared objects: whatever is compiled is compiled by both, by other
 * options too, into less memory, and with doubts collected; code, status and report have to be the same. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "jit/onepass/onepass.h"

enum { SLOTS = 0x4000, BYTES = 1 << 17, DOUBTS = 4096 };

typedef int32_t compile(const struct ub_program *, uint32_t, uint8_t *, uint32_t, struct onepass_report *, struct ub_fault *);

struct made {
	struct onepass_report report;
	struct ub_fault where;
	int32_t length;
	uint8_t notes[SLOTS], code[BYTES] __attribute__((aligned(8)));
	uint32_t places[SLOTS];
	struct onepass_doubt doubts[DOUBTS];
};

static compile *compilers[2];
static struct made made[2];
static char complaint[200];
static uint32_t state = 1;

static uint32_t any(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static bool are_doubts_same(const struct onepass_doubt *a, const struct onepass_doubt *b)
{
	return a->slot == b->slot && a->what == b->what && a->v == b->v && a->kind == b->kind && a->flags == b->flags && a->align == b->align &&
	       a->times == b->times && a->slack == b->slack && a->lo == b->lo && a->hi == b->hi && a->length == b->length;
}

static const char *difference(const struct made *a, const struct made *b, uint32_t slots)
{
	if (a->length != b->length || memcmp(&a->where, &b->where, sizeof a->where) != 0)
		return "status";
	if (a->report.plan != b->report.plan || a->report.slot != b->report.slot || a->report.again != b->report.again)
		return "what became of the plan";
	if (a->length > 0 && memcmp(a->code, b->code, (size_t)a->length) != 0)
		return "code";
	if (memcmp(a->notes, b->notes, slots) != 0 || memcmp(a->places, b->places, slots * sizeof *a->places) != 0)
		return "notes and places";
	for (uint32_t i = 0; i < a->report.ndoubts; i++)
		if (!are_doubts_same(&a->doubts[i], &b->doubts[i]))
			return "doubts";
	return a->report.ndoubts == b->report.ndoubts ? NULL : "how many doubts";
}

static void both(const struct ub_program *p, uint32_t options, uint32_t bytes, bool doubts)
{
	for (int i = 0; i < 2; i++) {
		struct made *m = &made[i];
		memset(m->notes, 0, p->slots);
		memset(m->places, 0, p->slots * sizeof *m->places);
		m->report = (struct onepass_report){ .notes = m->notes, .code = m->places, .doubts = doubts ? m->doubts : NULL, .room = doubts ? DOUBTS : 0 };
		m->length = compilers[i](p, options, m->code, bytes, &m->report, &m->where);
	}
	const char *what = difference(&made[0], &made[1], p->slots);
	if (what && !complaint[0])
		snprintf(complaint, sizeof complaint, "%s: options %u, %u bytes, doubts %d: %d and %d", what, options, bytes, doubts, made[0].length, made[1].length);
}

int32_t onepass_compile(const struct ub_program *p, uint32_t options, uint8_t *mem, uint32_t bytes, struct onepass_report *report, struct ub_fault *where)
{
	const char *const paths[2] = { BEFORE, NOW };
	for (int i = 0; i < 2 && !compilers[i]; i++) {
		void *library = dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
		*(void **)&compilers[i] = library ? dlsym(library, "onepass_compile") : NULL;
		if (!compilers[i]) {
			snprintf(complaint, sizeof complaint, "%s", dlerror());
			return UB_E_INTERNAL;
		}
	}
	uint32_t also = any(4);
	if (also < 3)
		both(p, any(4), also == 1 ? any(p->slots * 24 + 800) & ~3u : BYTES, also == 2);
	both(p, options, bytes < BYTES ? bytes : BYTES, false);
	report->plan = made[1].report.plan;
	report->slot = made[1].report.slot;
	report->again = made[1].report.again;
	*where = made[1].where;
	if (made[1].length > 0)
		memcpy(mem, made[1].code, (size_t)made[1].length);
	return made[1].length;
}

const char *onepass_complaint(void)
{
	return complaint[0] ? complaint : NULL;
}
