# SPDX-License-Identifier: GPL-2.0-or-later
# The firmware of each board. The ELFs are committed and embedded; `make firmware-check` proves that
# the sources give the same bytes. Compiled from the root, so that no path of the machine gets in.

ARM = arm-none-eabi-
# The rows of firmware/boards.txt: BOARDS measure, DEVICE_BOARDS are for the field (device/device.mk).
BOARDS := $(shell awk '/^[a-z]/ && $$8 == "yes" { print $$1 }' firmware/boards.txt)
DEVICE_BOARDS := $(shell awk '/^[a-z]/ { print $$1 }' firmware/boards.txt)
$(foreach b,$(DEVICE_BOARDS),$(eval BOARD_$b := $(shell awk '$$1 == "$b" { $$1 = ""; print }' firmware/boards.txt)))
CPU = $(firstword $(BOARD_$(1)))

# Memory functions are the compiler's to inline; what is left of them comes from newlib.
ARM_CFLAGS = -mthumb -mfloat-abi=soft -std=gnu99 -ffreestanding -fbuiltin -fno-common \
	-ffunction-sections -fdata-sections -Wall -Wextra -Werror -ffile-prefix-map=$(CURDIR)=. -I.
ARM_LDFLAGS = -mthumb -mfloat-abi=soft -nostartfiles -Wl,--gc-sections -Wl,--strip-debug \
	-Wl,--build-id=none -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments -Lfirmware/boot

