# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# How a command gets into a machine of its own and what comes back, whatever the
# machine: sourced by vm, and by uml in the folder beside this one.
#
# The machine sees this host's own files, or those of another root, read-only under a
# tmpfs overlay, so every tool installed there is in it; only the project's build/ is
# writable.
# The command starts in the project's folder as root.  Its output comes out live;
# its exit status is ours, or 124 when TIMEOUT seconds were not enough, or 125
# when the machine died first, and then the kernel's last words are printed.

set -euo pipefail

here=$(dirname "$(realpath "$0")")
project=$(realpath "$here/../..")
kver=6.12 root=/ cpus=2 memory=2048 limit=600 counting=

usage()
{
	echo "usage: ${0##*/} $synopsis -- COMMAND..." >&2
	exit 2
}

fail()
{
	echo "${0##*/}: $*" >&2
	exit 125
}

# read_options ACCEPTED ARGUMENT...: what is left in command[] is to be run.
read_options()
{
	local accepted=$1 option

	shift
	while getopts "$accepted" option; do
		case $option in
		k) kver=$OPTARG ;;
		r) root=$OPTARG ;;
		c) cpus=$OPTARG ;;
		i) counting=yes ;;
		m) memory=$OPTARG ;;
		t) limit=$OPTARG ;;
		*) usage ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] || usage
	command=("$@")
}

# What passes between host and guest lies in $run, and the kernel's console log.
prepare_run()
{
	mkdir -p "$project/build/vm"
	run=$(mktemp -d "$project/build/vm/run.XXXXXX")
	trap 'rm -rf "$run"' EXIT
	printf '%s\n' "$project" > "$run/project"
	printf '%q ' "${command[@]}" > "$run/command"
}

# finish STATUS: the machine has ended, its emulator with that status.
finish()
{
	if [ -s "$run/status" ]; then
		exit "$(< "$run/status")"
	fi
	cat "$run/errors" >&2
	echo "${0##*/}: the kernel's last words:" >&2
	tail -n 150 "$run/console" >&2 || true
	if [ "$1" -eq 124 ]; then
		echo "${0##*/}: no end after $limit seconds" >&2
		exit 124
	fi
	fail "Linux died"
}
