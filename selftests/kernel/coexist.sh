#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel's own IPsec works beside ours, on the same host and the same wire.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# both [OPTION...]: of the tunnel.
both()
{
	fresh_hosts
	spindle_hosts "$@"
}

# transport NAME HERE THERE IN OUT [OPTION...]: pings between two addresses are in
# xfrm's transport mode, by SAs with these SPIs; the options are the states'.
transport()
{
	local name=$1 here=$2 there=$3 in=$4 out=$5

	ip -n "$name" -batch - <<-END
		xfrm state add src $there dst $here proto esp spi $in reqid 7 mode transport \
			enc cbc(aes) $(enc_key "$in") \
			auth-trunc hmac(sha256) $(auth_key "$in") 128 ${*:6}
		xfrm state add src $here dst $there proto esp spi $out reqid 7 mode transport \
			enc cbc(aes) $(enc_key "$out") \
			auth-trunc hmac(sha256) $(auth_key "$out") 128 ${*:6}
		xfrm policy add src $here dst $there proto icmp dir out \
			tmpl proto esp reqid 7 mode transport
		xfrm policy add src $there dst $here proto icmp dir in \
			tmpl proto esp reqid 7 mode transport
	END
}

# Both SAs of host NAME have carried so many.
xfrm_packets()
{
	same "SAs of xfrm in $1 with $2 packets" \
		"$(ip -n "$1" -s xfrm state | grep -c " $2(packets)")" 2
}

# between A B [OPTION...]: pings by xfrm between two addresses, and by our tunnel.
between()
{
	transport a "$1" "$2" 0x3001 0x3002 "${@:3}"
	transport b "$2" "$1" 0x3002 0x3001 "${@:3}"
	host a ping -n -q -c 5 -i 0.01 -W 3 -I "$1" "$2"
	pings a b
	xfrm_packets a 5
	xfrm_packets b 5
	no_drops a
	no_drops b
}

other_addresses()
{
	both
	ip -n a address add 198.51.100.1/24 dev eth0
	ip -n b address add 198.51.100.2/24 dev eth0
	between 198.51.100.1 198.51.100.2
}

same_addresses()
{
	both
	between "${outer[a]}" "${outer[b]}"
}

# NAT traversal comes to xfrm through the same hook.
in_udp()
{
	both
	encap_socket a
	encap_socket b
	between "${outer[a]}" "${outer[b]}" encap espinudp 4500 4500 0.0.0.0
}

# refused_for_xfrm COMMAND...
refused_for_xfrm()
{
	same "error" "$(refuse host a spindle "$@" 2>&1)" \
		"spindle: tunnel t: SPI 0x3001 is already in use by xfrm"
}

reserved_spi()
{
	fresh_hosts
	spindle_host a
	transport a "${outer[a]}" "${outer[b]}" 0x3001 0x3002
	refused_for_xfrm sa reserve t spi 0x3001
	refused_for_xfrm sa add t in spi 0x3001 alg $alg key "$(enc_key 1)" auth-key "$(auth_key 1)"
	# What xfrm sends with is at the other end, and is no matter here.
	host a spindle sa reserve t spi 0x3002
}

# Through the port of ours.
in_our_udp()
{
	both encap udp 4500 4500
	between "${outer[a]}" "${outer[b]}" encap espinudp 4500 4500 0.0.0.0
}

# A policy that wants all that enters, leaves or passes the host in an SA there is not.
# host_wide_policy [OPTION...]: of the tunnel.
host_wide_policy()
{
	local direction

	both "$@"
	for direction in in out fwd; do
		ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir $direction \
			tmpl proto esp reqid 9 mode transport
	done
	refuse host a ping -n -q -c 1 -W 1 "${outer[b]}"
	pings a b
	pings b a
	transfer a b 100001
	no_drops a
	no_drops b
}

host_wide_block()
{
	local direction

	both
	for direction in in out fwd; do
		ip -n a xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir $direction action block
	done
	refuse host a ping -n -q -c 1 -W 1 "${outer[b]}"
	pings a b
	pings b a
	no_drops a
}

