#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a configuration leaves out: algorithms, the interface, our own address.

. "$(dirname "$0")/lib.sh"

# Six lines beside the two headers, and the profile whose keys are quickly made.
six_lines()
{
	local name

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	for name in a b; do
		ip -n $name address add "${inner[$name]}/32" dev lo
		mkdir -p "$scratch/$name"
		cat > "$scratch/$name/spindle.conf" <<-END
			[peer ${peer[$name]}]
			remote = ${outer[${peer[$name]}]}
			profile = compat
			allow-insecure = yes
			[tunnel lan]
			peer = ${peer[$name]}
			local-ts = ${network[$name]}
			remote-ts = ${network[${peer[$name]}]}
		END
		start_daemon $name
	done
	within 60 both_have state up
	pings a b
	same "algorithm" "$(field a alg)" aes256gcm16
	same "interface" "$(tunnel_field a dev)" spin0
	same "local" "$(ask a status -j | pick in peers local)" "${outer[a]}"
	same "plan" "$(ask a reload --plan)" "unchanged  lan"
}

# The peer has only the last word of the three.
one_in_common()
{
	daemons esp=
	write_config b esp=chacha20poly1305
	ask b reload
	ask a up lan
	both_have alg chacha20poly1305
	pings a b
}

problems()
{
	ask a status -j | jq -r '.peers[].tunnels[].problems[]'
}

told()
{
	problems | grep -F "$1" > /dev/null
}

local_is()
{
	[ "$(tunnel_field a local)" = "$1" ]
}

# Our address goes, and the route with it; the one that comes is taken, here and by the peer.
local_moves()
{
	daemons start=up local= follow=yes encap="udp 4500 4500" profile=signed
	within 90 both_have state up
	same "local of the tunnel" "$(tunnel_field a local)" "${outer[a]}"
	ip -n a address add 192.0.2.7/24 dev eth0
	same "local of the tunnel" "$(tunnel_field a local)" "${outer[a]}"
	host a sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/promote_secondaries'
	ip -n a address del "${outer[a]}/24" dev eth0
	within 5 local_is 192.0.2.7
	within 60 pings a b
	within 60 only_port 192.0.2.7
}

# The address that comes has no route to the peer at first.
route_follows_the_address()
{
	daemons start=up local= follow=yes encap="udp 4500 4500" profile=signed
	within 90 both_have state up
	ip -n a address del "${outer[a]}/24" dev eth0
	ip -n a address add 192.0.2.7/32 dev eth0
	sleep 1
	same "local of the tunnel" "$(tunnel_field a local)" "${outer[a]}"
	ip -n a route add 192.0.2.0/24 dev eth0 src 192.0.2.7
	within 8 local_is 192.0.2.7
	within 60 pings a b
}

# The route gives another one, while the old one is still there.
local_follows_the_route()
{
	daemons start=up local= follow=yes encap="udp 4500 4500" profile=signed
	within 90 both_have state up
	ip -n a address add 192.0.2.7/24 dev eth0
	ip -n a route replace 192.0.2.0/24 dev eth0 src 192.0.2.7
	stop_daemon b KILL
	# No connection succeeds, and so it is looked up again.
	within 20 local_is 192.0.2.7
	start_daemon b
	within 60 pings a b
	within 60 both_have state up
}

# only_port ADDRESS: keying listens there.
only_port()
{
	[ "$(host a ss -Hltn sport = 4510 | awk '{ print $4 }')" = "$1:4510" ]
}

# Nobody waits for a route.
route_comes_later()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	ip -n a address del "${outer[a]}/24" dev eth0
	write_config a local= start=up
	write_config b
	start_daemon b
	start_daemon a
	within 5 told "tunnel lan: no route leads to ${outer[b]} yet"
	ip -n a address add "${outer[a]}/24" dev eth0
	within 60 both_have state up
	pings a b
	same "problems" "$(problems)" ""
	# What was ours stays ours while there is none.
	stop_daemon a KILL
	ip -n a address del "${outer[a]}/24" dev eth0
	start_daemon a
	same "local of the tunnel" "$(tunnel_field a local)" "${outer[a]}"
}

run_tests \
	"six lines are enough" six_lines \
	"of what is offered untold the peer takes one" one_in_common \
	"our address moves" local_moves \
	"our address has a route later than it comes" route_follows_the_address \
	"our address is another by another route" local_follows_the_route \
	"a route comes later" route_comes_later
