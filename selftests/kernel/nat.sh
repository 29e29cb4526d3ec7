#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A NAT between the two: it gives one of them another address and port, and forgets who
# is silent (RFC 3948 4).

. "$(dirname "$0")/lib.sh"
. "$here/lib/nat.sh"

# keepalives FROM TO FILTER: those that TO has captured.
keepalives()
{
	captured "$2" eth0 "src ${outer[$1]} and dst port 4500 and $keepalive ${*:3}" |
		grep -c ^IP || true
}

# A datagram of one octet (RFC 3948 2.3); pcap looks for none behind an IPv6 header.
keepalive='(udp[4:2] = 9 or ip6[44:2] = 9)'

# come N FROM TO: so many or more.
come()
{
	[ "$(keepalives "$2" "$3")" -ge "$1" ]
}

# behind_nat [OPTION...]: of a's tunnel.
behind_nat()
{
	nat
	outer[a]=198.51.100.1
	spindle_host a encap udp 4500 4500 "$@"
	outer[a]=192.0.2.9
	spindle_host b encap udp 4500 40001
	generation a 1
	generation b 1
}

through_nat()
{
	behind_nat
	capture b eth0 udp
	transfer a b 200001
	stop_captures
	[ "$(captured b eth0 "src port 40001 and dst port 4500" | wc -l)" -gt 50 ]
	no_drops a
	no_drops b
}

forgotten()
{
	behind_nat
	forgets_after 2
	pings a b
	pings b a
	within 20 has_forgotten
	refuse pings b a
	# That one took the port.
	within 20 has_forgotten
	pings a b
}

kept()
{
	behind_nat keepalive 1
	forgets_after 5
	pings a b
	capture b eth0 udp
	within 30 come 8 a b
	stop_captures
	same "keepalives that are not 0xff from the NAT's port" \
		"$(keepalives a b and not "(src port 40001 and udp[8] = 0xff)")" 0
	pings b a
	no_drops a
	no_drops b
}

# seen_by_xfrm FAMILY: the kernel at the other end takes them for nothing.
seen_by_xfrm()
{
	dual_hosts
	families "$1" "$1"
	# So that what is captured has its checksum.
	host a ethtool -K eth0 tx off > /dev/null
	encap_socket b
	spindle_host a encap udp 4500 4500 keepalive 1 dscp 46 fwmark 7
	xfrm_host b
	xfrm_natt b
	host a nft -f - <<-END
		table netdev marked {
			chain out {
				type filter hook egress device eth0 priority 0
				udp sport 4500 meta mark != 7 drop
			}
		}
	END
	generation a 1
	capture b eth0 'udp port 4500 or ip6 proto 17'
	within 20 come 3 a b
	stop_captures
	same "keepalives without DSCP 46" \
		"$(captured b eth0 "$keepalive" | grep ^IP | grep -vcE 'tos 0xb8|class 0xb8' || true)" 0
	same "keepalives with a bad checksum" \
		"$(captured b eth0 -vv "$keepalive" | grep -cE 'bad udp|no cksum.*IP6' || true)" 0
	# The socket would have ended with the first datagram that it got.
	pings a b
}

# No keepalive may follow a packet by less than a second.
too_early()
{
	tcpdump -n -q -tt -r "$scratch/a-eth0.pcap" "src ${outer[a]} and udp" 2> /dev/null | awk '
		/length 1$/ && $1 - last < 0.98 { print }
		{ last = $1 }'
}

after_silence_only()
{
	fresh_hosts
	spindle_hosts encap udp 4500 4500
	host a spindle tunnel set t keepalive 1
	capture a eth0 udp
	receive b
	send a b 50
	within 20 packets_out 200
	stop_sending
	flow_arrived
	within 20 come 2 a a
	stop_captures
	same "keepalives too early" "$(too_early)" ""
}

packets_out()
{
	[ "$(sa_field a out "$(spi b 1)" packets)" -ge "$1" ]
}

# silent WHAT COMMAND...: after which b's keepalives come and a's do not.
silent()
{
	host a "${@:2}"
	capture a eth0 udp
	within 20 come 3 b a
	stop_captures
	same "keepalives $1" "$(keepalives a a)" 0
}

loud()
{
	capture a eth0 udp
	within 20 come 1 a a
	stop_captures
}

when_there_is_a_need()
{
	fresh_hosts
	spindle_hosts encap udp 4500 4500 keepalive 1
	loud
	silent "with the interface down" ip link set spin0 down
	ip -n a link set spin0 up
	loud
	silent "without an outbound SA" spindle sa del t out spi "$(spi b 1)"
	sa a out "$(spi b 1)" gen 1
	loud
	silent "after they were turned off" spindle tunnel set t keepalive 0
	host a spindle tunnel set t keepalive 1
	loud
	silent "with encapsulation off" spindle tunnel set t encap none keepalive 0
	host a spindle tunnel set t encap udp 4500 4500 keepalive 1
	loud
	silent "after the tunnel's end" spindle tunnel del t
}

# remapped FOLLOW: the NAT forgets a, and gives it another port when it comes again.
remapped()
{
	behind_nat
	forgets_after 2
	host b spindle tunnel set t follow "$1"
	monitor b
	pings a b
	within 20 has_forgotten
	host n nft flush chain ip nat out
	host n nft add rule ip nat out oifname eth2 udp sport 4500 masquerade to :40002
}

port_of_a()
{
	tunnel_field b encap
}

followed()
{
	remapped on
	within 10 pings a b
	pings b a
	same "remote" "$(tunnel_field b remote)" "${outer[a]}"
	same "encapsulation" "$(port_of_a)" "udp 4500 40002"
	same "events" "$(events '.event == "endpoint" and .remote == "192.0.2.9" and .port == 40002')" 1
}

# packets_from_a N: so many or more have come to b.
packets_from_a()
{
	[ "$(sa_field b in "$(spi b 1)" packets)" -ge "$1" ]
}

told_only()
{
	remapped off
	refuse host a ping -n -q -c 5 -i 0.2 -W 1 "${inner[b]}"
	within 5 packets_from_a 6
	within 5 is_told
	same "encapsulation" "$(port_of_a)" "udp 4500 40001"
	same "events" "$(events '.event == "endpoint"')" 1
}

is_told()
{
	[ "$(events '.event == "endpoint" and .port == 40002')" = 1 ]
}

run_tests \
	"through a NAT" through_nat \
	"a NAT forgets who is silent" forgotten \
	"keepalives keep it from that" kept \
	"xfrm takes keepalives for nothing, over IPv4" "seen_by_xfrm 4" \
	"xfrm takes keepalives for nothing, over IPv6" "seen_by_xfrm 6" \
	"keepalives after silence only" after_silence_only \
	"keepalives while there is something to keep" when_there_is_a_need \
	"a NAT that changes the port: followed" followed \
	"a NAT that changes the port: told" told_only
