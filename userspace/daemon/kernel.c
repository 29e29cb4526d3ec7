// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "io/log.h"
#include "kernel.h"
#include "kmod/suite.h"
#include "party.h"
#include "repair.h"

/* --- whose they are --------------------------------------------------------- */

enum { OWNER_PREFIX = 0x5d };		/* the highest octet of every mark of ours */

/* FNV-1a, and none of the marks that mean something else. */
uint32_t kernel_owner_signed(const char *key_id)
{
	uint32_t hash = 2166136261u;

	for (; *key_id; key_id++)
		hash = (hash ^ (uint8_t)*key_id) * 16777619u;
	return (uint32_t)OWNER_PREFIX << 24 | ((hash ^ hash >> 24) & 0xffffff) | 0x100;
}

bool kernel_owns(const struct snapshot_tunnel *is)
{
	return is->owner >> 24 == OWNER_PREFIX;
}

/* --- as configured ---------------------------------------------------------- */

/* If a tunnel follows its peer, the kernel knows better than we do where the peer is. */
static void keep_following(const struct snapshot_tunnel *is, struct sp_tunnel *want)
{
	if (!is->options.follow || !want->options.follow ||
	    is->remote.family != want->remote.family)
		return;
	want->remote = is->remote;
	if (is->options.encap.dport && want->options.encap.dport)
		want->options.encap.dport = is->options.encap.dport;
}

static bool same_selectors(const struct sp_ts_list *is, const struct sp_selectors *want)
{
	const struct sp_ts_list list = sp_selectors_list(want);

	return sp_ts_lists_equal(is, &list);
}

static unsigned int differing_fields(const struct snapshot_tunnel *is,
				     const struct sp_tunnel *want)
{
	return (is->ifindex != want->ifindex ? SP_TUNNEL_IFINDEX : 0) |
		(!sp_addr_equal(&is->local, &want->local) ? SP_TUNNEL_LOCAL : 0) |
		(!sp_addr_equal(&is->remote, &want->remote) ? SP_TUNNEL_REMOTE : 0) |
		(!same_selectors(&is->local_ts, &want->local_ts) ? SP_TUNNEL_LOCAL_TS : 0) |
		(!same_selectors(&is->remote_ts, &want->remote_ts) ? SP_TUNNEL_REMOTE_TS : 0) |
		(is->proto != want->proto ? SP_TUNNEL_PROTO : 0) |
		(is->owner != want->owner ? SP_TUNNEL_OWNER : 0);
}

/* Whether something differs that the kernel does not let anybody change. */
static bool needs_another(const struct snapshot_tunnel *is, const struct sp_tunnel *want)
{
	uint8_t mode = want->options.mode;
	bool bound = mode == SPINDLE_MODE_TRANSPORT || want->proto == IPPROTO_AH;

	return want->fields & (SP_TUNNEL_IFINDEX | SP_TUNNEL_PROTO) || is->options.mode != mode ||
	       (bound && is->local.family != want->local.family);
}

static void fill_from_config(struct sp_tunnel *tunnel, const struct sp_tunnel_config *config)
{
	memset(tunnel, 0, sizeof(*tunnel));
	strcpy(tunnel->name, config->name);
	tunnel->local = config->peer->local;
	tunnel->remote = config->peer->remote;
	sp_selectors_fill(&tunnel->local_ts, &config->local_ts);
	sp_selectors_fill(&tunnel->remote_ts, &config->remote_ts);
	tunnel->options = config->options;
	tunnel->proto = config->ah ? IPPROTO_AH : IPPROTO_ESP;
}

/* Takes the ends and the ports from the engine rather than from the configuration. */
static void take_way(struct sp_tunnel *want, const struct sp_tunnel_config *config,
		     const struct port_way *way)
{
	want->local = way->local;
	want->remote = way->remote;
	want->options.encap = (struct sp_encap){ way->local_port, way->remote_port };
	want->options.follow = config->options.follow || way->follow;
}

/* Until the engine is heard, all of it stays as it was left. */
static void keep_way(const struct snapshot_tunnel *is, struct sp_tunnel *want)
{
	want->local = is->local;
	want->remote = is->remote;
	want->options.encap = is->options.encap;
	want->options.follow = is->options.follow;
}

static bool is_for_engine_to_place(const struct sp_tunnel_config *config)
{
	return config->peer->keying == SP_KEYING_IKEV1;
}

static bool has_moved(const struct sp_tunnel_config *config, const struct sp_tunnel_config *old)
{
	return old && (!sp_addr_equal(&old->peer->remote, &config->peer->remote) ||
		       sp_options_differ(&old->options, &config->options) &
			       sp_option_bit(sp_option_find("encap")));
}

static bool is_placed(const struct kernel_wish *wish)
{
	return wish->known && wish->known->placed;
}

