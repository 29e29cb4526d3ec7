# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Spindle at a, keyed by IKE, and strongSwan's gateway at b.

secret="our secret"

# What a failed test shows.
logs()
{
	head -n 200 "$scratch"/charon-b/out "$scratch"/charon-b/log "$scratch"/a/log 2> /dev/null
	end_test
}

# spindle_config [KEY=VALUE...]
spindle_config()
{
	write_config a profile= key= peer-key= keying=ikev1 psk="$secret" \
		ike=aes128-sha256-x25519 allow-insecure= "$@"
}

hosts_up()
{
	trap logs EXIT
	fresh_hosts
	start_charon b
}

# begin [KEY=VALUE...]: a gateway at b, and Spindle at a with these keys.
begin()
{
	hosts_up
	write_gateway b
	spindle_config "$@"
	start_daemon a
}

# patience: as lib.sh has it, for what has to fail.
initiate()
{
	swan b --initiate --child lan --timeout "${patience:-10}" > "$scratch/initiate" 2>&1
}

is_up()
{
	[ "$(field a state)" = up ] || not_yet
}

we_begin()
{
	ask a up lan
}

# What strongSwan calls some of them, beside whatever group for PFS.
swan_words()
{
	local words=${1//x25519/curve25519}

	words=${words#ah-}
	echo "${words//-sha1-sha1/-sha1}"
}

# one_of_matrix IKE ESP PFS MODE COMMAND: the command begins.
one_of_matrix()
{
	local ike=$1 esp=$2 pfs=$3 mode=$4 group suite kind=esp ends=() gateway_ends=()

	group=$(swan_words "${ike##*-}")
	suite=$(swan_words "$esp")
	[ "$pfs" = no ] || suite=$suite-$group
	[[ $esp != ah-* ]] || kind=ah
	if [ "$mode" = transport ]; then
		ends=(address= "local-ts=${outer[a]}" "remote-ts=${outer[b]}")
		gateway_ends=("local_ts=${outer[b]}" "remote_ts=${outer[a]}")
	fi
	write_gateway b proposals="$(swan_words "$ike")" esp_proposals= "${kind}_proposals=$suite" \
		mode="$mode" "${gateway_ends[@]}"
	spindle_config ike="$ike" esp= "$kind=${esp#ah-}" session-pfs="$pfs" mode="$mode" \
		allow-weak=yes peer-allow-weak=yes "${ends[@]}"
	ask a reload > /dev/null
	"$5"
	within 5 is_up
	if [ "$mode" = transport ]; then
		host a ping -q -c 3 -i 0.5 -W 5 "${outer[b]}" > /dev/null
	else
		# On a busy machine the gateway's SAs may come later than our first packet.
		patience=1 within 5 pings a b
		pings b a
	fi
	ask a down lan
	within 5 gone_from b
}

# gone_from NAME: no SAs of xfrm.
gone_from()
{
	[ -z "$(ip -n "$1" xfrm state list)" ]
}
