# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Two hosts on one wire, and what the kselftests do with them.
#
#   host a: 192.0.2.1 on eth0, 10.1.0.1 of the network 10.1.0.0/16 inside
#   host b: 192.0.2.2 on eth0, 10.2.0.1 of the network 10.2.0.0/16 inside
#
# A test is a function that gets two fresh hosts and fails with the first command
# in it that fails; what it printed is shown then.

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$here/../..")
. "$top/build/linux/tools/testing/selftests/kselftest/ktap_helpers.sh"

set -o pipefail
shopt -s inherit_errexit
export PATH=$top/build:$top/build/kselftest:$PATH

module=$top/build/$(uname -r)/spindle.ko

declare -A outer=([a]=192.0.2.1 [b]=192.0.2.2)
declare -A inner=([a]=10.1.0.1 [b]=10.2.0.1)
declare -A network=([a]=10.1.0.0/16 [b]=10.2.0.0/16)
declare -A peer=([a]=b [b]=a)
alg=aes128-sha256 weak=
# What spindle_host makes.
device=spin0 tunnel=t
# For what a test leaves until its end, and a script for its tests; in the guest's memory.
scratch=/run/test
counters=/run/counters

# --- the module -------------------------------------------------------------

# insmod resolves no dependencies.
load_module()
{
	modinfo -F depends "$module" | tr , '\n' | xargs -r modprobe -a && insmod "$module"
}

unload_module()
{
	rmmod spindle && ! [ -e /sys/module/spindle ]
}

# --- running tests ----------------------------------------------------------

# join_hosts NAME NAME
join_hosts()
{
	local name

	ip -batch - <<-END
		netns add $1
		netns add $2
		link add eth0 netns $1 type veth peer name eth0 netns $2
	END
	for name; do
		# Neighbour discovery would stand between the packets that are counted.
		host "$name" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
		ip -n "$name" -batch - <<-END
			link set lo up
			address add ${outer[$name]}/24 dev eth0
			link set eth0 up
		END
	done
}

start_hosts()
{
	rm -f "$counters".*
	join_hosts a b
}

stop_hosts()
{
	local paths=(/run/netns/*)

	[ ! -e "${paths[0]}" ] || printf 'netns del %s\n' "${paths[@]##*/}" | ip -batch -
}

# For a test that needs hosts nobody has touched.
fresh_hosts()
{
	stop_hosts
	start_hosts
}

declare -A outer6=([a]=2001:db8::1 [b]=2001:db8::2)
declare -A inner6=([a]=fd00:1::1 [b]=fd00:2::1)
declare -A network6=([a]=fd00:1::/32 [b]=fd00:2::/32)

# Two that speak IPv6 as well.
dual_hosts()
{
	local name

	fresh_hosts
	for name in a b; do
		host $name sh -c 'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
		ip -n $name address add "${outer6[$name]}/64" dev eth0 nodad
	done
}

# families INNER OUTER: 4 or 6 each; for the rest of the test.
families()
{
	local name

	for name in a b; do
		if [ "$1" = 6 ]; then
			inner[$name]=${inner6[$name]} network[$name]=${network6[$name]}
		fi
		[ "$2" = 4 ] || outer[$name]=${outer6[$name]}
	done
}

# Processes of <(...), which are not among the shell's jobs.
substitutes=()
captures=()

