/* SPDX-License-Identifier: BSD-2-Clause */
/* What behaviour.c tries of images with plans, on all engines: a plan changes no result, whether it is followed, ignored or wrong. The
 * compiler by plans makes the code that the host foretells; where it refuses the plan, the code of the same image without one. */

/* Tells all five arguments apart. */
static uint64_t mix(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)run;
	return r1 + 10 * r2 + 100 * r3 + 1000 * r4 + 10000ull * r5;
}

static const struct ubpf_helper mixing_rows[] = {
	{ 0xa0, { UBPF_VALUE }, "mix", mix },
	{ 0xc0, { UBPF_VALUE }, "mix, where others have a clock", mix },
	{ 0x02, { UBPF_VALUE }, "mix, where others have memcpy", mix },
};

/* Loads an image and runs it with eight bytes; the length of the code. */
static uint32_t run_planned(const char *name, const uint8_t *image, uint32_t bytes, uint32_t want)
{
	uint64_t result = 0;

	for (uint32_t i = 0; i < 8; i++)
		near.context[i] = (uint8_t)(i + 1);
	expect(name, ubpf_load(&program, &options, image, bytes, near.memory, sizeof near.memory), 0);
	expect(name, ubpf_run(&program, near.context, 8, &result), 0);
	expect(name, (int64_t)result, want);
	ubpf_unload(&program);
	return program.prepared.code_bytes;
}

/* The checksum at the end of a packed image, which changes have to be told (SPEC.md). */
static void sign(uint8_t *image, uint32_t bytes)
{
	uint32_t crc = 0xffff;

	for (uint32_t i = 0; i < bytes - 2; i++) {
		crc ^= (uint32_t)image[i] << 8;
		for (uint32_t bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
	}
	image[bytes - 2] = (uint8_t)(crc >> 8);
	image[bytes - 1] = (uint8_t)crc;
}

static void plans(void)
{
	static uint8_t image[PLANNED_MOST] __attribute__((aligned(8)));

	set_options(UB_FORMAT_PACKED, 100);
	expect("plans: helpers", ubpf_helpers_init(&helpers, mixing_rows, sizeof mixing_rows / sizeof mixing_rows[0]), 0);
	expect("plans: helpers of maps", ubpf_helpers_add_maps(&helpers), 0);
	int follows = !strcmp(options.engine->name, "jit-plan");
	for (uint32_t i = 0; i < sizeof planned / sizeof planned[0]; i++) {
		const struct planned *p = planned + i;
		uint32_t without = run_planned(p->name, p->without, p->without_bytes, p->result);
		uint32_t with = run_planned(p->name, p->with, p->with_bytes, p->result);
		expect(p->name, with, follows && p->code ? p->code : without);
		memcpy(image, p->with, p->with_bytes);
		for (uint32_t bit = 8 * p->plan; bit < 8 * (p->plan + p->plan_bytes); bit++) {
			image[bit / 8] ^= (uint8_t)(1 << bit % 8);
			sign(image, p->with_bytes);
			run_planned(p->name, image, p->with_bytes, p->result);
			image[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}
