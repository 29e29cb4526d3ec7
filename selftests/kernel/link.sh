#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The device that a tunnel's outer packets leave by, or the VRF by whose table.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# a and b have a second wire, by which b is reached as well if somebody asks for it.
second_wire()
{
	local name

	ip link add eth1 netns a type veth peer name eth1 netns b
	for name in a b; do
		ip -n $name link set eth1 up
		ip -n $name route add 192.0.2.0/24 dev eth1 metric 500 src "${outer[$name]}"
	done
}

# sent DEVICE: octets that a has sent there.
sent()
{
	ip -n a -s -j link show "$1" | jq '.[].stats64.tx.bytes'
}

# leaves_by DEVICE: a transfer to b does.
leaves_by()
{
	local before

	before=$(sent "$1")
	one_way a b 200001
	echo "$(($(sent "$1") - before)) octets by $1"
	[ $(($(sent "$1") - before)) -gt 200000 ]
	no_drops_but_multicast a
}

by_device()
{
	fresh_hosts
	second_wire
	spindle_hosts
	leaves_by eth0
	host a spindle tunnel set t link eth1
	leaves_by eth1
	same "link" "$(show a tunnel '.[].link')" eth1
	host a spindle tunnel show t | grep -x '    options       link eth1'
	host a spindle tunnel set t link none
	leaves_by eth0
	same "link" "$(show a tunnel '.[].link')" none
}

# It is the index that counts; a device that is gone is none to send by.
names()
{
	host a spindle tunnel set t link eth1
	ip -n a link set eth1 down
	ip -n a link set eth1 name wire
	same "link" "$(show a tunnel '.[].link')" wire
	remember_counters a
	expect_drop a "tunnel t no-route" refuse pings a b
	ip -n a link del wire
	expect_drop a "tunnel t no-route" refuse pings a b
	show a tunnel '.[].link' | grep -x '[0-9]*'
	host a spindle tunnel set t link eth0
	pings a b
	no_new_drops a
}

refused_links()
{
	refuse host a spindle tunnel set t link spin0 2>&1 |
		grep 'the link of a tunnel is not the device that it is on'
	refuse host a spindle tunnel set t link nothing 2>&1 |
		grep 'tunnel t: link: there is no interface nothing'
	same "link" "$(show a tunnel '.[].link')" eth0
}

# in_vrf FAMILY: of the outer packets.
in_vrf()
{
	dual_hosts
	families 4 "$1"
	# A VRF takes the addresses of IPv6 from those who join it.
	ip -n a -batch - <<-END
		link add blue type vrf table 20
		link set blue up
		link set eth0 master blue
	END
	ip -n a address replace "${outer6[a]}/64" dev eth0 nodad
	spindle_hosts
	remember_counters a
	expect_drop a "tunnel t no-route" refuse pings a b
	host a spindle tunnel set t link blue
	pings a b
	pings b a
	transfer a b 200001
	same "drops" "$(counters a | grep -v ' no-tunnel ')" "tunnel t no-route 1"
}

# link_is INDEX: of the tunnel, as the kernel has it.
link_is()
{
	[ "$(show a tunnel '.[].link')" = "$1" ] || not_yet
}

# Dialled again, or made again, it is another to the kernel, and to the daemon the one it means.
comes_back()
{
	local name

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	second_wire
	# Keying goes that way, too, both of its directions.
	for name in a b; do
		write_config $name link=eth1 start=up
		start_daemon $name
	done
	within 30 both_have state up
	link_is eth1
	pings a b
	ip -n a link del eth1
	refuse pings a b
	show a tunnel '.[].link' | grep -x '[0-9]*'
	second_wire
	within 10 link_is eth1
	pings a b
	# Another gets the name.
	ip -n a link set eth1 down
	ip -n a link set eth1 name wire
	link_is wire
	ip -n a link add eth1 type veth peer name other
	within 10 link_is eth1
	grep 'tunnel lan: is as configured again' "$scratch/a/log"
}

# keyed_in_vrf INITIATOR: who keys has its address in a VRF alone, whose packets reach no socket
# that is not bound to it.
keyed_in_vrf()
{
	local listener=${peer[$1]}

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	ip -n a -batch - <<-END
		link add blue type vrf table 20
		link set blue up
		link set eth0 master blue
	END
	write_config "$1" start=up
	write_config "$listener"
	echo "link = blue" >> "$scratch/a/spindle.conf"
	same "sockets for all VRFs" "$(host a sysctl -n net.ipv4.tcp_l3mdev_accept)" 0
	start_daemon a
	start_daemon b
	within 30 both_have state up
	pings a b
	pings b a
	ask a rekey lan
	pings a b
}

run_tests \
	"by a device" by_device \
	"a device has another name, or is gone" names \
	"what is no link" refused_links \
	"by the table of a VRF" "in_vrf 4" \
	"by the table of a VRF, IPv6" "in_vrf 6" \
	"a device comes back while a daemon runs" comes_back \
	"keyed from a VRF" "keyed_in_vrf a" \
	"keyed towards a VRF" "keyed_in_vrf b" \
	"of none of this the kernel's log speaks" quiet
