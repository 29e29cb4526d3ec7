#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The main job, told to a person: two hosts agree on keys and exchange traffic as
# ESP, and one of them does so with a gateway of somebody else's (demo_gateway.sh).
# `make demo` runs this in a virtual machine.
#
# The hosts are the network namespaces left and right, joined by one wire.  The
# machine is real otherwise: the module in its kernel, a daemon for each host.

set -euo pipefail

cd "$(dirname "$(realpath "$0")")/.."

mebibytes=20
octets=$((mebibytes << 20))
folder=/run/spindle-demo
capture=$folder/wire.pcap
number=0
. selftests/demo_gateway.sh

# Each host has its own daemon, and that its own control socket.
left()
{
	SPINDLE_CONTROL=$folder/left/control ip netns exec left "$@"
}

right()
{
	SPINDLE_CONTROL=$folder/right/control ip netns exec right "$@"
}

spindle=build/spindle

step()
{
	number=$((number + 1))
	printf '\n%d. %s\n\n' $number "$*"
}

# Runs a command on a host as the reader would, and shows both.
show()
{
	local host=$1

	shift
	echo "   $host# ${*/#build\//}"
	"$host" "$@" 2>&1 | sed 's/^/     /'
}

say()
{
	echo "   $*"
}

fail()
{
	printf '\ndemo: failed: %s\n' "$*"
	trap - EXIT
	exit 1
}

ended()
{
	local status=$?

	[ $status -eq 0 ] || printf '\ndemo: failed in step %d\n' $number
	exit $status
}

# wait_for SECONDS COMMAND...
wait_for()
{
	local until=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}

join_wire()
{
	local host

	for host in left right; do
		ip netns add $host
		mkdir "$folder/$host"
		# Nothing but what the demo sends shall be on the wire.
		$host sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		ip -n $host link set lo up
	done
	ip link add wire netns left type veth peer name wire netns right
	ip -n left address add 192.0.2.1/24 dev wire
	ip -n right address add 192.0.2.2/24 dev wire
	ip -n left link set wire up
	ip -n right link set wire up
}

# insmod resolves no dependencies.
load_module()
{
	local module

	module=build/$(uname -r)/spindle.ko
	modinfo -F depends "$module" | tr , '\n' | xargs -r modprobe -a
	insmod "$module"
}

# start_capture DEVICE: of left.
start_capture()
{
	ip netns exec left tcpdump -i "$1" -s 128 -B 16384 -U -w "$capture" 2> "$folder/tcpdump" &
	capturing=$!
	wait_for 30 grep -q listening "$folder/tcpdump" || fail "tcpdump does not start"
}

# configure HOST N OTHER M: host N with network 10.N.0.0/16.
configure()
{
	cat > "$folder/$1/spindle.conf" <<- END
		[peer $3]
		local     = 192.0.2.$2
		remote    = 192.0.2.$4
		keying    = rsa
		key       = $1.key
		peer-key  = $3.key.pub

		[tunnel lan]
		peer      = $3
		interface = spin0
		address   = 10.$2.0.1/32
		local-ts  = 10.$2.0.0/16
		remote-ts = 10.$4.0.0/16
		esp       = aes128-sha256
		start     = listen
	END
}

start_daemon()
{
	"$1" build/spindled -f -c "$folder/$1/spindle.conf" -s "$folder/$1/control" \
		> "$folder/$1/log" 2>&1 &
	wait_for 30 grep -q ready "$folder/$1/log" || { cat "$folder/$1/log"; return 1; }
}

received()
{
	stat -c %s "$folder/right/received"
}

has_received()
{
	[ "$(received)" -ge "$1" ]
}

# The file to standard output; its last quarter waits for the new keys, so that they
# get their share of it even where the transfer is faster than the negotiation.
send_file()
{
	local i

	for ((i = 0; i < mebibytes; i++)); do
		[ $i -lt $((mebibytes * 3 / 4)) ] || wait_for 60 test -e "$folder/rekeyed"
		dd if="$folder/left/sent" bs=1M skip=$i count=1 status=none
	done
}

# A TCP transfer from left to right, with new keys in the middle.
transfer()
{
	local before sender receiver

	head -c $octets /dev/urandom > "$folder/left/sent"
	right nc -d -l 10.2.0.1 5001 > "$folder/right/received" &
	receiver=$!
	wait_for 10 right sh -c 'ss -Hltn sport = 5001 | grep -q LISTEN'
	send_file | left nc -N 10.2.0.1 5001 &
	sender=$!
	wait_for 60 has_received $((octets / 4)) || fail "the transfer does not get on"
	before=$(received)
	show left $spindle rekey lan
	say "new keys while $((before >> 10)) to $(($(received) >> 10))" \
		"of $((octets >> 10)) KiB had arrived"
	touch "$folder/rekeyed"
	wait $sender $receiver
	(cd "$folder" && sha256sum left/sent right/received) | tee "$folder/sums" | sed 's/^/     /'
	[ "$(cut -d ' ' -f 1 "$folder/sums" | uniq | wc -l)" -eq 1 ] || fail "the files differ"
}

