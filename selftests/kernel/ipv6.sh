#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IPv6 outside, inside and both, with the kernel's own IPsec as the other end; what is on
# the wire then, and what senders are told.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# with_xfrm INNER OUTER
with_xfrm()
{
	dual_hosts
	families "$1" "$2"
	spindle_host a
	xfrm_host b
	generation a 1
	xfrm_states b flag af-unspec
	pings a b -s 1
	all_sizes a b
	all_sizes b a
	transfer a b 200001
	no_drops_but_multicast a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

# between_spindles INNER OUTER: and what the wire shows.
between_spindles()
{
	dual_hosts
	families "$1" "$2"
	spindle_hosts
	capture a eth0 'ip proto 50 or ip6 proto 50'
	transfer a b 300001
	stop_captures
	[ "$(captured a eth0 "src host ${outer[a]} and dst host ${outer[b]}" | wc -l)" -gt 100 ]
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# Two hosts of one combination, for the tests of an end.
setup()
{
	dual_hosts
	families "$@"
	spindle_hosts
}

# --- what does not fit ------------------------------------------------------

follows_overhead()
{
	local headers=28

	[ "$1" = 4 ] || headers=48
	setup "$1" "$2"
	same "MTU" "$(mtu_of a spin0)" "$(inner_max 1500)"
	pings a b -M "do" -s $(($(mtu_of a spin0) - headers))
	refuse pings a b -M "do" -s $(($(mtu_of a spin0) - headers + 1))
}

# A router's word about the outer packets comes to who sent the inner one.
learns_from_router()
{
	dual_hosts
	families "$1" 6
	spindle_host a
	generation a 1
	ip -n b -batch - <<-END
		link add eth1 type veth peer name eth2
		link set eth1 mtu 1400
		link set eth1 up
		link set eth2 up
		route add 2001:db8:1::/64 dev eth1
	END
	host b sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
	ip -n a route add 2001:db8:1::/64 via "${outer[b]}"
	host a spindle tunnel set t remote 2001:db8:1::1
	host a ping -n -c 1 -W 1 -M "do" -s 1350 "${inner[b]}" || true
	host a ping -n -c 1 -W 1 -M "do" -s 1350 "${inner[b]}" > "$scratch/ping" 2>&1 || true
	grep -i "mtu *[=:]* *$(inner_max 1400)" "$scratch/ping"
	within 5 has_mtu a spin0 "$(inner_max 1400)"
}

# IPv6 lets no link be below 1280: what the path cannot carry is cut outside.
minimum()
{
	dual_hosts
	families 6 "$1"
	spindle_hosts
	ip -n a route add "${outer[b]}" dev eth0 mtu 1280
	generation b 2
	generation a 2
	same "MTU" "$(mtu_of a spin0)" 1280
	ip -n a link set spin0 mtu 1500
	capture a eth0 'ip[6:2] & 0x3fff != 0 or ip6 proto 44'
	pings a b -M "do" -s $((1280 - 48))
	stop_captures
	same "fragments" "$(captured a eth0 "src host ${outer[a]}" | grep -c ^IP)" 2
	remember_counters a
	expect_drop a "tunnel t too-big" refuse pings a b -M "do" -s $((1281 - 48))
}

# What may be cut, and is IPv4 in IPv6, is cut as well, if it is not to be cut before.
cut_outside()
{
	setup 4 6
	host a spindle tunnel set t df clear
	ip -n a link set spin0 mtu 1500
	capture a eth0 'ip6 proto 44'
	pings a b -M dont -s 1460
	stop_captures
	same "fragments" "$(captured a eth0 "src host ${outer[a]}" | wc -l)" 2
	no_drops_but_multicast a
}

# --- the outer header -------------------------------------------------------

# class OPTION... -- PING-OPTION...: the traffic class of a ping under tunnel options.
class()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	host a spindle tunnel set t "${options[@]}"
	capture a eth0 "src host ${outer[a]} and ip6 proto 50"
	pings a b "$@"
	stop_captures
	captured a eth0 | sed -nE 's/^IP6 \((class (0x[0-9a-f]+), )?.*ESP.*/\2/p'
}

traffic_class()
{
	setup 6 6
	same "copied" "$(class dscp copy -- -Q 0xb8)" 0xb8
	same "fixed" "$(class dscp 10 -- -Q 0xb8)" 0x28
	same "none" "$(class dscp 0 -- -Q 0xb8)" ""
	same "ECN beside a DSCP" "$(class dscp 10 -- -Q 0x1)" 0x29
}

# --- what is wrong ----------------------------------------------------------

wrong_inside()
{
	local sa

	setup 6 6
	sa="sa in $(hex "$(spi a 1)")"
	remember_counters a
	expect_drop a "$sa inner-header" forge6 seq 1 version 4
	expect_drop a "$sa inner-header" forge6 seq 2 next-header 4
	expect_drop a "$sa inner-header" forge6 seq 3 total-length 50
	expect_drop a "$sa selector" forge6 seq 4 source fd00:3::1
	expect_drop a "$sa selector" forge6 seq 5 destination fd00:3::1
	expect_drop a "$sa selector" forge seq 6
	expect_drop a "$sa authentication" forge6 seq 7 flip -1
	expect_drop a "$sa ecn" forge6 seq 8 tos 0 outer-tos 3
	forge6 seq 9
	no_new_drops a
}

unknown_spi()
{
	setup 6 6
	remember_counters a
	expect_drop a "tunnel t unknown-spi" forge6 spi 0x4711
}

# A route that leads into the tunnel itself.
loop()
{
	setup 6 6
	ip -n a route add "${outer[b]}" dev spin0
	remember_counters a
	expect_drop a "tunnel t route-loop" refuse pings a b
}

# An address that the host has no more is not sent from.
not_ours()
{
	setup 6 6
	ip -n a address del "${outer[a]}/64" dev eth0
	generation a 2
	host a spindle tunnel set t df copy
	remember_counters a
	expect_drop a "tunnel t no-route" refuse pings a b
}

# --- both families at once --------------------------------------------------

dual()
{
	local name other

	dual_hosts
	for name in a b; do
		other=${peer[$name]}
		ip -n $name -batch - <<-END
			link add spin0 type spindle
			address add ${inner[$name]} dev spin0
			address add ${inner6[$name]} dev spin0 nodad
			link set spin0 up
			route add ${network[$other]} dev spin0 src ${inner[$name]}
			route add ${network6[$other]} dev spin0 src ${inner6[$name]}
		END
		host $name spindle tunnel add t dev spin0 local "${outer[$name]}" remote "${outer[$other]}" \
			local-ts "${network[$name]},${network6[$name]}" \
			remote-ts "${network[$other]},${network6[$other]}"
		generation $name 1
	done
	pings a b
	families 6 4
	pings a b
	transfer a b 100001
}

by_a_daemon()
{
	local name

	dual_hosts
	families 6 6
	for name in a b; do
		write_config $name
	done
	start_daemon a
	start_daemon b
	ask a up lan
	transfer a b 100001
	within 20 both_have state up
	ask a down lan
}

run_tests \
	"IPv6 in IPv4, with xfrm" "with_xfrm 6 4" \
	"IPv4 in IPv6, with xfrm" "with_xfrm 4 6" \
	"IPv6 in IPv6, with xfrm" "with_xfrm 6 6" \
	"IPv6 in IPv4, Spindle at both ends" "between_spindles 6 4" \
	"IPv4 in IPv6, Spindle at both ends" "between_spindles 4 6" \
	"IPv6 in IPv6, Spindle at both ends" "between_spindles 6 6" \
	"the MTU of IPv6 in IPv4" "follows_overhead 6 4" \
	"the MTU of IPv4 in IPv6" "follows_overhead 4 6" \
	"the MTU of IPv6 in IPv6" "follows_overhead 6 6" \
	"a router's smaller MTU is told to senders of IPv6" "learns_from_router 6" \
	"a router's smaller MTU is told to senders of IPv4" "learns_from_router 4" \
	"1280 octets go through a path of 1280 in IPv4" "minimum 4" \
	"1280 octets go through a path of 1280 in IPv6" "minimum 6" \
	"an outer IPv6 packet larger than the path is cut" cut_outside \
	"the traffic class" traffic_class \
	"wrong packets inside" wrong_inside \
	"an unknown SPI" unknown_spi \
	"a route into the tunnel itself" loop \
	"an outer address that is gone" not_ours \
	"both families in one tunnel" dual \
	"keys by a daemon" by_a_daemon
