#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# peers.sh COUNT...: in a guest, what a daemon with so many peers costs, each of which has a key,
# a tunnel and a route, and waits for the peer to ask (start = listen).  Nobody ever does.
#
# Keys are numbers that look like keys: nothing is proved with them.

set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(realpath "$0")")
cd "$here/../.."
. "$here/paths.sh"

scratch=$(mktemp -d)
conf=$scratch/spindle.conf
export SPINDLE_CONTROL=$scratch/control

left()
{
	ip netns exec left "$@"
}

# write_config COUNT
write_config()
{
	python3 - "$1" > "$conf" <<-'END'
		import base64, random, sys

		def der(tag, octets):
		    size = len(octets)
		    head = [size] if size < 128 else [0x82, size >> 8, size & 255]
		    return bytes([tag, *head]) + octets

		def key(number):
		    """A SubjectPublicKeyInfo of RSA, of 2048 bits."""
		    modulus = (1 << 2047 | number.getrandbits(2047) | 1).to_bytes(257, "big")
		    numbers = der(0x30, der(2, modulus) + der(2, b"\1\0\1"))
		    rsa = bytes.fromhex("300d06092a864886f70d0101010500")
		    return base64.b64encode(der(0x30, rsa + der(3, b"\0" + numbers))).decode()

		number = random.Random(1)
		for i in range(int(sys.argv[1])):
		    tail = f"{i >> 16}.{i >> 8 & 255}.{i & 255}"
		    print(f"[peer p{i}]\nlocal = 192.0.2.1\nremote = 100.{tail}")
		    print(f"key = key\npeer-key = rsa:{key(number)}\n")
		    print(f"[tunnel t{i}]\npeer = p{i}\nlocal-ts = 172.16.0.0/16")
		    print(f"remote-ts = 10.{tail}\nstart = listen\n")
	END
	# As scp would leave it.
	chmod 600 "$conf"
}

# milliseconds COMMAND...
milliseconds()
{
	local begin=${EPOCHREALTIME/./}

	"$@" > /dev/null || fail "$* failed"
	echo $(((${EPOCHREALTIME/./} - begin) / 1000))
}

# least COMMAND...: of five; the machine has other things to do, too.
least()
{
	for _ in 1 2 3 4 5; do
		milliseconds "$@"
	done | sort -n | head -n 1
}

# memory FIELD: of the daemon, in kilobytes.
memory()
{
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$daemon/status"
}

# Ticks of a hundredth of a second that the daemon has worked.
worked()
{
	cut -d ' ' -f 14,15 "/proc/$daemon/stat" | tr ' ' + | bc
}

# In hundredths of a percent of a processor.
idle()
{
	local before seconds=10

	sleep 5
	before=$(worked)
	sleep $seconds
	echo $((($(worked) - before) * 100 / seconds))
}

# The network of one tunnel becomes another, and back.
change_one()
{
	if grep -q '^remote-ts = 10.0.0.1$' "$conf"; then
		sed -i 's/^remote-ts = 10.0.0.1$/remote-ts = 11.0.0.1/' "$conf"
	else
		sed -i 's/^remote-ts = 11.0.0.1$/remote-ts = 10.0.0.1/' "$conf"
	fi
}

reload_changed()
{
	for _ in 1 2 3 4 5; do
		change_one
		milliseconds build/spindle reload
	done | sort -n | head -n 1
}

# row WHAT FIGURE UNIT TARGET
row()
{
	local target=$4 verdict=

	[ "$target" = - ] || { [ "$2" -le "$target" ] && verdict=ok || verdict=over; }
	printf '%8s  %-32s%8s %-10s%8s  %s\n' "$count" "$1" "$2" "$3" "$target" "$verdict"
}

# measure COUNT: targets are those of ten thousand, and of a thousand for a reload of nothing.
measure()
{
	local count=$1 start

	write_config "$count"
	start=$(milliseconds left build/spindled -c "$conf" -s "$SPINDLE_CONTROL")
	daemon=$(pidof spindled)
	row "start until ready" "$start" ms 3000
	row "resident" "$(memory VmRSS)" kB 61440
	row "at most resident so far" "$(memory VmHWM)" kB -
	row "status of one" "$(least build/spindle status "p$((count / 2))")" ms 50
	row "reload, nothing changed" "$(least build/spindle reload)" ms 200
	row "reload, one tunnel changed" "$(reload_changed)" ms 200
	row "resident after reloads" "$(memory VmRSS)" kB -
	row "idle" "$(idle)" "%/100" 100
	kill "$daemon"
	while [ -e "/proc/$daemon" ]; do sleep 0.1; done
	ip -n left link delete spin0
}

load_spindle
join_wire
ip -n left link set lo up
ip -n left route add default via 192.0.2.2
build/spindle key new "$scratch/key" > /dev/null
printf '%8s  %-32s%8s %-10s%8s\n' peers "" figure "" target
for count in "$@"; do
	measure "$count"
done
rm -r "$scratch"
