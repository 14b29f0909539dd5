#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# sizes.sh NM ELF FOLDER...: what the linker placed in a firmware, by folder of the sources, the driver of the link and the
# files in $APART by themselves:
# bytes of flash (code, tables, first values), from the linker's map beside the ELF; the sum of the folders named; and the
# variables of more than 63 bytes.
set -eu
nm=$1 elf=$2
shift 2
echo "${elf##*/}: bytes of flash"
# A line is " NAME ADDRESS SIZE FILE", but a long NAME has a line of its own.
awk -v named="$*" -v apart="${APART:-}" '
	function hex(s,    i, n) {
		for (i = 3; i <= length(s); i++)
			n = 16 * n + index("0123456789abcdef", substr(s, i, 1)) - 1
		return n
	}
	BEGIN {
		for (i = split(named, names, " "); i > 0; i--)
			part[names[i]]
		for (i = split(apart, names, " "); i > 0; i--) {
			sub(/\.[cS]$/, "", names[i])
			alone[names[i]]
		}
	}
	/^Linker script and memory map/ { placed = 1 }
	/^\.[a-zA-Z]/ { section = $1 }
	placed && section ~ /^\.(text|data)$/ && NF > 2 && $(NF - 1) ~ /^0x/ && $(NF - 2) ~ /^0x/ && $NF ~ /\.o\)?$/ {
		folder = $NF
		if (!sub(/^build\/device\/[^\/]*\//, "", folder))
			folder = "library"
		else if (folder == "vectors.o")
			folder = "device/boards"
		else if (folder !~ /(line|ethernet|lan9118)\.o$/ && !(substr(folder, 1, length(folder) - 2) in alone))
			sub(/\/[^\/]*$/, "", folder)
		sub(/\.o$/, ".c", folder)
		bytes[folder] += hex($(NF - 1))
	}
	END {
		for (folder in bytes) {
			printf "  %-24s %6d\n", folder, bytes[folder] | "sort -k2,2nr"
			if (folder in part)
				sum += bytes[folder]
		}
		close("sort -k2,2nr")
		printf "  %s together: %d\n", named, sum
	}' "${elf%.elf}.map"
echo "${elf##*/}: variables"
"$nm" -S --size-sort "$elf" | awk '$3 ~ /^[bBdD]$/ && $2 > "0000003f" { print $2, $4 }' | while read -r size name; do
	printf '  %-24s %6d\n' "$name" "0x$size"
done
