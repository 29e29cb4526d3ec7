#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What administrators do with tunnels: one inside of another, a circle of them, addresses
# that go and come, devices in other namespaces and in VRFs.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

both()
{
	fresh_hosts
	spindle_hosts
}

# --- the size of packets ----------------------------------------------------

# largest NAME DEVICE: octets of the largest packet that was captured, with its header.
largest()
{
	captured "$1" "$2" | sed -nE '
		s/^IP \(.*, length ([0-9]+)\).*/\1 0/p
		s/^IP6 \(.*payload length: ([0-9]+)\).*/\1 40/p' | awk '{ print $1 + $2 }' |
		sort -n | tail -n 1
}

# full_size INNER OUTER: TCP fills what there is, and nothing is cut.
full_size()
{
	dual_hosts
	families "$1" "$2"
	spindle_hosts
	capture a eth0 'ip proto 50 or ip6 proto 50 or ip6 proto 44 or ip[6:2] & 0x3fff != 0'
	transfer a b 100001
	stop_captures
	same "fragments" "$(captured a eth0 'ip6 proto 44 or ip[6:2] & 0x3fff != 0')" ""
	same "the largest packet" "$(largest a eth0)" "$(esp_len "$(inner_max 1500)")"
}

# --- tunnels inside of tunnels, and circles ---------------------------------

# From now on a device of its own, between what have been the inner addresses.
second_tunnel()
{
	device=spin1 tunnel=u
	outer=([a]=${inner[a]} [b]=${inner[b]})
	inner=([a]=10.11.0.1 [b]=10.12.0.1)
	network=([a]=10.11.0.0/16 [b]=10.12.0.0/16)
}

in_tunnel()
{
	local mtu

	both
	second_tunnel
	spindle_hosts
	mtu=$(inner_max "$(inner_max 1500)")
	same "MTU" "$(mtu_of a spin1)" "$mtu"
	capture a eth0 'not arp and not ip proto 50 or ip[6:2] & 0x3fff != 0'
	pings a b -M "do" -s $((mtu - 28))
	refuse pings a b -M "do" -s $((mtu - 27))
	pings b a -s 20000
	transfer a b 1000001
	stop_captures
	same "packets that are not whole ESP" "$(captured a eth0)" ""
	no_drops a
	no_drops b
}

# As many as devices may call each other, on the one stack of who sends; AH takes most of it.
eight_deep()
{
	local i deepest=7

	# Lockdep counts no more than 48 locks at once, and readers of RCU among them.
	[ ! -e /proc/lockdep ] || deepest=3
	fresh_hosts
	alg=sha512
	for ((i = 0; i <= deepest; i++)); do
		device=spin$i tunnel=t$i
		inner=([a]=10.10$i.1.1 [b]=10.10$i.2.1)
		network=([a]=10.10$i.1.0/24 [b]=10.10$i.2.0/24)
		spindle_hosts proto ah df clear
		outer=([a]=${inner[a]} [b]=${inner[b]})
	done
	pings a b
	pings a b -s 3000
	transfer a b 100001
	no_drops a
	no_drops b
	quiet
}

# The way to the other end of each is the other: what is sent would come back longer by two
# headers, and for ever if it may be cut.  It fits the device whatever that has last seen of the
# path: the way through the other's, before that one has a tunnel, is a narrow one.
circle()
{
	both
	ip -n a -batch - <<-END
		link add spin1 type spindle
		link set spin1 up
		route add ${outer[b]} dev spin1
	END
	host a spindle tunnel add u dev spin1 local "${inner[a]}" remote 10.2.0.9 \
		local-ts 192.0.2.0/24 remote-ts 192.0.2.0/24
	(tunnel=u && generation a 2)
	remember_counters a
	expect_drop a "tunnel t route-loop" refuse pings a b -M "do"
	expect_drop a "tunnel t route-loop" refuse pings a b -M dont -s 1200
	expect_drop a "tunnel u route-loop" refuse host a ping -n -c 1 -W 3 "${outer[b]}"
	quiet
	ip -n a route del "${outer[b]}" dev spin1
	pings a b
}

# --- addresses --------------------------------------------------------------

# own_address 4|6: the outer source is the tunnel's, whatever the route prefers, and
# while the host does not have it there is none.
own_address()
{
	local other=192.0.2.77 own

	dual_hosts
	families 4 "$1"
	[ "$1" = 4 ] || other=2001:db8::77
	own=${outer[a]}/$(($1 == 4 ? 24 : 64))
	spindle_hosts
	ip -n a address add $other dev eth0 nodad 2> /dev/null
	ip -n a route add "${outer[b]}" dev eth0 src $other
	capture b eth0 "src host $other and (ip proto 50 or ip6 proto 50)"
	pings a b
	remember_counters a
	ip -n a address del "$own" dev eth0
	expect_drop a "tunnel t no-route" refuse pings a b
	ip -n a address add "$own" dev eth0 nodad 2> /dev/null
	pings a b
	pings b a
	stop_captures
	same "packets from the other address" "$(captured b eth0)" ""
}

