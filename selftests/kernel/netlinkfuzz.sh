#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Requests that nobody thought of, from the netlink specification, while packets pass.
# FUZZ_SECONDS says for how long, FUZZ_SEED repeats an earlier run.

. "$(dirname "$0")/lib.sh"

: "${FUZZ_SECONDS:=10}"

setup()
{
	spindle_hosts
	background b ping -q -i 0.01 "${inner[a]}" > /dev/null
}

# Every command has done something at least once, and most were refused something.
requests()
{
	setup
	host a "$here/netlink_fuzz" "$FUZZ_SECONDS" spin0 ${FUZZ_SEED:+"$FUZZ_SEED"} |
		tee "$scratch/said"
	refuse grep -E ' [a-z-]+=0( |$)' "$scratch/said"
}

# Whatever it was left with, it can be cleared and used.
used_again()
{
	fresh_hosts
	spindle_hosts
	pings a b
	pings b a
}

run_tests \
	"requests by the specification, some of them bent" requests \
	"all can be taken away and had again" used_again