# Also after a test that has failed half-way.
end_test()
{
	jobs -p > "$scratch/jobs"
	mapfile -t -O ${#substitutes[@]} substitutes < "$scratch/jobs"
	[ ${#substitutes[@]} -eq 0 ] || kill "${substitutes[@]}" 2> /dev/null || true
	wait
	rm -rf "$scratch"
}

# run_test DESCRIPTION COMMAND...: in a shell that ends with the first failure.
run_test()
{
	local description=$1 output=$scratch.output status

	shift
	mkdir -p "$scratch"
	(
		set -eE
		trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND: status $?"' ERR
		trap end_test EXIT
		"$@"
	) > "$output" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		ktap_test_pass "$description"
	else
		sed 's/^/# /' "$output"
		ktap_test_fail "$description"
	fi
}

# run_tests { DESCRIPTION COMMAND }...: the commands may have arguments.
run_tests()
{
	ktap_print_header
	ktap_set_plan $(($# / 2 + 2))
	run_test "load" load_module
	start_hosts
	while [ $# -gt 0 ]; do
		# shellcheck disable=SC2086 # the command's words
		run_test "$1" $2
		shift 2
	done
	stop_hosts
	run_test "unload" unload_module
	ktap_finished
}

# --- checking ---------------------------------------------------------------

# A command that has to fail: `!` would not end the test if it did not.
refuse()
{
	if "$@"; then
		echo "succeeded: $*"
		return 1
	fi
}

# same WHAT IS SHOULD_BE
same()
{
	[ "$2" = "$3" ] || { printf '%s is:\n%s\nand should be:\n%s\n' "$1" "$2" "$3"; return 1; }
}

# within SECONDS COMMAND...: asks again until it succeeds.
within()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -le $end ] || { echo "not in time: $*"; return 1; }
		sleep 0.05
	done
}

# mtu_of NAME DEVICE
mtu_of()
{
	ip -n "$1" -j link show "$2" | jq '.[].mtu'
}

# A healthy kernel has nothing to say.
quiet()
{
	"$top/selftests/vm/klog"
}

# has_mtu NAME DEVICE MTU
has_mtu()
{
	[ "$(mtu_of "$1" "$2")" = "$3" ]
}

# --- hosts ------------------------------------------------------------------

# host NAME COMMAND...
host()
{
	netns_exec "$@"
}

# background NAME COMMAND...: so that $! is the command; with host it would be a shell.
background()
{
	netns_exec "$@" <&0 &
}

ip_version()
{
	case $1 in
	*:*) echo 6 ;;
	*) echo 4 ;;
	esac
}

# The inbound SPI of a host in a generation.
spi()
{
	case $1 in
	a) echo $((0x1000 + $2)) ;;
	b) echo $((0x2000 + $2)) ;;
	esac
}

# As the commands print it.
hex()
{
	printf '0x%x\n' "$1"
}

printf -v all_octets %02x {0..255} {0..63}

# key SEED OCTETS: so that every SA has keys of its own, known at both ends.
key()
{
	echo "0x${all_octets:2 * ($1 & 255):2 * $2}"
}

enc_key()
{
	case $alg in
	null-*) ;;
	aes*gcm* | aes*gmac | aes*ctr-*) key "$1" $((${alg:3:3} / 8 + 4)) ;;
	chacha20*) key "$1" 36 ;;
	aes*) key "$1" $((${alg:3:3} / 8)) ;;
	3des-*) key "$1" 24 ;;
	des-*) key "$1" 8 ;;
	esac
}

auth_key()
{
	case $alg in
	*md5) key $(($1 + 64)) 16 ;;
	*sha1) key $(($1 + 64)) 20 ;;
	*sha256) key $(($1 + 64)) 32 ;;
	*sha384) key $(($1 + 64)) 48 ;;
	*sha512) key $(($1 + 64)) 64 ;;
	esac
}

