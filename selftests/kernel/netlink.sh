#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What may be asked of the module, by whom, and what it says to the rest: one clear
# line, and nothing has changed.
#
# Depends on the kernel's version.

. "$(dirname "$0")/lib.sh"

ends="local 192.0.2.1 remote 192.0.2.2"
ts="local-ts 10.1.0.0/16 remote-ts 10.5.0.0/16"
keys="alg aes128-sha256 key $(key 0 16) auth-key $(key 0 32)"

# The same for netlink_ask.
raw_ends="local: c0000201, remote: c0000202"
v6=20010db8000000000000000000000001
raw_ts="local-ts: {addr: 0a010000, len: 16}, remote-ts: {addr: 0a050000, len: 16}"
raw_keys=$(sed -E "s/0x(\w+)/'\1'/g; s/(alg|key) /\1: /g; s/ (key|auth)/, \1/g" <<< "$keys")

name_rule="a name has 1 to 63 letters, digits, dots, hyphens, _ or ~"
long_name=$(printf 'v%.0s' {1..64})

# Tunnel t with SAs, tunnel u without, and SPIs that are xfrm's.
setup()
{
	spindle_host a
	generation a 1
	host a spindle tunnel add u dev spin0 local 192.0.2.1 remote 192.0.2.2 \
		local-ts 10.1.0.0/16 remote-ts 10.3.0.0/16
	xfrm_state a b a $((0x4001))
	# There the inbound SA of tunnel t would be in its way.
	ip -n a xfrm state add src 192.0.2.2 dst 192.0.2.9 proto esp spi "$(spi a 1)" \
		mode tunnel enc 'cbc(aes)' "$(key 0 16)" auth 'hmac(sha1)' "$(key 0 20)"
}

# All there is, but for its age.
state()
{
	host a spindle device show -j
	host a spindle tunnel show -j
	host a spindle sa show -j | sed -E '/"(age|idle)":/d'
}

# unchanged COMMAND...
unchanged()
{
	local before

	before=$(state)
	"$@"
	same "state" "$(state)" "$before"
}

# refused STATUS [COMMAND...]: on standard input, in turn, what is asked of spindle,
# under the command, and the one line it must say.
refused()
{
	local words line said status

	while read -r -a words && read -r line; do
		status=0
		said=$(host a "${@:2}" spindle "${words[@]}" 2>&1 < /dev/null) || status=$?
		printf '%s\n' "${words[*]}" "$1 spindle: $line" >&3
		printf '%s\n' "${words[*]}" "$status $said" >&4
	done 3> "$scratch/expected" 4> "$scratch/said"
	diff "$scratch/expected" "$scratch/said"
}

# asked [COMMAND...]: the same with netlink_ask.
asked()
{
	tee "$scratch/expected" | sed -n 'p;n' | host a "$@" "$here/netlink_ask" > "$scratch/said"
	diff "$scratch/expected" "$scratch/said"
}

# --- bad requests -----------------------------------------------------------

bad_tunnels()
{
	refused 1 <<-END
		tunnel add t dev spin0 $ends $ts
			tunnel t: a tunnel of that name exists
		tunnel add v dev spin0 $ends local-ts 10.1.0.0/16 remote-ts 10.2.0.0/16
			tunnel v: another tunnel of the device has the same selectors
		tunnel add v dev spin0 $ends $ts,10.2.0.0/16
			tunnel v: another tunnel of the device has the same selectors
		tunnel add v dev spin7 $ends $ts
			tunnel v: dev: there is no interface spin7
		tunnel add v dev eth0 $ends $ts
			tunnel v: the device is not of kind spindle
		tunnel add v dev spin0 local 192.0.2.1 remote 224.0.0.1 $ts
			tunnel v: outer address is not that of a host
		tunnel add v dev spin0 local 0.0.0.0 remote 192.0.2.2 $ts
			tunnel v: outer address is not that of a host
		tunnel set u remote-ts 10.2.0.0/16
			tunnel u: another tunnel of the device has the same selectors
		tunnel set u remote-ts 10.5.0.0/16,10.2.0.0/16
			tunnel u: another tunnel of the device has the same selectors
		tunnel set u remote 255.255.255.255
			tunnel u: outer address is not that of a host
		tunnel set t local 192.0.2.9 remote 192.0.2.3
			tunnel t: the SPI of an SA is in use at the new local address
		tunnel set t dev spin0
			tunnel t: a tunnel stays with its device
		tunnel set v df set
			tunnel v: no such tunnel
		tunnel del v
			tunnel v: no such tunnel
		tunnel show v
			tunnel v: no such tunnel
	END
	refused 2 <<-END
		tunnel add $long_name dev spin0 $ends $ts
			tunnel "$long_name": a name has 1 to 63 characters
		tunnel add v dev spin0 $ends local-ts 10.1.0.0/16
			tunnel v: remote-ts is missing
		tunnel set u local-ts 10.1.0.1/16
			tunnel u: local-ts: prefix "10.1.0.1/16" has host bits set: did you mean 10.1.0.0/16?
		tunnel set u local-ts $(printf '10.%d.0.0/16,' {1..64})10.65.0.0/16
			tunnel u: local-ts: more than 64 selectors
		tunnel set u replay-window 65537
			tunnel u: replay-window: 65537 is not between 0 and 65536
		tunnel set u
			tunnel u: nothing to set
	END
}

