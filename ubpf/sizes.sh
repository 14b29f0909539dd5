#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A table of flash, RAM and stack of the library by configuration, Cortex-M at -Os, as examples/embed links it. Without the
# board: what a firmware grows by.
#
#   ubpf/sizes.sh [PREFIX]    of compiler and binutils, arm-none-eabi- if none is given
set -eu

prefix=${1:-arm-none-eabi-}
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# bytes ELF: of the sections with code and constants, less those of the board and main.c.
bytes() {
	"${prefix}nm" -S --size-sort "$1" | awk '
		NF == 4 && $3 ~ /[tTrRdD]/ && $4 !~ /^(board_|main$|rows$|greeting_image$|vectors$|leave$|fault$|semihosting$|say$|context)/ {
			n = 0
			for (i = 1; i <= length($2); i++) n = n * 16 + index("0123456789abcdef", substr($2, i, 1)) - 1
			sum += n
		}
		END { print sum }'
}

# row NAME CPU ENGINE FLAGS
row() {
	make -s -C "$root/examples/embed" CPU="$2" ENGINE="$3" OUT="$out/$1" CROSS="$prefix" MORE="$4 -fstack-usage" >/dev/null
	make -s -C "$root/examples/embed" CPU="$2" ENGINE="$3" OUT="$out/$1" CROSS="$prefix" stack >"$out/stack"
	printf '| %s | %s | %s | %s |\n' "$2" "$5" "$(bytes "$out/$1/embed.elf")" "$(cat "$out/stack")"
}
