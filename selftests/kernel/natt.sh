#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ESP in UDP (RFC 3948), with the kernel's own IPsec as the other end, and through a NAT.

. "$(dirname "$0")/lib.sh"

# xfrm_natt NAME: the SAs of generation 1, in UDP.
xfrm_natt()
{
	local name=$1 other=${peer[$1]} any=0.0.0.0

	[ "$(ip_version "${outer[$name]}")" = 4 ] || any=::
	xfrm_state "$name" "$other" "$name" "$(spi "$name" 1)" encap espinudp 4500 4500 $any \
		flag af-unspec
	xfrm_state "$name" "$name" "$other" "$(spi "$other" 1)" encap espinudp 4500 4500 $any \
		flag af-unspec
}

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

# A router between the two gives a another address and another port.
nat()
{
	stop_hosts
	ip -batch - <<-END
		netns add a
		netns add n
		netns add b
		link add eth0 netns a type veth peer name eth1 netns n
		link add eth0 netns b type veth peer name eth2 netns n
	END
	ip -n n -batch - <<-END
		address add 198.51.100.9/24 dev eth1
		address add 192.0.2.9/24 dev eth2
		link set eth1 up
		link set eth2 up
	END
	ip -n a -batch - <<-END
		address add 198.51.100.1/24 dev eth0
		link set eth0 up
		route add default via 198.51.100.9
	END
	ip -n b -batch - <<-END
		address add 192.0.2.2/24 dev eth0
		link set eth0 up
	END
	host n sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	host n nft -f - <<-END
		table ip nat {
			chain out {
				type nat hook postrouting priority 100
				oifname eth2 udp sport 4500 masquerade to :40001
			}
		}
	END
}

through_nat()
{
	nat
	outer[a]=198.51.100.1
	encap_socket a
	encap_socket b
	spindle_host a encap udp 4500 4500
	outer[a]=192.0.2.9
	spindle_host b encap udp 4500 40001
	generation a 1
	generation b 1
	capture b eth0 udp
	transfer a b 200001
	stop_captures
	[ "$(captured b eth0 "src port 40001 and dst port 4500" | wc -l)" -gt 50 ]
	no_drops a
	no_drops b
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
	same "encapsulation" "$(show a tunnel '.[].encap')" none
	capture a eth0 'proto 50'
	pings a b
	stop_captures
	same "ESP packets" "$(captured a eth0 | grep -c ^IP)" 2
	host a spindle tunnel set t encap udp 4500 4500
	host b spindle tunnel set t encap udp 4500 4500
	same "encapsulation" "$(show a tunnel '.[].encap')" "udp 4500 4500"
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
	"through a NAT" through_nat \
	"the MTU" mtu \
	"ESP that is not encapsulated" not_encapsulated \
	"encapsulation is turned on and off" turned_on_and_off \
	"keys and a socket by a daemon" by_a_daemon
