#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every algorithm, group and mode of IKEv1 with strongSwan, begun by either side, with traffic
# through each pair of SAs.  What came of it is the table of Documentation/interop.md.

. "$(dirname "$0")/lib.sh"
. "$here/lib/strongswan.sh"
. "$here/lib/ike.sh"

table=$top/build/check/interop.md

# Encryption, hash and group of phase 1; algorithms of phase 2; PFS; the mode.  Each word stands
# beside several of the others.
rows=(
	"aes128-sha256-modp2048 aes128-sha256 yes tunnel"
	"aes128-sha256-modp2048 aes128-sha256 no tunnel"
	"aes128-sha256-x25519 aes128-sha256 no transport"
	"aes128-sha1-modp2048 aes128-sha1 no tunnel"
	"aes128-sha384-modp3072 aes192-sha256 yes tunnel"
	"aes128-sha512-ecp256 aes256-sha384 no tunnel"
	"aes128-sha256-ecp384 aes128gcm16 yes tunnel"
	"aes128-sha256-ecp521 aes256gcm16 no transport"
	"aes192-sha256-modp2048 aes192-sha1 no tunnel"
	"aes192-sha1-ecp256 aes256-sha512 yes tunnel"
	"aes192-sha384-x25519 aes128-sha256 yes transport"
	"aes192-sha512-modp4096 aes256-sha256 no tunnel"
	"aes256-sha256-modp2048 aes256-sha256 yes tunnel"
	"aes256-sha256-ecp256 aes256-sha256 no tunnel"
	"aes256-sha256-x25519 aes256gcm16 yes tunnel"
	"aes256-sha1-modp3072 aes256-sha1 yes tunnel"
	"aes256-sha384-ecp384 aes256-sha384 yes tunnel"
	"aes256-sha512-ecp521 aes256-sha512 yes tunnel"
	"aes256-sha512-modp4096 aes128-sha512 no transport"
	"aes256-sha256-modp6144 aes128-sha256 no tunnel"
	"aes256-sha256-ecp256 ah-sha256 yes tunnel"
	"aes256-sha1-x25519 ah-sha1 no tunnel"
	"aes128-sha512-modp2048 ah-sha512 no transport"
	"aes128-sha256-ecp384 ah-sha384 yes transport"
	"aes128-sha256-modp2048 null-sha256 no tunnel"
	"aes128-sha256-x25519 aes128gmac no tunnel"
	"3des-sha1-modp1024 3des-sha1 yes tunnel"
	"3des-md5-modp1536 3des-md5 no tunnel"
	"3des-sha256-modp2048 aes128-sha1 no transport"
	"aes128-md5-modp768 aes128-md5 yes tunnel"
	"aes256-md5-modp1536 ah-md5 no transport"
)

we_begin()
{
	ask a up lan
}

# What strongSwan calls some of them, beside whatever group for PFS.
swan_words()
{
	local words=${1//x25519/curve25519}

	words=${words#ah-}
	echo "${words//-sha1-sha1/-sha1}"
}

# one_of_matrix IKE ESP PFS MODE COMMAND: the command begins.
one_of_matrix()
{
	local ike=$1 esp=$2 pfs=$3 mode=$4 group suite kind=esp ends=() gateway_ends=()

	group=$(swan_words "${ike##*-}")
	suite=$(swan_words "$esp")
	[ "$pfs" = no ] || suite=$suite-$group
	[[ $esp != ah-* ]] || kind=ah
	if [ "$mode" = transport ]; then
		ends=(address= "local-ts=${outer[a]}" "remote-ts=${outer[b]}")
		gateway_ends=("local_ts=${outer[b]}" "remote_ts=${outer[a]}")
	fi
	write_gateway b proposals="$(swan_words "$ike")" esp_proposals= "${kind}_proposals=$suite" \
		mode="$mode" "${gateway_ends[@]}"
	spindle_config ike="$ike" esp= "$kind=${esp#ah-}" session-pfs="$pfs" mode="$mode" \
		allow-weak=yes peer-allow-weak=yes "${ends[@]}"
	ask a reload > /dev/null
	"$5"
	within 5 is_up
	if [ "$mode" = transport ]; then
		host a ping -q -c 3 -i 0.5 -W 5 "${outer[b]}" > /dev/null
	else
		# On a busy machine the gateway's SAs may come later than our first packet.
		patience=1 within 5 pings a b
		pings b a
	fi
	ask a down lan
	within 5 gone_from b
}

# outcome ROW COMMAND: a shell of its own, which ends with the first failure.
outcome()
{
	local row=$1 command=$2 status

	trap - ERR
	set +e
	# shellcheck disable=SC2086 # its words
	(trap - EXIT; set -e; one_of_matrix $row "$command") > "$scratch/row" 2>&1
	status=$?
	set -e
	if [ $status -eq 0 ]; then
		echo yes
		return
	fi
	{
		echo "$row, $command:"
		cat "$scratch/row"
		tail -n 12 "$scratch/a/log" "$scratch/charon-b/log"
	} >> "$scratch/failed"
	echo no
}

# Not one row twice in a row: what was taken down is given to nobody, until something is changed.
every_row()
{
	local row ike esp pfs mode ours=() theirs=() i

	begin
	: > "$scratch/failed"
	for row in "${rows[@]}"; do ours+=("$(outcome "$row" we_begin)"); done
	for row in "${rows[@]}"; do theirs+=("$(outcome "$row" initiate)"); done
	mkdir -p "${table%/*}"
	{
		echo "| phase 1 | phase 2 | PFS | mode | begun by Spindle | begun by strongSwan |"
		echo "|---|---|---|---|---|---|"
		for i in "${!rows[@]}"; do
			read -r ike esp pfs mode <<< "${rows[i]}"
			echo "| $ike | $esp | $pfs | $mode | ${ours[i]} | ${theirs[i]} |"
		done
	} > "$table"
	cat "$scratch/failed"
	[ ! -s "$scratch/failed" ]
}

run_tests \
	"${#rows[@]} combinations, begun by either side" every_row
