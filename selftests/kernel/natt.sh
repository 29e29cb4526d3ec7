#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ESP in UDP (RFC 3948), with the kernel's own IPsec as the other end.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# with_xfrm INNER OUTER
with_xfrm()
{
	dual_hosts
	families "$1" "$2"
	encap_socket a
	encap_socket b
	spindle_host a encap udp 4500 4500
	xfrm_host b
	generation a 1
	xfrm_natt b
	capture a eth0 'not arp and not icmp6 and not udp port 4500'
	pings a b -s 1
	all_sizes a b
	all_sizes b a
	transfer a b 200001
	stop_captures
	same "packets that are not ESP in UDP" "$(captured a eth0 "not multicast and not ip6 multicast")" ""
	no_drops_but_multicast a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

both()
{
	local name

	fresh_hosts
	for name in a b; do
		encap_socket $name
		spindle_host $name encap udp 4500 4500
		generation $name 1
	done
}

# RFC 3948 2.1: 8 octets of UDP before ESP.
mtu()
{
	both
	same "MTU" "$(mtu_of a spin0)" \
		$(((1500 - 20 - 8 - 8 - 16 - 16) / 16 * 16 - 2))
}

# What comes must come as it is said to.
not_encapsulated()
{
	fresh_hosts
	encap_socket a
	spindle_host a encap udp 4500 4500
	generation a 1
	remember_counters a
	expect_drop a "sa in $(hex "$(spi a 1)") encapsulation" forge seq 1
	expect_drop a "sa in $(hex "$(spi a 1)") authentication" forge seq 2 encap 4500 flip -1
	forge seq 3 encap 4500
	no_new_drops a
	same "packets" "$(sa_field a in "$(spi a 1)" packets)" 1
}

# From one packet to the next.
turned_on_and_off()
{
	both
	pings a b
	host a spindle tunnel set t encap none
	host b spindle tunnel set t encap none
	same "encapsulation" "$(tunnel_field a encap)" none
	capture a eth0 'proto 50'
	pings a b
	stop_captures
	same "ESP packets" "$(captured a eth0 | grep -c ^IP)" 2
	host a spindle tunnel set t encap udp 4500 4500
	host b spindle tunnel set t encap udp 4500 4500
	same "encapsulation" "$(tunnel_field a encap)" "udp 4500 4500"
	pings a b
}

# The daemon has the socket.
by_a_daemon()
{
	local name

	fresh_hosts
	for name in a b; do
		write_config $name encap="udp 4500 4500"
		start_daemon $name
	done
	ask a up lan
	capture a eth0 "not arp and not udp port 4500 and not tcp port 4510"
	transfer a b 100001
	stop_captures
	same "packets that are neither ESP in UDP nor keying" "$(captured a eth0)" ""
	no_drops a
	no_drops b
}

run_tests \
	"IPv4 in IPv4 with xfrm" "with_xfrm 4 4" \
	"IPv6 in IPv4 with xfrm" "with_xfrm 6 4" \
	"IPv4 in IPv6 with xfrm" "with_xfrm 4 6" \
	"IPv6 in IPv6 with xfrm" "with_xfrm 6 6" \
	"the MTU" mtu \
	"ESP that is not encapsulated" not_encapsulated \
	"encapsulation is turned on and off" turned_on_and_off \
	"keys and a socket by a daemon" by_a_daemon
