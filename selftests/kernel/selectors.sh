#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Selectors with protocols and ports: which of several tunnels carries a packet, and which
# packets come out of one.

. "$(dirname "$0")/lib.sh"

# add_tunnel NAME TUNNEL N LOCAL REMOTE [OPTION...]: narrows the usual selectors, each by what
# is given ("" or "[...]"), with the keys of generation N.
add_tunnel()
{
	local name=$1 other=${peer[$1]} tunnel=$2

	host "$name" spindle tunnel add "$tunnel" dev "$device" \
		local "${outer[$name]}" remote "${outer[$other]}" \
		local-ts "${network[$name]}$4" remote-ts "${network[$other]}$5" "${@:6}"
	generation "$name" "$3"
}

# carried NAME TUNNEL: packets out and in.
carried()
{
	show "$1" sa "map(select(.tunnel == \"$2\")) |
		\"\(map(select(.dir == \"out\").packets) | add) \(map(select(.dir == \"in\").packets) | add)\""
}

# datagram FROM TO PORT [OCTETS]
datagram()
{
	host "$1" bash -c "head -c ${4:-10} /dev/zero > /dev/udp/${inner[$2]}/$3"
}

# went NAME TUNNEL COMMAND...: which sends one packet, through that tunnel.
went()
{
	local before after

	read -r before _ <<< "$(carried "$1" "$2")"
	"${@:3}"
	read -r after _ <<< "$(carried "$1" "$2")"
	same "packets out of $2" "$after" $((before + 1))
}

# --- outbound ---------------------------------------------------------------

# xfrm_selected NAME SELECTOR-OUT SELECTOR-IN: what it says goes with reqid 2.
xfrm_selected()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		xfrm policy add src ${network[$name]} dst ${network[$other]} $2 dir out priority 1 \
			tmpl src ${outer[$name]} dst ${outer[$other]} proto esp reqid 2 mode tunnel
		xfrm policy add src ${network[$other]} dst ${network[$name]} $3 dir in priority 1 \
			tmpl src ${outer[$other]} dst ${outer[$name]} proto esp reqid 2 mode tunnel
	END
	xfrm_reqid=2 xfrm_state "$name" "$other" "$name" "$(spi "$name" 2)" flag af-unspec
	xfrm_reqid=2 xfrm_state "$name" "$name" "$other" "$(spi "$other" 2)" flag af-unspec
}