# Folders of device C, which are the components `make sizes` reports.
ENGINE_DIRS = image maps verify vm jit jit/onepass femto baseline/rbpf baseline/native
FIRMWARE_DIRS = $(ENGINE_DIRS) ubpf baseline/wasm2c firmware/agent firmware/helpers firmware/boot
include baseline/wasm2c/wasm2c.mk
FIRMWARE_SOURCES := $(sort $(foreach d,$(FIRMWARE_DIRS),$(wildcard $d/*.c $d/*.S)) build/wasm2c/kernels.c)

# Native code is there to compare with: each level is what it says.
OPTIMISE = -O2
$(foreach b,$(BOARDS),build/firmware/$b/baseline/native/native_Os.o): OPTIMISE = -Os
$(foreach b,$(BOARDS),build/firmware/$b/baseline/native/native_O3.o): OPTIMISE = -O3
# Where -O2 makes code larger and compiling hardly faster (make sizes; phase compile of ubench run --json). What reads plans and completes
# branches takes 482 bytes more by -O2, and compiling by a plan 2.1 % fewer instructions, by jit 1.1 %.
COMPACT := $(filter-out jit/runtime jit/patch jit/onepass/plan,$(basename $(wildcard jit/*.c jit/onepass/*.c))) vm/restore vm/shared vm/threaded vm/vm vm/vm_portable
$(foreach b,$(BOARDS),$(COMPACT:%=build/firmware/$b/%.o)): OPTIMISE = -Os

# wasm2c's C is as it is: no warnings, no assert(). Calls are not counted: running out of stack faults.
$(foreach b,$(BOARDS),build/firmware/$b/build/wasm2c/kernels.o): WARNINGS = -w -DNDEBUG -DWASM_RT_USE_STACK_DEPTH_COUNT=0
$(foreach b,$(BOARDS),build/firmware/$b/baseline/wasm2c/wasm2c.o): build/wasm2c/kernels.h

.PHONY: firmware firmware-build firmware-check sizes
firmware: firmware-build ## rebuild the firmware ELFs (arm-none-eabi-gcc 12.2)
	@for b in $(BOARDS); do cp build/firmware/$$b.elf firmware/$$b.elf; done
	@for b in $(DEVICE_BOARDS); do cp build/device/$$b-test.elf firmware/device-$$b.elf; done

# Of devices it is the build with a console.
firmware-build: $(BOARDS:%=build/firmware/%.elf) $(DEVICE_BOARDS:%=build/device/%-test.elf) firmware-audit

define FIRMWARE_BOARD
OBJECTS_$(1) := $$(addprefix build/firmware/$(1)/,$$(addsuffix .o,$$(basename $$(FIRMWARE_SOURCES))))

build/firmware/$(1).elf: $$(OBJECTS_$(1)) firmware/boot/stm32.ld firmware/boot/sections.ld
	$$(call DOES,LD,$$@)$$(ARM)gcc -mcpu=$(call CPU,$(1)) $$(ARM_LDFLAGS) -Tfirmware/boot/stm32.ld $$(OBJECTS_$(1)) -o $$@

build/firmware/$(1)/%.o: %.c firmware/firmware.mk
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(call CPU,$(1)) $$(ARM_CFLAGS) $$(WARNINGS) $$(OPTIMISE) -DBOOT_BOARD='"$(1)"' -MMD -MP -c $$< -o $$@

build/firmware/$(1)/%.o: %.S firmware/firmware.mk
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(call CPU,$(1)) -mthumb -I. -MMD -MP -c $$< -o $$@

build/firmware/$(1)-safe.elf: $$(OBJECTS_$(1):%/agent/engines.o=%/agent/engines-safe.o) firmware/boot/stm32.ld firmware/boot/sections.ld
	$$(call DOES,LD,$$@)$$(ARM)gcc -mcpu=$(call CPU,$(1)) $$(ARM_LDFLAGS) -Tfirmware/boot/stm32.ld $$(filter %.o,$$^) -o $$@

build/firmware/$(1)/firmware/agent/engines-safe.o: firmware/agent/engines.c firmware/firmware.mk
	@mkdir -p $$(@D)
	$$(call DOES,CC,$$@)$$(ARM)gcc -mcpu=$(call CPU,$(1)) $$(ARM_CFLAGS) $$(OPTIMISE) -DAGENT_SAFE -MMD -MP -c $$< -o $$@

-include $$(OBJECTS_$(1):.o=.d) build/firmware/$(1)/firmware/agent/engines-safe.d
endef
$(foreach b,$(BOARDS),$(eval $(call FIRMWARE_BOARD,$b)))

.PHONY: firmware-safe
firmware-safe: $(BOARDS:%=build/firmware/%-safe.elf) ## firmware without engines that check nothing: build/firmware/BOARD-safe.elf

# Device code calls nothing but itself, the compiler's library and four memory functions.
.PHONY: firmware-audit
firmware-audit: $(OBJECTS_netduinoplus2)
	@firmware/audit.sh $(ARM)nm build/firmware/netduinoplus2 $(ENGINE_DIRS) ubpf

firmware-check: firmware-build
	@for b in $(BOARDS); do \
		cmp -s build/firmware/$$b.elf firmware/$$b.elf || { \
			echo "firmware/$$b.elf is not what the sources give: run make firmware" >&2; exit 1; }; \
	done
	@for b in $(DEVICE_BOARDS); do \
		cmp -s build/device/$$b-test.elf firmware/device-$$b.elf || { \
			echo "firmware/device-$$b.elf is not what the sources give: run make firmware" >&2; exit 1; }; \
	done

# The interpreter's portable form once more for size, to say what -Os gives.
build/firmware/vm-Os/%.o: vm/%.c firmware/firmware.mk
	@mkdir -p $(@D)
	$(call DOES,CC,$@)$(ARM)gcc -mcpu=$(call CPU,netduinoplus2) $(ARM_CFLAGS) -Os -c $< -o $@

VM_THREADED = handlers restore rewrite shared threaded vm
VM_PORTABLE = portable shared vm_portable
sizes: firmware-build build $(VM_PORTABLE:%=build/firmware/vm-Os/%.o) ## code and tables of each engine, in bytes
	@bin/ubench size --firmware build/firmware/netduinoplus2.elf
	@firmware/sizes.sh $(ARM)size "vm without vm-portable, before linking" $(VM_THREADED:%=build/firmware/netduinoplus2/vm/%.o)
	@firmware/sizes.sh $(ARM)size "vm-portable, before linking" $(VM_PORTABLE:%=build/firmware/netduinoplus2/vm/%.o)
	@firmware/sizes.sh $(ARM)size "vm-portable at -Os, before linking" $(VM_PORTABLE:%=build/firmware/vm-Os/%.o)
