#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ICMP errors: about packets of ours, from whoever claims to be a router on the way; and
# inside, about what a tunnel has carried.

. "$(dirname "$0")/lib.sh"

# claim SPI [PROTOCOL]: b says to a that a packet of it with that SPI, to b, was longer than
# the path takes, which is 1300.
claim()
{
	host b python3 -ISc '
import socket, struct, sys
a, b, spi, protocol = sys.argv[1], sys.argv[2], int(sys.argv[3], 0), int(sys.argv[4])
numbers = struct.pack("!II", spi, 1) if protocol == 50 else struct.pack("!BBHI", 4, 5, 0, spi)
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
if ":" in a:
    ends = socket.inet_pton(socket.AF_INET6, a) + socket.inet_pton(socket.AF_INET6, b)
    quoted = struct.pack("!IHBB", 6 << 28, 1400, protocol, 64) + ends + numbers
    # The kernel sums it up.
    error = struct.pack("!BBHI", 2, 0, 0, 1300) + quoted
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
else:
    ends = socket.inet_aton(a) + socket.inet_aton(b)
    quoted = struct.pack("!BBHHHBBH", 0x45, 0, 1500, 1, 0x4000, 64, protocol, 0) + ends + numbers
    error = struct.pack("!BBHHH", 3, 4, 0, 0, 1300) + quoted
    error = error[:2] + struct.pack("!H", checksum(error)) + error[4:]
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
sock.sendto(error, (a, 0))' "${outer[a]}" "${outer[b]}" "$1" "${2:-50}"
}

# path_mtu: what a has learnt of the path to b.
path_mtu()
{
	ip -n a route get "${outer[b]}" ${1:+mark "$1"} | grep -o ' mtu [0-9]*' || true
}

# What arrived before it has been dealt with when a ping is answered.
ignored()
{
	claim "$@"
	host a ping -n -q -c 1 -W 3 "${outer[b]}" > /dev/null
	same "path MTU after an error about SPI $*" "$(path_mtu)" ""
}

believed()
{
	claim "$@"
	host a ping -n -q -c 1 -W 3 "${outer[b]}" > /dev/null
	same "path MTU after an error about SPI $*" "$(path_mtu)" " mtu 1300"
}

# about_outer INNER OUTER [PROTOCOL]: an SPI of ours makes an error credible, one of what we
# take in, of no SA, or of another protocol does not.  (Of AH over IPv6 the kernel tells
# nobody: it passes the header over, like any that extends IPv6's.)
about_outer()
{
	local number=50 other=51

	if [ "${3:-esp}" = ah ]; then
		alg=sha256 number=51 other=50
	fi
	dual_hosts
	families "$1" "$2"
	spindle_host a proto "${3:-esp}"
	generation a 1
	ignored 0x4711 $number
	ignored "$(spi a 1)" $number
	ignored "$(spi b 1)" $other
	believed "$(spi b 1)" $number
}

# Of an SA that has gone nothing is believed any more; of one to another peer neither.
of_others()
{
	fresh_hosts
	spindle_host a
	generation a 1
	host a spindle tunnel set t remote 192.0.2.77
	ignored "$(spi b 1)"
	host a spindle tunnel set t remote "${outer[b]}"
	host a spindle sa flush t
	ignored "$(spi b 1)"
	generation a 2
	believed "$(spi b 2)"
}

# Of many tunnels between the same hosts it concerns the one that sent the packet.
one_of_many()
{
	fresh_hosts
	spindle_host a fwmark 1
	generation a 1
	host a spindle tunnel add u dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts 10.1.0.0/16 remote-ts 10.3.0.0/16
	tunnel=u generation a 2
	ip -n a route add "${outer[b]}" dev eth0 table 7
	ip -n a rule add fwmark 1 table 7
	claim "$(spi b 1)"
	host a ping -n -q -c 1 -W 3 "${outer[b]}" > /dev/null
	same "path MTU of the tunnel with a mark" "$(path_mtu 1)" " mtu 1300"
	same "path MTU of the other" "$(path_mtu)" ""
}

# --- errors inside ------------------------------------------------------------

# router_behind_b VERSION: one more router, r, whose transit network no selector names.  It
# has no other address that it could speak with.
router_behind_b()
{
		dual_hosts
	families "$1" 4
	spindle_hosts
	ip netns add r
	ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 \
		net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	host b sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 2> /dev/null
	ip -n b link add eth1 type veth peer name eth0 netns r
	ip -n b link set eth1 up
	ip -n r link set lo up
	ip -n r link set eth0 up
	if [ "$1" = 4 ]; then
		router=172.16.0.2 far=10.2.5.10
		ip -n b address add 172.16.0.1/30 dev eth1
		ip -n r address add 172.16.0.2/30 dev eth0
		ip -n b route add 10.2.5.0/24 via 172.16.0.2
		ip -n r route add default via 172.16.0.1
	else
		router=fd16::2 far=fd00:2:5::10
		ip -n b address add fd16::1/64 dev eth1 nodad
		ip -n r address add fd16::2/64 dev eth0 nodad
		ip -n b route add fd00:2:5::/48 via fd16::2
		ip -n r route add default via fd16::1
	fi
	ip -n r link add narrow mtu 1300 type veth peer name end
	ip -n r link set end up
	ip -n r link set narrow up
	ip -n r route add "$far" dev narrow
	remember_counters a
	remember_counters b
}