bad_sas()
{
	refused 1 <<-END
		sa add v in spi 0x3002 $keys
			tunnel v: no such tunnel
		sa add t in spi 0x1001 $keys
			tunnel t: SPI 0x1001 is already in use
		sa add u in spi 0x1001 $keys
			tunnel u: SPI 0x1001 is already in use
		sa add t in spi 0x4001 $keys
			tunnel t: SPI 0x4001 is already in use by xfrm
		sa reserve u spi 0x1001
			tunnel u: SPI 0x1001 is already in use
		sa reserve u spi 0x4001
			tunnel u: SPI 0x4001 is already in use by xfrm
		sa add t in spi 0x3002 $keys gen 1
			tunnel t: the generation has an SA of this direction already
		sa add t out spi 0x3002 $keys gen 1
			tunnel t: the generation has an SA of this direction already
		sa del t in spi 0x2001
			tunnel t: no such SA
		sa del t gen 2
			tunnel t: no such SA
		sa activate t gen 2
			tunnel t: the generation has no outbound SA
		sa show v
			tunnel v: no such tunnel
		sa flush v
			tunnel v: no such tunnel
	END
	refused 2 <<-END
		sa add t in spi 255 $keys
			tunnel t: spi: 255 is not between 256 and 4294967295
		sa add t in spi 0x3002 alg aes128-sha256 key $(key 0 15) auth-key $(key 0 32)
			tunnel t: key: aes128-sha256 takes 16 octets, not 15
		sa add t in spi 0x3002 alg aes128-sha256 key $(key 0 16) auth-key $(key 0 33)
			tunnel t: auth-key: aes128-sha256 takes 32 octets, not 33
		sa add t in spi 0x3002 alg aes128-sha256 key $(key 0 16)
			tunnel t: auth-key is missing: aes128-sha256 takes 32 octets
		sa add t in spi 0x3002 $keys life-packets 2 1
			tunnel t: life-packets: the soft limit 2 is above the hard limit 1
		sa add t in spi 0x3002 $keys parked
			tunnel t: parked: only an outbound SA waits for its turn
	END
}

long_line()
(
	ulimit -v 60000
	head -c 100M /dev/zero | tr '\0' ' ' | host a spindle -batch -
)

batches()
{
	local file=$scratch/batch

	cat > "$file" <<-END
		# A tunnel, its SAs, and what cannot be.
		tunnel add v dev spin0 $ends $ts
		sa add v in spi 0x3001 $keys
		sa add v out spi 0x3002 $keys

		sa add v in spi 0x1001 $keys
		tunnel del v
	END
	same "what it says" "$(refuse host a spindle -batch "$file" 2>&1)" \
		"spindle: $file:6: tunnel v: SPI 0x1001 is already in use"
	same "the SAs" "$(show a sa '.[] | select(.tunnel == "v") | .spi' | sort)" $'0x3001\n0x3002'
	sed -n '$p' "$file" | host a spindle -batch -
	# A line that there is no memory for.
	refuse long_line 2> "$scratch/said"
	same "what is said" "$(< "$scratch/said")" "spindle: standard input: Cannot allocate memory"
}

