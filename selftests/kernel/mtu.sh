#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What fits: the MTU of the device, of each tunnel and of its path, and who learns of it.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

both()
{
	fresh_hosts
	spindle_hosts
}

# On a, to a third host that nobody has seen.
second_tunnel()
{
	host a spindle tunnel add u dev spin0 local 192.0.2.1 remote 192.0.2.3 \
		local-ts 10.1.0.0/16 remote-ts 10.3.0.0/16
}

# second_sa [ALGORITHM]: of that tunnel.
second_sa()
{
	local tunnel=u alg=${1:-$alg}

	sa a out 0x7001
}

# narrow_way MTU: of the second tunnel.
narrow_way()
{
	ip -n a route replace 192.0.2.3 dev eth0 mtu "$1"
}

# --- the device follows its tunnels -----------------------------------------

follows_overhead()
{
	local algorithm n=0

	fresh_hosts
	spindle_host a
	for algorithm in aes128-sha1 aes128-sha256 aes192-sha384 aes256-sha512 null-sha256; do
		alg=$algorithm
		host a spindle sa flush t
		sa a out "$(spi b $((++n)))"
		same "MTU with $alg" "$(mtu_of a spin0)" "$(inner_max 1500)"
	done
}

# With what a tunnel is told, not only with its next SA.
follows_tunnel()
{
	both
	ip -n a route add 192.0.2.3 dev eth0 mtu 1400
	host a spindle tunnel set t remote 192.0.2.3
	same "MTU by a narrow way" "$(mtu_of a spin0)" "$(inner_max 1400)"
	host a spindle tunnel set t encap udp 4500 4500
	same "MTU in UDP" "$(mtu_of a spin0)" "$(inner_max $((1400 - 8)))"
	host a spindle tunnel set t remote "${outer[b]}"
	same "MTU in UDP by the old way" "$(mtu_of a spin0)" "$(inner_max $((1500 - 8)))"
	host a spindle tunnel set t encap none tfc mtu
	same "MTU" "$(mtu_of a spin0)" "$(inner_max 1500)"
	ip -n a rule add fwmark 7 table 7
	ip -n a route add "${outer[b]}" dev eth0 mtu 1300 table 7
	host a spindle tunnel set t fwmark 7
	same "MTU by the mark's way" "$(mtu_of a spin0)" "$(inner_max 1300)"
	pings a b -M "do" -s $(($(inner_max 1300) - 28))
}

# One that carries less slows the others down no more than one that carries more.
widest_of_tunnels()
{
	both
	second_tunnel
	second_sa aes256-sha512
	same "MTU beside one that carries less" "$(mtu_of a spin0)" "$(inner_max 1500)"
	host a spindle sa flush u
	second_sa null-sha256
	same "MTU beside one that carries more" "$(mtu_of a spin0)" "$(alg=null-sha256 && inner_max 1500)"
	# Neither without SAs nor deleted it counts.
	host a spindle sa flush u
	same "MTU of the one with SAs" "$(mtu_of a spin0)" "$(inner_max 1500)"
	second_sa null-sha256
	host a spindle tunnel del u
	same "MTU of the tunnel that is left" "$(mtu_of a spin0)" "$(inner_max 1500)"
	second_tunnel
	second_sa aes256-sha512
	host a spindle tunnel del t
	same "MTU of the last one" "$(mtu_of a spin0)" "$(alg=aes256-sha512 && inner_max 1500)"
	host a spindle tunnel del u
	spindle_tunnel a
	generation a 1
	same "MTU of a tunnel after all had gone" "$(mtu_of a spin0)" "$(inner_max 1500)"
}

# Whose packets are too long for it are told so, one by one.
narrow_beside_wide()
{
	both
	second_tunnel
	narrow_way 1300
	second_sa
	ip -n a route add 10.3.0.0/16 dev spin0 src "${inner[a]}"
	pings a b -M "do" -s $(($(inner_max 1500) - 28))
	host a ping -n -c 1 -W 1 -M "do" -s $(($(inner_max 1300) - 27)) 10.3.0.1 \
		> "$scratch/ping" 2>&1 || true
	grep "mtu *=* *$(inner_max 1300)" "$scratch/ping"
	same "drops of the narrow one" \
		"$(show a tunnel '.[] | select(.name == "u").drops."too-big"')" 1
	pings a b -M "do" -s $(($(inner_max 1500) - 28))
}