/* Fills in the tunnel as it should be, but keeps what the kernel knows better. */
static void fill_wanted(struct sp_tunnel *want, const struct kernel_wish *wish, uint32_t ifindex,
			const struct snapshot_tunnel *is)
{
	const struct sp_tunnel_config *config = wish->config;

	fill_from_config(want, config);
	want->owner = wish->owner;
	want->ifindex = ifindex;
	if (is_for_engine_to_place(config) && is_placed(wish))
		take_way(want, config, &wish->known->way);
	if (!is)
		return;
	if (is_for_engine_to_place(config) && !is_placed(wish))
		keep_way(is, want);
	if (!has_moved(config, wish->old))
		keep_following(is, want);
	/* Its name has told nothing yet, or no route leads there: both ends are where they were. */
	if (!want->remote.family)
		want->remote = is->remote;
	if (!want->local.family)
		want->local = is->local;
}

void kernel_compare(struct kernel_wish *wish, struct snapshot *snapshot,
		    const struct sp_tunnel_config *config, const struct sp_tunnel_config *old,
		    const struct tunnel *known, uint32_t owner)
{
	const struct snapshot_tunnel *is = snapshot_tunnel(snapshot, config->name);
	struct sp_tunnel want;

	*wish = (struct kernel_wish){
		.config = config, .old = old, .known = known, .owner = owner,
		.change = KERNEL_NEW, .fields = SP_TUNNEL_FIELDS, .told = sp_option_all(),
	};
	/* Nobody has come yet. */
	if (!is && config->peer->remote_any && !config->peer->remote.family && !is_placed(wish))
		wish->change = KERNEL_SAME;
	if (!is)
		return;
	fill_wanted(&want, wish, snapshot_ifindex(snapshot, config->interface), is);
	want.fields = differing_fields(is, &want);
	wish->anew = needs_another(is, &want);
	if (wish->anew)
		return;
	wish->fields = want.fields;
	wish->told = sp_options_differ(&is->options, &want.options);
	wish->change = wish->fields || wish->told ? KERNEL_SET : KERNEL_SAME;
}

void kernel_same(struct kernel_wish *wish, const struct sp_tunnel_config *config,
		 const struct tunnel *known)
{
	*wish = (struct kernel_wish){
		.config = config, .old = config, .known = known, .owner = known->owner,
		.change = KERNEL_SAME,
	};
}

/* Whether it is as the configuration in force wants it: then we have most probably set it. */
static bool is_as_wanted(const struct tunnel *tunnel, const struct sp_tunnel *is)
{
	const struct snapshot_tunnel seen = {
		.name = is->name, .ifindex = is->ifindex, .owner = is->owner, .proto = is->proto,
		.local = is->local, .remote = is->remote, .options = is->options,
		.local_ts = sp_selectors_list(&is->local_ts),
		.remote_ts = sp_selectors_list(&is->remote_ts),
	};
	const struct sp_tunnel_config *config = tunnel->config;
	struct sp_tunnel want;
	struct kernel_wish wish;

	if (strcmp(is->ifname, config->interface))
		return false;
	kernel_same(&wish, config, tunnel);
	fill_wanted(&want, &wish, is->ifindex, &seen);
	return !differing_fields(&seen, &want) && !sp_options_differ(&is->options, &want.options);
}

/* Refuses what the kernel would refuse without being able to say why. */
static int check_wanted(const struct sp_tunnel *want, const struct kernel_wish *wish,
			struct sp_error *err)
{
	const struct sp_tunnel_config *config = wish->config;
	char text[SP_ADDR_STRLEN];

	if (!want->remote.family)
		return sp_fail(err, "tunnel %s: %s has no address yet", config->name,
			       config->peer->remote_name);
	if (!want->local.family)
		return sp_fail(err, "tunnel %s: no route leads to %s yet", config->name,
			       sp_addr_format(&want->remote, text));
	if (wish->change == KERNEL_NEW && !want->ifindex)
		return sp_fail(err, "tunnel %s: interface %s is not there", config->name,
			       config->interface);
	return 0;
}

void kernel_bring(struct sp_nl_group *group, const struct kernel_wish *wish,
		  struct snapshot *snapshot, sp_nl_done_fn done, void *arg)
{
	struct sp_error err = { "" };
	struct sp_tunnel want;
	int ret;

	if (wish->change == KERNEL_SAME) {
		done(0, &err, arg);
		return;
	}
	fill_wanted(&want, wish, snapshot_ifindex(snapshot, wish->config->interface),
		    snapshot_tunnel(snapshot, wish->config->name));
	want.fields = wish->fields;
	want.told = wish->told;
	ret = check_wanted(&want, wish, &err);
	if (ret)
		done(ret, &err, arg);
	else if (wish->change == KERNEL_SET)
		sp_nl_group_tunnel_set(group, &want, done, arg);
	else
		sp_nl_group_tunnel_new(group, &want, done, arg);
}

