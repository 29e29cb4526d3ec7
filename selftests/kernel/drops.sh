#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every reason to drop a packet that can be brought about from outside: the packet
# raises the counter of that reason by one, and no other counter anywhere.

. "$(dirname "$0")/lib.sh"

in_spi=$(spi a 1)
out_spi=$(spi b 1)
in_sa="sa in $(hex "$in_spi")"
out_sa="sa out $(hex "$out_spi")"

# Host a has Spindle; host b, which has no IPsec at all, sends what it likes.
setup()
{
	spindle_host a
	generation a 1
	remember_counters a
}

# drops COUNTER-OF-THE-INBOUND-SA [OPTION...]
drops()
{
	expect_drop a "$in_sa $1" forge "${@:2}"
}

packets_in()
{
	sa_field a in "$in_spi" packets
}

# arrives [OPTION...]: a packet that is good, and is counted as such.
arrives()
{
	local packets

	packets=$(packets_in)
	forge "$@"
	same "packets of the inbound SA" "$(packets_in)" $((packets + 1))
	no_new_drops a
}

# RFC 4303 2.6: it counts against replay, and is told to nobody.
dummy_packet()
{
	local seq

	seq=$(next_seq)
	forge next-header 59
	same "highest sequence number" "$(sa_field a in "$in_spi" sequence)" "$seq"
	no_new_drops a
}

replayed()
{
	forge
	drops replay
}

unknown_spi()
{
	expect_drop a "tunnel t unknown-spi" forge spi 0x4711
}

# The other host, but not the other end of a tunnel.
unknown_spi_from_stranger()
{
	ip -n b address add 192.0.2.77/24 dev eth0
	host a spindle tunnel set t remote 192.0.2.77
	forge spi 0x4711
	host a spindle tunnel set t remote "${outer[b]}"
	no_new_drops a
}

# A tunnel within the other's selectors: what is led to it has to come out of it, so the
# peer with the wider ones does not speak for it.  Whatever else is the wider one's, is.
of_another_tunnel()
{
	host a spindle tunnel add narrow dev spin0 local "${outer[a]}" remote 192.0.2.77 \
		local-ts "${network[a]}" remote-ts 10.2.5.0/24
	drops selector source 10.2.5.5
	arrives source 10.2.6.5 seq $(($(next_seq) + 1))
	host a spindle tunnel set narrow remote-ts 10.2.5.0/24[udp]
	remember_counters a
	arrives source 10.2.5.5 seq $(($(next_seq) + 2))
	host a spindle tunnel del narrow
	arrives source 10.2.5.5 seq $(($(next_seq) + 3))
}

in_udp()
{
	encap_socket a
	drops encapsulation encap 4500
}

device_down()
{
	ip -n a link set spin0 down
	drops device-down
	ip -n a link set spin0 up
	ip -n a route add "${network[b]}" dev spin0 src "${inner[a]}"
}

# --- sending ----------------------------------------------------------------

# ping_out ADDRESS [OPTION...]: nobody answers; what ping says is in $scratch/ping.
ping_out()
{
	host a ping -n -c 1 -W 1 "${@:2}" "$1" > "$scratch/ping" 2>&1 || true
}

not_ip()
{
	expect_drop a "device spin0 not-ip" host a python3 -ISc '
import socket
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
sock.sendto(bytes(40), ("spin0", 0x88b5))'
}

# Of such a length not even the header is there.
short_header()
{
	expect_drop a "device spin0 not-ip" host a python3 -ISc '
import socket, sys
header = bytearray(40)
header[0], header[3], header[8], header[9] = 0x44, 40, 64, 17
header[12:16], header[16:20] = socket.inet_aton(sys.argv[1]), socket.inet_aton(sys.argv[2])
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
sock.sendto(header, ("spin0", 0x0800))' "${inner[a]}" "${inner[b]}"
}

# Who sends a packet as it is need not say which IP it is.
raw_packet()
{
	local packets

	packets=$(sa_field a out "$out_spi" packets)
	host a python3 -ISc '
import socket, struct
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0,
                     socket.inet_aton("10.1.0.1"), socket.inet_aton("10.2.0.1"))
