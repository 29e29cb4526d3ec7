/* SPDX-License-Identifier: GPL-2.0 */
/* Where ESP packets come in, beside the kernel's own IPsec. */
#ifndef _SPINDLE_HOOK_H
#define _SPINDLE_HOOK_H

#include <linux/init.h>

int __init spn_hook_init(void);

/* Returns when no packet is in the handlers any more. */
void spn_hook_exit(void);

#endif
