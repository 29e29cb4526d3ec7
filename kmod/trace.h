/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints.  Their words are arrays, so that one source serves all supported kernels
 * (__assign_str() changed in 6.10).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM spindle

#if !defined(_SPINDLE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _SPINDLE_TRACE_H

#include <linux/tracepoint.h>
#include <net/ipv6.h>

#include "drop.h"

#define SPN_DROP_NAME_SIZE 24

/*
 * netns: as the links in /proc/PID/ns/net show it.  packets: how many it would have been that
 * GSO has not cut yet.  src: where the packet came from, IPv4
 * as ::ffff:192.0.2.1, and :: of one that was to be sent.
 */
TRACE_EVENT(spindle_drop,
	TP_PROTO(enum spn_drop_reason reason, const struct net_device *dev, u32 spi, u64 seq,
		 unsigned int packets, const struct spn_addr *src),
	TP_ARGS(reason, dev, spi, seq, packets, src),
	TP_STRUCT__entry(
		__array(char, reason, SPN_DROP_NAME_SIZE)
		__field(int, ifindex)
		__field(unsigned int, netns)
		__array(char, dev, IFNAMSIZ)
		__field(u32, spi)
		__field(u64, seq)
		__field(unsigned int, packets)
		__field_struct(struct in6_addr, src)
	),
	TP_fast_assign(
		strscpy(__entry->reason, spn_drop_name(reason), SPN_DROP_NAME_SIZE);
		__entry->ifindex = READ_ONCE(dev->ifindex);
		__entry->netns = dev_net(dev)->ns.inum;
		strscpy(__entry->dev, dev->name, IFNAMSIZ);
		__entry->spi = spi;
		__entry->seq = seq;
		__entry->packets = packets;
		if (src->family == AF_INET)
			ipv6_addr_set_v4mapped(src->v4, &__entry->src);
		else
			memcpy(&__entry->src, src->octets, sizeof(__entry->src));
	),
	TP_printk("reason=%s dev=%s ifindex=%d netns=%u spi=0x%08x seq=%llu packets=%u src=%pI6c",
		  __entry->reason, __entry->dev, __entry->ifindex, __entry->netns,
		  __entry->spi, __entry->seq, __entry->packets, &__entry->src)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
