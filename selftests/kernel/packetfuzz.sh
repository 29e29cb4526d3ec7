#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that nobody thought of, damaged before and after they are sealed.  Each is
# let in or dropped by a named reason: the numbers agree.  FUZZ_SECONDS says for how
# long, FUZZ_SEED repeats an earlier run.

. "$(dirname "$0")/lib.sh"

: "${FUZZ_SECONDS:=5}" "${FUZZ_SEED:=$SRANDOM}"
round=1000
sent=0
spindle_options=()

setup()
{
	spindle_host a "${spindle_options[@]}"
	generation a 1
}

# What became of the packets: let in, dropped.
accounted()
{
	local let_in dropped

	let_in=$(sa_field a in "$(spi a 1)" packets)
	dropped=$(counters a | awk '{ n += $NF } END { print n + 0 }')
	[ $((let_in + dropped)) -eq "$1" ] || { echo "of $1: $let_in let in, $dropped dropped"; return 1; }
}

packets()
{
	local end=$((SECONDS + FUZZ_SECONDS))

	setup
	echo "FUZZ_SEED=$FUZZ_SEED"
	while [ $SECONDS -le $end ]; do
		"$1" fuzz $((FUZZ_SEED + sent)) seq $((sent + 1))-$((sent + round))
		sent=$((sent + round))
		within 5 accounted $sent
	done
	echo "$sent packets"
	counters a
	# As wrong as they were, there is one of every reason that a seal does not keep out.
	for reason in authentication inner-header next-header truncated unknown-spi selector "${@:2}"; do
		counters a | grep " $reason "
	done
	"$1" seq $((sent + 1))
	within 5 accounted $((sent + 1))
}

# The same with IPv6 on both sides of the ESP header.
packets6()
{
	dual_hosts
	families 6 6
	packets forge6 padding
}

forge_ah()
{
	local spi

	spi=$(spi a 1)
	host b esp_send "${outer[a]}" ah 1 spi "$spi" auth-key "$(auth_key "$spi")" "$@"
}

packets_ah()
{
	alg=sha256
	fresh_hosts
	spindle_options=(proto ah)
	packets forge_ah
}

run_tests \
	"packets, damaged before and after they are sealed" "packets forge padding" \
	"packets of IPv6, likewise" packets6 \
	"packets of AH, likewise" packets_ah
