#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scale.sh [-i] { spindle | xfrm | remotes | locals } COUNT...: in a guest, what many SAs
# cost, of Spindle or of the kernel's own IPsec: how fast they are installed and deleted,
# what memory each takes, and what one tunnel carries while the others are there.  Or what
# it carries beside tunnels without SAs whose selectors differ in the remote address, or in
# the local one alone.
#
# With -i the clock of the guest counts instructions (vm -i), and of traffic there is only
# a round trip, in thousands of them, which is the same every time.
#
# A million of Spindle's need a guest of 4 GiB, xfrm's one of 8 (vm -m 8192 -t 3600).
#
# Left is a gateway for hosts on the road, each with an outer address of its own, one
# address behind it, and an SA each way.  Only the first of them is there: right.

set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(realpath "$0")")
cd "$here/../.."
. "$here/paths.sh"

gateway=10.1.0.1
road=10.128.0.0
spindle_keys="alg aes128-sha256 key $key auth-key $auth_key"
xfrm_keys="auth-trunc hmac(sha256) $auth_key 128 enc cbc(aes) $key"

left()
{
	ip netns exec left "$@"
}

right()
{
	ip netns exec right "$@"
}

# hosts COUNT KEYS PRINT...: what awk shall print of each, in one command a line.
hosts()
{
	awk -v count="$1" -v keys="$2" -v gateway=$gateway 'BEGIN {
		for (n = 0; n < count; n++) {
			id = n + 1
			tail = int(n / 256) % 256 "." n % 256
			outer = n ? "100." 64 + int(n / 65536) "." tail : "192.0.2.2"
			inner = "10." 128 + int(n / 65536) "." tail
			spi_in = 4096 + 2 * n
			spi_out = spi_in + 1
			'"$3"'
		}
	}'
}

# --- the two kinds: prepare_KIND, install_KIND HOSTS, delete_KIND --------------

# spindle_tunnels COUNT KEYED SELECTORS: the first KEYED have SAs; SELECTORS is what awk
# shall print of each, as in $differing.
spindle_tunnels()
{
	hosts "$1" "$spindle_keys" '
		print "tunnel add t" id " dev spin0 local 192.0.2.1 remote " outer '"$3"'
		if (n < '"$2"') {
			print "sa add t" id " in spi " spi_in " " keys
			print "sa add t" id " out spi " spi_out " " keys
		}' | left build/spindle -batch -
}

prepare_spindle()
{
	ip -n left link add spin0 type spindle
	ip -n left link set spin0 up
	ip -n left address add $gateway dev spin0
	ip -n left route add 10.128.0.0/9 dev spin0 src $gateway
	ip -n right link add spin0 type spindle
	ip -n right link set spin0 up
	ip -n right address add $road dev spin0
	ip -n right route add $gateway dev spin0 src $road
	right build/spindle -batch - <<-END
		tunnel add t dev spin0 local 192.0.2.2 remote 192.0.2.1 local-ts $road remote-ts $gateway
		sa add t out spi 4096 $spindle_keys
		sa add t in spi 4097 $spindle_keys
	END
}

# Selectors that no two tunnels share, by the side they differ in.
declare -A differing=(
	[remotes]='" local-ts " gateway " remote-ts " inner'
	[locals]='" local-ts " (n ? inner : gateway) " remote-ts '$road'"'
)

install_spindle()
{
	spindle_tunnels "$1" "$1" "${differing[remotes]}"
}

delete_spindle()
{
	ip -n left link delete spin0
}

prepare_xfrm()
{
	ip -n left address add $gateway dev wire
	ip -n left route add 10.128.0.0/9 via 192.0.2.2 src $gateway
	ip -n right address add $road dev wire
	ip -n right route add $gateway dev wire src $road
	ip -n right -batch - <<-END
		xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 4096 reqid 1 mode tunnel $xfrm_keys
		xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 4097 reqid 1 mode tunnel \
			replay-window 4096 $xfrm_keys
		xfrm policy add src $gateway dst $road dir in \
			tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel
		xfrm policy add src $road dst $gateway dir out \
			tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel
	END
}

# By several processes, because each keeps memory of every line.
install_xfrm()
{
	hosts "$1" "$xfrm_keys" '
		rest = " proto esp reqid 1 mode tunnel"
		print "xfrm state add src " outer " dst 192.0.2.1 spi " spi_in rest \
			" replay-window 4096 " keys
		print "xfrm state add src 192.0.2.1 dst " outer " spi " spi_out rest " " keys
		print "xfrm policy add src " inner " dst " gateway " dir in" \
			" tmpl src " outer " dst 192.0.2.1" rest
		print "xfrm policy add src " gateway " dst " inner " dir out" \
			" tmpl src 192.0.2.1 dst " outer rest' |
		split -l 100000 --filter 'ip -n left -batch -'
}

