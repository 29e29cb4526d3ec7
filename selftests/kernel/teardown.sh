#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything can be taken away at any moment, under traffic.  It can be had again,
# and the kernel neither complains nor waits for what has gone.
#
# Wants several processors.
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# --- traffic ----------------------------------------------------------------

traffic=()

# busy NAME COMMAND...: until stop_traffic, with what time the test itself leaves.
busy()
{
	background "$1" nice -n 10 "${@:2}" > /dev/null 2>&1
	traffic+=($!)
}

# Both ways, of several kinds, whether or not anything gets through later.
start_traffic()
{
	busy a udp_flow send "${inner[b]}" 1000
	busy b ping -q -f "${inner[a]}"
	busy b nc -l -p 5000 < /dev/null
	busy a nc -w 30 "${inner[b]}" 5000 < /dev/zero
	within 10 packets_pass a
	within 10 packets_pass b
}

# What would run inside of a namespace would keep it.
start_traffic_from_b()
{
	busy b udp_flow send "${inner[a]}" 1000
	busy b ping -q -f "${inner[a]}"
	within 10 packets_pass a
}

packets_pass()
{
	[ "$(sa_field "$1" in "$(spi "$1" 1)" packets)" -gt 50 ]
}

stop_traffic()
{
	kill "${traffic[@]}" 2> /dev/null || true
	wait "${traffic[@]}" || true
	traffic=()
}

# --- what is taken away and had again ---------------------------------------

# Of the tunnels.
options=()

# in_udp COMMAND...: with tunnels that have a UDP port.
in_udp()
{
	options=(encap udp 4500 4500)
	"$@"
}

# under_traffic COMMAND...: over and over, and each time packets get through again.
under_traffic()
{
	fresh_hosts
	spindle_hosts "${options[@]}"
	start_traffic
	for _ in {1..3}; do
		"$@"
		within 10 pings a b
	done
	stop_traffic
	quiet
}

new_generations()
{
	generation a 1
	generation b 1
}

flush_sas()
{
	host a spindle sa flush t
	host b spindle sa flush
	same "SAs" "$(show a sa length) $(show b sa length)" "0 0"
	new_generations
}

delete_tunnels()
{
	host a spindle tunnel del t
	host b spindle tunnel del t
	same "tunnels" "$(show a tunnel length) $(show b tunnel length)" "0 0"
	spindle_tunnel a
	spindle_tunnel b
	new_generations
}

# settle NAMESPACE NAME: spin0 there is as host NAME has it.
settle()
{
	ip -n "$1" -batch - <<-END
		address replace ${inner[$2]}/32 dev spin0
		link set spin0 up
		route replace ${network[${peer[$2]}]} dev spin0 src ${inner[$2]}
	END
}

devices_down()
{
	ip -n a link set spin0 down
	ip -n b link set spin0 down
	settle a a
	settle b b
}

delete_devices()
{
	timeout 20 ip -n a link del spin0
	timeout 20 ip -n b link del spin0
	same "tunnels" "$(show a tunnel length) $(show b tunnel length)" "0 0"
	spindle_hosts
}

reload_module()
{
	timeout 20 rmmod spindle
	refuse ip -n a link show spin0
	load_module
	spindle_hosts "${options[@]}"
}

# to_c: the device of a leaves for a namespace of its own, its outer packets stay.
to_c()
{
	ip netns add c
	ip -n c link set lo up
	ip -n a link set spin0 netns c
	settle c a
	within 10 host c ping -n -q -c 1 -W 3 "${inner[b]}"
}

there_and_back()
{
	to_c
	ip -n c link set spin0 netns a
	settle a a
	ip netns del c
}

# --- namespaces -------------------------------------------------------------

# gone NAME DEVICE
gone()
{
	! ip -n "$1" link show "$2" > /dev/null 2>&1
}

# from_b PREPARE COMMAND...: several times, while b goes on sending to a.
from_b()
{
	for _ in {1..3}; do
		fresh_hosts
		spindle_hosts "${options[@]}"
		$1
		start_traffic_from_b
		"${@:2}"
		stop_traffic
	done
	quiet
}

delete_namespace()
{
	ip netns del a
	within 20 gone b eth0
}

# What is left in c is a device that leads nowhere, and says so, if not to every packet
# of a flood.
delete_birthplace()
{
	busy c ping -q -f "${inner[b]}"
	delete_namespace
	stop_traffic
	within 10 leads_nowhere
	timeout 20 ip -n c link del spin0
}

leads_nowhere()
{
	{ host c ping -n -c 1 -W 1 "${inner[b]}" || true; } |
		grep 'Destination Host Unreachable'
}

# The device goes with the namespace it has moved to, and takes its tunnels along.
delete_new_home()
{
	ip netns del c
	within 20 no_tunnels
}

no_tunnels()
{
	[ "$(show a tunnel length)" = 0 ]
}

# --- what waits -------------------------------------------------------------

packets_wait()
{
	local end

	for end in "ip netns exec a spindle tunnel del t" "ip -n a link del spin0" \
		"ip netns del a" "rmmod spindle"; do
		fresh_hosts
		spindle_host a
		host a udp_flow send "${inner[b]}" 1000 64 162
		same "packets that wait" "$(tunnel_field a staged)" 100
		timeout 20 $end
	done
	load_module
	quiet
}

# Time runs out for SAs just while they are being deleted.
timers_run()
{
	local n

	fresh_hosts
	spindle_host a
	for n in {1..20}; do
		sa a out "$(spi b "$n")" life-seconds 1 2
	done
	sleep 0.9
	for n in {1..20}; do
		host a spindle sa del t out spi "$(spi b "$n")"
	done
	quiet
}

# --- all of it, twenty times ------------------------------------------------

# The wire itself does not notice.
twenty_lives()
{
	local pings

	fresh_hosts
	rmmod spindle
	background a ping -q -i 0.1 "${outer[b]}" > "$scratch/pings"
	pings=$!
	for _ in {1..20}; do
		load_module
		spindle_hosts
		receive b
		host a udp_flow send "${inner[b]}" 1000 1000 1050
		flow_arrived
		timeout 20 rmmod spindle
	done
	kill -INT "$pings"
	wait "$pings"
	grep ' 0% packet loss' "$scratch/pings"
	load_module
	quiet
}

run_tests \
	"SAs are flushed" "under_traffic flush_sas" \
	"tunnels are deleted" "under_traffic delete_tunnels" \
	"devices go down" "under_traffic devices_down" \
	"devices are deleted" "under_traffic delete_devices" \
	"the module is unloaded" "under_traffic reload_module" \
	"the module is unloaded, with ESP in UDP" "in_udp under_traffic reload_module" \
	"a device moves to another namespace" "under_traffic there_and_back" \
	"a namespace is deleted" "from_b : delete_namespace" \
	"a namespace is deleted, with ESP in UDP" "in_udp from_b : delete_namespace" \
	"the namespace where a device was made is deleted" "from_b to_c delete_birthplace" \
	"the namespace that a device has moved to is deleted" "from_b to_c delete_new_home" \
	"packets wait for an SA and all is taken away" packets_wait \
	"SAs are deleted when they expire" timers_run \
	"the module is loaded, used and unloaded, twenty times" twenty_lives
