#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what a job needs, on Debian and its relatives; elsewhere names the packages and stops.
#
#   scripts/setup.sh run     libunicorn, to build and run ubench
#   scripts/setup.sh test    that, and QEMU and the ARM and eBPF toolchains, for tests and firmware
#   scripts/setup.sh sources only what the firmware of devices is built with and is not ours, into build/
#   scripts/setup.sh release what make release needs beside run: a cross compiler for 64-bit Arm, and libunicorn for it
set -eu

job=${1:-}
case $job in
run | test | sources | release) ;;
*)
	echo "usage: scripts/setup.sh run|test|sources|release" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."

# fetch FOLDER PACKAGE PATH SHA256: a file of Debian's pool as build/FOLDER.part, from the mirror that apt has the package
# from, else from Debian's. Nothing of it is used before its digest was compared.
fetch() {
	mkdir -p build
	mirror=
	! command -v apt-get >/dev/null || mirror=$(apt-get download --print-uris "$2" 2>/dev/null | sed -n "s|^'\(.*/\)pool/.*|\1|p")
	for from in $mirror http://deb.debian.org/debian/; do
		echo "setup: fetching $from$3" >&2
		if [ -x /usr/lib/apt/apt-helper ]; then
			/usr/lib/apt/apt-helper download-file "$from$3" "build/$1.part" >/dev/null 2>&1 || :
		else
			curl -fsSL -o "build/$1.part" "$from$3" || :
		fi
		[ ! -s "build/$1.part" ] || break
	done
	if [ ! -s "build/$1.part" ]; then
		echo "setup: could not fetch $3 (see above)" >&2
		exit 1
	fi
	got=$({ sha256sum "build/$1.part" 2>/dev/null || shasum -a 256 "build/$1.part"; } | cut -d' ' -f1)
	if [ "$got" != "$4" ]; then
		rm -f "build/$1.part"
		echo "setup: $3 came with the SHA-256 $got, and not the one that is trusted, $4" >&2
		exit 1
	fi
	rm -rf "build/$1.new"
	mkdir "build/$1.new"
}

# fetched FOLDER: what was unpacked to build/FOLDER.new is whole.
fetched() {
	mv "build/$1.new" "build/$1"
	rm "build/$1.part"
}

# source_of FOLDER PACKAGE PATH SHA256: a Debian source, unpacked to build/FOLDER.
source_of() {
	[ ! -e "build/$1" ] || return 0
	fetch "$@"
	tar -xf "build/$1.part" -C "build/$1.new" --strip-components 1
	fetched "$1"
}

# package_of FOLDER PACKAGE PATH SHA256: a Debian package of another architecture, unpacked to build/FOLDER, not installed.
package_of() {
	[ ! -e "build/$1" ] || return 0
	fetch "$@"
	dpkg-deb -x "build/$1.part" "build/$1.new"
	fetched "$1"
}

sources() {
	source_of bearssl-0.6 libbearssl-dev pool/main/b/bearssl/bearssl_0.6+dfsg.1.orig.tar.xz \
		102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
	source_of lwip-2.1.3 liblwip-dev pool/main/l/lwip/lwip_2.1.3+dfsg1.orig.tar.xz \
		0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
}

# fetch_rest: what a job needs that is not installed.
fetch_rest() {
	case $job in
	test | sources) sources ;;
	release)
		package_of unicorn-arm64 libunicorn-dev pool/main/u/unicorn-engine/libunicorn-dev_2.0.1.post1-1+b1_arm64.deb \
			ca14d70e1b057af1389626aff889b01ac726dfff102e73ab4dbde475bb4cce6d
		rm -f build/unicorn-arm64/usr/lib/aarch64-linux-gnu/libunicorn.so* # it is linked in
		;;
	esac
}

if [ "$job" = sources ]; then
	fetch_rest
	exit 0
fi

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
	gcc-arm-linux-gnueabihf) command -v arm-linux-gnueabihf-gcc >/dev/null ;;
	libc6-dev-armhf-cross) [ -e /usr/arm-linux-gnueabihf/include/stdlib.h ] ;;
	qemu-user-static) command -v qemu-arm-static >/dev/null ;;
	gcc-aarch64-linux-gnu) command -v aarch64-linux-gnu-gcc >/dev/null ;;
	libc6-dev-arm64-cross) [ -e /usr/aarch64-linux-gnu/include/stdlib.h ] ;;
	libcoap3-bin) command -v coap-client-notls >/dev/null ;;
	libbpf-dev) [ -e /usr/include/bpf/bpf_helpers.h ] ;;
	llvm-19) command -v llvm-strip-19 >/dev/null ;;
	libclang-rt-19-dev) [ -n "$(find "$(clang-19 -print-resource-dir 2>/dev/null)" -name 'libclang_rt.fuzzer*.a' 2>/dev/null)" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

needed="pkg-config libunicorn-dev"
if [ "$job" = test ]; then
	needed="$needed qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi clang-19 libclang-rt-19-dev llvm-19 lld-19 libbpf-dev wabt libcoap3-bin shellcheck g++ cmake gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user-static"
fi
[ "$job" != release ] || needed="$needed gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
missing=
for package in $needed; do
	fits "$package" || missing="$missing $package"
done
[ -n "$missing" ] || {
	fetch_rest
	exit 0
}

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
	fetch_rest
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
