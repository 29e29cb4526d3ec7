#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that wait for an SA: how many, how large, for how long, and in what order they go.

. "$(dirname "$0")/lib.sh"

# host a has nothing to send with, b could receive.
without_sas()
{
	fresh_hosts
	spindle_host a
	spindle_host b
	generation b 1
}

staged()
{
	tunnel_field a staged | awk '{ n += $1 } END { print n + 0 }'
}

is_staged()
{
	[ "$(staged)" -ge "$1" ]
}

# dropped REASON: by all tunnels of a.
dropped()
{
	show a tunnel "[.[].drops.\"$1\" // 0] | add"
}

# datagrams NAME ADDRESS,... COUNT OCTETS [SEGMENT]: to each, as fast as may be; with SEGMENT each is cut
# into so many octets on its way.
datagrams()
{
	host "$1" python3 -ISc '
import socket, sys
address, count, octets, *segment = sys.argv[1:]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, 32, 1 << 29)  # SO_SNDBUFFORCE
if segment:
    sock.setsockopt(socket.SOL_UDP, 103, int(segment[0]))  # UDP_SEGMENT
for address in address.split(","):
    for _ in range(int(count)):
        sock.sendto(bytes(int(octets)), (address, 5001))' "${@:2}"
}

# --- how much ---------------------------------------------------------------

# One packet of the stack's, 40 of the wire's.
cut_before()
{
	without_sas
	datagrams a "${inner[b]}" 1 40000 1000
	same "packets that wait" "$(staged)" 40
	datagrams a "${inner[b]}" 3 40000 1000
	same "packets that wait" "$(staged)" 128
	same "packets dropped" "$(dropped stage-full)" 32
	generation a 1
	same "packets that wait" "$(staged)" 0
	same "packets sent" "$(sa_field a out "$(spi b 1)" packets)" 128
}

# 512 KiB hold eight that with all that belongs to them take more than 60,000.
octets_of_tunnel()
{
	without_sas
	ip -n a link set spin0 mtu 65000
	datagrams a "${inner[b]}" 20 60000
	echo "$(staged) packets wait"
	[ "$(staged)" -ge 2 ]
	[ "$(staged)" -le 8 ]
	same "packets in all" $(($(staged) + $(dropped stage-full))) 20
}

# 32 MiB hold less than 560 of them.
octets_of_namespace()
{
	local n

	fresh_hosts
	spindle_host a
	ip -n a link set spin0 mtu 65000
	ip -n a route add 10.3.0.0/16 dev spin0 src "${inner[a]}"
	for n in {1..100}; do
		echo "tunnel add t$n dev spin0 local ${outer[a]} remote ${outer[b]}" \
			"local-ts ${network[a]} remote-ts 10.3.$n.0/24"
	done | host a spindle -batch -
	# Quicker than they age.
	datagrams a "$(echo 10.3.{1..100}.1 | tr ' ' ,)" 8 60000
	echo "$(staged) packets wait"
	[ "$(staged)" -ge 200 ]
	[ "$(staged)" -lt 560 ]
	# What one lets go of is there for others.
	host a spindle tunnel del t1
	datagrams a 10.3.100.1 1 60000
	same "packets that wait in the last" "$(show a tunnel '.[] | select(.name == "t100").staged')" 1
}

# --- how long ---------------------------------------------------------------

# A namespace that outlives the hosts of the other tests.
lasting=/run/lasting-namespace

old_begins()
{
	touch $lasting
	unshare --net=$lasting bash -ec '
		ip link set lo up
		ip link add spin0 type spindle
		ip address add 10.1.0.1/24 dev spin0
		ip link set spin0 up
		ip route add 10.2.0.0/16 dev spin0
		spindle tunnel add t dev spin0 local 192.0.2.1 remote 192.0.2.2 \
			local-ts 10.1.0.0/16 remote-ts 10.2.0.0/16
		ping -q -c 1 -W 1 10.2.0.1 > /dev/null || true'
	began=$(date +%s)
	echo "$began" > $lasting.began
	same "packets that wait" "$(lasting_field staged)" 1
}

lasting_field()
{
	nsenter --net=$lasting spindle tunnel show -j | jq ".[].$1 // 0"
}

old_is_dropped()
{
	[ "$(lasting_field 'drops."stage-old"')" = 1 ]
}

# All that the other tests took counts.
old_ends()
{
	local began

	began=$(< $lasting.began)
	within 40 old_is_dropped
	echo "after $(($(date +%s) - began)) seconds"
	[ $(($(date +%s) - began)) -ge 28 ]
	same "packets that wait" "$(lasting_field staged)" 0
	umount $lasting
	rm -f $lasting $lasting.began
}

# A packet that waits keeps no connection from being forgotten.
connections()
{
	without_sas
	host a nft add table t
	host a nft 'add chain t out { type filter hook output priority 0; }'
	host a nft add rule t out ct state new counter
	host a sh -c 'echo 1 > /proc/sys/net/netfilter/nf_conntrack_icmp_timeout'
	host a ping -q -c 1 -W 1 "${inner[b]}" > /dev/null || true
	same "packets that wait" "$(staged)" 1
	sleep 1.1
	# Who reads the list clears away what has ended.
	host a cat /proc/net/nf_conntrack
	same "connections" "$(host a cat /proc/sys/net/netfilter/nf_conntrack_count)" 0
}

# --- in what order ----------------------------------------------------------

# Those that waited go first, and what comes meanwhile behind them.
in_order()
{
	local n

	for n in {1..5}; do
		without_sas
		receive b
		send a b 2000
		within 5 is_staged 100
		generation a 1
		sleep 0.2
		stop_sending
		same_order
	done
}

# What was too much has gone, of the oldest; the rest is in order.
same_order()
{
	local result

	read -r -t 60 -u "$flow" result
	echo "$result, $(dropped stage-full) did not wait"
	same "doubled and so on" "${result#lost=* }" "doubled=0 wrong=0 disordered=0"
	same "lost" "${result%% *}" "lost=$(dropped stage-full)"
}

run_tests \
	"a packet begins to wait" old_begins \
	"packets are cut before they wait" cut_before \
	"a tunnel's packets wait up to so many octets" octets_of_tunnel \
	"a namespace's packets wait up to so many octets" octets_of_namespace \
	"connections end while their packets wait" connections \
	"those that waited are not overtaken" in_order \
	"a packet that has waited for 30 seconds is dropped" old_ends
