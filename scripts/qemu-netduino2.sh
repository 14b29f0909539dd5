#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Starts the committed firmware under QEMU, for people who want to look.
set -eu

root=$(cd -- "$(dirname -- "$0")/.." && pwd)
qemu=${UBENCH_QEMU:-qemu-system-arm}
machine=netduino2
gdb=

usage() {
	cat <<EOF
usage: ${0##*/} [MACHINE] [--gdb [PORT]]

Starts the ubench firmware on a QEMU machine, netduino2 (STM32F205, Cortex-M3) or netduinoplus2
(STM32F405, Cortex-M4). The serial line of its agent appears as a pseudo terminal, whose name QEMU
prints; from another terminal use it as a board:

    bin/ubench run fletcher16 --target serial:/dev/pts/N

The QEMU monitor is on this terminal: try 'info registers', leave with 'quit'.

    --gdb [PORT]   wait for gdb on localhost, port 3333 if none is given
    --help         this text

UBENCH_QEMU chooses another qemu-system-arm.
EOF
}

die() {
	echo "${0##*/}: $1" >&2
	exit "${2:-1}"
}

machine_given=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		usage
		exit 0
		;;
	--gdb)
		gdb=3333
		case ${2-} in
		'' | *[!0-9]*) ;;
		*)
			gdb=$2
			shift
			;;
		esac
		;;
	--gdb=*) gdb=${1#--gdb=} ;;
	-*) die "unknown option $1 (see --help)" 2 ;;
	*)
		[ -z "$machine_given" ] || die "one machine, please (see --help)" 2
		machine=$1
		machine_given=yes
		;;
	esac
	shift
done

case $gdb in
*[!0-9]*) die "--gdb $gdb: not a port" 2 ;;
esac
if [ -n "$gdb" ] && { [ ${#gdb} -gt 5 ] || [ "$gdb" -lt 1 ] || [ "$gdb" -gt 65535 ]; }; then
	die "--gdb $gdb: not a port" 2
fi
elf=$root/firmware/$machine.elf
case $machine in
*/*) die "no firmware for machine $machine (see --help)" 2 ;;
esac
[ -f "$elf" ] || die "no firmware for machine $machine (see --help)" 2
command -v "$qemu" >/dev/null 2>&1 || die "$qemu not found: install qemu-system-arm, or set UBENCH_QEMU"

set -- -M "$machine" -display none -serial pty -icount shift=0,sleep=off,align=off -kernel "$elf"
if [ -t 0 ]; then
	set -- "$@" -monitor stdio
else
	set -- "$@" -monitor none
fi
if [ -n "$gdb" ]; then
	echo "waiting for gdb: gdb-multiarch $elf -ex 'target remote localhost:$gdb'"
	set -- "$@" -S -gdb "tcp:127.0.0.1:$gdb"
fi
exec "$qemu" "$@"