# with_xfrm INNER: connections to port 5000 of b in a tunnel of their own, both ways.
with_xfrm()
{
	dual_hosts
	families "$1" 4
	spindle_host a
	generation a 1
	add_tunnel a web 2 "" "[tcp/5000]"
	xfrm_host b
	xfrm_states b flag af-unspec
	xfrm_selected b "proto tcp sport 5000" "proto tcp dport 5000"

	one_way a b 100001
	same "packets of the other tunnel" "$(carried a t)" "0 0"
	read -r out in <<< "$(carried a web)"
	((out > 70 && in > 10))
	one_way b a 100001
	pings a b
	same "packets of the tunnel for port 5000" "$(carried a web)" "$out $in"
	no_drops_but_multicast a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

# Longest prefix, then protocol, then the fewest ports; whatever the order they came in.
most_specific()
{
	fresh_hosts
	spindle_hosts
	add_tunnel a dns 2 "" "[udp/53]"
	add_tunnel a udp 3 "" "[udp]"
	add_tunnel a low 4 "" "[udp/1-1023]"
	host a spindle tunnel add host dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts 10.1.0.0/16 remote-ts 10.2.0.2
	tunnel=host generation a 5
	remember_counters b

	went a dns datagram a b 53
	went a low datagram a b 54
	went a udp datagram a b 1024
	went a t host a ping -c 1 -W 0.1 "${inner[b]}" || true
	inner[b]=10.2.0.2
	went a host datagram a b 53
}

# More of them on one pair of prefixes, up to what one tunnel may have.
many_ports()
{
	local range ports

	fresh_hosts
	spindle_host a
	range=$(for ((i = 0; i < 64; i++)); do printf "%s[tcp/%d-%d]," "${network[a]}" $((i * 1000)) $((i * 1000 + 998)); done)
	ports=${range%,}
	host a spindle tunnel add many dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts "$ports" remote-ts "${ports//${network[a]}/${network[b]}}"
	same "selectors" "$(show a tunnel '.[] | select(.name == "many")."local-ts" | join(",")')" "$ports"
	host a spindle tunnel show many -j > "$scratch/one"
	same "selectors" "$(jq -r '.[]."remote-ts" | length' "$scratch/one")" 64
	host a spindle tunnel del many
	tunnel=t generation a 1
	went a t datagram a b 1000
}

# Ports that no other tunnel takes are not let out, and their sender is told.
no_tunnel()
{
	fresh_hosts
	ip -n a -batch - <<-END
		link add spin0 type spindle
		address add ${inner[a]} dev spin0
		link set spin0 up
		route add ${network[b]} dev spin0 src ${inner[a]}
	END
	add_tunnel a t 1 "" "[udp/7000]"
	remember_counters a
	expect_drop a "device spin0 no-tunnel" datagram a b 7001
	expect_drop a "device spin0 no-tunnel" refuse host a nc -w 1 "${inner[b]}" 7000 2> "$scratch/said"
	went a t datagram a b 7000
}

# Only the first fragment has ports: they are put together before.
fragments()
{
	fresh_hosts
	spindle_host a
	spindle_host b
	host a spindle tunnel set t remote-ts "${network[b]}[udp/5000]"
	host b spindle tunnel set t local-ts "${network[b]}[udp/5000]"
	generation a 1
	generation b 1
	remember_counters a
	remember_counters b
	background b timeout 20 nc -u -l -p 5000 < /dev/null > "$scratch/received"
	within 5 listens b
	went a t datagram a b 5000 3000
	within 5 has_size "$scratch/received" 3000
	no_new_drops a
	no_new_drops b
}

listens()
{
	[ -n "$(host "$1" ss -Hlun 'sport = 5000')" ]
}

has_size()
{
	[ "$(stat -c %s "$1")" = "$2" ]
}

# --- inbound ----------------------------------------------------------------

# What comes out of a tunnel is what it was made for (RFC 4301 5.2).
wrong_port_inside()
{
	fresh_hosts
	spindle_hosts
	host a spindle tunnel set t local-ts "${network[a]}[udp/7000-7010]"
	remember_counters a
	expect_drop a "$in_sa selector" datagram b a 6999
	expect_drop a "$in_sa selector" datagram b a 7011
	expect_drop a "$in_sa selector" refuse pings b a
	datagram b a 7000
	datagram b a 7010
	# In three fragments: those behind the first have no ports that could be looked at.
	datagram b a 7005 4000
	within 3 has_packets 3
	within 3 has_drops "$in_sa selector 5"
}

has_drops()
{
	counters a | grep -q "^$1$"
}

has_packets()
{
	[ "$(sa_field a in "$(spi a 1)" packets)" = "$1" ]
}

# --- changes ----------------------------------------------------------------

# On which side a protocol is said is all the same: what stays so is still led there.
side_of_a_protocol()
{
	local a=${network[a]} b=${network[b]}

	fresh_hosts
	spindle_hosts
	host a spindle tunnel set t local-ts "${a}[udp],$a" remote-ts "${b}[udp],$b"
	went a t datagram a b 7
	host a spindle tunnel set t local-ts "${a}[udp]" remote-ts "$b"
	went a t datagram a b 7
	remember_counters a
	expect_drop a "device spin0 no-tunnel" refuse pings a b
	host a spindle tunnel set t local-ts "$a" remote-ts "${b}[udp]"
	went a t datagram a b 7
	host a spindle tunnel add other dev spin0 local "${outer[a]}" remote "${outer[b]}" \
		local-ts "${a}[udp/1-9]" remote-ts "$b"
	host a spindle tunnel set t local-ts "$a" remote-ts "$b"
	pings a b
}

# refused MESSAGE COMMAND...: of spindle in a, which must not do it.
refused()
{
	refuse host a spindle "${@:2}" 2> "$scratch/said"
	grep -F -- "$1" "$scratch/said"
}

wrong()
{
	local ends=(dev spin0 local "${outer[a]}" remote "${outer[b]}")
	local a=${network[a]} b=${network[b]}

	fresh_hosts
	spindle_host a
	refused "another tunnel of the device has the same selectors" \
		tunnel add u "${ends[@]}" local-ts "$a" remote-ts "$b"
	host a spindle tunnel set t remote-ts "${b}[tcp/80]"
	refused "another tunnel of the device has the same selectors" \
		tunnel add u "${ends[@]}" local-ts "${a}[tcp]" remote-ts "${b}[tcp/80]"
	refused "a selector has none of its protocol on the other side" \
		tunnel add u "${ends[@]}" local-ts "${a}[tcp]" remote-ts "${b}[udp]"
	refused "a selector has none of its protocol on the other side" \
		tunnel set t local-ts "$a,${a}[udp]"
	refused "the protocol has no ports" \
		tunnel add u "${ends[@]}" local-ts "${a}[icmp/8]" remote-ts "$b"
	same "selectors" "$(show a tunnel '.[] | ."local-ts"[], ."remote-ts"[]' | xargs)" "$a ${b}[tcp/80]"
}

# --- modes and daemons ------------------------------------------------------

# L2TP over IPsec (RFC 3193): one port of a host, and nothing else.
transport_mode()
{
	local name

	fresh_hosts
	for name in a b; do
		inner[$name]=${outer[$name]}
		ip -n $name -batch - <<-END
			link add spin0 type spindle
			link set spin0 up
			route add ${outer[${peer[$name]}]} dev spin0 src ${outer[$name]} table 7
			rule add fwmark 7 table main priority 10
			rule add ipproto udp dport 1701 table 7 priority 20
		END
		host $name spindle tunnel add t dev spin0 mode transport fwmark 7 \
			local "${outer[$name]}" remote "${outer[${peer[$name]}]}" \
			local-ts "${outer[$name]}[udp/1701]" remote-ts "${outer[${peer[$name]}]}[udp/1701]"
		generation $name 1
	done
	capture b eth0 "udp or esp"
	host a bash -c "echo hello | nc -u -p 1701 -w 1 ${outer[b]} 1701"
	stop_captures
	same "packets on the wire" "$(captured b eth0 | grep -o 'ESP\|UDP' | sort -u)" ESP
	has_arrived b
	remember_counters a
	expect_drop a "device spin0 no-tunnel" datagram a b 1701 # from another port
}

has_arrived()
{
	[ "$(sa_field "$1" in "$(spi "$1" 1)" packets)" -ge 1 ]
}

# Two tunnels of one peer, whose selectors the daemons compare.
by_a_daemon()
{
	local name
	local -A narrow=([a]="remote-ts" [b]="local-ts") wide=([a]="local-ts" [b]="remote-ts")

	fresh_hosts
	for name in a b; do
		write_config $name
		cat >> "$scratch/$name/spindle.conf" <<-END
			[tunnel web]
			peer = ${peer[$name]}
			interface = spin0
			${narrow[$name]} = ${network[b]}[tcp/5000]
			${wide[$name]} = ${network[a]}
			esp = aes128-sha256
			start = listen
		END
		start_daemon $name
	done
	ask a up lan
	ask a up web
	one_way a b 50001
	same "packets of the other tunnel" "$(carried a lan)" "0 0"
	pings a b
	no_drops_but_multicast a
	no_drops_but_multicast b
}

in_sa="sa in $(hex "$(spi a 1)")"

run_tests \
	"IPv4 with xfrm, a port to itself" "with_xfrm 4" \
	"IPv6 with xfrm, a port to itself" "with_xfrm 6" \
	"the most specific selector" most_specific \
	"many ports" many_ports \
	"ports that no tunnel takes" no_tunnel \
	"fragments" fragments \
	"a wrong port inside" wrong_port_inside \
	"changes of a protocol's side" side_of_a_protocol \
	"wrong selectors" wrong \
	"transport mode of one port" transport_mode \
	"keys by daemons" by_a_daemon
