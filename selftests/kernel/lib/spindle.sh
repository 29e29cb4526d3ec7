# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Spindle at one end.

# spindle_tunnel NAME [OPTION...]: $tunnel to the other host, without SAs.
spindle_tunnel()
{
	local name=$1 other=${peer[$1]}

	host "$name" spindle tunnel add "$tunnel" dev "$device" \
		local "${outer[$name]}" remote "${outer[$other]}" \
		local-ts "${network[$name]}" remote-ts "${network[$other]}" "${@:2}"
}

# spindle_host NAME [OPTION...]: $device with that tunnel.
spindle_host()
{
	local name=$1

	ip -n "$name" -batch - <<-END
		link add $device type spindle
		address add ${inner[$name]} dev $device nodad
		link set $device up
		route add ${network[${peer[$name]}]} dev $device src ${inner[$name]}
	END
	spindle_tunnel "$@"
}

# sa_words DIRECTION SPI [OPTION...]: what spindle is told, in words.
sa_words()
{
	local enc auth

	enc=$(enc_key "$2")
	auth=$(auth_key "$2")
	words=(sa add "$tunnel" "$1" spi "$2" alg "$alg" ${enc:+key "$enc"}
		${auth:+auth-key "$auth"} ${weak:+"$weak"} "${@:3}")
}

# sa NAME DIRECTION SPI [OPTION...]
sa()
{
	local words

	sa_words "${@:2}"
	host "$1" spindle "${words[@]}"
}

# generation NAME N [OPTION...]: the SAs of one; the options are the outbound one's.
generation()
{
	local words

	{
		sa_words in "$(spi "$1" "$2")" gen "$2"
		echo "${words[@]}"
		sa_words out "$(spi "${peer[$1]}" "$2")" gen "$2" "${@:3}"
		echo "${words[@]}"
	} | host "$1" spindle -batch -
}

# Both hosts, with SAs, ready.
spindle_hosts()
{
	spindle_host a "$@"
	spindle_host b "$@"
	generation a 1
	generation b 1
}

# Of outer packets, so that in transport mode they do not go in again.
mark=7

# transport_families 4|6: what the hosts talk by, for themselves, for the rest of the test.
transport_families()
{
	families 4 "$1"
	inner=([a]=${outer[a]} [b]=${outer[b]})
	network=([a]=${outer[a]} [b]=${outer[b]})
}

# transport_host NAME [OPTION...]: $device with a tunnel for the packets to the other host.
transport_host()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		link add $device type spindle
		link set $device up
		route add ${outer[$other]} dev $device src ${outer[$name]} table 7
	END
	ip -n "$name" "-$(ip_version "${outer[$name]}")" rule add not fwmark $mark table 7
	host "$name" spindle tunnel add "$tunnel" dev "$device" mode transport \
		local "${outer[$name]}" remote "${outer[$other]}" fwmark $mark "${@:2}"
}

# encap_socket NAME: a UDP socket such as a keying daemon has, until the test's end.
encap_socket()
{
	local output

	exec {output}< <(exec netns_exec "$1" python3 -ISc '
import socket
sock = socket.socket(socket.AF_INET'"$([ "$(ip_version "${outer[$1]}")" = 4 ] || echo 6)"', socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_UDP, 100, 2)  # UDP_ENCAP, UDP_ENCAP_ESPINUDP
sock.bind(("", 4500))
print("open", flush=True)
sock.recv(1)')
	substitutes+=($!)
	read -r -t 20 -u "$output"
}

# --- the size of packets ----------------------------------------------------

# esp_len INNER_LEN: of the packet around one of that length, with its outer header.
esp_len()
{
	local header=20 iv=16

	[ "$(ip_version "${outer[a]}")" = 4 ] || header=40
	[[ $alg != null-* ]] || iv=0
	echo $((header + 8 + iv + $1 + 2 + $(icv_bits) / 8))
}

# inner_max PATH_MTU: what is left of whole blocks beside the headers, IV, trailer, ICV.
inner_max()
{
	local block=16

	[[ $alg != null-* ]] || block=4
	echo $((($1 - $(esp_len 0) + 2) / block * block - 2))
}

# --- a narrow path ----------------------------------------------------------

# narrow_path [table NUMBER]: from now on t leads to beyond b, a router to where the MTU is
# 1300, which says so to a.
narrow_path()
{
	ip -n b -batch - <<-END
		link add eth1 type veth peer name eth2
		link set eth1 mtu 1300
		link set eth1 up
		link set eth2 up
		route add 198.51.100.0/24 dev eth1
	END
	host b sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	ip -n a route add 198.51.100.0/24 via "${outer[b]}" "$@"
	host a spindle tunnel set t remote 198.51.100.1
	host a ping -n -c 1 -W 1 -M "do" -s 1372 "${inner[b]}" || true
}