# fixed NAME: has somebody said what the MTU is?
fixed()
{
	show "$1" device '.[] | ."mtu-fixed"'
}

administrators()
{
	both
	same "fixed" "$(fixed a)" false
	ip -n a link set spin0 mtu 1300
	generation a 2
	same "MTU" "$(mtu_of a spin0)" 1300
	same "fixed" "$(fixed a)" true
	alg=aes256-sha512
	generation a 3
	same "MTU" "$(mtu_of a spin0)" 1300
	# Also at the value that it would have.
	ip -n a link set spin0 mtu "$(inner_max 1500)"
	ip -n a link set eth0 mtu 1400
	sleep 1
	same "MTU" "$(mtu_of a spin0)" "$(inner_max 1500)"
	# And back.
	ip -n a link set spin0 mtu 0
	same "MTU that follows" "$(mtu_of a spin0)" "$(inner_max 1400)"
	same "fixed" "$(fixed a)" false
	refuse ip -n a link set spin0 mtu 67
	same "MTU" "$(mtu_of a spin0)" "$(inner_max 1400)"
}

# The device is made with it.
administrators_from_the_beginning()
{
	fresh_hosts
	ip -n a link add spin0 mtu 1300 type spindle
	ip -n a link set spin0 up
	spindle_tunnel a
	generation a 1
	same "MTU" "$(mtu_of a spin0)" 1300
	ip -n a link add spin1 mtu 0 type spindle
	same "MTU" "$(mtu_of a spin1)" 1390
	refuse ip -n a link add spin2 mtu 67 type spindle
	refuse ip -n a link show spin2
}

# Which path is narrow.
shown()
{
	both
	second_tunnel
	narrow_way 1300
	same "without an SA" "$(show a tunnel '.[] | select(.name == "u") | ."path-mtu", .mtu')" \
		$'null\nnull'
	second_sa
	same "of a narrow path" "$(show a tunnel '.[] | select(.name == "u") | ."path-mtu", .mtu')" \
		"1300"$'\n'"$(inner_max 1300)"
	same "of the other" "$(show a tunnel '.[] | select(.name == "t") | ."path-mtu", .mtu')" \
		"1500"$'\n'"$(inner_max 1500)"
	host a spindle tunnel show u | grep "mtu *$(inner_max 1300) of the path's 1300"
}

# --- IPv6 needs 1280 --------------------------------------------------------

v6_route()
{
	ip -n a -6 route show dev spin0 | grep '^fd02::/64'
}

# six [OPTION...]: a tunnel for IPv6 on a, with an SA and a route.
six()
{
	local tunnel=six

	host a spindle tunnel add six dev spin0 local 192.0.2.1 remote "${outer[b]}" \
		local-ts fd01::/64 remote-ts fd02::/64
	sa a out 0x7006
}

# A path that has no room for IPv6 takes it from nobody else.
v6_beside_narrow()
{
	dual_hosts
	spindle_host a
	narrow_way 1300
	six
	ip -n a -6 route add fd02::/64 dev spin0
	second_tunnel
	second_sa
	same "MTU beside a narrow one" "$(mtu_of a spin0)" "$(inner_max 1500)"
	v6_route
	# Nor while the one that is IPv6 has no SA, or that way is narrow, too.
	host a spindle sa flush six
	same "MTU without SAs of the one that is IPv6" "$(mtu_of a spin0)" 1280
	v6_route
	ip -n a route add "${outer[b]}" dev eth0 mtu 1280
	tunnel=six sa a out 0x7007
	same "MTU if all is narrow" "$(mtu_of a spin0)" 1280
	v6_route
}

