# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the hosts say, and what is on the wire.

# show NAME WHAT FILTER: jq over `spindle WHAT show -j`.
show()
{
	host "$1" spindle "$2" show -j | jq -r "$3"
}

# tunnel_field NAME FIELD: of each tunnel; sooner than show.
tunnel_field()
{
	host "$1" spindle tunnel show -j | pick "$2"
}

# capture NAME DEVICE [FILTER]: from now on, until stop_captures, to $scratch/NAME-DEVICE.pcap.
# With room for a thousand packets: on one processor a whole burst may come before tcpdump
# runs, and by default it has room for 32 of those that devices with offloads may bring.
capture()
{
	local file=$scratch/$1-$2

	background "$1" tcpdump -n -U --immediate-mode -Z root -B 16384 -s 10000 -i "$2" \
		-w "$file.pcap" "${3:-}" 2> "$file.log"
	captures+=($!)
	within 10 grep -q listening "$file.log"
}

# What there was to be read it has read.
sleeps()
{
	local _ state

	read -r _ _ state _ < "/proc/$1/stat"
	[ "$state" = S ]
}

# One that is told to stop leaves what it has not read yet.  A capture that has lost packets
# shows nothing.
stop_captures()
{
	local capture

	for capture in "${captures[@]}"; do
		within 10 sleeps "$capture"
	done
	kill "${captures[@]}"
	wait "${captures[@]}"
	captures=()
	refuse grep -H '^[1-9].* dropped by kernel' "$scratch/"*.log
}

# captured NAME DEVICE [OPTION...]: what there is, as text.
captured()
{
	tcpdump -n -v -t -r "$scratch/$1-$2.pcap" "${@:3}" 2> /dev/null
}

# monitor NAME: events from now on go to $scratch/events.
monitor()
{
	background "$1" spindle monitor -j > "$scratch/events"
	within 10 hears "$1"
}

# Something that every monitor is told of, until this one is.
hears()
{
	host "$1" spindle tunnel set t df copy
	[ -s "$scratch/events" ]
}

# events FILTER: those that jq's select() takes, how many.
events()
{
	jq -n "[inputs | select($1)] | length" "$scratch/events"
}

# sa_field NAME DIRECTION SPI FIELD
sa_field()
{
	local spi

	printf -v spi '0x%x' "$3"
	host "$1" spindle sa show -j | pick "$4" dir="$2" spi="$spi"
}

# Every drop counter of a host that is not zero, one a line.
counters()
{
	{
		host "$1" spindle device show -j
		host "$1" spindle tunnel show -j
		host "$1" spindle sa show -j
	} | pick | LC_ALL=C sort
}

# What they were when they were last looked at, by any test of the script.
known_counters()
{
	[ ! -e "$counters.$1" ] || printf '%s\n' "$(< "$counters.$1")"
}

remember_counters()
{
	counters "$1" > "$counters.$1"
}

counters_moved()
{
	remember_counters "$1"
	[ "$(known_counters "$1")" != "$2" ]
}

# expect_drop NAME COUNTER COMMAND...: which raises COUNTER by one, and no other.
expect_drop()
{
	local name=$1 counter=$2 before

	before=$(known_counters "$name")
	"${@:3}"
	within 3 counters_moved "$name" "$before"
	same "drop counters" "$(known_counters "$name")" "$(awk -v counter="$counter" '
		index($0, counter " ") == 1 { $NF += 1; found = 1 }
		NF { print }
		END { if (!found) print counter, 1 }' <<< "$before" | LC_ALL=C sort)"
}

# no_new_drops NAME: since a test last looked.
no_new_drops()
{
	local before

	before=$(known_counters "$1")
	remember_counters "$1"
	same "drop counters" "$(known_counters "$1")" "$before"
}

# no_drops NAME: nothing at all.
no_drops()
{
	same "drop counters of $1" "$(counters "$1")" ""
}

# What the kernel itself says of IPv6 on a new interface finds no tunnel.
no_drops_but_multicast()
{
	same "drop counters of $1" "$(counters "$1" | grep -v ' no-tunnel ' || true)" ""
}
