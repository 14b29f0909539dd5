# SPDX-License-Identifier: GPL-2.0-or-later
# The firmware that devices in the field carry, for each board, and once more with what tests need (console/test.c).
# Built into build/device/, where tests look for it; not committed.

DEVICE_BOARDS = netduinoplus2 netduino2 mps2-an385 mps2-an386
DEVICE_netduinoplus2 = cortex-m4 stm32 168000000 37
DEVICE_netduino2 = cortex-m3 stm32 120000000 37
DEVICE_mps2-an385 = cortex-m3 mps2 25000000 0
DEVICE_mps2-an386 = cortex-m4 mps2 25000000 0

DEVICE_ENGINE_DIRS = image verify vm jit ubpf firmware/helpers
DEVICE_SOURCES := $(sort $(foreach d,$(DEVICE_ENGINE_DIRS) device/kernel device/supervisor,$(wildcard $d/*.c $d/*.S)) \
	firmware/agent/frame.c device/console/console.c device/boards/start.c device/boards/serial.c device/boards/vectors.S)

# As small as it goes, but for what programs spend their time in, and the way to helpers.
DEVICE_FAST = $(patsubst %.c,%.o,$(wildcard vm/*.c)) jit/runtime.o device/kernel/gate.o device/supervisor/gate.o
DEVICE_LDFLAGS = $(subst firmware/boot,device/boards,$(ARM_LDFLAGS))

.PHONY: device
device: $(DEVICE_BOARDS:%=build/device/%.elf) $(DEVICE_BOARDS:%=build/device/%-test.elf) ## firmware of devices in the field, and for their tests

# What is not ours: fetched, compared with a digest, compiled from where it lies (device/crypto/bearssl_*.c).
DEVICE_INCLUDES = -isystem build/bearssl-0.6/src -isystem build/bearssl-0.6/inc
build/bearssl-0.6 build/lwip-2.1.3:
	scripts/setup.sh sources

# Whom the firmware believes. Without KEYS and OPERATORS those of this repository, which everybody has: for development.
KEYS ?=
REVOKED ?=
OPERATORS ?=
PRODUCTION ?=
.PHONY: device-keys
device-keys:
	@$(GO) run ./deploy/burn -o build/device/keys.h -keys "$(KEYS)" -revoked "$(REVOKED)" -operators "$(OPERATORS)" \
		$(if $(PRODUCTION),-production) -boards "$(DEVICE_BOARDS)"
build/device/keys.h: device-keys

# board, cpu, chip, Hz, interrupt of the serial line
define DEVICE_BOARD
DEVICE_OBJECTS_$(1) := $$(addprefix build/device/$(1)/,$$(addsuffix .o,$$(basename $$(DEVICE_SOURCES) device/boards/$(3).c)))

build/device/$(1).elf: $$(DEVICE_OBJECTS_$(1)) build/device/$(1)/device/boards/untested.o device/boards/$(1).ld device/boards/board.ld
	$$(call DOES,LD,$$@)$$(ARM)gcc -mcpu=$(2) $$(DEVICE_LDFLAGS) -Tdevice/boards/$(1).ld $$(filter %.o,$$^) -o $$@

build/device/$(1)-test.elf: $$(DEVICE_OBJECTS_$(1)) build/device/$(1)/device/console/test.o build/device/$(1)/device/console/misuse.o device/boards/$(1).ld device/boards/board.ld
	$$(call DOES,LD,$$@)$$(ARM)gcc -mcpu=$(2) $$(DEVICE_LDFLAGS) -Tdevice/boards/$(1).ld $$(filter %.o,$$^) -o $$@

build/device/$(1)/%.o: %.c device/device.mk | build/bearssl-0.6
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(2) $$(ARM_CFLAGS) $$(if $$(filter $$(DEVICE_FAST:%=build/device/$(1)/%),$$@),-O2,-Os) \
		-Idevice/kernel -Ibuild/device $(DEVICE_INCLUDES) -DUB_WALLS -DBOARD_NAME='"$(1)"' -DBOARD_HZ=$(4) -DBOARD_SERIAL_IRQ=$(5) -MMD -MP -c $$< -o $$@

build/device/$(1)/%.o: %.S device/device.mk
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(2) -mthumb -I. -DBOARD_SERIAL_IRQ=$(5) -c $$< -o $$@

build/device/$(1)/device/boards/identity.o: build/device/keys.h

-include $$(DEVICE_OBJECTS_$(1):.o=.d) build/device/$(1)/device/console/test.d build/device/$(1)/device/console/misuse.d
endef
$(foreach b,$(DEVICE_BOARDS),$(eval $(call DEVICE_BOARD,$b,$(word 1,$(DEVICE_$b)),$(word 2,$(DEVICE_$b)),$(word 3,$(DEVICE_$b)),$(word 4,$(DEVICE_$b)))))

# What no firmware is linked with yet: CBOR, the CoAP server, slipmux, the store, trust (docs/deploy.md). Compiled for the smallest board, and measured.
DEVICE_PARTS := $(patsubst %.c,build/device/netduino2/%.o,$(wildcard device/cbor/*.c device/coap/*.c device/slipmux/*.c device/store/*.c device/crypto/*.c device/trust/*.c device/oscore/*.c) device/boards/identity.c)
.PHONY: device-parts
device-parts: $(DEVICE_PARTS) ## parts of the deployment server, compiled for a board, and their sizes
	$(ARM)size -t $^

# The supervisor on the desk: ASan, UBSan, and TSan for what goes on at the same time.
.PHONY: device-sanitize
device-sanitize: ## tests of the supervisor on the desk, under three sanitizers
	$(GO) test -asan -tags sanitize ./internal/devicetest
	CGO_CFLAGS='-O1 -g $(UBSAN)' CGO_LDFLAGS='$(UBSAN)' $(GO) test -tags sanitize ./internal/devicetest
	CGO_CFLAGS='-O1 -g -fsanitize=thread' CGO_LDFLAGS='-fsanitize=thread' $(GO) test -tags sanitize ./internal/devicetest

# Of one board; memory is that of the linked firmware, the rest is for programs.
.PHONY: device-sizes
device-sizes: build/device/netduinoplus2.elf ## code and tables of the device's firmware by component, in bytes
	@for d in device/kernel device/supervisor device/console device/boards $(DEVICE_ENGINE_DIRS); do \
		firmware/sizes.sh $(ARM)size $$d $$(echo $(DEVICE_OBJECTS_netduinoplus2) | tr ' ' '\n' | grep "^build/device/netduinoplus2/$$d/[^/]*$$"); \
	done; $(ARM)size build/device/netduinoplus2.elf
