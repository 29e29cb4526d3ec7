#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packets that RFCs have published, sent to the module: what comes out of the device is
# what they say.  RFC 3602 has them without integrity, which the module does not do, so
# they get an ICV of the test's own.

. "$(dirname "$0")/lib.sh"

vectors=$here/vectors.json

# of NUMBER FIELD
of()
{
	jq -r ".[$1].\"$2\"" "$vectors"
}

# send_packet NUMBER: from b to a.
send_packet()
{
	host b python3 -Ic "
import hmac, json, socket
vector = json.load(open('$vectors'))[$1]
packet = bytes.fromhex(vector['packet'])
if 'auth-key' in vector:
    packet += hmac.digest(bytes.fromhex(vector['auth-key']), packet, 'sha256')[:16]
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ESP)
sock.sendto(packet, ('${outer[a]}', 0))"
}

# What the device has shown, behind the header of OCTETS, as one line.
seen()
{
	tcpdump -n -x -r "$scratch/a-spin0.pcap" 2> /dev/null |
		sed -nE 's/^\t0x[0-9a-f]+: *//p' | tr -d ' \n' | tail -c +$((2 * $1 + 1))
}

# published NUMBER
published()
{
	local mode auth header=0

	mode=$(of "$1" mode)
	auth=$(of "$1" auth-key)
	[ "$auth" != null ] || auth=
	fresh_hosts
	ip -n a link add spin0 type spindle
	ip -n a link set spin0 up
	if [ "$mode" = transport ]; then
		header=20
		host a spindle tunnel add t dev spin0 mode transport local "${outer[a]}" \
			remote "${outer[b]}"
	else
		host a spindle tunnel add t dev spin0 local "${outer[a]}" remote "${outer[b]}" \
			local-ts 0.0.0.0/0 remote-ts 0.0.0.0/0
	fi
	host a spindle sa add t in spi "$(of "$1" spi)" alg "$(of "$1" alg)" \
		key "0x$(of "$1" key)" ${auth:+auth-key "0x$auth"}
	capture a spin0
	send_packet "$1"
	within 5 came_in "$1"
	stop_captures
	same "packet" "$(seen $header)" "$(of "$1" inner)"
	no_drops a
}

came_in()
{
	[ "$(sa_field a in "$(of "$1" spi)" packets)" = 1 ]
}

mapfile -t names < <(jq -r '.[].name' "$vectors")
tests=()
for n in "${!names[@]}"; do
	tests+=("${names[$n]}" "published $n")
done
run_tests "${tests[@]}"
