#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what a job needs, on Debian and its relatives; elsewhere names the packages and stops.
#
#   scripts/setup.sh run     libunicorn, to build and run ubench
#   scripts/setup.sh test    that, and QEMU and the ARM and eBPF toolchains, for tests and firmware
set -eu

job=${1:-}
case $job in
run | test) ;;
*)
	echo "usage: scripts/setup.sh run|test" >&2
	exit 2
	;;
esac

# fits PACKAGE: whether what the package is needed for is there, however it was installed.
fits() {
	case $1 in
	pkg-config) command -v pkg-config >/dev/null ;;
	libunicorn-dev) command -v pkg-config >/dev/null && pkg-config --exists unicorn ;;
	qemu-system-arm) command -v qemu-system-arm >/dev/null ;;
	gcc-arm-none-eabi) command -v arm-none-eabi-gcc >/dev/null ;;
	libnewlib-arm-none-eabi) echo '#include <string.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 ;;
	clang-19) command -v clang-19 >/dev/null ;;
	lld-19) command -v wasm-ld-19 >/dev/null ;;
	wabt) command -v wasm2c >/dev/null ;;
	gcc-bpf) command -v bpf-gcc >/dev/null ;;
	binutils-bpf) command -v bpf-as >/dev/null ;;
	libcoap3-bin) command -v coap-client-notls >/dev/null ;;
	llvm-19) command -v llvm-strip-19 >/dev/null ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

needed="pkg-config libunicorn-dev"
if [ "$job" = test ]; then
	needed="$needed qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi clang-19 llvm-19 lld-19 wabt libcoap3-bin shellcheck g++ cmake"
fi
missing=
for package in $needed; do
	fits "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null; then
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "setup: not root and no sudo; as root, run: apt-get install$missing" >&2
			exit 1
		}
		sudo=sudo
	fi
	echo "setup: installing$missing" >&2
	# The lists of a fresh machine may be empty or old; the output matters only on failure.
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	# shellcheck disable=SC2086 # a list of words
	if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		echo "setup: could not install$missing (see above)" >&2
		exit 1
	fi
	for package in $missing; do
		fits "$package" || {
			echo "setup: $package was installed, but what it is for is still not found" >&2
			exit 1
		}
	done
	exit 0
fi

echo "setup: missing:$missing (Debian names). Install by hand:" >&2
if command -v brew >/dev/null; then
	echo "  brew install pkgconf unicorn" >&2
	[ "$job" = run ] || echo "  brew install qemu llvm@19 shellcheck && brew install --cask gcc-arm-embedded" >&2
elif command -v dnf >/dev/null; then
	echo "  sudo dnf install pkgconf-pkg-config unicorn-devel" >&2
	[ "$job" = run ] || echo "  sudo dnf install qemu-system-arm arm-none-eabi-gcc-cs arm-none-eabi-newlib clang llvm ShellCheck" >&2
else
	echo "  libunicorn 2 with headers, pkg-config" >&2
	[ "$job" = run ] || echo "  qemu-system-arm >= 7.0, arm-none-eabi-gcc 12.2 with newlib, clang 19, llvm-strip 19, shellcheck" >&2
fi
exit 1
