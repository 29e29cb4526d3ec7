#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon's interfaces, addresses and routes beside those of others.
#
#   host a: its LAN on eth1, 10.1.0.1/16; spin0 to b's network 10.2.0.0/16

. "$(dirname "$0")/lib.sh"

# What marks ours (SP_RT_PROTOCOL, SP_ROUTE_METRIC).
ours="proto 45"

# by_hand NAME [KEY=VALUE...]: the configuration of a tunnel whose keys no daemon makes.
by_hand()
{
	write_config "$@"
	sed -i 's/^keying = .*/keying = manual/' "$scratch/$1/spindle.conf"
}

# A tunnel stays with its interface: one of another name takes its place.
called()
{
	sed -i "s/^\[tunnel lan\]/[tunnel $1]/" "$scratch/a/spindle.conf"
}

# another_tunnel NAME INTERFACE LOCAL-TS REMOTE-TS
another_tunnel()
{
	cat >> "$scratch/a/spindle.conf" <<-END
		[tunnel $1]
		peer = b
		interface = $2
		local-ts = $3
		remote-ts = $4
		esp = aes128-sha256
	END
}

# begin [KEY=VALUE...]: a with its LAN and a daemon.
begin()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	ip -n a -batch - <<-END
		link add eth1 type veth peer name lan
		link set eth1 up
		link set lan up
	END
	by_hand a "$@"
	start_daemon a
}

# routes [SELECTOR...]: of a, as one line each.
routes()
{
	ip -n a route show "$@" | sed 's/ *$//'
}

# has_route DESTINATION [WORD...]
has_route()
{
	routes "$1" | grep "${*:2}" > /dev/null
}

no_route()
{
	[ -z "$(routes "$@")" ]
}

problems()
{
	ask a status -j | jq -r '.peers[].tunnels[].problems[]'
}

# told TEXT: by status.
told()
{
	problems | grep -F "$1" > /dev/null
}

nothing_told()
{
	[ -z "$(problems)" ]
}

# within reach of a: takes that interface.
takes()
{
	ip -n a route get "$1" | grep "dev $2 " > /dev/null
}

# --- tests ------------------------------------------------------------------

marked()
{
	begin
	same "route" "$(routes 10.2.0.0/16)" \
		"10.2.0.0/16 dev spin0 $ours scope link src 10.1.0.1 metric 100000"
	ip -n a address show dev spin0 | grep "inet 10.1.0.1/32 .* noprefixroute"
	nothing_told
	takes 10.2.0.1 spin0
}

# The peer's network is that of the LAN, by whatever route.
overlap()
{
	begin remote-ts=10.8.0.0/16
	ip -n a address add 10.2.0.77/16 dev eth1
	ip -n a route add 10.3.0.0/16 dev eth1 proto dhcp metric 600
	by_hand a remote-ts=10.2.0.0/16,10.3.0.0/16
	ask a reload
	takes 10.2.0.1 eth1
	takes 10.3.0.1 eth1
	told "route to 10.2.0.0/16: is somebody else's, by eth1 (proto kernel, metric 0)"
	told "route to 10.3.0.0/16: is somebody else's, by eth1 (proto dhcp, metric 600)"
	grep -q "10.2.0.0/16: is somebody else's" "$scratch/a/log"
	ask a status | grep "problem .*10.3.0.0/16"
	# When they go, ours are there.
	ip -n a route del 10.3.0.0/16 dev eth1
	takes 10.3.0.1 spin0
	within 5 refuse told 10.3.0.0/16
	by_hand a remote-ts=10.8.0.0/16
	ask a reload
	has_route 10.2.0.0/16 "dev eth1"
	no_route 10.2.0.0/16 dev spin0
	nothing_told
}

# A network that an address brings with it is not worth another's.
own_network()
{
	begin
	ip -n a address add 10.1.0.2/16 dev eth1
	by_hand a address=10.1.0.1/16
	ask a reload
	takes 10.1.9.9 eth1
	nothing_told
	ip -n a address del 10.1.0.2/16 dev eth1
	takes 10.1.9.9 spin0
}

# Somebody's way out of the tunnel.
forbidden()
{
	begin
	ip -n a route add unreachable 10.2.0.0/16 metric 1000000
	takes 10.2.0.1 spin0
	nothing_told
	ip -n a route add prohibit 10.2.0.0/16
	within 5 told "route to 10.2.0.0/16: somebody else's forbids it"
	ip -n a route del prohibit 10.2.0.0/16
	within 5 nothing_told
	ip -n a rule add to 10.2.0.0/16 table 77
	# When it has looked, there is nothing yet where the rule leads to.
	sleep 0.5
	ip -n a route add default dev eth1 table 77
	within 5 told "route to 10.2.0.0/16: a rule leads to 0.0.0.0/0 by eth1"
	ip -n a rule del to 10.2.0.0/16 table 77
	within 5 nothing_told
}

