/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program is to be and may do: our own parameter of the manifest, a map whose keys are these numbers. What is left
 * out is zero, but for `priority` (3) and `budget` (no limit). */
#include "abi/devices.h"
#include "abi/helpers.h"
#include "abi/image.h"
#include "abi/run.h"
#include "device/trust/internal.h"

#include <string.h>

enum grant {
	GRANT_FORMAT = 1,
	GRANT_ENGINE,
	GRANT_RESTART,
	GRANT_PRIORITY,
	GRANT_LONG_RUNNING,
	GRANT_EVENTS,
	GRANT_ENTRY,
	GRANT_PERIOD,
	GRANT_BUDGET,
	GRANT_TICKS,
	GRANT_CONTEXT,
	GRANT_MAILBOX,
	GRANT_HELPERS, /* [id, …], ascending */
	GRANT_DEVICES, /* bits by kind */
	GRANT_KEYS,    /* [[first, last, rights], …] */
	GRANT_TRIAL,
	GRANT_APPLICATION,
	GRANT_ANSWERS,
	GRANT_MAPS, /* two bits for each map of the image: read, write; those that are shared */
	GRANT_HOOK,    /* [argument, priority, path] */
	GRANT_END,
};

static uint32_t upto(struct trust_part *p, uint32_t most)
{
	return trust_number(p, CBOR_UINT, 0, most, TRUST_E_GRANTS);
}

static void helpers(struct trust_part *p, uint32_t to[UB_HELPER_WORDS])
{
	static const uint32_t known[UB_HELPER_WORDS] = UB_HELPERS_ALL;
	uint32_t count = trust_number(p, CBOR_ARRAY, 0, UB_HELPER_COUNT, TRUST_E_GRANTS), least = 0;

	for (uint32_t i = 0; i < count && !p->failure->error; i++) {
		uint32_t id = trust_number(p, CBOR_UINT, least, 255, TRUST_E_GRANTS);
		int at = ub_helper_index((int32_t)id);
		if (at < 0 || !ub_helper_in(known, (uint32_t)at))
			trust_fail(p, TRUST_E_GRANTS);
		else
			to[at / 32] |= 1u << at % 32;
		least = id + 1;
	}
}

static void keys(struct trust_part *p, struct supervisor_keys *to)
{
	uint32_t count = trust_number(p, CBOR_ARRAY, 0, SUPERVISOR_KEYS, TRUST_E_GRANTS);

	for (uint32_t i = 0; i < count && !p->failure->error; i++, to++) {
		trust_is(p, CBOR_ARRAY, 3, TRUST_E_GRANTS);
		to->first = upto(p, UINT32_MAX);
		to->last = trust_number(p, CBOR_UINT, to->first, UINT32_MAX, TRUST_E_GRANTS);
		to->rights = upto(p, UB_READ | UB_WRITE);
	}
}

/* What a hook is about, and its place among others; whether that can be is for the supervisor to know. */
static void hook(struct trust_part *p, struct supervisor_config *c)
{
	trust_is(p, CBOR_ARRAY, 3, TRUST_E_GRANTS);
	c->hook_argument = (uint32_t)upto(p, UINT32_MAX);
	c->hook_priority = (uint8_t)upto(p, UINT8_MAX);
	struct cbor_item path = trust_item(p, CBOR_TEXT);
	if (p->failure->error)
		return;
	if (path.number < sizeof c->hook_path)
		memcpy(c->hook_path, path.bytes, (uint32_t)path.number);
	else
		trust_fail(p, TRUST_E_GRANTS);
}

static void grant(struct trust_part *p, struct trust_manifest *m, uint32_t key)
{
	struct supervisor_config *c = &m->config;

	switch (key) {
	case GRANT_FORMAT:
		c->format = (uint8_t)trust_number(p, CBOR_UINT, UB_FORMAT_TEXT_ONLY, UB_FORMAT_ELF_OBJECT, TRUST_E_GRANTS);
		break;
	case GRANT_ENGINE:
		c->engine = (uint8_t)upto(p, SUPERVISOR_ENGINE_COUNT - 1);
		break;
	case GRANT_RESTART:
		c->restart = (uint8_t)upto(p, SUPERVISOR_ALWAYS);
		break;
	case GRANT_PRIORITY:
		c->priority = (uint8_t)trust_number(p, CBOR_UINT, 1, 6, TRUST_E_GRANTS);
		break;
	case GRANT_LONG_RUNNING:
		c->long_running = (uint8_t)upto(p, 1);
		break;
	case GRANT_EVENTS:
		c->events = (uint32_t)upto(p, UB_EVENTS);
		break;
	case GRANT_ENTRY:
		c->entry = (uint16_t)upto(p, UINT16_MAX);
		break;
	case GRANT_PERIOD:
		c->period_ms = upto(p, UINT32_MAX);
		break;
	case GRANT_BUDGET:
		c->budget = upto(p, UINT32_MAX);
		break;
	case GRANT_TICKS:
		c->ticks = upto(p, UINT32_MAX);
		break;
	case GRANT_CONTEXT:
		c->context = upto(p, UINT32_MAX);
		break;
	case GRANT_MAILBOX:
		c->mailbox = upto(p, UINT32_MAX);
		break;
	case GRANT_HELPERS:
		helpers(p, c->helpers);
		break;
	case GRANT_DEVICES:
		c->devices = upto(p, (1u << (UB_DEVICE_LCD + 1)) - 1);
		break;
	case GRANT_KEYS:
		keys(p, c->keys);
		break;
	case GRANT_TRIAL:
		m->trial_s = upto(p, UINT32_MAX);
		break;
	case GRANT_APPLICATION: {
		struct cbor_item name = trust_item(p, CBOR_TEXT);
		trust_name(p, m->application, &name);
		break;
	}
	case GRANT_ANSWERS:
		m->answers = (uint8_t)upto(p, TRUST_ANSWERS_ANYBODY);
		break;
	case GRANT_MAPS:
		c->shared = (uint32_t)upto(p, UINT32_MAX);
		break;
	default: /* GRANT_HOOK: there are no others */
		hook(p, c);
	}
}

void trust_grants(struct trust_part *p, struct trust_manifest *m)
{
	uint32_t pairs = trust_number(p, CBOR_MAP, 0, GRANT_END, TRUST_E_GRANTS), least = GRANT_FORMAT;

	for (uint32_t i = 0; i < pairs && !p->failure->error; i++) {
		uint32_t key = trust_number(p, CBOR_UINT, least, GRANT_END - 1, TRUST_E_GRANTS);
		if (!p->failure->error)
			grant(p, m, key);
		least = key + 1;
	}
}
