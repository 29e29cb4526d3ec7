#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fair.sh: in the guest, what one tunnel takes from another of the same device and the same
# two hosts: throughput of both at once, and round trips in one beside TCP in the other.

. "$(dirname "$(realpath "$0")")/../kernel/lib.sh"
set -e

declare -A inner2=([a]=10.3.0.1 [b]=10.4.0.1)

# second_tunnel NAME: u, beside t.
second_tunnel()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" address add "${inner2[$name]}" dev spin0
	ip -n "$name" route add "${inner2[$other]}" dev spin0 src "${inner2[$name]}"
	network=([a]=${inner2[a]} [b]=${inner2[b]}) tunnel=u
	spindle_tunnel "$name"
	sa "$name" in "$(($(spi "$name" 1) + 0x4000))"
	sa "$name" out "$(($(spi "$other" 1) + 0x4000))"
}

# streams ADDRESS PORT COUNT SECONDS: Mbit/s.
streams()
{
	host a iperf3 -J -c "$1" -p "$2" -P "$3" -t "$4" |
		jq '.end.sum_received.bits_per_second / 1e6 | round'
}

# round_trip ADDRESS: the median, in milliseconds.
round_trip()
{
	host a ping -n -i 0.02 -c 200 "$1" | sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		sed -n 100p
}

# beside COUNT COMMAND...: while so many streams are in t.
beside()
{
	local stream

	streams "${inner[b]}" 5201 "$1" 8 > /dev/null &
	stream=$!
	sleep 1
	"${@:2}"
	wait $stream
}

load_module
start_hosts
spindle_hosts
for name in a b; do
	(second_tunnel $name)
done
for port in 5201 5202; do
	host b iperf3 -s -D -p $port
done
sleep 1
echo "Round trip in tunnel u, ms: $(round_trip "${inner2[b]}")"
for count in 1 8; do
	streams "${inner[b]}" 5201 $count 10 > /run/t &
	u=$(streams "${inner2[b]}" 5202 1 10)
	wait
	echo "With $count TCP streams in tunnel t, $(< /run/t) Mbit/s, one in u has $u;" \
		"a round trip in u takes $(beside $count round_trip "${inner2[b]}") ms," \
		"in t $(beside $count round_trip "${inner[b]}")"
done
