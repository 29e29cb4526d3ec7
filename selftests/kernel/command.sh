#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the command shows of both halves, and what it asks of several tunnels at once.

. "$(dirname "$0")/lib.sh"

# says TEXT COMMAND...: the command prints it, as a part of a line.
says()
{
	"${@:2}" > "$scratch/said" || true
	grep -F -- "$1" "$scratch/said" > /dev/null || { cat "$scratch/said"; return 1; }
}

# exits STATUS COMMAND...
exits()
{
	local status=0

	"${@:2}" || status=$?
	same "exit status" $status "$1"
}

# a's peer gets a second tunnel, which b does not know.
second_tunnel()
{
	cat >> "$scratch/a/spindle.conf" <<-END
		[tunnel other]
		peer = b
		local-ts = 10.1.0.0/16
		remote-ts = 10.3.0.0/16
		start = listen
	END
	ask a reload
}

# --- show -------------------------------------------------------------------

# view [WORD...]: of the kernel that a's daemon is for, too.
view()
{
	SPINDLE_CONTROL=$scratch/a/control host a spindle show "$@"
}

seen()
{
	view lan -j | jq -c "$1"
}

one_view()
{
	daemons
	says "nobody has asked for it yet" view lan
	ask a up lan
	pings a b
	host a ping -c 1 -W 1 10.2.0.99 || true
	view lan > "$scratch/view"
	cat "$scratch/view"
	grep -E '^lan  up on spin0, peer b, keying rsa, session open$' "$scratch/view"
	grep -E '^    local +192.0.2.1 for 10.1.0.0/16$' "$scratch/view"
	grep -E '^    keys +aes128-sha256, generation 1, [0-9]+s old, refresh in [0-9]+m' "$scratch/view"
	grep -E '^    received +[1-9][0-9]* packets?, ' "$scratch/view"
	grep -E '^    sent +[1-9][0-9]* packets?, .*, last [0-9]+s ago$' "$scratch/view"
	same "state, peer, reasons" "$(seen '.[] | [.state, .peer, .why]')" '["up","b",[]]'
	same "packets, both ways" "$(seen '.[] | .rx.packets > 0 and .tx.packets > 0')" true
	# What went through stays counted when its keys are gone.
	ask a rekey lan
	pings a b
	within 15 only_generation 2
	same "packets, both ways" "$(seen '.[] | .rx.packets > 1 and .tx.packets > 1')" true
	ask a down lan
	says "an administrator has taken it down; spindle up lan" view lan
	# A peer stands for its tunnels, and no name for all.
	second_tunnel
	same "tunnels of the peer" "$(view b -j | jq -r '[.[].name] | sort | join(" ")')" "lan other"
	same "all tunnels" "$(view -j | jq -r '[.[].name] | sort | join(" ")')" "lan other"
	refuse view nothing
	# Without the daemon the kernel is asked alone.
	stop_daemon a TERM
	same "all tunnels" "$(view -j | jq -r '[.[].name] | sort | join(" ")')" "lan other"
	same "peer" "$(seen '.[].peer')" null
}

by_hand()
{
	local verb

	fresh_hosts
	spindle_host a
	says "it has no outbound SA" host a spindle show t
	generation a 1
	spindle_host b
	generation b 1
	pings a b
	same "state" "$(host a spindle show t -j | jq -r '.[].state')" up
	same "reasons" "$(host a spindle show t -j | jq -c '.[].why')" "[]"
	# A packet of one that the selectors do not let in.
	host b spindle tunnel set t local-ts 10.4.0.0/16
	ip -n b address add 10.4.0.1/32 dev lo
	host b ping -c 1 -W 1 -I 10.4.0.1 "${inner[a]}" || true
	says "drops         selector 1" host a spindle show t
	ip -n a link set spin0 down
	says "interface spin0 is down" host a spindle show
	# What cannot be a name is one to the command alone.
	for verb in show status up; do
		exits 2 host a spindle $verb $'\xff' 2> "$scratch/error"
		grep 'the name of a tunnel has letters of ASCII' "$scratch/error"
	done
	# Some of those that are listed are gone when they are asked about.
	refuse host a spindle show gone 2>&1 | grep 'tunnel gone: '
	watch_going
}