# What the command catches by itself, or has no words for.
raw_tunnels()
{
	local new

	new="ifindex: $(ip -n a -j link show spin0 | jq '.[].ifindex')"
	asked <<-END
		tunnel-new {}
			no tunnel is named
		tunnel-new {tunnel: {name: v, $new, $raw_ends}}
			needs name, dev, local, remote, local-ts, remote-ts
		tunnel-new {tunnel: {name: '', $new, $raw_ends, $raw_ts}}
			.tunnel.name: $name_rule
		tunnel-new {tunnel: {name: $long_name, $new, $raw_ends, $raw_ts}}
			.tunnel.name: $name_rule
		tunnel-new {tunnel: {name: "v w", $new, $raw_ends, $raw_ts}}
			.tunnel.name: $name_rule
		tunnel-new {tunnel: {name: "v\"w", $new, $raw_ends, $raw_ts}}
			.tunnel.name: $name_rule
		tunnel-new {tunnel: {name: "v\nw", $new, $raw_ends, $raw_ts}}
			.tunnel.name: $name_rule
		tunnel-new {tunnel: {name: "v/w", $new, $raw_ends, $raw_ts}}
			.tunnel.name: $name_rule
		tunnel-get {tunnel: {name: "t?"}}
			.tunnel.name: $name_rule
		tunnel-new {tunnel: {name: v, $new, $raw_ts, local: c00002, remote: c0000202}}
			.tunnel.local: an address has 4 or 16 octets
		tunnel-new {tunnel: {name: v, $new, $raw_ts, local: $v6, remote: c0000202}}
			one outer address is IPv4 and the other IPv6
		tunnel-new {tunnel: {name: v, $new, $raw_ts, local: fe80${v6:4}, remote: $v6}}
			.tunnel.local: outer address is not that of a host
		tunnel-new {tunnel: {name: v, $new, $raw_ts, local: $v6, remote: ff02${v6:4}}}
			.tunnel.remote: outer address is not that of a host
		tunnel-new {tunnel: {name: v, $new, $raw_ts, local: $v6, remote: '${v6//[^0]/0}'}}
			.tunnel.remote: outer address is not that of a host
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, proto: 52}}
			.tunnel.proto: integer out of range
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, proto: 51, ah-align: 5}}
			.tunnel.ah-align: AH is aligned to 4 octets or to 8
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, proto: 51, tfc: 100}}
			tfc is for ESP in tunnel mode
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, mode: 2}}
			.tunnel.mode: integer out of range
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, mode: transport}}
			in transport mode the selectors are the outer addresses
		tunnel-set {tunnel: {id: 0}}
			.tunnel.id: integer out of range
		tunnel-set {tunnel: {df: 1}}
			no tunnel is named
		tunnel-set {tunnel: {name: u, df: 3}}
			.tunnel.df: integer out of range
		tunnel-set {tunnel: {name: u, dscp: 65}}
			.tunnel.dscp: integer out of range
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, encap: {type: udp, sport: 4500}}}
			.tunnel.encap: encap takes two ports
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, encap: {type: udp, sport: 0, dport: 1}}}
			.tunnel.encap: encap takes two ports
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, encap: {sport: 4500, dport: 4500}}}
			.tunnel.encap: encap without a type
		tunnel-set {tunnel: {name: u, encap: {type: none, dport: 4500}}}
			.tunnel.encap: only UDP has ports
		tunnel-set {tunnel: {name: u, encap: {type: 2}}}
			.tunnel.encap.type: integer out of range
		tunnel-set {tunnel: {name: u, tfc: 65536}}
			.tunnel.tfc: integer out of range
		tunnel-set {tunnel: {name: u, local-ts: {addr: 0a010000, len: 16, proto: 256}}}
			.tunnel.local-ts.proto: integer out of range
		port-open {port: {addr: c0000201, number: 0}}
			.port.number: a port is at least 1
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, proto: 51, encap: {type: udp, sport: 1, dport: 1}}}
			encap is for ESP in tunnel mode
		tunnel-set {tunnel: {name: u, keepalive: 20}}
			keepalive needs encap
		tunnel-set {tunnel: {name: u, follow: 2}}
			.tunnel.follow: integer out of range
		tunnel-new {tunnel: {name: v, $new, $raw_ends, $raw_ts, mode: transport, follow: 1}}
			follow is for tunnel mode
		tunnel-set {tunnel: {name: u, proto: 51}}
			a tunnel's protocol and mode stay as they are
		tunnel-set {tunnel: {name: u, replay-window: 65537}}
			.tunnel.replay-window: integer out of range
		tunnel-set {tunnel: {name: u, local-ts: {len: 8}}}
			.tunnel.local-ts: selector without address or length
		tunnel-set {tunnel: {name: u, local-ts: {addr: 0a010001, len: 16}}}
			.tunnel.local-ts: selector has host bits set
		tunnel-set {tunnel: {name: u, local-ts: {addr: 0a010000, len: 33}}}
			.tunnel.local-ts: selector is longer than its address
		tunnel-set {tunnel: {name: u, local-ts: {addr: $v6, len: 129}}}
			.tunnel.local-ts.len: integer out of range
		tunnel-set {tunnel: {name: u, local-ts: {addr: $v6, len: 128}}}
			selectors of IPv4 or IPv6 on one side only
		tunnel-set {tunnel: {name: u, local-ts: [$(printf '{addr: 0a%02x0000, len: 16},' {0..64})]}}
			too many selectors
	END
}

raw_sas()
{
	local t="tunnel: {name: t}" in="dir: in, spi: 0x3002, $raw_keys"
	local out="dir: out, spi: 0x3002, $raw_keys"

	asked <<-END
		sa-new {$t}
			no SA is given
		sa-new {$t, sa: {spi: 0x3002, $raw_keys}}
			.sa: no direction is given
		sa-new {$t, sa: {dir: in, $raw_keys}}
			no SPI is given
		sa-new {$t, sa: {$in, spi: 255}}
			.sa.spi: SPIs below 256 are reserved
		sa-new {$t, sa: {dir: in, spi: 0x3002}}
			no algorithm is given
		sa-new {$t, sa: {$in, alg: rot13}}
			.sa.alg: unknown algorithm
		sa-new {$t, sa: {$in, key: '00'}}
			encryption key has the wrong length for this algorithm
		sa-new {$t, sa: {$in, auth-key: '00'}}
			integrity key has the wrong length for this algorithm
		sa-new {$t, sa: {$in, auth-key: '$(printf '00%.0s' {1..65})'}}
			.sa.auth-key: Attribute failed policy validation
		sa-new {$t, sa: {$in, parked: true}}
			.sa: only an outbound SA can be parked
		sa-new {$t, sa: {$in, sequence: 0x100000000}}
			.sa.sequence: sequence numbers without esn have 32 bits
		sa-new {$t, sa: {$in, generation: 0}}
			.sa.generation: integer out of range
		sa-new {$t, sa: {$in, life: {soft-bytes: 2, hard-bytes: 1}}}
			.sa.life: a soft limit is beyond its hard one
		sa-new {$t, sa: {$in, life: {soft-packets: 2, hard-packets: 1}}}
			.sa.life: a soft limit is beyond its hard one
		sa-new {$t, sa: {$in, life: {soft-seconds: 2, hard-seconds: 1}}}
			.sa.life: a soft limit is beyond its hard one
		sa-new {$t, sa: {$in, life: {hard-seconds: 0x100000000}}}
			.sa.life.hard-seconds: integer out of range
		sa-new {$t, sa: [{$out}, {$out}]}
			.sa: two SAs of the same direction in one request
		sa-new {$t, sa: [{$out}, {$in, spi: 0x1001}]}
			is already in use
		sa-new {$t, sa: [{$in}, {$out, generation: 1}]}
			the generation has an SA of this direction already
		sa-new {$t, sa: [{$in}, {$out, key: '00'}]}
			encryption key has the wrong length for this algorithm
		sa-del {$t}
			no SA is named
		sa-del {$t, sa: {dir: in}}
			name a direction and an SPI, or a generation
		sa-activate {$t, sa: {}}
			no generation is given
		spi-alloc {$t, sa: {spi: 255}}
			.sa.spi: SPIs below 256 are reserved
	END
}

