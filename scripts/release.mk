# SPDX-License-Identifier: GPL-2.0-or-later
# Release archives, the same bytes from the same commit: the library for other firmware, and ubench for Linux.
#
#   build/release/ubpf-VERSION.tar.gz                  sources, CMake, pkg-config, Zephyr, RIOT, examples/embed, one-file form
#   build/release/ubench-VERSION-linux-amd64.tar.gz    a static program
#   build/release/ubench-VERSION-linux-arm64.tar.gz    needs glibc 2.36 or newer, and nothing else
#   build/release/SHA256SUMS

RELEASE = build/release
UBPF_VERSION := $(shell awk '/^project/ { print $$3 }' CMakeLists.txt)
UBENCH_VERSION := $(shell awk -F'"' '/^	release / { print $$2 }' cmd/ubench/version.go)
UBPF_NAME = ubpf-$(UBPF_VERSION)
UBENCH_NAME = ubench-$(UBENCH_VERSION)-linux
WHEN := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
TAR = tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@$(WHEN) -cf -

# What of the library's folders is the library: no Go, no tests.
RELEASE_FILES = $(sort $(wildcard abi/*.h $(foreach d,ubpf image maps verify vm jit jit/onepass,$d/*.[chS] $d/*.inc)) \
	$(filter-out examples/embed/build,$(wildcard examples/embed/*)) ubpf/ubpf.pc.in CMakeLists.txt library.json \
	$(shell find zephyr riot -type f 2>/dev/null) LICENSES/BSD-2-Clause.txt docs/embedding.md)

.PHONY: release release-library release-ubench release-setup
release: release-library release-ubench ## archives of the library and of ubench, into build/release
	@cd $(RELEASE) && sha256sum *.tar.gz > SHA256SUMS && cat SHA256SUMS

release-library: dist
	@rm -rf $(RELEASE)/$(UBPF_NAME) && mkdir -p $(RELEASE)/$(UBPF_NAME)/single-file
	@cp --parents -p $(RELEASE_FILES) $(RELEASE)/$(UBPF_NAME)
	@cp dist/ubpf.h dist/ubpf.c $(RELEASE)/$(UBPF_NAME)/single-file
	@sed 's|](\.\./docs/|](docs/|' ubpf/README.md > $(RELEASE)/$(UBPF_NAME)/README.md
	@cp LICENSES/BSD-2-Clause.txt $(RELEASE)/$(UBPF_NAME)/LICENSE
	@cd $(RELEASE) && $(TAR) $(UBPF_NAME) | gzip -n9 > $(UBPF_NAME).tar.gz

release-setup:
	@scripts/setup.sh release

# Names are resolved by Go, so that nothing of glibc is loaded while it runs.
RELEASE_TAGS = -tags netgo,osusergo
ARM64 = $(CURDIR)/build/unicorn-arm64/usr
release-ubench: release-setup
	$(GO) build -trimpath $(RELEASE_TAGS) -ldflags '-s -w -X main.commit=$(COMMIT) -linkmode external -extldflags -static' \
		-o $(RELEASE)/$(UBENCH_NAME)-amd64/ubench ./cmd/ubench
	CGO_ENABLED=1 GOARCH=arm64 CC=aarch64-linux-gnu-gcc CGO_CFLAGS='-O2 -I$(ARM64)/include' \
		CGO_LDFLAGS='-L$(ARM64)/lib/aarch64-linux-gnu' $(GO) build -trimpath $(RELEASE_TAGS) -ldflags '-s -w -X main.commit=$(COMMIT)' \
		-o $(RELEASE)/$(UBENCH_NAME)-arm64/ubench ./cmd/ubench
	@for a in amd64 arm64; do \
		cp README.md CHANGELOG.md $(RELEASE)/$(UBENCH_NAME)-$$a && cp LICENSES/GPL-2.0-or-later.txt $(RELEASE)/$(UBENCH_NAME)-$$a/LICENSE && \
		(cd $(RELEASE) && $(TAR) $(UBENCH_NAME)-$$a | gzip -n9 > $(UBENCH_NAME)-$$a.tar.gz) || exit 1; \
	done
