#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module loads, shows its link kind, and leaves nothing behind; with a cipher
# that does not compute what it should, it does not load at all.

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

without_cipher()
{
	rmmod spindle
	rmmod asynccrypt
	load_module
}

run_tests \
	"a device comes and goes" device \
	"another cipher, which computes the same" with_cipher \
	"it computes something else" "fails_self_test wrong 1 -(EINVAL|22)" \
	"it refuses to encrypt" "fails_self_test encrypt_error 5 -(EIO|5)" \
	"it refuses to decrypt" "fails_self_test decrypt_error 5 -(EIO|5)" \
	"the cipher goes" without_cipher
