#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything through the tunnel, and all that two hosts say to each other, by the daemons'
# own mark, table and rules.
#
#   host a: 198.51.100.1 on eth0, 10.1.0.1 inside; all by way of 198.51.100.2
#   host b: 198.51.100.2 and 192.0.2.2, the peer; 203.0.113.1 is beyond

. "$(dirname "$0")/lib.sh"

far=203.0.113.1 far6=2001:db8:f::1
router=198.51.100.2

# away [VERSION]: a is somewhere else, and reaches its peer by its default route alone.
away()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
	dual_hosts
	families 4 "${1:-4}"
	ip -n a -batch - <<-END
		address flush dev eth0
		address add 198.51.100.1/24 dev eth0
		address add 2001:db8:a::1/64 dev eth0 nodad
		route add default via $router
		route add default via 2001:db8:a::2
	END
	ip -n b -batch - <<-END
		address add $router/24 dev eth0
		address add 2001:db8:a::2/64 dev eth0 nodad
		address add $far/32 dev lo
		address add $far6/128 dev lo
	END
	if [ "${1:-4}" = 4 ]; then outer[a]=198.51.100.1; else outer[a]=2001:db8:a::1; fi
}

# everything [KEY=VALUE...]: a's configuration.
everything()
{
	write_config a start=up address=10.1.0.1/32,fd00:1::1/128 \
		local-ts=10.1.0.1/32,fd00:1::1/128 remote-ts=0.0.0.0/0,::/0 "$@"
}

# start_peers [KEY=VALUE...]: both; the options are a's.
start_peers()
{
	everything "$@"
	write_config b local-ts=0.0.0.0/0,::/0 remote-ts=10.1.0.1/32,fd00:1::1/128
	start_daemon b
	start_daemon a
}

peers()
{
	start_peers "$@"
	within 30 both_have state up
}

# answers ADDRESS [OPTION...]
answers()
{
	host a ping -n -q -c 1 -W 2 "${@:2}" "$1" > /dev/null
}

problems()
{
	ask a status -j | jq -r '.peers[].tunnels[].problems[]'
}

rules()
{
	ip -n a "${1:--4}" rule show | grep -c "proto 45" || true
}

# has_rules NUMBER: of each family.
has_rules()
{
	[[ $(rules -4) = "$1" && $(rules -6) = "$1" ]]
}

# --- tests ------------------------------------------------------------------

comes_up()
{
	away "$1"
	capture b eth0 "host $far or host $far6 or net 10.1.0.0/16 or net fd00:1::/32"
	peers
	within 10 answers $far
	within 10 answers $far6
	answers $router
	pings a b
	same "problems" "$(problems)" ""
	# Sessions begin with everything in the tunnel, and without SAs.
	stop_daemon a TERM
	stop_daemon b TERM
	host a spindle sa flush lan
	host b spindle sa flush lan
	start_daemon b
	start_daemon a
	within 30 answers $far
	stop_captures
	same "packets in the clear" "$(captured b eth0)" ""
}

# Either side may begin.
called()
{
	away
	start_peers start=listen
	ask b up lan
	within 10 answers $far
}

goes()
{
	away
	peers
	has_rules 5
	ip -n a rule flush protocol 45
	within 5 has_rules 5
	within 10 answers $far
	write_config a remote-ts=10.2.0.0/16
	ask a reload
	has_rules 0
	same "routes" "$(ip -n a route show table 4510 2> /dev/null)" ""
	ip -n a route get $far | grep "via $router"
}

left_over()
{
	away
	peers
	stop_daemon a KILL
	has_rules 5
	answers $far
	write_config a remote-ts=10.2.0.0/16
	start_daemon a
	has_rules 0
	everything fwmark=77
	ask a reload
	ip -n a rule show | grep "fwmark 0x4d goto 4519 proto 45"
}

# The rules may be the administrator's: the mark is on what the daemon says, too.
own_rules()
{
	away
	ip -n a -batch - <<-END
		link add spin0 type spindle
		link set spin0 up
		route add default dev spin0 table 7
		rule add not fwmark 7 lookup 7
	END
	peers routes=no fwmark=7
	within 10 answers $far
	has_rules 0
}

# What is nearer than everything stays where it is, and so do other tunnels to the same peer.
beside()
{
	away
	everything
	cat >> "$scratch/a/spindle.conf" <<-END
		[tunnel net]
		peer = b
		interface = spin1
		local-ts = 10.3.0.0/16
		remote-ts = 10.4.0.0/16
		esp = aes128-sha256
		start = listen
	END
	start_daemon a
	same "marks" "$(host a spindle tunnel show -j | jq -r '.[].fwmark' | sort -u)" 4510
	ip -n a route get $router | grep "dev eth0"
	ip -n a route get 10.4.0.1 | grep "dev spin1"
	ip -n a route get $far | grep "dev spin0 .* src 10.1.0.1"
	ip -n a route get 192.0.2.2 | grep "dev spin0"
	ip -n a route get 192.0.2.2 mark 0x119e | grep "dev eth0"
}

# A strict filter would drop what comes from the peer; that is told.
filtered()
{
	away
	peers
	host a sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter'
	ask a reload
	problems | grep "net.ipv4.conf.eth0.rp_filter = 1 refuses what the peer sends"
	host a sh -c 'echo 2 > /proc/sys/net/ipv4/conf/eth0/rp_filter'
	ask a reload
	same "problems" "$(problems)" ""
	within 10 answers $far
}

# hosts_talk VERSION: on the network that they share.
hosts_talk()
{
	local name

	trap 'cat "$scratch"/?/log; end_test' EXIT
	dual_hosts
	transport_families "$1"
	for name in a b; do
		write_config $name mode=transport address= local-ts= remote-ts= start=up
		start_daemon $name
	done
	within 30 both_have state up
	capture a eth0 "host ${outer[b]} and not arp and not icmp6 and not esp and not tcp port 4510"
	pings a b
	pings b a
	transfer a b 100001
	ask a rekey lan
	pings a b
	stop_captures
	same "packets in the clear" "$(captured a eth0)" ""
}

run_tests \
	"everything over IPv4" "comes_up 4" \
	"everything over IPv6" "comes_up 6" \
	"the other side begins" called \
	"rules come back, and go with the tunnel" goes \
	"what a killed daemon has left" left_over \
	"rules of the administrator's" own_rules \
	"what else there is" beside \
	"a strict filter of reverse paths" filtered \
	"transport mode, IPv4" "hosts_talk 4" \
	"transport mode, IPv6" "hosts_talk 6"
