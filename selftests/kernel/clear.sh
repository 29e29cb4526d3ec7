#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that come in the clear though a tunnel protects them (RFC 4301 5.2), and those that
# have a reason to.
#
#   b, which has no IPsec, sends in the clear what it likes to a, which has a tunnel to it.

. "$(dirname "$0")/lib.sh"

clear_hosts()
{
	fresh_hosts
	spindle_host a
	ip -n b -batch - <<-END
		address add ${inner[b]} dev lo
		route add ${network[a]} via ${outer[a]}
	END
	remember_counters a
}

# ping_in SOURCE DESTINATION [NAME]: nobody may answer.
ping_in()
{
	host "${3:-b}" ping -n -q -c 1 -W 0.2 -I "$1" "$2" > /dev/null || true
}

# echoes NAME: requests that have arrived there.
echoes()
{
	host "$1" awk '$1 == "IcmpMsg:" && ++n == 1 { for (i = 2; i <= NF; i++) at[$i] = i; next }
		$1 == "IcmpMsg:" { print at["InType8"] ? $at["InType8"] : 0 }' /proc/net/snmp
}

# accepted COMMAND...: which is a ping to a.
accepted()
{
	local before

	before=$(echoes a)
	"$@"
	[ "${before:-0}" -lt "$(echoes a)" ] || { echo "did not arrive: $*"; return 1; }
	no_new_drops a
}

refused()
{
	expect_drop a "tunnel t clear" "$@"
}

# With keys or without, up or down.
by_selectors()
{
	clear_hosts
	refused ping_in "${inner[b]}" "${inner[a]}"
	accepted ping_in "${outer[b]}" "${outer[a]}"
	accepted ping_in "${outer[b]}" "${inner[a]}"
	generation a 1
	refused ping_in "${inner[b]}" "${inner[a]}"
	ip -n a link set spin0 down
	ip -n a address add "${inner[a]}" dev lo
	refused ping_in "${inner[b]}" "${inner[a]}"
	host a spindle tunnel set t remote-ts "${network[b]}[udp]"
	accepted ping_in "${inner[b]}" "${inner[a]}"
}

forwarded()
{
	clear_hosts
	ip -n a -batch - <<-END
		link add lan type veth peer name end
		link set lan up
		route add 10.1.9.0/24 dev lan
	END
	host a sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	refused ping_in "${inner[b]}" 10.1.9.9
}

# Behind a translation, it counts who gets it.
translated()
{
	clear_hosts
	host a nft -f - <<-END
		table ip nat {
			chain in {
				type nat hook prerouting priority -100;
				ip daddr ${outer[a]} icmp type echo-request dnat to ${inner[a]}
			}
		}
	END
	refused ping_in "${inner[b]}" "${outer[a]}"
}

inner_v6()
{
	dual_hosts
	families 6 4
	spindle_host a
	ip -n b -batch - <<-END
		address add ${inner[b]} dev lo nodad
		route add ${network[a]} via ${outer6[a]}
	END
	remember_counters a
	refused ping_in "${inner[b]}" "${inner[a]}"
}

# has_told DEVICE CLEAR
has_told()
{
	[ "$(events ".event == \"dev-set\" and .dev == \"$1\" and .clear == \"$2\"")" = 1 ]
}

option()
{
	clear_hosts
	same "option" "$(show a device '.[].clear')" refuse
	monitor a
	host a spindle device set spin0 clear accept
	within 5 has_told spin0 accept
	same "option" "$(show a device '.[].clear')" accept
	accepted ping_in "${inner[b]}" "${inner[a]}"
	host a spindle device set spin0 clear accept
	host a spindle device set spin0 clear refuse
	refused ping_in "${inner[b]}" "${inner[a]}"
	ip -n a link add spin1 type spindle
	ip -n a link del spin1
	refused ping_in "${inner[b]}" "${inner[a]}"
	same "error" "$(refuse host a spindle device set eth0 clear accept 2>&1)" \
		"spindle: device eth0: the device is not of kind spindle"
	same "error" "$(refuse host a spindle device set spin9 clear accept 2>&1)" \
		"spindle: device spin9: no such device"
}

has_clear()
{
	same "option" "$(show a device '.[].clear')" "$1"
}

# Of an interface of the daemon's own, and of one that somebody else has made.
by_the_daemon()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
	write_config a clear=accept
	start_daemon a
	has_clear accept
	host a spindle device set spin0 clear refuse
	[[ $(ask a reload) = *unchanged* ]]
	has_clear accept
	ip -n a link del spin0
	within 5 has_clear accept
	write_config a
	[[ $(ask a reload) = *"refreshed  lan"*"(clear)"* ]]
	has_clear refuse
	host a spindle device set spin0 clear accept
	"$1"
	has_clear "$2"
	stop_daemon a TERM
}

restart_anew()
{
	stop_daemon a TERM
	start_daemon a
}

sign_off()
{
	ip -n a link set spin0 alias "somebody else's"
	ask a reload > /dev/null
}

configured()
{
	fresh_hosts
	by_the_daemon restart_anew refuse
	fresh_hosts
	by_the_daemon sign_off accept
}

# It leads to the peer what nobody else wants, which is not to say that all is there.
everything()
{
	clear_hosts
	host a spindle tunnel set t remote-ts 0.0.0.0/0
	accepted ping_in "${inner[b]}" "${inner[a]}"
	host a spindle tunnel set t local-ts 0.0.0.0/0 remote-ts "${network[b]}"
	refused ping_in "${inner[b]}" "${inner[a]}"
}

