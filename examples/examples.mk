# SPDX-License-Identifier: GPL-2.0-or-later
# eBPF objects of the examples and of the tests of image/. They are committed; `make examples`
# rebuilds them with clang 19, `make examples-check` shows that they are what the sources build.

BPF_CLANG ?= clang-19
BPF_STRIP ?= llvm-strip-19

# -mcpu=v2 -O2 is the compile of the paper's size figure. BTF stays, for source lines.
EXAMPLE_FLAGS = --target=bpfel -mcpu=v2 -O2 -g -Wall -Wextra -Wno-unused-parameter \
	-Iexamples/include -fdebug-compilation-dir=.

EXAMPLE_SOURCES := $(sort $(wildcard examples/*/*.bpf.c))
EXAMPLE_OBJECTS := $(EXAMPLE_SOURCES:.c=.o)
IMAGE_OBJECTS := $(foreach v,v1 v2 v3 v4,image/testdata/objects/everything.$v.o) \
	$(foreach n,maps core undefined several,image/testdata/objects/$n.o)

.PHONY: examples examples-check packed-tables
examples: $(addprefix build/,$(EXAMPLE_OBJECTS) $(IMAGE_OBJECTS)) ## rebuild the eBPF objects of the examples
	@for o in $(EXAMPLE_OBJECTS) $(IMAGE_OBJECTS); do cmp -s build/$$o $$o || cp build/$$o $$o; done

examples-check: $(addprefix build/,$(EXAMPLE_OBJECTS) $(IMAGE_OBJECTS))
	@for o in $(EXAMPLE_OBJECTS) $(IMAGE_OBJECTS); do cmp build/$$o $$o || \
		{ echo "$$o is not what its source builds: run make examples" >&2; exit 1; }; done

build/examples/%.bpf.o: examples/%.bpf.c $(wildcard examples/include/*.h examples/*/*.h) examples/examples.mk
	@mkdir -p $(@D)
	$(BPF_CLANG) $(EXAMPLE_FLAGS) -c $< -o $@
	@$(BPF_STRIP) -g $@

build/image/testdata/objects/everything.%.o: image/testdata/objects/everything.c examples/examples.mk
	@mkdir -p $(@D)
	$(BPF_CLANG) --target=bpfel -mcpu=$* -O2 -g -fdebug-compilation-dir=. -c $< -o $@

build/image/testdata/objects/%.o: image/testdata/objects/%.c examples/examples.mk
	@mkdir -p $(@D)
	$(BPF_CLANG) --target=bpfel -mcpu=v3 -O2 -g -fdebug-compilation-dir=. -c $< -o $@

packed-tables: ## train the tables of the packed image format anew (a new version of the format)
	$(GO) run ./image/train -o image/packed_tables.h
