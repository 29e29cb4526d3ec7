#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IKEv1 between two Spindles: by whose secret, from where, by what way, and for which networks.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# ike_config NAME [KEY=VALUE...]
ike_config()
{
	write_config "$1" profile= allow-insecure= key= peer-key= keying=ikev1 \
		psk="our secret" ike=aes128-sha256-x25519 "${@:2}"
}

show_logs()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
}

# begin: as configured, a calls.
begin()
{
	start_daemon b
	start_daemon a
	ask a up lan
	pings a b
	pings b a
}

# --- by whose secret ----------------------------------------------------------

by_rsa_keys()
{
	local name

	show_logs
	fresh_hosts
	for name in a b; do
		ike_config $name psk= key=$keys/$name peer-key="$keys/${peer[$name]}.pub"
	done
	begin
	same "auth" "$(ask a status -j | pick in peers auth)" key
}

# ec_key NAME CURVE
ec_key()
{
	(
		umask 077
		openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "/run/keys/$1" 2> /dev/null
	)
	openssl pkey -in "/run/keys/$1" -pubout -out "/run/keys/$1.pub"
}

# Of one curve: the method is for both (RFC 4754 section 6).  One of the keys is a line.
by_ecdsa_keys()
{
	local line

	show_logs
	fresh_hosts
	ec_key ec-a P-384
	ec_key ec-b P-384
	line=$(spindle key pub /run/keys/ec-b)
	ike_config a psk= key=/run/keys/ec-a peer-key="${line#peer-key = }"
	ike_config b psk= key=/run/keys/ec-b peer-key=/run/keys/ec-a.pub
	begin
}

secret_file()
{
	(umask 077; echo "$2" > "$scratch/$1/psk")
}

# phase1 NAME: its cookies.
phase1()
{
	ask "$1" status -j | jq -r '.peers[] | "\(.["local-spi"]) \(.["remote-spi"])"'
}

has_another_phase1()
{
	[[ $(phase1 a) != "$1" && $(phase1 a) != *null* ]] || not_yet
}

# It is read from a file again; who has another one is told apart, and no packet is lost.
secret_changes()
{
	local name before

	show_logs
	fresh_hosts
	for name in a b; do
		ike_config $name psk=@psk start=up
		secret_file $name 0sb3VyIHNlY3JldA==
	done
	begin
	before=$(phase1 a)
	begin_pings
	for name in a b; do secret_file $name "\"another secret\""; done
	ask a reload --plan | grep psk
	for name in a b; do ask $name reload; done
	within 20 has_another_phase1 "$before"
	end_pings
	chmod 644 "$scratch/a/psk"
	refuse ask a reload 2>&1 | grep 'psk: .*others may use it'
}

# --- from where ------------------------------------------------------------------

# b does not know where a is, nor which address of its own it comes to.
from_anywhere()
{
	local before

	show_logs
	fresh_hosts
	ike_config a start=up dpd=2s
	ike_config b local= remote=any
	start_daemon b
	same "tunnels before" "$(host b spindle tunnel show -j)" "[]"
	start_daemon a
	within 10 both_have state up
	pings a b
	same "where it is" "$(ask b status -j | pick in peers remote)" "${outer[a]}"
	# The kernel has it, and the daemon finds it there.
	before=$(phase1 a)
	begin_pings
	stop_daemon b TERM
	start_daemon b
	sleep 1
	end_pings
	# It cannot call, but answer who misses it.
	within 20 has_another_phase1 "$before"
	within 10 both_have state up
	ask a rekey lan
	pings b a
}

# by_ipv6: everything outer.
by_ipv6()
{
	show_logs
	dual_hosts
	families 4 6
	ike_config a
	ike_config b
	begin
}

# peer_field NAME FIELD
peer_field()
{
	ask "$1" status -j | pick in peers "$2"
}

# What one side says of the other, the other says of itself.
says_who()
{
	local said

	show_logs
	fresh_hosts
	ike_config a local-id=ann@example.org remote-id=gw.example.org
	ike_config b local-id=gw.example.org remote-id=ann@example.org
	begin
	same "cookie of a" "$(peer_field a local-spi)" "$(peer_field b remote-spi)"
	same "cookie of b" "$(peer_field a remote-spi)" "$(peer_field b local-spi)"
	same "who b is" "$(peer_field a remote-id)" gw.example.org
	same "who a is" "$(peer_field a local-id)" ann@example.org
	[ "$(peer_field a rekey-at)" -gt "$(date +%s)" ]
	same "next try" "$(peer_field a retry-at)" null
	ask a status | tee "$scratch/said"
	for said in "peer b: keying ikev1 (psk), session " "  cookies     $(peer_field a local-spi) ours, " \
		"  identities  ann@example.org, and the peer's gw.example.org" "  peer knows  "; do
		grep -F "$said" "$scratch/said" > /dev/null
	done
	# Why it fails, and when it is tried again.
	ask a down lan
	ike_config a start=up ike=aes256-sha512-ecp384
	ask a reload
	within 20 tries_again
}

tries_again()
{
	[ "$(peer_field a last-error)" != null ] && ask a status | grep "  next try    in "
}

# --- by what way -----------------------------------------------------------------