# The narrow one was there before: there has to be IPv6 when it comes.
v6_after_narrow()
{
	dual_hosts
	spindle_host a
	narrow_way 1300
	second_tunnel
	second_sa
	same "MTU of a narrow one" "$(mtu_of a spin0)" "$(inner_max 1300)"
	six
	[ "$(mtu_of a spin0)" -ge 1280 ]
	ip -n a -6 route add fd02::/64 dev spin0
	host a spindle tunnel del six
	same "MTU without IPv6" "$(mtu_of a spin0)" "$(inner_max 1300)"
	# An address is enough to say that there will be some.
	host a spindle tunnel del u
	six
	host a spindle tunnel del six
	ip -n a address add fd01::1/128 dev spin0 nodad
	second_tunnel
	second_sa
	same "MTU beside an address" "$(mtu_of a spin0)" 1280
	ip -n a -6 address show dev spin0 | grep fd01::1
}

# --- and the path -----------------------------------------------------------

follows_path()
{
	fresh_hosts
	spindle_host a
	ip -n a route add "${outer[b]}" dev eth0 mtu 1400
	generation a 1
	same "MTU" "$(mtu_of a spin0)" "$(inner_max 1400)"
}

# Nobody sends a packet meanwhile.
follows_uplink()
{
	both
	ip -n a link set eth0 mtu 1300
	within 3 has_mtu a spin0 "$(inner_max 1300)"
	ip -n a link set eth0 mtu 1500
	within 3 has_mtu a spin0 "$(inner_max 1500)"
	ip -n a route add "${outer[b]}" dev eth0 mtu 1400
	within 3 has_mtu a spin0 "$(inner_max 1400)"
	ip -n a route del "${outer[b]}" dev eth0 mtu 1400
	within 3 has_mtu a spin0 "$(inner_max 1500)"
	# Another uplink takes over; while there is none, nothing is known.
	ip -n a link add eth1 mtu 1300 type veth peer name eth2
	ip -n a link set eth2 up
	ip -n a link set eth1 up
	ip -n a link set eth0 down
	sleep 0.5
	same "MTU without a route" "$(mtu_of a spin0)" "$(inner_max 1500)"
	ip -n a address add "${outer[a]}/32" dev eth1
	ip -n a route add "${outer[b]}" dev eth1
	within 3 has_mtu a spin0 "$(inner_max 1300)"
}

# The same for a tunnel over IPv6.
follows_uplink6()
{
	dual_hosts
	families 4 6
	spindle_hosts
	ip -n a link set eth0 mtu 1400
	within 3 has_mtu a spin0 "$(inner_max 1400)"
	ip -n a link set eth0 mtu 1500
	within 3 has_mtu a spin0 "$(inner_max 1500)"
	ip -n a route add "${outer[b]}" dev eth0 mtu 1350
	within 3 has_mtu a spin0 "$(inner_max 1350)"
}

# What becomes of a's interfaces is written down from now on.
watch_links()
{
	background a ip -o monitor link > "$scratch/links"
	within 10 sees_links
}

sees_links()
{
	ip -n a link set lo alias "$RANDOM"
	[ -s "$scratch/links" ]
}

# had_mtu DEVICE MTU: since then, if only for a moment.
had_mtu()
{
	grep -qE "$1:.* mtu $2 " "$scratch/links"
}

# A router between the hosts has a smaller MTU and says so; one day that is forgotten.
# learns_from_router OCTETS [OPTION...]: the options are the tunnel's, and OCTETS what they take
# of each packet.
learns_from_router()
{
	fresh_hosts
	host a sh -c 'echo 3 > /proc/sys/net/ipv4/route/mtu_expires'
	spindle_host a "${@:2}"
	generation a 1
	watch_links
	narrow_path
	host a ping -n -c 1 -W 1 -M "do" -s 1372 "${inner[b]}" > "$scratch/ping" 2>&1 || true
	grep "mtu *=* *$(inner_max $((1300 - $1)))" "$scratch/ping"
	# On a slow machine it is forgotten before anybody has looked.
	within 5 had_mtu spin0 "$(inner_max $((1300 - $1)))"
	within 8 has_mtu a spin0 "$(inner_max $((1500 - $1)))"
}

