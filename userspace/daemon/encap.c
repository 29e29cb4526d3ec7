// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encap.h"
#include "log.h"

enum {
	RETRY_SECONDS = 5,		/* while another program has the port */
	DATAGRAMS_MAX = 64,		/* of one wake-up: others wait, too */
};

struct encap {
	LIST_ENTRY(encap) next;
	struct daemon *daemon;
	struct sp_addr addr;
	uint16_t port;
	bool needed;
	struct sp_error error;		/* why there is no descriptor; empty if there is one */
	struct event *read;		/* holds the descriptor */
	struct event *retry;
};

/* What is no ESP is for IKE, which is not spoken here. */
static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	char octet;

	(void)what;
	(void)arg;
	for (int i = 0; i < DATAGRAMS_MAX; i++)
		if (recv(fd, &octet, sizeof(octet), MSG_DONTWAIT) < 0)
			break;
}

static void open_encap(struct encap *encap)
{
	struct timeval wait = { .tv_sec = RETRY_SECONDS };
	bool told = encap->error.text[0];
	struct sp_error err;
	int fd;

	if (!sp_nl_port_open(encap->daemon->nl, &encap->addr, encap->port, &fd, &err)) {
		encap->error.text[0] = '\0';
		encap->read = event_new(encap->daemon->base, fd, EV_READ | EV_PERSIST, on_datagram,
					encap);
		if (!encap->read)
			abort();
		event_add(encap->read, NULL);
		return;
	}
	encap->error = err;
	if (!told)
		log_line("%s", err.text);
	event_add(encap->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_encap(arg);
}

static struct encap *find_encap(const struct daemon *daemon, const struct sp_tunnel_config *config)
{
	struct encap *encap;

	LIST_FOREACH(encap, &daemon->encaps, next)
		if (encap->port == config->options.encap.sport &&
		    sp_addr_equal(&encap->addr, &config->peer->local))
			return encap;
	return NULL;
}

static struct encap *have_encap(struct daemon *daemon, const struct sp_tunnel_config *config)
{
	struct encap *encap = find_encap(daemon, config);

	if (encap)
		return encap;
	encap = calloc(1, sizeof(*encap));
	if (!encap)
		abort();
	encap->daemon = daemon;
	encap->addr = config->peer->local;
	encap->port = config->options.encap.sport;
	encap->retry = evtimer_new(daemon->base, on_retry, encap);
	if (!encap->retry)
		abort();
	LIST_INSERT_HEAD(&daemon->encaps, encap, next);
	open_encap(encap);
	return encap;
}

void encap_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		    encap_problem_fn each, void *arg)
{
	const struct encap *encap = tunnel->options.encap.dport ? find_encap(daemon, tunnel) : NULL;

	if (encap && encap->error.text[0])
		each(encap->error.text, arg);
}

static void close_encap(struct encap *encap)
{
	LIST_REMOVE(encap, next);
	if (encap->read) {
		close(event_get_fd(encap->read));
		event_free(encap->read);
	}
	event_free(encap->retry);
	free(encap);
}

static void close_unneeded(struct daemon *daemon)
{
	struct encap *encap, *next;

	for (encap = LIST_FIRST(&daemon->encaps); encap; encap = next) {
		next = LIST_NEXT(encap, next);
		if (!encap->needed)
			close_encap(encap);
	}
}

void encap_close_all(struct daemon *daemon)
{
	struct encap *encap;

	LIST_FOREACH(encap, &daemon->encaps, next)
		encap->needed = false;
	close_unneeded(daemon);
}

void encap_apply(struct daemon *daemon, const struct sp_config *config)
{
	const struct sp_tunnel_config *tunnel;
	struct encap *encap;

	LIST_FOREACH(encap, &daemon->encaps, next)
		encap->needed = false;
	STAILQ_FOREACH(tunnel, &config->tunnels, next)
		if (tunnel->options.encap.dport && tunnel->peer->local.family)
			have_encap(daemon, tunnel)->needed = true;
	close_unneeded(daemon);
}