# of_dump ATTRIBUTE: how a refused dump names it, which Linux 6.1 does not.
of_dump()
{
	case $(uname -r) in
	6.1.*) ;;
	*) echo "$1: " ;;
	esac
}

# What selects says one thing, and all of it counts.
raw_choices()
{
	local t="tunnel: {name: t}" in out id other

	in=$(spi a 1) out=$(spi b 1)
	id=$(tunnel_field a id | sed -n 1p)
	other=$(tunnel_field a id | sed -n 2p)
	asked <<-END
		tunnel-get {tunnel: {id: $id, name: u}}
			.tunnel.name: the tunnel of that id has another name
		tunnel-set {tunnel: {id: $id, name: w, df: 1}}
			.tunnel.name: the tunnel of that id has another name
		tunnel-del {tunnel: {id: $other, name: t}}
			.tunnel.name: the tunnel of that id has another name
		tunnel-get {tunnel: {id: $id, name: t}}
			done
		tunnel-get {tunnel: {name: t, ifindex: 7}}
			.tunnel.ifindex: one tunnel is asked for by id or name
		tunnel-del {tunnel: {name: u, local: c0000201}}
			.tunnel.local: Unsupported attribute
		tunnel-new {tunnel: {name: v, id: 7, $raw_ends, $raw_ts}}
			.tunnel.id: Unsupported attribute
		tunnel-del {tunnel: {name: u}, sa: {generation: 1}}
			.sa: Unsupported attribute
		sa-flush {tunnel: {name: t, df: 1}}
			.tunnel.df: Unsupported attribute
		sa-flush {$t, sa: {generation: 2}}
			.sa: Unsupported attribute
		dump sa-get {tunnel: {}}
			no tunnel is named
		dump sa-get {tunnel: {id: $id, name: u}}
			$(of_dump .tunnel.name)the tunnel of that id has another name
		dump sa-get {$t, sa: {dir: in, generation: 1}}
			$(of_dump .sa)one SA is no list: ask for it alone
		dump tunnel-get {$t}
			$(of_dump .tunnel)one tunnel is no list: ask for it alone
		dump tunnel-get {tunnel: {}}
			$(of_dump .tunnel)no device is named
		sa-get {$t, sa: {generation: 1}}
			name a direction, and an SPI or a generation
		sa-get {$t, sa: {dir: in}}
			name a direction, and an SPI or a generation
		sa-get {$t, sa: {dir: in, generation: 7}}
			no such SA
		sa-get {$t, sa: {dir: in, spi: $((in)), alg: aes128-sha256}}
			.sa.alg: Unsupported attribute
		sa-del {$t, sa: {dir: in, spi: $((out))}}
			no such SA
		sa-del {$t, sa: {dir: out, spi: $((in))}}
			no such SA
		sa-del {$t, sa: {dir: in, spi: $((in)), generation: 2}}
			no such SA
		sa-del {$t, sa: {spi: $((in))}}
			name a direction and an SPI, or a generation
		sa-del {$t, sa: {dir: in, spi: $((in)), alg: aes128-sha256}}
			.sa.alg: Unsupported attribute
		sa-del {$t, sa: [{generation: 7}, {generation: 1}]}
			.sa: more of these than the command takes
		sa-activate {$t, sa: {generation: 1, dir: out}}
			.sa.dir: Unsupported attribute
		sa-activate {$t, sa: [{generation: 7}, {generation: 1}]}
			.sa: more of these than the command takes
		spi-alloc {$t, sa: {dir: out}}
			.sa.dir: the peer chooses outbound SPIs
		spi-alloc {$t, sa: [{spi: 0x3001}, {spi: 0x3002}]}
			.sa: more of these than the command takes
		sa-new {$t, sa: [{}, {}, {}]}
			.sa: more of these than the command takes
	END
}

# A direction and a generation are one SA.
deletes_conjunction()
{
	host a spindle tunnel add v dev spin0 $ends $ts
	host a spindle sa add v in spi 0x3001 $keys
	host a spindle sa add v out spi 0x3002 $keys
	asked <<-END
		sa-del {tunnel: {name: v}, sa: {dir: out, generation: 1}}
			done
	END
	same "what is left" "$(show a sa '.[] | select(.tunnel == "v") | .spi')" 0x3001
	host a spindle tunnel del v
}

# answer OPERATION ATTRIBUTES FILTER: what comes back, through jq.
answer()
{
	host a "$here/netlink_ask" "show $1 $2" | sed 1d | jq -c "$3"
}