icv_bits()
{
	case $alg in
	*gcm*) echo $((8 * ${alg#*gcm})) ;;
	chacha20* | *gmac) echo 128 ;;
	*sha1 | *md5) echo 96 ;;
	*) echo $((${alg#*sha} / 2)) ;;
	esac
}

# --- Spindle at one end -----------------------------------------------------

# spindle_tunnel NAME [OPTION...]: $tunnel to the other host, without SAs.
spindle_tunnel()
{
	local name=$1 other=${peer[$1]}

	host "$name" spindle tunnel add "$tunnel" dev "$device" \
		local "${outer[$name]}" remote "${outer[$other]}" \
		local-ts "${network[$name]}" remote-ts "${network[$other]}" "${@:2}"
}

# spindle_host NAME [OPTION...]: $device with that tunnel.
spindle_host()
{
	local name=$1

	ip -n "$name" -batch - <<-END
		link add $device type spindle
		address add ${inner[$name]} dev $device nodad
		link set $device up
		route add ${network[${peer[$name]}]} dev $device src ${inner[$name]}
	END
	spindle_tunnel "$@"
}

# sa NAME DIRECTION SPI [OPTION...]
sa()
{
	local enc auth

	enc=$(enc_key "$3")
	auth=$(auth_key "$3")
	host "$1" spindle sa add "$tunnel" "$2" spi "$3" alg "$alg" ${enc:+key "$enc"} \
		${auth:+auth-key "$auth"} ${weak:+"$weak"} "${@:4}"
}

# generation NAME N [OPTION...]: the SAs of one; the options are the outbound one's.
generation()
{
	sa "$1" in "$(spi "$1" "$2")" gen "$2"
	sa "$1" out "$(spi "${peer[$1]}" "$2")" gen "$2" "${@:3}"
}

# Both hosts, with SAs, ready.
spindle_hosts()
{
	spindle_host a "$@"
	spindle_host b "$@"
	generation a 1
	generation b 1
}

# Of outer packets, so that in transport mode they do not go in again.
mark=7

# transport_families 4|6: what the hosts talk by, for themselves, for the rest of the test.
transport_families()
{
	families 4 "$1"
	inner=([a]=${outer[a]} [b]=${outer[b]})
	network=([a]=${outer[a]} [b]=${outer[b]})
}

# transport_host NAME [OPTION...]: $device with a tunnel for the packets to the other host.
transport_host()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		link add $device type spindle
		link set $device up
		route add ${outer[$other]} dev $device src ${outer[$name]} table 7
	END
	ip -n "$name" "-$(ip_version "${outer[$name]}")" rule add not fwmark $mark table 7
	host "$name" spindle tunnel add "$tunnel" dev "$device" mode transport \
		local "${outer[$name]}" remote "${outer[$other]}" fwmark $mark "${@:2}"
}

# encap_socket NAME: a UDP socket such as a keying daemon has, until the test's end.
encap_socket()
{
	local output

	exec {output}< <(exec netns_exec "$1" python3 -ISc '
import socket
sock = socket.socket(socket.AF_INET'"$([ "$(ip_version "${outer[$1]}")" = 4 ] || echo 6)"', socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_UDP, 100, 2)  # UDP_ENCAP, UDP_ENCAP_ESPINUDP
sock.bind(("", 4500))
print("open", flush=True)
sock.recv(1)')
	substitutes+=($!)
	read -r -t 20 -u "$output"
}

# --- a daemon at one end ----------------------------------------------------

keys=$top/build/kselftest/keys

host_bits()
{
	[ "$(ip_version "$1")" = 4 ] && echo 32 || echo 128
}

# write_config NAME [KEY=VALUE...]: what is given goes in place of the usual, and nothing
# where the value is empty.  The usual is
# the profile compat, whose small keys are made quickly even on an emulated processor.
write_config()
{
	local name=$1 other=${peer[$1]} pair
	local -A office=([local]=${outer[$name]} [remote]=${outer[$other]} [keying]=rsa
		[profile]=compat [allow-insecure]=yes
		[key]=$keys/$name [peer-key]=$keys/$other.pub)
	local -A lan=([peer]=$other [interface]=spin0 [address]=${inner[$name]}/$(host_bits "${inner[$name]}")
		[local-ts]=${network[$name]} [remote-ts]=${network[$other]}
		[esp]=aes128-sha256 [start]=listen)

	for pair in "${@:2}"; do
		case $pair in
		profile=* | peer-key=*) office[${pair%%=*}]=${pair#*=} ;;
		*) lan[${pair%%=*}]=${pair#*=} ;;
		esac
	done
	mkdir -p "$scratch/$name"
	{
		echo "[peer $other]"
		for key in "${!office[@]}"; do echo "$key = ${office[$key]}"; done
		echo "[tunnel lan]"
		for key in "${!lan[@]}"; do [ -z "${lan[$key]}" ] || echo "$key = ${lan[$key]}"; done
	} > "$scratch/$name/spindle.conf"
}

declare -A daemon

# start_daemon NAME [COMMAND...]: by that command, if there is one.
start_daemon()
{
	# Not through host, whose process would be the one that is killed.
	netns_exec "$1" "${@:2}" spindled -f -c "$scratch/$1/spindle.conf" \
		-s "$scratch/$1/control" 2>> "$scratch/$1/log" &
	daemon[$1]=$!
	within 20 ask "$1" status > /dev/null 2> /dev/null
}

# stop_daemon NAME SIGNAL
stop_daemon()
{
	kill "-$2" "${daemon[$1]}"
	wait "${daemon[$1]}" || [ "$2" = KILL ]
}

ask()
{
	SPINDLE_CONTROL=$scratch/$1/control spindle "${@:2}"
}

# field NAME FIELD: of the tunnel.
field()
{
	ask "$1" status lan -j | jq -r ".peers[0].tunnels[0].\"$2\""
}

# Each question is several processes: asked too often, they are all that runs.
not_yet()
{
	sleep 0.5
	return 1
}

# both_have FIELD VALUE
both_have()
{
	[[ $(field a "$1") = "$2" && $(field b "$1") = "$2" ]] || not_yet
}

# --- xfrm at one end --------------------------------------------------------

# xfrm_state NAME FROM TO SPI [OPTION...]: in host NAME, for packets between the two.
xfrm_state()
{
	local key auth algorithms

	key=$(enc_key "$4")
	auth=(auth-trunc "hmac(${alg#*-})" "$(auth_key "$4")" "$(icv_bits)")
	case $alg in
	null-*) algorithms=(enc 'ecb(cipher_null)' '' "${auth[@]}") ;;
	*gmac) algorithms=(aead 'rfc4543(gcm(aes))' "$key" "$(icv_bits)") ;;
	*gcm*) algorithms=(aead 'rfc4106(gcm(aes))' "$key" "$(icv_bits)") ;;
	chacha20*) algorithms=(aead 'rfc7539esp(chacha20,poly1305)' "$key" "$(icv_bits)") ;;
	*ctr-*) algorithms=(enc 'rfc3686(ctr(aes))' "$key" "${auth[@]}") ;;
	3des-*) algorithms=(enc 'cbc(des3_ede)' "$key" "${auth[@]}") ;;
	des-*) algorithms=(enc 'cbc(des)' "$key" "${auth[@]}") ;;
	*) algorithms=(enc 'cbc(aes)' "$key" "${auth[@]}") ;;
	esac
	ip -n "$1" xfrm state add src "${outer[$2]}" dst "${outer[$3]}" proto esp spi "$4" \
		reqid "${xfrm_reqid:-1}" mode "${xfrm_mode:-tunnel}" "${algorithms[@]}" "${@:5}"
}

