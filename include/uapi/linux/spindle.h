/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family "spindle": what userspace asks of spindle.ko and
 * what spindle.ko tells userspace.  Documentation/netlink/specs/spindle.yaml is
 * the specification; `make check` compares the two.
 *
 * Every command needs CAP_NET_ADMIN in the network namespace of the socket.
 * Addresses are in network byte order, 4 octets of IPv4 or 16 of IPv6.  SPIs
 * and ports are big-endian.  All other integers are in host byte order, of 32 or 64 bits.
 */
#ifndef _UAPI_LINUX_SPINDLE_H
#define _UAPI_LINUX_SPINDLE_H

#define SPINDLE_GENL_NAME	"spindle"
#define SPINDLE_GENL_VERSION	1

/* acquire, expire, active and endpoint: what a keying daemon must answer or may use */
#define SPINDLE_MCGRP_KEYING	"keying"
/* tunnels and SAs as they come and go */
#define SPINDLE_MCGRP_MONITOR	"monitor"

#define SPINDLE_NAME_MAX	63	/* a tunnel's name: A-Z a-z 0-9 . _ - ~, no NUL */
#define SPINDLE_ALG_MAX		31	/* an algorithm word, without the NUL */
#define SPINDLE_KEY_MAX		64	/* octets of one key */
#define SPINDLE_SELECTORS_MAX	64	/* of one side of a tunnel */
#define SPINDLE_SPI_MIN		256	/* RFC 4303 2.1: 1 to 255 are reserved */
#define SPINDLE_REPLAY_DEFAULT	4096	/* packets */
#define SPINDLE_REPLAY_MAX	65536
#define SPINDLE_TFC_MTU		65535	/* pad to what the path carries */
#define SPINDLE_DSCP_COPY	64	/* copy the inner DSCP to the outer header */

enum spindle_cmd {
	SPINDLE_CMD_UNSPEC,
	SPINDLE_CMD_DEV_GET,		/* dump: devices and their drops */
	SPINDLE_CMD_TUNNEL_NEW,
	SPINDLE_CMD_TUNNEL_SET,
	SPINDLE_CMD_TUNNEL_GET,		/* do and dump */
	SPINDLE_CMD_TUNNEL_DEL,
	SPINDLE_CMD_SPI_ALLOC,		/* reserve an inbound SPI for 60 seconds */
	SPINDLE_CMD_SA_NEW,		/* one generation: inbound, outbound or both */
	SPINDLE_CMD_SA_GET,		/* do and dump, of one tunnel or of all */
	SPINDLE_CMD_SA_DEL,		/* by direction and SPI, or by generation */
	SPINDLE_CMD_SA_FLUSH,		/* of one tunnel */
	SPINDLE_CMD_SA_ACTIVATE,	/* make a parked outbound SA current */
	SPINDLE_CMD_TUNNEL_NEW_NTF,	/* group monitor */
	SPINDLE_CMD_TUNNEL_SET_NTF,	/* group monitor */
	SPINDLE_CMD_TUNNEL_DEL_NTF,	/* group monitor */
	SPINDLE_CMD_SA_NEW_NTF,		/* group monitor */
	SPINDLE_CMD_SA_DEL_NTF,		/* group monitor */
	SPINDLE_CMD_ACQUIRE_NTF,	/* group keying */
	SPINDLE_CMD_EXPIRE_NTF,		/* group keying */
	SPINDLE_CMD_ACTIVE_NTF,		/* group keying */
	SPINDLE_CMD_ENDPOINT_NTF,	/* group keying: TUNNEL with REMOTE and ENCAP, SA */
	SPINDLE_CMD_DEV_SET,		/* what a device does; it is named by IFINDEX or IFNAME */
	SPINDLE_CMD_PORT_OPEN,		/* where ESP in UDP comes in, for IKE: a descriptor */
	SPINDLE_CMD_DEV_SET_NTF,	/* group monitor */
	SPINDLE_CMD_ALG_GET,		/* dump: what SAs can be made with */

	__SPINDLE_CMD_MAX,
	SPINDLE_CMD_MAX = __SPINDLE_CMD_MAX - 1
};

