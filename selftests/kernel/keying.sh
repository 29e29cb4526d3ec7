#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two daemons agree on keys, over everything that keeps them from it.

. "$(dirname "$0")/lib.sh"

keys=$top/build/kselftest/keys

# --- hosts with a daemon ----------------------------------------------------

# write_config NAME [KEY=VALUE...]: what is given goes in place of the usual.  That is
# the profile compat, whose small keys are made quickly even on an emulated processor.
write_config()
{
	local name=$1 other=${peer[$1]} pair
	local -A office=([local]=${outer[$name]} [remote]=${outer[$other]} [keying]=rsa
		[profile]=compat [allow-insecure]=yes
		[key]=$keys/$name [peer-key]=$keys/$other.pub)
	local -A lan=([peer]=$other [interface]=spin0 [address]=${inner[$name]}/32
		[local-ts]=${network[$name]} [remote-ts]=${network[$other]}
		[esp]=aes128-sha256 [start]=listen)

	for pair in "${@:2}"; do
		case $pair in
		profile=* | peer-key=*) office[${pair%%=*}]=${pair#*=} ;;
		*) lan[${pair%%=*}]=${pair#*=} ;;
		esac
	done
	mkdir -p "$scratch/$name"
	{
		echo "[peer $other]"
		for key in "${!office[@]}"; do echo "$key = ${office[$key]}"; done
		echo "[tunnel lan]"
		for key in "${!lan[@]}"; do echo "$key = ${lan[$key]}"; done
	} > "$scratch/$name/spindle.conf"
}

declare -A daemon

start_daemon()
{
	# Not through host, whose process would be the one that is killed.
	netns_exec "$1" spindled -f -c "$scratch/$1/spindle.conf" -s "$scratch/$1/control" \
		2>> "$scratch/$1/log" &
	daemon[$1]=$!
	within 20 ask "$1" status > /dev/null 2> /dev/null
}

# stop_daemon NAME SIGNAL
stop_daemon()
{
	kill "-$2" "${daemon[$1]}"
	wait "${daemon[$1]}" || [ "$2" = KILL ]
}

ask()
{
	SPINDLE_CONTROL=$scratch/$1/control spindle "${@:2}"
}

# Both, with the same options.
daemons()
{
	local name

	# What the daemons have said is part of what a failed test shows.
	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	for name in a b; do
		write_config $name "$@"
		start_daemon $name
	done
}

# field NAME FIELD: of the tunnel.
field()
{
	ask "$1" status lan -j | jq -r ".peers[0].tunnels[0].\"$2\""
}

# Each question is several processes: asked too often, they are all that runs.
not_yet()
{
	sleep 0.5
	return 1
}

# both_have FIELD VALUE
both_have()
{
	[[ $(field a "$1") = "$2" && $(field b "$1") = "$2" ]] || not_yet
}

after_generation()
{
	local a b

	a=$(field a generation)
	b=$(field b generation)
	[[ $a = "$b" && $a -gt $1 ]] || not_yet
}

generations()
{
	show "$1" sa '[.[].generation] | unique | map(tostring) | join(" ")'
}

only_generation()
{
	[[ $(generations a) = "$1" && $(generations b) = "$1" ]] || not_yet
}

# refused NAME TEXT VERB: the command fails with that text in its error.
refused()
{
	local error

	error=$(refuse ask "$1" "$3" lan 2>&1)
	[[ $error = *"$2"* ]] || { echo "$error"; return 1; }
}

# A ping every 50 ms while something happens; all must be answered.
begin_pings()
{
	background a ping -q -i 0.05 -w 120 "${inner[b]}" > "$scratch/pings"
	pinging=$!
	sleep 1
}

end_pings()
{
	sleep 0.5
	kill -INT "$pinging"
	wait "$pinging"
	grep -q ' 0% packet loss' "$scratch/pings" || { cat "$scratch/pings"; return 1; }
}

# --- tests ------------------------------------------------------------------

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
	within 60 only_generation "$(field a generation)"
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

restart()
{
	daemons start=up
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
	[ "$(ask a status -j | jq -r '.peers[0]."last-error"')" != null ]
	[ "$(ask b status -j | jq -r '.peers[0]."last-error"')" != null ]
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

only_tunnel()
{
	[ "$(show a tunnel 'map(.name) | join(" ")')" = "$1" ]
}

reload()
{
	daemons start=up
	within 60 both_have state up
	same plan "$(ask a reload --plan)" "unchanged  lan"
	write_config a start=up replay-window=1024
	cat >> "$scratch/a/spindle.conf" <<-END
		[tunnel dmz]
		peer = b
		interface = spin1
		local-ts = 10.5.0.0/16
		remote-ts = 10.6.0.0/16
		esp = aes128-sha256
		start = listen
	END
	begin_pings
	same plan "$(ask a reload --plan)" "refreshed  lan"$'\n'"new        dmz"
	only_tunnel lan
	ask a reload
	within 30 after_generation 1
	end_pings
	show a tunnel 'map(.name) | sort | join(" ")' | grep -x "dmz lan"
	ip -n a route get 10.6.0.1 | grep "dev spin1"
	write_config a start=up replay-window=1024
	same plan "$(ask a reload --plan)" "unchanged  lan"$'\n'"deleted    dmz"
	kill -HUP "${daemon[a]}"
	within 5 only_tunnel lan
	echo 'colour = red' >> "$scratch/a/spindle.conf"
	refuse ask a reload 2>&1 | grep 'spindle.conf:[0-9]*:1: \[tunnel\] has no key "colour"'
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
	"a peer that has lost its SAs gets new ones" reboot_peer \
	"algorithms that differ are named" other_algorithms \
	"selectors that differ are named" other_selectors \
	"a key that is not pinned is refused" other_key \
	"silent and strange clients disturb nobody" bad_clients \
	"reload touches what differs" reload \
	"the control socket answers root, and nonsense with errors" control
