// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace.h"

#include <stdio.h>

enum { TEXT_MAX = IKE_LINE_MAX + SP_ADDR_STRLEN + 64 };

static bool is_wanted(const struct port *port, unsigned int level)
{
	return port->trace >= level && port->host->trace;
}

static void print_line(void *arg, const char *text)
{
	struct port *port = arg;

	port->host->trace(port->arg, text);
}

static void print_message(struct port *port, const struct sp_path *path, bool out,
			  const char *what)
{
	char text[TEXT_MAX], addr[SP_ADDR_STRLEN];

	snprintf(text, sizeof(text), "%s %s port %u: %s", out ? "to" : "from",
		 sp_addr_format(&path->remote, addr), path->remote_port, what);
	print_line(port, text);
}

void ike_trace(struct port *port, const struct sp_path *path, bool out, struct sp_octets clear)
{
	/* One for all, because it is large; it is of no use to anybody when we return. */
	static struct ike_message message;
	char line[IKE_LINE_MAX];
	struct ike_header header;
	struct sp_error err;

	if (!is_wanted(port, IKE_TRACE_MESSAGES))
		return;
	if (ike_header_parse(&header, clear, &err) ||
	    ike_message_parse(&message, &header,
			      (struct sp_octets){ clear.data + IKE_HEADER_LEN,
						  clear.len - IKE_HEADER_LEN },
			      &err)) {
		print_message(port, path, out, err.text);
		return;
	}
	print_message(port, path, out, ike_line(&message, line));
	if (is_wanted(port, IKE_TRACE_FIELDS))
		ike_dump(&message, print_line, port);
}

void ike_trace_sealed(struct port *port, const struct sp_path *path, struct sp_octets datagram,
		      const char *why)
{
	char line[IKE_LINE_MAX], text[TEXT_MAX];
	struct ike_header header;
	struct sp_error err;

	if (!is_wanted(port, IKE_TRACE_MESSAGES))
		return;
	if (ike_header_parse(&header, datagram, &err))
		snprintf(text, sizeof(text), "%s", err.text);
	else
		snprintf(text, sizeof(text), "%s: %s", ike_line_header(&header, line), why);
	print_message(port, path, false, text);
}

void ike_trace_keys(struct port *port, const uint8_t cookie_i[IKE_COOKIE_LEN],
		    const struct ike_keys *keys)
{
	if (port->host->key_log)
		port->host->key_log(port->arg, cookie_i, &keys->key);
}