/* The attributes of every message. */
enum spindle_attr {
	SPINDLE_A_UNSPEC,
	SPINDLE_A_DEVICE,		/* nest, enum spindle_device_attr */
	SPINDLE_A_TUNNEL,		/* nest, enum spindle_tunnel_attr */
	SPINDLE_A_SA,			/* nest, enum spindle_sa_attr; may repeat */
	SPINDLE_A_FLOW,			/* nest, enum spindle_flow_attr */
	SPINDLE_A_PORT,			/* nest, enum spindle_port_attr */
	SPINDLE_A_ALG,			/* nest, enum spindle_alg_attr */

	__SPINDLE_A_MAX,
	SPINDLE_A_MAX = __SPINDLE_A_MAX - 1
};

enum spindle_device_attr {
	SPINDLE_A_DEVICE_UNSPEC,
	SPINDLE_A_DEVICE_IFINDEX,	/* u32 */
	SPINDLE_A_DEVICE_IFNAME,	/* string */
	SPINDLE_A_DEVICE_MTU,		/* u32 */
	SPINDLE_A_DEVICE_TUNNELS,	/* u32, how many */
	SPINDLE_A_DEVICE_DROP,		/* nest, enum spindle_drop_attr; repeats */
	SPINDLE_A_DEVICE_MTU_FIXED,	/* u32, 1: the MTU does not follow the tunnels */
	SPINDLE_A_DEVICE_CLEAR,		/* u32, enum spindle_clear */
	SPINDLE_A_DEVICE_NETNSID,	/* u32, of the namespace that it has moved to, get only */

	__SPINDLE_A_DEVICE_MAX,
	SPINDLE_A_DEVICE_MAX = __SPINDLE_A_DEVICE_MAX - 1
};

/* What becomes of packets that come in the clear though a tunnel protects them. */
enum spindle_clear {
	SPINDLE_CLEAR_REFUSE,
	SPINDLE_CLEAR_ACCEPT,
};

enum spindle_mode {
	SPINDLE_MODE_TUNNEL,
	SPINDLE_MODE_TRANSPORT,
};

/* The DF bit of the outer IPv4 header. */
enum spindle_df {
	SPINDLE_DF_COPY,
	SPINDLE_DF_SET,
	SPINDLE_DF_CLEAR,
};

/* Whether a tunnel is switched on. */
enum spindle_admin {
	SPINDLE_ADMIN_UP,
	SPINDLE_ADMIN_DOWN,		/* nothing passes, and no SA is asked for; SAs stay */
};

enum spindle_tunnel_state {
	SPINDLE_TUNNEL_DOWN,		/* no outbound SA, or switched off */
	SPINDLE_TUNNEL_UP,
};

/*
 * A tunnel is named by ID, NAME or both.  TUNNEL_NEW needs NAME, IFINDEX, LOCAL,
 * REMOTE, LOCAL_TS and REMOTE_TS.  TUNNEL_SET replaces what it names and keeps
 * the rest; selectors of one side are replaced all together.
 */
