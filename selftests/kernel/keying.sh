#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two daemons agree on keys, over everything that keeps them from it.

. "$(dirname "$0")/lib.sh"

up()
{
	daemons "$@"
	# `up` waits for half a minute; a key of 2048 bits may take longer here.
	ask a up lan || ask a up lan
	same generation "$(field b generation)" 1
	pings a b
	pings b a
	transfer a b 200001
	both_have state up
	both_have last-error null
	ask a up lan			# is up already
}

start_up()
{
	daemons start=up
	within 60 both_have state up
	# An SPI that was reserved for a try that came to nothing is kept for a minute.
	within 90 only_generation "$(field a generation)"
	pings a b
}

on_traffic()
{
	daemons start=trap
	both_have state idle
	host a ping -q -c 1 -w 60 "${inner[b]}"
	both_have state up
}

rekey()
{
	daemons
	ask a up lan
	begin_pings
	ask a rekey lan
	ask b rekey lan
	both_have generation 3
	within 15 only_generation 3
	end_pings
	same rekeys "$(field a rekeys)" 2
}

lifetime()
{
	daemons "$@"
	ask a up lan
	begin_pings
	within 60 after_generation 1
	end_pings
}

down()
{
	daemons
	ask a up lan
	pings a b
	ask a down lan
	within 5 only_generation ""
	same "state of b" "$(field b state)" idle
	refused b "peer says down: the tunnel was taken down by its administrator" up
	ask a up lan
	pings b a
}

# restart SIGNAL [OPTION...]
restart()
{
	daemons start=up "${@:2}"
	within 60 both_have state up
	begin_pings
	stop_daemon b "$1"
	sleep 1
	start_daemon b
	within 60 after_generation 1
	stop_daemon a "$1"
	start_daemon a
	within 60 after_generation 2
	end_pings
}

restart_in_udp()
{
	restart KILL encap="udp 4500 4500"
}

# Its SAs are gone too.
reboot_peer()
{
	daemons start=up
	within 60 both_have state up
	stop_daemon b KILL
	host b spindle tunnel del lan
	start_daemon b
	within 60 after_generation 1
	pings a b
}

other_algorithms()
{
	daemons
	write_config b esp=aes256-sha512
	ask b reload
	refused a "peer refuses aes128-sha256: offered is aes128-sha256, accepted is aes256-sha512" up
	[[ $(field b last-error) = "peer offers aes128-sha256, we accept aes256-sha512" ]]
	write_config b esp=aes256-sha512,aes128-sha256
	ask b reload
	ask a up lan
}

other_selectors()
{
	daemons
	write_config b remote-ts=10.9.0.0/16
	ask b reload
	refused a "offered local-ts is 10.1.0.0/16, but remote-ts here is 10.9.0.0/16" up
}

other_key()
{
	daemons profile=signed
	write_config b profile=signed peer-key="$keys/stranger.pub"
	ask b reload
	refuse ask a up lan
	names_error a
	names_error b
	same "SAs of b" "$(generations b)" ""
}

# Silent, babbling and strange clients; the tunnel comes up beside them.
bad_clients()
{
	daemons
	for _ in {1..6}; do
		host a nc "${outer[b]}" 4510 < <(sleep 30) > /dev/null &
	done
	head -c 100000 /dev/urandom | host a nc -N -w 5 "${outer[b]}" 4510 > /dev/null || true
	ip -n a address add 192.0.2.3/24 dev eth0
	host a nc -s 192.0.2.3 -w 5 "${outer[b]}" 4510 < /dev/null > "$scratch/heard" || true
	same "what a stranger hears" "$(wc -c < "$scratch/heard")" 0
	ask b up lan
	pings a b
}

control()
{
	daemons
	printf '{"command":\n[}\n{"command":"sing"}\n{"command":"status"}\n' |
		nc -N -U -w 5 "$scratch/a/control" > "$scratch/answers"
	grep -c '^{"error":' "$scratch/answers" | grep -x 3
	tail -n 1 "$scratch/answers" | jq -e '.ok and .status.peers[0].name == "b"'
	chmod 755 "$scratch" "$scratch/a"
	chmod 777 "$scratch/a/control"
	refuse setpriv --reuid=65534 --clear-groups env SPINDLE_CONTROL="$scratch/a/control" \
		"$top/build/spindle" status
}

# ticks PID: of processor time, 100 a second.
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# logs NAME TEXT: how often its daemon has.
logs()
{
	grep -c "$2" "$scratch/$1/log" || true
}