sock.sendto(packet + bytes(8), ("spin0", 0))'
	same "packets sent" "$(sa_field a out "$out_spi" packets)" $((packets + 1))
	no_new_drops a
}

# The sender is told.
no_tunnel()
{
	ip -n a route add 10.3.0.0/16 dev spin0 src "${inner[a]}"
	expect_drop a "device spin0 no-tunnel" ping_out 10.3.0.1
	grep 'Destination Host Unreachable' "$scratch/ping"
}

wrong_source()
{
	ip -n a address add 10.9.0.1/32 dev lo
	expect_drop a "device spin0 no-tunnel" ping_out "${inner[b]}" -I 10.9.0.1
}

# The device's own MTU is not what finds it.
too_big()
{
	local mtu

	mtu=$(ip -n a -j link show spin0 | jq '.[].mtu')
	ip -n a link set spin0 mtu 1500
	expect_drop a "tunnel t too-big" ping_out "${inner[b]}" -M "do" -s 1450
	ip -n a route flush cache
	ip -n a link set spin0 mtu "$mtu"
	grep "Frag needed and DF set (mtu = $mtu)" "$scratch/ping"
}

# with_remote ADDRESS COMMAND...: while that is the tunnel's other end.
with_remote()
{
	host a spindle tunnel set t remote "$1"
	"${@:2}"
	host a spindle tunnel set t remote "${outer[b]}"
}

no_route()
{
	with_remote 198.51.100.1 expect_drop a "tunnel t no-route" ping_out "${inner[b]}"
	grep 'Destination Host Unreachable' "$scratch/ping"
}

route_loop()
{
	with_remote 10.2.3.4 expect_drop a "tunnel t route-loop" ping_out "${inner[b]}"
}

sequence_exhausted()
{
	host a spindle sa del t out spi "$out_spi"
	sa a out "$out_spi" sequence $((0xfffffffe))
	remember_counters a
	ping_out "${inner[b]}"
	no_new_drops a
	expect_drop a "$out_sa sequence-exhausted" ping_out "${inner[b]}"
	same "state" "$(sa_field a out "$out_spi" state)" expired
}

# As many wait as may, and then the oldest goes for the newest.
stage_full()
{
	host a spindle sa del t out spi "$out_spi"
	remember_counters a
	host a udp_flow send "${inner[b]}" 1000 64 190
	no_new_drops a
	same "packets waiting" "$(tunnel_field a staged)" 128
	expect_drop a "tunnel t stage-full" ping_out "${inner[b]}"
	same "packets waiting" "$(tunnel_field a staged)" 128
}

# A refresh of keys must not wipe out what an administrator looks for.
outlives_sa()
{
	local count

	count=$(sa_field a in "$in_spi" drops | jq .authentication)
	[ "$count" -gt 0 ]
	host a spindle sa del t in spi "$in_spi"
	same "on the tunnel" "$(show a tunnel '.[].drops.authentication')" "$count"
	sa a in "$in_spi"
	remember_counters a
}

# --- lives ------------------------------------------------------------------

expired_in()
{
	host a spindle sa del t in spi "$in_spi"
	sa a in "$in_spi" life-packets 0 1
	remember_counters a
	forge
	drops expired seq $(($(next_seq) + 1))
	same "state" "$(sa_field a in "$in_spi" state)" expired
	drops expired seq $(($(next_seq) + 2))
}

expired_out()
{
	host a spindle sa flush t
	sa a out "$out_spi" life-packets 0 1
	remember_counters a
	ping_out "${inner[b]}"
	expect_drop a "$out_sa expired" ping_out "${inner[b]}"
}

# --- the ways to see it -----------------------------------------------------

