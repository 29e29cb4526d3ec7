/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure rooms (prefix.c, queue.c, replay.c, selector.c) need of the kernel, and
 * plain stand-ins for userspace, so that unit tests and fuzzers run the very
 * code that the module runs.
 */
#ifndef _SPINDLE_PURE_H
#define _SPINDLE_PURE_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#else /* userspace: RCU is trivial, since nothing is freed while others read */

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
struct rcu_head { void *unused; };

#define __rcu
#define GFP_KERNEL_ACCOUNT 0
#define READ_ONCE(x) (x)
#define WRITE_ONCE(x, v) ((x) = (v))
#define rcu_access_pointer(p) (p)
#define rcu_dereference(p) (p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_assign_pointer(p, v) ((p) = (v))
#define RCU_INIT_POINTER(p, v) ((p) = (v))
#define kfree_rcu(p, field) free(p)
#define kzalloc(size, gfp) calloc(1, size)
#define kfree(p) free(p)
#define kvcalloc(n, size, gfp) calloc(n, size)
#define kvfree(p) free(p)
#define be64_to_cpu(x) be64toh(x)
#define be32_to_cpu(x) be32toh(x)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define sizeof_field(type, field) sizeof(((type *)0)->field)
#define BUILD_BUG_ON(condition) static_assert(!(condition), #condition)

typedef pthread_mutex_t spinlock_t;
#define spin_lock_init(lock) pthread_mutex_init(lock, NULL)
#define spin_lock(lock) pthread_mutex_lock(lock)
#define spin_unlock(lock) pthread_mutex_unlock(lock)
#define lockdep_assert_held(lock) ((void)(lock))

typedef atomic_int atomic_t;
#define atomic_set(v, i) atomic_store_explicit(v, i, memory_order_relaxed)
#define atomic_inc(v) atomic_fetch_add_explicit(v, 1, memory_order_relaxed)
#define atomic_sub_and_test(i, v) (atomic_fetch_sub(v, i) == (int)(i))
#define atomic_read_acquire(v) atomic_load_explicit(v, memory_order_acquire)

struct list_head { struct list_head *next, *prev; };
#define INIT_LIST_HEAD(list) ((list)->next = (list)->prev = (list))

struct sk_buff {
	struct sk_buff *next;
	void *cb[6];
};

#define jiffies 0UL

#endif
#endif