# Fewer than it has open already: neither a client nor a peer gets in, nor does it get out.
no_descriptors()
{
	local before asking

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	write_config a start=up
	start_daemon a
	prlimit --pid "${daemon[a]}" --nofile=4
	SPINDLE_CONTROL=$scratch/a/control spindle status > "$scratch/answer" &
	asking=$!
	before=$(ticks "${daemon[a]}")
	within 20 grep -q "no connection from ${outer[a]}: Too many open files" "$scratch/a/log"
	sleep 1
	[ $(($(ticks "${daemon[a]}") - before)) -lt 50 ]
	same "complaints" "$(logs a "connections have to wait: Too many open files")" 1
	prlimit --pid "${daemon[a]}" --nofile=1024
	wait $asking
	grep -q lan "$scratch/answer"
}

# told TEXT N: systemd has been, so often.
told()
{
	[ "$(grep -cx "$1" "$scratch/told")" -ge "$2" ] || not_yet
}

# As if we were systemd.
watchdog()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	write_config a
	python3 -ISc '
import socket, sys
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(sys.argv[1])
while True:
    print(sock.recv(256).decode(), flush=True)' "$scratch/systemd" > "$scratch/told" &
	within 5 test -S "$scratch/systemd"
	start_daemon a env "NOTIFY_SOCKET=$scratch/systemd" WATCHDOG_USEC=400000
	within 5 told READY=1 1
	within 5 told WATCHDOG=1 3
	stop_daemon a TERM
	# What is meant for another process is not for us.
	start_daemon a env "NOTIFY_SOCKET=$scratch/systemd" WATCHDOG_USEC=400000 WATCHDOG_PID=1
	within 5 told READY=1 2
	: > "$scratch/told"
	sleep 1
	refuse told WATCHDOG=1 1
	stop_daemon a TERM
}

# --- what it keeps to itself -------------------------------------------------

# leaves_core COMMAND...: which ends by a signal.
leaves_core()
{
	rm -f "$scratch"/core.*
	"$@"
	[ -e "$(echo "$scratch"/core.*)" ]
}

# die SIGNAL COMMAND...
die()
{
	local signal=$1

	shift
	"$@" &
	sleep 0.5
	kill "-$signal" $!
	! wait $!
}

# Debian's default limit is 0, but that is the administrator's to change.
no_core()
{
	local signal pattern=/proc/sys/kernel/core_pattern

	daemons start=up
	within 60 both_have state up
	echo "$scratch/core.%p" > $pattern
	ulimit -c unlimited
	for signal in SEGV ABRT; do
		leaves_core die $signal sleep 100
		refuse leaves_core stop_daemon a $signal
		start_daemon a
	done
	echo core > $pattern
}

# In front of a command: as root, but one that may not trace what it cannot anyhow.
unprivileged=(setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)

# looks_into PID: reads its memory, as a debugger would.
looks_into()
{
	"${unprivileged[@]}" sh -c ": < /proc/$1/mem && cat /proc/$1/maps" > /dev/null
}

no_debugger()
{
	daemons
	stop_daemon a TERM
	start_daemon a "${unprivileged[@]}"
	"${unprivileged[@]}" sleep 100 &
	within 5 looks_into $!
	refuse looks_into "${daemon[a]}"
}

run_tests \
	"keys are agreed on, profile signed" "up profile=signed" \
	"keys are agreed on, profile compat" "up profile=compat" \
	"both sides start by themselves and cross" start_up \
	"the first packet brings the tunnel up" on_traffic \
	"a refresh from either side loses no packet" rekey \
	"a refresh by lifetime in seconds loses no packet" "lifetime lifetime=10s" \
	"a refresh by lifetime in octets loses no packet" "lifetime lifetime-bytes=12k" \
	"down holds on both sides until up" down \
	"a daemon ends and comes back; no packet is lost" "restart TERM" \
	"a daemon is killed and comes back; no packet is lost" "restart KILL" \
	"the same with ESP in UDP" restart_in_udp \
	"a peer that has lost its SAs gets new ones" reboot_peer \
	"algorithms that differ are named" other_algorithms \
	"selectors that differ are named" other_selectors \
	"a key that is not pinned is refused" other_key \
	"silent and strange clients disturb nobody" bad_clients \
	"the control socket answers root, and nonsense with errors" control \
	"without file descriptors a daemon waits, and says so" no_descriptors \
	"systemd hears that the daemon is alive" watchdog \
	"a daemon that crashes leaves its memory in no file" no_core \
	"nobody without CAP_SYS_PTRACE looks into a daemon" no_debugger
