#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cipher that is late, out of order, or fails: order is restored, and what it
# does to a packet is counted.
#
# Wants several processors.

. "$(dirname "$0")/lib.sh"

parameters=/sys/module/asynccrypt/parameters

# cipher { PARAMETER VALUE }...: from now on, the others zero.
cipher()
{
	local name

	for name in delay encrypt_error decrypt_error; do
		echo 0 > "$parameters/$name"
	done
	while [ $# -gt 0 ]; do
		echo "$2" > "$parameters/$1"
		shift 2
	done
}

# A replay window of one packet takes each only after all that were sent before it.
keeps_order()
{
	local before after

	fresh_hosts
	spindle_hosts replay-window 1
	before=$(< "$parameters/overtaken")
	cipher delay 20
	transfer a b 200001
	transfer b a 200003
	cipher
	after=$(< "$parameters/overtaken")
	no_drops a
	no_drops b
	[ "$after" -gt $((before + 20)) ]
}

# ends_with WHAT ERROR REASON DELAY: the packets of host a that the cipher fails at.
ends_with()
{
	local what=$1 error=$2 reason=$3 host direction

	case $what in
	encrypt_error) host=a direction=out ;;
	decrypt_error) host=b direction=in ;;
	esac
	cipher "$what" "$error" delay "$4"
	expect_drop "$host" "sa $direction $(hex "$(spi b 1)") $reason" \
		refuse pings a b -W 1
	cipher
	pings a b
}

fails()
{
	local delay

	fresh_hosts
	spindle_hosts
	for delay in 0 20; do
		ends_with encrypt_error 12 no-memory "$delay"	# ENOMEM
		ends_with encrypt_error 16 crypto "$delay"	# EBUSY
		ends_with encrypt_error 5 crypto "$delay"		# EIO
		ends_with decrypt_error 12 no-memory "$delay"
		ends_with decrypt_error 16 crypto "$delay"
		ends_with decrypt_error 5 crypto "$delay"
	done
}

# Nothing waits for a device's packets but the device's own end.
ends_under_way()
{
	local -r end=$1

	fresh_hosts
	spindle_hosts
	cipher delay 500
	host a ping -q -c 20 -i 0.01 -W 1 "${inner[b]}" > /dev/null &
	sleep 0.3
	$end
	cipher
}

flush_sas()
{
	host a spindle sa flush t
	host b spindle sa flush t
}

delete_tunnels()
{
	host a spindle tunnel del t
	host b spindle tunnel del t
}

delete_devices()
{
	timeout 10 ip -n a link del spin0
	timeout 10 ip -n b link del spin0
}

delete_namespaces()
{
	ip netns del b
	ip netns del a
}

unload_cipher()
{
	rmmod asynccrypt || echo "not ok - the cipher does not unload"
}

module=${module%/*}/asynccrypt/asynccrypt.ko load_module || exit
trap unload_cipher EXIT
run_tests \
	"a late cipher that works backward: order is kept" keeps_order \
	"a cipher that fails, at once or late: each packet is counted" fails \
	"SAs end while packets are at the cipher" "ends_under_way flush_sas" \
	"tunnels end while packets are at the cipher" "ends_under_way delete_tunnels" \
	"devices end while packets are at the cipher" "ends_under_way delete_devices" \
	"namespaces end while packets are at the cipher" "ends_under_way delete_namespaces"