# All are shown while they come and go.
watch_going()
{
	local i add=() del=()

	for i in {1..40}; do
		add+=("tunnel add z$i dev spin0 local 192.0.2.1 remote 192.0.2.$((100 + i)) local-ts 10.1.0.0/16 remote-ts 10.9.$i.0/24")
		del+=("tunnel del z$i")
	done
	printf '%s\n' "${add[@]}" > "$scratch/add"
	printf '%s\n' "${del[@]}" > "$scratch/del"
	for i in {1..10}; do
		host a spindle -batch "$scratch/add"
		host a spindle -batch "$scratch/del" &
		host a spindle show -j > "$scratch/view"
		wait $!
		same "t" "$(jq -r '.[].name' "$scratch/view" | grep -x t)" t
	done
}

# --- what scripts ask -------------------------------------------------------

checked()
{
	daemons
	exits 3 ask a status --check 2> "$scratch/error"
	grep '^spindle: tunnel lan is idle$' "$scratch/error"
	ask a up lan
	exits 0 ask a status --check
	exits 0 ask a status --check lan
	second_tunnel
	exits 3 ask a status --check b
	exits 3 ask a status --check other
	exits 0 ask a status --check lan
	exits 1 ask a status --check nothing
	exits 2 ask a status --chekc
	stop_daemon a TERM
	exits 1 ask a status --check
	# There being nothing to ask is no success.
	exits 1 ask a up all
}

several()
{
	daemons
	ask a up b
	both_have state up
	ask a rekey all
	both_have generation 2
	ask a down all
	same "state" "$(field a state)" down
	second_tunnel
	# One of two fails, and the other one does not suffer.
	refuse ask a up b 2> "$scratch/error"
	grep '^spindle: up: 1 of 2 tunnels failed$' "$scratch/error"
	grep '^spindle: tunnel other: ' "$scratch/error"
	same "state" "$(field a state)" up
}

# --- what is typed ----------------------------------------------------------

# The other side's key as a line of the configuration.
key_in_a_line()
{
	local name

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	for name in a b; do
		write_config $name profile=signed peer-key=
		spindle key pub "$keys/${peer[$name]}" > "$scratch/line"
		sed -i "/^\[peer/r $scratch/line" "$scratch/$name/spindle.conf"
		spindle check "$scratch/$name/spindle.conf"
		start_daemon $name
	done
	ask a up lan || ask a up lan
	pings a b
}

helped()
{
	local verb

	for verb in show status up down rekey reload check monitor trace help completion \
		config key tunnel sa device "config show" "key pub" "tunnel add" "sa del"; do
		# shellcheck disable=SC2086 # two words
		says "spindle $verb" spindle $verb --help
	done
	same "unknown" "$(spindle tunnel ad 2>&1 || true)" \
		'spindle: tunnel: "ad" is not one of add, set, show, del'
}

# completed WORD...: what bash makes of the last one.
completed()
(
	# An interactive shell does not end where a word has no match.
	set +eE +o pipefail
	trap - ERR EXIT
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_spindle
	echo "${COMPREPLY[*]}"
)

completion()
{
	fresh_hosts
	spindle_host a
	spindle completion bash > "$scratch/completion"
	# shellcheck disable=SC1091
	. "$scratch/completion"
	same "a verb" "$(completed spindle sta)" status
	same "a noun's verb" "$(completed spindle tunnel s)" "set show"
	same "an option" "$(completed spindle tunnel set t clamp)" clamp-mss
	same "its values" "$(completed spindle tunnel set t df c)" "copy clear"
	same "a flag" "$(completed spindle -j status --c)" --check
	same "an algorithm" "$(completed spindle sa add t in spi 256 alg chacha)" chacha20poly1305
	same "a file's name is the shell's business" "$(completed spindle check x)" ""
	spindle() { netns_exec a spindle "$@"; }
	same "a tunnel" "$(completed spindle tunnel del '')" t
	same "a device" "$(completed spindle device set sp)" spin0
	named_command
}

# Who may rename a device in a container has a say in what is completed, and none in what is run.
named_command()
{
	ip -n a link set spin0 down
	# shellcheck disable=SC2016 # is a name
	ip -n a link set spin0 name '$(>x)'
	cd "$scratch"
	# shellcheck disable=SC2016
	same "a device" "$(completed spindle device set '$')" '\$\(\>x\)'
	same "a device" "$(completed spindle device set '\$')" '\$\(\>x\)'
	[ ! -e x ]
}

run_tests \
	"show: all of a tunnel, of the kernel and of the daemon" one_view \
	"show: without a daemon" by_hand \
	"status --check tells by its exit status" checked \
	"up, rekey and down of a peer, and of all" several \
	"a key is carried as one line" key_in_a_line \
	"every verb has help" helped \
	"bash completes words" completion