# What was made says how it is called.
answers()
{
	local new pair

	new="ifindex: $(ip -n a -j link show spin0 | jq '.[].ifindex')"
	same "the tunnel" "$(answer tunnel-new "{tunnel: {name: v, $new, $raw_ends, $raw_ts}}" \
		'[.tunnel.name, .tunnel.state, .tunnel.id]')" \
		"[\"v\",\"down\",$(show a tunnel '.[] | select(.name == "v").id')]"
	pair="{dir: out, spi: 0x3002, $raw_keys}, {dir: in, spi: 0x3001, $raw_keys}"
	same "the SAs" "$(answer sa-new "{tunnel: {name: v}, sa: [$pair]}" \
		'[.tunnel.name, (.sa[] | .dir, .spi, .generation)]')" \
		'["v","in","0x3001",1,"out","0x3002",1]'
	same "one SA more" "$(answer sa-new "{tunnel: {name: v}, sa: {dir: in, spi: 0x3003, $raw_keys}}" \
		'[.sa[] | .generation, .state, has("key")]')" '[2,"active",false]'
	same "one SA of several" "$(answer sa-get "{tunnel: {name: v}, sa: {dir: in, generation: 1}}" \
		'[.sa[].spi]')" '["0x3001"]'
	host a spindle tunnel del v
}

tunnels_of_a_device()
{
	ip -n a link add spin1 type spindle
	host a spindle tunnel add v dev spin1 $ends $ts
	same "those of spin0" "$(host a spindle tunnel show dev spin0 -j | jq -r '.[].name')" $'t\nu'
	same "those of spin1" "$(host a spindle tunnel show dev spin1 -j | jq -r '.[].name')" v
	refused 1 <<-END
		tunnel show dev spin7
			there is no interface spin7
	END
	ip -n a link del spin1
}

# What the kernel says it can do, it does; each word with keys of the length it says.
algorithms()
{
	local alg proto key auth_key missing spi=0x3100

	host a spindle tunnel add v dev spin0 $ends $ts
	host a spindle tunnel add w dev spin0 $ends local-ts 10.1.0.0/16 remote-ts 10.6.0.0/16 proto ah
	host a spindle alg show -j | jq -r '.[] |
		"\(.alg) \(.proto) \(."key-len") \(."auth-key-len") \(.missing)"' > "$scratch/algs"
	grep -qx "aes128-sha256 esp 16 32 false" "$scratch/algs"
	grep -qx "sha256 ah 0 32 false" "$scratch/algs"
	while read -r alg proto key auth_key missing; do
		spi=$((spi + 1))
		set -- sa add "$([ $proto = ah ] && echo w || echo v)" out spi $spi alg "$alg" allow-weak
		[ $key = 0 ] || set -- "$@" key "$(key 5 $key)"
		[ $auth_key = 0 ] || set -- "$@" auth-key "$(key 7 $auth_key)"
		if $missing; then
			refuse host a spindle "$@"
		else
			host a spindle "$@"
		fi
	done < "$scratch/algs"
	same "who encrypts" "$(host a spindle alg show aes128-sha256 -j |
		jq -c '.[] | [.driver, ."auth-driver", .weak] | map(type)')" '["string","string","boolean"]'
	refused 1 <<-END
		alg show rot13
			there is no algorithm rot13
	END
	host a spindle tunnel del v
	host a spindle tunnel del w
}

# An error quotes the request.
keys_wiped()
{
	local key=5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a

	host a python3 -IS - "$here" "$top" "$key" <<-'END'
		import sys
		sys.path += [sys.argv[2] + "/build/linux/tools/net/ynl"]
		sys.path += ["/usr/lib/python3/dist-packages"]
		from lib import YnlFamily, NlError
		family = YnlFamily(sys.argv[2] + "/Documentation/netlink/specs/spindle.yaml", schema="")
		family.sock.setsockopt(270, 10, 0)  # NETLINK_CAP_ACK: not the header alone
		family.sock.setsockopt(270, 11, 0)  # NETLINK_EXT_ACK: and nothing behind it
		sa = {"dir": "in", "spi": 0x3002, "alg": "aes128-sha256", "key": sys.argv[3],
		      "auth-key": sys.argv[3] * 2, "generation": 1}
		for tunnel, more in ({"name": "t"}, 0), ({"name": "nobody"}, 0), ({"name": "t"}, 2), \
		                    ({"name": "t", "ifindex": 1}, 0):
		    said = b""
		    try:
		        family.do("sa-new", {"tunnel": tunnel, "sa": [sa] * (1 + more)})
		        sys.exit("was not refused")
		    except NlError as error:
		        said = error.nl_msg.raw
		    print(tunnel, more, len(said), "octets")
		    if len(said) < 100 or b"aes128-sha256" not in said:
		        sys.exit("the error quotes nothing")
		    if bytes.fromhex(sys.argv[3]) in said:
		        sys.exit("the error quotes a key")
	END
}

# --- lists that change while they are read ------------------------------------

# walked OPERATION ATTRIBUTES COMMAND...: after a piece of it has been read; to
# $scratch/walked.
walked()
{
	host a "$here/netlink_walk" "$@" > "$scratch/walked"
	echo "in $(jq .reads "$scratch/walked") reads"
	[ "$(jq .reads "$scratch/walked")" -ge 3 ]
}

interrupted()
{
	same "the list says that it was interrupted" "$(jq .interrupted "$scratch/walked")" "$1"
}

