#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon goes from one configuration to the next.

. "$(dirname "$0")/lib.sh"

# --- what differs -----------------------------------------------------------

only_tunnel()
{
	[ "$(show a tunnel 'map(.name) | join(" ")')" = "$1" ]
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
	"a peer-key replaced in place ends what the old one agreed on" peer_key \
	"a key replaced in place is used" own_key \
	"a key that cannot be used is named, and nothing changes" bad_key
