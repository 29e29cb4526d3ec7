// SPDX-License-Identifier: GPL-2.0-or-later
#include "queue.h"

#include <stdlib.h>
#include <string.h>

size_t rk_queue_room(const struct rk_queue *queue)
{
	return RK_QUEUE_MAX - queue->len;
}

void rk_queue_wipe(struct rk_queue *queue)
{
	if (queue->data)
		explicit_bzero(queue->data, queue->size);
	free(queue->data);
	*queue = (struct rk_queue){ 0 };
}

/* Not realloc(): it would leave a copy of the octets behind. */
static int move_to(struct rk_queue *queue, size_t size)
{
	struct rk_queue new = { .data = malloc(size), .len = queue->len, .size = size };

	if (!new.data)
		return -1;
	if (queue->len)
		memcpy(new.data, queue->data + queue->start, queue->len);
	rk_queue_wipe(queue);
	*queue = new;
	return 0;
}

static int make_room(struct rk_queue *queue, size_t len)
{
	size_t size = queue->size ? queue->size : 1024;

	if (queue->size - queue->start - queue->len >= len)
		return 0;
	if (queue->size - queue->len >= len) {
		memmove(queue->data, queue->data + queue->start, queue->len);
		queue->start = 0;
		return 0;
	}
	while (size - queue->len < len)
		size *= 2;
	return move_to(queue, size);
}

int rk_queue_append(struct rk_queue *queue, const void *data, size_t len)
{
	if (len > rk_queue_room(queue) || make_room(queue, len))
		return -1;
	if (len)
		memcpy(queue->data + queue->start + queue->len, data, len);
	queue->len += len;
	return 0;
}

const uint8_t *rk_queue_head(const struct rk_queue *queue, size_t *len)
{
	*len = queue->len;
	return queue->len ? queue->data + queue->start : NULL;
}

void rk_queue_drop(struct rk_queue *queue, size_t len)
{
	if (len >= queue->len) {
		rk_queue_wipe(queue);
		return;
	}
	queue->start += len;
	queue->len -= len;
}
