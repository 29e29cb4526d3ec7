#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ESP in UDP (RFC 3948), with the kernel's own IPsec as the other end.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

# with_xfrm INNER OUTER
with_xfrm()
{
	dual_hosts
	families "$1" "$2"
	encap_socket b
	spindle_host a encap udp 4500 4500
	xfrm_host b
	generation a 1
	xfrm_natt b
	capture a eth0 'not arp and not icmp6 and not udp port 4500'
	pings a b -s 1
	all_sizes a b
	all_sizes b a
	transfer a b 200001
	stop_captures
	same "packets that are not ESP in UDP" "$(captured a eth0 "not multicast and not ip6 multicast")" ""
	no_drops_but_multicast a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

both()
{
	local name

	fresh_hosts
	for name in a b; do
		spindle_host $name encap udp 4500 4500
		generation $name 1
	done
}

# RFC 3948 2.1: 8 octets of UDP before ESP.
mtu()
{
	both
	same "MTU" "$(mtu_of a spin0)" \
		$(((1500 - 20 - 8 - 8 - 16 - 16) / 16 * 16 - 2))
}

# What comes must come as it is said to.
not_encapsulated()
{
	fresh_hosts
	spindle_host a encap udp 4500 4500
	generation a 1
	remember_counters a
	expect_drop a "sa in $(hex "$(spi a 1)") encapsulation" forge seq 1
	expect_drop a "sa in $(hex "$(spi a 1)") authentication" forge seq 2 encap 4500 flip -1
	forge seq 3 encap 4500
	no_new_drops a
	same "packets" "$(sa_field a in "$(spi a 1)" packets)" 1
}

# From one packet to the next.
turned_on_and_off()
{
	both
	pings a b
	host a spindle tunnel set t encap none
	host b spindle tunnel set t encap none
	same "encapsulation" "$(tunnel_field a encap)" none
	capture a eth0 'proto 50'
	pings a b
	stop_captures
	same "ESP packets" "$(captured a eth0 | grep -c ^IP)" 2
	host a spindle tunnel set t encap udp 4500 4500
	host b spindle tunnel set t encap udp 4500 4500
	same "encapsulation" "$(tunnel_field a encap)" "udp 4500 4500"
	pings a b
}

# --- the port ---------------------------------------------------------------

# borrow NAME [COUNT]: its port, as a daemon would; what it prints is in $scratch/NAME.port.
borrow()
{
	background "$1" "$here/port_borrow" "${outer[$1]}" 4500 "${@:2}" > "$scratch/$1.port" 2>&1
	borrower=$!
	within 20 grep -q . "$scratch/$1.port"
	same "the port" "$(head -n 1 "$scratch/$1.port")" "open ${outer[$1]} 4500"
}

# end_borrower SIGNAL
end_borrower()
{
	kill "-$1" "$borrower"
	wait "$borrower" || true
}

# datagrams NAME OCTETS...: in hexadecimal, each one datagram from there, port 4500, to the
# other's; what comes back within a moment is printed.
datagrams()
{
	host "$1" python3 -ISc '
import socket, sys
kind = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
sock = socket.socket(kind, socket.SOCK_DGRAM)
sock.settimeout(0.5)
sock.bind((sys.argv[1], 4501))
for octets in sys.argv[3:]:
    sock.sendto(bytes.fromhex(octets), (sys.argv[2], 4500))
try:
    while True:
        octets, sender = sock.recvfrom(65535)
        print(octets.hex(), *sender[:2])
except TimeoutError:
    pass' "${outer[$1]}" "${outer[${peer[$1]}]}" "${@:2}"
}

udp_sockets()
{
	host "$1" ss -Hulpn "sport = 4500" | wc -l
}

has_sockets()
{
	[ "$(udp_sockets "$1")" = "$2" ]
}

# What is not ESP waits for who borrows the port and is answered from there; ESP and
# keepalives never get there.
what_is_not_esp()
{
	local ike=00000000aa01 later=00000000bb02

	dual_hosts
	families 4 "$1"
	spindle_host a encap udp 4500 4500
	generation a 1
	remember_counters a
	same "answers" "$(datagrams b $ike ff)" ""
	borrow a
	within 5 grep -q "^$ike ${outer[b]} 4501$" "$scratch/a.port"
	same "answers" "$(datagrams b ff $later)" "02bb00000000 ${outer[a]} 4500"
	same "what came" "$(tail -n +2 "$scratch/a.port")" \
		"$ike ${outer[b]} 4501"$'\n'"$later ${outer[b]} 4501"
	no_new_drops a
	# Linux drops shorter ones over IPv6 as it hands them to its own IPsec.
	expect_drop a "tunnel t unknown-spi" datagrams b "0000471100000001${all_octets:0:80}"
	same "datagrams that came" "$(tail -n +2 "$scratch/a.port" | wc -l)" 2
}

# A port is there as long as somebody has a use for it.
life_of_a_port()
{
	fresh_hosts
	spindle_host a encap udp 4500 4500
	has_sockets a 1
	host a spindle tunnel set t encap udp 4501 4500
	has_sockets a 0
	host a spindle tunnel set t encap udp 4500 4500
	borrow a
	host a spindle tunnel del t
	has_sockets a 1
	spindle_tunnel a encap udp 4500 4500
	end_borrower TERM
	has_sockets a 1
	host a spindle tunnel set t encap none
	has_sockets a 0
	borrow a
	refuse rmmod spindle
	end_borrower KILL
	within 5 has_sockets a 0
	spindle_tunnel a encap udp 4500 4500 || host a spindle tunnel set t encap udp 4500 4500
	ip -n a link del spin0
	has_sockets a 0
}

# A daemon comes, dies and comes again, several times, under a fast flow.
daemons_come_and_go()
{
	both
	receive b
	send a b 2000
	for _ in {1..3}; do
		borrow b
		end_borrower KILL
	done
	sleep 0.2
	stop_sending
	flow_arrived
	no_drops a
	no_drops b
}

# has_encap_error NAME TEXT
has_encap_error()
{
	[ "$(tunnel_field "$1" encap-error)" = "$2" ]
}

# Another program has the port; ESP comes in if that is a keying daemon, and when it goes,
# the port is ours.
taken()
{
	fresh_hosts
	encap_socket a
	for name in a b; do
		spindle_host $name encap udp 4500 4500
		generation $name 1
	done
	has_encap_error a "Address already in use"
	has_encap_error b null
	pings a b
	pings b a
	same "error" "$(refuse host a "$here/port_borrow" "${outer[a]}" 4500 2>&1)" "another program has it"
	kill "${substitutes[0]}"
	within 5 has_encap_error a null
	pings a b
	no_drops a
	no_drops b
}

# Nobody else can take the packets of a port that we have.
nobody_beside_us()
{
	fresh_hosts
	spindle_host a encap udp 4500 4500
	refuse host a python3 -ISc '
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
sock.bind(("192.0.2.1", 4500))' 2>&1 | grep 'Address already in use'
}

# The port waits for its address, and stays while that goes and comes.
address_comes_later()
{
	fresh_hosts
	ip -n a address del "${outer[a]}/24" dev eth0
	for name in a b; do
		spindle_host $name encap udp 4500 4500
		generation $name 1
	done
	has_encap_error a null
	for _ in 1 2; do
		ip -n a address add "${outer[a]}/24" dev eth0
		pings a b
		ip -n a address del "${outer[a]}/24" dev eth0
	done
}

# --- daemons ----------------------------------------------------------------

by_a_daemon()
{
	local name

	fresh_hosts
	for name in a b; do
		write_config $name encap="udp 4500 4500"
		start_daemon $name
	done
	ask a up lan
	capture a eth0 "not arp and not udp port 4500 and not tcp port 4510"
	transfer a b 100001
	stop_captures
	same "packets that are neither ESP in UDP nor keying" "$(captured a eth0)" ""
	# IKE, which it does not speak, does not pile up.
	same "answers" "$(datagrams b 00000000aa01 00000000bb02)" ""
	within 5 nothing_waits a
	no_drops a
	no_drops b
}

# nothing_waits NAME: at its port.
nothing_waits()
{
	[ "$(host "$1" ss -Hlun 'sport = 4500' | awk '{ print $2 }')" = 0 ]
}

# knows_problem NAME TEXT
knows_problem()
{
	ask "$1" status -j | jq -e --arg text "$2" '.peers[].tunnels[].problems | index([$text])' \
		> /dev/null || not_yet
}

no_problem()
{
	ask "$1" status -j | jq -e '.peers[].tunnels[].problems == []' > /dev/null || not_yet
}

# The daemon says so, in its status, and tries again.
taken_from_a_daemon()
{
	fresh_hosts
	encap_socket a
	write_config a encap="udp 4500 4500"
	start_daemon a
	knows_problem a "UDP port 4500 of 192.0.2.1: another program has it"
	ask a status | grep 'problem  *UDP port 4500 of 192.0.2.1: another program has it'
	kill "${substitutes[0]}"
	within 10 no_problem a
}

run_tests \
	"IPv4 in IPv4 with xfrm" "with_xfrm 4 4" \
	"IPv6 in IPv4 with xfrm" "with_xfrm 6 4" \
	"IPv4 in IPv6 with xfrm" "with_xfrm 4 6" \
	"IPv6 in IPv6 with xfrm" "with_xfrm 6 6" \
	"the MTU" mtu \
	"ESP that is not encapsulated" not_encapsulated \
	"encapsulation is turned on and off" turned_on_and_off \
	"what is not ESP is a daemon's, over IPv4" "what_is_not_esp 4" \
	"what is not ESP is a daemon's, over IPv6" "what_is_not_esp 6" \
	"a port lives while it is of use" life_of_a_port \
	"daemons come and go, and no packet is lost" daemons_come_and_go \
	"another program has the port" taken \
	"nobody can take a port that is ours" nobody_beside_us \
	"the address of a port comes and goes" address_comes_later \
	"keys by a daemon" by_a_daemon \
	"another program has a daemon's port" taken_from_a_daemon
