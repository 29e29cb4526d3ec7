#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A peer whose address changes, and who would like to be taken for it.

. "$(dirname "$0")/lib.sh"

# Where b goes, and where somebody else may be.
declare -A second=([4]=192.0.2.3 [6]=2001:db8::3)
third=192.0.2.4

remote_of_a()
{
	tunnel_field a remote
}

goes_to()
{
	[ "$(remote_of_a)" = "$1" ]
}

# endpoints [FILTER]: how many of these events.
endpoints()
{
	events ".event == \"endpoint\" ${*:+and ($*)}"
}

# b_has ADDRESS...: beside its own.
b_has()
{
	local address

	for address; do
		case $address in
		*:*) ip -n b address add "$address/64" dev eth0 nodad ;;
		*) ip -n b address add "$address/24" dev eth0 ;;
		esac
	done
}

# b_loses ADDRESS LENGTH
b_loses()
{
	# The others of its network stay.
	host b sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/promote_secondaries'
	ip -n b address del "$1/$2" dev eth0
}

packets_in()
{
	[ "$(sa_field a in "$(spi a "${2:-1}")" packets)" -ge "$1" ]
}

# roams FAMILY [OPTION...]: under traffic, of which nothing is lost.
roams()
{
	local first

	dual_hosts
	families 4 "$1"
	first=${outer[b]}
	b_has "${second[$1]}"
	spindle_hosts "${@:2}"
	host a spindle tunnel set t follow on
	monitor a
	receive a
	send b a 200
	within 20 packets_in 50
	host b spindle tunnel set t local "${second[$1]}"
	within 20 goes_to "${second[$1]}"
	stop_sending
	flow_arrived
	b_loses "$first" $(($1 == 4 ? 24 : 64))
	pings a b
	within 5 test "$(endpoints)" = 1
	same "events of it" "$(endpoints ".tunnel == \"t\" and .remote == \"${second[$1]}\"
		and .port == null and .spi == \"$(hex "$(spi a 1)")\" and .generation == 1")" 1
	same "changes" "$(events ".event == \"tunnel-set\" and .remote == \"${second[$1]}\"")" 1
	no_drops_but_multicast a
}

# The kernel at the other end, in UDP; its numbers go on where they were.
xfrm_roams()
{
	fresh_hosts
	encap_socket b
	b_has "${second[4]}"
	spindle_host a encap udp 4500 4500 follow on
	generation a 1
	xfrm_host b
	xfrm_natt b
	pings b a
	outer[b]=${second[4]}
	ip -n b xfrm policy flush
	ip -n b xfrm state flush
	xfrm_policies b
	xfrm_natt b replay-oseq 1000
	within 10 pings b a
	within 5 goes_to "${second[4]}"
	pings a b
	same "encapsulation" "$(tunnel_field a encap)" "udp 4500 4500"
	no_drops a
}

# watched [OPTION...]: a, and b's addresses, from where packets will come that are forged.
watched()
{
	fresh_hosts
	b_has "${second[4]}" "$third"
	spindle_host a "$@"
	generation a 1
	monitor a
}

# arrives N OPTION...: a good packet, the Nth.
arrives()
{
	forge "${@:2}"
	within 5 packets_in "$1"
}

not_asked()
{
	watched
	remember_counters a
	arrives 1 seq 10
	arrives 2 seq 11 from "${second[4]}"
	arrives 3 seq 12 from "${second[4]}"
	same "remote" "$(remote_of_a)" "${outer[b]}"
	same "events" "$(endpoints)" 0
	no_new_drops a
}

