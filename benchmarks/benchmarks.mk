# SPDX-License-Identifier: GPL-2.0-or-later
# The eBPF objects of the benchmarks. They are committed; `make objects-check` proves that the
# sources give the same bytes. Compiled from the root, so that no path of the machine gets in.

BPF_CLANG ?= clang-19
BPF_STRIP ?= llvm-strip-19
BPF_CFLAGS = --target=bpfel -mcpu=v3 -std=gnu99 -O2 -g -ffreestanding -Wall -Wextra -Werror \
	-fdebug-compilation-dir=. -I.

KERNEL_SOURCES := $(wildcard benchmarks/*/*.c)
KERNEL_OBJECTS := $(KERNEL_SOURCES:.c=.bpf.o)

.PHONY: objects objects-check
objects: $(KERNEL_OBJECTS) ## rebuild the benchmarks' eBPF objects (clang-19)

benchmarks/%.bpf.o: benchmarks/%.c benchmarks/kernel.h benchmarks/helpers.h abi/helpers.h
	$(BPF_CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(BPF_STRIP) -g $@

objects-check:
	@mkdir -p build
	@for source in $(KERNEL_SOURCES); do \
		object=$${source%.c}.bpf.o; \
		$(BPF_CLANG) $(BPF_CFLAGS) -c $$source -o build/kernel.bpf.o && \
		$(BPF_STRIP) -g build/kernel.bpf.o || exit 1; \
		cmp -s build/kernel.bpf.o $$object || { \
			echo "$$object is not what $$source gives: run make objects" >&2; exit 1; }; \
	done
