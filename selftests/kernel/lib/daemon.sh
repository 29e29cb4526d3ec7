# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A daemon at one end.

# The daemon takes none that are somebody else's, and who has built them may be.
keys=/run/keys
[ -e $keys ] || cp -r "$top/build/kselftest/keys" $keys

host_bits()
{
	[ "$(ip_version "$1")" = 4 ] && echo 32 || echo 128
}

# write_config NAME [KEY=VALUE...]: what is given goes in place of the usual, and nothing
# where the value is empty.  The usual is
# the profile compat, whose small keys are made quickly even on an emulated processor.
write_config()
{
	local name=$1 other=${peer[$1]} pair
	local -A office=([local]=${outer[$name]} [remote]=${outer[$other]} [keying]=rsa
		[profile]=compat [allow-insecure]=yes
		[key]=$keys/$name [peer-key]=$keys/$other.pub)
	local -A lan=([peer]=$other [interface]=spin0 [address]=${inner[$name]}/$(host_bits "${inner[$name]}")
		[local-ts]=${network[$name]} [remote-ts]=${network[$other]}
		[esp]=aes128-sha256 [start]=listen)

	for pair in "${@:2}"; do
		case $pair in
		local=* | remote=* | profile=* | key=* | peer-key=* | keying=* | psk=* | ike=* | \
			ike-lifetime=* | allow-insecure=* | session-* | master-pfs=* | pfs-group=* | \
			max-tunnels=* | dpd=* | dpd-action=* | encap=yes | encap=no | encap=auto | \
			local-id=* | remote-id=*) office[${pair%%=*}]=${pair#*=} ;;
		peer-allow-weak=*) office[allow-weak]=${pair#*=} ;;
		*) lan[${pair%%=*}]=${pair#*=} ;;
		esac
	done
	mkdir -p "$scratch/$name"
	{
		echo "[peer $other]"
		for key in "${!office[@]}"; do [ -z "${office[$key]}" ] || echo "$key = ${office[$key]}"; done
		echo "[tunnel lan]"
		for key in "${!lan[@]}"; do [ -z "${lan[$key]}" ] || echo "$key = ${lan[$key]}"; done
	} > "$scratch/$name/spindle.conf"
}

declare -A daemon

# start_daemon NAME [COMMAND...]: by that command, if there is one.
start_daemon()
{
	# Not through host, whose process would be the one that is killed.
	netns_exec "$1" "${@:2}" spindled -f -c "$scratch/$1/spindle.conf" \
		-s "$scratch/$1/control" 2>> "$scratch/$1/log" &
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

# field NAME FIELD: of the tunnel.
field()
{
	ask "$1" status lan -j | pick in tunnels "$2" name=lan
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

# --- two of them ------------------------------------------------------------

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

after_generation()
{
	local a b

	a=$(field a generation)
	b=$(field b generation)
	[[ $a = "$b" && $a -gt $1 ]] || not_yet
}

# names_error NAME: its peer has one.
names_error()
{
	local error

	error=$(ask "$1" status -j | pick in peers last-error)
	[[ -n $error && $error != null ]]
}

generations()
{
	host "$1" spindle sa show -j | pick generation | sort -un | paste -sd " "
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
