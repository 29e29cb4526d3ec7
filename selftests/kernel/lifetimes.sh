#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Limits of an SA's life: soft is told once, hard ends it, and beyond hard not a
# single packet passes.

. "$(dirname "$0")/lib.sh"

# limited DIRECTION OPTION...: a's SA of that direction has limits; a listens for events.
limited()
{
	local direction=$1

	fresh_hosts
	spindle_host a
	spindle_host b
	generation b 1
	if [ "$direction" = in ]; then
		sa a in "$(spi a 1)" "${@:2}"
		sa a out "$(spi b 1)"
	else
		sa a in "$(spi a 1)"
		sa a out "$(spi b 1)" "${@:2}"
	fi
	monitor a
}

# pings_out COUNT: 84 octets each, answered or not.
pings_out()
{
	host a ping -n -q -c "$1" -i 0.002 -W 0.1 "${inner[b]}" > /dev/null || true
}

# told HARD LIMIT TIMES
told()
{
	same "events hard=$1 limit=$2" \
		"$(events ".event == \"expire\" and .hard == $1 and .limit == \"$2\"")" "$3"
}

# field DIRECTION FIELD: of a's SA.
field()
{
	local spi

	[ "$1" = in ] && spi=$(spi a 1) || spi=$(spi b 1)
	sa_field a "$1" "$spi" "$2"
}

# counted DIRECTION OPTION LIMIT SOFT HARD PACKETS: limits reached by pings, the soft
# one by four of them; PACKETS pass in all.
counted()
{
	local direction=$1 limit=$3

	limited "$direction" "$2" "$4" "$5"
	pings_out 4
	told false "$limit" 1
	told true "$limit" 0
	same "state" "$(field "$direction" state)" active
	pings_out 20
	told false "$limit" 1
	told true "$limit" 1
	same "events of all kinds" "$(events '.event == "expire"')" 2
	same "state" "$(field "$direction" state)" expired
	same "packets" "$(field "$direction" packets)" "$6"
	same "octets" "$(field "$direction" bytes)" $((84 * $6))
}

# What the other end has seen is what counts.
not_beyond_hard()
{
	counted out life-packets packets 4 10 10
	same "packets at the other end" "$(sa_field b in "$(spi b 1)" packets)" 10
}

# A stream comes as lists of packets; of one that does not fit as a whole the first go.
stream()
{
	local octets

	limited out life-bytes 50k 100k
	background b nc -l -p 5000 > /dev/null < /dev/null
	head -c 500000 /dev/zero | within 5 host a timeout 3 nc "${inner[b]}" 5000 || true
	told false bytes 1
	told true bytes 1
	octets=$(sa_field b in "$(spi b 1)" bytes)
	same "octets at the other end" "$octets" "$(field out bytes)"
	echo "$octets octets"
	[ "$octets" -le 102400 ]
	[ "$octets" -gt $((102400 - 1500)) ]
}

expired()
{
	[ "$(events '.event == "expire" and .hard')" = "$1" ]
}

# Both SAs, without any traffic.
seconds()
{
	fresh_hosts
	spindle_host a
	monitor a
	sa a in "$(spi a 1)" life-seconds 1 3
	sa a out "$(spi b 1)" life-seconds 1 3
	within 5 expired 2
	told false seconds 2
	told true seconds 2
	same "events of all kinds" "$(events '.event == "expire"')" 4
	same "state of the outbound SA" "$(field out state)" expired
	same "state of the inbound SA" "$(field in state)" expired
	[ "$(field in age)" -ge 3 ]
	# Each was told two seconds before it ended.
	jq -es 'map(select(.event == "expire")) | group_by(.spi) |
		all(.[1].time - .[0].time > 1.5 and (.[0].hard | not))' "$scratch/events"
}

hard_without_soft()
{
	limited out life-packets 0 3
	pings_out 5
	told false packets 0
	told true packets 1
	same "packets" "$(field out packets)" 3
}

soft_without_hard()
{
	limited out life-packets 3 0
	pings_out 10
	told false packets 1
	told true packets 0
	same "packets" "$(field out packets)" 10
}

# Numbers run out, too; userspace hears of it in time.
sequence()
{
	limited out sequence $((0xf0000000))
	pings_out 1
	told false sequence 1
	told true sequence 0
	same "state" "$(field out state)" active
}

# What comes after the end waits for the next generation.
goes_on()
{
	limited out life-packets 0 1
	pings a b
	refuse pings a b -W 1
	background a ping -n -q -c 1 -W 5 "${inner[b]}"
	generation b 2
	generation a 2
	wait $!
	same "asked for an SA" "$(events '.event == "acquire"')" 1
}

# send_train COUNT: that many datagrams, which the stack hands over as one.
send_train()
{
	host a python3 -ISc '
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_UDP, 103, 100)  # UDP_SEGMENT
sock.sendto(bytes(100 * int(sys.argv[2])), (sys.argv[1], 9))' "${inner[b]}" "$1"
}

# What of a train has room goes, and no more.
in_a_train()
{
	limited out life-packets 0 4
	send_train 10
	same "packets" "$(field out packets)" 4
	same "state" "$(field out state)" expired
	same "drops" "$(field out drops | jq -c .)" '{"expired":6}'
	same "packets at the other end" "$(sa_field b in "$(spi b 1)" packets)" 4
}

run_tests \
	"packets, sending" not_beyond_hard \
	"packets, receiving" "counted in life-packets packets 4 10 10" \
	"octets, sending" "counted out life-bytes bytes 300 1000 11" \
	"octets, receiving" "counted in life-bytes bytes 300 1000 11" \
	"octets, a TCP stream" stream \
	"seconds, both ways" seconds \
	"hard without soft" hard_without_soft \
	"soft without hard" soft_without_hard \
	"sequence numbers" sequence \
	"the next generation goes on" goes_on \
	"in the middle of a train" in_a_train