delete_xfrm()
{
	ip -n left xfrm policy flush
	ip -n left xfrm state flush
}

# --- measuring ----------------------------------------------------------------

# What is there for programs, in KiB, after what was only kept for later has gone.
available()
{
	sync
	echo 3 > /proc/sys/vm/drop_caches
	awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo
}

# RCU and its callers free later: waits until a second frees no more than a mebibyte.
settled()
{
	local last now

	now=$(available)
	until [ $((now - ${last:-0})) -lt 1024 ]; do
		sleep 1
		last=$now
		now=$(available)
	done
	echo "$now"
}

# seconds COMMAND...
seconds()
{
	local begin=${EPOCHREALTIME/./}

	"$@" > /dev/null || fail "$* failed"
	echo $(((${EPOCHREALTIME/./} - begin) / 1000))e-3
}

# best COUNT COMMAND...: the machine has other things to do, too.
best()
{
	local i

	for ((i = 0; i < $1; i++)); do
		"${@:2}"
	done | sort -g | tail -n 1
}

# datagrams [-R]: of 64 octets, in thousands a second received.
datagrams()
{
	left timeout 60 iperf3 -J -c $road -u -b 0 -l 64 -t 1 "$@" |
		jq '.end.sum | (.packets - .lost_packets) / .seconds / 1e3'
}

# In Mbit/s.
stream()
{
	left timeout 60 iperf3 -J -c $road -t 1 | jq '.end.sum_received.bits_per_second / 1e6'
}

# In microseconds; what is done once is not counted.
round_trip()
{
	left ping -f -q -n -c 100 $road > /dev/null
	left ping -f -q -n -c 1000 $road |
		sed -n 's/^1000 .* 0% packet loss, time \([0-9]*\)ms/\1/p'
}

traffic()
{
	left ping -q -c 1 -w 5 $road > /dev/null || fail "no way through $*"
	if [ -n "$counting" ]; then
		printf '%9s%9s%9s%9s' - - - "$(round_trip)"
	else
		printf '%9.1f%9.1f%9.0f%9s' "$(best 5 datagrams)" "$(best 5 datagrams -R)" \
			"$(best 5 stream)" "$(round_trip)"
	fi
}

begin()
{
	join_wire
	ip -n left route add default via 192.0.2.2
	"prepare_$1"
	right iperf3 -s -D -I /run/iperf3 > /dev/null
}

end()
{
	kill "$(tr -d '\0' < /run/iperf3)"
	ip netns delete left
	ip netns delete right
}

# per_sa COUNT KIB: octets; of a few, it would be the system's own that comes and goes.
per_sa()
{
	[ "$1" -lt 10000 ] && echo - || echo $(($2 * 1024 / $1))
}

# sas KIND COUNT
sas()
{
	local before installing all deleting

	begin "$1"
	before=$(settled)
	installing=$(seconds "install_$1" $(($2 / 2)))
	all=$(settled)
	printf '%-10s%9d%9.0f%9s' "$1" "$2" "$(jq -n "$2 / $installing")" \
		"$(per_sa "$2" $((before - all)))"
	traffic "$1" "$2"
	deleting=$(seconds "delete_$1")
	printf '%9.1f%9.1f\n' "$deleting" "$(jq -n "($before - $(settled)) / 1024")"
	end
}

# selectors WHICH COUNT
selectors()
{
	begin spindle
	spindle_tunnels "$2" 1 "${differing[$1]}"
	printf '%-10s%9d%9s%9s' "$1" "$2" - -
	traffic "$1" "$2"
	echo
	end
}

counting=
[ "$1" != -i ] || { counting=1; shift; }
load_spindle
# What is loaded once is not counted.
begin xfrm
install_xfrm 1
end
cat <<-END
	How many there are; installed a second; octets of memory each; what one tunnel carries
	beside them: datagrams of 64 octets out and in, thousands a second, TCP out, Mbit/s,
	and a round trip, us; seconds to delete them all; MiB that are not back then.
END
printf '%-10s%9s%9s%9s%9s%9s%9s%9s%9s%9s\n' '' number /s octets out in TCP trip delete kept
case $1 in
remotes | locals) measure="selectors $1" ;;
*) measure="sas $1" ;;
esac
for count in "${@:2}"; do
	$measure "$count"
done
