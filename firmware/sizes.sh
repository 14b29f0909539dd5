#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# sizes.sh SIZE NAME OBJECT...: bytes of code and tables (.text, .rodata) of objects, before the linker drops
# what is unused.
set -eu
size=$1 name=$2
shift 2
"$size" -A "$@" | awk -v name="$name" '
	$1 ~ /^\.text/ { code += $2 }
	$1 ~ /^\.rodata/ { tables += $2 }
	END { printf "%s: %d code, %d tables, %d in all\n", name, code, tables, code + tables }'
