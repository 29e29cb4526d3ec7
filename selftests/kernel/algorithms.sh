#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Algorithms with the kernel's own IPsec as the other end: each cipher and hash, though not
# all that can be made of them.

. "$(dirname "$0")/lib.sh"

setup()
{
	spindle_host a
	xfrm_host b
}

with_xfrm()
{
	alg=$1
	host a spindle sa flush t
	ip -n b xfrm state flush
	generation a 1
	xfrm_states b
	pings a b -s 1
	all_sizes a b
	all_sizes b a
	transfer a b 200001
	no_drops a
	same "xfrm's errors" "$(host b grep -v '[^0-9]0$' /proc/net/xfrm_stat || true)" ""
}

weak_with_xfrm()
{
	alg=$1
	refuse generation a 9
	weak=allow-weak
	with_xfrm "$1"
}

tests=("hosts with Spindle and xfrm" setup)
for alg in {aes{128,192,256},null}-sha{1,256,384,512} aes{128,192,256}{ctr-sha256,gcm16,gmac} \
	aes128gcm{8,12} chacha20poly1305; do
	tests+=("$alg: every length of padding and TCP, both ways, with xfrm" "with_xfrm $alg")
done
for alg in {aes128,3des,des}-md5 {3des,des}-sha1; do
	tests+=("$alg: the same, where it is allowed" "weak_with_xfrm $alg")
done
run_tests "${tests[@]}"
