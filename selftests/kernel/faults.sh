#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each allocation from the slabs that the module makes, or has made for it, fails once:
# the command says so and has changed nothing, the packet is counted, life goes on.

. "$(dirname "$0")/lib.sh"

failslab=/sys/kernel/debug/failslab

# --- what may fail ----------------------------------------------------------

# bounds FUNCTION: of the kernel, whose symbols come by address; nothing if it has none.
bounds()
{
	awk -v name="$1" '
		start && !end && $1 != start { end = $1 }
		$3 == name && $4 == "" { start = $1 }
		END { print start ? "0x" start : 0, end ? "0x" end : 0 }' /proc/kallsyms
}

# callers START END DEPTH [FUNCTION]: what has one between those addresses among its DEPTH
# nearest, and not FUNCTION of the kernel; without a name not the leak detector's, whose
# notes about each allocation it can do without.
callers()
{
	local reject

	read -r -a reject <<< "$(bounds "${4:-__create_object}")"
	echo 0 > $failslab/ignore-gfp-wait
	echo 0 > $failslab/verbose
	echo "$1" > $failslab/require-start
	echo "$2" > $failslab/require-end
	echo "${reject[0]}" > $failslab/reject-start
	echo "${reject[1]}" > $failslab/reject-end
	echo "$3" > $failslab/stacktrace-depth
}

# by_module DEPTH
by_module()
{
	local start size

	start=$(< /sys/module/spindle/sections/.text)
	size=$(size -A "$module" | awk '$1 == ".text" { print $2 }')
	callers "$start" $((start + size)) "$1"
}

# under FUNCTION [FUNCTION]: and not under the second.
under()
{
	# shellcheck disable=SC2046 # two words
	callers $(bounds "$1") 32 "${@:2}"
}

# --- commands ---------------------------------------------------------------

prepare()
{
	fresh_hosts
	spindle_hosts
	by_module 32
}

# request WAY OPERATION.  What is allocated for a dump the kernel allocates before it
# asks the module.
request()
{
	case $1 in
	do) by_module 32 ;;
	dump) under __netlink_dump_start ;;
	esac
	host a "$here/netlink_faults" $device "$@"
}

# Every request that the specification has.
requests()
{
	python3 -c 'if True:
		import sys, yaml
		for operation in yaml.safe_load(sys.stdin)["operations"]["list"]:
			for way in "do", "dump":
				if way in operation:
					print(way, operation["name"])
	' < "$top/Documentation/netlink/specs/spindle.yaml"
}

# --- devices and namespaces -------------------------------------------------

# What a user can see of host a.
state()
{
	ip -n a -j link show
	host a spindle tunnel show -j
}

seen=state

# faulty N COMMAND...: in host a; its Nth allocation fails.
faulty()
(
	echo "$1" > /proc/self/fail-nth
	exec netns_exec a "${@:2}"
)

# each_fault UNDO COMMAND...: the first allocation fails, then the second, until
# none is left that could; of more than a hundred, which many algorithms take, each tenth.
# Where the command can do without, UNDO undoes it; where it cannot, it says so, and what
# is seen is as before.
each_fault()
{
	local undo=$1 n=0 before output status

	shift
	before=$($seen)
	while :; do
		n=$((n < 100 ? n + 1 : n + 10))
		status=0
		echo 1 > $failslab/times
		output=$(faulty $n "$@" 2>&1) || status=$?
		[ "$(< $failslab/times)" -eq 0 ] || break
		echo "allocation $n: status $status: $output"
		if [ $status -eq 0 ]; then
			$undo
			before=$($seen)
		else
			[ -n "$output" ]
			same "state" "$($seen)" "$before"
		fi
	done
	same "status without a fault" $status 0
	[ $n -gt 1 ]
	$undo
}

del_device() { ip -n a link del spin1; }

new_device()
{
	by_module 32
	each_fault del_device ip link add spin1 type spindle
}

new_namespace()
{
	by_module 32
	each_fault : unshare --net true
}

still_works()
{
	host a spindle sa flush t
	host b spindle sa flush t
	generation a 1
	generation b 1
	pings a b
	pings b a
}

# --- packets ----------------------------------------------------------------

# all_drops: of both hosts, but for what the kernel itself says on a new interface.
all_drops()
{
	{ counters a; counters b; } | sed '/ no-tunnel /d'
}