# What r says of packets through the tunnel reaches who sent them (RFC 4301 6.2).
from_router()
{
	local router far

	router_behind_b "$1"
	host a ping -n -c 1 -W 3 -t 2 "$far" > "$scratch/ping" 2>&1 || true
	grep -i "from $router.*time.*exceeded" "$scratch/ping"
	host a ping -n -c 1 -W 3 -M "do" -s 1320 "$far" > "$scratch/ping" 2>&1 || true
	ip -n a route get "$far" | grep " mtu 1300"
	no_new_drops a
	no_new_drops b
}

# say NAME SOURCE DESTINATION QUOTED-SOURCE QUOTED-DESTINATION [TYPE]: an ICMP error, or what
# only looks like one.
say()
{
	host "$1" python3 -ISc '
import socket, struct, sys
source, destination, quoted_source, quoted_destination = map(socket.inet_aton, sys.argv[1:5])
def header(length, protocol, source, destination):
    return struct.pack("!BBHHHBBH", 0x45, 0, length, 1, 0, 64, protocol, 0) + source + destination
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
quoted = header(28, 17, quoted_source, quoted_destination) + struct.pack("!HHHH", 1000, 2000, 8, 0)
error = struct.pack("!BBHI", int(sys.argv[5]), 0, 0, 0) + quoted
error = error[:2] + struct.pack("!H", checksum(error)) + error[4:]
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
sock.sendto(header(20 + len(error), 1, source, destination) + error, (sys.argv[2], 0))' \
		"${@:2:4}" "${6:-3}"
}

# comes_out COMMAND...: a's inbound SA counts one more packet, and nothing is dropped.
comes_out()
{
	local packets

	packets=$(sa_field a in "$(spi a 1)" packets)
	"$@"
	within 3 has_packets $((packets + 1))
	no_new_drops a
}

has_packets()
{
	[ "$(sa_field a in "$(spi a 1)" packets)" = "$1" ]
}

# b would send anything.  What is not about a packet from a, through this tunnel, or does not
# go to who sent that, does not come out.
inbound()
{
	local spi

	fresh_hosts
	spindle_hosts
	host b spindle tunnel set t local-ts 0.0.0.0/0
	spi=$(hex "$(spi a 1)")
	remember_counters a
	comes_out say b 172.16.0.2 10.1.0.1 10.1.0.1 10.2.0.9
	expect_drop a "sa in $spi selector" say b 172.16.0.2 10.1.0.1 10.1.0.1 10.3.0.9
	expect_drop a "sa in $spi selector" say b 172.16.0.2 10.1.0.1 10.1.0.2 10.2.0.9
	expect_drop a "sa in $spi selector" say b 172.16.0.2 10.1.0.1 10.2.0.9 10.1.0.1
	expect_drop a "sa in $spi selector" say b 172.16.0.2 10.1.0.1 10.1.0.1 10.2.0.9 8
	expect_drop a "sa in $spi selector" say b 172.16.0.2 10.1.0.1 10.1.0.1 10.2.0.9 5
	host a spindle tunnel set t local-ts "10.1.0.0/16[udp/1000]"
	remember_counters a
	comes_out say b 172.16.0.2 10.1.0.1 10.1.0.1 10.2.0.9
	host a spindle tunnel set t local-ts "10.1.0.0/16[udp/1001]"
	expect_drop a "sa in $spi selector" say b 172.16.0.2 10.1.0.1 10.1.0.1 10.2.0.9
}

# The same on the way out, through no other tunnel than the packet's, and only with an SA.
outbound()
{
	local packets

	fresh_hosts
	spindle_hosts
	host a spindle tunnel add u dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts 10.1.0.0/16 remote-ts 10.3.0.0/16
	ip -n a route add 10.3.0.0/16 dev spin0
	ip -n a address add 172.16.0.2/32 dev lo
	remember_counters a
	say a 172.16.0.2 10.2.0.9 10.2.0.9 10.1.0.1
	same "packets out" "$(sa_field a out "$(spi b 1)" packets)" 1
	no_new_drops a
	expect_drop a "device spin0 no-tunnel" say a 172.16.0.2 10.2.0.9 10.2.0.9 10.9.0.1
	expect_drop a "device spin0 no-tunnel" say a 172.16.0.2 10.2.0.9 10.2.0.8 10.1.0.1
	expect_drop a "device spin0 no-tunnel" say a 172.16.0.2 10.2.0.9 10.2.0.9 10.1.0.1 8
	expect_drop a "device spin0 no-tunnel" say a 172.16.0.2 10.3.0.9 10.3.0.9 10.1.0.1
	no_drops b
}

run_tests \
	"about ESP over IPv4" "about_outer 4 4" \
	"about ESP over IPv6" "about_outer 4 6" \
	"about AH over IPv4" "about_outer 4 4 ah" \
	"about packets of others" of_others \
	"of many tunnels between two hosts, one is concerned" one_of_many \
	"of a router behind the peer, IPv4" "from_router 4" \
	"of a router behind the peer, IPv6" "from_router 6" \
	"what comes out of a tunnel" inbound \
	"what goes into one" outbound