tracepoint()
{
	local tracing=/sys/kernel/tracing seq

	seq=$(next_seq)
	echo > $tracing/trace
	echo 1 > $tracing/events/spindle/spindle_drop/enable
	forge flip -1
	echo 0 > $tracing/events/spindle/spindle_drop/enable
	grep "spindle_drop: reason=authentication .*spi=$(printf '0x%08x' "$in_spi") seq=$seq packets=1 src=::ffff:${outer[b]}\$" $tracing/trace
}

# Something is dropped until bpftrace has seen it.
drop_until_counted()
{
	forge flip -1
	grep -q '@\[authentication, spin0\]: [1-9]' "$scratch/bpftrace"
}

# What the administrator's guide shows, and that it prints what it has every second.
in_bpftrace()
{
	local program tracer

	program=$(sed -n "s/^bpftrace -e '\(.*\)'$/\1/p" "$top/Documentation/admin-guide.md")
	bpftrace -e "$program interval:s:1 { print(@); }" > "$scratch/bpftrace" &
	tracer=$!
	within 60 drop_until_counted
	kill -INT $tracer
	wait $tracer
	remember_counters a
}

# traced FILTER: a line of what `spindle trace` has said so far.
traced()
{
	jq -e -s "any($1)" "$scratch/traced" > /dev/null
}

# Something is dropped until it is heard of.
drop_until_traced()
{
	forge spi 0x4712
	traced '.[]; .reason == "unknown-spi" and .spi == 18194' 2> /dev/null
}

trace_command()
{
	local seq tracer

	seq=$(next_seq)
	background a spindle trace -j > "$scratch/traced"
	tracer=$!
	within 20 drop_until_traced
	forge flip -1
	within 5 traced ".[]; .reason == \"authentication\" and .dev == \"spin0\" and
		.spi == $((in_spi)) and .sequence == $seq and .source == \"${outer[b]}\""
	# It hears of no other namespace.
	host b ip link add spin0 type spindle
	host b ip link set spin0 up
	host b ip address add 10.77.0.1/24 dev spin0
	host b ping -n -c 1 -W 1 10.77.0.2 > /dev/null || true
	same "what another namespace drops" "$(jq -s '[.[] | select(.reason == "no-tunnel")] | length' \
		"$scratch/traced")" 0
	kill "$tracer"
	wait "$tracer"
	refuse ls -d /sys/kernel/tracing/instances/spindle-* 2> /dev/null
	remember_counters a
}

# last_of DIRECTION: the last drop of the SA.
last_of()
{
	show a sa ".[] | select(.dir == \"$1\").\"last-drop\" | \"\(.reason) \(.sequence) \(.source)\""
}

last_drop()
{
	local seq

	seq=$(next_seq)
	forge flip -1
	same "last drop" "$(last_of in)" "authentication $seq ${outer[b]}"
	# It is the outer source that is told, though there is an inner one by now.
	forge seq $((seq + 1)) source 10.3.0.1
	same "last drop" "$(last_of in)" "selector $((seq + 1)) ${outer[b]}"
	same "text" "$(host a spindle sa show | grep -o "selector at sequence.* from ${outer[b]},")" \
		"selector at sequence $((seq + 1)) from ${outer[b]},"
	# What was to be sent comes from nowhere.
	same "last drop" "$(last_of out | cut -d " " -f 3)" null
	remember_counters a
}

statistics()
{
	local before after

	before=$(ip -n a -s -j link show spin0 | jq '.[].stats64 | .rx.dropped, .tx.dropped')
	forge flip -1
	ping_out 10.3.0.1
	after=$(ip -n a -s -j link show spin0 | jq '.[].stats64 | .rx.dropped - 1, .tx.dropped - 1')
	same "dropped packets of the device" "$after" "$before"
}

# Ten datagrams that the socket has left to the device to cut: all ways to see them say ten.
super_packet()
{
	local tracing=/sys/kernel/tracing

	echo > $tracing/trace
	echo 1 > $tracing/events/spindle/spindle_drop/enable
	host a python3 -ISc '
import socket
UDP_SEGMENT = 103
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 100)
sock.sendto(bytes(1000), ("10.3.0.1", 9))'
	echo 0 > $tracing/events/spindle/spindle_drop/enable
	grep "spindle_drop: reason=no-tunnel .* packets=10 " $tracing/trace
}