# What the daemons say passes the tunnel by that everything else goes through.
with_everything()
{
	show_logs
	fresh_hosts
	ip -n a -batch - <<-END
		address flush dev eth0
		address add 198.51.100.1/24 dev eth0
		route add default via 198.51.100.2
	END
	ip -n b -batch - <<-END
		address add 198.51.100.2/24 dev eth0
		address add 203.0.113.1/32 dev lo
	END
	outer[a]=198.51.100.1
	ike_config a remote-ts=0.0.0.0/0 start=up
	ike_config b local-ts=0.0.0.0/0
	start_daemon b
	start_daemon a
	within 20 both_have state up
	host a ping -n -q -c 1 -W 2 203.0.113.1
	ask a rekey lan
	ask a down lan
	ask a up lan
	host a ping -n -q -c 1 -W 2 203.0.113.1
}

# from_vrf [KEY=VALUE...]: of a's.
from_vrf()
{
	show_logs
	fresh_hosts
	ip -n a -batch - <<-END
		link add blue type vrf table 20
		link set blue up
		link set eth0 master blue
	END
	ike_config a link=blue "$@"
	ike_config b
	begin
	ask b rekey lan
	pings a b
}

# In UDP though there is no NAT, by either side's wish, and not any more.
in_udp()
{
	show_logs
	fresh_hosts
	ike_config a encap=yes
	ike_config b
	begin
	same "encap of a" "$(show a tunnel '.[].encap')" "udp 4500 4500"
	same "encap of b" "$(show b tunnel '.[].encap')" "udp 4500 4500"
	ike_config a
	ask a reload
	ask a rekey lan
	within 10 bare
	pings a b
	pings b a
}

bare()
{
	[[ $(show a tunnel '.[].encap') = none && $(show b tunnel '.[].encap') = none ]] || not_yet
}

# --- for which networks --------------------------------------------------------------

states()
{
	ask a status -j lan | jq -r '.peers[].tunnels[] | .state, (.instances[] | .name, .state)' |
		paste -sd " "
}

all_are()
{
	local name

	for name in lan lan~1 lan~2 lan~3 lan~4; do
		[ $name = lan ] || printf '%s ' $name
		printf '%s ' "$1"
	done
}

have_state()
{
	[ "$(states) " = "$(all_are "$1")" ] || not_yet
}

# reach: each of a's addresses each of b's.
reach()
{
	local from to

	for from in 10.1.0.1 10.3.0.1; do
		for to in 10.2.0.1 10.4.0.1; do
			host a ping -q -c 1 -W 2 -I $from $to > /dev/null
		done
	done
}

several_networks()
{
	local name

	show_logs
	fresh_hosts
	ike_config a address=10.1.0.1/32,10.3.0.1/32 local-ts=10.1.0.0/16,10.3.0.0/16 \
		remote-ts=10.2.0.0/16,10.4.0.0/16
	ike_config b address=10.2.0.1/32,10.4.0.1/32 local-ts=10.2.0.0/16,10.4.0.0/16 \
		remote-ts=10.1.0.0/16,10.3.0.0/16
	start_daemon b
	start_daemon a
	ask a up lan
	have_state up
	reach
	same "tunnels" "$(show a tunnel '.[].name' | paste -sd " ")" "lan~1 lan~2 lan~3 lan~4"
	ask a rekey lan
	reach
	ask a down lan
	[ "$(states)" != "$(all_are up)" ]
	same "SAs" "$(host a spindle sa show -j)" "[]"
	ask a up lan
	# A restart and a reload leave them as they are.
	begin_pings
	stop_daemon a TERM
	start_daemon a
	ask a reload | grep unchanged
	sleep 1
	end_pings
	within 10 have_state up
	reach
	# Less networks, and one that is alone.
	for name in a b; do ike_config $name; ask $name reload; done
	within 10 ask a up lan
	pings a b
	same "tunnels" "$(show a tunnel '.[].name')" lan
}

# With the first packet, each by itself.
on_traffic()
{
	show_logs
	fresh_hosts
	ike_config a address=10.1.0.1/32,10.3.0.1/32 local-ts=10.1.0.0/16,10.3.0.0/16 \
		remote-ts=10.2.0.0/16,10.4.0.0/16 start=trap
	ike_config b address=10.2.0.1/32,10.4.0.1/32 local-ts=10.2.0.0/16,10.4.0.0/16 \
		remote-ts=10.1.0.0/16,10.3.0.0/16
	start_daemon b
	start_daemon a
	host a ping -q -c 1 -W 10 -I 10.3.0.1 10.4.0.1 > /dev/null
	same "those that are up" "$(states | grep -o 'lan~[0-9] up')" "lan~4 up"
	reach
	have_state up
}

run_tests \
	"by RSA keys" by_rsa_keys \
	"by ECDSA keys" by_ecdsa_keys \
	"another secret" secret_changes \
	"from anywhere, to any address" from_anywhere \
	"by IPv6" by_ipv6 \
	"what status says" says_who \
	"beside a tunnel for everything" with_everything \
	"from a VRF" from_vrf \
	"from a VRF, in UDP" "from_vrf encap=yes" \
	"in UDP by wish, and not any more" in_udp \
	"several networks" several_networks \
	"several networks, on traffic" on_traffic \
	"of none of this the kernel's log speaks" quiet
