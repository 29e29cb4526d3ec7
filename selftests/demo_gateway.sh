# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The second scene of the demo, sourced by demo.sh: left agrees on keys by IKE with
# strongSwan, which has the kernel's own ESP, in the network namespace gateway.

gateway_dir=$folder/gateway

gateway()
{
	STRONGSWAN_CONF=$gateway_dir/strongswan.conf SWANCTL_DIR=$gateway_dir \
		ip netns exec gateway "$@"
}

join_road()
{
	ip netns add gateway
	mkdir "$gateway_dir"
	gateway sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip link add road netns left type veth peer name road netns gateway
	ip -n left address add 198.51.100.1/24 dev road
	ip -n gateway address add 198.51.100.2/24 dev road
	ip -n gateway address add 10.3.0.1/32 dev lo
	ip -n gateway link set lo up
	ip -n gateway link set road up
	ip -n left link set road up
}

# Nothing of this machine's own strongSwan, should it have one.
configure_strongswan()
{
	cat > "$gateway_dir/strongswan.conf" <<- END
		charon-systemd {
			load_modular = no
			load = random nonce openssl pem pubkey kernel-netlink socket-default vici
			journal { default = -1 }
			plugins { vici { socket = unix://$gateway_dir/vici } }
			filelog { log { path = $gateway_dir/log
				flush_line = yes } }
		}
		swanctl { load = nonce }
	END
	cat > "$gateway_dir/swanctl.conf" <<- END
		connections { left {
		    version = 1
		    local_addrs  = 198.51.100.2
		    remote_addrs = 198.51.100.1
		    proposals = aes256-sha256-ecp256
		    local  { auth = psk }
		    remote { auth = psk }
		    children { lan {
		        local_ts  = 10.3.0.0/16
		        remote_ts = 10.1.0.0/16
		        esp_proposals = aes128-sha256-ecp256
		    } }
		} }
		secrets { ike-left { secret = "not a good one" } }
	END
}

start_strongswan()
{
	gateway charon-systemd < /dev/null > "$gateway_dir/out" 2>&1 &
	wait_for 60 test -S "$gateway_dir/vici" || { cat "$gateway_dir/out"; return 1; }
	gateway swanctl --load-all --noprompt --file "$gateway_dir/swanctl.conf" \
		--uri "unix://$gateway_dir/vici" > "$gateway_dir/load" 2>&1 ||
		{ cat "$gateway_dir/load"; return 1; }
}

configure_left()
{
	mkdir -p "$folder/left/conf.d"
	cat > "$folder/left/conf.d/gateway.conf" <<- END
		[peer gateway]
		remote    = 198.51.100.2
		keying    = ikev1
		ike       = aes256-sha256-ecp256
		psk       = not a good one

		[tunnel branch]
		peer      = gateway
		local-ts  = 10.1.0.0/16
		remote-ts = 10.3.0.0/16
		esp       = aes128-sha256
	END
}

# A TCP transfer from left to the gateway.
send_to_gateway()
{
	local receiver

	head -c $((2 << 20)) /dev/urandom > "$folder/left/sent"
	gateway nc -d -l 10.3.0.1 5001 > "$gateway_dir/received" &
	receiver=$!
	wait_for 10 gateway sh -c 'ss -Hltn sport = 5001 | grep -q LISTEN'
	left nc -N -s 10.1.0.1 10.3.0.1 5001 < "$folder/left/sent"
	wait $receiver
	(cd "$folder" && sha256sum left/sent gateway/received) | tee "$folder/sums" |
		sed 's/^/     /'
	[ "$(cut -d ' ' -f 1 "$folder/sums" | uniq | wc -l)" -eq 1 ] || fail "the files differ"
}

examine_road()
{
	local esp ike others='not esp and not arp and not udp port 500'

	end_capture
	esp=$(count esp) ike=$(count udp port 500)
	printf '     %7d ESP\n     %7d IKE, UDP port 500\n     %7d others\n\n' \
		"$esp" "$ike" "$(count "$others")"
	# Six of main mode, three of quick mode.
	[ "$ike" -ge 9 ] || fail "there are fewer messages than IKE takes"
	[ "$esp" -gt $(((2 << 20) / 1500)) ] || fail "there are fewer ESP packets than the file takes"
	[ "$(count "$others")" -eq 0 ] || {
		tcpdump -nr "$capture" "$others" 2> /dev/null | head
		fail "there is more than IKE and ESP on the wire"
	}
}

# Not at once after the reload, which says that it wants the tunnel up.
is_up()
{
	left $spindle status --check branch > /dev/null 2>&1
}

show_gateway()
{
	capture=$folder/road.pcap
	step "A gateway that runs strongSwan, at 198.51.100.2 on another wire; what it is told:"
	join_road
	start_capture road
	configure_strongswan
	sed 's/^/     /' "$gateway_dir/swanctl.conf"
	start_strongswan

	step "What left is told, in a file of its own:"
	configure_left
	sed 's/^/     /' "$folder/left/conf.d/gateway.conf"
	show left $spindle reload
	wait_for 60 is_up || { show left $spindle status; fail "no keys by IKE"; }
	show left $spindle status gateway

	step "Ping, and a TCP transfer of 2 MiB, to strongSwan's network"
	show left ping -n -c 3 -i 0.3 -I 10.1.0.1 10.3.0.1
	send_to_gateway

	step "What was on the wire"
	examine_road
}
