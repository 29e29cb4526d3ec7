// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "encap.h"
#include "log.h"

enum { RETRY_SECONDS = 5 };		/* while the address is missing */

struct encap {
	LIST_ENTRY(encap) next;
	struct daemon *daemon;
	struct sp_addr addr;
	uint16_t port;
	bool needed;
	bool told;			/* that it cannot be opened */
	struct event *read;		/* holds the socket */
	struct event *retry;
};

/* What is no ESP is for IKE, which is not spoken here. */
static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	char octet;

	(void)what;
	(void)arg;
	while (recv(fd, &octet, sizeof(octet), MSG_DONTWAIT) >= 0)
		;
}

static int open_socket(const struct encap *encap)
{
	int fd = socket(encap->addr.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int type = UDP_ENCAP_ESPINUDP;
	struct sockaddr_storage at;
	socklen_t len = address_set(&at, &encap->addr, encap->port);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&at, len) &&
	    !setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void open_encap(struct encap *encap)
{
	struct timeval wait = { .tv_sec = RETRY_SECONDS };
	char text[SP_ADDR_STRLEN];
	int fd = open_socket(encap);

	if (fd >= 0) {
		encap->read = event_new(encap->daemon->base, fd, EV_READ | EV_PERSIST, on_datagram,
					encap);
		event_add(encap->read, NULL);
		return;
	}
	if (!encap->told)
		log_line("cannot take ESP in UDP on %s port %u yet: %s",
			 sp_addr_format(&encap->addr, text), encap->port, strerror(errno));
	encap->told = true;
	event_add(encap->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_encap(arg);
}

static struct encap *find_encap(struct daemon *daemon, const struct sp_tunnel_config *config)
{
	const struct sp_addr *addr = &config->peer->local;
	struct encap *encap;

	LIST_FOREACH(encap, &daemon->encaps, next)
		if (encap->port == config->encap.sport && sp_addr_equal(&encap->addr, addr))
			return encap;
	encap = calloc(1, sizeof(*encap));
	if (!encap)
		abort();
	encap->daemon = daemon;
	encap->addr = *addr;
	encap->port = config->encap.sport;
	encap->retry = evtimer_new(daemon->base, on_retry, encap);
	LIST_INSERT_HEAD(&daemon->encaps, encap, next);
	open_encap(encap);
	return encap;
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
		if (tunnel->encap.dport)
			find_encap(daemon, tunnel)->needed = true;
	close_unneeded(daemon);
}
