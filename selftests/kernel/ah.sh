#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# AH with the kernel's own IPsec as the other end: both modes, both families, each hash;
# what may change on the way and what may not.

. "$(dirname "$0")/lib.sh"

align=4

ah_tunnel()
{
	spindle_host "$1" proto ah ah-align $align
}

ah_transport()
{
	transport_host "$1" proto ah ah-align $align
}

# xfrm_ah NAME MODE: the same by the kernel's own IPsec, with policies.
xfrm_ah()
{
	local name=$1 mode=$2 other=${peer[$1]} from to flags=(flag af-unspec)

	[ $align = 8 ] || flags=(flag align4 af-unspec)
	for from in "$name" "$other"; do
		to=${peer[$from]}
		ip -n "$name" xfrm state add src "${outer[$from]}" dst "${outer[$to]}" proto ah \
			spi "$(spi "$to" 1)" reqid 1 mode "$mode" "${flags[@]}" \
			auth-trunc "hmac($alg)" "$(auth_key "$(spi "$to" 1)")" "$(icv_bits)"
	done
	if [ "$mode" = transport ]; then
		inner=([a]=${outer[a]} [b]=${outer[b]}) network=([a]=${outer[a]} [b]=${outer[b]})
	else
		ip -n "$name" address add "${inner[$name]}" dev lo nodad
		ip -n "$name" route add "${network[$other]}" dev eth0 src "${inner[$name]}"
	fi
	xfrm_policies "$name" "$mode"
}

xfrm_policies()
{
	local name=$1 mode=$2 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		xfrm policy add src ${network[$name]} dst ${network[$other]} dir out priority 2 \
			tmpl src ${outer[$name]} dst ${outer[$other]} proto ah reqid 1 mode $mode
		xfrm policy add src ${network[$other]} dst ${network[$name]} dir in priority 2 \
			tmpl src ${outer[$other]} dst ${outer[$name]} proto ah reqid 1 mode $mode
	END
	neighbours_in_the_clear "$name"
}

# with_xfrm MODE INNER OUTER [ALGORITHM [ALIGN]]
with_xfrm()
{
	alg=${4:-sha256} align=${5:-4}
	[ "$alg" != md5 ] || weak=allow-weak
	dual_hosts
	families "$2" "$3"
	"ah_$1" a
	generation a 1
	xfrm_ah b "$1"
	pings a b -s 1
	all_sizes a b
	all_sizes b a
	transfer a b 100001
	no_drops_but_multicast a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

both()
{
	local name

	alg=sha256
	dual_hosts
	families "$1" "$2"
	for name in a b; do
		ah_tunnel $name
		generation $name 1
	done
}

# udp6 NAME PYTHON...: with a UDP socket of host NAME.
udp6()
{
	host "$1" timeout 10 python3 -ISc '
import socket, sys
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
'"$2" "${@:3}"
}

# RFC 4302 3.3.3.1.2: in front of AH are options, one of which may change on the way, between
# padding of either kind.
options6()
{
	local name other

	alg=sha256
	dual_hosts
	families 4 6
	ah_transport a
	generation a 1
	xfrm_ah b transport
	pings a b
	for name in a b; do
		other=${peer[$name]}
		udp6 "$other" 'sock.bind(("::", 7)); print(sock.recv(99).decode())' \
			> "$scratch/heard" &
		within 5 listens6 "$other"
		udp6 $name 'options = bytes([0, 1, 0, 0x3e, 4, 1, 2, 3, 4, 1, 4, 0, 0, 0, 0, 0])
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, options)
sock.sendto(b"from " + sys.argv[1].encode(), (sys.argv[2], 7))' $name "${inner[$other]}"
		wait $!
		same heard "$(< "$scratch/heard")" "from $name"
	done
	no_drops_but_multicast a
}

listens6()
{
	[ -n "$(host "$1" ss -Hlun6 'sport = 7')" ]
}

