#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets that nobody thought of, damaged before and after they are sealed.  Each is
# let in or dropped by a named reason: the numbers agree.  FUZZ_SECONDS says for how
# long, FUZZ_SEED repeats an earlier run.

. "$(dirname "$0")/lib.sh"

: "${FUZZ_SECONDS:=5}" "${FUZZ_SEED:=$SRANDOM}"
round=1000
sent=0
spindle_options=()

setup()
{
	spindle_host a "${spindle_options[@]}"
	generation a 1
}

# What became of the packets: let in, dropped.
accounted()
{
	local let_in dropped

	let_in=$(sa_field a in "$(spi a 1)" packets)
	dropped=$(counters a | awk '{ n += $NF } END { print n + 0 }')
	[ $((let_in + dropped)) -eq "$1" ] || { echo "of $1: $let_in let in, $dropped dropped"; return 1; }
}

packets()
{
	local end

	setup
	end=$((SECONDS + FUZZ_SECONDS))
	echo "FUZZ_SEED=$FUZZ_SEED"
	while [ $SECONDS -le $end ]; do
		"$1" fuzz $((FUZZ_SEED + sent)) seq $((sent + 1))-$((sent + round))
		sent=$((sent + round))
		within 5 accounted $sent
	done
	echo "$sent packets"
	counters a
	# As wrong as they were, there is one of every reason that a seal does not keep out.
	for reason in authentication inner-header next-header truncated unknown-spi selector "${@:2}"; do
		counters a | grep " $reason "
	done
	"$1" seq $((sent + 1))
	within 5 accounted $((sent + 1))
}

# The same with IPv6 on both sides of the ESP header.
packets6()
{
	dual_hosts
	families 6 6
	packets forge6 padding
}

forge_ah()
{
	local spi

	spi=$(spi a 1)
	host b esp_send "${outer[a]}" ah 1 spi "$spi" auth-key "$(auth_key "$spi")" "$@"
}

packets_ah()
{
	alg=sha256
	fresh_hosts
	spindle_options=(proto ah)
	packets forge_ah
}

# --- before they are sealed ---------------------------------------------------

# bent COUNT: a sends itself, past its own IP, what no stack would.
bent()
{
	host a python3 -ISc '
import random, socket, struct, sys
random.seed(int(sys.argv[1]))
ends = socket.inet_aton(sys.argv[2]) + socket.inet_aton(sys.argv[3])
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
for n in range(int(sys.argv[4])):
    body = random.randbytes(random.choice((0, 1, 20, 40, 60, 200, 1000)))
    length = random.choice((20 + len(body), random.randrange(65536)))
    header = struct.pack("!BBHHHBBH", 0x40 + random.randrange(16), random.randrange(256), length,
        random.randrange(65536), random.choice((0, 0x4000)), random.randrange(256),
        random.choice((1, 6, 17, 50, 51, random.randrange(256))), random.randrange(65536))
    # An option that is not to be counted, and one that leads on.
    if random.randrange(2):
        body = bytes((random.choice((0x44, 0x83, 0x94, 7)), random.randrange(256))) + body
    sock.sendto(header + ends + body, ("spin0", 0x0800))' \
		$((FUZZ_SEED + sent)) "${outer[a]}" "${outer[b]}" "$1"
}

# What has a number was counted by the SA, also if it could not be sealed then.
sent_accounted()
{
	local out dropped

	out=$(sa_field a out "$(spi b 1)" packets)
	dropped=$(counters a | awk '$(NF - 1) != "crypto" { n += $NF } END { print n + 0 }')
	[ $((out + dropped)) -eq "$1" ] || { echo "of $1: $out sent, $dropped dropped"; return 1; }
}

# bent_in_transport ALGORITHM [OPTION...]: the sender's own header goes in front.
bent_in_transport()
{
	local end

	alg=$1
	fresh_hosts
	transport_families 4
	transport_host a "${@:2}"
	generation a 1
	sent=0
	end=$((SECONDS + FUZZ_SECONDS / 2))
	echo "FUZZ_SEED=$FUZZ_SEED"
	while [ $SECONDS -le $end ]; do
		bent $round
		sent=$((sent + round))
		within 5 sent_accounted $sent
	done
	echo "$sent packets"
	counters a
	counters a | grep " not-ip "
}

run_tests \
	"packets, damaged before and after they are sealed" "packets forge padding" \
	"packets of IPv6, likewise" packets6 \
	"packets of AH, likewise" packets_ah \
	"headers that ESP goes behind" "bent_in_transport aes128-sha256" \
	"headers that AH goes behind, and is over" "bent_in_transport sha256 proto ah"