# xfrm_states NAME [OPTION...]: the SAs of generation 1.
xfrm_states()
{
	local name=$1 other=${peer[$1]}

	xfrm_state "$name" "$other" "$name" "$(spi "$name" 1)" "${@:2}"
	xfrm_state "$name" "$name" "$other" "$(spi "$other" 1)" "${@:2}"
}

# xfrm_natt NAME [OPTION...]: the SAs of generation 1, in UDP; the options are the outbound one's.
xfrm_natt()
{
	local name=$1 other=${peer[$1]} any=0.0.0.0

	[ "$(ip_version "${outer[$name]}")" = 4 ] || any=::
	xfrm_state "$name" "$other" "$name" "$(spi "$name" 1)" encap espinudp 4500 4500 $any \
		flag af-unspec
	xfrm_state "$name" "$name" "$other" "$(spi "$other" 1)" encap espinudp 4500 4500 $any \
		flag af-unspec "${@:2}"
}

# xfrm_policies NAME: the tunnel by the kernel's own IPsec.
xfrm_policies()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		xfrm policy add src ${network[$name]} dst ${network[$other]} dir out priority 2 \
			tmpl src ${outer[$name]} dst ${outer[$other]} proto esp reqid 1 mode tunnel
		xfrm policy add src ${network[$other]} dst ${network[$name]} dir in priority 2 \
			tmpl src ${outer[$other]} dst ${outer[$name]} proto esp reqid 1 mode tunnel
	END
}

# xfrm_host NAME: with all that it takes, but for SAs.
xfrm_host()
{
	local name=$1

	ip -n "$name" -batch - <<-END
		address add ${inner[$name]} dev lo nodad
		route add ${network[${peer[$name]}]} dev eth0 src ${inner[$name]}
	END
	xfrm_policies "$name"
}

