#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon as a service: how it starts, in the background or under systemd, whom it tells
# what, and how it ends.

. "$(dirname "$0")/lib.sh"

# hear SOCKET FILE: what datagrams bring to that address, into a file.
hear()
{
	nc -dklUu "$1" > "$2" &
	within 5 [ -S "$1" ]
}

# In host a, with its configuration.
spindled_a()
{
	host a spindled -c "$scratch/a/spindle.conf" -s "$scratch/a/control"
}

ended()
{
	! [ -e "/proc/$1" ]
}

prepare()
{
	fresh_hosts
	write_config a
}

in_background()
{
	local log=$scratch/syslog pid

	prepare
	hear /dev/log "$log"
	spindled_a
	ask a status
	within 5 grep "^<29>.* spindled\[[0-9]*\]: ready$" "$log"
	pid=$(sed -n 's/.*spindled\[\([0-9]*\)\]: ready$/\1/p' "$log")
	same "standard error" "$(readlink "/proc/$pid/fd/2")" /dev/null

	kill -HUP "$pid"
	within 5 grep "reload: done" "$log"
	echo "nonsense = 1" >> "$scratch/a/spindle.conf"
	kill -HUP "$pid"
	within 5 grep "reload: the configuration has mistakes" "$log"
	grep "spindle.conf:[0-9]*:1: .*nonsense" "$log"

	kill -TERM "$pid"
	within 5 ended "$pid"
	within 5 grep "stopping; tunnels and SAs stay as they are" "$log"
	rm /dev/log
}

# Who has started it reads on standard error what is wrong.
background_fails()
{
	local status=0

	prepare
	start_daemon a
	spindled_a 2> "$scratch/output" || status=$?
	same status $status 1
	grep "^spindled: another spindled, process ${daemon[a]}, is at work" "$scratch/output"
	stop_daemon a TERM
	host a spindled -c "$scratch/nowhere" 2> "$scratch/output" || status=$?
	same status $status 1
	grep "^spindled: $scratch/nowhere: No such file or directory$" "$scratch/output"
}

under_systemd()
{
	prepare
	hear "$scratch/notify" "$scratch/notified"
	NOTIFY_SOCKET=$scratch/notify start_daemon a
	stop_daemon a TERM
	within 5 grep "STOPPING=1" "$scratch/notified"
	same notifications "$(< "$scratch/notified")" READY=1STOPPING=1
}

nobody_is_told()
{
	prepare
	NOTIFY_SOCKET=$scratch/nobody start_daemon a
	grep "systemd cannot be told READY=1" "$scratch/a/log"
	stop_daemon a TERM
}

options()
{
	local status=0

	spindled -h | grep "^usage: spindled "
	spindled -x 2> "$scratch/output" || status=$?
	same status $status 2
	grep "^usage: spindled " "$scratch/output"
	spindled -f more 2> "$scratch/output" || status=$?
	same status $status 2
}

run_tests \
	"in the background, with syslog and signals" in_background \
	"a start that fails" background_fails \
	"under systemd" under_systemd \
	"a systemd that does not listen" nobody_is_told \
	"options" options
