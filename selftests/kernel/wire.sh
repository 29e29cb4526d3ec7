#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is on the wire, as somebody else reads it: tshark knows the keys.

. "$(dirname "$0")/lib.sh"

algorithms=(aes{128,192,256}-sha{1,256,384,512})

# Each algorithm is a generation; every length of padding goes one way, pings both.
talk()
{
	local n

	spindle_host a
	spindle_host b
	capture a eth0
	for n in "${!algorithms[@]}"; do
		alg=${algorithms[$n]}
		generation a $((n + 1))
		generation b $((n + 1))
		pings a b
		receive b
		host a udp_flow send "${inner[b]}" 200 64 80
		flow_arrived
	done
	stop_captures
	mv "$scratch/a-eth0.pcap" "$wire"
}

nothing_but_esp()
{
	same "packets that are not ESP" "$(tcpdump -n -r "$wire" 'not arp and not ip proto 50')" ""
}

# As tshark's table of SAs names it.
tshark_auth()
{
	case $alg in
	*-sha1) echo "HMAC-SHA-1-96 [RFC2404]" ;;
	*) echo "HMAC-SHA-${alg#*-sha}-$(icv_bits) [RFC4868]" ;;
	esac
}

# tshark_sa FROM TO SPI
tshark_sa()
{
	printf 'uat:esp_sa:"IPv4","%s","%s","0x%08x","AES-CBC [RFC3602]","%s","%s","%s"\n' \
		"${outer[$1]}" "${outer[$2]}" "$3" "$(enc_key "$3")" "$(tshark_auth)" \
		"$(auth_key "$3")"
}

# One line a packet: the fields that the tests below look at.
open_packets()
{
	local n sas=()

	for n in "${!algorithms[@]}"; do
		alg=${algorithms[$n]}
		sas+=(-o "$(tshark_sa a b "$(spi b $((n + 1)))")")
		sas+=(-o "$(tshark_sa b a "$(spi a $((n + 1)))")")
	done
	tshark -n -r "$wire" -Y esp "${sas[@]}" \
		-o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE \
		-T fields -e esp.spi -e esp.sequence -e esp.icv_good -e esp.protocol \
		-e esp.pad_len -e esp.pad -e ip.src -e ip.dst -e _ws.malformed > "$opened"
	# The pings, the datagrams with the last, for each algorithm.
	same "packets" "$(wc -l < "$opened")" $((${#algorithms[@]} * (2 + 18)))
}

# none CONDITION: no packet for which awk finds it true.
none()
{
	same "packets with $1" "$(awk -F '\t' "$1" "$opened")" ""
}

# RFC 4303 2.4: 1, 2, 3, and no more than the block needs.
padding()
{
	none '$5 > 15'
	same "packets with other padding" "$(awk -F '\t' '{
		pad = ""
		for (i = 1; i <= $5; i++)
			pad = pad sprintf("%02x", i)
		if ($6 != pad)
			print
	}' "$opened")" ""
	same "lengths of padding" "$(cut -f 5 "$opened" | sort -nu | wc -l)" 16
}

# Each SA counts from 1.
numbers()
{
	none '$2 != ++seen[$1]'
	same "SAs" "$(cut -f 1 "$opened" | sort -u | wc -l)" $((2 * ${#algorithms[@]}))
}

inner_packets()
{
	none '$7 != "192.0.2.1,10.1.0.1" && $7 != "192.0.2.2,10.2.0.1"'
	none '$8 != "192.0.2.2,10.2.0.1" && $8 != "192.0.2.1,10.1.0.1"'
	none '$9 != ""'
}

# RFC 3602 3: no IV comes twice, and they are no counter either.
ivs()
{
	local count

	tcpdump -n -x -r "$wire" 'ip proto 50' 2> /dev/null |
		awk '/0x0010:/ { iv = $8 $9 } /0x0020:/ { print iv $2 $3 $4 $5 $6 $7 }' > "$scratch/ivs"
	count=$(wc -l < "$scratch/ivs")
	[ "$count" -gt 100 ]
	same "different IVs" "$(sort -u "$scratch/ivs" | wc -l)" "$count"
	same "different first halves" "$(cut -c 1-16 "$scratch/ivs" | sort -u | wc -l)" "$count"
}

wire=$(mktemp)
opened=$(mktemp)
trap 'rm -f "$wire" "$opened"' EXIT
run_tests \
	"two hosts talk by every algorithm" talk \
	"nothing but ESP is on the wire" nothing_but_esp \
	"tshark opens it" open_packets \
	"tshark finds every ICV good" "none \$3!=1" \
	"the next header is IPv4" "none \$4!=\"0x04\"" \
	"the padding is 1, 2, 3... and shortest" padding \
	"sequence numbers count from 1" numbers \
	"the packets inside are whole" inner_packets \
	"no IV is like another" ivs
