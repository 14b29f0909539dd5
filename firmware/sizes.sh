#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# sizes.sh SIZE BUILD BOARD FOLDER...: bytes of code and tables (.text, .rodata) of each folder's
# objects as compiled for the firmware, before the linker drops what is unused.
set -eu
size=$1 build=$2 board=$3
shift 3

# total NAME FILE...: one row
total() {
	name=$1
	shift
	"$size" -A "$@" | awk -v name="$name" '
		$1 ~ /^\.text/ { code += $2 }
		$1 ~ /^\.rodata/ { tables += $2 }
		END { printf "%-24s %7d %7d %7d\n", name, code, tables, code + tables }'
}

printf '%-24s %7s %7s %7s\n' "$board" code tables total
for folder in "$@"; do
	# shellcheck disable=SC2046 # object names have no spaces
	total "$folder" $(find "$build/$board/$folder" -maxdepth 1 -name '*.o' | sort)
done
# shellcheck disable=SC2046
total "vm -Os" $(find "$build/vm-Os" -name '*.o' | sort)