# between_spindles INNER OUTER: and what tshark makes of it.
between_spindles()
{
	both "$1" "$2"
	capture a eth0 'ip proto 51 or ip6 proto 51'
	transfer a b 300001
	stop_captures
	[ "$(captured a eth0 | wc -l)" -gt 100 ]
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# RFC 4302 3.3.3.1.1: a router counts down, and may mark; what it must not touch it must not.
on_the_way()
{
	local sa

	both 4 4
	sa="sa in $(hex "$(spi b 1)")"
	ip netns exec a nft -f - <<-END
		table netdev wire {
			chain out {
				type filter hook egress device eth0 priority 0
				ip protocol 51 ip ttl set 9 ip dscp set 10
			}
		}
	END
	pings a b
	no_drops_but_multicast b
	remember_counters b
	host a nft add rule netdev wire out ip protocol 51 ip id set 4711
	expect_drop b "$sa authentication" refuse pings a b -W 1
}

# The network doubles each packet.
replayed()
{
	local sa

	both 4 4
	sa="sa in $(hex "$(spi b 1)")"
	remember_counters b
	ip netns exec a tc qdisc add dev eth0 root netem duplicate 100%
	expect_drop b "$sa replay" pings a b
}

unknown_spi()
{
	both 4 4
	host b spindle sa del t in spi "$(spi b 1)"
	remember_counters b
	expect_drop b "tunnel t unknown-spi" refuse pings a b -W 1
}

# Larger than the path, but it may be cut.
cut_outside()
{
	both 4 4
	host a spindle tunnel set t df clear
	ip -n a link set spin0 mtu 1500
	capture a eth0 "src host ${outer[a]} and ip[6:2] & 0x3fff != 0"
	pings a b -M dont -s 1460
	stop_captures
	same "fragments" "$(captured a eth0 | grep -c 'proto AH')" 2
}

# ESN's upper half is authenticated as if it stood at the end.
esn()
{
	local name

	alg=sha256
	dual_hosts
	for name in a b; do
		ah_tunnel $name
		sa $name in "$(spi $name 1)" esn sequence 0xfffffffd
		sa $name out "$(spi "${peer[$name]}" 1)" esn sequence 0xfffffffd
	done
	receive b
	host a udp_flow send "${inner[b]}" 200 100 110
	flow_arrived
	same "sequence" "$(sa_field b in "$(spi b 1)" sequence)" $((0x100000009))
	no_drops_but_multicast b
}

wrong_words()
{
	dual_hosts
	alg=sha256 ah_tunnel a
	refuse host a spindle tunnel set t proto esp 2> "$scratch/said"
	grep -F "a tunnel's protocol and mode stay as they are" "$scratch/said"
	refuse host a spindle tunnel set t local "${outer6[a]}" remote "${outer6[b]}" 2> "$scratch/said"
	grep -F "the outer addresses stay IPv4 or IPv6" "$scratch/said"
	alg=aes128-sha256
	refuse host a spindle sa add t out spi 0x3001 alg $alg key "$(key 1 16)" \
		auth-key "$(key 1 32)" 2> "$scratch/said"
	grep -F "the algorithm is for ESP, and the tunnel is AH" "$scratch/said"
	refuse host a spindle sa add t out spi 0x3001 alg md5 auth-key "$(key 1 16)" 2> "$scratch/said"
	grep -F allow-weak "$scratch/said"
	host a spindle tunnel del t
	host a spindle tunnel add t dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts "${network[a]}" remote-ts "${network[b]}"
	refuse host a spindle sa add t out spi 0x3001 alg sha256 auth-key "$(key 1 32)" \
		2> "$scratch/said"
	grep -F "the algorithm is for AH, and the tunnel is ESP" "$scratch/said"
}

by_a_daemon()
{
	local name

	fresh_hosts
	for name in a b; do
		write_config $name esp= ah=sha256
		start_daemon $name
	done
	ask a up lan
	transfer a b 100001
	same "protocol" "$(tunnel_field a proto)" ah
	no_drops a
	no_drops b
}

tests=()
for alg in sha1 sha256 sha384 sha512 md5; do
	tests+=("IPv4 tunnel with xfrm, $alg" "with_xfrm tunnel 4 4 $alg")
done
run_tests "${tests[@]}" \
	"IPv4 tunnel with xfrm, of 8 octets" "with_xfrm tunnel 4 4 sha256 8" \
	"IPv6 in IPv4 with xfrm" "with_xfrm tunnel 6 4" \
	"IPv4 in IPv6 with xfrm" "with_xfrm tunnel 4 6" \
	"IPv6 in IPv6 with xfrm" "with_xfrm tunnel 6 6 sha512" \
	"IPv4 transport with xfrm" "with_xfrm transport 4 4" \
	"IPv6 transport with xfrm" "with_xfrm transport 4 6" \
	"IPv6 options with xfrm" options6 \
	"IPv4, Spindle at both ends" "between_spindles 4 4" \
	"IPv6, Spindle at both ends" "between_spindles 6 6" \
	"what may change on the way, and what may not" on_the_way \
	"a packet that comes twice" replayed \
	"an unknown SPI" unknown_spi \
	"an outer packet larger than the path is cut" cut_outside \
	"extended sequence numbers" esn \
	"words for the other protocol" wrong_words \
	"keys by a daemon" by_a_daemon
