/* SPDX-License-Identifier: GPL-2.0 */
/* The one place for it: the Makefile tells the programs and DKMS. */
#ifndef _SPINDLE_VERSION_H
#define _SPINDLE_VERSION_H

#define SPINDLE_VERSION "0.1.0"

#endif