# Those of it that belong to the tunnel, and how many there are of each.
spis_walked()
{
	jq -r ".objects[] | select(.tunnel == \"$1\").spi" "$scratch/walked" | sort |
		uniq -c | awk '{ print $2, $1 }'
}

spis_of()
{
	host a spindle sa show "$1" -j | jq -r '.[].spi' | while read -r spi; do
		echo "$((spi)) 1"
	done | sort
}

# Tunnels w1 to w3, with 30 SAs each.
walked_hosts()
{
	local n

	fresh_hosts
	ip -n a link add spin0 type spindle
	for n in 1 2 3; do
		echo "tunnel add w$n dev spin0 $ends local-ts 10.1.0.0/16 remote-ts 10.$((n + 1)).0.0/16"
		for spi in {1..30}; do
			echo "sa add w$n in spi $((n * 4096 + spi)) $keys"
		done
	done | host a spindle -batch -
}

list_of_sas()
{
	walked_hosts
	walked sa-get '{}' true
	interrupted false
	for n in 1 2 3; do
		same "SAs of w$n" "$(spis_walked w$n)" "$(spis_of w$n)"
	done
	# One of its tunnels goes in the middle, those behind it are whole.
	walked sa-get '{}' spindle tunnel del w1
	interrupted true
	for n in 2 3; do
		same "SAs of w$n" "$(spis_walked w$n)" "$(spis_of w$n)"
	done
	# SAs come and go: none of the others twice, none missing.
	walked sa-get '{}' sh -c "spindle sa add w2 in spi 0x5001 $keys && spindle sa del w2 in spi $((2 * 4096 + 30))"
	interrupted true
	same "SAs of w3" "$(spis_walked w3)" "$(spis_of w3)"
	same "SAs of w2" "$(spis_walked w2 | sed "/^$((0x5001)) /d; /^$((2 * 4096 + 30)) /d")" \
		"$(spis_of w2 | sed "/^$((0x5001)) /d")"
}

# Of one tunnel: what becomes of the others does not interrupt it.
list_of_one()
{
	walked_hosts
	walked sa-get '{tunnel: {name: w2}}' spindle sa flush w1
	interrupted false
	same "SAs of w2" "$(spis_walked w2)" "$(spis_of w2)"
	walked sa-get '{tunnel: {name: w2}}' spindle tunnel del w2
	interrupted true
}

# The largest there are, one of which is more than the first piece would hold.
list_of_tunnels()
{
	local n ports

	fresh_hosts
	ip -n a link add spin0 type spindle
	for n in {1..8}; do
		ports=$(echo "10.$n."{0..63}".0/24[tcp/80]" | tr ' ' ,)
		echo "tunnel add w$n dev spin0 $ends local-ts $(prefixes 1) remote-ts $ports"
	done | host a spindle -batch -
	walked tunnel-get '{}' true
	interrupted false
	same "tunnels" "$(jq -r '.objects[].tunnel' "$scratch/walked" | paste -sd ' ')" \
		"w1 w2 w3 w4 w5 w6 w7 w8"
	walked tunnel-get '{}' spindle tunnel del w8
	interrupted true
	same "tunnels" "$(jq -r '.objects[].tunnel' "$scratch/walked" | paste -sd ' ')" \
		"w1 w2 w3 w4 w5 w6 w7"
}

# --- who is told ----------------------------------------------------------------