# A state with a mark is found only by packets that have it, by a rule of the firewall.  What
# has an SPI that is nobody's is still counted.
marked_state()
{
	fresh_hosts
	spindle_hosts
	transport a "${outer[a]}" "${outer[b]}" 0x3001 0x3002 mark 42
	transport b "${outer[b]}" "${outer[a]}" 0x3002 0x3001
	ip -n a xfrm policy deleteall
	host a nft -f - <<-END
		table ip uplink {
			chain pre {
				type filter hook prerouting priority mangle;
				ip protocol esp meta mark set 42
			}
		}
	END
	host b ping -n -q -c 3 -i 0.01 -W 1 "${outer[a]}" > /dev/null || true
	same "states of xfrm with 3 packets" "$(ip -n a -s xfrm state | grep -c ' 3(packets)')" 1
	pings a b
	no_drops a
	remember_counters a
	expect_drop a "tunnel t unknown-spi" forge spi 0x4711
}

# Of vti all states have one, which no packet has.
vti()
{
	local name

	fresh_hosts
	for name in a b; do
		ip -n $name -batch - <<-END
			link add vti1 type vti local ${outer[$name]} remote ${outer[${peer[$name]}]} key 42
			address add 10.7.0.$([ $name = a ] && echo 1 || echo 2)/24 dev vti1
			link set vti1 up
			xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 42 \
				tmpl src ${outer[$name]} dst ${outer[${peer[$name]}]} proto esp reqid 1 mode tunnel
			xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in mark 42 \
				tmpl src ${outer[${peer[$name]}]} dst ${outer[$name]} proto esp reqid 1 mode tunnel
		END
		xfrm_state $name a b 0x3002 mark 42
		xfrm_state $name b a 0x3001 mark 42
	done
	spindle_hosts
	host a ping -n -q -c 3 -i 0.01 -W 3 10.7.0.2
	pings a b
	no_drops a
	no_drops b
}

reserved_marked_spi()
{
	fresh_hosts
	spindle_host a
	transport a "${outer[a]}" "${outer[b]}" 0x3001 0x3002 mark 42 mask 0xff
	refused_for_xfrm sa reserve t spi 0x3001
	host a spindle sa reserve t spi 0x3002
}

# block6 DIRECTION...: all of IPv6 there.
block6()
{
	local direction

	for direction; do
		ip -n a xfrm policy add src ::/0 dst ::/0 dir "$direction" priority 9 action block
	done
}

# Of IPv6 only what comes in for addresses of the interface is out of the policies' reach;
# for the rest the guide has policies of a higher priority.
host_wide_block6()
{
	local command

	dual_hosts
	families 6 4
	spindle_hosts
	neighbours_in_the_clear a
	block6 in
	pings a b
	block6 out fwd
	refuse pings a b -W 1
	sed -n '/^ip xfrm policy add .*action allow$/p' "$top/Documentation/admin-guide.md" |
		sed "s,LOCAL_TS,${network[a]},; s,REMOTE_TS,${network[b]}," > "$scratch/commands"
	same "commands of the guide" "$(wc -l < "$scratch/commands")" 3
	while read -r command; do
		# shellcheck disable=SC2086 # the command's words
		host a $command
	done < "$scratch/commands"
	pings a b
	pings b a
	no_drops_but_multicast a
}

# Not every kernel has it.
with_vti=()
! modprobe -q ip_vti || with_vti=("vti between the same addresses" vti)

run_tests \
	"xfrm between other addresses" other_addresses \
	"xfrm between the same addresses" same_addresses \
	"xfrm in UDP" in_udp \
	"xfrm in UDP, and we, too" in_our_udp \
	"states of xfrm that have a mark" marked_state \
	"${with_vti[@]}" \
	"an SPI that xfrm uses is refused" reserved_spi \
	"an SPI that xfrm uses with a mark is refused" reserved_marked_spi \
	"a host-wide policy of xfrm leaves our packets alone" host_wide_policy \
	"and our packets in UDP" "host_wide_policy encap udp 4500 4500" \
	"a policy that blocks all is not asked about our packets" host_wide_block \
	"the same of IPv6, with policies of the guide" host_wide_block6
