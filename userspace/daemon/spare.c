// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "keys/rsakey.h"
#include "log.h"
#include "spare.h"

struct spare {
	unsigned int bits;
	EVP_PKEY *key;
	bool making;
};

struct spares {
	struct spare of[2];		/* by profile */
	int from_maker, to_loop;	/* a pipe of struct made */
	struct event *readable;
	void (*ready)(void *arg);
	void *arg;
};

/* What the thread is told, and what it tells. */
struct made {
	struct spare *spare;
	int to_loop;
	unsigned int bits;
	EVP_PKEY *key;
};

static void *maker(void *arg)
{
	struct made *made = arg;
	struct sp_error err;

	made->key = rk_key_generate(made->bits, &err);
	/* Smaller than PIPE_BUF, so whole or not at all; the loop drains the pipe. */
	if (write(made->to_loop, made, sizeof(*made)) != sizeof(*made))
		EVP_PKEY_free(made->key);
	free(made);
	return NULL;
}

static void make(struct spares *spares, struct spare *spare)
{
	struct made *made = malloc(sizeof(*made));
	sigset_t all, before;
	pthread_t thread;
	int failed;

	if (!made)
		return;
	*made = (struct made){ .spare = spare, .to_loop = spares->to_loop, .bits = spare->bits };
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, maker, made);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		log_line("no thread to make keys with");
		free(made);
		return;
	}
	pthread_detach(thread);
	spare->making = true;
}

static void on_made(evutil_socket_t fd, short what, void *arg)
{
	struct spares *spares = arg;
	struct made made;

	(void)what;
	if (read(fd, &made, sizeof(made)) != sizeof(made))
		return;
	made.spare->making = false;
	made.spare->key = made.key;
	if (made.key)
		spares->ready(spares->arg);
	else
		log_line("an RSA key of %u bits could not be made", made.bits);
}

struct spares *spares_new(struct event_base *base, void (*ready)(void *arg), void *arg)
{
	struct spares *spares = calloc(1, sizeof(*spares));
	int ends[2];

	if (!spares)
		return NULL;
	if (pipe2(ends, O_CLOEXEC)) {
		free(spares);
		return NULL;
	}
	spares->of[RK_SIGNED].bits = 2048;
	spares->of[RK_COMPAT].bits = 1024;
	spares->from_maker = ends[0];
	spares->to_loop = ends[1];
	spares->ready = ready;
	spares->arg = arg;
	spares->readable = event_new(base, ends[0], EV_READ | EV_PERSIST, on_made, spares);
	if (!spares->readable)
		abort();
	event_add(spares->readable, NULL);
	return spares;
}

void spares_want(struct spares *spares, enum rk_profile profile)
{
	struct spare *spare = &spares->of[profile];

	if (!spare->key && !spare->making)
		make(spares, spare);
}

EVP_PKEY *spares_take(struct spares *spares, enum rk_profile profile)
{
	EVP_PKEY *key = spares->of[profile].key;

	spares->of[profile].key = NULL;
	spares_want(spares, profile);
	return key;
}

/* A thread may still be at work: it keeps the end of the pipe that it writes to. */
void spares_free(struct spares *spares)
{
	bool making = false;

	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY_free(spares->of[i].key);
		making = making || spares->of[i].making;
	}
	event_free(spares->readable);
	close(spares->from_maker);
	if (!making)
		close(spares->to_loop);
	free(spares);
}
