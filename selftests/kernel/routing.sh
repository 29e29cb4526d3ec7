#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What leads packets before and behind a tunnel: marks, rules, priorities, redirects.

. "$(dirname "$0")/lib.sh"

# rules NAME: nftables, from standard input.
rules()
{
	host "$1" nft -f -
}

# counted NAME: what the only counter of table seen has.
counted()
{
	host "$1" nft list table ip seen | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

# A gateway marks by the uplink that a packet comes in by, ESP included, so that answers
# leave by the same.  What was inside is another packet.
inward()
{
	fresh_hosts
	spindle_hosts
	ip -n b rule add fwmark 2 blackhole
	rules b <<-END
		table ip wan {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname "eth0" ip protocol esp meta mark set 2 meta priority set 1:2
			}
		}
		table ip seen {
			chain pre {
				type filter hook prerouting priority raw;
				iifname "spin0" meta mark 0 meta priority none counter
			}
		}
	END
	pings a b
	same "packets from spin0 without a mark and a priority" "$(counted b)" 1
	no_drops a
	no_drops b
}

# Nor has the outer packet the mark of the inner one, but the tunnel's; the priority it has.
outward()
{
	fresh_hosts
	spindle_hosts
	rules a <<-END
		table ip lan {
			chain out {
				type route hook output priority mangle;
				oifname "spin0" meta mark set 5 meta priority set 1:5
			}
		}
		table ip seen {
			chain out {
				type filter hook postrouting priority 0;
				oifname "eth0" ip protocol esp meta mark $1 meta priority 1:5 counter
			}
		}
	END
	[ "$1" = 0 ] || host a spindle tunnel set t fwmark "$1"
	pings a b
	same "ESP packets with mark $1" "$(counted a)" 1
}

# A priority chooses among the classes of an uplink, and those are the namespace's it is in.
elsewhere()
{
	fresh_hosts
	spindle_hosts
	ip netns add inside
	ip -n a link set spin0 netns inside
	ip -n inside -batch - <<-END
		address add ${inner[a]} dev spin0
		link set spin0 up
		route add ${network[b]} dev spin0
	END
	rules inside <<-END
		table ip lan {
			chain out {
				type filter hook output priority mangle;
				meta mark set 5 meta priority set 1:5
			}
		}
	END
	rules a <<-END
		table ip seen {
			chain out {
				type filter hook postrouting priority 0;
				oifname "eth0" ip protocol esp meta mark 0 meta priority none counter
			}
		}
	END
	host inside ping -n -q -c 1 -W 3 "${inner[b]}"
	same "ESP packets without a priority" "$(counted a)" 1
}

# rule SELECTOR: leads what it says by another uplink.
rule()
{
	ip -n a link add eth1 type veth peer name eth1 netns b
	ip -n a -"$version" -batch - <<-END
		link set eth1 address 02:00:00:00:00:01 up
		route add ${outer[b]} dev eth1 src ${outer[a]} table 7
		rule add $1 table 7
	END
	ip -n b link set eth1 address 02:00:00:00:00:02 up
	ip -n a -"$version" neigh add "${outer[b]}" lladdr 02:00:00:00:00:02 dev eth1
}

# by_rule OUTER KEY VALUE [OPTION...]: pings go where the rule leads ESP, the rest does not.
by_rule()
{
	local version=$1

	dual_hosts
	families 4 "$version"
	[ $# = 3 ] || { encap_socket a; encap_socket b; }
	spindle_hosts "${@:4}"
	rule "$2 $3"
	capture a eth1
	pings a b
	host a ping -n -q -c 1 -W 3 "${outer[b]}" > /dev/null
	stop_captures
	same "packets by the other uplink" "$(captured a eth1 src "${outer[a]}" | grep -c '^IP')" 1
}

# A firewall that rewrites makes the kernel look for a route again, and for a policy.
rewritten()
{
	local version=$1 direction any=0.0.0.0/0

	dual_hosts
	families 4 "$version"
	[ "$version" = 4 ] || any=::/0
	spindle_hosts
	for direction in in out fwd; do
		ip -n a xfrm policy add src $any dst $any proto 50 dir $direction action block
	done
	host a nft -f - <<-END
		table $2 mangle {
			chain out {
				type route hook output priority mangle;
				oifname "eth0" meta mark set 9
			}
		}
	END
	pings a b
}

# What comes in and goes out by one interface is no detour there.
redirects()
{
	local name

	fresh_hosts
	spindle_hosts
	ip -n a address add 10.1.7.1/32 dev spin0
	ip -n a route add 10.3.0.0/16 dev spin0
	host a spindle tunnel set t remote-ts 10.2.0.0/15
	host b spindle tunnel set t local-ts 10.2.0.0/15
	ip -n b address add 10.3.0.1/32 dev spin0
	host b sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	ip -n b route del "${network[a]}" dev spin0
	# Through b to another spoke, which here is a again.
	host b spindle tunnel add u dev spin0 local "${outer[b]}" remote "${outer[a]}" \
		local-ts 10.1.0.0/16 remote-ts 10.3.5.0/24
	host a spindle tunnel add u dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts 10.3.5.0/24 remote-ts 10.1.0.0/16
	tunnel=u generation a 2
	tunnel=u generation b 2
	ip -n b route add 10.3.5.0/24 dev spin0
	ip -n b route add "${network[a]}" dev spin0
	rules b <<-END
		table ip seen {
			chain out {
				type filter hook output priority 0;
				icmp type redirect counter
			}
		}
	END
	host a ping -n -q -c 5 -i 0.1 -W 1 -I "${inner[a]}" 10.3.5.1 || true
	same "what b forwarded" "$(show b sa '.[] | select(.tunnel == "u" and .dir == "out").packets')" 5
	same "redirects" "$(counted b)" 0
}

run_tests \
	"an inner packet has no mark and priority of the outer one" inward \
	"an outer packet has no mark of the inner one" "outward 0" \
	"it has its tunnel's mark" "outward 7" \
	"no priority leaves its namespace" elsewhere \
	"a rule for ESP" "by_rule 4 ipproto 50" \
	"a rule for ESP, IPv6" "by_rule 6 ipproto 50" \
	"a rule for ESP in UDP" "by_rule 4 dport 4500 encap udp 4500 4500" \
	"a firewall that rewrites ESP does not wake xfrm" "rewritten 4 ip" \
	"a hub sends no redirects" redirects
