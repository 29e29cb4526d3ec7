#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets of every shape that the stack hands a device, and what the outer header takes from
# the inner one.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

both()
{
	fresh_hosts
	spindle_hosts
}

# Large enough for TCP to send packets of 64 KiB.
large=1000001

# --- shapes -----------------------------------------------------------------

# features DEVICE FEATURE VALUE...: a transfer while both ends' device has these.
features()
{
	local name

	for name in a b; do
		host $name ethtool -K "$@"
	done
	transfer a b 300001
	no_drops a
	no_drops b
}

super_packets()
{
	both
	# However slow the path may have seemed so far.
	host a sh -c 'echo 10 > /proc/sys/net/ipv4/tcp_min_tso_segs'
	capture a spin0 tcp
	transfer a b $large
	stop_captures
	captured a spin0 | grep -E 'length [0-9]{5}' > /dev/null
	no_drops a
	no_drops b
}

# Whoever else holds a packet must not see it change.
watched()
{
	local name

	for name in a b; do
		# What GRO joins shows no checksum of its own.
		host $name ethtool -K spin0 gro off
		capture $name spin0 tcp
		capture $name eth0 'ip proto 50'
	done
	transfer a b 300001
	stop_captures
	# What was opened is TCP with good checksums.
	for name in a b; do
		host $name ethtool -K spin0 gro on
		refuse grep -m 1 'incorrect' <(captured $name spin0 -vv "src ${inner[${peer[$name]}]}")
	done
	no_drops a
	no_drops b
}

# On the device as it was before ESP and as it is behind it, on the wire as it is between.
captured_once()
{
	local name i

	both
	for name in a b; do
		capture $name spin0
		capture $name eth0 'not arp'
	done
	for i in 1 2 3; do
		pings a b -s $((100 + i))
		pings b a -s $((200 + i))
	done
	stop_captures
	for name in a b; do
		same "packets on the device of $name" "$(captured $name spin0 -q | pairs)" \
			"$(for i in 1 2 3; do
				once a b $((100 + i))
				once b a $((200 + i))
			done)"
		same "packets that are not ESP" "$(captured $name eth0 'not proto 50')" ""
		same "packets of ESP" "$(captured $name eth0 | grep -c 'ESP(spi=')" 12
	done
}

# once FROM TO OCTETS: a ping and its answer.
once()
{
	echo "${inner[$1]} > ${inner[$2]}: ICMP echo request length $(($3 + 8))"
	echo "${inner[$2]} > ${inner[$1]}: ICMP echo reply length $(($3 + 8))"
}

# tcpdump's two lines a packet, without what no two packets have in common.
pairs()
{
	sed -nE 's/^ +(.* > .*: ICMP echo (request|reply)), .*, (length [0-9]+)$/\1 \3/p'
}

# A host behind a, by which packets come that GRO has joined.
forwarded()
{
	inner[c]=10.1.1.2
	both
	ip netns add c
	ip link add eth1 netns a type veth peer name eth0 netns c
	ip -n a -batch - <<-END
		address add 10.1.1.1/24 dev eth1
		link set eth1 up
	END
	ip -n c -batch - <<-END
		address add 10.1.1.2/24 dev eth0
		link set eth0 up
		route add default via 10.1.1.1
	END
	host a sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	host a ethtool -K eth1 gro on
	host c ethtool -K eth0 tso off
	transfer c b 300001
	host a ethtool -K eth1 gro off
	transfer c b 300001
	no_drops a
	no_drops b
}

# Pieces that the stack has put together are not one piece in memory.
fragments_inside()
{
	pings a b -s 20000
	pings b a -s 20000
}

# esp_packets WHICH: that a sends for one of 3000 octets, which may be fragmented.
esp_packets()
{
	capture a eth0 "src ${outer[a]} and ip proto 50 and ip[6:2] & 0x3fff $1 0"
	pings a b -M dont -s 2972
	stop_captures
	captured a eth0 | grep -c 'proto ESP' || true
}

# Larger than the path: what may be fragmented is, before it is sealed, or if it shall be
# behind it.
fragments_on_the_way()
{
	both
	ip -n a link set spin0 mtu 4000
	same "whole ones" "$(esp_packets "=")" 3
	same "fragments" "$(esp_packets "!=")" 0
	host a spindle tunnel set t df clear
	same "fragments of one whole" "$(esp_packets "!=")" 3
	no_drops a
	no_drops b
}

# stats NAME rx|tx: packets and octets.
stats()
{
	ip -n "$1" -s -j link show spin0 | jq -r ".[0].stats64.$2 | \"\(.packets) \(.bytes)\""
}

# What one end has sent the other has received, whatever went along.
statistics()
{
	both
	pings a b
	transfer a b $large
	host a spindle tunnel set t tfc mtu dummy 50
	pings a b -s 200
	within 5 has_reached b "$(($(sequence_of b) + 3))"
	host a spindle tunnel set t tfc 0 dummy 0
	transfer b a 100001
	same "received by b" "$(stats b rx)" "$(stats a tx)"
	same "received by a" "$(stats a rx)" "$(stats b tx)"
	for field in packets bytes; do
		same "$field of the SA" "$(sa_field b in "$(spi b 1)" $field)" \
			"$(sa_field a out "$(spi b 1)" $field)"
	done
	no_drops a
	no_drops b
}

