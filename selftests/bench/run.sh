#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [SECONDS [NAME]]: in the guest, measures one Spindle tunnel beside the kernel's
# xfrm with the same algorithms, WireGuard and the bare wire, on all processors it has,
# then on half of them, and so on down to one.
#
# Each round measures all paths one after another in short turns, and ratios are
# taken within a round, so that a machine that is slow for a while is slow for all.
# The samples are left in build/bench/NAME-samples.json, medians and ratios in
# build/bench/NAME.json.

set -euo pipefail

here=$(dirname "$(realpath "$0")")
cd "$here/../.."
. "$here/paths.sh"

# No round begins later than this.
limit=${1:-900}
max_rounds=9
name=${2:-results}
samples=build/bench/$name-samples.json
results=build/bench/$name.json

# sample CPUS PATH METRIC VALUE
sample()
{
	printf '{"round":%d,"cpus":%d,"path":"%s","metric":"%s","value":%s}\n' $round "$@" \
		>> $samples
}

# Jiffies that all CPUs have spent so far: busy ones, then all.
cpu_time()
{
	awk '$1 == "cpu" { all = $2 + $3 + $4 + $5 + $6 + $7 + $8; print all - $5 - $6, all }' \
		/proc/stat
}

# tcp CPUS PATH METRIC OPTION...: in Mbit/s, and how many CPUs that kept busy.
tcp()
{
	local cpus=$1 path=$2 metric=$3 report before after

	shift 3
	read -ra before < <(cpu_time)
	report=$(iperf "$path" -t 1 -l 32K "$@") || fail "$path: $(jq -r .error <<< "$report")"
	read -ra after < <(cpu_time)
	sample "$cpus" "$path" "$metric" \
		"$(jq '.end.sum_received.bits_per_second / 1e6' <<< "$report")"
	sample "$cpus" "$path" busy \
		$((1000 * cpus * (after[0] - before[0]) / (after[1] - before[1])))e-3
}

# As many datagrams of 64 octets as the sender can make, in thousands a second received.
# The client is the receiver: a sender does not know what was lost at the very end.
udp()
{
	local report

	report=$(iperf "$2" -t 1 -R -u -b 0 -l 64) || fail "$2: $(jq -r .error <<< "$report")"
	sample "$1" "$2" udp \
		"$(jq '.end.sum | (.packets - .lost_packets) / .seconds / 1e3' <<< "$report")"
}

# round_trips CPUS PATH COUNT P50 P99: in milliseconds.
round_trips()
{
	local times

	mapfile -t times < <(
		ip netns exec left ping -n -i 0.005 -c "$3" -W 2 "$(network_of "$2").2" |
			sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n)
	# A starved machine may lose some, but not so many that a percentile is a guess.
	[ ${#times[@]} -ge $(($3 / 2)) ] || fail "$2 answered ${#times[@]} of $3 pings"
	sample "$1" "$2" "$4" "${times[${#times[@]} / 2]}"
	sample "$1" "$2" "$5" "${times[${#times[@]} * 99 / 100]}"
}

# While TCP takes all the path has.
loaded_round_trips()
{
	local stream

	iperf "$2" -t 2 > /dev/null &
	stream=$!
	round_trips "$1" "$2" 100 loaded-p50 loaded-p99
	wait $stream || fail "$2: no stream beside the pings"
}

# for_all COMMAND CPUS [ARGUMENT...]: for one path after another.
for_all()
{
	local path

	for path in "${paths[@]}"; do
		"$1" "$2" "$path" "${@:3}"
	done
}

measure()
{
	local cpus

	cpus=$(nproc)
	for_all tcp "$cpus" tcp-out
	for_all tcp "$cpus" tcp-in -R
	for_all tcp "$cpus" tcp8-out -P 8
	for_all tcp "$cpus" tcp8-in -P 8 -R
	for_all udp "$cpus"
	for_all round_trips "$cpus" 200 p50 p99
	for_all loaded_round_trips "$cpus"
}

mkdir -p build/bench
rm -f $samples $results
round=0
setup
while [ $SECONDS -lt "$limit" ] && [ $round -lt $max_rounds ]; do
	round=$((round + 1))
	for ((cpus = $(nproc); cpus >= 1; cpus /= 2)); do
		selftests/vm/processors $cpus
		measure
	done
	selftests/vm/processors
done
jq -s --arg kernel "$(uname -r)" --arg cpu "$(sed -n 's/^model name.*: //p;T;q' /proc/cpuinfo)" \
	--arg date "$(date +%F)" -f "$here/results.jq" \
	$samples > $results
"$here/table" $results
