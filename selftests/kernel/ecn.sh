#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Explicit congestion notification through a tunnel, as RFC 6040 has it: what the outer
# header says of the inner one, and what is left of both behind the tunnel.

. "$(dirname "$0")/lib.sh"

# Not-ECT, ECT(1), ECT(0) and CE, as they stand in the header.
codepoints=({0..3})

# RFC 6040 figure 4: an inner field to each row, an outer one to each column, in that order.
behind=(
	"0 0 0 drop"
	"1 1 1 3"
	"2 1 2 3"
	"3 3 3 3"
)

# fields NAME DEVICE [FILTER]: the ECN field of each packet caught there, with its checksum
# if that is wrong.
fields()
{
	local tos bad

	captured "$@" | sed -nE '
		s/^IP \(tos (0x[0-9a-f]+).*(bad cksum).*/\1 \2/p
		s/^IP \(tos (0x[0-9a-f]+).*/\1/p
		s/^IP6 \(class (0x[0-9a-f]+),.*/\1/p
		s/^IP6 .*/0/p' |
	while read -r tos bad; do
		echo "$((tos & 3))${bad:+ $bad}"
	done
}

# entering INNER OUTER: RFC 6040 figure 3, normal mode.
entering()
{
	local ecn

	dual_hosts
	families "$1" "$2"
	spindle_hosts
	capture a eth0 "src host ${outer[a]} and (ip proto 50 or ip6 proto 50)"
	for ecn in "${codepoints[@]}"; do
		pings a b -Q "$ecn"
	done
	stop_captures
	same "outer fields" "$(fields a eth0)" "$(printf '%s\n' "${codepoints[@]}")"
	no_drops_but_multicast a
	no_drops_but_multicast b
}

# send_all INNER: a packet of every inner field under every outer one.
send_all()
{
	local forge=forge ecn ecn_outside seq=0

	[ "$1" = 4 ] || forge=forge6
	for ecn in "${codepoints[@]}"; do
		for ecn_outside in "${codepoints[@]}"; do
			$forge seq $((++seq)) tos "$ecn" outer-tos "$ecn_outside"
		done
	done
}

# leaving INNER OUTER
leaving()
{
	dual_hosts
	families "$1" "$2"
	spindle_host a
	generation a 1
	capture a spin0 "src host ${inner[b]}"
	remember_counters a
	expect_drop a "sa in $(hex "$(spi a 1)") ecn" send_all "$1"
	stop_captures
	same "fields behind the tunnel" "$(fields a spin0)" \
		"$(printf '%s\n' "${behind[@]}" | tr ' ' '\n' | grep -vx drop)"
}

# Each family inside, and each outside.
tests=()
for families in "6 4" "4 6"; do
	tests+=("IPv${families% *} in IPv${families#* }: onto the outer header" "entering $families"
		"IPv${families% *} in IPv${families#* }: from both headers" "leaving $families")
done
run_tests "${tests[@]}"
