#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One tunnel on all processors: nothing is lost or overtakes, with a replay window of no
# more than 64 packets, a flood of all sizes, and new keys every 100 ms.
#
# Wants several processors.

. "$(dirname "$0")/lib.sh"

export PATH=$top/build/soak:$PATH

# With GRO a veth device has one queue for all processors, and so keeps the order itself;
# but what it could leave to its own segmentation it puts in line at each processor.
setup()
{
	local name

	fresh_hosts
	for name in a b; do
		host $name ethtool -K eth0 gro on tso off
		spindle_host $name replay-window 64
	done
	count_flow
	# Where processors are emulated, packets may be under way for a second.
	refresh a b 100 30 > "$scratch/refreshed" &
	refresher=$!
	within 20 pings a b
}

# The flow is counted where the module takes it and where the module gives it: what is lost
# before, between and behind is the stack's, a full queue of the wire or of the socket.  Outside
# it is known by its DSCP, which the outer header has from the inner one.
count_flow()
{
	host a nft -f - <<-END
		table ip stations {
			counter taken {}
			counter sealed {}
			chain tag {
				type filter hook output priority mangle
				udp dport 5001 ip dscp set ef
			}
			chain leave {
				type filter hook postrouting priority 300
				oifname spin0 udp dport 5001 counter name taken
				oifname eth0 ip dscp ef counter name sealed
			}
		}
	END
	host b nft -f - <<-END
		table netdev stations {
			counter arrived {}
			chain enter {
				type filter hook ingress device eth0 priority 0
				ip dscp ef counter name arrived
			}
		}
		table ip stations {
			counter opened {}
			chain leave {
				type filter hook input priority 300
				iifname spin0 udp dport 5001 counter name opened
			}
		}
	END
}

# counted NAME COUNTER
counted()
{
	host "$1" nft -j list counters | jq --arg name "$2" \
		'[.nftables[].counter | select(.name == $name)][0].packets'
}

# flow_in_order: each once, whole, in order, and none lost in the module.
flow_in_order()
{
	local result taken sealed arrived opened

	read -r -t 60 -u "$flow" result
	taken=$(counted a taken) sealed=$(counted a sealed)
	arrived=$(counted b arrived) opened=$(counted b opened)
	echo "taken $taken, sealed $sealed, arrived $arrived, opened $opened; then $result"
	host b grep Udp: /proc/net/snmp
	host b ip -s link show eth0
	[ "$taken" -gt 100 ]
	same "lost on the way out" $((taken - sealed)) 0
	same "lost on the way in" $((arrived - opened)) 0
	same "what became of the datagrams" "${result#lost=* }" "doubled=0 wrong=0 disordered=0"
}

# What is measured, small ones at an even pace, and beside it as much as there is room for.
begin_flood()
{
	background b iperf3 -s > /dev/null
	receive b
	send a b 200
	within 5 host a iperf3 -c "${inner[b]}" -B "${inner[a]}" -t "$1" -P 2 --bidir -J \
		> "$scratch/tcp" &
	flood=$!
	background a ping -q -A -s 1000 -w "$1" "${inner[b]}" > "$scratch/ping"
}

end_flood()
{
	local generations

	wait $flood
	stop_sending
	no_drops a
	no_drops b
	flow_in_order
	kill $refresher
	wait $refresher
	generations=$(sed -n 's/^generations //p' "$scratch/refreshed")
	echo "$generations generations; TCP there and back, bits a second:"
	jq '.end | .sum_received.bits_per_second, .sum_received_bidir_reverse.bits_per_second' \
		"$scratch/tcp"
	[ "$generations" -gt 20 ]
}

flooded()
{
	setup
	begin_flood 8
	end_flood
}

# One after another goes, and comes back; the first cannot go.
processors_come_and_go()
{
	local file n=0

	while kill -0 $flood 2> /dev/null; do
		for file in /sys/devices/system/cpu/cpu[1-9]*/online; do
			echo 0 > "$file"
			sleep 0.2
			echo 1 > "$file"
			n=$((n + 1))
		done
	done
	echo "$n came and went"
	[ $n -gt 0 ]
}

flooded_meanwhile()
{
	setup
	begin_flood 8
	processors_come_and_go
	end_flood
}

tests=("a flood, and new keys every 100 ms" flooded)
# Those of User Mode Linux cannot go.
! compgen -G "/sys/devices/system/cpu/cpu[1-9]*/online" > /dev/null ||
	tests+=("processors come and go meanwhile" flooded_meanwhile)
run_tests "${tests[@]}"