# neighbours_in_the_clear NAME: who has no neighbour yet can send it nothing.
neighbours_in_the_clear()
{
	local dir type

	for dir in in out; do
		for type in 135 136; do
			ip -n "$1" xfrm policy add src ::/0 dst ::/0 proto ipv6-icmp type $type \
				dir $dir priority 1
		done
	done
}

# --- traffic ----------------------------------------------------------------

# pings FROM TO [OPTION...]: one that must be answered.
pings()
{
	host "$1" ping -n -q -c 1 -W 3 "${@:3}" "${inner[$2]}" > /dev/null
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

# --- what the hosts say -----------------------------------------------------

# show NAME WHAT FILTER: jq over `spindle WHAT show -j`.
show()
{
	host "$1" spindle "$2" show -j | jq -r "$3"
}

# capture NAME DEVICE [FILTER]: from now on, until stop_capture, to $scratch/NAME-DEVICE.pcap.
capture()
{
	local file=$scratch/$1-$2

	background "$1" tcpdump -n -U --immediate-mode -Z root -i "$2" -w "$file.pcap" "${3:-}" \
		2> "$file.log"
	captures+=($!)
	within 10 grep -q listening "$file.log"
}

# What there was to be read it has read.
sleeps()
{
	local _ state

	read -r _ _ state _ < "/proc/$1/stat"
	[ "$state" = S ]
}

# One that is told to stop leaves what it has not read yet.
stop_captures()
{
	local capture

	for capture in "${captures[@]}"; do
		within 10 sleeps "$capture"
	done
	kill "${captures[@]}"
	wait "${captures[@]}"
	captures=()
}

# captured NAME DEVICE [OPTION...]: what there is, as text.
captured()
{
	tcpdump -n -v -t -r "$scratch/$1-$2.pcap" "${@:3}" 2> /dev/null
}

# monitor NAME: events from now on go to $scratch/events.
monitor()
{
	background "$1" spindle monitor -j > "$scratch/events"
	within 10 hears "$1"
}

# Something that every monitor is told of, until this one is.
hears()
{
	host "$1" spindle tunnel set t df copy
	[ -s "$scratch/events" ]
}

# events FILTER: those that jq's select() takes, how many.
events()
{
	jq -n "[inputs | select($1)] | length" "$scratch/events"
}

# sa_field NAME DIRECTION SPI FIELD
sa_field()
{
	local spi

	printf -v spi '0x%x' "$3"
	host "$1" spindle sa show -j | pick "$4" dir="$2" spi="$spi"
}

# Every drop counter of a host that is not zero, one a line.
counters()
{
	{
		host "$1" spindle device show -j
		host "$1" spindle tunnel show -j
		host "$1" spindle sa show -j
	} | pick | LC_ALL=C sort
}

# What they were when they were last looked at, by any test of the script.
known_counters()
{
	[ ! -e "$counters.$1" ] || printf '%s\n' "$(< "$counters.$1")"
}

remember_counters()
{
	counters "$1" > "$counters.$1"
}

counters_moved()
{
	remember_counters "$1"
	[ "$(known_counters "$1")" != "$2" ]
}

# expect_drop NAME COUNTER COMMAND...: which raises COUNTER by one, and no other.
expect_drop()
{
	local name=$1 counter=$2 before

	before=$(known_counters "$name")
	"${@:3}"
	within 3 counters_moved "$name" "$before"
	same "drop counters" "$(known_counters "$name")" "$(awk -v counter="$counter" '
		index($0, counter " ") == 1 { $NF += 1; found = 1 }
		NF { print }
		END { if (!found) print counter, 1 }' <<< "$before" | LC_ALL=C sort)"
}

# no_new_drops NAME: since a test last looked.
no_new_drops()
{
	local before

	before=$(known_counters "$1")
	remember_counters "$1"
	same "drop counters" "$(known_counters "$1")" "$before"
}

# no_drops NAME: nothing at all.
no_drops()
{
	same "drop counters of $1" "$(counters "$1")" ""
}

# What the kernel itself says of IPv6 on a new interface finds no tunnel.
no_drops_but_multicast()
{
	same "drop counters of $1" "$(counters "$1" | grep -v ' no-tunnel ' || true)" ""
}
