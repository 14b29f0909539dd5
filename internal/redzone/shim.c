/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal/redzone/shim.h"

#include <dlfcn.h>

#include "jit/jit.h"
#include "verify/verify.h"
#include "vm/vm.h"

#define HELPER_ID(name, id, arguments) id,
static const uint16_t all_helpers[] = {UB_HELPERS(HELPER_ID)};

int32_t redzone_verify(struct redzone *z)
{
	struct ub_arena arena = {z->scratch, 0x20000000, sizeof z->scratch, 0};
	z->program.helpers = all_helpers;
	z->program.nhelpers = UB_HELPER_COUNT;
	return verify_program(&z->program, UB_ENGINE_COMPILES, &arena, &z->where);
}

int32_t redzone_value_bytes(struct redzone *z)
{
	int32_t status = maps_check(z->defs, z->program.nmaps, &z->where), bytes = 0;
	for (uint32_t i = 0; !status && i < z->program.nmaps; i++)
		bytes += (int32_t)maps_value_bytes(&z->defs[i]);
	return status ? status : bytes;
}

uint32_t redzone_rest_bytes(const struct redzone *z)
{
	uint32_t bytes = sizeof *z->maps + 8 + z->program.nmaps * (uint32_t)sizeof z->maps->row[0];
	for (uint32_t i = 0; i < z->program.nmaps; i++)
		bytes += maps_other_bytes(&z->defs[i]);
	return bytes;
}

int32_t redzone_make_maps(struct redzone *z, uint32_t addr)
{
	struct ub_arena values = {z->base + addr, addr, (uint32_t)redzone_value_bytes(z), 0}, rest = {z->rest, 0, sizeof z->rest, 0};
	int32_t status = maps_make(&z->program, &values, &rest, REDZONE_SEED, &z->maps, &z->where);
	if (status || !z->maps)
		return status;
	maps_places(z->maps, z->places);
	z->program.map_places = z->places;
	return 0;
}

int32_t redzone_compile(struct redzone *z, uint32_t cpu, uint32_t options)
{
	int32_t n = jit_compile(&z->program, cpu, options, z->code, sizeof z->code, NULL, &z->where);
	z->code_bytes = n > 0 ? (uint32_t)n : 0;
	return n < 0 ? n : 0;
}

int32_t redzone_onepass(struct redzone *z)
{
	z->report = (struct onepass_report){ 0 };
	int32_t n = (z->compiler ? z->compiler : onepass_compile)(&z->program, 0, z->code, sizeof z->code, &z->report, &z->where);
	z->code_bytes = n > 0 ? (uint32_t)n : 0;
	return n < 0 ? n : 0;
}

const char *redzone_use(struct redzone *z, const char *path)
{
	z->compiler = NULL;
	z->complaint = NULL;
	if (z->library)
		dlclose(z->library);
	z->library = *path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!z->library)
		return *path ? dlerror() : NULL;
	*(void **)&z->compiler = dlsym(z->library, "onepass_compile");
	*(void **)&z->complaint = dlsym(z->library, "onepass_complaint");
	return z->compiler ? NULL : dlerror();
}

const char *redzone_complaint(const struct redzone *z)
{
	return z->complaint ? z->complaint() : NULL;
}

const char *redzone_verdict(const struct redzone *z)
{
#define TEXT(name, text) text,
	static const char *const texts[] = { ONEPASS_REASONS(TEXT) };
	return texts[z->report.plan];
}

int32_t redzone_interpret(struct redzone *z)
{
	struct ub_prepared prepared = {.program = &z->program};
	z->run.base = (uintptr_t)z->base;
	z->run.env = &z->env;
	z->run.helpers = helper_table;
	return vm_engine.run(&prepared, &z->run);
}
