#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Keys agreed on by IKEv1 with strongSwan, which has the kernel's own ESP.

. "$(dirname "$0")/lib.sh"
. "$here/lib/nat.sh"
. "$here/lib/strongswan.sh"
. "$here/lib/ike.sh"

initiator()
{
	begin
	ask a up lan
	pings a b
	pings b a
	transfer a b 200001
	same "state" "$(field a state)" up
	within 5 grep -q "phase 1 is up, begun by us: aes128-sha256-curve25519" "$scratch/a/log"
}

responder()
{
	begin
	initiate
	within 5 is_up
	pings b a
	pings a b
	transfer b a 200001
}

is_down()
{
	[ "$(field a state)" != up ] || not_yet
}

rekey()
{
	begin
	ask a up lan
	pings a b
	begin_pings
	ask a rekey lan
	within 5 sends_with 2
	swan b --rekey --child lan > /dev/null
	within 10 sends_with 3
	ask a rekey lan
	within 5 sends_with 4
	end_pings
	# The old ones go, on both sides.
	within 15 one_pair_left
}

one_pair_left()
{
	[[ $(ip -n b xfrm state list | grep -c ^src) -eq 2 && $(generations a) != *" "* ]] ||
		not_yet
}

sends_with()
{
	[ "$(field a generation)" -ge "$1" ] || not_yet
}

# Of phase 1, by either side; and of what is under it.
lives()
{
	hosts_up
	write_gateway b "$@"
	spindle_config lifetime=12s ike-lifetime=20s
	start_daemon a
	ask a up lan
	begin_pings
	within 40 sends_with 4
	end_pings
}

their_rekey()
{
	begin start=up
	within 10 is_up
	begin_pings
	swan b --rekey --ike lan > /dev/null
	sleep 2
	swan b --rekey --child lan > /dev/null
	within 10 sends_with 2
	end_pings
}

down()
{
	begin
	ask a up lan
	ask a down lan
	within 5 gone_from b
	within 5 refuse gateway_has b ESTABLISHED
	same "SAs of a" "$(host a spindle sa show -j)" "[]"
	ask a up lan
	pings a b
}

their_down()
{
	begin
	ask a up lan
	swan b --terminate --ike lan > /dev/null
	within 5 is_down
	same "SAs of a" "$(host a spindle sa show -j)" "[]"
	# It is to be up, whoever takes it down.
	within 10 is_up
	pings a b
}

# has_error TEXT: the peer's last-error.
has_error()
{
	local error

	error=$(ask a status -j | pick in peers last-error)
	[[ $error = *"$1"* ]] || { echo "$error"; not_yet; }
}

wrong_secret()
{
	begin psk="another secret"
	refused a "the pre-shared keys" up
	within 5 has_error "the pre-shared keys"
	ask a down lan
	spindle_config psk="another secret" start=listen
	ask a reload > /dev/null
	refuse initiate
	within 5 has_error "message 5 does not decrypt: the pre-shared keys probably differ"
}

other_proposals()
{
	begin ike=aes256-sha512-ecp384
	refused a "the peer says NO-PROPOSAL-CHOSEN; we offer aes256-sha512-ecp384" up
	refuse initiate
	within 5 has_error "peer offers aes128-sha256-curve25519; we accept aes256-sha512-ecp384"
	spindle_config esp=aes256-sha512
	ask a reload > /dev/null
	refused a "the peer says NO-PROPOSAL-CHOSEN; we offer aes256-sha512 in ESP, tunnel mode" up
	refuse initiate
	[[ $(field a last-error) = *"peer offers ESP aes128-sha256"*"we accept ESP aes256-sha512"* ]]
	spindle_config remote-ts=10.9.0.0/16
	ask a reload > /dev/null
	refused a "the peer says" up
	refuse initiate
	within 5 grep -q "the peer asks for 10.1.0.0/16 here and 10.2.0.0/16 there, and tunnel lan is for 10.1.0.0/16 here and 10.9.0.0/16 there" "$scratch/a/log"
}

