/* SPDX-License-Identifier: GPL-2.0 */
/* What the module makes sure of before it touches a packet. */
#ifndef _SPINDLE_SELFTEST_H
#define _SPINDLE_SELFTEST_H

/**
 * spn_selftest - does every suite seal and open as it should?
 *
 * A packet made elsewhere is opened, the same with a bit flipped is refused, and
 * what we seal ourselves opens again.  A suite that the kernel has no algorithms
 * for is passed over: an SA with it is refused when it is added.
 *
 * May sleep.  Return: 0; -ENOTRECOVERABLE, after saying what failed; -ENOMEM.
 */
int spn_selftest(void);

#endif
