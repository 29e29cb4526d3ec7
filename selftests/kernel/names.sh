#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A peer that has a name.

. "$(dirname "$0")/lib.sh"

# named [KEY=VALUE...]: a's peer is gw.test, which has no address.
named()
{
	trap 'cat "$scratch"/?/log; cat "$scratch/hosts" > /etc/hosts; end_test' EXIT
	cp /etc/hosts "$scratch/hosts"
	fresh_hosts
	write_config a "$@"
	sed -i 's/^remote = .*/remote = gw.test/' "$scratch/a/spindle.conf"
}

# is_at ADDRESS: so the name says, from now on.
is_at()
{
	cp "$scratch/hosts" /etc/hosts
	echo "$1 gw.test" >> /etc/hosts
}

problems()
{
	ask a status -j | jq -r '.peers[].tunnels[].problems[]'
}

told()
{
	problems | grep -F "$1" > /dev/null
}

remote()
{
	ask a status -j | jq -r '.peers[] | "\(."remote-name") \(.remote)"'
}

# --- tests ------------------------------------------------------------------

# One that is not known yet holds nobody up.
found_later()
{
	named start=up
	write_config b
	start_daemon b
	start_daemon a
	within 5 told "tunnel lan: gw.test has no address yet"
	same "remote" "$(remote)" "gw.test null"
	ask a status | grep "remote *gw.test, which has no address yet"
	is_at "${outer[b]}"
	within 30 both_have state up
	pings a b
	same "remote" "$(remote)" "gw.test ${outer[b]}"
	same "problems" "$(problems)" ""
	same "plan" "$(ask a reload --plan)" "unchanged  lan"
}

# It goes elsewhere, and its name with it.
goes_elsewhere()
{
	local old=${outer[b]}

	named start=up
	write_config b
	is_at "$old"
	start_daemon b
	start_daemon a
	within 30 both_have state up
	stop_daemon b TERM
	host b spindle tunnel del lan
	host b sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/promote_secondaries'
	ip -n b address add 192.0.2.3/24 dev eth0
	ip -n b address del "$old/24" dev eth0
	outer[b]=192.0.2.3
	write_config b
	start_daemon b
	is_at 192.0.2.3
	within 60 both_have state up
	same "remote" "$(remote)" "gw.test 192.0.2.3"
	same "remote of the tunnel" "$(tunnel_field a remote)" 192.0.2.3
	pings a b
}

# While nobody answers, what is in the kernel goes on.
unknown_again()
{
	named start=up
	write_config b
	is_at "${outer[b]}"
	start_daemon b
	start_daemon a
	within 30 both_have state up
	stop_daemon a KILL
	cp "$scratch/hosts" /etc/hosts
	start_daemon a
	pings a b
	same "state" "$(field a state)" up
	same "remote of the tunnel" "$(tunnel_field a remote)" "${outer[b]}"
}

run_tests \
	"a name that is found later" found_later \
	"a name that gets another address" goes_elsewhere \
	"a name that is not found any more" unknown_again
