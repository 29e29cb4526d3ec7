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

# gone_from NAME: no SAs of xfrm.
gone_from()
{
	[ -z "$(ip -n "$1" xfrm state list)" ]
}
