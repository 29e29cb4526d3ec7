# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The paths that are measured: each joins the namespaces left and right over the
# same veth pair and has a network of its own, where left is .1 and right is .2.
#
#   xfrm, xfrmi    the kernel's IPsec, by policies and with an interface
#   pcrypt         xfrm, with all processors at the cipher
#   NAME-null      without encryption, only authenticated: what the frame costs
#
# Once there is pcrypt, all that asks for its algorithm gets it, so it comes last; a
# kernel for one processor has none.
paths=(plain xfrm xfrmi wireguard spindle xfrm-null spindle-null)
[[ $(uname -v) != *" SMP "* ]] || paths+=(pcrypt)

key=0x000102030405060708090a0b0c0d0e0f
auth_key=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

# Of left and right, by their numbers.
wg_keys=([1]=$(wg genkey) [2]=$(wg genkey))

fail()
{
	echo "bench: $*" >&2
	exit 1
}

# number_of PATH: 1 and up.
number_of()
{
	local i

	for i in "${!paths[@]}"; do
		[ "${paths[i]}" != "$1" ] || echo $((i + 1))
	done
}

network_of()
{
	echo "10.$(number_of "$1").0"
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

# xfrm_pair PATH NAMESPACE HERE THERE ENC KEY [OPTION...]: states and policies.
xfrm_pair()
{
	local ns=$2 here=$3 there=$4 enc=("$5" "$6") network number from to

	network=$(network_of "$1") number=$(number_of "$1")
	shift 6
	for from in "$here" "$there"; do
		to=$((3 - from))
		ip -n "$ns" xfrm state add src "192.0.2.$from" dst "192.0.2.$to" \
			proto esp spi $((4096 * number + from)) reqid "$number" mode tunnel \
			replay-window 4096 auth-trunc 'hmac(sha256)' $auth_key 128 \
			enc "${enc[@]}" "$@"
	done
	ip -n "$ns" xfrm policy add src "$network.$here" dst "$network.$there" dir out "$@" \
		tmpl src "192.0.2.$here" dst "192.0.2.$there" proto esp reqid "$number" mode tunnel
	ip -n "$ns" xfrm policy add src "$network.$there" dst "$network.$here" dir in "$@" \
		tmpl src "192.0.2.$there" dst "192.0.2.$here" proto esp reqid "$number" mode tunnel
}

# xfrm_policies PATH NAMESPACE HERE THERE ENC KEY
xfrm_policies()
{
	ip -n "$2" address add "$(network_of "$1").$3/24" dev wire
	xfrm_pair "$@"
}

setup_xfrm()
{
	xfrm_policies xfrm "$@" 'cbc(aes)' $key
}

setup_xfrm-null()
{
	xfrm_policies xfrm-null "$@" 'ecb(cipher_null)' ''
}

# The test module has it made, and refuses to stay, which is its way of saying yes.
setup_pcrypt()
{
	modprobe -q tcrypt 'alg=pcrypt(authenc(hmac(sha256),cbc(aes)))' type=3 || true
	grep -q '^driver *: pcrypt(authenc' /proc/crypto
	xfrm_policies pcrypt "$@" 'cbc(aes)' $key
}

setup_xfrmi()
{
	ip -n "$1" link add xfrm0 type xfrm dev wire if_id 7
	ip -n "$1" address add "$(network_of xfrmi).$2/24" dev xfrm0
	ip -n "$1" link set xfrm0 up
	xfrm_pair xfrmi "$@" 'cbc(aes)' $key if_id 7
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

# spindle_pair PATH NAMESPACE HERE THERE DEVICE ALG [KEY...]
spindle_pair()
{
	local ns=$2 here=$3 there=$4 device=$5 alg=$6 network number spindle

	network=$(network_of "$1") number=$(number_of "$1")
	shift 6
	spindle="ip netns exec $ns build/spindle"
	ip -n "$ns" link add "$device" type spindle
	ip -n "$ns" address add "$network.$here/24" dev "$device"
	ip -n "$ns" link set "$device" up
	$spindle tunnel add "$device" dev "$device" local "192.0.2.$here" remote "192.0.2.$there" \
		local-ts "$network.$here" remote-ts "$network.$there"
	$spindle sa add "$device" out spi $((4096 * number + here)) alg "$alg" \
		"$@" auth-key $auth_key
	$spindle sa add "$device" in spi $((4096 * number + there)) alg "$alg" \
		"$@" auth-key $auth_key
}

setup_spindle()
{
	spindle_pair spindle "$@" spin0 aes128-sha256 key $key
}

setup_spindle-null()
{
	spindle_pair spindle-null "$@" spin1 null-sha256
}

# --- all of them ------------------------------------------------------------

setup()
{
	local path

	load_spindle
	join_wire
	for path in "${paths[@]}"; do
		"setup_$path" left 1 2
		"setup_$path" right 2 1
	done
	ip netns exec right iperf3 -s -D > /dev/null
	for path in "${paths[@]}"; do
		ip netns exec left ping -q -c 1 -w 5 "$(network_of "$path").2" > /dev/null ||
			fail "no way through $path"
	done
}

# iperf PATH ARGUMENT...: prints iperf3's report.
iperf()
{
	local network

	network=$(network_of "$1")
	shift
	ip netns exec left timeout 60 iperf3 -J -c "$network.2" -B "$network.1" "$@"
}
