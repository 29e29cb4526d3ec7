#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each allocation that the module makes, or has made for it, fails once: the
# command says so and has changed nothing, the packet is counted, life goes on.

. "$(dirname "$0")/../lib.sh"

failslab=/sys/kernel/debug/failslab

# account_module DEPTH: what fails has the module among its DEPTH nearest callers.
account_module()
{
	local start size

	start=$(< /sys/module/spindle/sections/.text)
	size=$(size -A "$module" | awk '$1 == ".text" { print $2 }')
	echo 0 > $failslab/ignore-gfp-wait
	echo 0 > $failslab/verbose
	echo "$start" > $failslab/require-start
	echo $((start + size)) > $failslab/require-end
	echo "$1" > $failslab/stacktrace-depth
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

# faulty N COMMAND...: in host a; its Nth allocation fails.
faulty()
{
	echo "$1" > /proc/self/fail-nth
	exec nsenter --net=/run/netns/a "${@:2}"
}

# each_fault UNDO COMMAND...: the first allocation fails, then the second, until
# none is left that could.  Where the command can do without, UNDO undoes it.
each_fault()
{
	local undo=$1 n=0 before output status

	shift
	while :; do
		n=$((n + 1))
		before=$(state)
		status=0
		echo 1 > $failslab/times
		output=$(faulty $n "$@" 2>&1) || status=$?
		[ "$(< $failslab/times)" -eq 0 ] || break
		echo "allocation $n: status $status: $output"
		if [ $status -eq 0 ]; then
			$undo
		else
			[ -n "$output" ]
			same "state" "$(state)" "$before"
		fi
	done
	same "status without a fault" $status 0
	[ $n -gt 1 ]
}

# What else is listening decides whether there is a notification to allocate.
prepare()
{
	fresh_hosts
	spindle_hosts
	account_module 32
}

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
reset_tunnel() { in_a tunnel set t local "${outer[a]}" remote "${outer[b]}" local-ts "${network[a]}"; }

new_device() { each_fault del_device ip link add spin1 type spindle; }
new_namespace() { each_fault : unshare --net true; }
new_tunnel() { each_fault del_tunnel "${add_tunnel[@]}"; }

set_tunnel()
{
	each_fault reset_tunnel spindle tunnel set t local 192.0.2.9 remote 192.0.2.8 \
		local-ts 10.1.0.0/16,10.3.0.0/16
}

get_tunnel() { each_fault : spindle tunnel show t; }

reserve() { each_fault "in_a sa del t in spi 0x5000" spindle sa reserve t spi 0x5000; }

# new_sa DIRECTION
new_sa()
{
	each_fault "in_a sa del t $1 spi 0x5001" spindle sa add t "$1" spi 0x5001 alg "$alg" \
		key "$(enc_key 1)" auth-key "$(auth_key 1)" gen 9 life-seconds 100 200
}

park()
{
	in_a sa flush t
	generation a 1
	generation a 2 parked
}

activate() { park; each_fault park spindle sa activate t gen 2; }
del_sa() { park; each_fault park spindle sa del t gen 1; }
flush() { park; each_fault park spindle sa flush t; }

drop_tunnel()
{
	host a "${add_tunnel[@]}"
	each_fault "host a ${add_tunnel[*]}" spindle tunnel del u
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
	account_module 8
	fail_percent 10
	answers=$(host a ping -n -q -c 300 -i 0.01 -W 1 "${inner[b]}") || true
	fail_percent 0
	echo "$answers"
	counters a > "$scratch/counters"
	counters b >> "$scratch/counters"
	same "reasons" "$(awk '{ print $(NF - 1) }' "$scratch/counters" | sort -u)" no-memory
	same "drops" "$(awk '{ n += $NF } END { print n }' "$scratch/counters")" \
		"$(awk '/transmitted/ { print $1 - $4 }' <<< "$answers")"
	pings a b
}

transfers()
{
	fresh_hosts
	spindle_hosts
	account_module 16
	fail_percent 2
	transfer a b 200001
	fail_percent 0
	counters a | grep no-memory
	transfer b a 200003
}

if ! [ -d $failslab ]; then
	ktap_print_header
	ktap_skip_all "this kernel injects no faults"
	exit "$KSFT_SKIP"
fi
run_tests \
	"hosts" prepare \
	"a new namespace" new_namespace \
	"a new device" "watched new_device" \
	"a new tunnel" "watched new_tunnel" \
	"a tunnel that changes" "watched set_tunnel" \
	"a tunnel that is shown" get_tunnel \
	"an SPI to reserve" reserve \
	"an inbound SA" "watched new_sa in" \
	"an outbound SA" "watched new_sa out" \
	"a generation that is activated" "watched activate" \
	"SAs that end one by one" "watched del_sa" \
	"SAs that end" "watched flush" \
	"a tunnel that ends" "watched drop_tunnel" \
	"and after all that traffic flows" still_works \
	"pings: each that is lost has been counted" lost_pings \
	"TCP repairs what was lost" transfers
