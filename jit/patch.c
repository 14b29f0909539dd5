// SPDX-License-Identifier: BSD-2-Clause
/* Branches. They are emitted as their 16-bit forms (bl as its only form), all distances left out.
 * When everything is there, those that do not reach grow, code moves up to make room, and the
 * distances go in. Everything else in the code is independent of its position.
 */
#include "jit/compile.h"

/* Notes a branch about to be emitted. Notes grow down towards the code. */
static void note(struct jit *j, enum jit_target_kind kind, uint32_t target)
{
	struct jit_code *c = &j->code;
	if (c->cap < c->len + 4 || c->len > 0xffff) { /* no room for the note and the branch */
		c->cap = 0;
		j->error = UB_E_COMPILE_CODE;
		j->nfixups = 0; /* the numbers below stay inside the table */
	} else {
		uint32_t room = (uint32_t)((uint16_t *)(j->fixups - j->nfixups) - c->at) - 4;
		if (c->cap > room)
			c->cap = room;
	}
	if (j->error) {
		j->nfixups = 1;
		return;
	}
	j->fixups[-1 - (int32_t)j->nfixups++] = (struct jit_fixup){ (uint16_t)c->len, (uint16_t)target, 0, (uint8_t)kind, 0 };
}
