// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"

void port_init(struct port *port, const struct port_host *host, void *arg)
{
	*port = (struct port){ .host = host, .arg = arg };
	STAILQ_INIT(&port->requests);
}

void port_clear(struct port *port)
{
	struct port_request *request;

	while ((request = port_take(port)))
		port_done(request);
}

uint32_t port_new_id(struct port *port)
{
	if (!++port->last_id)
		port->last_id++;
	return port->last_id;
}

/* --- requests ---------------------------------------------------------------------- */

static struct port_request *add_request(struct port *port, enum port_verb verb, uint32_t id,
					const void *octets, size_t len)
{
	struct port_request *request = calloc(1, sizeof(*request) + len);

	if (!request) {
		port->failed = true;
		return NULL;
	}
	request->verb = verb;
	request->id = id;
	request->len = len;
	if (len)
		memcpy(request->octets, octets, len);
	STAILQ_INSERT_TAIL(&port->requests, request, next);
	return request;
}

static void add_question(struct port *port, enum port_verb verb, uint32_t id,
			 const struct sp_key_question *question)
{
	struct port_request *request = add_request(port, verb, id, NULL, 0);

	if (!request)
		return;
	request->question = malloc(sizeof(*question));
	if (request->question)
		*request->question = *question;
	else
		port->failed = true;
}

void port_datagram(struct port *port, const struct sp_path *path, const void *octets, size_t len)
{
	struct port_request *request = add_request(port, PORT_DATAGRAM, 0, octets, len);

	if (request)
		request->path = *path;
}

uint32_t port_connect(struct port *port)
{
	uint32_t stream = port_new_id(port);

	add_request(port, PORT_CONNECT, stream, NULL, 0);
	return stream;
}

void port_send(struct port *port, uint32_t stream, const void *octets, size_t len)
{
	assert(stream);
	if (len)
		add_request(port, PORT_SEND, stream, octets, len);
}

void port_proved(struct port *port, uint32_t stream)
{
	add_request(port, PORT_PROVED, stream, NULL, 0);
}

void port_hang_up(struct port *port, uint32_t stream)
{
	add_request(port, PORT_HANG_UP, stream, NULL, 0);
}

void port_expect(struct port *port, const struct sp_key_question *question)
{
	add_question(port, PORT_EXPECT, 0, question);
}

uint32_t port_ask(struct port *port, const struct sp_key_question *question)
{
	uint32_t id = port_new_id(port);

	add_question(port, PORT_ASK, id, question);
	return id;
}

void port_withdraw(struct port *port, uint32_t question)
{
	assert(question);
	add_request(port, PORT_WITHDRAW, question, NULL, 0);
}

static void add_claim(struct port *port, enum port_verb verb, const struct engine_id *id)
{
	struct port_request *request = add_request(port, verb, 0, NULL, 0);

	if (request)
		request->claim = *id;
}

void port_claim(struct port *port, const struct engine_id *id)
{
	add_claim(port, PORT_CLAIM, id);
}

void port_disclaim(struct port *port, const struct engine_id *id)
{
	add_claim(port, PORT_DISCLAIM, id);
}

void port_met(struct port *port, const struct sp_path *path)
{
	struct port_request *request = add_request(port, PORT_MET, 0, NULL, 0);

	if (request)
		request->path = *path;
}

static void add_instance(struct port *port, enum port_verb verb,
			 const struct port_instance *instance)
{
	struct port_request *request = add_request(port, verb, 0, NULL, 0);

	if (!request)
		return;
	request->instance = malloc(sizeof(*instance));
	if (request->instance)
		*request->instance = *instance;
	else
		port->failed = true;
}

void port_instance(struct port *port, const char *tunnel, const struct sp_ts *local,
		   const struct sp_ts *remote)
{
	struct port_instance instance = { .local = *local, .remote = *remote };

	assert(strlen(tunnel) <= SPINDLE_NAME_MAX);
	strcpy(instance.tunnel, tunnel);
	add_instance(port, PORT_INSTANCE, &instance);
}

void port_end_instance(struct port *port, const char *name)
{
	struct port_instance instance = { .local = { .proto = 0 } };

	assert(strlen(name) <= SPINDLE_NAME_MAX);
	strcpy(instance.tunnel, name);
	add_instance(port, PORT_END_INSTANCE, &instance);
}

void port_event(struct port *port, const struct port_event *event)
{
	struct port_request *request;

	/* Who waits for a tunnel is told how it is keyed. */
	assert(event->kind != PORT_UP || (event->tunnel[0] && event->generation && event->alg));
	request = add_request(port, PORT_EVENT, 0, NULL, 0);
	if (!request)
		return;
	request->event = malloc(sizeof(*event));
	if (request->event)
		*request->event = *event;
	else
		port->failed = true;
}

struct port_request *port_take(struct port *port)
{
	struct port_request *request = STAILQ_FIRST(&port->requests);

	if (request)
		STAILQ_REMOVE_HEAD(&port->requests, next);
	return request;
}

void port_done(struct port_request *request)
{
	free(request->question);
	free(request->event);
	free(request->instance);
	free(request);
}

bool port_has_failed(struct port *port)
{
	bool failed = port->failed;

	port->failed = false;
	return failed;
}
