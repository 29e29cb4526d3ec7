#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IKEv1 with a key on each side, RSA or ECDSA, with strongSwan.

. "$(dirname "$0")/lib.sh"
. "$here/lib/strongswan.sh"

# What a failed test shows.
logs()
{
	head -n 100 "$scratch"/charon-b/{load,out,log} "$scratch"/[ab]/log 2> /dev/null || true
	end_test
}

# make_keys KIND: of both ends, and the certificates that strongSwan wants them in.
make_keys()
{
	local name options=(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)

	[ "$1" = RSA ] || options=(-algorithm EC -pkeyopt "ec_paramgen_curve:$1")
	for name in a b; do
		(umask 077; openssl genpkey "${options[@]}" -out "$scratch/$name.key" 2> /dev/null)
		openssl pkey -in "$scratch/$name.key" -pubout -out "$scratch/$name.key.pub"
		openssl req -x509 -new -key "$scratch/$name.key" -subj "/CN=$name" -days 9999 \
			-addext "subjectAltName=IP:${outer[$name]}" -out "$scratch/$name.pem"
	done
}

spindle_config()
{
	write_config "$1" profile= allow-insecure= keying=ikev1 ike=aes128-sha256-x25519 \
		key="$scratch/$1.key" peer-key="$scratch/${peer[$1]}.key.pub" "${@:2}"
}

# A gateway at b that proves it with its key, and wants us to.
write_signing_gateway()
{
	local dir=$scratch/charon-b

	mkdir -p "$dir/private"
	cp "$scratch/b.key" "$dir/private/"
	cat > "$dir/swanctl.conf" <<-END
		connections { lan {
			version = 1
			local_addrs = ${outer[b]}
			remote_addrs = ${outer[a]}
			proposals = aes128-sha256-curve25519
			rekey_time = 0
			encap = no
			fragmentation = yes
			local { auth = pubkey
				certs = $scratch/b.pem
				id = ${outer[b]} }
			remote { auth = pubkey
				certs = $scratch/a.pem
				id = ${outer[a]} }
			children { lan {
				local_ts = ${network[b]}
				remote_ts = ${network[a]}
				esp_proposals = aes128-sha256-curve25519
			} }
		} }
	END
	swan b --load-creds --clear --noprompt --file "$dir/swanctl.conf" > "$dir/load" 2>&1
	swan b --load-conns --file "$dir/swanctl.conf" >> "$dir/load" 2>&1
}

with_strongswan()
{
	trap logs EXIT
	fresh_hosts
	make_keys "$1"
	start_charon b
	write_signing_gateway
	spindle_config a
	start_daemon a
	ask a up lan
	# It has its SAs when the third message has come, which nobody hears of.
	within 5 gateway_has b "state=INSTALLED"
	pings a b
	pings b a
	swan b --terminate --ike lan > /dev/null
	within 5 gone
	swan b --initiate --child lan --timeout 10 > "$scratch/initiate" 2>&1
	pings b a
	pings a b
}

gone()
{
	[ -z "$(ip -n b xfrm state list)" ] || not_yet
}

# Each asks for new keys, and either sends first: no packet is lost.
two_spindles()
{
	local asks sends

	trap logs EXIT
	fresh_hosts
	make_keys RSA
	for asks in a b; do
		spindle_config $asks
		start_daemon $asks
	done
	ask a up lan
	pings a b
	pings b a
	for asks in a b; do
		for sends in a b; do
			ask $asks rekey lan
			pings $sends "${peer[$sends]}"
		done
	done
}

# The key that the gateway signs with is not the one that we believe.
wrong_key()
{
	trap logs EXIT
	fresh_hosts
	make_keys P-256
	start_charon b
	write_signing_gateway
	(umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$scratch/stranger.key" 2> /dev/null)
	openssl pkey -in "$scratch/stranger.key" -pubout -out "$scratch/stranger.pub"
	spindle_config a peer-key="$scratch/stranger.pub"
	start_daemon a
	refuse ask a up lan
	within 5 grep -q "the signature is not made with the peer's key" "$scratch/a/log"
}

run_tests \
	"RSA, with strongSwan" "with_strongswan RSA" \
	"ECDSA with P-256, with strongSwan" "with_strongswan P-256" \
	"ECDSA with P-384, with strongSwan" "with_strongswan P-384" \
	"RSA, between two Spindles, and new keys" two_spindles \
	"a key that is not the peer's" wrong_key