static int make_tunnel(struct daemon *daemon, const struct tunnel *tunnel, struct sp_error *err)
{
	struct sp_tunnel made;

	fill_from_config(&made, tunnel->config);
	if (tunnel->placed)
		take_way(&made, tunnel->config, &tunnel->way);
	made.fields = SP_TUNNEL_FIELDS;
	made.told = sp_option_all();
	made.owner = tunnel->owner;
	made.ifindex = if_nametoindex(tunnel->config->interface);
	if (!made.ifindex)
		return sp_fail(err, "tunnel %s: interface %s is not there", tunnel->name,
			       tunnel->config->interface);
	return sp_nl_tunnel_new(daemon->nl, &made, err);
}

static bool is_same_way(const struct port_way *a, const struct port_way *b)
{
	return sp_addr_equal(&a->local, &b->local) && sp_addr_equal(&a->remote, &b->remote) &&
	       a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       a->follow == b->follow;
}

int kernel_place(struct daemon *daemon, const char *name, const struct port_way *way,
		 struct sp_error *err)
{
	struct tunnel *tunnel = registry_tunnel(&daemon->registry, name);
	struct sp_tunnel moved = {
		.fields = SP_TUNNEL_LOCAL | SP_TUNNEL_REMOTE,
		.told = sp_option_bit(sp_option_find("encap")) |
			sp_option_bit(sp_option_find("follow")),
	};
	int ret;

	if (!tunnel)
		return sp_fail(err, "tunnel %s: not in the configuration", name);
	/* What the kernel has made of it since it has told. */
	if (tunnel->placed && is_same_way(&tunnel->way, way))
		return 0;
	tunnel->placed = true;
	tunnel->way = *way;
	strcpy(moved.name, name);
	take_way(&moved, tunnel->config, way);
	ret = sp_nl_tunnel_set(daemon->nl, &moved, err);
	if (ret == -ENOENT)
		ret = make_tunnel(daemon, tunnel, err);
	/* It is told again, and then it may be possible. */
	tunnel->placed = !ret;
	return ret;
}

int kernel_make(struct daemon *daemon, struct tunnel *instance, const struct tunnel *section,
		struct sp_error *err)
{
	instance->placed = section->placed;
	instance->way = section->way;
	if (!instance->placed && !instance->config->peer->remote.family)
		return 0;
	return make_tunnel(daemon, instance, err);
}

/* --- SAs -------------------------------------------------------------------- */

struct adoption {
	const struct tunnel *tunnel;
	uint32_t out_generation;
};

static void adopt_sa(const struct snapshot_sa *sa, void *arg)
{
	const struct adoption *adoption = arg;
	const struct tunnel *tunnel = adoption->tunnel;
	const struct spn_suite *suite = spn_suite_find(sa->alg);

	if (suite && sa->generation && sa->state != SPINDLE_SA_RESERVED &&
	    sa->state != SPINDLE_SA_EXPIRED)
		tunnel->party->engine->adopt(tunnel->keying, &(struct engine_generation){
			.number = sa->generation,
			.alg = suite->word,
			.current = sa->generation == adoption->out_generation,
			.since = daemon_now() - (double)sa->age,
			.in_spi = sa->dir == SPINDLE_DIR_IN ? sa->spi : 0,
			.out_spi = sa->dir == SPINDLE_DIR_OUT ? sa->spi : 0,
		});
}

int kernel_adopt(struct snapshot *snapshot, struct tunnel *tunnel, struct sp_error *err)
{
	const struct snapshot_tunnel *is = snapshot_tunnel(snapshot, tunnel->name);
	struct adoption adoption = { .tunnel = tunnel };

	if (!is)
		return 0;
	adoption.out_generation = is->out_generation;
	if (is->options.follow)
		party_met(tunnel->party, &is->remote);
	return snapshot_each_sa(snapshot, tunnel->name, adopt_sa, &adoption, err);
}

/* --- notifications ------------------------------------------------------------ */

/* Where its packets go is the kernel's to know. */
static void log_endpoint(const struct sp_event *event)
{
	char text[SP_ADDR_STRLEN];

	sp_addr_format(&event->tunnel.remote, text);
	if (event->tunnel.options.encap.dport)
		log_line("tunnel %s: the peer sends from %s port %u now", event->tunnel.name, text,
			 event->tunnel.options.encap.dport);
	else
		log_line("tunnel %s: the peer sends from %s now", event->tunnel.name, text);
}

/*
 * A tunnel that was deleted, or an SA that the engine has: by us, or by somebody else.  What
 * we delete ourselves the registry and the engine do not know any more.
 */
