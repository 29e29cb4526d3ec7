#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each allocation from the slabs that the module makes, or has made for it, fails once:
# the command says so and has changed nothing, the packet is counted, life goes on.

. "$(dirname "$0")/../lib.sh"

failslab=/sys/kernel/debug/failslab

# --- what may fail ----------------------------------------------------------

# callers START END DEPTH: what has one between those addresses among its DEPTH nearest.
callers()
{
	echo 0 > $failslab/ignore-gfp-wait
	echo 0 > $failslab/verbose
	echo "$1" > $failslab/require-start
	echo "$2" > $failslab/require-end
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

# under FUNCTION: of the kernel itself.
under()
{
	local bounds

	bounds=$(sort /proc/kallsyms | awk -v name="$1" '
		start && !end && $1 != start { end = $1 }
		$3 == name && $4 == "" { start = $1 }
		END { print "0x" start, "0x" end }')
	# shellcheck disable=SC2086 # two words
	callers $bounds 32
}

# --- commands ---------------------------------------------------------------

# What a user can see of host a, but for what time changes.
state()
{
	{
		ip -n a -j link show
		host a spindle device show -j
		host a spindle tunnel show -j
		host a spindle sa show -j
	} | jq -S 'map(del(.age))'
}

seen=state

# faulty N COMMAND...: in host a; its Nth allocation fails.
faulty()
{
	echo "$1" > /proc/self/fail-nth
	exec nsenter --net=/run/netns/a "${@:2}"
}

# each_fault UNDO COMMAND...: the first allocation fails, then the second, until
# none is left that could.  Where the command can do without, UNDO undoes it; where it
# cannot, it says so, and what is seen is as before.
each_fault()
{
	local undo=$1 n=0 before output status

	shift
	before=$($seen)
	while :; do
		n=$((n + 1))
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
}

prepare()
{
	fresh_hosts
	spindle_hosts
	by_module 32
}

# What else is listening decides whether there is a notification to allocate.
watched()
{
	host a spindle monitor -j > "$scratch/events" &
	within 5 watching
	"$@"
}

watching()
{
	host a spindle tunnel set t df copy
	[ -s "$scratch/events" ]
}

in_a()
{
	host a spindle "$@"
}

add_tunnel=(spindle tunnel add u dev spin0 local "${outer[a]}" remote 192.0.2.3
	local-ts "10.1.0.0/16,10.3.0.0/16" remote-ts "10.4.0.0/16,10.5.0.0/16")

del_device() { ip -n a link del spin1; }
del_tunnel() { in_a tunnel del u; }

reset_tunnel()
{
	in_a tunnel set t local "${outer[a]}" remote "${outer[b]}" local-ts "${network[a]}"
}

new_device() { each_fault del_device ip link add spin1 type spindle; }

# With a tunnel, of which userspace is told.
add_device()
{
	ip -n a link add spin1 type spindle
	host a "${add_tunnel[@]/#spin0/spin1}"
}

old_device()
{
	add_device
	each_fault add_device ip link del spin1
}

new_namespace() { each_fault : unshare --net true; }

# One function a request of the netlink specification.
do_tunnel_new() { each_fault del_tunnel "${add_tunnel[@]}"; del_tunnel; }

do_tunnel_set()
{
	each_fault reset_tunnel spindle tunnel set t local 192.0.2.9 remote 192.0.2.8 \
		local-ts 10.1.0.0/16,10.3.0.0/16
	reset_tunnel
}

do_tunnel_get() { each_fault : spindle tunnel show t; }

do_tunnel_del()
{
	host a "${add_tunnel[@]}"
	each_fault "host a ${add_tunnel[*]}" spindle tunnel del u
}

do_spi_alloc() { each_fault "in_a sa del t in spi 0x5000" spindle sa reserve t spi 0x5000; }

# One SA, then a pair, which is installed together or not at all.
do_sa_new()
{
	local enc auth sa

	enc=$(enc_key 1) auth=$(auth_key 1)
	in_a sa flush t
	each_fault "in_a sa flush t" spindle sa add t in spi 0x5001 alg "$alg" \
		key "$enc" auth-key "$auth" life-seconds 100 200
	in_a sa flush t
	sa="spi: 0x5001, alg: $alg, key: '${enc#0x}', auth-key: '${auth#0x}'"
	each_fault "in_a sa flush t" "$here/netlink_ask" \
		"sa-new {tunnel: {name: t}, sa: [{dir: in, $sa}, {dir: out, $sa}]}"
	in_a sa flush t
}

two_generations()
{
	in_a sa flush t
	generation a 1
	generation a 2 parked
}

do_sa_activate() { two_generations; each_fault two_generations spindle sa activate t gen 2; }
do_sa_del() { two_generations; each_fault two_generations spindle sa del t gen 1; }
do_sa_flush() { two_generations; each_fault two_generations spindle sa flush t; }

# What is allocated for a dump the kernel allocates before it asks the module.
dump()
{
	under __netlink_dump_start
	each_fault : spindle "$@"
}

dump_dev_get() { dump device show; }
dump_tunnel_get() { dump tunnel show; }
dump_sa_get() { dump sa show; }

# Every request that the specification has, by the names of those functions.
requests()
{
	python3 -c 'if True:
		import sys, yaml
		for operation in yaml.safe_load(sys.stdin)["operations"]["list"]:
			for way in "do", "dump":
				if way in operation:
					print(way, operation["name"].replace("-", "_"), sep="_")
	' < "$top/Documentation/netlink/specs/spindle.yaml"
}

request()
{
	by_module 32
	declare -F "$1" || { echo "no test makes this request fail"; return 1; }
	watched "$1"
}

still_works()
{
	in_a sa flush t
	generation a 1
	host b spindle sa flush t
	generation b 1
	pings a b
	pings b a
}

# --- packets ----------------------------------------------------------------

# drops NAME...: of all reasons together.
drops()
{
	local name

	for name; do
		counters "$name"
	done | awk '{ n += $NF } END { print n + 0 }'
}

# The first allocation for a packet fails, then the second: it arrives or is counted.
each_packet()
{
	local n=0 lost=0

	fresh_hosts
	spindle_hosts
	by_module 8
	while :; do
		n=$((n + 1))
		echo 1 > $failslab/times
		faulty $n ping -n -q -c 1 -W 1 "${inner[b]}" > /dev/null || lost=$((lost + 1))
		same "drops with $n allocations" "$(drops a b)" $lost
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

	fresh_hosts
	spindle_hosts
	pings a b
	# Near enough that what the stack does with a packet of ours is not meant.
	by_module 8
	fail_percent 10
	answers=$(host a ping -n -q -c 300 -i 0.01 -W 1 "${inner[b]}") || true
	fail_percent 0
	echo "$answers"
	same "reasons" "$({ counters a; counters b; } | awk '{ print $(NF - 1) }' | sort -u)" no-memory
	same "drops" "$(drops a b)" "$(awk '/transmitted/ { print $1 - $4 }' <<< "$answers")"
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

# Also in namespaces that there are, and with the self-test.
module_load()
{
	fresh_hosts
	rmmod spindle
	under do_one_initcall
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
for request in $requests; do
	tests+=("${request//_/ }" "request $request")
done
run_tests "${tests[@]}" \
	"a new namespace" new_namespace \
	"a new device" "watched new_device" \
	"a device goes" "watched old_device" \
	"and after all that traffic flows" still_works \
	"a packet: it arrives, or it is counted" each_packet \
	"pings: each that is lost has been counted" lost_pings \
	"TCP repairs what was lost" transfers \
	"the module that is loaded" module_load