# Whoever sends anew what he has caught, or what he has kept from arriving, moves nothing.
attacked()
{
	local in

	in="sa in $(hex "$(spi a 1)")"
	watched follow on
	remember_counters a
	arrives 1 seq 10
	expect_drop a "$in replay" forge seq 10 from "${second[4]}"
	expect_drop a "$in authentication" forge seq 20 flip -1 from "${second[4]}"
	arrives 2 seq 5 from "${second[4]}"
	arrives 3 seq 7 from "${second[4]}"
	arrives 4 seq 6 from "${second[4]}"
	same "remote" "$(remote_of_a)" "${outer[b]}"
	# It would have, by now.
	arrives 5 seq 11 from "$third"
	within 5 goes_to "$third"
	arrives 6 seq 9 from "${second[4]}"
	arrives 7 seq 12 from "$third"
	same "remote" "$(remote_of_a)" "$third"
	same "events" "$(endpoints)" "$(endpoints ".remote == \"$third\"")"
}

# old_keys SEQ FROM: sends with those of generation 1.
old_keys()
{
	local n

	n=$(($(sa_field a in "$(spi a 1)" packets) + 1))
	arrives "$n" seq "$1" from "$2"
}

# new_keys SEQ FROM
new_keys()
{
	local spi

	spi=$(spi a 2)
	forge spi "$spi" key "$(enc_key "$spi")" auth-key "$(auth_key "$spi")" seq "$1" from "$2"
}

# Keys that the peer has not used yet do not make the old ones old; one packet with them does.
superseded()
{
	watched follow on
	generation a 2
	old_keys 1 "${outer[b]}"
	old_keys 2 "${second[4]}"
	within 5 goes_to "${second[4]}"
	new_keys 1 "$third"
	within 5 goes_to "$third"
	old_keys 3 "${second[4]}"
	old_keys 4 "${second[4]}"
	same "remote" "$(remote_of_a)" "$third"
	new_keys 2 "${outer[b]}"
	within 5 goes_to "${outer[b]}"
	same "events for ${second[4]}" "$(endpoints ".remote == \"${second[4]}\"")" 1
}

# Somebody on the way who gives every packet another source.
flapping()
{
	local begin=$SECONDS i

	watched follow on
	for ((i = 1; i <= 20; i++)); do
		arrives $((2 * i - 1)) seq $((2 * i - 1)) from "${second[4]}"
		arrives $((2 * i)) seq $((2 * i)) from "$third"
	done
	within 5 goes_to "$third"
	[ "$(endpoints)" -ge 2 ]
	[ "$(endpoints)" -le $((SECONDS - begin + 2)) ]
}

# What an administrator says holds until the peer says otherwise.
said_otherwise()
{
	watched follow on
	arrives 1 seq 1 from "${second[4]}"
	within 5 goes_to "${second[4]}"
	host a spindle tunnel set t remote "$third"
	same "remote" "$(remote_of_a)" "$third"
	arrives 2 seq 2 from "${second[4]}"
	within 5 goes_to "${second[4]}"
	host a spindle tunnel set t follow off
	arrives 3 seq 3 from "$third"
	arrives 4 seq 4 from "$third"
	same "remote" "$(remote_of_a)" "${second[4]}"
}

# The daemon does not bring back what has moved, unless its configuration says where to.
by_a_daemon()
{
	fresh_hosts
	tunnel=lan
	b_has "${second[4]}" "$third"
	write_config a follow=yes
	write_config b
	start_daemon a
	start_daemon b
	ask a up lan
	host b spindle tunnel set lan local "${second[4]}"
	within 10 pings b a
	within 5 goes_to "${second[4]}"
	within 5 grep -q "tunnel lan: the peer sends from ${second[4]} now" "$scratch/a/log"
	same "plan" "$(ask a reload --plan)" "unchanged  lan"
	ask a reload
	same "remote after a reload" "$(remote_of_a)" "${second[4]}"
	stop_daemon a TERM
	start_daemon a
	same "remote after a restart" "$(remote_of_a)" "${second[4]}"
	outer[b]=$third
	write_config a follow=yes
	ask a reload
	same "remote of another configuration" "$(remote_of_a)" "$third"
}

# is_admitted: the peer's daemon has been heard at its second address.
is_admitted()
{
	grep -q "peer b: is at ${second[4]} now" "$scratch/a/log"
}

