/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a datagram: its ends, and the interface, without which link-local ones say little. */
#ifndef SP_PATH_H
#define SP_PATH_H

#include "addr.h"

struct sp_path {
	struct sp_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t ifindex;		/* 0: whatever the route says */
};

#endif
