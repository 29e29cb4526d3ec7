#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Transport mode: two hosts that talk for themselves, with the kernel's own IPsec as the
# other end; tunnels of other kinds inside.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# version 4|6
version()
{
	dual_hosts
	transport_families "$1"
}

# xfrm_transport NAME: the same by the kernel's own IPsec.
xfrm_transport()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		xfrm policy add src ${outer[$name]} dst ${outer[$other]} dir out priority 2 \
			tmpl proto esp reqid 1 mode transport
		xfrm policy add src ${outer[$other]} dst ${outer[$name]} dir in priority 2 \
			tmpl proto esp reqid 1 mode transport
	END
	if [ "$(ip_version "${outer[$name]}")" = 6 ]; then
		neighbours_in_the_clear "$name"
	fi
	xfrm_mode=transport xfrm_states "$name"
}

# with_xfrm VERSION ALGORITHM
with_xfrm()
{
	alg=$2
	version "$1"
	transport_host a
	generation a 1
	xfrm_transport b
	capture a eth0 "host ${outer[b]} and not arp and not icmp6 and not proto 50"
	pings a b -s 1
	all_sizes a b
	all_sizes b a
	transfer a b 200001
	stop_captures
	same "packets that are not ESP" "$(captured a eth0)" ""
	no_drops_but_multicast a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

both()
{
	local name

	version "$1"
	for name in a b; do
		transport_host $name
		generation $name 1
	done
}

# between_spindles VERSION
between_spindles()
{
	both "$1"
	transfer a b 300001
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# carries KIND OPTION...: a tunnel of another kind, whose packets go protected.
carries()
{
	local name

	both 4
	for name in a b; do
		ip -n $name link add inside type "$@" local "${outer[$name]}" remote "${outer[${peer[$name]}]}"
	done
	inner=([a]=10.9.0.1 [b]=10.9.0.2)
	for name in a b; do
		ip -n $name address add "${inner[$name]}/24" dev inside
		ip -n $name link set inside mtu 1300 up
	done
	capture a eth0 "not arp and not ip6 and not proto 50"
	transfer a b 100001
	stop_captures
	same "packets that are not ESP" "$(captured a eth0)" ""
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# --- the header -------------------------------------------------------------

mtu()
{
	both 4
	same "MTU" "$(mtu_of a spin0)" "$(($(inner_max 1500) + 20))"
	pings a b -M "do" -s $(($(inner_max 1500) - 8))
	ip -n a link set spin0 mtu 1500
	remember_counters a
	expect_drop a "tunnel t too-big" refuse pings a b -M "do" -s $(($(inner_max 1500) - 7))
}

# What may be cut is, behind ESP.
cut_outside()
{
	both 4
	ip -n a link set spin0 mtu 1500
	capture a eth0 "src host ${outer[a]} and ip[6:2] & 0x3fff != 0"
	pings a b -M dont -s 1460
	stop_captures
	same "fragments" "$(captured a eth0 | grep -c 'proto ESP')" 2
}

# It is the sender's own, with all that it says; options stay in front.
header_stays()
{
	both 4
	capture a eth0 'proto 50'
	pings a b -Q 0x68 -t 17 -R
	stop_captures
	captured a eth0 | grep -E "^IP \(tos 0x68, ttl 17, .*proto ESP \(50\), .*options \(.*RR"
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# RFC 4303 3.1.1: a fragment must not be protected.  What the stack has cut is put
# together again.
fragments()
{
	both 4
	pings a b -s 20000
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# Of IPv6 that is not done.
fragment()
{
	both 6
	remember_counters a
	host a ping -n -c 1 -W 1 -s 2000 "${inner[b]}" || true
	counters a | grep "^tunnel t fragment 2$"
}

wrong_selectors()
{
	version 4
	ip -n a link add spin0 type spindle
	refuse host a spindle tunnel add t dev spin0 mode transport local "${outer[a]}" \
		remote "${outer[b]}" local-ts 10.1.0.0/16 remote-ts 10.2.0.0/16 2> "$scratch/said"
	grep -F "in transport mode the selectors are the outer addresses" "$scratch/said"
	transport_only a
	refuse host a spindle tunnel set t mode tunnel 2> "$scratch/said"
	grep -F "a tunnel's protocol and mode stay as they are" "$scratch/said"
}

transport_only()
{
	host "$1" spindle tunnel add t dev spin0 mode transport local "${outer[$1]}" \
		remote "${outer[${peer[$1]}]}"
	same "mode" "$(tunnel_field "$1" mode)" transport
	same "selectors" "$(show "$1" tunnel '.[]."remote-ts"[]')" "${outer[${peer[$1]}]}/32"
}

# The route to the peer must not lead its ESP back in.
loop()
{
	both 4
	host a spindle tunnel set t fwmark 0
	remember_counters a
	expect_drop a "tunnel t route-loop" refuse pings a b
}

# Its own channel goes beside the tunnel.
by_a_daemon()
{
	local name

	version 4
	for name in a b; do
		write_config $name mode=transport fwmark=$mark local-ts= remote-ts= address=
		start_daemon $name
		ip -n $name -batch - <<-END
			route add ${outer[${peer[$name]}]} dev spin0 src ${outer[$name]} table 7
			rule add fwmark $mark table main priority 10
			rule add ipproto tcp dport 4510 table main priority 11
			rule add ipproto tcp sport 4510 table main priority 12
			rule add table 7 priority 20
		END
	done
	ask a up lan
	capture a eth0 "not arp and not ip6 and not proto 50 and not port 4510"
	transfer a b 100001
	stop_captures
	same "packets that are neither ESP nor keying" "$(captured a eth0)" ""
	same "mode" "$(tunnel_field a mode)" transport
}

run_tests \
	"IPv4 with xfrm" "with_xfrm 4 aes128-sha256" \
	"IPv6 with xfrm" "with_xfrm 6 aes128-sha256" \
	"IPv4 with xfrm, by AES-GCM" "with_xfrm 4 aes256gcm16" \
	"IPv4, Spindle at both ends" "between_spindles 4" \
	"IPv6, Spindle at both ends" "between_spindles 6" \
	"GRE inside" "carries gre" \
	"IPIP inside" "carries ipip" \
	"VXLAN inside" "carries vxlan id 1 dstport 4789" \
	"the MTU" mtu \
	"an outer packet larger than the path is cut" cut_outside \
	"the header is the sender's own" header_stays \
	"fragments are put together before" fragments \
	"a fragment of IPv6 is not protected" fragment \
	"selectors are the outer addresses" wrong_selectors \
	"a route into the device itself" loop \
	"keys by a daemon" by_a_daemon
