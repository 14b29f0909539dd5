/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of engines. Only this file sees them all. */
#include "baseline/native/native.h"
#include "baseline/rbpf/rbpf.h"
#include "baseline/wasm2c/wasm2c.h"
#include "femto/femto.h"
#include "firmware/agent/agent.h"
#include "jit/jit.h"
#include "jit/onepass/onepass.h"
#include "vm/vm.h"

const struct ub_engine *const agent_engines[] = {
	&native_Os_engine, &native_O2_engine, &native_O3_engine,
	&vm_engine,        &jit_engine,
#ifndef AGENT_SAFE /* make firmware-safe: none that checks nothing */
	&jit_unchecked_engine, &jit_plan_unchecked_engine,
#endif
	&femto_engine,     &rbpf_engine,     &rbpf_decode_engine,
	&rbpf_cache_engine, &jit_compact_engine, &jit_plan_engine,
	&vm_portable_engine, &wasm2c_engine,
};

const uint32_t agent_engine_count = sizeof agent_engines / sizeof agent_engines[0];