enum spindle_tunnel_attr {
	SPINDLE_A_TUNNEL_UNSPEC,
	SPINDLE_A_TUNNEL_ID,		/* u32, chosen by the kernel, never 0 */
	SPINDLE_A_TUNNEL_NAME,		/* string, unique in the namespace */
	SPINDLE_A_TUNNEL_IFINDEX,	/* u32, a device of kind spindle */
	SPINDLE_A_TUNNEL_IFNAME,	/* string, get only */
	SPINDLE_A_TUNNEL_LOCAL,		/* address, outer source */
	SPINDLE_A_TUNNEL_REMOTE,	/* address of the same family, outer destination */
	SPINDLE_A_TUNNEL_PROTO,		/* u32, IPPROTO_ESP or IPPROTO_AH, for good */
	SPINDLE_A_TUNNEL_MODE,		/* u32, enum spindle_mode, for good */
	SPINDLE_A_TUNNEL_LOCAL_TS,	/* nest, enum spindle_selector_attr; repeats */
	SPINDLE_A_TUNNEL_REMOTE_TS,	/* nest, enum spindle_selector_attr; repeats */
	SPINDLE_A_TUNNEL_REPLAY_WINDOW,	/* u32, packets, 0 is off; for SAs added later */
	SPINDLE_A_TUNNEL_DF,		/* u32, enum spindle_df */
	SPINDLE_A_TUNNEL_DSCP,		/* u32, 0 to 63 or SPINDLE_DSCP_COPY */
	SPINDLE_A_TUNNEL_FWMARK,	/* u32, mark of outer packets */
	SPINDLE_A_TUNNEL_STATE,		/* u32, enum spindle_tunnel_state, get only */
	SPINDLE_A_TUNNEL_OUT_GENERATION,/* u32, current outbound, get only */
	SPINDLE_A_TUNNEL_STAGED,	/* u32, packets waiting for an SA, get only */
	SPINDLE_A_TUNNEL_DROP,		/* nest, enum spindle_drop_attr; repeats */
	SPINDLE_A_TUNNEL_AH_ALIGN,	/* u32, 4 or 8: octets, of AH in IPv4 */
	SPINDLE_A_TUNNEL_TFC,		/* u32, octets that inner packets are padded to */
	SPINDLE_A_TUNNEL_ENCAP,		/* nest, enum spindle_encap_attr */
	SPINDLE_A_TUNNEL_KEEPALIVE,	/* u32, seconds without a packet, 0 is never */
	SPINDLE_A_TUNNEL_FOLLOW,	/* u32, 1: REMOTE and ENCAP's DPORT follow the peer */
	SPINDLE_A_TUNNEL_DUMMY,		/* u32, milliseconds without a packet, 0 is never */
	SPINDLE_A_TUNNEL_CLAMP_MSS,	/* u32, 1: of TCP connections through the tunnel */
	SPINDLE_A_TUNNEL_PATH_MTU,	/* u32, octets of outer packets, get only */
	SPINDLE_A_TUNNEL_MTU,		/* u32, octets of inner packets that fit, get only */
	SPINDLE_A_TUNNEL_OWNER,		/* u32, a mark of whoever made it, 0 is none */
	SPINDLE_A_TUNNEL_ENCAP_ERROR,	/* u32, errno: why there is no socket, get only */
	SPINDLE_A_TUNNEL_RX_PACKETS,	/* u64, with all its SAs so far, get only */
	SPINDLE_A_TUNNEL_RX_BYTES,	/* u64, octets of inner packets, likewise */
	SPINDLE_A_TUNNEL_TX_PACKETS,	/* u64, likewise */
	SPINDLE_A_TUNNEL_TX_BYTES,	/* u64, likewise */
	SPINDLE_A_TUNNEL_HEARD,		/* u64, seconds since its peer's last, absent if never */
	SPINDLE_A_TUNNEL_PAD,
	SPINDLE_A_TUNNEL_NETNSID,	/* u32, of the namespace that IFINDEX is of, if not this */
	SPINDLE_A_TUNNEL_ADMIN,		/* u32, enum spindle_admin */
	SPINDLE_A_TUNNEL_LINK,		/* u32, ifindex that outer packets leave by, 0 is any */

	__SPINDLE_A_TUNNEL_MAX,
	SPINDLE_A_TUNNEL_MAX = __SPINDLE_A_TUNNEL_MAX - 1
};

enum spindle_encap {
	SPINDLE_ENCAP_NONE,		/* ESP and AH as they are */
	SPINDLE_ENCAP_UDP,		/* RFC 3948 */
};

/* What ESP is carried in.  With UDP, ports of both ends; NONE has none. */
enum spindle_encap_attr {
	SPINDLE_A_ENCAP_UNSPEC,
	SPINDLE_A_ENCAP_TYPE,		/* u32, enum spindle_encap */
	SPINDLE_A_ENCAP_SPORT,		/* be16, our own port */
	SPINDLE_A_ENCAP_DPORT,		/* be16, the peer's */

	__SPINDLE_A_ENCAP_MAX,
	SPINDLE_A_ENCAP_MAX = __SPINDLE_A_ENCAP_MAX - 1
};