super_packet_counts()
{
	local before dropped

	before=$(show a device '.[].drops."no-tunnel"')
	dropped=$(ip -n a -s -j link show spin0 | jq '.[].stats64.tx.dropped')
	super_packet
	same "by name" "$(show a device '.[].drops."no-tunnel"')" $((before + 10))
	same "of the interface" "$(ip -n a -s -j link show spin0 | jq '.[].stats64.tx.dropped')" \
		$((dropped + 10))
	remember_counters a
}

# A kernel without BTF has no BPF that could be tried.
with_bpf=()
[ ! -e /sys/kernel/btf/vmlinux ] || with_bpf=("bpftrace counts as the guide shows" in_bpftrace)

run_tests \
	"hosts" setup \
	"a good packet arrives" arrives \
	"TFC padding is cut off" "arrives payload 200 total-length 100" \
	"a dummy packet is swallowed" dummy_packet \
	"replayed" replayed \
	"sequence number 0" "drops replay seq 0" \
	"nothing but the ESP header" "drops truncated cut 96" \
	"no ciphertext" "drops truncated cut 64" \
	"not a multiple of the block" "drops truncated cut 1" \
	"a block missing" "drops authentication cut 16" \
	"sequence number damaged" "drops authentication flip 7" \
	"IV damaged" "drops authentication flip 8" \
	"ciphertext damaged" "drops authentication flip 30" \
	"ICV damaged" "drops authentication flip -1" \
	"wrong key" "drops authentication auth-key $(key 0 32)" \
	"unknown SPI" unknown_spi \
	"unknown SPI from a stranger is no concern of ours" unknown_spi_from_stranger \
	"in UDP, which the tunnel is not" in_udp \
	"padding of zeroes" "drops padding pad-octet 0" \
	"padding longer than the packet" "drops padding pad-length 255" \
	"next header UDP" "drops next-header next-header 17" \
	"IPv4 as next header IPv6" "drops inner-header next-header 41" \
	"inner version 6" "drops inner-header version 6" \
	"inner header too short" "drops inner-header ihl 4" \
	"inner header longer than the packet" "drops inner-header ihl 15 payload 4" \
	"inner packet longer than what carries it" "drops inner-header total-length 61" \
	"inner packet shorter than its header" "drops inner-header total-length 19" \
	"inner packet of no length" "drops inner-header total-length 0" \
	"inner header of no version" "drops inner-header version 0" \
	"inner header of no length" "drops inner-header ihl 0" \
	"inner source is not the tunnel's" "drops selector source 10.3.0.1" \
	"inner destination is not the tunnel's" "drops selector destination 10.2.0.1" \
	"inner source is another tunnel's" of_another_tunnel \
	"congestion marked on a packet that cannot say so" "drops ecn outer-tos 3" \
	"of none of these the kernel's log speaks" quiet \
	"device down" device_down \
	"sending: not IPv4" not_ip \
	"sending: an IPv4 header shorter than one can be" short_header \
	"sending: IPv4 that does not say so" raw_packet \
	"sending: no tunnel to there" no_tunnel \
	"sending: no tunnel from there" wrong_source \
	"sending: too big, and the sender is told the size" too_big \
	"sending: no route to the other end" no_route \
	"sending: the other end is behind the tunnel itself" route_loop \
	"the tracepoint tells reason, SPI and sequence number" tracepoint \
	"${with_bpf[@]}" \
	"spindle trace follows it" trace_command \
	"the SA remembers its last drop" last_drop \
	"the device's statistics count along" statistics \
	"a packet that was not cut yet counts as all of them" super_packet_counts \
	"what an SA has dropped is its tunnel's when it goes" outlives_sa \
	"expired for receiving" expired_in \
	"expired for sending" expired_out \
	"sending: sequence numbers used up" sequence_exhausted \
	"sending: too many packets wait for an SA" stage_full \
	"nor of any other" quiet
