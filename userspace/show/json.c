// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "name.h"

json_t *sp_json_text(const char *text)
{
	json_t *value = json_string(text);
	char copy[2048];

	if (value)
		return value;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(copy);
}

static json_t *number(uint64_t value)
{
	return value > INT64_MAX ? json_real((double)value) : json_integer((json_int_t)value);
}

static json_t *addr(const struct sp_addr *a)
{
	char text[SP_ADDR_STRLEN];

	return a->family ? json_string(sp_addr_format(a, text)) : json_null();
}

static json_t *spi(uint32_t value)
{
	return json_sprintf("0x%x", value);
}

static json_t *selectors(const struct sp_selectors *list)
{
	json_t *array = json_array();
	char text[SP_TS_STRLEN];

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(sp_ts_format(&list->list[i], text)));
	return array;
}

static json_t *drops(const struct sp_drops *list)
{
	json_t *object = json_object();

	for (size_t i = 0; i < list->n; i++)
		json_object_set_new(object, list->list[i].reason, number(list->list[i].count));
	return object;
}

static json_t *traffic(const struct sp_traffic *t)
{
	return json_pack("{s:o, s:o}", "packets", number(t->packets),
			 "bytes", number(t->bytes));
}

static json_t *last_drop(const struct sp_drop *drop)
{
	if (!drop->reason[0])
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o}", "reason", drop->reason,
			 "sequence", number(drop->sequence), "age", number(drop->age),
			 "source", addr(&drop->source));
}

static void set_limit(json_t *object, const char *name, uint64_t limit)
{
	if (limit)
		json_object_set_new(object, name, number(limit));
}

static json_t *life(const struct sp_life *l)
{
	json_t *object = json_object();

	set_limit(object, "soft-bytes", l->soft_bytes);
	set_limit(object, "hard-bytes", l->hard_bytes);
	set_limit(object, "soft-packets", l->soft_packets);
	set_limit(object, "hard-packets", l->hard_packets);
	set_limit(object, "soft-seconds", l->soft_seconds);
	set_limit(object, "hard-seconds", l->hard_seconds);
	return object;
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? sp_json_text(text) : json_null();
}

json_t *sp_json_alg(const struct sp_alg *alg)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:o}",
			 "alg", sp_json_text(alg->name),
			 "proto", sp_name_proto((uint8_t)alg->proto),
			 "key-len", number(alg->key_len),
			 "auth-key-len", number(alg->auth_key_len),
			 "icv-len", number(alg->icv_len), "weak", alg->weak,
			 "missing", alg->missing, "driver", text_or_null(alg->driver),
			 "auth-driver", text_or_null(alg->auth_driver));
}

json_t *sp_json_device(const struct sp_device *device)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:s, s:o, s:o}",
			 "dev", sp_json_text(device->ifname),
			 "ifindex", number(device->ifindex), "mtu", number(device->mtu),
			 "mtu-fixed", device->mtu_fixed, "tunnels", number(device->tunnels),
			 "clear", sp_name_clear(device->clear),
			 "netnsid", device->moved ? number(device->netnsid) : json_null(),
			 "drops", drops(&device->drops));
}

static json_t *error_of(uint32_t code)
{
	return code ? json_string(strerror((int)code)) : json_null();
}

static json_t *option_value(const struct sp_option *option,
			    const struct sp_tunnel_options *options)
{
	char text[SP_OPTION_STRLEN];

	switch (sp_option_form(option, options)) {
	case SP_OPTION_SWITCH:
		return json_boolean(sp_option_get(option, options));
	case SP_OPTION_NUMBER:
		return number(sp_option_get(option, options));
	default:
		return json_string(sp_option_format(option, options, text));
	}
}