/* One traffic selector.  Without PROTO any protocol, without PORT_* all ports. */
enum spindle_selector_attr {
	SPINDLE_A_SELECTOR_UNSPEC,
	SPINDLE_A_SELECTOR_ADDR,		/* address, host bits zero */
	SPINDLE_A_SELECTOR_LEN,		/* u32, bits */
	SPINDLE_A_SELECTOR_PROTO,		/* u32, IP protocol, 0 for any */
	SPINDLE_A_SELECTOR_PORT_FIRST,	/* be16, of a protocol that has ports */
	SPINDLE_A_SELECTOR_PORT_LAST,	/* be16, at least PORT_FIRST */

	__SPINDLE_A_SELECTOR_MAX,
	SPINDLE_A_SELECTOR_MAX = __SPINDLE_A_SELECTOR_MAX - 1
};

enum spindle_dir {
	SPINDLE_DIR_IN,
	SPINDLE_DIR_OUT,
};

enum spindle_sa_state {
	SPINDLE_SA_RESERVED,		/* inbound: an SPI without keys yet */
	SPINDLE_SA_ACTIVE,		/* inbound: accepts; outbound: current */
	SPINDLE_SA_PARKED,		/* outbound: waits for its generation's turn */
	SPINDLE_SA_OLD,			/* outbound: a newer one is current */
	SPINDLE_SA_EXPIRED,		/* a hard lifetime has passed: carries nothing */
};

/*
 * SA_NEW needs DIR, SPI, ALG and the keys that ALG asks for.  Without
 * GENERATION the kernel takes the next of that direction, or of both for two; the answer
 * says which.
 */
enum spindle_sa_attr {
	SPINDLE_A_SA_UNSPEC,
	SPINDLE_A_SA_DIR,		/* u32, enum spindle_dir */
	SPINDLE_A_SA_SPI,		/* be32, at least SPINDLE_SPI_MIN */
	SPINDLE_A_SA_ALG,		/* string, as aes128-sha256 */
	SPINDLE_A_SA_KEY,		/* binary, set only: encryption key */
	SPINDLE_A_SA_AUTH_KEY,		/* binary, set only: integrity key */
	SPINDLE_A_SA_GENERATION,	/* u32, at least 1 */
	SPINDLE_A_SA_PARKED,		/* flag, outbound: do not send with it yet */
	SPINDLE_A_SA_SEQUENCE,		/* u64, last sent or highest received; settable */
	SPINDLE_A_SA_LIFE,		/* nest, enum spindle_life_attr */
	SPINDLE_A_SA_STATE,		/* u32, enum spindle_sa_state, get only */
	SPINDLE_A_SA_REPLAY_WINDOW,	/* u32, packets, get only */
	SPINDLE_A_SA_PACKETS,		/* u64, get only */
	SPINDLE_A_SA_BYTES,		/* u64, octets of inner packets, get only */
	SPINDLE_A_SA_AGE,		/* u64, seconds since it was added, get only */
	SPINDLE_A_SA_IDLE,		/* u64, seconds since its last packet, absent if never */
	SPINDLE_A_SA_DROP,		/* nest, enum spindle_drop_attr; repeats, get only */
	SPINDLE_A_SA_LAST_DROP,		/* nest, enum spindle_drop_attr, get only */
	SPINDLE_A_SA_PAD,
	SPINDLE_A_SA_ESN,		/* flag: sequence numbers have 64 bits (RFC 4303 2.2.1) */
	SPINDLE_A_SA_HARD,		/* flag: it has stopped (EXPIRE_NTF) */
	SPINDLE_A_SA_LIMIT,		/* u32, enum spindle_limit (EXPIRE_NTF) */

	__SPINDLE_A_SA_MAX,
	SPINDLE_A_SA_MAX = __SPINDLE_A_SA_MAX - 1
};

/* Limits of an SA's life.  Absent or 0 is no limit.  Soft notifies, hard stops. */
enum spindle_life_attr {
	SPINDLE_A_LIFE_UNSPEC,
	SPINDLE_A_LIFE_SOFT_BYTES,	/* u64, octets of inner packets */
	SPINDLE_A_LIFE_HARD_BYTES,
	SPINDLE_A_LIFE_SOFT_PACKETS,	/* u64 */
	SPINDLE_A_LIFE_HARD_PACKETS,
	SPINDLE_A_LIFE_SOFT_SECONDS,	/* u64, since the SA was added */
	SPINDLE_A_LIFE_HARD_SECONDS,
	SPINDLE_A_LIFE_PAD,