static bool is_doubtful(const struct tunnel *tunnel, const struct sp_event *event)
{
	if (event->cmd == SPINDLE_CMD_TUNNEL_DEL_NTF)
		return true;
	return event->cmd == SPINDLE_CMD_SA_DEL_NTF && tunnel->party &&
	       tunnel->party->engine->has(tunnel->keying, event->sa.generation);
}

/*
 * What tunnels and SAs come and go is mostly our own doing, and so is what is set of them, but
 * if one is switched on or off that is told.
 */
static bool is_for_keying(const struct tunnel *tunnel, const struct sp_event *event)
{
	if (event->cmd == SPINDLE_CMD_TUNNEL_SET_NTF)
		return event->tunnel.options.admin != tunnel->admin;
	return event->cmd >= SPINDLE_CMD_ACQUIRE_NTF && event->cmd <= SPINDLE_CMD_ENDPOINT_NTF;
}

static void tell_engine(struct tunnel *tunnel, const struct sp_event *event)
{
	struct engine_news news = {
		.generation = event->sa.generation,
		.remote = event->tunnel.remote,
		.remote_port = event->tunnel.options.encap.dport,
	};

	switch (event->cmd) {
	case SPINDLE_CMD_ACQUIRE_NTF:
		news.kind = ENGINE_ACQUIRE;
		break;
	case SPINDLE_CMD_EXPIRE_NTF:
		news.kind = event->hard ? ENGINE_HARD : ENGINE_SOFT;
		break;
	case SPINDLE_CMD_ACTIVE_NTF:
		news.kind = ENGINE_ACTIVE;
		break;
	case SPINDLE_CMD_ENDPOINT_NTF:
		news.kind = ENGINE_MOVED;
		tunnel->way.remote = news.remote;
		tunnel->way.remote_port = news.remote_port;
		break;
	case SPINDLE_CMD_TUNNEL_SET_NTF:
		tunnel->admin = event->tunnel.options.admin;
		news.kind = tunnel->admin == SPINDLE_ADMIN_DOWN ? ENGINE_OFF : ENGINE_ON;
		break;
	default:
		return;
	}
	tunnel->party->engine->news(tunnel->keying, &news, daemon_now());
}

static bool is_about_tunnel(const struct sp_event *event)
{
	return event->cmd == SPINDLE_CMD_TUNNEL_NEW_NTF ||
	       event->cmd == SPINDLE_CMD_TUNNEL_SET_NTF || event->cmd == SPINDLE_CMD_TUNNEL_DEL_NTF;
}

static void on_event(const struct sp_event *event, void *arg)
{
	struct daemon *daemon = arg;
	struct tunnel *tunnel;

	if (!event->cmd) {
		log_line("notifications of the kernel were lost: looking at every tunnel");
		for (tunnel = daemon->registry.tunnels; tunnel; tunnel = tunnel->hh.next)
			tunnel->settled = false;
		repair_all(daemon);
		return;
	}
	tunnel = registry_tunnel(&daemon->registry, event->tunnel.name);
	if (tunnel && tunnel->settled && is_about_tunnel(event))
		tunnel->settled = event->cmd != SPINDLE_CMD_TUNNEL_DEL_NTF &&
				  is_as_wanted(tunnel, &event->tunnel);
	if (tunnel && is_doubtful(tunnel, event))
		repair_tunnel(daemon, tunnel);
	if (!tunnel || !tunnel->party || !is_for_keying(tunnel, event))
		return;
	if (event->cmd == SPINDLE_CMD_ENDPOINT_NTF) {
		log_endpoint(event);
		if (tunnel->config->options.follow)
			party_met(tunnel->party, &event->tunnel.remote);
	}
	tell_engine(tunnel, event);
	party_tick(tunnel->party);
}

void kernel_hear(struct daemon *daemon)
{
	struct sp_error err;

	if (daemon->events && sp_nl_events_read(daemon->events, &err))
		log_line("%s", err.text);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	kernel_hear(arg);
}

int kernel_listen(struct daemon *daemon, struct sp_error *err)
{
	if (sp_nl_events_open(&daemon->events, SP_NL_KEYING | SP_NL_MONITOR, on_event, daemon, err))
		return -1;
	daemon->events_readable = event_new(daemon->base, sp_nl_events_fd(daemon->events),
					    EV_READ | EV_PERSIST, on_readable, daemon);
	if (!daemon->events_readable || event_add(daemon->events_readable, NULL))
		return sp_fail(err, "notifications of the kernel cannot be waited for");
	return 0;
}

void kernel_hush(struct daemon *daemon)
{
	if (daemon->events_readable)
		event_free(daemon->events_readable);
	sp_nl_events_close(daemon->events);
}
