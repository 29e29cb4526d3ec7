#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# count.sh: in a guest whose clock counts instructions (vm -i), how many a packet takes
# on each path; whatever else the machine is doing, they are the same.
#
# All in one processor: what left sends and what right does with it.  A round trip is two
# packets that are sealed and two that are opened.

set -euo pipefail

here=$(dirname "$(realpath "$0")")
cd "$here/../.."
. "$here/paths.sh"

counts=build/bench/instructions.json

# round_trip PATH OCTETS: of payload; in nanoseconds, which are instructions.
round_trip()
{
	ip netns exec left ping -f -q -n -c 1000 -s "$2" "$(network_of "$1").2" |
		sed -n 's/^1000 .* 0% packet loss, time \([0-9]*\)ms/\1000/p'
}

# tcp PATH: for each octet of a stream.
tcp()
{
	iperf "$1" -n 16M -l 32K | jq '.end.sum_received | .seconds * 1e9 / .bytes'
}

mkdir -p build/bench
setup
for path in "${paths[@]}"; do
	# What is done once is not counted.
	round_trip "$path" 56 > /dev/null
	jq -nc --arg path "$path" --argjson small "$(round_trip "$path" 56)" \
		--argjson large "$(round_trip "$path" 1300)" --argjson tcp "$(tcp "$path")" \
		'{$path, $small, $large, $tcp}'
done > $counts
jq -rs '
	"Instructions that a round trip of 56 octets takes, one of 1300, and an octet of TCP:",
	(.[] | [.path, .small, .large, .tcp] | @tsv)' $counts |
	awk -F '\t' 'NF < 2 { print; next } { printf "%-14s%12d%12d%12.1f\n", $1, $2, $3, $4 }'