	__SPINDLE_A_LIFE_MAX,
	SPINDLE_A_LIFE_MAX = __SPINDLE_A_LIFE_MAX - 1
};

enum spindle_limit {
	SPINDLE_LIMIT_BYTES,
	SPINDLE_LIMIT_PACKETS,
	SPINDLE_LIMIT_SECONDS,
	SPINDLE_LIMIT_SEQUENCE,		/* numbers run out, as they do without any limit set */
};

enum spindle_drop_attr {
	SPINDLE_A_DROP_UNSPEC,
	SPINDLE_A_DROP_REASON,		/* string, a name that never changes meaning */
	SPINDLE_A_DROP_COUNT,		/* u64 */
	SPINDLE_A_DROP_SEQUENCE,	/* u64, of the last packet dropped */
	SPINDLE_A_DROP_AGE,		/* u64, seconds since the last */
	SPINDLE_A_DROP_PAD,
	SPINDLE_A_DROP_SOURCE,		/* address, outer, of the last, if it came */

	__SPINDLE_A_DROP_MAX,
	SPINDLE_A_DROP_MAX = __SPINDLE_A_DROP_MAX - 1
};

/* The inner packet that found no outbound SA (ACQUIRE_NTF). */
enum spindle_flow_attr {
	SPINDLE_A_FLOW_UNSPEC,
	SPINDLE_A_FLOW_SRC,		/* address */
	SPINDLE_A_FLOW_DST,		/* address */
	SPINDLE_A_FLOW_PROTO,		/* u32, IP protocol */
	SPINDLE_A_FLOW_SPORT,		/* be16, of a protocol that has ports */
	SPINDLE_A_FLOW_DPORT,		/* be16, likewise */

	__SPINDLE_A_FLOW_MAX,
	SPINDLE_A_FLOW_MAX = __SPINDLE_A_FLOW_MAX - 1
};

/*
 * A UDP socket of the module's.  Its descriptor, in the process that asks for it, sends,
 * receives and waits for what is not ESP; ESP comes in whether or not it is open.
 */
enum spindle_port_attr {
	SPINDLE_A_PORT_UNSPEC,
	SPINDLE_A_PORT_ADDR,		/* address, local */
	SPINDLE_A_PORT_NUMBER,		/* be16, at least 1 */
	SPINDLE_A_PORT_FD,		/* u32, the descriptor, get only */

	__SPINDLE_A_PORT_MAX,
	SPINDLE_A_PORT_MAX = __SPINDLE_A_PORT_MAX - 1
};

/*
 * A word for SPINDLE_A_SA_ALG.  What encrypts and what authenticates have a driver each, unless
 * one does both.
 */
enum spindle_alg_attr {
	SPINDLE_A_ALG_UNSPEC,
	SPINDLE_A_ALG_NAME,		/* string */
	SPINDLE_A_ALG_PROTO,		/* u32, IPPROTO_ESP or IPPROTO_AH */
	SPINDLE_A_ALG_KEY_LEN,		/* u32, octets of SPINDLE_A_SA_KEY */
	SPINDLE_A_ALG_AUTH_KEY_LEN,	/* u32, octets of SPINDLE_A_SA_AUTH_KEY */
	SPINDLE_A_ALG_ICV_LEN,		/* u32, octets of a packet */
	SPINDLE_A_ALG_WEAK,		/* flag: for old peers only */
	SPINDLE_A_ALG_MISSING,		/* flag: this kernel has no such algorithm */
	SPINDLE_A_ALG_DRIVER,		/* string, who encrypts, or does both */
	SPINDLE_A_ALG_AUTH_DRIVER,	/* string, who authenticates */

	__SPINDLE_A_ALG_MAX,
	SPINDLE_A_ALG_MAX = __SPINDLE_A_ALG_MAX - 1
};

#endif /* _UAPI_LINUX_SPINDLE_H */
