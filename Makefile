# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists what there is to make.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
COMMIT := $(shell git describe --always --dirty --exclude "*" 2>/dev/null || echo unknown)
GOBUILD = $(GO) build -trimpath -ldflags '-X main.commit=$(COMMIT)'

# One short line for each thing built; V=1 shows whole commands.
DOES = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test build generate check bench sanitize clean setup-run setup-test lint

help: ## show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup-run build ## install what is needed, build, and run the main benchmark
	bin/ubench run fletcher16 --sizes 80..2560

# Those that take longest begin first, so that none of them is left to run alone. As many run at a time as there are cores: one more
# cost a fifth more CPU time, and nothing waits long enough to make up for it.
LONGEST = ./internal/devicetest ./internal/jittest ./ubpf ./internal/toolchains ./emu/field ./emu/targets ./internal/conformance

# Sixty test programs are linked. Go's own linker takes half the time of the C compiler's for the smallest, a third for the largest. It would want each cgo package to link
# by itself, but the C of some calls the C of others: the flag leaves those symbols to Go's linker, which fails where one is missing. It
# cannot link thread-local variables of C (device/posix). `make test OWN_LINKER=` links with the C compiler's.
ifneq ($(filter test,$(MAKECMDGOALS)),)
ifeq ($(shell $(GO) env GOOS GOARCH CGO_LDFLAGS 2>/dev/null),linux amd64 -O2 -g)
test: export CGO_LDFLAGS = -O2 -g -Wl,--unresolved-symbols=ignore-all
test: OWN_LINKER = -ldflags=-linkmode=internal -ldflags=./internal/devicetest= -ldflags=./internal/jittest= -ldflags=./internal/servertest=
endif
endif

test: setup-test ## install what the tests need and run them all, QEMU included
	GOGC=$${GOGC:-400} $(GO) test -vet=off $(OWN_LINKER) -timeout 45m $(LONGEST) ./... # make check vets; there is little to collect, and memory enough

build: ## build all programs into bin/
	@mkdir -p bin
	@pkg-config --exists unicorn || { echo "make build: libunicorn is missing: run scripts/setup.sh run" >&2; exit 1; }
	$(GOBUILD) -o bin/ ./cmd/...

include firmware/firmware.mk
include device/device.mk
include ubpf/ubpf.mk
include benchmarks/benchmarks.mk
include examples/examples.mk
include results/results.mk
include scripts/release.mk

generate: firmware objects examples ## rebuild everything that is committed and generated

check: lint library-warnings firmware-check objects-check examples-check packed-tables-check ## linters, and that committed binaries are what the sources build

lint: setup-test ## formatting, vet, staticcheck, import and house rules, shell scripts
	@out=$$(gofmt -l .); [ -z "$$out" ] || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test ./internal/house
	shellcheck $$(git ls-files "*.sh") .ci/run

bench: setup-run build ## how fast the emulators, the compiler and the interpreter are on this machine
	$(GO) test -run '^$$' -bench . ./...

# Device C, as it is compiled for the host: ASan and Go's runtime go together, UBSan goes by itself. The tag leaves
# out tests that emulate: what ASan would find is libunicorn's. UBSan finds what is in ours alone, so the programs that were wrong
# once, generated ones and plans run with it on the emulated core as well; but macros of libunicorn's header shift into the sign.
DEVICE_C = ./femto ./baseline/rbpf ./internal/enginetest ./internal/jittest ./image/... ./firmware/... ./emu/host ./device/cbor ./device/slipmux ./device/crypto ./device/trust ./device/oscore ./internal/coaptest ./internal/storetest ./internal/servertest ./internal/mapstest
UBSAN = -fsanitize=undefined -fno-sanitize-recover=undefined

sanitize: setup-test ## tests of device C under AddressSanitizer and UndefinedBehaviorSanitizer, and of its generated code between red zones
	$(GO) test -asan -tags sanitize $(DEVICE_C)
	CGO_CFLAGS='-O1 -g $(UBSAN)' CGO_LDFLAGS='$(UBSAN)' $(GO) test -tags sanitize $(DEVICE_C)
	UBENCH_SANITIZE=1 $(GO) test ./ubpf -run KeptImages
	UBENCH_REDZONE=20000 $(GO) test ./internal/redzone
	CGO_CFLAGS='-O1 -g $(UBSAN) -fno-sanitize=shift-base' CGO_LDFLAGS='$(UBSAN)' $(GO) test ./internal/campaign ./internal/conformance ./planner/...

clean: ## remove what was built
	rm -rf bin build

setup-run:
	@scripts/setup.sh run

setup-test:
	@scripts/setup.sh test