# Not from a wire, or sealed by somebody else.
other_ways()
{
	clear_hosts
	ip -n a address add 10.2.7.7/32 dev lo
	accepted ping_in 10.2.7.7 "${inner[a]}" a
	ip -n b route del "${network[a]}"
	xfrm_policies a
	xfrm_states a
	ip -n b address del "${inner[b]}" dev lo
	xfrm_host b
	xfrm_states b
	accepted ping_in "${inner[b]}" "${inner[a]}"
}

# A link of our own with addresses of the peer's network, as long as it has the route.
neighbours()
{
	clear_hosts
	ip netns add c
	ip -n c link add eth0 type veth peer name eth1 netns a
	ip -n a address add 10.2.5.1/24 dev eth1
	ip -n a link set eth1 up
	ip -n c -batch - <<-END
		address add 10.2.5.9/24 dev eth0
		link set eth0 up
		route add ${network[a]} via 10.2.5.1
	END
	accepted ping_in 10.2.5.9 "${inner[a]}" c
	ip -n a route del 10.2.5.0/24 dev eth1
	refused ping_in 10.2.5.9 "${inner[a]}" c
}

neighbours6()
{
	dual_hosts
	families 6 4
	spindle_host a
	ip netns add c
	ip -n c link add eth0 type veth peer name eth1 netns a
	ip -n a address add fd00:2:5::1/64 dev eth1 nodad
	ip -n a link set eth1 up
	ip -n c -batch - <<-END
		address add fd00:2:5::9/64 dev eth0 nodad
		link set eth0 up
		route add ${network[a]} via fd00:2:5::1
	END
	remember_counters a
	host c ping -n -q -c 1 -W 5 -I fd00:2:5::9 "${inner[a]}" > /dev/null
	no_new_drops a
	ip -n a route del fd00:2:5::/64 dev eth1
	refused ping_in fd00:2:5::9 "${inner[a]}" c
}

# segment SPORT DPORT FLAGS: of TCP, from b to a.
segment()
{
	host b python3 -ISc '
import socket, struct, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
sock.sendto(struct.pack("!HHIIBBHHH", int(sys.argv[2]), int(sys.argv[3]), 1, 1, 0x50,
    int(sys.argv[4]), 1000, 0, 0), (sys.argv[1], 0))' "${outer[a]}" "$@"
}

# passes COMMAND...: sends something that a does not refuse.
passes()
{
	"$@"
	ping_in 192.0.2.3 "${outer[a]}"
	no_new_drops a
}

# datagram PORT
datagram()
{
	host b bash -c "head -c 20 /dev/zero > /dev/udp/${outer[a]}/$1"
}

# Two hosts that protect all that they say to each other still have to agree on keys.
transport()
{
	fresh_hosts
	transport_families 4
	transport_host a
	ip -n b address add 192.0.2.3/24 dev eth0
	remember_counters a
	refused ping_in "${outer[b]}" "${outer[a]}"
	refused datagram 53
	refused segment 1000 22 2
	passes segment 1000 4510 2
	passes segment 4510 1000 16
	refused segment 4510 1000 2
	passes datagram 500
	passes datagram 4500
	# From others there is nothing to protect, by these selectors.
	accepted ping_in 192.0.2.3 "${outer[a]}"
	generation a 1
	expect_drop a "tunnel t unknown-spi" forge spi 0x4711
}

# In UDP by whatever ports, if it is for an SA of ours.
transport_like()
{
	fresh_hosts
	spindle_host a encap udp 7000 7000 fwmark $mark
	ip -n a route add "${outer[b]}" dev spin0 table 7
	ip -n a rule add not fwmark $mark table 7
	host a spindle tunnel set t local-ts "${outer[a]}" remote-ts "${outer[b]}"
	ip -n b address add 192.0.2.3/24 dev eth0
	generation a 1
	remember_counters a
	refused datagram 7000
	passes forge encap 7000 source "${outer[b]}" destination "${outer[a]}"
}

# It refuses where it is.
elsewhere()
{
	clear_hosts
	ip netns add c
	ip -n c link add eth0 type veth peer name eth1 netns b
	ip -n b address add 192.0.9.2/24 dev eth1
	ip -n b link set eth1 up
	ip -n a link set spin0 netns c
	ip -n c -batch - <<-END
		link set lo up
		address add 192.0.9.1/24 dev eth0
		link set eth0 up
		address add ${inner[a]} dev spin0
		link set spin0 up
	END
	ip -n a address add "${inner[a]}" dev lo
	accepted ping_in "${inner[b]}" "${inner[a]}"
	ip -n b route replace "${network[a]}" via 192.0.9.1
	refused ping_in "${inner[b]}" "${inner[a]}"
	refuse host a spindle device set spin0 clear accept
	host c spindle device set spin0 clear accept
	ping_in "${inner[b]}" "${inner[a]}"
	no_new_drops a
	same "echo requests" "$(echoes c)" 1
}

run_tests \
	"what selectors protect is refused" by_selectors \
	"likewise where it is to be forwarded" forwarded \
	"likewise behind a translation of addresses" translated \
	"inner packets of IPv6" inner_v6 \
	"as the device is told" option \
	"as spindle.conf says" configured \
	"selectors of everything protect nothing" everything \
	"what comes another way" other_ways \
	"neighbours by a link of our own" neighbours \
	"likewise of IPv6" neighbours6 \
	"two hosts in transport mode" transport \
	"ESP in UDP by other ports" transport_like \
	"in the namespace where the device is" elsewhere
