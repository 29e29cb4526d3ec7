// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "sockaddr.h"

socklen_t address_set(struct sockaddr_storage *sock, const struct sp_addr *addr, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)sock;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sock;

	memset(sock, 0, sizeof(*sock));
	sock->ss_family = addr->family;
	if (addr->family == AF_INET6) {
		in6->sin6_addr = addr->v6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	in->sin_addr = addr->v4;
	in->sin_port = htons(port);
	return sizeof(*in);
}

struct sp_addr address_get(const struct sockaddr *sock)
{
	struct sp_addr addr = { .family = sock->sa_family };

	if (sock->sa_family == AF_INET6)
		addr.v6 = ((const struct sockaddr_in6 *)sock)->sin6_addr;
	else if (sock->sa_family == AF_INET)
		addr.v4 = ((const struct sockaddr_in *)sock)->sin_addr;
	return addr;
}

int address_mark(int fd, uint32_t mark)
{
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
}

int address_bind_link(int fd, const char *link)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link));
}
