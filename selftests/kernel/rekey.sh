#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Generations come and go under load, and no packet is lost.
#
# Wants several processors.

. "$(dirname "$0")/lib.sh"

both()
{
	fresh_hosts
	spindle_hosts
}

# state NAME DIRECTION GENERATION
state()
{
	local spi_host=$1

	[ "$2" = in ] || spi_host=${peer[$1]}
	sa_field "$1" "$2" "$(spi "$spi_host" "$3")" state
}

has_state()
{
	[ "$(state "$1" "$2" "$3")" = "$4" ]
}

# refresh GENERATION: as two daemons would, a in the lead.
refresh()
{
	local old=$(($1 - 1))

	generation b "$1" parked
	generation a "$1"
	within 5 has_state b out "$1" active
	host a spindle sa del t gen $old
	host b spindle sa del t gen $old
}

# TCP would hide a loss; the counters of drops do not.  Sent from all processors at once,
# datagrams may overtake each other.
under_load()
{
	local n

	both
	receive b
	send a b 500
	background b ping -q -i 0.01 "${inner[a]}" > "$scratch/ping"
	pinging=$!
	for n in {2..6}; do
		refresh "$n"
		transfer a b 100001
	done
	stop_sending
	flow_complete
	kill -INT $pinging
	wait $pinging
	grep ' 0% packet loss' "$scratch/ping"
	no_drops a
	no_drops b
	same "generations" "$(show a sa '[.[].generation] | unique | join(" ")')" 6
}

parked_until_command()
{
	both
	monitor a
	generation b 2
	generation a 2 parked
	same "state of the new" "$(state a out 2)" parked
	same "state of the old" "$(state a out 1)" active
	host a spindle sa activate t gen 2
	same "state of the new" "$(state a out 2)" active
	same "state of the old" "$(state a out 1)" old
	same "events" "$(events '.event == "active" and .generation == 2')" 1
	# The peer's packet may have come first, so the command may come late.
	host a spindle sa activate t gen 2
	refuse host a spindle sa activate t gen 3
	pings a b
	same "packets of the new" "$(sa_field a out "$(spi b 2)" packets)" 1
}

# An old packet does not do it, nor one that is not authentic.
parked_until_packet()
{
	both
	monitor a
	generation a 2 parked
	pings b a
	forge spi "$(spi a 2)" flip -1 seq 1
	same "state of the new" "$(state a out 2)" parked
	generation b 2
	pings b a
	same "state of the new" "$(state a out 2)" active
	same "events" "$(events '.event == "active" and .generation == 2')" 1
	same "all events" "$(events '.event == "active"')" 1
}

delete_by_generation()
{
	both
	generation a 2
	generation b 2
	host a spindle sa del t gen 1
	same "what is left" "$(show a sa '[.[] | "\(.dir) \(.generation)"] | sort | join(", ")')" \
		"in 2, out 2"
	refuse host a spindle sa del t gen 1
	pings a b
}

back_to_the_one_before()
{
	both
	generation a 2
	same "state of the old" "$(state a out 1)" old
	host a spindle sa del t out spi "$(spi b 2)"
	same "state of the old" "$(state a out 1)" active
	pings a b
}

next_generation_by_itself()
{
	both
	sa a in "$(spi a 9)"
	sa a out "$(spi b 9)"
	same "generations" "$(show a sa '[.[].generation] | sort | join(" ")')" "1 1 2 2"
}

# carried HOST: packets in and out, and octets, of its tunnel.
carried()
{
	show "$1" tunnel '.[0] | [.rx.packets, .tx.packets, .rx.bytes, .tx.bytes] | join(" ")'
}

# What the old SAs carried is the tunnel's, whatever becomes of them.
traffic_outlives_sas()
{
	both
	same "when the peer was heard" "$(tunnel_field a heard)" null
	pings a b
	same "traffic" "$(carried a)" "1 1 84 84"
	generation b 2
	generation a 2
	pings a b
	same "traffic" "$(carried a)" "2 2 168 168"
	host a spindle sa del t gen 1
	same "traffic" "$(carried a)" "2 2 168 168"
	host a spindle sa flush t
	same "traffic" "$(carried a)" "2 2 168 168"
	generation a 3
	generation b 3
	pings a b
	same "traffic" "$(carried a)" "3 3 252 252"
	[ "$(tunnel_field a heard)" -le 2 ]
}

is_staged()
{
	[ "$(tunnel_field a staged)" -ge "$1" ]
}

staged_until_sa()
{
	fresh_hosts
	spindle_host a
	spindle_host b
	generation b 1
	receive b
	send a b 20
	within 5 is_staged 10
	same "state of the tunnel" "$(tunnel_field a state)" down
	generation a 1
	same "state of the tunnel" "$(tunnel_field a state)" up
	stop_sending
	flow_arrived
	same "packets waiting" "$(tunnel_field a staged)" 0
	no_drops a
}

# Also packets that find all outbound SAs parked or expired wait.
staged_while_parked()
{
	fresh_hosts
	spindle_host a
	spindle_host b
	generation b 1
	generation a 1 parked
	receive b
	send a b 20
	within 5 is_staged 10
	host a spindle sa activate t gen 1
	stop_sending
	flow_complete
}

# Not pings, which wait for room while theirs are kept.
acquire()
{
	local begin asked

	fresh_hosts
	spindle_host a
	monitor a
	begin=$SECONDS
	host a udp_flow send "${inner[b]}" 50 64 190
	asked=$(events '.event == "acquire"')
	echo "asked $asked times in $((SECONDS - begin)) seconds"
	[ "$asked" -ge 2 ]
	[ "$asked" -le $((SECONDS - begin + 2)) ]
	same "what was asked" "$(jq -r 'select(.event == "acquire") |
		"\(.tunnel) \(.src) \(.dst) \(.proto) \(.sport | type) \(.dport | type)"' \
		"$scratch/events" | sort -u)" "t ${inner[a]} ${inner[b]} 17 number number"
}

run_tests \
	"five refreshes under load lose nothing" under_load \
	"parked until the command" parked_until_command \
	"parked until the first authentic packet of its generation" parked_until_packet \
	"a generation is deleted whole" delete_by_generation \
	"without the current one the one before is used" back_to_the_one_before \
	"an SA without a generation takes the next" next_generation_by_itself \
	"a tunnel's traffic outlives its SAs" traffic_outlives_sas \
	"packets wait for the first SA" staged_until_sa \
	"packets wait while the SA is parked" staged_while_parked \
	"userspace is asked for an SA, but not for every packet" acquire
