#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The weather station, live: an emulated board, six programs deployed to it as one application, readers answered by two of
# them, one replaced while it runs. `make demo` builds what it needs and runs it. DEMO_TARGET=host takes no QEMU.
set -eu

ubench=${UBENCH:-bin/ubench}
target=${DEMO_TARGET:-qemu:netduinoplus2}
work=$(mktemp -d)
export UBENCH_PROFILE="$work/profile.json"
device=
finish() {
	[ -z "$device" ] || kill "$device" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n== %s\n' "$*"; }
# Shows a command, and what comes of it.
show() {
	printf '$ ubench %s\n' "$*"
	"$ubench" "$@"
}

say "A $target boots: its serial line carries CoAP in slipmux frames, and a bridge makes that a UDP port."
"$ubench" device emulate --target "$target" --state "$work/state" --listen 127.0.0.1:0 >"$work/address" &
device=$!
tries=0
until [ -s "$work/address" ]; do
	tries=$((tries + 1))
	if [ $tries -gt 300 ] || ! kill -0 "$device" 2>/dev/null; then
		echo "demo: the device did not start" >&2
		exit 1
	fi
	sleep 0.1
done
cat "$work/address"
address=$(sed 's/.* //' "$work/address")
show device use "$address" >/dev/null
show device info

say "Its sensors read a trace, a reading each time a program asks, which is each second."
cat >"$work/day.trace" <<'TRACE'
sensor 130 2 -1 215 216 218 219 221 220 218 217 215 214 213 212 211 210 209 208
sensor 131 8 -1 480 481 482 484 485 487 486 485 483 482 481 480 479 478 477 476
sensor 132 30 0 320 310 250 120 45 20 18 60 140 300 320 330 340 350 360 370
sensor 138 0 0 12 700 90 31 40 22 18 17 300 45 60 12 14 90 80 77 30 20 10 15 16 17 18 19
TRACE
show device trace "$work/day.trace"

say "Six programs are compiled, verified, packed, signed, sent and started, all or none."
show deploy examples/weather_station
sleep 2
show device logs

say "Readers are answered by programs. Anybody may ask these two: their signed manifests say so."
show device ask x/read-climate
show device ask x/read-outside
if command -v coap-client-notls >/dev/null; then
	printf '$ coap-client-notls -m get %s/x/read-climate\n' "$address"
	coap-client-notls -B 10 -m get "$address/x/read-climate"
fi

say "A new version of one replaces it while the others run, on trial for two seconds."
mkdir "$work/new"
cp examples/weather_station/weather.h "$work/new/"
sed 's/\[climate\]/[climate, version 2]/' examples/weather_station/update_climate.bpf.c >"$work/new/climate.c"
show deploy "$work/new/climate.c" --period 1s --trial 2s
sleep 4
show device logs climate
show device ps

say "One that faults is taken back by itself, and the fault names its line of C."
cat >"$work/new/climate.c" <<'C'
#include "weather.h"

int climate(void *ctx)
{
	uint32_t *nowhere = (uint32_t *)(unsigned long)0x12345678;

	return *nowhere;
}
C
show deploy "$work/new/climate.c" --period 1s --trial 60s
sleep 3
show device faults climate
show device logs climate
show device ps
