#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module loads, shows its link kind, and leaves nothing behind; with a cipher
# that does not compute what it should, it does not load at all.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

device()
{
	ip link add spin0 type spindle
	ip link del spin0
}

# with_cipher: the one that stands before all others; the kernel tests it at first use.
with_cipher()
{
	rmmod spindle
	insmod "${module%/*}/asynccrypt/asynccrypt.ko"
	load_module
}

# fails_self_test PARAMETER VALUE ERROR: of that cipher.  Not every kernel knows its errors
# by name.
fails_self_test()
{
	local parameter=/sys/module/asynccrypt/parameters/$1

	rmmod spindle
	echo "$2" > "$parameter"
	echo "load.sh: $1" > /dev/kmsg
	refuse load_module
	refuse ip link add spin0 type spindle
	echo 0 > "$parameter"
	load_module
	dmesg | sed "0,/load.sh: $1/d" | grep -E "spindle: self-test of aes128-sha1 failed: $3\$"
}

# the module, the file it is in and both programs.
say_version()
{
	local version

	version=$(< /sys/module/spindle/version)
	[ "$(modinfo -F version "$module")" = "$version" ]
	[ "$(spindled -V)" = "spindled $version" ]
	[ "$(spindle -V 2>&1)" = "spindle $version" ]
	[ "$(spindle --version)" = "spindle $version" ]
	spindle device show 2>&1 > /dev/null | refuse grep .
}

# A module that tells VERSION is loaded, or one that tells none.
say_mismatch()
{
	local version=/sys/module/spindle/version said="has version $1, spindle"

	echo "$1" > "$scratch/version"
	mount --bind "$scratch/version" "$version"
	[ "$(spindle -V 2> /dev/null)" = "$(spindle --version 2>&1 | grep -v note:)" ]
	spindle -V 2>&1 | grep "$said has"
	spindle device show 2>&1 | grep "$said has"
	spindled -f -c /dev/null -s "$scratch/control" > "$scratch/daemon" 2>&1 &
	within 10 grep "${said}d has" "$scratch/daemon"
	kill $!
	wait $! || true
	umount "$version"
}

without_cipher()
{
	rmmod spindle
	rmmod asynccrypt
	load_module
}

run_tests \
	"all tell the same version" say_version \
	"the programs tell of a module of another version" "say_mismatch 0.0.1" \
	"a device comes and goes" device \
	"another cipher, which computes the same" with_cipher \
	"it computes something else" "fails_self_test wrong 1 -(EINVAL|22)" \
	"it refuses to encrypt" "fails_self_test encrypt_error 5 -(EIO|5)" \
	"it refuses to decrypt" "fails_self_test decrypt_error 5 -(EIO|5)" \
	"the cipher goes" without_cipher
