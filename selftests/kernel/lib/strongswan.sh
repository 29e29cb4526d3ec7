# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A gateway of somebody else's: strongSwan at one end, with the kernel's own ESP.
#
#   host a: spindled                      host b: charon and xfrm
#   10.1.0.1 on spin0, network 10.1.0.0/16    10.2.0.1 on lo, network 10.2.0.0/16
#
# One charon serves a whole test; connections are loaded and unloaded.

# What it has to be built with; none of its own configuration is read.
charon_plugins="random nonce openssl aes sha1 sha2 md5 hmac kdf gmp pem pkcs1 pkcs8 pubkey
	kernel-netlink socket-default vici updown"

# start_charon NAME
start_charon()
{
	local dir=$scratch/charon-$1

	mkdir -p "$dir"
	cat > "$dir/strongswan.conf" <<-END
		charon-systemd {
			load_modular = no
			load = ${charon_plugins//$'\n\t'/ }
			install_routes = yes
			retransmit_timeout = 1.0
			retransmit_tries = 4
			retry_initiate_interval = 0
			journal { default = -1 }
			plugins { vici { socket = unix://$dir/vici } }
			filelog { log { path = $dir/log
				default = 1
				flush_line = yes } }
		}
		swanctl { load = nonce }
	END
	rm -f "$dir/vici"
	STRONGSWAN_CONF=$dir/strongswan.conf netns_exec "$1" charon-systemd < /dev/null \
		> "$dir/out" 2>&1 &
	charon=$!
	within 20 test -S "$dir/vici"
	ip -n "$1" address add "${inner[$1]}/32" dev lo 2> /dev/null || true
}

stop_charon()
{
	kill "-${1:-TERM}" "$charon"
	wait "$charon" || true
}

# swan NAME WORD...: asks the charon of that host.
swan()
{
	local dir=$scratch/charon-$1

	STRONGSWAN_CONF=$dir/strongswan.conf SWANCTL_DIR=$dir netns_exec "$1" swanctl "${@:2}" \
		--uri "unix://$dir/vici"
}

# write_gateway NAME [KEY=VALUE...]: its side of the tunnel lan; what is given goes in place of the
# usual, and keys that nobody has named go to the connection.
write_gateway()
{
	local name=$1 other=${peer[$1]} dir=$scratch/charon-$1 pair key
	local -A child=([local_ts]=${network[$name]} [remote_ts]=${network[$other]}
		[esp_proposals]=aes128-sha256-curve25519 [mode]=tunnel [rekey_time]=1h [start_action]=none)
	local -A connection=([version]=1 [local_addrs]=${outer[$name]}
		[remote_addrs]=${outer[$other]} [proposals]=aes128-sha256-curve25519
		[rekey_time]=0 [reauth_time]=0 [encap]=no)
	local secret="our secret" id=${outer[$name]} other_id=${outer[$other]}

	for pair in "${@:2}"; do
		key=${pair%%=*}
		case $key in
		secret) secret=${pair#*=} ;;
		id) id=${pair#*=} ;;
		other_id) other_id=${pair#*=} ;;
		*_ts | esp_proposals | ah_proposals | mode | rekey_time | life_time | start_action | \
			dpd_action | close_action)
			child[$key]=${pair#*=} ;;
		*) connection[$key]=${pair#*=} ;;
		esac
	done
	{
		echo "connections { lan {"
		for key in "${!connection[@]}"; do echo "$key = ${connection[$key]}"; done
		echo "local { auth = psk"
		echo "id = $id }"
		echo "remote { auth = psk"
		echo "id = $other_id }"
		echo "children { lan {"
		for key in "${!child[@]}"; do [ -z "${child[$key]}" ] || echo "$key = ${child[$key]}"; done
		echo "} } } }"
		echo "secrets { ike-lan { secret = \"$secret\" } }"
	} > "$dir/swanctl.conf"
	swan "$name" --load-creds --clear --noprompt --file "$dir/swanctl.conf" > "$dir/load" 2>&1 &&
		swan "$name" --load-conns --file "$dir/swanctl.conf" >> "$dir/load" 2>&1 ||
		{ cat "$dir/load"; return 1; }
}

# gateway_has NAME PATTERN: in what it says of its SAs.
gateway_has()
{
	swan "$1" --list-sas --raw | grep -q "$2" || not_yet
}
