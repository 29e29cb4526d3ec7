// SPDX-License-Identifier: GPL-2.0
/*
 * Faults for tests: what the kernels that look closer (../tree) claim to see, they are to
 * see here.
 *
 * The name of a fault, written to /sys/module/planted/parameters/commit, commits it before
 * the write ends.  None does harm that outlives its machine, and most of them none at all; but
 * with some of them the kernel is tainted, and a detector may see no more after its first.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#define RACE_MS		1000	/* how long two go on that race */
#define PAUSE_US	50	/* between an access and the next */

static DEFINE_SPINLOCK(first_lock);
static DEFINE_SPINLOCK(second_lock);

/* What the compiler knows nothing of, so that it neither warns nor tidies up. */
static unsigned int zero;
static void *lost;

/* --- memory ------------------------------------------------------------------------- */

static int use_after_free(void)
{
	u8 *octets = kmalloc(64, GFP_KERNEL);

	if (!octets)
		return -ENOMEM;
	kfree(octets);
	OPTIMIZER_HIDE_VAR(octets);
	return READ_ONCE(octets[8]) & 0;
}

static int double_free(void)
{
	u8 *octets = kmalloc(64, GFP_KERNEL);

	if (!octets)
		return -ENOMEM;
	kfree(octets);
	OPTIMIZER_HIDE_VAR(octets);
	kfree(octets);
	return 0;
}

static int out_of_bounds(void)
{
	u8 *octets = kmalloc(60, GFP_KERNEL);

	if (!octets)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(octets);
	WRITE_ONCE(octets[60 + READ_ONCE(zero)], 1);
	kfree(octets);
	return 0;
}

static int leak(void)
{
	unsigned int i;

	/* More than one, because a copy of the last may lie about on a stack. */
	for (i = 0; i < 8; i++)
		WRITE_ONCE(lost, kmalloc(64, GFP_KERNEL));
	WRITE_ONCE(lost, NULL);
	return 0;
}

/* As if each succeeded; one that the test makes fail does not. */
static int ignore_allocation(void)
{
	u8 *octets = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(octets);
	WRITE_ONCE(octets[0], 1);
	kfree(octets);
	return 0;
}

/* --- values ------------------------------------------------------------------------- */

static int shift(void)
{
	return (1 << (READ_ONCE(zero) + 40)) & 0;
}

static int read_past_table(void)
{
	static const int table[4];

	return table[READ_ONCE(zero) + 4] & 0;
}

static int corrupt_list(void)
{
	LIST_HEAD(list);
	LIST_HEAD(entry);

	list_add(&entry, &list);
	list_add(&entry, &list);
	return 0;
}

static int release_twice(void)
{
	refcount_t references = REFCOUNT_INIT(1);

	return (refcount_dec_and_test(&references) + refcount_dec_and_test(&references)) & 0;
}

/* That has no header of the link layer whose length could be asked for. */
static int ask_skb(void)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	int length;

	if (!skb)
		return -ENOMEM;
	length = skb_mac_header_len(skb);
	kfree_skb(skb);
	return length & 0;
}

/* --- context ------------------------------------------------------------------------ */

static int sleep_in_atomic(void)
{
	void *octets;

	spin_lock(&first_lock);
	octets = kmalloc(64, GFP_KERNEL);
	spin_unlock(&first_lock);
	kfree(octets);
	return 0;
}

static int read_without_rcu(void)
{
	static void __rcu *pointer;

	return !rcu_dereference(pointer) & 0;
}

static int processor_of_preemptible(void)
{
	return smp_processor_id() & 0;
}

