# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of the examples, for eBPF and, to compare sizes, for Cortex-M4, and those of the tests of
# image/. They are committed; `make examples` rebuilds them with clang 19 and arm-none-eabi-gcc 12,
# `make examples-check` shows that they are what the sources build.

BPF_CLANG ?= clang-19
THUMB_CC ?= arm-none-eabi-gcc

EXAMPLE_FLAGS = -O2 -Wall -Wextra -Wno-unused-parameter -Wno-main -DBPF_SAUL_NUMBERS -Iexamples/include
# The compile of the paper's size figure.
EXAMPLE_BPF = $(BPF_CLANG) --target=bpfel -mcpu=v2 $(EXAMPLE_FLAGS)
EXAMPLE_THUMB = $(THUMB_CC) -mcpu=cortex-m4 -mthumb -ffreestanding $(EXAMPLE_FLAGS)

# Programs with maps, made with our headers and with libbpf's.
MAP_SOURCES := $(sort $(wildcard internal/mapstest/testdata/programs/*.bpf.c))
MAP_BPF = $(BPF_CLANG) --target=bpfel -mcpu=v3 -O2 -g -fdebug-compilation-dir=. -Wall

EXAMPLE_SOURCES := $(sort $(wildcard examples/*/*.bpf.c))
EXAMPLE_OBJECTS := $(EXAMPLE_SOURCES:.c=.o) $(filter-out examples/maps/% examples/debounced_key/%,$(EXAMPLE_SOURCES:.bpf.c=.thumb.o)) \
	$(foreach v,v1 v2 v3 v4,image/testdata/objects/everything.$v.o) \
	$(foreach n,maps badmaps oldmaps core undefined several,image/testdata/objects/$n.o) \
	$(patsubst %.c,%.o,$(sort $(wildcard deploy/trace/programs/*.bpf.c))) \
	bench/mapcosts/costs.bpf.o bench/mapcosts/costs.elf cmd/ubench/testdata/null.bpf.o emu/field/testdata/every.bpf.o $(MAP_SOURCES:.bpf.c=.bpf.o) $(MAP_SOURCES:.bpf.c=.linux.o)

.PHONY: examples examples-check packed-tables packed-tables-check
examples: $(addprefix build/,$(EXAMPLE_OBJECTS)) ## rebuild the objects of the examples
	@for o in $(EXAMPLE_OBJECTS); do cmp -s build/$$o $$o || cp build/$$o $$o; done

examples-check: $(addprefix build/,$(EXAMPLE_OBJECTS))
	@for o in $(EXAMPLE_OBJECTS); do cmp build/$$o $$o || \
		{ echo "$$o is not what its source builds: run make examples" >&2; exit 1; }; done

# Programs with maps: how those are declared is in BTF.
$(filter build/examples/maps/% build/examples/debounced_key/%,$(addprefix build/,$(EXAMPLE_SOURCES:.c=.o))): build/%.bpf.o: %.bpf.c $(wildcard examples/include/*.h examples/include/plain/*/*.h examples/*/*.h) examples/examples.mk
	@mkdir -p $(@D)
	$(MAP_BPF) -nostdlibinc -Iexamples/include -isystem examples/include/plain -c $< -o $@
	llvm-strip-19 -g $@

build/examples/%.bpf.o: examples/%.bpf.c $(wildcard examples/include/*.h examples/*/*.h) examples/examples.mk
	@mkdir -p $(@D)
	$(EXAMPLE_BPF) -c $< -o $@

build/examples/%.thumb.o: examples/%.bpf.c $(wildcard examples/include/*.h examples/*/*.h) examples/examples.mk
	@mkdir -p $(@D)
	$(EXAMPLE_THUMB) -c $< -o $@

# What is not in examples/.
build/%.bpf.o: %.bpf.c $(wildcard examples/include/*.h examples/include/plain/*/*.h) examples/examples.mk
	@mkdir -p $(@D)
	$(MAP_BPF) -nostdlibinc -Iexamples/include -isystem examples/include/plain -c $< -o $@
	llvm-strip-19 -g $@

# What maps cost (bench/maps.go): programs, and the same in C for Cortex-M4, compiled as the firmware is.
build/bench/mapcosts/costs.bpf.o: bench/mapcosts/costs.h
build/bench/mapcosts/costs.elf: bench/mapcosts/costs.c bench/mapcosts/costs.h $(wildcard maps/*.[ch] abi/*.h) examples/examples.mk
	@mkdir -p $(@D)
	$(ARM)gcc -mcpu=cortex-m4 $(ARM_CFLAGS) -O2 -nostartfiles -Wl,--strip-debug,--build-id=none,-Ttext=0x08000000,-Tbss=0x20000000 \
		-Wl,--defsym=__stack=0x20020000,-e,maps_costs_start $< $(sort $(wildcard maps/*.c)) -o $@

build/internal/mapstest/%.linux.o: internal/mapstest/%.bpf.c examples/examples.mk
	@mkdir -p $(@D)
	$(MAP_BPF) -I/usr/include/$(shell uname -m)-linux-gnu -c $< -o $@
	llvm-strip-19 -g $@

build/image/testdata/objects/everything.%.o: image/testdata/objects/everything.c examples/examples.mk
	@mkdir -p $(@D)
	$(BPF_CLANG) --target=bpfel -mcpu=$* -O2 -g -fdebug-compilation-dir=. -c $< -o $@

build/image/testdata/objects/%.o: image/testdata/objects/%.c examples/examples.mk
	@mkdir -p $(@D)
	$(BPF_CLANG) --target=bpfel -mcpu=v3 -O2 -g -fdebug-compilation-dir=. -c $< -o $@

packed-tables: ## train the tables of the packed image format anew (a new version of the format)
	$(GO) run ./image/train -o image/packed_tables.h

packed-tables-check: ## show that the tables of the packed format are what its training makes
	@mkdir -p build/image
	$(GO) run ./image/train -o build/image/packed_tables.h
	@cmp build/image/packed_tables.h image/packed_tables.h || \
		{ echo "image/packed_tables.h is not what its corpus trains: run make packed-tables" >&2; exit 1; }
