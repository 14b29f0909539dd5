# SPDX-License-Identifier: GPL-2.0-or-later
# The kernels as one WebAssembly module, and the C that wasm2c makes of it, from our own sources each time.
# Linear memory is one page: contexts below 48 KB, then constants and a stack of 4 KB.

WASM_CLANG ?= clang-19
WASM_LD ?= wasm-ld-19
WASM2C ?= wasm2c
WASM_RT ?= /usr/include/wasm-rt.h
WASM_CFLAGS = --target=wasm32 -mbulk-memory -std=gnu99 -O2 -ffreestanding -Wall -Wextra -Werror -I.
WASM_OBJECTS := $(patsubst benchmarks/%.c,build/wasm2c/%.o,$(wildcard benchmarks/*/*.c))

build/wasm2c/%.o: benchmarks/%.c benchmarks/kernel.h benchmarks/helpers.h abi/helpers.h baseline/wasm2c/wasm2c.mk
	@mkdir -p $(@D)
	$(call DOES,WASM,$@)$(WASM_CLANG) $(WASM_CFLAGS) -c $< -o $@

build/wasm2c/kernels.c build/wasm2c/kernels.h &: $(WASM_OBJECTS)
	@cp $(WASM_RT) build/wasm2c/wasm-rt.h
	$(WASM_LD) --no-entry -z stack-size=4096 --global-base=49152 $(sort $(WASM_OBJECTS)) -o build/wasm2c/kernels.wasm
	$(WASM2C) -n kernels build/wasm2c/kernels.wasm -o build/wasm2c/kernels.c