identities()
{
	hosts_up
	write_gateway b id=gw.example.org other_id=ann@example.org
	spindle_config local-id=ann@example.org remote-id=gw.example.org
	start_daemon a
	ask a up lan
	pings a b
	ask a down lan
	spindle_config local-id=ann@example.org remote-id=other.example.org
	ask a reload > /dev/null
	refused a "the peer says that it is gw.example.org, and remote-id is other.example.org" up
}

peer_dies()
{
	begin dpd=2s start=up
	within 10 is_up
	stop_charon KILL
	host b ip xfrm state flush
	host b ip xfrm policy flush
	within 30 is_down
	start_charon b
	write_gateway b
	within 20 is_up
	pings a b
}

# restart SIGNAL
restart()
{
	begin start=up
	within 10 is_up
	begin_pings
	stop_daemon a "$1"
	sleep 1
	start_daemon a
	within 10 sends_with 2
	sleep 1
	end_pings
}

only_in_udp()
{
	stop_captures
	same "ESP that is not in UDP from the NAT's port" \
		"$(captured b eth0 "proto 50 or (src 192.0.2.9 and not src port 40001)")" ""
	[ "$(captured b eth0 "src port 40001 and dst port 4500" | wc -l)" -gt 10 ]
}

we_are_behind_nat()
{
	trap logs EXIT
	nat
	outer[a]=198.51.100.1
	start_charon b
	write_gateway b remote_addrs=%any
	spindle_config
	start_daemon a
	ask a up lan
	capture b eth0 udp or proto 50
	transfer a b 100001
	only_in_udp
	begin_pings
	ask a rekey lan
	within 5 sends_with 2
	swan b --rekey --child lan > /dev/null
	within 10 sends_with 3
	end_pings
}

# The way that was found is not in the configuration.
restart_behind_nat()
{
	trap logs EXIT
	nat
	outer[a]=198.51.100.1
	start_charon b
	write_gateway b remote_addrs=%any
	spindle_config start=up
	start_daemon a
	within 10 is_up
	begin_pings
	stop_daemon a KILL
	sleep 1
	start_daemon a
	within 10 sends_with 2
	sleep 1
	end_pings
}

# The peer may be anywhere, and after a while somewhere else.
they_are_behind_nat()
{
	trap 'cat "$scratch"/b/log "$scratch"/charon-a/log; end_test' EXIT
	nat
	outer[a]=198.51.100.1
	start_charon a
	write_gateway a
	write_config b profile= key= peer-key= allow-insecure= keying=ikev1 psk="$secret" \
		ike=aes128-sha256-x25519 remote=any local="${outer[b]}"
	start_daemon b
	swan a --initiate --child lan --timeout 10 > /dev/null
	within 5 pings b a
	capture b eth0 udp or proto 50
	transfer b a 100001
	only_in_udp
	ask b rekey lan
	pings a b
	host n nft flush ruleset
	host n nft add table ip nat
	host n nft add chain ip nat out '{ type nat hook postrouting priority 100; }'
	host n nft add rule ip nat out oifname eth2 udp sport 4500 masquerade to :40002
	forgets_after 1
	within 20 has_forgotten
	# The first answer goes to where it was.
	refuse pings a b
	pings a b
	pings b a
	swan a --rekey --child lan > /dev/null
	sleep 1
	pings a b
	pings b a
}

run_tests \
	"Spindle begins" initiator \
	"the gateway begins" responder \
	"new keys, from either side, lose no packet" rekey \
	"lives of phase 1 and 2 end, and no packet is lost" lives \
	"phase 1 anew, by the gateway" their_rekey \
	"down deletes on both sides" down \
	"what the gateway deletes comes back" their_down \
	"secrets that differ are told apart" wrong_secret \
	"proposals and networks that differ are named" other_proposals \
	"identities" identities \
	"a gateway that has died, and comes back" peer_dies \
	"a daemon ends and comes back; no packet is lost" "restart TERM" \
	"a daemon is killed and comes back; no packet is lost" "restart KILL" \
	"Spindle is behind a NAT" we_are_behind_nat \
	"the gateway is behind a NAT, which changes its mind" they_are_behind_nat \
	"a daemon behind a NAT is killed and comes back; no packet is lost" restart_behind_nat