json_t *sp_json_tunnel(const struct sp_tunnel *t)
{
	const struct sp_option *option;
	json_t *object;

	object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o,"
			   " s:o, s:o, s:o, s:o, s:o}",
			   "name", sp_json_text(t->name), "id", number(t->id),
			   "dev", sp_json_text(t->ifname),
			   "local", addr(&t->local), "remote", addr(&t->remote),
			   "local-ts", selectors(&t->local_ts),
			   "remote-ts", selectors(&t->remote_ts),
			   "proto", sp_name_proto(t->proto),
			   "state", sp_name_tunnel_state(t->state),
			   "generation",
			   t->out_generation ? number(t->out_generation) : json_null(),
			   "encap-error", error_of(t->encap_error),
			   "owner", t->owner ? number(t->owner) : json_null(),
			   "staged", number(t->staged),
			   "path-mtu", t->mtu ? number(t->path_mtu) : json_null(),
			   "mtu", t->mtu ? number(t->mtu) : json_null(),
			   "rx", traffic(&t->rx), "tx", traffic(&t->tx),
			   "heard", t->heard ? number(t->heard_ago) : json_null(),
			   "drops", drops(&t->drops));
	for (size_t i = 0; (option = sp_option_at(i)); i++)
		json_object_set_new(object, option->word, option_value(option, &t->options));
	if (t->proto != IPPROTO_AH)
		json_object_set_new(object, "ah-align", json_null());
	return object;
}

json_t *sp_json_sa(const struct sp_sa *sa, const char *tunnel)
{
	return json_pack("{s:o, s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b,"
			 " s:o, s:o, s:o, s:o, s:o}",
			 "tunnel", sp_json_text(tunnel), "dir", sp_name_dir(sa->dir),
			 "spi", spi(sa->spi),
			 "proto", sp_name_proto(sa->proto), "alg", sa->alg,
			 "generation", number(sa->generation),
			 "state", sp_name_sa_state(sa->state),
			 "packets", number(sa->packets), "bytes", number(sa->bytes),
			 "sequence", number(sa->sequence),
			 "replay-window", number(sa->replay_window), "esn", sa->esn,
			 "age", number(sa->age),
			 "idle", sa->used ? number(sa->idle) : json_null(),
			 "life", life(&sa->life), "drops", drops(&sa->drops),
			 "last-drop", last_drop(&sa->last_drop));
}

static json_t *flow(const struct sp_flow *f)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "src", addr(&f->src), "dst", addr(&f->dst),
			 "proto", number(f->proto),
			 "sport", f->has_ports ? number(f->sport) : json_null(),
			 "dport", f->has_ports ? number(f->dport) : json_null());
}

/* What an event says beside its time, its name and its tunnel. */
static json_t *event_details(const struct sp_event *event)
{
	uint16_t port;

	switch (event->cmd) {
	case SPINDLE_CMD_TUNNEL_NEW_NTF:
	case SPINDLE_CMD_TUNNEL_SET_NTF:
	case SPINDLE_CMD_TUNNEL_DEL_NTF:
		return sp_json_tunnel(&event->tunnel);
	case SPINDLE_CMD_SA_NEW_NTF:
	case SPINDLE_CMD_SA_DEL_NTF:
		return sp_json_sa(&event->sa, event->tunnel.name);
	case SPINDLE_CMD_ACQUIRE_NTF:
		return flow(&event->flow);
	case SPINDLE_CMD_EXPIRE_NTF:
		return json_pack("{s:s, s:o, s:o, s:b, s:s}", "dir", sp_name_dir(event->sa.dir),
				 "spi", spi(event->sa.spi),
				 "generation", number(event->sa.generation), "hard", event->hard,
				 "limit", sp_name_limit(event->limit));
	case SPINDLE_CMD_ACTIVE_NTF:
		return json_pack("{s:o, s:o}", "spi", spi(event->sa.spi),
				 "generation", number(event->sa.generation));
	case SPINDLE_CMD_ENDPOINT_NTF:
		port = event->tunnel.options.encap.dport;
		return json_pack("{s:o, s:o, s:o, s:o}", "spi", spi(event->sa.spi),
				 "generation", number(event->sa.generation),
				 "remote", addr(&event->tunnel.remote),
				 "port", port ? number(port) : json_null());
	case SPINDLE_CMD_DEV_SET_NTF:
		return sp_json_device(&event->device);
	default:
		return json_object();
	}
}

json_t *sp_json_event(const struct sp_event *event, const struct timespec *time)
{
	double seconds = (double)time->tv_sec + (double)(time->tv_nsec / 1000000) / 1000;
	json_t *object = json_pack("{s:f, s:s}", "time", seconds,
				   "event", sp_name_event(event->cmd));
	json_t *details = event_details(event);

	if (event->tunnel.name[0])
		json_object_set_new(object, "tunnel", sp_json_text(event->tunnel.name));
	json_object_update(object, details);
	json_decref(details);
	return object;
}