shared()
{
	begin local-ts="10.1.0.0/16[tcp]" remote-ts="10.2.0.0/16[tcp]"
	another_tunnel more spin0 "10.1.0.0/16[udp]" "10.2.0.0/16[udp]"
	ask a reload
	by_hand a local-ts="10.1.0.0/16[tcp]" remote-ts="10.2.0.0/16[tcp]"
	ask a reload
	has_route 10.2.0.0/16 "dev spin0"
	by_hand a remote-ts=10.8.0.0/16
	ask a reload
	no_route 10.2.0.0/16
}

# From one tunnel, and one interface, to another.
moves()
{
	begin
	by_hand a interface=spin1
	called other
	ask a reload
	has_route 10.2.0.0/16 "dev spin1"
	same "routes" "$(routes 10.2.0.0/16 | wc -l)" 1
	nothing_told
}

put_back()
{
	begin
	ip -n a route flush dev spin0
	within 5 has_route 10.2.0.0/16 "dev spin0"
	ip -n a address del 10.1.0.1/32 dev spin0
	within 5 has_route 10.2.0.0/16 "dev spin0 .* src 10.1.0.1"
	ip -n a link set spin0 down
	within 5 told "interface spin0 is down"
	no_route 10.2.0.0/16
	ip -n a link set spin0 up
	within 5 has_route 10.2.0.0/16 "dev spin0"
	within 5 nothing_told
}

# With its tunnel and the SAs.
deleted()
{
	begin
	write_config a start=up
	write_config b
	start_daemon b
	ask a reload
	within 60 both_have state up
	pings a b
	ip -n a link del spin0
	within 30 pings a b
	nothing_told
	ip -n b link del spin0
	within 30 pings a b
}

# What others have made stays theirs.
belongings()
{
	begin
	ip -n a -batch - <<-END
		link add spin1 type spindle
		link set spin1 up
		address add 10.1.0.9/32 dev spin1
		route add 10.9.0.0/16 dev spin1
	END
	by_hand a interface=spin1 address=10.1.0.9/32 remote-ts=10.9.0.0/16
	called other
	ask a reload
	refuse ip -n a link show spin0
	nothing_told
	by_hand a interface=spin2
	called another
	ask a reload
	ip -n a address show dev spin1 | grep 10.1.0.9
	has_route 10.9.0.0/16 "dev spin1"
	same "routes of ours" "$(routes $ours | wc -l)" 1
	# Nor does an interface go that somebody has put to use.
	host a spindle tunnel add mine dev spin2 local 192.0.2.1 remote 192.0.2.9 \
		local-ts 10.1.0.0/16 remote-ts 10.7.0.0/16
	by_hand a
	ask a reload
	ip -n a link show spin2
}

# What a daemon has left that was killed, and that is not wanted any more.
left_over()
{
	begin
	stop_daemon a KILL
	has_route 10.2.0.0/16 "dev spin0"
	by_hand a address=10.1.0.3/32 remote-ts=10.6.0.0/16
	start_daemon a
	no_route 10.2.0.0/16
	has_route 10.6.0.0/16 "dev spin0 .* src 10.1.0.3"
	same "addresses" "$(ip -n a address show to 10.1.0.0/16 dev spin0 | grep -c inet)" 1
}

# One family cannot be had: the other can.
one_family()
{
	begin address="10.1.0.1/32, fd00:1::1/128" local-ts="10.1.0.0/16, fd00:1::/32" \
		remote-ts="10.2.0.0/16, fd00:2::/32"
	has_route 10.2.0.0/16 "src 10.1.0.1"
	told "address fd00:1::1/128: "
	grep -q "address fd00:1::1/128: " "$scratch/a/log"
	host a sh -c 'for i in all spin0; do echo 0 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done'
	ask a reload
	within 5 nothing_told
	ip -n a -6 route show fd00:2::/32 | grep "src fd00:1::1"
}

# The gateway's own packets come from inside, from whichever interface has the address.
source_address()
{
	begin address=
	has_route 10.2.0.0/16 "dev spin0"
	refuse has_route 10.2.0.0/16 src
	ip -n a address add 10.1.0.5/16 dev eth1
	within 5 has_route 10.2.0.0/16 "src 10.1.0.5"
	ip -n a address del 10.1.0.5/16 dev eth1
	within 5 has_route 10.2.0.0/16 "dev spin0"
	refuse has_route 10.2.0.0/16 src
}

# What is called like it, and is something else.
other_kind()
{
	begin
	ip -n a link add spin1 type veth peer name other
	by_hand a interface=spin1
	called other
	ask a reload
	told "interface spin1: is of kind veth, not spindle"
	ip -n a link del spin1
	within 5 has_route 10.2.0.0/16 "dev spin1"
	within 5 nothing_told
	host a spindle tunnel show other > /dev/null
}

run_tests \
	"ours are marked as ours" marked \
	"the peer's network is a LAN" overlap \
	"an address in a network that another has" own_network \
	"routes and rules that lead elsewhere are told" forbidden \
	"a route of two tunnels" shared \
	"a route moves to another interface" moves \
	"flushed routes, lost addresses, a link that flaps" put_back \
	"a deleted interface comes back with all that was on it" deleted \
	"what others have made stays theirs" belongings \
	"what a killed daemon has left" left_over \
	"IPv6 is disabled: IPv4 works" one_family \
	"the source of the host's own packets" source_address \
	"an interface of another kind" other_kind