drops()
{
	all_drops | awk '{ n += $NF } END { print n + 0 }'
}

# hold NAME DEVICE: somebody has a copy of each packet there, until the test's end.
hold()
{
	local output

	exec {output}< <(exec netns_exec "$1" python3 -ISc '
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
sock.bind((sys.argv[1], 0))
print("open", flush=True)
while True:
	sock.recv(65536)' "$2")
	substitutes+=($!)
	read -r -t 20 -u "$output"
}

# What others hold is not to be written to, so each packet takes an allocation, at either
# end.  The module is near enough for what the stack does with it later not to be meant.
#
# held_hosts tunnel|transport ALGORITHM INNER OUTER [OPTION...]
held_hosts()
{
	local name make=spindle_host

	alg=$2
	dual_hosts
	if [ "$1" = transport ]; then
		make=transport_host
		transport_families "$4"
	else
		families "$3" "$4"
	fi
	for name in a b; do
		$make $name "${@:5}"
		generation $name 1
	done
	# Nor is the first question for a neighbour.
	pings a b
	hold a $device
	hold b eth0
	by_module 10
}

# The first allocation for a packet that is sent fails, then the second: it arrives or is
# counted.  What kind of packet: as of held_hosts.
each_packet()
{
	local n=0 lost=0

	held_hosts "$@"
	while :; do
		n=$((n + 1))
		echo 1 > $failslab/times
		faulty $n ping -n -q -c 1 -W 1 "${inner[b]}" > /dev/null || lost=$((lost + 1))
		same "drops with $n allocations" "$(drops)" $lost
		[ "$(< $failslab/times)" -eq 0 ] || break
	done
	echo "$n allocations, $lost lost"
	[ $n -gt 1 ]
	pings a b
}

# PERCENT of the allocations fail, in interrupts too.
fail_percent()
{
	echo 1 > $failslab/interval
	echo -1 > $failslab/times
	echo 0 > $failslab/task-filter
	echo "$1" > $failslab/probability
}

# A ping that is not answered is one packet that was dropped, at either end.
lost_pings()
{
	local answers

	held_hosts "$@"
	fail_percent 10
	answers=$(host a ping -n -q -c 300 -i 0.01 -W 1 "${inner[b]}") || true
	fail_percent 0
	echo "$answers"
	same "reasons" "$(all_drops | awk '{ print $(NF - 1) }' | sort -u)" no-memory
	same "drops" "$(drops)" "$(awk '/transmitted/ { print $1 - $4 }' <<< "$answers")"
	pings a b
}

transfers()
{
	fresh_hosts
	spindle_hosts
	by_module 16
	fail_percent 2
	transfer a b 200001
	fail_percent 0
	counters a | grep no-memory
	transfer b a 200003
}

# --- the module itself ------------------------------------------------------

loaded()
{
	[ ! -e /sys/module/spindle ] || echo loaded
}

# Also in namespaces that there are, and with the self-test.  A kernel that has no memory
# for a new slab cache loses the name it had for it, which is not what is tested here.
module_load()
{
	fresh_hosts
	rmmod spindle
	under do_one_initcall __kmem_cache_create_args
	seen=loaded
	each_fault "rmmod spindle" insmod "$module"
	load_module
}

if ! [ -d $failslab ]; then
	ktap_print_header
	ktap_skip_all "this kernel injects no faults"
	exit "$KSFT_SKIP"
fi
requests=$(requests) || exit
tests=("hosts" prepare)
while read -r request; do
	tests+=("$request" "request $request")
done <<< "$requests"
tests+=(
	"a new namespace" new_namespace
	"a new device" new_device
	"and after all that traffic flows" still_works
)
for kind in "tunnel aes128-sha256 4 4" "tunnel aes128gcm16 6 6" "tunnel aes128-sha256 4 6 tfc 300" \
	"tunnel sha256 4 4 proto ah" "tunnel sha256 4 6 proto ah" \
	"transport aes128-sha256 4 4" "transport sha256 6 6 proto ah"; do
	tests+=("a packet, $kind: it arrives, or it is counted" "each_packet $kind"
		"pings, $kind: each that is lost has been counted" "lost_pings $kind")
done
run_tests "${tests[@]}" \
	"TCP repairs what was lost" transfers \
	"the module that is loaded" module_load