newer_than()
{
	[[ $(field a generation) -gt $1 && $(field b generation) -gt $1 ]] || not_yet
}

# A notebook goes elsewhere, and its keys are refreshed there.
with_its_keying()
{
	local before

	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	tunnel=lan
	write_config a profile=signed follow=yes
	write_config b profile=signed start=up
	start_daemon a
	start_daemon b
	within 30 both_have state up
	b_has "${second[4]}" "$third"
	b_loses "${outer[b]}" 24
	outer[b]=${second[4]}
	write_config b profile=signed start=up
	ask b reload
	within 20 pings b a
	within 30 is_admitted
	before=$(field a generation)
	ask b rekey lan
	within 10 newer_than "$before"
	before=$(field a generation)
	ask a rekey lan
	within 10 newer_than "$before"
	pings a b
	# Who has no key that a knows is not answered, wherever he is.
	head -c 102 /dev/zero | host b nc -N -s "$third" -w 5 "${outer[a]}" 4510 > "$scratch/heard" || true
	same "what a stranger hears" "$(wc -c < "$scratch/heard")" 0
	# Nor does he keep anybody out who says nothing.
	for _ in {1..20}; do
		host b nc -s "$third" "${outer[a]}" 4510 < <(sleep 20) > /dev/null &
	done
	stop_daemon b TERM
	start_daemon b
	within 20 newer_than "$((before + 1))"
	# A daemon that starts looks for its peer where the tunnel has gone.
	stop_daemon b TERM
	stop_daemon a TERM
	capture b eth0 "tcp dst port 4510 and dst host ${second[4]}"
	outer[b]=192.0.2.2
	write_config a profile=signed follow=yes start=up
	start_daemon a
	within 10 grep -q "no connection" "$scratch/a/log"
	stop_captures
	[ -n "$(captured b eth0)" ]
}

# second_peer: one more of a's, at the same address.
second_peer()
{
	cat >> "$scratch/a/spindle.conf" <<-END
		[peer other]
		local = ${outer[a]}
		remote = ${outer[b]}
		key = $keys/a
		peer-key = $keys/stranger.pub
		[tunnel net]
		peer = other
		interface = spin0
		local-ts = 10.1.0.0/16
		remote-ts = 10.4.0.0/16
		esp = aes128-sha256
		start = listen
	END
}

# Two peers behind one NAT have one address, and keys of their own.
told_by_key()
{
	trap 'cat "$scratch"/?/log; end_test' EXIT
	fresh_hosts
	write_config a profile=signed
	second_peer
	start_daemon a
	write_config b profile=signed start=up
	start_daemon b
	within 30 both_have state up
	stop_daemon b TERM
	host b spindle tunnel del lan
	write_config b profile=signed start=up address=10.4.0.1/32 local-ts=10.4.0.0/16
	sed -i "s,^key = .*,key = $keys/stranger,; s/^\[tunnel lan\]/[tunnel net]/" \
		"$scratch/b/spindle.conf"
	start_daemon b
	within 30 is_up net
	inner[b]=10.4.0.1
	pings a b
}

# is_up TUNNEL: of a.
is_up()
{
	[ "$(ask a status "$1" -j | pick in tunnels state name="$1")" = up ] || not_yet
}

# AH takes the outer addresses in, so their change has a proof of its own.
ah_roams()
{
	alg=sha256
	roams 4 proto ah
}

run_tests \
	"IPv4" "roams 4" \
	"IPv6" "roams 6" \
	"AH" ah_roams \
	"xfrm, in UDP" xfrm_roams \
	"a tunnel that was not told to follow" not_asked \
	"packets that were caught or kept" attacked \
	"keys that have been replaced" superseded \
	"a peer that is everywhere" flapping \
	"what an administrator says" said_otherwise \
	"a daemon" by_a_daemon \
	"a peer's keying" with_its_keying \
	"two peers at one address" told_by_key
