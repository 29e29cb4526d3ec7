#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon goes from one configuration to the next.

. "$(dirname "$0")/lib.sh"

# --- what differs -----------------------------------------------------------

only_tunnel()
{
	[ "$(show a tunnel 'map(.name) | sort | join(" ")')" = "$1" ]
}

what_differs()
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
	same plan "$(ask a reload --plan)" "refreshed  lan (replay-window)"$'\n'"new        dmz"
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

# What status has to say against a's tunnels.
no_problems()
{
	[ "$(ask a status -j | pick in tunnels problems | sort -u)" = "[]" ] || not_yet
}

# networks NAME PREFIXES...: a tunnel of that name for each word, with these networks, keyed by
# hand.
networks()
{
	local word

	mkdir -p "$scratch/a"
	{
		printf '%s\n' "[peer b]" "local = ${outer[a]}" "remote = ${outer[b]}" "keying = manual"
		for word; do
			printf '%s\n' "[tunnel ${word%%=*}]" "peer = b" "interface = spin0" \
				"local-ts = 10.1.0.0/16" "remote-ts = ${word#*=}"
		done
	} > "$scratch/a/spindle.conf"
}

# carry NAME=PREFIXES...: so the kernel has it, and leads there.
carry()
{
	local word prefix

	for word; do
		same "networks of ${word%%=*}" \
			"$(show a tunnel ".[] | select(.name == \"${word%%=*}\")[\"remote-ts\"] | join(\",\")")" \
			"${word#*=}"
		for prefix in $(tr , ' ' <<< "${word#*=}"); do
			ip -n a route show "$prefix" | grep "dev spin0"
		done
	done
}

# Each line is what the line before it becomes, by one reload.
moves()
{
	local step

	fresh_hosts
	networks "one=10.2.0.0/16,10.3.0.0/16" "two=10.4.0.0/16"
	start_daemon a
	for step in \
		"two=10.4.0.0/16,10.3.0.0/16 one=10.2.0.0/16" \
		"one=10.2.0.0/16,10.3.0.0/16 two=10.4.0.0/16" \
		"one=10.4.0.0/16 two=10.2.0.0/16,10.3.0.0/16" \
		"two=10.4.0.0/16 one=10.2.0.0/16,10.3.0.0/16" \
		"three=10.2.0.0/16 one=10.3.0.0/16 two=10.4.0.0/16" \
		"two=10.3.0.0/16 three=10.4.0.0/16 one=10.2.0.0/16" \
		"four=10.3.0.0/16,10.2.0.0/16 two=10.4.0.0/16"
	do
		# shellcheck disable=SC2086 # a word for each tunnel
		networks $step
		ask a reload
		# shellcheck disable=SC2086
		carry $step
		no_problems
	done
	refuse grep -v -e deleted -e ready "$scratch/a/log"
}

# What the kernel does not let change has to end and begin anew, and the plan says so.
replaced()
{
	daemons start=up
	within 60 both_have state up
	write_config a start=up esp= ah=sha256
	write_config b start=up esp= ah=sha256
	same plan "$(ask a reload --plan)" "replaced   lan (ah)"
	ask a reload
	ask b reload
	within 60 both_have alg sha256
	pings a b
	same "proto" "$(show a tunnel 'map(.proto) | join(" ")')" ah
}

# reload_ms: of one that changes nothing; the quickest of three.
reload_ms()
{
	local begin took best=

	for _ in 1 2 3; do
		begin=$(date +%s%N)
		ask a reload > "$scratch/changes"
		took=$((($(date +%s%N) - begin) / 1000000))
		[[ -n $best && $best -le $took ]] || best=$took
	done
	echo "$best"
}

# many N
many()
{
	local i words=()

	for ((i = 0; i < $1; i++)); do
		words+=("t$i=172.$((16 + i / 256)).$((i % 256)).0/24")
	done
	networks "${words[@]}"
}

# That costs what they cost each, however many there are: eight times as many may take twenty
# times as long, and not sixty-four.
many_tunnels()
{
	local few lots

	fresh_hosts
	many 100
	start_daemon a
	few=$(reload_ms)
	many 800
	ask a reload > "$scratch/changes"
	lots=$(reload_ms)
	echo "100 tunnels: $few ms, 800: $lots ms"
	[ "$lots" -lt $(((few + 10) * 20)) ]
	same changes "$(cut -d " " -f 1 "$scratch/changes" | sort | uniq -c | xargs)" "800 unchanged"
	[ "$(ask a status -j | pick in tunnels name | wc -l)" = 800 ]
}

# For each name of an interface that a program asks about and the kernel does not know, the
# kernel may run modprobe, which takes longer than all the rest.
first_start()
{
	local path=/proc/sys/kernel/modprobe before

	fresh_hosts
	many 20
	before=$(< $path)
	printf '#!/bin/sh\necho "$@" >> %s\nexec %s "$@"\n' "$scratch/modules" "$before" \
		> "$scratch/modprobe"
	chmod +x "$scratch/modprobe"
	echo "$scratch/modprobe" > $path
	start_daemon a
	host a python3 -ISc 'import socket; socket.if_nametoindex("spin8")' || true
	echo "$before" > $path
	same "names asked about" "$(grep -o 'netdev-.*' "$scratch/modules" | xargs)" netdev-spin8
}

# By signal nobody hears an answer: the log tells, as `spindle check` does.
by_signal()
{
	daemons
	echo 'lifetme = 2h' >> "$scratch/a/spindle.conf"
	line=$(wc -l < "$scratch/a/spindle.conf")
	: > "$scratch/a/log"
	kill -HUP "${daemon[a]}"
	within 10 grep -q "reload: the configuration has mistakes" "$scratch/a/log"
	grep "spindle.conf:$line:1: .*did you mean lifetime?" "$scratch/a/log"
	sed -i '$d' "$scratch/a/spindle.conf"
	kill -HUP "${daemon[a]}"
	within 10 grep -q "reload: done" "$scratch/a/log"
}

# What cannot be read is not nothing.
unreadable()
{
	daemons
	mkdir "$scratch/a/conf.d"
	cat > "$scratch/a/conf.d/dmz.conf" <<-END
		[tunnel dmz]
		peer = b
		interface = spin1
		local-ts = 10.5.0.0/16
		remote-ts = 10.6.0.0/16
		esp = aes128-sha256
		start = listen
	END
	ask a reload
	only_tunnel "dmz lan"
	mv "$scratch/a/conf.d" "$scratch/a/elsewhere"
	touch "$scratch/a/conf.d"
	refuse ask a reload 2>&1 | grep "conf.d: Not a directory"
	rm "$scratch/a/conf.d"
	ln -s conf.d "$scratch/a/conf.d"
	refuse ask a reload 2>&1 | grep "conf.d: Too many levels of symbolic links"
	only_tunnel "dmz lan"
}

# --- who else is there --------------------------------------------------------

# comes_back COMMAND...: which takes away on a what its daemon has made.
comes_back()
{
	local generation

	generation=$(field a generation)
	host a "$@"
	within 30 after_generation "$generation"
	within 30 pings a b
	within 10 no_problems
}

# Whether by hand or by a script that tidies up.
taken_away()
{
	daemons start=up
	within 60 both_have state up
	comes_back ip link del spin0
	comes_back spindle tunnel del lan
	comes_back spindle sa flush lan
}

# changed N: so many tunnels are refreshed by a reload, and the next one finds nothing to do.
changed()
{
	ask a reload > "$scratch/changes"
	same changed "$(awk '$1 == "refreshed" { n++ } END { print n + 0 }' "$scratch/changes")" "$1"
	same "dscp" "$(show a tunnel 'map(.dscp) | unique | join(" ")')" copy
	ask a reload > "$scratch/changes"
	refuse grep -v ^unchanged "$scratch/changes"
}

# A reload asks the kernel only about tunnels that somebody has touched, whether few or many.
put_right()
{
	local i

	fresh_hosts
	many 100
	start_daemon a
	changed 0
	host a spindle tunnel set t7 dscp 46
	same plan "$(ask a reload --plan | grep -v ^unchanged)" "refreshed  t7"
	changed 1
	# Others have put it right themselves.
	host a spindle tunnel set t7 dscp 46
	host a spindle tunnel set t7 dscp copy
	changed 0
	for ((i = 0; i < 80; i++)); do
		echo "tunnel set t$i dscp 46"
	done | host a spindle -batch -
	changed 80
}

# The kernel refuses what somebody else's tunnel has, until that is gone.
tried_again()
{
	fresh_hosts
	networks one=10.2.0.0/16
	ip -n a link add spin0 type spindle
	host a spindle tunnel add other dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts 10.1.0.0/16 remote-ts 10.2.0.0/16
	start_daemon a
	ask a status -j | pick in tunnels problems | grep "another tunnel"
	host a spindle tunnel del other
	within 15 no_problems
}

# What leaves the configuration while the daemon is away goes when it comes back; what somebody
# made by hand stays.
forgotten()
{
	fresh_hosts
	networks one=10.2.0.0/16 two=10.3.0.0/16
	start_daemon a
	host a spindle tunnel add other dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts 10.1.0.0/16 remote-ts 10.9.0.0/16
	stop_daemon a KILL
	networks one=10.2.0.0/16
	start_daemon a
	only_tunnel "one other"
	same "routes of two" "$(ip -n a route show 10.3.0.0/16)" ""
	grep "tunnel two: deleted" "$scratch/a/log"
}

# Two would take each other's tunnels away.
one_daemon()
{
	daemons
	refuse host a spindled -f -c "$scratch/a/spindle.conf" -s "$scratch/other" \
		> "$scratch/output" 2>&1
	grep "another spindled, process ${daemon[a]}, is at work in this network namespace" \
		"$scratch/output"
	stop_daemon a KILL
	start_daemon a
}

# --- keys -------------------------------------------------------------------

# own_keys [OPTION...]: two daemons whose keys are files of their own, which can be replaced.
own_keys()
{
	local name

	daemons profile=signed "$@"
	for name in a b; do
		install -m 600 "$keys/$name" "$scratch/$name/key"
		cp "$keys/${peer[$name]}.pub" "$scratch/$name/peer.pub"
		write_config $name profile=signed key=key peer-key=peer.pub "$@"
		same "plan of $name" "$(ask $name reload --plan)" "unchanged  lan"
		ask $name reload
	done
}

# As who has stolen a's key would find out.
peer_key()
{
	own_keys start=up
	within 60 both_have state up
	within 60 only_generation "$(field a generation)"
	cp "$keys/stranger.pub" "$scratch/b/peer.pub"
	same plan "$(ask b reload --plan)" "refreshed  lan (peer-key)"
	pings a b
	ask b reload
	same "SAs of b" "$(generations b)" ""
	refuse ask a up lan
	names_error a
	same "SAs of b" "$(generations b)" ""
	cp "$keys/a.pub" "$scratch/b/peer.pub"
	ask b reload
	within 60 both_have state up
	pings a b
}

# While the daemon is away.
peer_key_meanwhile()
{
	own_keys start=up
	within 60 both_have state up
	stop_daemon b KILL
	cp "$keys/stranger.pub" "$scratch/b/peer.pub"
	start_daemon b
	same "SAs of b" "$(generations b)" ""
	grep "tunnel lan: was keyed with another peer-key: its SAs end" "$scratch/b/log"
}

own_key()
{
	local id

	own_keys start=up
	within 60 both_have state up
	id=$(ask a status -j | pick in peers local-id)
	cp "$keys/stranger.pub" "$scratch/b/peer.pub"
	cp "$keys/stranger" "$scratch/a/key"
	same plan "$(ask a reload --plan)" "refreshed  lan (key)"
	ask b reload
	ask a reload
	refuse same "fingerprint" "$(ask a status -j | pick in peers local-id)" "$id"
	within 60 both_have state up
	pings a b
}

# What cannot be used says so, as a mistake in the configuration does, and changes nothing.
bad_key()
{
	own_keys start=up
	within 60 both_have state up
	echo rubbish > "$scratch/a/peer.pub"
	chmod 644 "$scratch/a/key"
	refuse ask a reload > "$scratch/output" 2>&1
	grep 'spindle.conf:1:1: peer b: peer-key: .*holds no public key' "$scratch/output"
	grep 'spindle.conf:1:1: peer b: key: .*others may use it' "$scratch/output"
	pings a b
}

run_tests \
	"reload touches what differs" what_differs \
	"networks and names move between tunnels" moves \
	"what cannot change while a tunnel lives replaces it" replaced \
	"many tunnels that stay as they are" many_tunnels \
	"a first start, without an interface" first_start \
	"mistakes are logged when a signal asks" by_signal \
	"what cannot be read deletes nothing" unreadable \
	"what others take away comes back" taken_away \
	"what others change is put right by a reload" put_right \
	"what the kernel refuses is tried again" tried_again \
	"what was forgotten meanwhile goes, and nothing of others" forgotten \
	"one daemon a network namespace" one_daemon \
	"a peer-key replaced in place ends what the old one agreed on" peer_key \
	"a peer-key replaced while the daemon is away" peer_key_meanwhile \
	"a key replaced in place is used" own_key \
	"a key that cannot be used is named, and nothing changes" bad_key