# A tunnel inside is no reason to send one segment at a time.
tunnels_inside()
{
	both
	for feature in tx-gre-segmentation tx-udp_tnl-segmentation tx-ipxip4-segmentation; do
		host a ethtool -k spin0 | grep -x "$feature: on"
	done
}

jumbo()
{
	local name

	fresh_hosts
	for name in a b; do
		ip -n $name link set eth0 mtu 9000
	done
	spindle_hosts
	same "MTU" "$(mtu_of a spin0)" 8926
	pings a b -M "do" -s $((8926 - 28))
	refuse pings a b -M "do" -s $((8927 - 28))
	transfer a b $large
	no_drops a
	no_drops b
}

# --- padding against traffic analysis --------------------------------------

# esp_lengths OCTETS...: of the ESP packets of pings of so many octets, each once.
esp_lengths()
{
	local octets

	capture a eth0 "src ${outer[a]} and ip proto 50"
	for octets; do
		pings a b -s "$octets"
	done
	stop_captures
	lengths_of_esp
}

lengths_of_esp()
{
	captured a eth0 | sed -nE 's/.*ESP.*, length ([0-9]+)$/\1/p' | sort -nu
}

# RFC 4303 2.7, and xfrm takes it off.
padded()
{
	fresh_hosts
	spindle_host a tfc 600
	xfrm_host b
	generation a 1
	xfrm_states b
	same "lengths" "$(esp_lengths 1 100 500 572)" $((8 + 16 + 608 + 16))
	same "a longer one" "$(esp_lengths 700)" $((8 + 16 + 736 + 16))
	host a spindle tunnel set t tfc mtu
	same "lengths" "$(esp_lengths 1 700 1400)" $((1500 - 20))
	host a spindle tunnel set t tfc 0
	same "how many lengths" "$(esp_lengths 1 700 1400 | wc -l)" 3
	transfer a b 100001
	no_drops a
}

# sequence_of NAME: the highest number that its inbound SA has taken.
sequence_of()
{
	sa_field "$1" in "$(spi "$1" 1)" sequence
}

has_reached()
{
	[ "$(sequence_of "$1")" -ge "$2" ]
}

# RFC 4303 2.6: an idle tunnel looks like a busy one, and its peer takes note of nothing.
dummies()
{
	fresh_hosts
	spindle_hosts
	capture a eth0 "src ${outer[a]} and ip proto 50"
	host a spindle tunnel set t tfc mtu dummy 50
	within 5 has_reached b 10
	pings a b
	within 5 has_reached b $(($(sequence_of b) + 10))
	stop_captures
	same "lengths" "$(lengths_of_esp)" $((1500 - 20))
	same "packets that arrived" "$(stats b rx | cut -d ' ' -f 1)" 1
	no_drops b
	# Not with the device down, nor once they are turned off; none wakes a daemon.
	ip -n a link set spin0 down
	idle_for_a_while
	ip -n a link set spin0 up
	within 5 has_reached b $(($(sequence_of b) + 3))
	host a spindle sa del t gen 1
	monitor a
	idle_for_a_while
	same "packets that ask for keys" "$(events '.event == "acquire"')" 0
	generation a 1 sequence 1000
	within 5 has_reached b 1003
	host a spindle tunnel set t dummy 0
	idle_for_a_while
	no_drops b
}

# Time enough for several dummies, of which none comes.
idle_for_a_while()
{
	local before

	sleep 0.2
	before=$(sequence_of b)
	sleep 0.5
	same "highest number" "$(sequence_of b)" "$before"
}

# syns NAME FROM [OPTION...]: of that host, as host NAME has seen them.
syns()
{
	captured "$1" spin0 "${@:3}" \
		"src ${inner[$2]} and (tcp[tcpflags] & tcp-syn != 0 or (ip6 proto 6 and ip6[53] & 2 != 0))"
}

mss_of()
{
	syns "$@" | sed -nE 's/.*\[mss ([0-9]+).*/\1/p' | sort -u
}

