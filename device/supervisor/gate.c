/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs ask for. The number of a helper is its index; whether the program has it is a bit of its grants, and
 * its arguments are checked against the run as it is, never as the program has it. Helpers of firmware/helpers serve
 * where they do what a device does; stores, time and other programs are served here.
 */
#include "device/supervisor/internal.h"
#include "firmware/helpers/internal.h"
#include "maps/helpers.h"

_Static_assert((int)UB_HELPER_ENTRIES <= (int)OS_WAYS && (int)OS_WAYS <= 32 * UB_HELPER_WORDS, "ways, supervisor_program.open");

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

/* Kinds of devices by helper, 0 for those that need none. */
static uint32_t device_of(uint32_t number)
{
	switch (number) {
	case UB_HELPER_saul_reg_find_nth:
	case UB_HELPER_saul_reg_find_type:
	case UB_HELPER_saul_reg_read:
	case UB_HELPER_saul_read_temp:
		return 1u << UB_DEVICE_SENSOR;
	case UB_HELPER_saul_reg_write:
		return 1u << UB_DEVICE_ACTUATOR;
	case UB_HELPER_gpio_read_input:
	case UB_HELPER_gpio_read_raw:
		return 1u << UB_DEVICE_GPIO_IN;
	case UB_HELPER_gpio_write:
		return 1u << UB_DEVICE_GPIO_OUT;
	case UB_HELPER_hd44780_init:
	case UB_HELPER_hd44780_clear:
	case UB_HELPER_hd44780_print:
	case UB_HELPER_hd44780_set_cursor:
		return 1u << UB_DEVICE_LCD;
	case UB_HELPER_keypad_get_input:
		return 1u << UB_DEVICE_KEYPAD;
	}
	return 0;
}

static void log_text(struct supervisor *s, uint32_t number, const uint8_t *text, uint32_t len)
{
	const uint8_t head[2] = {(uint8_t)number, (uint8_t)len};

	while (s->log_head + 2 + len - s->log_tail > SUPERVISOR_LOG)
		s->log_tail += 2u + s->log[(s->log_tail + 1) % SUPERVISOR_LOG];
	for (uint32_t i = 0; i < 2; i++)
		s->log[s->log_head++ % SUPERVISOR_LOG] = head[i];
	for (uint32_t i = 0; i < len; i++)
		s->log[s->log_head++ % SUPERVISOR_LOG] = text[i];
}

void supervisor_log(struct supervisor *s, uint32_t number, const char *text)
{
	log_text(s, number, (const uint8_t *)text, (uint32_t)strnlen(text, 255));
}

/* Text that a helper printed goes to the log. */
static void keep_text(struct supervisor_program *p)
{
	struct supervisor *s = p->supervisor;

	log_text(s, p->number, s->env.output, s->env.output_len < 255 ? s->env.output_len : 255);
	s->env.output_len = 0;
}

static int may_call(const struct supervisor_program *p, uint32_t number)
{
	return ub_helper_in(p->loaded.config.helpers, number) && !(device_of(number) & ~p->loaded.config.devices);
}

/* While calls are watched (points.c) none is open: the gate looks twice then, and only then. */
void supervisor_open_helpers(struct supervisor_program *p)
{
	uint32_t watched = p->supervisor->points.n[UB_HOOK_HELPER - UB_HOOK_SCHED_SWITCH];

	memset(p->open, 0, sizeof p->open);
	for (uint32_t number = 0; !watched && number < UB_HELPER_ENTRIES; number++) {
		if (may_call(p, number))
			p->open[number / 32] |= 1u << number % 32;
	}
}

/* Neither granted nor there: stops the program. Granted, but not the device it is for: the program can go on. */
static uint64_t refuse(struct supervisor_program *p, uint32_t number)
{
	if (number < UB_HELPER_ENTRIES && ub_helper_in(p->loaded.config.helpers, number))
		return STATUS(HELPER_NO_DEVICE);
	p->user->fault = (struct ub_fault){.status = UB_E_HELPER};
	return 0;
}

/* What the helper left behind: text, a fault. */
static uint64_t __attribute__((noinline)) settle(struct supervisor_program *p, uint64_t result)
{
	if (p->supervisor->env.output_len)
		keep_text(p);
	if (p->run.fault.status) { /* the engine finds it there, and stops */
		p->user->fault.status = p->run.fault.status;
		p->user->fault.addr = p->run.fault.addr;
		p->run.fault.status = 0;
	}
	return result;
}

uint64_t supervisor_gate(void *owner, uint32_t number, const struct os_args *args)
{
	struct supervisor_program *p = owner;

	if (number >= UB_HELPER_ENTRIES || !ub_helper_in(p->open, number)) {
		if (number >= UB_HELPER_ENTRIES || !may_call(p, number) || !supervisor_point_helper(p, number, args))
			return refuse(p, number);
	}
	uint64_t result = supervisor_gate_table[number](&p->run, args->r1, args->r2, args->r3, args->r4, args->r5);
	if (p->run.fault.status | (int32_t)p->supervisor->env.output_len)
		return settle(p, result);
	return result;
}
