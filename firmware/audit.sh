#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# audit.sh NM OBJECTS FOLDER...: fails if the objects of a folder use what the device does not have.
# Folders may use each other's functions (prefix_), the compiler's library and four functions of C.
set -eu
nm=$1 objects=$2
shift 2
own='ub_port_|ubpf_|image_|verify_|vm_|jit_|op_|onepass_|femto_|rbpf_|native_|helper_|maps_'
for folder in "$@"; do
	files=$(find "$objects/$folder" -maxdepth 1 -name '*.o')
	# shellcheck disable=SC2086 # names have no spaces
	bad=$("$nm" -u $files |
		awk '$1 == "U" { print $2 }' | sort -u |
		grep -Ev "^(memcpy|memset|memmove|memcmp|__aeabi_[a-z0-9_]+|__gnu_thumb1_case_[a-z]+|($own).*)\$" || true)
	if [ -n "$bad" ]; then
		echo "$folder needs what the device does not have: $(echo "$bad" | tr '\n' ' ')" >&2
		exit 1
	fi
	# shellcheck disable=SC2086
	written=$("$nm" $files | awk '$2 ~ /^[dDbBC]$/ { print $3 }')
	if [ -n "$written" ]; then
		echo "$folder has variables that are written: $(echo "$written" | tr '\n' ' ')" >&2
		exit 1
	fi
done
