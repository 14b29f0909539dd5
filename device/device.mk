# SPDX-License-Identifier: GPL-2.0-or-later
# The firmware that devices in the field carry, for each board and as a program of the host; and that of tests, which has a
# console and does whatever its serial line says. Built into build/device/, where tests look for it; not committed.

DEVICE_ENGINE_DIRS = image maps verify vm jit jit/onepass ubpf firmware/helpers
DEVICE_SOURCES := $(sort $(foreach d,$(DEVICE_ENGINE_DIRS) device/kernel device/supervisor,$(wildcard $d/*.c $d/*.S)) \
	firmware/agent/frame.c device/boards/start.c)
# What is the field's beside that, on any board; and the links.
DEVICE_FIELD := $(sort $(foreach d,cbor coap crypto oscore server store trust,$(wildcard device/$d/*.c))) device/boards/identity.c device/boards/field.c
DEVICE_LINE := device/slipmux/slipmux.c device/boards/line.c
DEVICE_ETHERNET := device/network/network.c device/network/lwip.c device/boards/ethernet.c device/boards/lan9118.c
DEVICE_TEST := device/console/console.c device/console/test.c device/console/misuse.c device/boards/serial.c device/boards/console.c

# As small as it goes, but for what programs spend their time in, and the way to helpers. Helpers of maps run in the gate, where
# interrupts can be masked.
DEVICE_FAST = $(patsubst %.c,%.o,$(wildcard vm/*.c)) jit/runtime.o device/supervisor/calls.o device/supervisor/helpers.o firmware/helpers/helpers.o firmware/helpers/devices.o \
	maps/helpers.o maps/hash.o device/supervisor/points.o device/supervisor/run.o device/supervisor/step.o
# For what is the field's beside that: optimisations that make it longer, each by 60 to 270 bytes of 40,000.
DEVICE_SMALL = -fno-schedule-insns2 -fno-move-loop-invariants -fno-inline-functions-called-once -fno-thread-jumps -fno-tree-dominator-opts
DEVICE_LDFLAGS = $(subst firmware/boot,device/boards,$(ARM_LDFLAGS)) -Wl,-Map=$(@:.elf=.map)

.PHONY: device
device: $(DEVICE_BOARDS:%=build/device/%.elf) $(DEVICE_BOARDS:%=build/device/%-test.elf) build/device/host ## firmware of devices in the field, and for their tests

# What is not ours: fetched, compared with a digest, compiled from where it lies (device/crypto/*.c, device/network/lwip.c).
DEVICE_INCLUDES = -isystem build/bearssl-0.6/src -isystem build/bearssl-0.6/inc \
	-Idevice/network/port -isystem build/lwip-2.1.3/src -isystem build/lwip-2.1.3/src/include
build/bearssl-0.6:
	scripts/setup.sh sources
build/lwip-2.1.3: | build/bearssl-0.6 # one after the other: each run fetches what is missing
	scripts/setup.sh sources

# Whom the firmware believes. Without KEYS and OPERATORS those of this repository, which everybody has: for development.
KEYS ?=
REVOKED ?=
OPERATORS ?=
PRODUCTION ?=
.PHONY: device-keys
device-keys:
	@$(GO) run ./deploy/burn -o build/device/keys.h -keys "$(KEYS)" -revoked "$(REVOKED)" -operators "$(OPERATORS)" \
		$(if $(PRODUCTION),-production) -boards "$(DEVICE_BOARDS) host"
build/device/keys.h: device-keys

# Objects of a board's sources ($(1) board, $(2) CPU, $(3) sources): what does not know its board is compiled once for each CPU.
DEVICE_OWN = device/boards/%.o device/console/misuse.o
DEVICE_O = $(foreach o,$(addsuffix .o,$(basename $(3))),build/device/$(if $(filter $(DEVICE_OWN),$o),$(1),$(2))/$o)

# folder, cpu, options
define DEVICE_COMPILED
build/device/$(1)/%.o: %.c device/device.mk firmware/boards.txt | build/bearssl-0.6 build/lwip-2.1.3
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(2) $$(ARM_CFLAGS) $$(if $$(filter $$(DEVICE_FAST:%=build/device/$(1)/%),$$@),-O2,-Os) $$(if $$(filter $$(DEVICE_FIELD),$$<),$$(DEVICE_SMALL)) \
		-Idevice/kernel -Ibuild/device $(DEVICE_INCLUDES) $$(if $$(filter build/device/$(1)/maps/%,$$@),,-DUB_WALLS) $(3) -MMD -MP -c $$< -o $$@

build/device/$(1)/%.o: %.S device/device.mk
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(2) -mthumb -I. -MMD -MP -c $$< -o $$@
endef
$(foreach c,$(sort $(foreach b,$(DEVICE_BOARDS),$(firstword $(BOARD_$b)))),$(eval $(call DEVICE_COMPILED,$c,$c)))

# board, cpu, chip, Hz, interrupt of the serial line, link of the field, its interrupt
define DEVICE_BOARD
DEVICE_OBJECTS_$(1) := $(call DEVICE_O,$(1),$(2),$(DEVICE_SOURCES) $(wildcard device/boards/$(3).c device/boards/$(3)_flash.c) $(if $(filter stm32,$(3)),firmware/boot/alias.c))
$(call DEVICE_COMPILED,$(1),$(2),-DBOARD_NAME='"$(1)"' -DBOARD_FIRMWARE='"$(COMMIT)"' -DBOARD_HZ=$(4) -DBOARD_SERIAL_IRQ=$(5) -DBOARD_LINK_IRQ=$(7))

build/device/$(1).elf: $$(DEVICE_OBJECTS_$(1)) $(call DEVICE_O,$(1),$(2),$(DEVICE_FIELD) $(DEVICE_$(6))) build/device/$(1)/vectors.o device/boards/$(1).ld device/boards/board.ld
	$$(call DOES,LD,$$@)$$(ARM)gcc -mcpu=$(2) $$(DEVICE_LDFLAGS) -Tdevice/boards/$(1).ld $$(filter %.o,$$^) -o $$@

build/device/$(1)-test.elf: $$(DEVICE_OBJECTS_$(1)) $(call DEVICE_O,$(1),$(2),$(DEVICE_TEST)) build/device/$(1)/vectors-test.o device/boards/$(1).ld device/boards/board.ld
	$$(call DOES,LD,$$@)$$(ARM)gcc -mcpu=$(2) $$(DEVICE_LDFLAGS) -Tdevice/boards/$(1).ld $$(filter %.o,$$^) -o $$@

build/device/$(1)/vectors.o build/device/$(1)/vectors-test.o: device/boards/vectors.S device/device.mk
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(2) -mthumb -I. -DBOARD_LINK_IRQ=$$(if $$(findstring test,$$@),$(5),$(7)) -c $$< -o $$@

build/device/$(1)/device/boards/identity.o: build/device/keys.h

-include $$(DEVICE_OBJECTS_$(1):.o=.d) $(patsubst %.o,%.d,$(call DEVICE_O,$(1),$(2),$(DEVICE_FIELD) $(DEVICE_$(6)) $(DEVICE_TEST)))
endef
$(foreach b,$(DEVICE_BOARDS),$(eval $(call DEVICE_BOARD,$b,$(word 1,$(BOARD_$b)),$(word 2,$(BOARD_$b)),$(word 3,$(BOARD_$b)),$(word 4,$(BOARD_$b)),$(word 5,$(BOARD_$b)),$(word 6,$(BOARD_$b)))))

# The same server as a program of the host.
DEVICE_HOST := $(sort $(foreach d,$(DEVICE_ENGINE_DIRS) device/supervisor device/posix/alone device/posix/nor,$(wildcard $d/*.c)) \
	$(filter-out device/boards/field.c,$(DEVICE_FIELD)) firmware/agent/frame.c device/posix/os.c device/posix/link.c)

build/device/host: $(DEVICE_HOST:%.c=build/device/host.o/%.o)
	$(call DOES,LD,$@)$(CC) $^ -lpthread -o $@

build/device/host.o/%.o: %.c device/device.mk | build/bearssl-0.6
	@mkdir -p $(@D)
	$(call DOES,CC,$@)$(CC) -std=gnu99 -O2 -Wall -Wextra -Werror -I. -Idevice/posix/port -Ibuild/device $(DEVICE_INCLUDES) -DBOARD_NAME='"host"' \
		-DBOARD_FIRMWARE='"$(COMMIT)"' -MMD -MP -c $< -o $@

build/device/host.o/device/boards/identity.o: build/device/keys.h

-include $(DEVICE_HOST:%.c=build/device/host.o/%.d)

# The supervisor on the host: ASan, UBSan, and TSan for what goes on at the same time.
.PHONY: device-sanitize
device-sanitize: ## tests of the supervisor on the host, and of hooks with the server, under three sanitizers
	$(GO) test -asan -tags sanitize ./internal/devicetest
	CGO_CFLAGS='-O1 -g $(UBSAN)' CGO_LDFLAGS='$(UBSAN)' $(GO) test -tags sanitize ./internal/devicetest
	CGO_CFLAGS='-O1 -g -fsanitize=thread' CGO_LDFLAGS='-fsanitize=thread' $(GO) test -tags sanitize ./internal/devicetest
	CGO_CFLAGS='-O1 -g -fsanitize=thread' CGO_LDFLAGS='-fsanitize=thread' $(GO) test -tags sanitize ./internal/servertest -run 'Hook|Filter|Lists'

# After linking, of a board with each link. Server, store, trust and what they need are what deploying takes beside kernel,
# supervisor and engines; of the server's memory the supervisor's is left out, which is the larger part of it.
DEVICE_PARTS = device/cbor device/coap device/crypto device/oscore device/server device/store device/trust
# Files in these folders that are no part of them, but features with a row of their own.
DEVICE_APART = device/server/hooks.c device/supervisor/hooks.c device/supervisor/order.c device/supervisor/filters.c device/supervisor/points.c device/kernel/observe.c device/server/maps.c
DEVICE_SIZED = netduino2 mps2-an385
# What there is of hashes, in device/crypto and in BearSSL: linked by themselves, to compare them.
HASHES = crypto_sha256_begin crypto_sha256_take crypto_sha256_end crypto_hkdf \
	br_sha256_init br_sha224_update br_sha256_out br_hkdf_init br_hkdf_inject br_hkdf_flip br_hkdf_produce
.PHONY: device-sizes
device-sizes: $(DEVICE_SIZED:%=build/device/%.elf) ## code, tables and memory of the device's firmware by component, in bytes, and hashes beside BearSSL's
	@for b in $(DEVICE_SIZED); do APART="$(DEVICE_APART)" device/sizes.sh $(ARM)nm build/device/$$b.elf $(DEVICE_PARTS); done
	@printf '#include "device/server/server.h"\nchar beside[sizeof(struct server) - sizeof(struct supervisor)];' | \
		$(ARM)gcc -mthumb -mcpu=cortex-m3 -I. -Idevice/kernel -x c -c -o build/device/beside.o -
	@printf '#include "device/crypto/fetched.h"\n#include "codec/dec32be.c"\n#include "codec/enc32be.c"\n#include "hash/sha2small.c"\n#include "kdf/hkdf.c"\n#include "mac/hmac.c"\n' | \
		$(ARM)gcc -mcpu=cortex-m3 $(ARM_CFLAGS) -Os $(DEVICE_SMALL) $(DEVICE_INCLUDES) -x c -c -o build/device/hash-bearssl.o -
	@for h in build/device/cortex-m3/device/crypto/hash.o build/device/hash-bearssl.o; do \
		$(ARM)ld --gc-sections --unresolved-symbols=ignore-all -e 0 $(HASHES:%=-u %) $$h -o build/device/hashes.elf && \
		echo "$$h: $$($(ARM)size build/device/hashes.elf | awk 'NR == 2 { print $$1 }') bytes"; done
	@echo "the server's memory beside the supervisor's: $$((0x$$($(ARM)nm -S build/device/beside.o | cut -d' ' -f2)))"

.PHONY: demo
demo: build build/device/host build/device/netduinoplus2.elf ## the weather station: deployed to an emulated board, read, replaced while it runs
	scripts/demo.sh

# Whatever comes from outside, under ASan and UBSan, by libFuzzer; what it finds new is kept in build/device/corpus.
RUNS ?= 1000000
DEVICE_FUZZED := $(foreach d,cbor coap oscore slipmux trust,$(wildcard device/$d/*.c))
# The console's datagrams are Go's fuzzer's, for FUZZ_TIME.
FUZZ_TIME ?= 1m
.PHONY: device-fuzz
device-fuzz: build/device/fuzz ## RUNS inputs of libFuzzer to all that comes to a device from outside, and FUZZ_TIME of datagrams to the console
	@mkdir -p build/device/corpus
	build/device/fuzz -runs=$(RUNS) -max_len=1500 -print_final_stats=1 build/device/corpus internal/devicefuzz/corpus
	CGO_CFLAGS='-O1 -g $(UBSAN)' CGO_LDFLAGS='$(UBSAN)' $(GO) test -asan -tags sanitize ./internal/devicetest -run '^$$' -fuzz FuzzConsole \
		-fuzztime $(FUZZ_TIME) -fuzzminimizetime 100x

build/device/fuzz: internal/devicefuzz/harness/fuzz.c $(DEVICE_FUZZED) $(wildcard device/*/*.h)
	@mkdir -p $(@D)
	$(call DOES,CC,$@)clang-19 -g -O1 -std=gnu99 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
		$(filter %.c,$^) -o $@