# A socket that is bound to the device needs no route, and hears what comes from there.
bound()
{
	local echoes

	both
	ip -n a route del "${network[b]}" dev spin0
	refuse pings a b 2> /dev/null
	pings a b -I spin0
	exec {echoes}< <(exec netns_exec b python3 -ISc '
import socket
def bound(device):
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
	sock.bind(("", 5000))
	return sock
wrong, right = bound(b"eth0"), bound(b"spin0")
print("open", flush=True)
right.sendto(*right.recvfrom(100))
wrong.setblocking(False)
try:
	print(wrong.recv(100))
except BlockingIOError:
	print("nothing")')
	substitutes+=($!)
	read -r -t 20 -u "$echoes"
	host a python3 -ISc '
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"spin0")
sock.settimeout(10)
sock.sendto(b"word", (sys.argv[1], 5000))
sys.exit(sock.recv(100) != b"word")' "${inner[b]}"
	read -r -t 20 -u "$echoes"
	same "what comes to a socket of another device" "$REPLY" nothing
	no_drops a
	no_drops b
}

# --- another namespace ------------------------------------------------------

# settle NAMESPACE: spin0 there is as host a had it.
settle()
{
	ip -n "$1" -batch - <<-END
		address replace ${inner[a]}/32 dev spin0
		link set spin0 up
		route replace ${network[b]} dev spin0 src ${inner[a]}
	END
}

# moved: the device of a is in c; its outer packets stay in a.
moved()
{
	inner[c]=${inner[a]}
	both
	ip netns add c
	ip -n c link set lo up
	ip -n a link set spin0 netns c
	settle c
}

packets_of_device()
{
	ip -n "$1" -s -j link show spin0 | jq '.[].stats64 | .rx.packets, .tx.packets'
}

in_other_namespace()
{
	moved
	capture a eth0 'not arp and not ip proto 50'
	same "packets at first" "$(packets_of_device c)" $'0\n0'
	pings c b -s 1000
	pings b c
	same "packets" "$(packets_of_device c)" $'2\n2'
	transfer c b 200001
	stop_captures
	same "packets that are not ESP" "$(captured a eth0)" ""
	refuse pings a b 2> /dev/null
	# Each namespace sees what is its own.
	same "the device's other namespace" "$(ip -n c -j link show spin0 | jq '.[].link_netnsid')" 0
	same "device" "$(tunnel_field a dev)" spin0
	same "tunnels of c" "$(show c tunnel length)" 0
	same "devices of c" "$(show c device length)" 0
	no_drops a
	no_drops b
	ip -n c link set spin0 down
	ip -n c link set spin0 name wan0
	same "device" "$(tunnel_field a dev)" wan0
	# And back.
	ip -n c link set wan0 netns a name spin0
	settle a
	ip netns del c
	pings a b
	pings b a
}

# Of one that has come from elsewhere the tunnels are made where its packets go.
not_in_other_namespace()
{
	moved
	refuse host c spindle tunnel add v dev spin0 local 192.0.2.1 remote 192.0.2.3 \
		local-ts 10.1.0.0/16 remote-ts 10.3.0.0/16 2> "$scratch/said"
	same "what is said" "$(< "$scratch/said")" \
		"spindle: tunnel v: the device was made in another network namespace"
	same "tunnels" "$(show a tunnel length) $(show c tunnel length)" "1 0"
}

# Marks and errors pass from one namespace to the other, each where it belongs.
told_in_other_namespace()
{
	moved
	host a nft -f - <<-END
		table ip seen {
			chain out {
				type filter hook output priority 0
				meta mark 7 ip protocol esp counter
			}
		}
	END
	pings c b
	host a spindle tunnel set t fwmark 7
	pings c b
	host a nft list table ip seen | grep 'counter packets 1 '
	host a spindle tunnel set t fwmark 0
	# The sender is in c, who keeps the keys in a.
	host c ping -n -c 1 -W 3 -M "do" -s 1450 "${inner[b]}" > "$scratch/ping" 2>&1 || true
	grep -E "mtu ?[=:] ?1438" "$scratch/ping"
	monitor a
	host a spindle sa del t out spi "$(spi b 1)"
	host c ping -n -c 1 -W 1 "${inner[b]}" > /dev/null || true
	within 5 [ "$(events '.event == "acquire" and .tunnel == "t"')" = 1 ]
	sa a out "$(spi b 1)"
	host a spindle tunnel set t remote 198.51.100.1
	remember_counters a
	expect_drop a "tunnel t no-route" refuse host c ping -n -c 1 -W 3 "${inner[b]}" > "$scratch/ping"
	grep 'Destination Host Unreachable' "$scratch/ping"
}

