#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Extended sequence numbers, RFC 4303 2.2.1: 64 bits, of which the packet carries 32.

. "$(dirname "$0")/lib.sh"

half=$((1 << 32))

# sas NAME START: both, as if START numbers of each had been used.
sas()
{
	sa "$1" in "$(spi "$1" 1)" esn sequence "$2"
	sa "$1" out "$(spi "${peer[$1]}" 1)" esn sequence "$2"
}

# beyond_half NAME DIRECTION SPI
beyond_half()
{
	local sequence

	sequence=$(sa_field "$1" "$2" "$3" sequence)
	[ "$sequence" -gt $half ]
}

# --- with xfrm --------------------------------------------------------------

# with_xfrm ALGORITHM
with_xfrm()
{
	local low=$((half - 8)) alg=$1 _

	fresh_hosts
	spindle_host a
	sas a $low
	xfrm_host b
	xfrm_state b a b "$(spi b 1)" flag esn replay-window 64 replay-seq $low
	xfrm_state b b a "$(spi a 1)" flag esn replay-window 64 replay-oseq $low
	for _ in {1..12}; do
		pings a b
	done
	beyond_half a in "$(spi a 1)"
	beyond_half a out "$(spi b 1)"
	transfer a b 200001
	no_drops a
}

# --- with itself ------------------------------------------------------------

# On a wire where many packets are overtaken, about half of them before the lower half
# begins anew.
reordered()
{
	local result

	fresh_hosts
	for name in a b; do
		spindle_host $name replay-window 1024
		sas $name $((half - 500))
	done
	ip netns exec a tc qdisc add dev eth0 root netem delay 20ms 10ms
	receive b
	send a b 500
	sleep 2
	within 20 beyond_half b in "$(spi b 1)"
	stop_sending
	read -r -t 60 -u "$flow" result
	echo "$result"
	same "what became of the datagrams" "${result% disordered=*}" "lost=0 doubled=0 wrong=0"
	[ "${result##*disordered=}" -gt 0 ]
	no_drops a
	no_drops b
}

# Each sends what the other cannot verify.
only_one_end()
{
	fresh_hosts
	spindle_host a
	spindle_host b
	generation a 1
	sas b 0
	remember_counters a
	expect_drop b "sa in $(hex "$(spi b 1)") authentication" refuse pings a b -W 1
	expect_drop a "sa in $(hex "$(spi a 1)") authentication" refuse pings b a -W 1
}

used_up()
{
	fresh_hosts
	spindle_host a
	sa a out "$(spi b 1)" esn sequence 18446744073709551614
	refuse pings a b -W 1
	remember_counters a
	expect_drop a "sa out $(hex "$(spi b 1)") sequence-exhausted" refuse pings a b -W 1
}

shown()
{
	fresh_hosts
	spindle_host a
	sas a $half
	sa a in 0x5000 gen 2
	same "esn" "$(show a sa '.[] | select(.spi != "0x5000").esn' | sort -u)" true
	same "without" "$(show a sa '.[] | select(.spi == "0x5000").esn')" false
	host a spindle sa show t | grep "sequence *$half of 64 bits"
	refuse sa a in 0x5001 gen 3 sequence $half
}

run_tests \
	"with xfrm, from the lower half to the upper" "with_xfrm aes128-sha256" \
	"the same with AES-GCM" "with_xfrm aes128gcm16" \
	"the same with ChaCha20-Poly1305" "with_xfrm chacha20poly1305" \
	"while packets overtake each other" reordered \
	"at one end only: no packet is let in" only_one_end \
	"all numbers used up" used_up \
	"what is shown" shown