# gone COMMAND...: ends tunnel t with its SAs; told as event, direction and SPI.
gone()
{
	fresh_hosts
	spindle_host a
	generation a 1
	host a spindle sa reserve t spi 0x3001
	monitor a
	"$@"
	within 5 told_gone
	same "what was told" "$(jq -r 'select(.event | endswith("-del")) |
		[.event, .tunnel // .name, .dir // empty, .spi // empty] | join(" ")' "$scratch/events")" \
		"sa-del t out $(hex "$(spi b 1)")
sa-del t in $(hex "$(spi a 1)")
sa-del t in 0x3001
tunnel-del t"
}

told_gone()
{
	[ "$(events '.event == "tunnel-del"')" = 1 ]
}

# Its tunnels stay where it was made, and so are made there.
moved_device()
{
	local new="{tunnel: {name: w, ifindex: 1, netnsid: 77, $raw_ends, $raw_ts}}"

	fresh_hosts
	ip -n a link add spin3 type spindle
	ip -n a link set spin3 netns b
	host a spindle tunnel add v dev spin3 $ends $ts
	same "the tunnel" "$(show a tunnel '.[] | "\(.name) \(.dev)"')" "v spin3"
	same "whether the device is known to be elsewhere" \
		"$(show a device '.[] | "\(.dev) \(.netnsid | type)"')" "spin3 number"
	asked <<-END
		tunnel-new $new
			.tunnel.netnsid: there is no such network namespace
		tunnel-set {tunnel: {name: v, netnsid: 0}}
			a tunnel stays with its device
	END
	said=$(host b spindle tunnel add v dev spin3 $ends $ts 2>&1) && return 1
	same "what is said elsewhere" "$said" \
		"spindle: tunnel v: the device was made in another network namespace"
	ip -n b link del spin3
	same "tunnels" "$(show a tunnel '.[].name')" ""
}

# Generations without end: each becomes the one to send with, and goes.
new_generations()
{
	local n key

	key=$(key 1 32)
	for ((n = 1; ; n++)); do
		printf '%s\n' "sa add t out spi $((0x5000 + n)) alg null-sha256 auth-key $key gen $n parked" \
			"sa activate t gen $n" "sa del t out spi $((0x5000 + n))"
	done
}

# What is told while a monitor begins is no answer to what it asks.  The system is made slow
# where it joins what the kernel tells, or that would hardly ever fall between.
monitor_begins_in_a_storm()
{
	local storm

	fresh_hosts
	spindle_host a
	monitor a
	background a spindle -batch - < <(new_generations 2> /dev/null)
	storm=$!
	within 5 said active
	{ host a strace -qq -o /dev/null -e trace=setsockopt -e inject=setsockopt:delay_exit=50000 \
		spindle monitor -j || true; } | head -n 1 | jq -e .event
	kill "$storm"
	wait "$storm" || true
}

said()
{
	[ "$(events ".event == \"$1\"")" -gt 0 ]
}

delete_module()
{
	rmmod spindle
	within 5 told_gone
	load_module
}

reserved_spi()
{
	host a spindle sa reserve u spi 0x3001
	refused 1 <<-END
		sa add t in spi 0x3001 $keys
			tunnel t: SPI 0x3001 is already in use
		sa reserve t spi 0x3001
			tunnel t: SPI 0x3001 is already in use
	END
	host a spindle sa reserve u spi 0x3001
	host a spindle sa del u in spi 0x3001
}

# --- how much there may be ------------------------------------------------------

# limit NAME VALUE: of host a.
limit()
{
	host a sh -c "echo $2 > /proc/sys/net/spindle/$1"
}

limits()
{
	same "limits of the machine's own" \
		"$(host a cat /proc/sys/net/spindle/max_tunnels /proc/sys/net/spindle/max_sas)" $'0\n0'
	limit max_tunnels 2
	limit max_sas 3
	refused 1 <<-END
		tunnel add v dev spin0 $ends $ts
			tunnel v: there are as many tunnels as sysctl net.spindle.max_tunnels allows
	END
	host a spindle sa reserve u spi 0x3001
	refused 1 <<-END
		sa reserve u spi 0x3002
			tunnel u: there are as many SAs as sysctl net.spindle.max_sas allows
	END
	# It was reserved for this.
	host a spindle sa add u in spi 0x3001 $keys
	refused 1 <<-END
		sa add u out spi 0x3002 $keys
			tunnel u: there are as many SAs as sysctl net.spindle.max_sas allows
	END
	host a spindle sa del u in spi 0x3001
	limit max_tunnels 3
	host a spindle tunnel add v dev spin0 $ends $ts
	host a spindle tunnel del v
	limit max_tunnels 0
	limit max_sas 0
}

# Root of somebody's own is held, and cannot help it.
limits_of_users()
{
	"$@" sh -c 'cd /proc/sys/net/spindle && cat max_tunnels max_sas &&
		! echo 0 > max_tunnels && ! echo 0 > max_sas && cat max_tunnels' > "$scratch/limits"
	same "limits" "$(< "$scratch/limits")" $'4096\n16384\n4096'
}

# --- who may ask ------------------------------------------------------------

# without_rights COMMAND...: which takes them away.
without_rights()
{
	local operation

	refused 1 "$@" <<-END
		device show
			devices: Operation not permitted
		tunnel show
			tunnels: Operation not permitted
		sa show
			SAs: Operation not permitted
		sa flush t
			tunnel t: Operation not permitted
		monitor
			notifications "keying": Operation not permitted
	END
	for operation in "subscribe keying" "subscribe monitor" {dev,tunnel,sa,alg}"-get {}" \
		dev-set" {}" tunnel-{new,set,del}" {}" "spi-alloc {}" sa-{new,del,flush,activate}" {}"; do
		printf '%s\n' "$operation" "Operation not permitted"
	done | asked "$@"
}

# There they are alone.
own_network()
{
	refused 1 "$@" <<-END
		tunnel show t
			tunnel t: no such tunnel
	END
	asked "$@" <<-END
		subscribe keying
			done
		subscribe monitor
			done
		dev-get {}
			done
	END
}

# --- requests that are large, or come while packets flow --------------------

# prefixes N: as many as there may be, of network 10.N.0.0/16.
prefixes()
{
	echo "10.$1."{0..63}.0/24 | tr ' ' ,
}

# The longest, and one of each kind of what may stand in it.
good_names()
{
	local name

	for name in "${long_name:1}" Az.09_x-y~2; do
		host a spindle tunnel add "$name" dev spin0 $ends $ts
		same "name" "$(host a spindle tunnel show "$name" -j | jq -r '.[].name')" "$name"
		host a spindle tunnel del "$name"
	done
}

# Longer than one message.
long_lists()
{
	local i

	for i in {101..110}; do
		host a spindle tunnel add "l$i" dev spin0 local 192.0.2.1 remote 192.0.2.2 \
			local-ts "$(prefixes 1)" remote-ts "$(prefixes "$i")"
	done
	same "tunnels and their selectors" \
		"$(show a tunnel '.[] | select(.name[0:1] == "l") | ."remote-ts" | join(",")')" \
		"$(for i in {101..110}; do prefixes "$i"; done)"
	same "selectors of one" \
		"$(host a spindle tunnel show l110 -j | jq -r '.[]."local-ts" | join(",")')" \
		"$(prefixes 1)"
	for i in {1001..1100}; do
		echo "sa-new {tunnel: {name: l110}, sa: {dir: out, spi: $i, $raw_keys}}"
		echo "done"
	done | asked
	same "SPIs" "$(host a spindle sa show l110 -j | jq -r 'reverse[].spi')" \
		"$(for i in {1001..1100}; do hex "$i"; done)"
}

# xfrm at the other end receives at several addresses, from any, with the same keys.  Who has been
# there is known at every one, so that no packet waits for an answer about a neighbour.
several_addresses()
{
	local address

	dual_hosts
	spindle_host a
	generation a 1
	xfrm_host b
	xfrm_states b
	ip -n b xfrm policy update src "${network[a]}" dst "${network[b]}" dir in \
		tmpl src 0.0.0.0 dst "${outer[b]}" proto esp reqid 1 mode tunnel
	ip -n a address add 192.0.2.11/24 dev eth0
	ip -n a address add 2001:db8::11/64 dev eth0 nodad
	ip -n b address add 192.0.2.12/24 dev eth0
	ip -n b address add 2001:db8::12/64 dev eth0 nodad
	for address in 192.0.2.12 2001:db8::2 2001:db8::12; do
		host a ping -n -q -c 1 -W 3 $address > /dev/null
		[ $address = 192.0.2.12 ] || outer[a]=2001:db8::1
		(outer[b]=$address && xfrm_state b a b "$(spi b 1)" flag af-unspec)
	done
	outer[a]=192.0.2.1
}

# set_while_sending { OPTIONS }...: in turn, over and over.
set_while_sending()
{
	local options words

	several_addresses
	receive b
	send a b 500
	for _ in {1..5}; do
		for options; do
			read -r -a words <<< "$options"
			host a spindle tunnel set t "${words[@]}"
		done
	done
	stop_sending
	flow_arrived
	no_drops_but_multicast a
	# The inbound SA has come along.
	pings a b
}

set_remote()
{
	set_while_sending "remote 192.0.2.12" "remote 192.0.2.2"
	same "addresses that have received" \
		"$(ip -n b -s xfrm state | grep -c '[1-9][0-9]*(packets)')" 3
}

set_local()
{
	set_while_sending "local 192.0.2.11" "local 192.0.2.1"
}

# A remote address of the other family takes a local one along.
set_families()
{
	set_while_sending "remote 2001:db8::2 local 2001:db8::1" "remote 2001:db8::12" \
		"local 2001:db8::11" "remote 192.0.2.2 local 192.0.2.1"
	same "addresses that have received" \
		"$(ip -n b -s xfrm state | grep -c '[1-9][0-9]*(packets)')" 4
}

set_selectors()
{
	set_while_sending "remote-ts 10.2.0.0/15" "remote-ts 10.2.0.1/32,10.7.0.0/16" \
		"remote-ts 10.2.0.0/16 local-ts 10.0.0.0/8" "local-ts 10.1.0.0/16"
}

# By a way that is open to users who may not look into, say, /root.
project=/run/project
mkdir -p $project
mountpoint -q $project || mount --rbind "$top" $project
here=$project/selftests/kernel
PATH=$project/build:$PATH

run_tests \
	"hosts" setup \
	"bad tunnels are refused" "unchanged bad_tunnels" \
	"bad SAs are refused" "unchanged bad_sas" \
	"good names are taken" good_names \
	"a batch ends with the first command that fails" "unchanged batches" \
	"bad messages about tunnels are refused" "unchanged raw_tunnels" \
	"bad messages about SAs are refused" "unchanged raw_sas" \
	"what selects says one thing" "unchanged raw_choices" \
	"an SA is deleted by all that is said of it" "unchanged deletes_conjunction" \
	"an answer has what was made" "unchanged answers" \
	"the tunnels of a device are listed" "unchanged tunnels_of_a_device" \
	"the kernel says what it can do" "unchanged algorithms" \
	"an error quotes no keys" "unchanged keys_wiped" \
	"a reserved SPI is its tunnel's" "unchanged reserved_spi" \
	"a namespace holds what its limits say" "unchanged limits" \
	"root of another user namespace cannot lift its limits" \
		"limits_of_users setpriv --reuid=65534 --clear-groups unshare -Urn" \
	"root of another user namespace has no rights" \
		"unchanged without_rights setpriv --reuid=65534 --clear-groups unshare -Ur" \
	"root without CAP_NET_ADMIN has no rights" \
		"unchanged without_rights setpriv --bounding-set=-net_admin" \
	"root of another network namespace is alone there" \
		"own_network setpriv --reuid=65534 --clear-groups unshare -Urn" \
	"long lists come whole" long_lists \
	"SAs come and go while they are listed" list_of_sas \
	"SAs of one tunnel are listed" list_of_one \
	"tunnels come and go while they are listed" list_of_tunnels \
	"what goes with a tunnel is told" "gone host a spindle tunnel del t" \
	"what goes with a device is told" "gone ip -n a link del spin0" \
	"what goes with the module is told" "gone delete_module" \
	"a tunnel is made for a device that has moved" moved_device \
	"a monitor begins while much is told" monitor_begins_in_a_storm \
	"the remote address is set, and no packet lost" set_remote \
	"the local address is set, and no packet lost" set_local \
	"both are set to another family, and no packet lost" set_families \
	"selectors are set, and no packet lost" set_selectors
