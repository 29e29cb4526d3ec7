# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# xfrm at one end.

# xfrm_state NAME FROM TO SPI [OPTION...]: in host NAME, for packets between the two.
xfrm_state()
{
	local key auth algorithms

	key=$(enc_key "$4")
	auth=(auth-trunc "hmac(${alg#*-})" "$(auth_key "$4")" "$(icv_bits)")
	case $alg in
	null-*) algorithms=(enc 'ecb(cipher_null)' '' "${auth[@]}") ;;
	*gmac) algorithms=(aead 'rfc4543(gcm(aes))' "$key" "$(icv_bits)") ;;
	*gcm*) algorithms=(aead 'rfc4106(gcm(aes))' "$key" "$(icv_bits)") ;;
	chacha20*) algorithms=(aead 'rfc7539esp(chacha20,poly1305)' "$key" "$(icv_bits)") ;;
	*ctr-*) algorithms=(enc 'rfc3686(ctr(aes))' "$key" "${auth[@]}") ;;
	3des-*) algorithms=(enc 'cbc(des3_ede)' "$key" "${auth[@]}") ;;
	des-*) algorithms=(enc 'cbc(des)' "$key" "${auth[@]}") ;;
	*) algorithms=(enc 'cbc(aes)' "$key" "${auth[@]}") ;;
	esac
	ip -n "$1" xfrm state add src "${outer[$2]}" dst "${outer[$3]}" proto esp spi "$4" \
		reqid "${xfrm_reqid:-1}" mode "${xfrm_mode:-tunnel}" "${algorithms[@]}" "${@:5}"
}

# xfrm_states NAME [OPTION...]: the SAs of generation 1.
xfrm_states()
{
	local name=$1 other=${peer[$1]}

	xfrm_state "$name" "$other" "$name" "$(spi "$name" 1)" "${@:2}"
	xfrm_state "$name" "$name" "$other" "$(spi "$other" 1)" "${@:2}"
}

# xfrm_natt NAME [OPTION...]: the SAs of generation 1, in UDP; the options are the outbound one's.
xfrm_natt()
{
	local name=$1 other=${peer[$1]} any=0.0.0.0

	[ "$(ip_version "${outer[$name]}")" = 4 ] || any=::
	xfrm_state "$name" "$other" "$name" "$(spi "$name" 1)" encap espinudp 4500 4500 $any \
		flag af-unspec
	xfrm_state "$name" "$name" "$other" "$(spi "$other" 1)" encap espinudp 4500 4500 $any \
		flag af-unspec "${@:2}"
}

# xfrm_policies NAME: the tunnel by the kernel's own IPsec.
xfrm_policies()
{
	local name=$1 other=${peer[$1]}

	ip -n "$name" -batch - <<-END
		xfrm policy add src ${network[$name]} dst ${network[$other]} dir out priority 2 \
			tmpl src ${outer[$name]} dst ${outer[$other]} proto esp reqid 1 mode tunnel
		xfrm policy add src ${network[$other]} dst ${network[$name]} dir in priority 2 \
			tmpl src ${outer[$other]} dst ${outer[$name]} proto esp reqid 1 mode tunnel
	END
}

# xfrm_host NAME: with all that it takes, but for SAs.
xfrm_host()
{
	local name=$1

	ip -n "$name" -batch - <<-END
		address add ${inner[$name]} dev lo nodad
		route add ${network[${peer[$name]}]} dev eth0 src ${inner[$name]}
	END
	xfrm_policies "$name"
}

# neighbours_in_the_clear NAME: who has no neighbour yet can send it nothing.
neighbours_in_the_clear()
{
	local dir type

	for dir in in out; do
		for type in 135 136; do
			ip -n "$1" xfrm policy add src ::/0 dst ::/0 proto ipv6-icmp type $type \
				dir $dir priority 1
		done
	done
}
