# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# SPIs, algorithms and keys.

# The inbound SPI of a host in a generation.
spi()
{
	case $1 in
	a) echo $((0x1000 + $2)) ;;
	b) echo $((0x2000 + $2)) ;;
	esac
}

# As the commands print it.
hex()
{
	printf '0x%x\n' "$1"
}

printf -v all_octets %02x {0..255} {0..63}

# key SEED OCTETS: so that every SA has keys of its own, known at both ends.
key()
{
	echo "0x${all_octets:2 * ($1 & 255):2 * $2}"
}

enc_key()
{
	case $alg in
	null-*) ;;
	aes*gcm* | aes*gmac | aes*ctr-*) key "$1" $((${alg:3:3} / 8 + 4)) ;;
	chacha20*) key "$1" 36 ;;
	aes*) key "$1" $((${alg:3:3} / 8)) ;;
	3des-*) key "$1" 24 ;;
	des-*) key "$1" 8 ;;
	esac
}

auth_key()
{
	case $alg in
	*md5) key $(($1 + 64)) 16 ;;
	*sha1) key $(($1 + 64)) 20 ;;
	*sha256) key $(($1 + 64)) 32 ;;
	*sha384) key $(($1 + 64)) 48 ;;
	*sha512) key $(($1 + 64)) 64 ;;
	esac
}

icv_bits()
{
	case $alg in
	*gcm*) echo $((8 * ${alg#*gcm})) ;;
	chacha20* | *gmac) echo 128 ;;
	*sha1 | *md5) echo 96 ;;
	*) echo $((${alg#*sha} / 2)) ;;
	esac
}