# --- VRFs -------------------------------------------------------------------

# vrf NAME TABLE DEVICE
vrf()
{
	ip -n a -batch - <<-END
		link add $1 type vrf table $2
		link set $1 up
		link set $3 master $1
	END
}

# Who is inside the VRF of the device can send, and its outer packets leave by the main
# table.
in_vrf()
{
	both
	vrf red 10 spin0
	ip -n a route add "${network[b]}" dev spin0 src "${inner[a]}" vrf red
	refuse pings a b 2> /dev/null
	pings a b -I red
	pings a b -I spin0
	pings b a
	host a sh -c 'echo 1 > /proc/sys/net/ipv4/tcp_l3mdev_accept'
	one_way b a 200001
	no_drops a
	no_drops b
}

# What the VRF's routes have learnt of the path counts as well.
under_vrf()
{
	both
	vrf blue 20 eth0
	remember_counters a
	expect_drop a "tunnel t no-route" refuse pings a b
	ip -n a rule add fwmark 7 table 20
	host a spindle tunnel set t fwmark 7
	transfer a b 200001
	no_new_drops a
	no_drops b
	narrow_path table 20
	within 5 has_mtu a spin0 "$(inner_max 1300)"
}

# --- what somebody still holds ----------------------------------------------

# hold NAME: sockets of every kind there, and a's list of SAs half read; until let_go.
hold()
{
	local i

	for i in {1001..1100}; do
		echo "sa-new {tunnel: {name: t}, sa: {dir: in, spi: $i, alg: aes128-sha256," \
			"key: '$(printf '11%.0s' {1..16})', auth-key: '$(printf '22%.0s' {1..32})'}}"
	done | host a "$here/netlink_ask" > /dev/null
	exec {held}< <(exec netns_exec "$1" python3 -ISc '
import signal, socket, subprocess, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
packets.bind(("spin0", 0))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"spin0")
datagrams.connect((sys.argv[1], 9))
datagrams.send(b"word")
sas = subprocess.Popen(["netns_exec", "a", "spindle", "sa", "show"], stdout=subprocess.PIPE, pipesize=4096)
sas.stdout.readline()
print("open", flush=True)
signal.sigwait([signal.SIGUSR1])
sas.stdout.read()
print(sas.wait(), flush=True)
signal.pause()' "${inner[b]}")
	holder=$!
	substitutes+=("$holder")
	read -r -t 60 -u "$held"
}

# let_go: of the list, which ends as if nothing had been.
let_go()
{
	kill -USR1 "$holder"
	read -r -t 20 -u "$held"
	same "how the list of SAs ends" "$REPLY" 0
}

device_goes()
{
	fresh_hosts
	spindle_host a
	hold a
	monitor a
	host a udp_flow send "${inner[b]}" 1000 64 100
	timeout 20 ip -n a link del spin0
	same "tunnels" "$(show a tunnel length)" 0
	let_go
	# Of the same name, and nobody's yet.
	spindle_hosts
	pings a b
	quiet
}

# gone NAME DEVICE
gone()
{
	! ip -n "$1" link show "$2" > /dev/null 2>&1
}

# Who lists has a hand on the namespace, and the sockets in the other on the device.
birthplace_goes()
{
	moved
	hold c
	ip netns del a
	pings c b
	let_go
	within 20 gone b eth0
	{ host c ping -n -c 1 -W 1 "${inner[b]}" || true; } | grep 'Destination Host Unreachable'
	timeout 20 ip -n c link del spin0
	quiet
}

run_tests \
	"IPv4 in IPv4 is of full size" "full_size 4 4" \
	"IPv6 in IPv4 is of full size" "full_size 6 4" \
	"IPv4 in IPv6 is of full size" "full_size 4 6" \
	"IPv6 in IPv6 is of full size" "full_size 6 6" \
	"a tunnel in a tunnel" in_tunnel \
	"eight tunnels in each other" eight_deep \
	"tunnels in a circle" circle \
	"an outer address that goes and comes" "own_address 4" \
	"an outer address of IPv6 that goes and comes" "own_address 6" \
	"sockets bound to the device" bound \
	"a device in another namespace" in_other_namespace \
	"its tunnels are made in the first one" not_in_other_namespace \
	"marks, errors and events of a device in another namespace" told_in_other_namespace \
	"a device in a VRF" in_vrf \
	"outer packets in a VRF" under_vrf \
	"a device that sockets and a dump hold is deleted" device_goes \
	"a namespace that they hold, of a device in another, is deleted" birthplace_goes
