#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What README.md and the administrator's guide tell a newcomer to type is typed here.

. "$(dirname "$0")/lib.sh"

# block FILE TEXT: that part of the page between ``` and ``` in which the text stands.
block()
{
	awk -v text="$2" '
		/^```/ { if (inside && found) { printf "%s", lines; exit } inside = !inside; lines = ""; found = 0; next }
		inside { lines = lines $0 "\n"; found = found || index($0, text) }' "$top/$1"
}

# As on a gateway whose inner network has the address.
inner_address()
{
	ip -n "$1" address add "${inner[$1]}/32" dev lo
}

# What changes from run to run, as a word.
shape()
{
	sed -E 's/[0-9.]+ ([KM]i)?B\>/SIZE/; s/[0-9]+ packets?/PACKETS/
		s/generation [0-9]+/generation N/; s/[0-9]+[smh]( [0-9]+[smh])?\>/TIME/g'
}

# keys_of NAME: the two commands, with the folder of that host.
keys_of()
{
	mkdir -p "$scratch/$1/keys"
	block README.md "spindle key new" | sed "s,/etc/spindle,$scratch/$1,; s,#.*,," > "$scratch/script"
	bash -e "$scratch/script" | grep '^peer-key' > "$scratch/$1/line"
}

# configure NAME: the page's configuration, as the left or as the right one says it, with the
# other's line.
configure()
{
	local other=${peer[$1]}

	block README.md "[peer right]" > "$scratch/$1/spindle.conf"
	if [ "$1" = b ]; then
		sed -i 's/right/left/; s/192.0.2.2/192.0.2.1/
			s/^local-ts\( *\)= .*/local-ts\1= 10.2.0.0\/16/
			s/^remote-ts\( *\)= .*/remote-ts\1= 10.1.0.0\/16/' "$scratch/$1/spindle.conf"
	fi
	sed -i "/^peer-key/{r $scratch/$other/line
		d}" "$scratch/$1/spindle.conf"
	spindle check "$scratch/$1/spindle.conf"
}

two_gateways()
{
	local name

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	for name in a b; do
		inner_address $name
		keys_of $name
	done
	for name in a b; do
		configure $name
		start_daemon $name
	done
	within 60 both_have state up
	pings a b
	pings b a
	SPINDLE_CONTROL=$scratch/a/control host a spindle show > "$scratch/shown"
	cat "$scratch/shown"
	same "what spindle show prints" "$(shape < "$scratch/shown")" \
		"$(block README.md "lan  up on spin0" | shape)"
}

# run_block NAME FILE TEXT: on that host, in one folder, where the keys are.
run_block()
{
	block "$2" "$3" > "$scratch/script"
	[ -s "$scratch/script" ]
	(cd "$scratch" && host "$1" bash -ex "$scratch/script")
}

beside_xfrm()
{
	fresh_hosts
	inner_address a
	inner_address b
	ip -n b route add 10.1.0.0/16 via "${outer[a]}" src "${inner[b]}"
	run_block a README.md "openssl rand"
	run_block a README.md "spindle sa add office out"
	run_block b Documentation/admin-guide.md "ip xfrm policy add"
	host a ping -q -c 3 -i 0.2 -W 5 -I "${inner[a]}" "${inner[b]}"
	same "packets in" "$(host a spindle sa show office -j | jq '.[] | select(.dir == "in").packets')" 3
}

run_tests \
	"README: two gateways, and what spindle show prints then" two_gateways \
	"README: keys by hand, the other end by the guide with xfrm" beside_xfrm
