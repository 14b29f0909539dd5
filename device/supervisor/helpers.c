/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers as a device has them. Those of firmware/helpers serve where they do what a device does; stores, time and other programs
 * are served here. Arguments are checked against the run as it is, never as the program has it.
 */
#include "device/supervisor/internal.h"
#include "firmware/helpers/internal.h"
#include "maps/helpers.h"

static struct supervisor_program *program_of(struct ub_run *run)
{
	return (struct supervisor_program *)((uint8_t *)run - offsetof(struct supervisor_program, run));
}

static int has_key(const struct supervisor_program *p, uint32_t key, uint32_t rights)
{
	for (uint32_t i = 0; i < SUPERVISOR_KEYS; i++) {
		const struct supervisor_keys *k = &p->loaded.config.keys[i];
		if (key >= k->first && key <= k->last && (k->rights & rights) == rights)
			return 1;
	}
	return 0;
}

#define GATE(name) static uint64_t gate_##name(struct ub_run *run, HELPER_UNUSED uint32_t r1, HELPER_UNUSED uint32_t r2, \
	HELPER_UNUSED uint32_t r3, HELPER_UNUSED uint32_t r4, HELPER_UNUSED uint32_t r5)

GATE(store_local)
{
	struct supervisor_program *p = program_of(run);

	return helper_store(p->local, &p->nlocal, UB_DEVICE_LOCALS, r1, r2);
}

GATE(fetch_local)
{
	struct supervisor_program *p = program_of(run);

	return helper_fetch(run, p->local, p->nlocal, r1, r2);
}

GATE(store_global)
{
	struct helper_env *env = run->env;

	if (!has_key(program_of(run), r1, UB_WRITE))
		return STATUS(HELPER_NO_DEVICE);
	return helper_store(env->global, &env->nglobal, UB_DEVICE_GLOBALS, r1, r2);
}

GATE(fetch_global)
{
	const struct helper_env *env = run->env;

	if (!has_key(program_of(run), r1, UB_READ))
		return STATUS(HELPER_NO_DEVICE);
	return helper_fetch(run, env->global, env->nglobal, r1, r2);
}

GATE(now_ms)
{
	(void)run;
	return supervisor_now_ms();
}

GATE(ztimer_now)
{
	(void)run;
	return (uint32_t)os_now();
}

GATE(ktime_get_ns)
{
	(void)run;
	return os_now_ns();
}

GATE(ztimer_periodic_wakeup)
{
	uint8_t *last = helper_memory(run, r1, 4, UB_READ | UB_WRITE);

	if (!last)
		return 0;
	uint64_t now = os_now();
	uint32_t due = helper_u32(last) + r2;
	memcpy(last, &due, sizeof due);
	int32_t left = (int32_t)(due - (uint32_t)now);
	os_pause(&program_of(run)->thread, 0, left > 0 ? now + (uint32_t)left : now);
	return 0;
}

/* Whoever shares a map with others runs beside them, and could be kept from ever unlocking. */
GATE(spin_lock)
{
	if (supervisor_is_shared(program_of(run)->supervisor, r1)) {
		run->fault.status = UB_E_UNSUPPORTED;
		run->fault.addr = r1;
		return 0;
	}
	return maps_helper_spin_lock(run, r1, r2, r3, r4, r5);
}

GATE(wait)
{
	struct supervisor_program *p = program_of(run);

	if (p->mailbox.head == p->mailbox.tail)
		os_pause(&p->thread, UB_EVENT_INPUT | UB_EVENT_MESSAGE, os_now() + (uint64_t)r1 * 1000);
	return 0;
}

GATE(program_find)
{
	uint32_t len;
	const char *name = helper_string(run, r1, &len);
	int32_t number = name ? supervisor_find(program_of(run)->supervisor, name, len) : -1;

	return number < 0 ? 0 : (uint32_t)number + 1;
}

GATE(message_send)
{
	const uint8_t *bytes = r3 ? helper_memory(run, r2, r3, UB_READ) : NULL;

	if (r3 && !bytes)
		return 0;
	return supervisor_send(program_of(run)->supervisor, r1 - 1, bytes, r3);
}

GATE(message_receive)
{
	uint8_t *to = r2 ? helper_memory(run, r1, r2, UB_WRITE) : NULL;

	if (r2 && !to)
		return 0;
	return supervisor_receive(program_of(run), to, r2);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const ub_helper supervisor_gate_table[UB_HELPER_ENTRIES] = {
#define GATE_ROW(name, id, arguments) [UB_HELPER_##name] = helper_##name,
	UB_PLAIN_HELPERS(GATE_ROW)
#undef GATE_ROW
#define GATE_ROW(name, id, arguments) [UB_HELPER_##name] = maps_helper_##name,
	UB_MAP_HELPERS(GATE_ROW)
#undef GATE_ROW
	[UB_HELPER_store_local] = gate_store_local,
	[UB_HELPER_fetch_local] = gate_fetch_local,
	[UB_HELPER_store_global] = gate_store_global,
	[UB_HELPER_fetch_global] = gate_fetch_global,
	[UB_HELPER_now_ms] = gate_now_ms,
	[UB_HELPER_ztimer_now] = gate_ztimer_now,
	[UB_HELPER_ktime_get_ns] = gate_ktime_get_ns,
	[UB_HELPER_ztimer_periodic_wakeup] = gate_ztimer_periodic_wakeup,
	[UB_HELPER_wait] = gate_wait,
	[UB_HELPER_spin_lock] = gate_spin_lock,
	[UB_HELPER_program_find] = gate_program_find,
	[UB_HELPER_message_send] = gate_message_send,
	[UB_HELPER_message_receive] = gate_message_receive,
};
#pragma GCC diagnostic pop
