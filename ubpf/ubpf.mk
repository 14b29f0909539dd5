# SPDX-License-Identifier: GPL-2.0-or-later
# The library for other firmware: that it compiles without warnings as others set them, and its sizes.

LIBRARY_C := $(foreach d,ubpf image maps verify vm jit jit/onepass,$(wildcard $d/*.c))
STRICT = -Wall -Wextra -Wpedantic -Wundef -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Werror -I.

.PHONY: library-warnings embed-sizes
library-warnings: setup-test
	@for f in $(LIBRARY_C); do \
		$(ARM)gcc -mcpu=cortex-m4 -mthumb -std=gnu99 -Os $(STRICT) -Wcast-align=strict -fsyntax-only $$f || exit 1; \
		gcc -std=gnu11 -O2 $(STRICT) -Wcast-align=strict -fsyntax-only $$f || exit 1; \
		clang-19 -std=gnu99 -Os $(STRICT) -Wcast-align -fsyntax-only $$f || exit 1; \
	done
	@echo '#include "ubpf/ubpf.h"' | g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I. -x c++ -fsyntax-only -

embed-sizes: ## flash, stack and memory of the library by configuration, and what its structs take (docs/embedding.md)
	@ubpf/sizes.sh $(ARM)

# Images of strangers, under ASan and UBSan, by libFuzzer; what it finds new is kept in build/ubpf/corpus.
.PHONY: library-fuzz
library-fuzz: build/ubpf/fuzz ## RUNS images of libFuzzer, loaded and run by the library with no byte of memory more than it was told
	@mkdir -p build/ubpf/corpus
	build/ubpf/fuzz -runs=$(RUNS) -max_len=3000 -print_final_stats=1 build/ubpf/corpus ubpf/fuzz/corpus

build/ubpf/fuzz: ubpf/fuzz/fuzz.c $(wildcard ubpf/*.[ch] $(foreach d,image maps verify vm,$d/*.[ch]) abi/*.h)
	@mkdir -p $(@D)
	$(call DOES,CC,$@)clang-19 -g -O1 -std=gnu99 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
		$(filter %.c,$^) -o $@

.PHONY: dist
dist: ## the library as two files: dist/ubpf.h and dist/ubpf.c
	@$(GO) run ./ubpf/amalgamate -o dist
	@wc -l dist/ubpf.h dist/ubpf.c
