/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets that wait for somebody: first in, first out, of bounded number.
 * Storage grows with need, since most sessions never have much waiting, and
 * is wiped when it goes.
 */
#ifndef RK_QUEUE_H
#define RK_QUEUE_H

#include <stddef.h>
#include <stdint.h>

enum { RK_QUEUE_MAX = 65536 };

struct rk_queue {
	uint8_t *data;
	size_t start;
	size_t len;
	size_t size;
};

size_t rk_queue_room(const struct rk_queue *queue);
/* All of it, or nothing and -1: no room, or out of memory. */
int rk_queue_append(struct rk_queue *queue, const void *data, size_t len);
const uint8_t *rk_queue_head(const struct rk_queue *queue, size_t *len);
/* Forgets the first len octets, at most what there is. */
void rk_queue_drop(struct rk_queue *queue, size_t len);
void rk_queue_wipe(struct rk_queue *queue);

#endif
