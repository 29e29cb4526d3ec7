#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ICMP errors: about packets of ours, from whoever claims to be a router on the way.

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

run_tests \
	"about ESP over IPv4" "about_outer 4 4" \
	"about ESP over IPv6" "about_outer 4 6" \
	"about AH over IPv4" "about_outer 4 4 ah" \
	"about packets of others" of_others \
	"of many tunnels between two hosts, one is concerned" one_of_many
