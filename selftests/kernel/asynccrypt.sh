#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cipher that is late, out of order, or fails: order is restored, and what it
# does to a packet is counted.
#
# Wants several processors.
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

parameters=/sys/module/asynccrypt/parameters

# cipher { PARAMETER VALUE }...: from now on, the others zero.
cipher()
{
	local name

	for name in delay encrypt_error decrypt_error full; do
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
		refuse pings a b -W 0.2
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
		ends_with encrypt_error 28 crypto "$delay"	# ENOSPC
		ends_with encrypt_error 5 crypto "$delay"	# EIO
		ends_with decrypt_error 12 no-memory "$delay"
		ends_with decrypt_error 16 crypto "$delay"
		ends_with decrypt_error 28 crypto "$delay"
		ends_with decrypt_error 5 crypto "$delay"
	done
}

# encrypted: something, by the same cipher, for somebody who may wait.
encrypted()
{
	python3 -c '
import socket
with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as cipher:
    cipher.bind(("skcipher", "cbc-aes-asynccrypt"))
    cipher.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, bytes(16))
    operation, _ = cipher.accept()
    with operation:
        operation.sendmsg_afalg([bytes(32)], op=socket.ALG_OP_ENCRYPT, iv=bytes(16))
        print(operation.recv(32).hex())'
}

# Linux 7.3 gives programs no cipher by its driver's name, and by "cbc(aes)" another than
# this one, although this one has the highest priority.
programs_may_have_it()
{
	[[ $(uname -r) = 6.* ]]
}

# Packets do not wait for room at the cipher; that it is the others who do shows that
# it is room that they have not found.  Where programs cannot have the cipher, only the former
# is shown.
queue_full()
{
	local right waited

	modprobe -a algif_skcipher
	fresh_hosts
	spindle_hosts
	waited=$(< "$parameters/waited")
	if programs_may_have_it; then
		right=$(encrypted)
		cipher full 1
		same "what somebody else gets" "$(encrypted)" "$right"
		waited=$((waited + 1))
	fi
	cipher full 1
	same "how many waited" "$(< "$parameters/waited")" "$waited"
	expect_drop a "sa out $(hex "$(spi b 1)") crypto" refuse pings a b -W 1
	expect_drop a "sa in $(hex "$(spi a 1)") crypto" forge
	same "how many waited" "$(< "$parameters/waited")" "$waited"
	cipher
	pings a b
}

has_dropped()
{
	[ -n "$(counters "$1")" ]
}

# More packets than may wait for a cipher that takes its time; sent from a socket that
# does not mind.  What is lost has been counted, as that, and what waited arrives.
overflows()
{
	local buffer dropped result pings=0

	fresh_hosts
	spindle_hosts
	buffer=$(< /proc/sys/net/core/wmem_default)
	echo $((1 << 26)) > /proc/sys/net/core/wmem_default
	receive b
	cipher delay 10000
	send a b 100000
	within 30 has_dropped a
	echo "$buffer" > /proc/sys/net/core/wmem_default
	cipher
	until pings a b -W 10; do
		pings=$((pings + 1))
	done
	stop_sending
	read -r -t 60 -u "$flow" result
	dropped=$({ counters a; counters b; } | awk '
		$(NF - 1) != "backlog" { print; exit 1 }
		{ n += $NF }
		END { print n }')
	same "what became of the datagrams" "$result" \
		"lost=$((dropped - pings)) doubled=0 wrong=0 disordered=0"
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
	"a cipher whose queue is full: each packet is counted" queue_full \
	"a cipher that is too slow: what cannot wait is counted" overflows \
	"SAs end while packets are at the cipher" "ends_under_way flush_sas" \
	"tunnels end while packets are at the cipher" "ends_under_way delete_tunnels" \
	"devices end while packets are at the cipher" "ends_under_way delete_devices" \
	"namespaces end while packets are at the cipher" "ends_under_way delete_namespaces"
