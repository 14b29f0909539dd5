#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A table of flash, stack and a program's memory by configuration, and what structs take: examples/embed at -Os, linked and run
# on QEMU. The memory is what loading the example's program takes, with its plan (ubpf_needs). Flash is code and constants of the library, its board, main.c and program left out, the C library's mem* and libgcc in.
#
#   ubpf/sizes.sh [PREFIX]    of compiler and binutils, arm-none-eabi- if none is given
set -eu

prefix=${1:-arm-none-eabi-}
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Flash is all that is linked; the next column is what of it is the interpreter, the verifier and the reader of one format.
# row CPU ENGINE NAME FLAGS: a line of the table.
row() {
	build() { make -s -C "$root/examples/embed" CPU="$cpu" ENGINE="$engine" OUT="$dir" CROSS="$prefix" MORE="$flags -DBOARD_STACK" "$@"; }
	cpu=$1 engine=$2 flags=$4 dir=$out/$1-$2-$(echo "$3" | tr -d ' ,')
	build all >/dev/null
	# Of the whole, what is not the board's, the example's or the linker's.
	flash=$("${prefix}nm" -S "$dir/embed.elf" | awk '
		NF == 4 && $3 ~ /[tTrRdDwWvV]/ && $4 !~ /^(board_.*|main|rows|greeting_image|vectors|leave|fault|semihosting|say|context)(\.[0-9]+)?$/ {
			n = 0
			for (i = 1; i <= length($2); i++) n = n * 16 + index("0123456789abcdef", substr($2, i, 1)) - 1
			if (!seen[$1]++) sum += n
		}
		END { print sum }')
	stack=$(build run 2>&1 | awk '$1 == "stack" { print $2 }')
	rm "$dir/embed.elf"
	memory=$(build run MAIN="$root/ubpf/testdata/needs.c" "MEMORY_$engine=8192" 2>&1 | awk '$1 == "memory" { print $2 }')
	case $3 in
	"packed, portable form") objects="portable.c shared.c vm_portable.c packed.c trailer.c" ;;
	packed) objects="handlers.S restore.c rewrite.c shared.c threaded.c vm.c packed.c trailer.c" ;;
	*) objects= ;;
	esac
	core=
	if [ "$engine" = vm ] && [ -n "$objects" ]; then
		core=$(cd "$dir" && for o in $objects image.c reader.c verify.c; do find . -name "$o.o"; done | xargs "${prefix}size" -t | awk 'END { print $1 }')
	fi
	printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$cpu" "$engine" "$3" "$flash" "$core" "$stack" "$memory"
}

echo "| CPU | engine | formats | flash, bytes | engine, verifier, reader | stack, bytes | program, bytes |"
echo "|---|---|---|---|---|---|---|"
for cpu in cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33; do
	row "$cpu" vm "packed, portable form" "-DUB_IMAGE_FORMATS=UB_IMAGE_PACKED -DUB_VM_THREADED=0"
	[ "$cpu" = cortex-m0plus ] || row "$cpu" vm packed -DUB_IMAGE_FORMATS=UB_IMAGE_PACKED
	row "$cpu" vm all ""
	[ "$cpu" = cortex-m0plus ] || row "$cpu" jit packed -DUB_IMAGE_FORMATS=UB_IMAGE_PACKED
	[ "$cpu" = cortex-m0plus ] || row "$cpu" jit_plan packed -DUB_IMAGE_FORMATS=UB_IMAGE_PACKED
done

printf '#include "ubpf/ubpf.h"\nstruct ubpf u;\nstruct ubpf_helpers h;\n' |
	"${prefix}gcc" -mcpu=cortex-m4 -mthumb -std=gnu99 -I"$root" -x c -c -o "$out/structs.o" -
"${prefix}nm" -S -t d "$out/structs.o" | awk '{ bytes[$4] = $2 + 0 } END { print "struct ubpf " bytes["u"] ", struct ubpf_helpers " bytes["h"] " bytes" }'