static void take_both(spinlock_t *outer, spinlock_t *inner)
{
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

/* One after the other, so that nobody waits for ever. */
static int invert_locks(void)
{
	take_both(&first_lock, &second_lock);
	take_both(&second_lock, &first_lock);
	return 0;
}

/* --- races -------------------------------------------------------------------------- */

static unsigned long counter;
static bool flag;
static unsigned long end;
static void (*access)(unsigned int who);

static void count(unsigned int who)
{
	counter++;
}

static void count_locked(unsigned int who)
{
	spin_lock_bh(&first_lock);
	counter++;
	spin_unlock_bh(&first_lock);
}

/* One writes plainly what the other reads with care. */
static void raise_flag(unsigned int who)
{
	if (who)
		(void)READ_ONCE(flag);
	else
		flag = !flag;
}

/* One hands on what it has written, and may let the processor do that first. */
static __always_inline void hand_over(unsigned int who, bool rightly)
{
	unsigned int i;

	/* Pairs with the release of the other, if there is one. */
	if (smp_load_acquire(&flag) != who)
		return;
	counter++;
	if (who || rightly)
		smp_store_release(&flag, !who);	/* What was counted goes before. */
	else
		WRITE_ONCE(flag, true);
	/* Until this function ends, KCSAN can have been told of no order. */
	for (i = 0; i < PAUSE_US && READ_ONCE(flag) != who; i++)
		udelay(1);
}

static void hand_over_rightly(unsigned int who)
{
	hand_over(who, true);
}

static void hand_over_wrongly(unsigned int who)
{
	hand_over(who, false);
}

/* As packets do, each takes its time for other things meanwhile. */
static int race_thread(void *who)
{
	while (time_before(jiffies, READ_ONCE(end))) {
		access((unsigned long)who);
		udelay(PAUSE_US);
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* race WHAT: in two threads, on two processors if there are. */
static int race(void (*what)(unsigned int who))
{
	struct task_struct *threads[2];
	unsigned long i;

	access = what;
	WRITE_ONCE(end, jiffies + msecs_to_jiffies(RACE_MS));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = kthread_create(race_thread, (void *)i, "planted/%lu", i);
		if (IS_ERR(threads[i])) {
			if (i)
				kthread_stop(threads[0]);
			return PTR_ERR(threads[i]);
		}
		kthread_bind(threads[i], i % num_online_cpus());
		wake_up_process(threads[i]);
	}
	msleep(RACE_MS);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kthread_stop(threads[i]);
	return 0;
}

static int race_count(void)
{
	return race(count);
}

static int race_flag(void)
{
	return race(raise_flag);
}

static int race_order(void)
{
	return race(hand_over_wrongly);
}

static void count_in_timer(struct timer_list *timer)
{
	counter++;
	if (time_before(jiffies, READ_ONCE(end)))
		mod_timer(timer, jiffies + 1);
}

static DEFINE_TIMER(counting_timer, count_in_timer);

/* With an interrupt of the same processor. */
static int race_interrupt(void)
{
	WRITE_ONCE(end, jiffies + msecs_to_jiffies(RACE_MS));
	migrate_disable();
	mod_timer(&counting_timer, jiffies + 1);
	while (time_before(jiffies, READ_ONCE(end))) {
		counter++;
		udelay(PAUSE_US);
		cond_resched();
	}
	migrate_enable();
	timer_delete_sync(&counting_timer);
	return 0;
}

/* --- what is right ------------------------------------------------------------------ */

static int harmless(void)
{
	u8 *octets = kzalloc(64, GFP_KERNEL);

	if (!octets)
		return -ENOMEM;
	octets[63] = 1;
	kfree(octets);
	take_both(&first_lock, &second_lock);
	return race(count_locked) ?: race(hand_over_rightly);
}

static const struct {
	const char *name;
	int (*commit)(void);
} faults[] = {
	{ "harmless", harmless },
	{ "use-after-free", use_after_free },
	{ "double-free", double_free },
	{ "out-of-bounds", out_of_bounds },
	{ "leak", leak },
	{ "ignored-allocation", ignore_allocation },
	{ "shift", shift },
	{ "index", read_past_table },
	{ "list", corrupt_list },
	{ "reference", release_twice },
	{ "skb", ask_skb },
	{ "sleep", sleep_in_atomic },
	{ "rcu", read_without_rcu },
	{ "processor", processor_of_preemptible },
	{ "inversion", invert_locks },
	{ "race-count", race_count },
	{ "race-flag", race_flag },
	{ "race-interrupt", race_interrupt },
	{ "race-order", race_order },
};

static int commit_set(const char *name, const struct kernel_param *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (sysfs_streq(name, faults[i].name))
			return faults[i].commit();
	return -EINVAL;
}

static const struct kernel_param_ops commit_ops = { .set = commit_set };
module_param_cb(commit, &commit_ops, NULL, 0200);

static int __init planted_init(void)
{
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);

MODULE_DESCRIPTION("Test faults that detectors are to report");
MODULE_LICENSE("GPL");