# What TCP is told is what its own tunnel carries.
clamped()
{
	both
	host a spindle tunnel set t clamp-mss on
	second_tunnel
	second_sa null-sha256
	ip -n a route add "${outer[b]}" dev eth0 mtu 1300
	sleep 1
	same "MTU" "$(mtu_of a spin0)" "$(alg=null-sha256 && inner_max 1500)"
	capture b spin0 'tcp[tcpflags] & tcp-syn != 0'
	transfer a b 50001
	stop_captures
	captured b spin0 | sed -nE "s/.*> ${inner[b]}.*mss ([0-9]+).*/\1/p" > "$scratch/mss"
	same "b hears of a" "$(sort -u "$scratch/mss")" $(($(inner_max 1300) - 40))
}

# --- packets of every length -------------------------------------------------

# Selectors with ports, if of another tunnel, have all fragments put together first.
longest()
{
	both
	host a spindle tunnel add p dev spin0 local 192.0.2.1 remote "${outer[b]}" \
		local-ts 10.1.0.0/16 remote-ts '10.9.0.0/16[tcp/80]'
	pings a b -s 65507
	no_drops a
	no_drops b
}

transport_hosts()
{
	fresh_hosts
	transport_families 4
	transport_host a "$@"
	transport_host b "$@"
	generation a 1
	generation b 1
}

# In transport mode it is sealed whole, and there is no longer packet than of 65,535 octets.
too_long()
{
	transport_hosts
	pings a b -s 20000
	refuse pings a b -s 65507
	same "drops" "$(counters a)" "tunnel t too-big 1"
}

# What may be fragmented after all is told apart (RFC 6864 4.1).
identified()
{
	transport_hosts df clear
	capture a eth0 "src ${outer[a]}"
	pings a b -M "do"
	stop_captures
	captured a eth0 | grep 'flags \[none\], proto ESP'
	refuse grep 'id 0,' <(captured a eth0)
}

identified_ah()
{
	alg=sha256
	transport_hosts proto ah df clear
	capture a eth0 "src ${outer[a]}"
	pings a b -M "do"
	stop_captures
	captured a eth0 | grep 'flags \[none\], proto AH'
	refuse grep 'id 0,' <(captured a eth0)
	no_drops b
}

# Fragments may be marked "don't fragment"; what is made of them is none the more too long.
marked_fragments()
{
	local before

	transport_hosts
	before=$(sa_field b in "$(spi b 1)" packets)
	host a python3 -ISc '
import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
data = bytes(2000)
for at, more in (0, 1), (1000, 0):
    piece = data[at:at + 1000]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(piece), 7, 0x4000 | more << 13 | at // 8,
                         64, 17, 0, socket.inet_aton(sys.argv[1]), socket.inet_aton(sys.argv[2]))
    raw.sendto(header + piece, (sys.argv[2], 0))' "${outer[a]}" "${outer[b]}"
	within 3 has_packets b $((before + 1))
	no_drops a
}

# has_packets NAME NUMBER: its inbound SA.
has_packets()
{
	[ "$(sa_field "$1" in "$(spi "$1" 1)" packets)" = "$2" ]
}

run_tests \
	"the device's MTU follows the algorithm" follows_overhead \
	"the device's MTU follows the tunnel" follows_tunnel \
	"the device's MTU is that of the widest of its tunnels" widest_of_tunnels \
	"senders into a narrow tunnel are told, all others send as before" narrow_beside_wide \
	"an administrator's MTU stays" administrators \
	"an MTU that the device is made with stays" administrators_from_the_beginning \
	"what fits is shown" shown \
	"a narrow tunnel leaves IPv6 on the device" v6_beside_narrow \
	"IPv6 comes beside a narrow tunnel" v6_after_narrow \
	"the device's MTU follows the route" follows_path \
	"the device's MTU follows the uplink" follows_uplink \
	"the device's MTU follows the uplink, IPv6" follows_uplink6 \
	"a router's smaller MTU is learnt, and the device's follows until it is forgotten" \
		"learns_from_router 0" \
	"the same of ESP in UDP" "learns_from_router 8 encap udp 4500 4500" \
	"the same with a mark" "learns_from_router 8 encap udp 4500 4500 fwmark 7" \
	"TCP is told what its own tunnel carries" clamped \
	"the longest packet, put together on the way" longest \
	"a packet whose outer one would be too long" too_long \
	"an identification for what may be fragmented" identified \
	"an identification for what may be fragmented, AH" identified_ah \
	"fragments that are marked not to be fragmented" marked_fragments