# count [FILTER]: packets of the capture.
count()
{
	tcpdump -nr "$capture" --count "$@" 2> /dev/null | cut -d ' ' -f 1
}

# Every SPI that was seen, which way, and how often.
count_spis()
{
	tcpdump -tnr "$capture" esp 2> /dev/null |
		awk -F '[ :=,(]+' '
			{ n[$7 ", " $2 " > " $4]++ }
			END { for (spi in n) printf "%7d %s\n", n[spi], spi }' |
		sort -k 3
}

end_capture()
{
	kill $capturing
	wait $capturing
}

examine_capture()
{
	local all esp arp keying others='not esp and not arp and not (tcp port 4510)' lost

	end_capture
	lost=$(sed -n 's/ packets dropped by kernel//p' "$folder/tcpdump")
	all=$(count) esp=$(count esp) arp=$(count arp) keying=$(count tcp port 4510)
	printf '     %7d packets captured, %d missed by tcpdump\n' "$all" "$lost"
	printf '     %7d ESP\n     %7d keying, TCP port 4510\n     %7d ARP\n     %7d others\n\n' \
		"$esp" "$keying" "$arp" "$(count "$others")"
	say "ESP by Security Association:"
	count_spis | tee "$folder/spis" | sed 's/^/     /'
	[ "$esp" -gt $((octets / 1500)) ] || fail "there are fewer ESP packets than the file takes"
	[ "$(wc -l < "$folder/spis")" -eq 4 ] ||
		fail "not both generations of keys carried packets both ways"
	[ "$(count "$others")" -eq 0 ] || {
		tcpdump -nr "$capture" "$others" 2> /dev/null | head
		fail "there is more than ESP on the wire"
	}
}

# All drops of the SAs, tunnels and devices that there are on both hosts, as {"REASON": N}.
drops()
{
	local host

	for host in left right; do
		$host $spindle sa show -j
		$host $spindle tunnel show -j
		$host $spindle device show -j
	done | jq -sc 'add | map(.drops | to_entries[]) | map(select(.value > 0)) |
		reduce .[] as $drop ({}; .[$drop.key] += $drop.value)'
}

# All that the interfaces of both hosts have dropped, on SAs that have gone included.
drops_ever()
{
	local host

	for host in left right; do
		ip -n $host -s -j link show spin0
	done | jq -s 'add | map(.stats64 | .rx.dropped + .tx.dropped) | add'
}

trap ended EXIT
mkdir "$folder"
echo "Spindle: two hosts agree on keys and exchange traffic as ESP (Linux $(uname -r))"

step "Two hosts on a wire: left is 192.0.2.1, right is 192.0.2.2"
load_module
join_wire
start_capture wire
say "the module is loaded: $(modinfo -F description "build/$(uname -r)/spindle.ko")"
say "tcpdump writes down everything that passes on the wire from here on"

step "Each host makes a key pair and gets the other's public key"
for host in left right; do
	show $host $spindle key new "$folder/$host/$host.key"
done
cp "$folder/left/left.key.pub" "$folder/right/"
cp "$folder/right/right.key.pub" "$folder/left/"

step "A daemon on each host; left's whole configuration (right's mirrors it):"
configure left 1 right 2
configure right 2 left 1
sed 's/^/     /' "$folder/left/spindle.conf"
start_daemon left
start_daemon right

# A handshake has ten seconds, and where the processor is emulated on a busy machine
# that may not do for making the first session's RSA key, which is then ready later.
step "Up"
show left $spindle up lan ||
	{ say "once more, this machine is slow:"; show left $spindle up lan; }

step "Ping from 10.1.0.1 to 10.2.0.1, through the tunnel"
show left ping -n -c 3 -i 0.3 10.2.0.1

step "A TCP transfer of 20 MiB, and new keys in the middle of it"
transfer

step "What was on the wire"
examine_capture

step "How it stands now"
show left $spindle show
echo
show left $spindle sa show
echo
say "packets dropped on both hosts, by reason: $(drops)"
say "packets dropped since the interfaces exist: $(drops_ever)"
[ "$(drops) $(drops_ever)" = '{} 0' ] || fail "packets were dropped"

show_gateway

cat <<- END

	demo: passed: 20 MiB arrived intact across a refresh of keys, nothing dropped, ESP alone on
	the wire; so did 2 MiB, with keys agreed on by IKE with strongSwan
END
