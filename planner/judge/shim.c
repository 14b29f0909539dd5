/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/judge/shim.h"

#include "abi/engine.h"
#include "maps/maps.h"
#include "verify/verify.h"

void judge_place(const struct ub_program *p, struct ub_map_place *places)
{
	uint32_t at = JUDGE_VALUES;

	for (uint32_t i = 0; i < p->nmaps; i++) {
		places[i] = (struct ub_map_place){ maps_is_reached(p->maps[i].type) ? at : 0, p->maps[i].flags };
		at += maps_value_bytes(&p->maps[i]);
	}
}

int32_t judge_compile(struct ub_program *program, const uint8_t *text, const uint8_t *rodata, const uint8_t *plan,
		      uint16_t *helpers, uint16_t *functions, uint8_t *scratch, uint8_t *code, uint32_t bytes, uint8_t *notes,
		      uint32_t *where, struct onepass_doubt *doubts, uint32_t room, struct onepass_report *report)
{
	struct ub_program p = *program;
	struct ub_arena arena = { scratch, 0x20000000, 9 * p.slots + 64, 0 };
	struct ub_map_place places[UB_MAPS_MAX];
	struct ub_fault fault;

	p.text = (const struct ub_insn *)text;
	p.rodata = rodata;
	p.plan = plan;
	p.helpers = helpers;
	p.funcs = functions;
	int32_t status = maps_check(p.maps, p.nmaps, &fault);
	if (!status)
		status = verify_program(&p, UB_ENGINE_COMPILES, &arena, &fault);
	if (status)
		return status;
	judge_place(&p, places);
	p.map_places = p.nmaps ? places : NULL;
	*report = (struct onepass_report){ .notes = notes, .code = where, .doubts = doubts, .room = room };
	status = onepass_compile(&p, 0, code, bytes, report, &fault);
	report->notes = NULL;
	report->code = NULL;
	report->doubts = NULL;
	return status;
}
