# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Two hosts on one wire, and what the kselftests do with them.
#
#   host a: 192.0.2.1 on eth0, 10.1.0.1 of the network 10.1.0.0/16 inside
#   host b: 192.0.2.2 on eth0, 10.2.0.1 of the network 10.2.0.0/16 inside
#
# A test is a function that gets two fresh hosts and fails with the first command
# in it that fails; what it printed is shown then.

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$here/../..")
. "$top/build/linux/tools/testing/selftests/kselftest/ktap_helpers.sh"

set -o pipefail
shopt -s inherit_errexit
export PATH=${PROGRAMS:-$top/build}:$top/build/kselftest:$PATH

. "$here/lib/key.sh"
. "$here/lib/spindle.sh"
. "$here/lib/daemon.sh"
. "$here/lib/xfrm.sh"
. "$here/lib/traffic.sh"
. "$here/lib/look.sh"

module=$top/build/$(uname -r)/spindle.ko

declare -A outer=([a]=192.0.2.1 [b]=192.0.2.2)
declare -A inner=([a]=10.1.0.1 [b]=10.2.0.1)
declare -A network=([a]=10.1.0.0/16 [b]=10.2.0.0/16)
declare -A peer=([a]=b [b]=a)
alg=aes128-sha256 weak=
# What spindle_host makes.
device=spin0 tunnel=t
# For what a test leaves until its end, and a script for its tests; in the guest's memory.
scratch=/run/test
counters=/run/counters

# --- the module -------------------------------------------------------------

# insmod resolves no dependencies.
load_module()
{
	modinfo -F depends "$module" | tr , '\n' | xargs -r modprobe -a && insmod "$module"
}

unload_module()
{
	rmmod spindle && ! [ -e /sys/module/spindle ]
}

# --- running tests ----------------------------------------------------------

# join_hosts NAME NAME
join_hosts()
{
	local name

	ip -batch - <<-END
		netns add $1
		netns add $2
		link add eth0 netns $1 type veth peer name eth0 netns $2
	END
	for name; do
		# Neighbour discovery would stand between the packets that are counted.
		host "$name" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
		ip -n "$name" -batch - <<-END
			link set lo up
			address add ${outer[$name]}/24 dev eth0
			link set eth0 up
		END
	done
}

start_hosts()
{
	rm -f "$counters".*
	join_hosts a b
}

stop_hosts()
{
	local paths=(/run/netns/*)

	[ ! -e "${paths[0]}" ] || printf 'netns del %s\n' "${paths[@]##*/}" | ip -batch -
}

# For a test that needs hosts nobody has touched.
fresh_hosts()
{
	stop_hosts
	start_hosts
}

declare -A outer6=([a]=2001:db8::1 [b]=2001:db8::2)
declare -A inner6=([a]=fd00:1::1 [b]=fd00:2::1)
declare -A network6=([a]=fd00:1::/32 [b]=fd00:2::/32)

# Two that speak IPv6 as well.
dual_hosts()
{
	local name

	fresh_hosts
	for name in a b; do
		host $name sh -c 'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
		ip -n $name address add "${outer6[$name]}/64" dev eth0 nodad
	done
}

# families INNER OUTER: 4 or 6 each; for the rest of the test.
families()
{
	local name

	for name in a b; do
		if [ "$1" = 6 ]; then
			inner[$name]=${inner6[$name]} network[$name]=${network6[$name]}
		fi
		[ "$2" = 4 ] || outer[$name]=${outer6[$name]}
	done
}

# Processes of <(...), which are not among the shell's jobs.
substitutes=()
captures=()

# Also after a test that has failed half-way.
end_test()
{
	jobs -p > "$scratch/jobs"
	mapfile -t -O ${#substitutes[@]} substitutes < "$scratch/jobs"
	[ ${#substitutes[@]} -eq 0 ] || kill "${substitutes[@]}" 2> /dev/null || true
	wait
	rm -rf "$scratch"
}

# run_test DESCRIPTION COMMAND...: in a shell that ends with the first failure.
run_test()
{
	local description=$1 output=$scratch.output status

	shift
	mkdir -p "$scratch"
	(
		set -eE
		trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND: status $?"' ERR
		trap end_test EXIT
		"$@"
	) > "$output" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		ktap_test_pass "$description"
	else
		sed 's/^/# /' "$output"
		ktap_test_fail "$description"
	fi
}

# run_tests { DESCRIPTION COMMAND }...: the commands may have arguments.
run_tests()
{
	ktap_print_header
	ktap_set_plan $(($# / 2 + 2))
	run_test "load" load_module
	start_hosts
	while [ $# -gt 0 ]; do
		# shellcheck disable=SC2086 # the command's words
		run_test "$1" $2
		shift 2
	done
	stop_hosts
	run_test "unload" unload_module
	ktap_finished
}

# --- checking ---------------------------------------------------------------

# A command that has to fail: `!` would not end the test if it did not.  It waits for no answer
# as long as one that has to succeed.
refuse()
{
	local patience=1

	if "$@"; then
		echo "succeeded: $*"
		return 1
	fi
}

# same WHAT IS SHOULD_BE
same()
{
	[ "$2" = "$3" ] || { printf '%s is:\n%s\nand should be:\n%s\n' "$1" "$2" "$3"; return 1; }
}

# within SECONDS COMMAND...: asks again until it succeeds.  The seconds are those of a machine
# that does nothing else; on one that does, or that stands still for a while, three times as
# many are no fault yet.
within()
{
	local end=$((SECONDS + 3 * $1)) patience=3

	shift
	until "$@"; do
		[ $SECONDS -le $end ] || { echo "not in time: $*"; return 1; }
		sleep 0.05
	done
}

# mtu_of NAME DEVICE
mtu_of()
{
	ip -n "$1" -j link show "$2" | pick mtu
}

# A healthy kernel has nothing to say.
quiet()
{
	"$top/selftests/vm/klog"
}

# has_mtu NAME DEVICE MTU
has_mtu()
{
	[ "$(mtu_of "$1" "$2")" = "$3" ]
}

# --- hosts ------------------------------------------------------------------

# host NAME COMMAND...
host()
{
	netns_exec "$@"
}

# background NAME COMMAND...: so that $! is the command; with host it would be a shell.
background()
{
	netns_exec "$@" <&0 &
}

ip_version()
{
	case $1 in
	*:*) echo 6 ;;
	*) echo 4 ;;
	esac
}
