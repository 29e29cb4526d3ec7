#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The replay window, RFC 4303 3.4.3, as the sender of the packets sees it.

. "$(dirname "$0")/lib.sh"

spi=$(spi a 1)

setup()
{
	spindle_host a
}

# window SIZE [OPTION...]: a new inbound SA with that window.
window()
{
	host a spindle tunnel set t replay-window "$1"
	host a spindle sa flush t
	sa a in "$spi" "${@:2}"
}

# outcome ACCEPTED REPLAYED: of all packets to the SA up to now.
outcome()
{
	same "packets accepted and replayed" "$(show a sa \
		".[] | select(.spi == \"$(hex "$spi")\") | \"\(.packets) \(.drops.replay // 0)\"")" \
		"$1 $2"
}

# The newest, the oldest that fits, one behind it, then both again.
edges()
{
	local size=$1 top=100000

	window "$size"
	same "window" "$(sa_field a in "$spi" replay-window)" "$size"
	forge seq "$top,$((top - size + 1)),$((top - size)),$((top - size + 1)),$top"
	outcome 2 3
}

# All that fits, backward, then all of it again, forward.
backward()
{
	local size=$1

	window "$size"
	forge seq "$((size + 500))-501"
	outcome "$size" 0
	forge seq "501-$((size + 500))"
	outcome "$size" "$size"
}

one_packet()
{
	window 1
	forge seq 1-3,2,3,5,4,6
	outcome 5 3
}

# There is still no packet with number 0.
no_window()
{
	window 0
	forge seq 7,7,1,7,0
	outcome 4 1
}

# The window's own marks do not come around again as somebody else's.
jumps()
{
	window 64
	forge seq 1-64,1000,937-999,1000,936,1001,1000000,999999,999937,1001
	outcome $((64 + 1 + 63 + 1 + 3)) 3
}

last_numbers()
{
	window 64
	forge seq 4294967295,4294967232,4294967294,4294967231,4294967295,1
	outcome 3 3
}

# Only what has proved where it comes from moves the window.
forged_number()
{
	window 64
	forge seq 10
	forge seq 2000000 flip -1
	same "highest number" "$(sa_field a in "$spi" sequence)" 10
	forge seq 11
	outcome 2 0
}

continues()
{
	window 64 sequence 1000
	forge seq 1000,999,937,1001
	outcome 1 3
}

# The window is the SA's, not the tunnel's.
set_later()
{
	window 64
	host a spindle tunnel set t replay-window 4096
	forge seq 5000,4937,4936
	outcome 2 1
}

half=$((1 << 32))

# With 64 bits of which 32 are sent, each is taken for the one that is not behind the window.
across_halves()
{
	window 64 esn sequence $((half - 10))
	forge esn 1 seq "$((half - 6)),$((half + 4)),$((half - 7)),$half,$((half - 1))"
	outcome 5 0
	forge esn 1 seq "$((half - 6)),$((half + 4)),$half"
	outcome 5 3
	same "highest number" "$(sa_field a in "$spi" sequence)" $((half + 4))
}

# What is behind is taken for what is far ahead, and cannot prove it.
behind_halves()
{
	window 64 esn sequence $((half + 100))
	forge esn 1 seq "$((half + 36)),$((half + 37)),$((half + 101)),102"
	outcome 1 1
	same "not proved" "$(show a sa \
		".[] | select(.spi == \"$(hex "$spi")\").drops.authentication")" 2
	forge esn 1 seq $((2 * half + 37))
	outcome 2 1
}

run_tests \
	"host" setup \
	"a window of 32" "edges 32" \
	"a window of 64" "edges 64" \
	"a window of 100, which is no whole number of words" "edges 100" \
	"a window of 4096" "edges 4096" \
	"a window of 65536" "edges 65536" \
	"a window of 64, filled backward" "backward 64" \
	"a window of 300, filled backward" "backward 300" \
	"a window of 1 takes each packet only in order" one_packet \
	"without a window everything is taken twice" no_window \
	"after jumps" jumps \
	"at the last number" last_numbers \
	"a forged packet does not move the window" forged_number \
	"an SA that continues another has seen what that has" continues \
	"a tunnel's window is for SAs added later" set_later \
	"numbers of 64 bits, as the lower half begins anew" across_halves \
	"numbers of 64 bits, behind the window" behind_halves
