# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Traffic between the hosts.

# pings FROM TO [OPTION...]: one that must be answered.
pings()
{
	host "$1" ping -n -q -c 1 -W "${patience:-20}" "${@:3}" "${inner[$2]}" > /dev/null
}

# one_way FROM TO OCTETS: over one TCP connection, compared at the end.
one_way()
{
	local listener

	head -c "$3" /dev/urandom > "$scratch/sent"
	background "$2" timeout 60 nc "-$(ip_version "${inner[$2]}")" -l -p 5000 < /dev/null \
		> "$scratch/received"
	listener=$!
	within 5 host "$1" nc -N -w 20 "${inner[$2]}" 5000 < "$scratch/sent"
	wait $listener
	cmp "$scratch/sent" "$scratch/received"
}

# transfer FROM TO OCTETS: there and back.  By turns, because a listening nc ends as
# soon as the other side has said all, with words of its own still unsent.
transfer()
{
	one_way "$1" "$2" "$3"
	one_way "$2" "$1" "$3"
}

# receive NAME: from now on, until flow_arrived.
receive()
{
	exec {flow}< <(exec netns_exec "$1" udp_flow receive)
	substitutes+=($!)
	read -r -t 30 -u "$flow"
}

# send FROM TO RATE: in the background, until stop_sending.  On one processor, for veth
# has a queue for each and packets of a sender that wanders overtake each other there.
send()
{
	background "$1" taskset -c 0 udp_flow send "${inner[$2]}" "$3"
	sender=$!
	within 20 is_sending
}

# It is the program, and would take a signal for what it means.
is_sending()
{
	[ "$(< "/proc/$sender/comm")" = udp_flow ] && grep -q '^SigCgt:.*[1-9a-f]' "/proc/$sender/status"
}

stop_sending()
{
	kill "$sender"
	wait "$sender"
}

# flow_arrived: all of it, each once, in order.
flow_arrived()
{
	local result

	read -r -t 60 -u "$flow" result
	same "what became of the datagrams" "$result" "lost=0 doubled=0 wrong=0 disordered=0"
}

# flow_complete: all of it, each once, in whatever order.
flow_complete()
{
	local result

	read -r -t 60 -u "$flow" result
	same "what became of the datagrams" "${result% disordered=*}" "lost=0 doubled=0 wrong=0"
}

# all_sizes FROM TO: datagrams of every length of padding, up to one that fills a's MTU.
all_sizes()
{
	local mtu headers=28

	mtu=$(mtu_of a spin0)
	[ "$(ip_version "${inner[a]}")" = 4 ] || headers=48
	receive "$2"
	host "$1" udp_flow send "${inner[$2]}" 500 $((mtu - headers - 40)) $((mtu - headers))
	flow_arrived
}

# The next sequence number that no other test of the script has used.
next_seq()
{
	echo $((KTAP_TESTNO * 10))
}

# forge [OPTION VALUE]...: b sends a packet to a's inbound SA, made by hand; options
# override those before them.
forge()
{
	local spi

	spi=$(spi a 1)
	host b esp_send "${outer[a]}" spi "$spi" seq "$(next_seq)" \
		key "$(enc_key "$spi")" auth-key "$(auth_key "$spi")" "$@"
}

# forge6 [OPTION VALUE]...: the same with IPv6 inside.
forge6()
{
	forge source "${inner6[b]}" destination "${inner6[a]}" "$@"
}
