#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A tunnel that is switched off: nothing passes it, and nothing of it is forgotten.

. "$(dirname "$0")/lib.sh"

in_sa="sa in $(hex "$(spi a 1)")"

# switch NAME up|down
switch()
{
	host "$1" spindle tunnel set t admin "$2"
}

# Which nobody answers.
ping_out()
{
	refuse host a ping -n -c 1 -W 1 "${inner[b]}" > "$scratch/ping" 2>&1
}

setup()
{
	spindle_hosts
	pings a b
	switch a down
	remember_counters a
}

# The sender is told, and the wire sees nothing.
sending()
{
	capture a eth0 'not arp'
	expect_drop a "tunnel t admin-down" ping_out
	stop_captures
	grep 'Destination Host Unreachable' "$scratch/ping"
	same "packets on the wire" "$(captured a eth0)" ""
}

# Good or forged, nobody looks.
receiving()
{
	expect_drop a "$in_sa admin-down" refuse host b ping -n -c 1 -W 1 "${inner[a]}"
	expect_drop a "$in_sa admin-down" forge flip -1
}

shown()
{
	same "state" "$(show a tunnel '.[] | "\(.admin) \(.state) \(.generation)"')" "down down 1"
	host a spindle tunnel show t | grep -x '    options       admin down'
	host a spindle show t | grep -F 'it is switched off; spindle tunnel set t admin up'
	host a spindle tunnel add other dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts "${network[a]}" remote-ts 10.9.0.0/16 admin down
	same "one made so" "$(show a tunnel '.[] | select(.name == "other").admin')" down
	host a spindle tunnel del other
}

told_of_changes()
{
	[ "$(events '.event == "tunnel-set" and .tunnel == "t"')" -ge "$1" ]
}

# At once, and with the same SAs.
up_again()
{
	local before

	before=$(show a sa '.[] | "\(.dir) \(.spi) \(.generation)"')
	monitor a
	switch a up
	pings a b
	pings b a
	no_new_drops a
	same "SAs" "$(show a sa '.[] | "\(.dir) \(.spi) \(.generation)"')" "$before"
	host a spindle tunnel show t | refuse grep options
	# By who waited for the monitor, and now.
	within 3 told_of_changes 2
}

acquires()
{
	same "acquires" "$(events '.event == "acquire"')" "$1"
}

# What waits for an SA goes, and no SA is asked for.
without_sas()
{
	host a spindle sa flush t
	remember_counters a
	monitor a
	ping_out
	same "packets that wait" "$(tunnel_field a staged)" 1
	expect_drop a "tunnel t admin-down" switch a down
	same "packets that wait" "$(tunnel_field a staged)" 0
	# One a second is asked for at most.
	sleep 1.2
	expect_drop a "tunnel t admin-down" ping_out
	acquires 1
	switch a up
	ping_out
	within 3 acquires 2
	generation a 1
}

sent()
{
	sa_field a out "$(spi b 1)" packets
}

more_than()
{
	[ "$(sent)" -gt "$1" ]
}

# What a tunnel sends by itself.
dummies()
{
	local before

	host a spindle tunnel set t dummy 20
	within 3 more_than "$(sent)"
	switch a down
	sleep 0.1
	before=$(sent)
	sleep 0.3
	same "packets sent" "$(sent)" "$before"
	no_new_drops a
	switch a up
	within 3 more_than "$before"
}

# In transport mode, with IPv6 inside and outside, and AH.
other_modes()
{
	dual_hosts
	transport_families 6
	transport_host a proto ah admin down
	remember_counters a
	expect_drop a "tunnel t admin-down" ping_out
	grep 'Address unreachable' "$scratch/ping"
}

# --- with a daemon ----------------------------------------------------------

# reads NAME [KEY=VALUE...]: the daemon reads that.
reads()
{
	write_config "$@"
	ask "$1" reload
}

# It does not ask the peer, whatever wants it to; when it may, it does.
daemon_waits()
{
	daemons start=listen admin=down
	reads a start=up admin=down
	refused a "is switched off (admin down)" up
	sleep 1
	same "state" "$(field a state)" admin-down
	same "session" "$(ask a status -j | pick in peers state)" closed
	reads a start=up
	within 20 both_have generation 1
	same "state" "$(field b state)" admin-down
	reads b start=listen
	pings a b
}

# The SAs of a tunnel that is switched off while the daemon looks on, or by its word, stay.
daemon_keeps()
{
	local before

	daemons start=up
	within 20 both_have state up
	before=$(show a sa '.[].spi')
	host a spindle tunnel set lan admin down
	within 3 has_state admin-down
	refused a "is switched off (admin down)" rekey
	ping_out
	host a spindle tunnel set lan admin up
	within 3 has_state up
	pings a b
	same "SAs" "$(show a sa '.[].spi')" "$before"
	write_config a start=up admin=down
	same plan "$(ask a reload --plan)" "refreshed  lan (admin)"
	ask a reload
	has_state admin-down
	ping_out
	same "SAs" "$(show a sa '.[].spi')" "$before"
	reads a start=up
	pings a b
	has_state up
}

has_state()
{
	[ "$(field a state)" = "$1" ]
}

run_tests \
	"hosts" setup \
	"what is sent goes nowhere, and its sender is told" sending \
	"what comes is not looked at" receiving \
	"it is shown" shown \
	"up again at once, with the same SAs" up_again \
	"what waits goes, and nobody is asked for an SA" without_sas \
	"it sends nothing by itself" dummies \
	"in transport mode, IPv6 and AH" other_modes \
	"the daemon does not ask the peer" daemon_waits \
	"the daemon keeps what there is" daemon_keeps \
	"of none of this the kernel's log speaks" quiet
