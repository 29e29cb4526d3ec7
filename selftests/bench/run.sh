#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [SECONDS]: in the guest, measures one Spindle tunnel beside the kernel's
# xfrm with the same algorithms, WireGuard and the bare wire, and prints a table.
#
# Each round measures all paths one after another in short turns, and ratios are
# taken within a round, so that a machine that is slow for a while is slow for all.
# The samples are left in build/bench/samples.json, medians and ratios in
# build/bench/results.json.

set -euo pipefail

here=$(dirname "$(realpath "$0")")
cd "$here/../.."
. "$here/paths.sh"

# No round begins later than this.
limit=${1:-420}
max_rounds=9
samples=build/bench/samples.json
results=build/bench/results.json

fail()
{
	echo "bench: $*" >&2
	exit 1
}

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

# iperf PATH ARGUMENT...: prints iperf3's report.
iperf()
{
	local network

	network=$(network_of "$1")
	shift
	ip netns exec left timeout 60 iperf3 -J -t 1 -c "$network.2" -B "$network.1" "$@"
}

# tcp CPUS PATH METRIC [-R]: one stream, in Mbit/s, and how many CPUs it kept busy.
tcp()
{
	local cpus=$1 path=$2 metric=$3 report before after

	shift 3
	read -ra before < <(cpu_time)
	report=$(iperf "$path" -l 32K "$@") || fail "$path: $(jq -r .error <<< "$report")"
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

	report=$(iperf "$2" -R -u -b 0 -l 64) || fail "$2: $(jq -r .error <<< "$report")"
	sample "$1" "$2" udp \
		"$(jq '.end.sum | (.packets - .lost_packets) / .seconds / 1e3' <<< "$report")"
}

# Round trips on an idle path, in milliseconds.
latency()
{
	local times

	mapfile -t times < <(ip netns exec left ping -n -i 0.005 -c 200 "$(network_of "$2").2" |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n)
	# A starved machine may lose some, but not so many that a percentile is a guess.
	[ ${#times[@]} -ge 100 ] || fail "$2 answered ${#times[@]} of 200 pings"
	sample "$1" "$2" p50 "${times[${#times[@]} / 2]}"
	sample "$1" "$2" p99 "${times[${#times[@]} * 99 / 100]}"
}

measure()
{
	local cpus=$1 path

	for path in "${paths[@]}"; do
		tcp "$cpus" "$path" tcp-out
	done
	for path in "${paths[@]}"; do
		tcp "$cpus" "$path" tcp-in -R
	done
	for path in "${paths[@]}"; do
		udp "$cpus" "$path"
	done
	for path in "${paths[@]}"; do
		latency "$cpus" "$path"
	done
}

setup()
{
	local path

	load_spindle
	join_wire
	for path in "${paths[@]}"; do
		"setup_$path" left 1 2
		"setup_$path" right 2 1
	done
	ip netns exec right iperf3 -s -D > /dev/null
	for path in "${paths[@]}"; do
		ip netns exec left ping -q -c 1 -w 5 "$(network_of "$path").2" > /dev/null ||
			fail "no way through $path"
	done
}

mkdir -p build/bench
rm -f $samples $results
round=0
setup
while [ $SECONDS -lt "$limit" ] && [ $round -lt $max_rounds ]; do
	round=$((round + 1))
	measure "$(nproc)"
	selftests/vm/processors 0
	measure 1
	selftests/vm/processors 1
done
jq -s --arg kernel "$(uname -r)" --arg cpu "$(sed -n 's/^model name.*: //p;T;q' /proc/cpuinfo)" \
	--arg date "$(date +%F)" -f "$here/results.jq" \
	$samples > $results
"$here/table" $results