# clamped INNER-VERSION HEADERS: both ends of a connection learn what one end's tunnel carries,
# where no ICMP message would get through.
clamped()
{
	dual_hosts
	families "$1" 4
	spindle_hosts
	ip -n a link set spin0 mtu 1300
	# What the route says goes before what the device does.
	ip -n a route change "${network[b]}" dev spin0 src "${inner[a]}" advmss 1400
	capture a spin0
	capture b spin0
	one_way a b 50001
	stop_captures
	same "b hears of a" "$(mss_of b a)" 1400
	host a spindle tunnel set t clamp-mss on
	capture a spin0
	capture b spin0
	transfer a b 50001
	stop_captures
	same "b hears of a" "$(mss_of b a)" $((1300 - $2))
	same "a hears of b" "$(mss_of a b)" $((1300 - $2))
	refuse grep -m 1 incorrect <(syns b a -vv; syns a b -vv)
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# In UDP over IPv6 the outer checksum is left to a device that a veth is not: what comes in
# still says so when the segment size inside is changed, and TCP's checksum with it.
clamped_in_udp()
{
	local name

	dual_hosts
	families 4 6
	for name in a b; do
		encap_socket $name
	done
	spindle_hosts encap udp 4500 4500
	ip -n a link set spin0 mtu 1300
	ip -n a route change "${network[b]}" dev spin0 src "${inner[a]}" advmss 1400
	ip -n b link set spin0 mtu 1300
	host b spindle tunnel set t clamp-mss on
	capture b spin0
	one_way a b 50001
	stop_captures
	same "b hears of a" "$(mss_of b a)" $((1300 - 40))
	refuse grep -m 1 incorrect <(syns b a -vv)
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# --- the outer header -------------------------------------------------------

# outer OPTION... -- PING-OPTION...: the outer header of a ping under tunnel options.
outer_header()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	host a spindle tunnel set t "${options[@]}"
	capture a eth0 "src ${outer[a]} and ip proto 50"
	pings a b "$@"
	stop_captures
	captured a eth0 | sed -nE 's/^IP \((tos 0x[0-9a-f]+).*flags \[(.*)\], proto ESP.*/\1 \2/p'
}

dscp()
{
	both
	same "copied" "$(outer_header dscp copy -- -Q 0xb8)" "tos 0xb8 DF"
	same "fixed" "$(outer_header dscp 10 -- -Q 0xb8)" "tos 0x28 DF"
	same "none" "$(outer_header dscp 0 -- -Q 0xb8)" "tos 0x0 DF"
}

df()
{
	both
	same "copied, set" "$(outer_header df copy -- -M "do")" "tos 0x0 DF"
	same "copied, clear" "$(outer_header df copy -- -M dont)" "tos 0x0 none"
	same "set" "$(outer_header df set -- -M dont)" "tos 0x0 DF"
	same "clear" "$(outer_header df clear -- -M "do")" "tos 0x0 none"
}

# RFC 6040: what the sender says of congestion is seen outside, whatever the DSCP.
ecn_outside()
{
	both
	same "copied" "$(outer_header dscp copy -- -Q 0x2)" "tos 0x2 DF"
	same "beside a DSCP" "$(outer_header dscp 10 -- -Q 0x1)" "tos 0x29 DF"
	same "not capable" "$(outer_header dscp copy -- -Q 0)" "tos 0x0 DF"
}

# Marked outer packets take the way that the mark says, from the next packet on.
fwmark()
{
	both
	ip link add eth1 netns a type veth peer name eth1 netns b
	ip -n b link set eth1 up
	ip -n b address add 203.0.113.2/24 dev eth1
	ip -n a -batch - <<-END
		address add 203.0.113.1/24 dev eth1
		link set eth1 up
		route add ${outer[b]} via 203.0.113.2 dev eth1 src ${outer[a]} table 7
		rule add fwmark 7 table 7
	END
	pings a b
	capture a eth1 "ip proto 50"
	pings a b
	host a spindle tunnel set t fwmark 7
	pings a b
	pings a b
	host a spindle tunnel set t fwmark 0
	pings a b
	stop_captures
	same "packets on the other way" "$(captured a eth1 | grep -c "${outer[a]} > ${outer[b]}")" 2
}

run_tests \
	"TCP in super-packets" super_packets \
	"while all devices are watched" watched \
	"eth0 without segmentation offload" "features eth0 tso off gso off" \
	"eth0 without scatter-gather and checksums" "features eth0 sg off tx off rx off" \
	"eth0 with GRO" "features eth0 sg on tx on rx on tso on gso on gro on" \
	"spin0 without segmentation offload" "features spin0 tso off gso off" \
	"spin0 without scatter-gather and checksums" "features spin0 sg off tx off rx off" \
	"spin0 without GRO" "features spin0 sg on tx on rx on tso on gso on gro off" \
	"packets that the stack has put together from fragments" fragments_inside \
	"a packet larger than the path is cut" fragments_on_the_way \
	"what one end has sent the other has received" statistics \
	"tunnels inside keep their lists" tunnels_inside \
	"a capture shows each packet once, as it is there" captured_once \
	"forwarded, joined by GRO and not" forwarded \
	"an MTU of 9000" jumbo \
	"padding against traffic analysis, with xfrm" padded \
	"dummy packets" dummies \
	"TCP is told the MTU, IPv4" "clamped 4 40" \
	"TCP is told the MTU, IPv6" "clamped 6 60" \
	"TCP is told the MTU by who receives it in UDP over IPv6" clamped_in_udp \
	"DSCP" dscp \
	"don't fragment" "df" \
	"ECN of the inner header shows outside" ecn_outside \
	"a firewall mark leads the outer packets" fwmark
