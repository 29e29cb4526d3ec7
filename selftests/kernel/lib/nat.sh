# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A NAT between the hosts.
#
#   host a: 198.51.100.1 -- host n: 198.51.100.9, 192.0.2.9 -- host b: 192.0.2.2
#
# b sees a at 192.0.2.9, from port 40001 for 4500 and 40500 for 500.

# A router between the two gives a another address and another port.
nat()
{
	stop_hosts
	ip -batch - <<-END
		netns add a
		netns add n
		netns add b
		link add eth0 netns a type veth peer name eth1 netns n
		link add eth0 netns b type veth peer name eth2 netns n
	END
	ip -n n -batch - <<-END
		address add 198.51.100.9/24 dev eth1
		address add 192.0.2.9/24 dev eth2
		link set eth1 up
		link set eth2 up
	END
	ip -n a -batch - <<-END
		address add 198.51.100.1/24 dev eth0
		link set eth0 up
		route add default via 198.51.100.9
	END
	ip -n b -batch - <<-END
		address add 192.0.2.2/24 dev eth0
		link set eth0 up
	END
	host n sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	host n nft -f - <<-END
		table ip nat {
			chain out {
				type nat hook postrouting priority 100
				oifname eth2 udp sport 4500 masquerade to :40001
				oifname eth2 udp sport 500 masquerade to :40500
			}
		}
	END
}

# What the NAT sends on from a, and forgets after so many seconds without a packet.
forgets_after()
{
	local timeout

	for timeout in udp_timeout udp_timeout_stream; do
		host n sh -c "echo $1 > /proc/sys/net/netfilter/nf_conntrack_$timeout"
	done
}

has_forgotten()
{
	[ "$(host n grep -c 'dport=4500' /proc/net/nf_conntrack)" = 0 ]
}
