# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The paths that are measured: each joins the namespaces left and right over the
# same veth pair and has a network of its own, where left is .1 and right is .2.

# shellcheck disable=SC2034 # used where this is sourced
paths=(plain xfrm xfrmi wireguard spindle)

key=0x000102030405060708090a0b0c0d0e0f
auth_key=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

# Of left and right, by their numbers.
wg_keys=([1]=$(wg genkey) [2]=$(wg genkey))

network_of()
{
	case $1 in
	plain) echo 10.1.0 ;;
	xfrm) echo 10.2.0 ;;
	xfrmi) echo 10.3.0 ;;
	wireguard) echo 10.4.0 ;;
	spindle) echo 10.5.0 ;;
	esac
}

# insmod resolves no dependencies.
load_spindle()
{
	local module

	module=build/$(uname -r)/spindle.ko
	modinfo -F depends "$module" | tr , '\n' | xargs -r modprobe -a
	insmod "$module"
}

join_wire()
{
	ip netns add left
	ip netns add right
	ip link add wire netns left type veth peer name wire netns right
	ip -n left address add 192.0.2.1/24 dev wire
	ip -n right address add 192.0.2.2/24 dev wire
	ip -n left link set wire up
	ip -n right link set wire up
}

# --- setup_PATH NAMESPACE HERE THERE: one side; HERE is 1 or 2, THERE the other ---

setup_plain()
{
	ip -n "$1" address add "$(network_of plain).$2/24" dev wire
}

# xfrm_pair NAMESPACE NETWORK HERE THERE SPI [OPTION...]: the states with SPIs from
# SPI and policies for the two hosts of NETWORK.
xfrm_pair()
{
	local ns=$1 network=$2 here=$3 there=$4 spi=$5 from to

	shift 5
	for from in "$here" "$there"; do
		to=$((3 - from))
		ip -n "$ns" xfrm state add src "192.0.2.$from" dst "192.0.2.$to" \
			proto esp spi $((spi + from)) reqid "$spi" mode tunnel replay-window 4096 \
			auth-trunc 'hmac(sha256)' $auth_key 128 enc 'cbc(aes)' $key "$@"
	done
	ip -n "$ns" xfrm policy add src "$network.$here" dst "$network.$there" dir out "$@" \
		tmpl src "192.0.2.$here" dst "192.0.2.$there" proto esp reqid "$spi" mode tunnel
	ip -n "$ns" xfrm policy add src "$network.$there" dst "$network.$here" dir in "$@" \
		tmpl src "192.0.2.$there" dst "192.0.2.$here" proto esp reqid "$spi" mode tunnel
}

setup_xfrm()
{
	local network

	network=$(network_of xfrm)
	ip -n "$1" address add "$network.$2/24" dev wire
	xfrm_pair "$1" "$network" "$2" "$3" 4096
}

setup_xfrmi()
{
	local network

	network=$(network_of xfrmi)
	ip -n "$1" link add xfrm0 type xfrm dev wire if_id 7
	ip -n "$1" address add "$network.$2/24" dev xfrm0
	ip -n "$1" link set xfrm0 up
	xfrm_pair "$1" "$network" "$2" "$3" 8192 if_id 7
}

setup_wireguard()
{
	local network public

	network=$(network_of wireguard)
	public=$(wg pubkey <<< "${wg_keys[$3]}")
	ip -n "$1" link add wg0 type wireguard
	ip netns exec "$1" wg set wg0 listen-port 51820 private-key /dev/stdin \
		peer "$public" endpoint "192.0.2.$3:51820" allowed-ips "$network.0/24" \
		<<< "${wg_keys[$2]}"
	ip -n "$1" address add "$network.$2/24" dev wg0
	ip -n "$1" link set wg0 up
}

setup_spindle()
{
	local network spindle

	network=$(network_of spindle)
	spindle="ip netns exec $1 build/spindle"
	ip -n "$1" link add spin0 type spindle
	ip -n "$1" address add "$network.$2/24" dev spin0
	ip -n "$1" link set spin0 up
	$spindle tunnel add bench dev spin0 local "192.0.2.$2" remote "192.0.2.$3" \
		local-ts "$network.$2" remote-ts "$network.$3"
	$spindle sa add bench out spi $((12288 + $2)) alg aes128-sha256 \
		key $key auth-key $auth_key
	$spindle sa add bench in spi $((12288 + $3)) alg aes128-sha256 \
		key $key auth-key $auth_key
}
