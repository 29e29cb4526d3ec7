// SPDX-License-Identifier: GPL-2.0-or-later
/* All of a tunnel in one view: what the kernel has of it, and what the daemon says, if one runs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "netlink/link.h"
#include "show/json.h"
#include "text.h"

struct view {
	char name[SPINDLE_NAME_MAX + 1];
	bool there;			/* the kernel has it */
	struct sp_tunnel kernel;
	const json_t *peer, *tunnel;	/* as the daemon has them, or NULL */
	struct sp_drops drops;		/* of the tunnel, and of its SAs that are there */
	bool sent;			/* one of these has sent something, the last of it */
	uint64_t sent_ago;		/* so many seconds ago */
	struct sp_sa sa;		/* which is sent with; generation 0: none */
	bool expired;			/* it has reached its end */
	json_t *why;			/* texts: what stands against traffic */
};

/* What all views have in common. */
struct show {
	struct cli *cli;
	struct cli_show out;
	bool all;			/* that there are, and none by its name */
	struct sp_rt *rt;		/* NULL: interfaces cannot be asked about */
	json_t *answer;			/* the daemon's, or NULL */
	json_t *known;			/* by the name of a tunnel, [peer, tunnel] */
};

/* --- what the kernel has ------------------------------------------------------ */

static void add_drops(struct sp_drops *sum, const struct sp_drops *drops)
{
	for (size_t i = 0; i < drops->n; i++) {
		const struct sp_drop *drop = &drops->list[i];
		size_t j = 0;

		while (j < sum->n && strcmp(sum->list[j].reason, drop->reason))
			j++;
		if (j < sum->n)
			sum->list[j].count += drop->count;
		else if (j < SP_DROPS_MAX)
			sum->list[sum->n++] = *drop;
	}
}

static int add_sa(const struct sp_sa *sa, const struct sp_tunnel *tunnel, void *arg)
{
	struct view *view = arg;

	(void)tunnel;
	add_drops(&view->drops, &sa->drops);
	if (sa->dir != SPINDLE_DIR_OUT)
		return 0;
	if (sa->used && (!view->sent || sa->idle < view->sent_ago))
		view->sent_ago = sa->idle;
	view->sent |= sa->used;
	if (sa->generation == view->kernel.out_generation)
		view->sa = *sa;
	if (sa->state == SPINDLE_SA_EXPIRED)
		view->expired = true;
	return 0;
}

/* Returns -ENOENT if the kernel has no such tunnel, or none any more. */
static int fill_from_kernel(struct show *show, struct view *view)
{
	struct sp_error *err = &show->cli->err;
	int ret = sp_nl_tunnel_get(show->cli->nl, view->name, &view->kernel, err);

	if (ret)
		return ret;
	add_drops(&view->drops, &view->kernel.drops);
	ret = sp_nl_sa_dump(show->cli->nl, view->name, add_sa, view, err);
	view->there = !ret;
	return ret;
}

/* --- why not ------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3)))
static void because(struct view *view, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(view->why, sp_json_text(text));
}

static bool is_up(const struct view *view)
{
	return view->tunnel ? !strcmp(control_string(view->tunnel, "state"), "up") :
			      view->kernel.state == SPINDLE_TUNNEL_UP;
}

static bool is_manual(const struct view *view)
{
	return !view->peer || !strcmp(control_string(view->peer, "keying"), "manual");
}

/* What keying says about a tunnel that is not up. */
static void blame_keying(struct view *view)
{
	const char *state = control_string(view->tunnel, "state");
	const char *error = control_string(view->tunnel, "last-error");
	const char *peer_error = control_string(view->peer, "last-error");

	if (!strcmp(state, "down"))
		because(view, "an administrator has taken it down; spindle up %s", view->name);
	else if (!strcmp(state, "idle"))
		because(view, "nobody has asked for it yet");
	else if (!strcmp(state, "negotiating"))
		because(view, "keys are being agreed on");
	if (*error)
		because(view, "%s", error);
	if (*peer_error && strcmp(peer_error, error) &&
	    strcmp(control_string(view->peer, "state"), "open"))
		because(view, "peer %s: %s", control_string(view->peer, "name"), peer_error);
}

static void blame_kernel(struct show *show, struct view *view)
{
	const struct sp_tunnel *tunnel = &view->kernel;
	struct sp_link link;
	struct sp_error err;

	if (!view->there) {
		because(view, "the kernel has no such tunnel");
		return;
	}
	if (tunnel->options.admin == SPINDLE_ADMIN_DOWN)
		because(view, "it is switched off; spindle tunnel set %s admin up", view->name);
	if (show->rt && !sp_link_get(show->rt, tunnel->ifname, &link, &err) && !link.up)
		because(view, "interface %s is down", tunnel->ifname);
	if (tunnel->encap_error)
		because(view, "UDP port %u: %s: no packet comes in", tunnel->options.encap.sport,
			strerror((int)tunnel->encap_error));
	if (view->expired && !is_up(view))
		because(view, "its keys have reached their end");
	else if (!tunnel->out_generation && is_manual(view))
		because(view, "it has no outbound SA");
	if (tunnel->staged)
		because(view, "%u %s for keys", tunnel->staged,
			tunnel->staged == 1 ? "packet waits" : "packets wait");
}

static void find_reasons(struct show *show, struct view *view)
{
	const json_t *problem;
	size_t i;

	if (view->tunnel && !is_up(view) && !is_manual(view))
		blame_keying(view);
	blame_kernel(show, view);
	json_array_foreach(json_object_get(view->tunnel, "problems"), i, problem)
		if (json_is_string(problem))
			because(view, "%s", json_string_value(problem));
}

/* --- out of here -------------------------------------------------------------- */

/* Seconds since the epoch; 0: nobody knows. */
static uint64_t refresh_at(const struct view *view, time_t now)
{
	const struct sp_life *life = &view->sa.life;
	long long daemon = json_integer_value(json_object_get(view->tunnel, "rekey-at"));

	if (daemon > 0)
		return (uint64_t)daemon;
	if (!life->soft_seconds || life->soft_seconds < view->sa.age)
		return 0;
	return (uint64_t)now + life->soft_seconds - view->sa.age;
}

static json_t *drops_json(const struct sp_drops *drops)
{
	json_t *object = json_object();

	for (size_t i = 0; i < drops->n; i++)
		if (drops->list[i].count)
			json_object_set_new(object, drops->list[i].reason,
					    json_integer((json_int_t)drops->list[i].count));
	return object;
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *text_or_null(const char *text)
{
	return *text ? sp_json_text(text) : json_null();
}

static json_t *view_json(const struct view *view)
{
	json_t *object = view->there ? sp_json_tunnel(&view->kernel) : json_object();
	uint64_t refresh = refresh_at(view, time(NULL));
	bool keyed = view->sa.generation;

	set(object, "name", sp_json_text(view->name));
	set(object, "peer", text_or_null(control_string(view->peer, "name")));
	set(object, "keying", text_or_null(control_string(view->peer, "keying")));
	set(object, "session", text_or_null(control_string(view->peer, "state")));
	if (view->tunnel)
		set(object, "state", sp_json_text(control_string(view->tunnel, "state")));
	set(object, "alg", keyed ? sp_json_text(view->sa.alg) : json_null());
	set(object, "age", keyed ? json_integer((json_int_t)view->sa.age) : json_null());
	set(object, "rekey-at", refresh ? json_integer((json_int_t)refresh) : json_null());
	set(object, "sent", view->sent ? json_integer((json_int_t)view->sent_ago) : json_null());
	set(object, "drops", drops_json(&view->drops));
	set(object, "why", json_incref(view->why));
	return object;
}

static void print_head(const struct view *view)
{
	printf("%s  %s", view->name, view->tunnel ? control_string(view->tunnel, "state") :
						    sp_name_tunnel_state(view->kernel.state));
	if (view->there)
		printf(" on %s", view->kernel.ifname);
	if (view->peer)
		printf(", peer %s, keying %s", control_string(view->peer, "name"),
		       control_string(view->peer, "keying"));
	if (view->peer && !is_manual(view))
		printf(", session %s", control_string(view->peer, "state"));
	putchar('\n');
}

static void print_keys(const struct view *view, time_t now)
{
	uint64_t refresh = refresh_at(view, now);
	char age[TEXT_LEN], left[TEXT_LEN];

	if (!view->sa.generation)
		return;
	printf(CLI_LABEL "%s, generation %u, %s old", "keys", view->sa.alg, view->sa.generation,
	       cli_text_seconds(view->sa.age, age));
	if (refresh > (uint64_t)now)
		printf(", refresh in %s", cli_text_seconds(refresh - (uint64_t)now, left));
	putchar('\n');
}

static void print_traffic(const char *label, const struct sp_traffic *traffic, bool used,
			  uint64_t ago)
{
	char octets[TEXT_LEN], when[TEXT_LEN];

	printf(CLI_LABEL "%" PRIu64 " %s, %s, last %s\n", label, traffic->packets,
	       traffic->packets == 1 ? "packet" : "packets",
	       cli_text_octets(traffic->bytes, octets), cli_text_age(used, ago, when));
}

static void print_view(const struct view *view)
{
	time_t now = time(NULL);
	const json_t *text;
	size_t i;

	print_head(view);
	if (view->there) {
		cli_text_ends(stdout, &view->kernel);
		print_keys(view, now);
		print_traffic("received", &view->kernel.rx, view->kernel.heard,
			      view->kernel.heard_ago);
		print_traffic("sent", &view->kernel.tx, view->sent, view->sent_ago);
		cli_text_drops(stdout, &view->drops);
	}
	json_array_foreach(view->why, i, text)
		printf(CLI_LABEL "%s\n", is_up(view) ? "problem" : "not up",
		       json_string_value(text));
}

/* --- which -------------------------------------------------------------------- */

static int show_view(struct show *show, const char *name)
{
	const json_t *pair = json_object_get(show->known, name);
	struct view view = {
		.peer = json_array_get(pair, 0), .tunnel = json_array_get(pair, 1),
		.why = json_array(),
	};
	int ret;

	snprintf(view.name, sizeof(view.name), "%s", name);
	ret = fill_from_kernel(show, &view);
	/* What the daemon knows need not be in the kernel, and the list may be older. */
	if (ret == -ENOENT && (view.tunnel || show->all))
		ret = 0;
	if (!ret && (view.there || view.tunnel)) {
		find_reasons(show, &view);
		if (show->out.array) {
			ret = cli_show_json(&show->out, view_json(&view));
		} else {
			cli_show_text(&show->out);
			print_view(&view);
		}
	}
	json_decref(view.why);
	return ret;
}

static void know_tunnel(struct show *show, json_t *peer, json_t *tunnel)
{
	json_object_set_new(show->known, control_string(tunnel, "name"),
			    json_pack("[O, O]", peer, tunnel));
}

/* The kernel has its instances in place of a section. */
static void know_tunnels(struct show *show, json_t *peer, json_t *tunnel)
{
	json_t *instances = json_object_get(tunnel, "instances"), *one;
	size_t i;

	if (!instances)
		know_tunnel(show, peer, tunnel);
	json_array_foreach(instances, i, one)
		know_tunnel(show, peer, one);
}

/* A daemon that is not there, or knows no such name, is no mistake here. */
static void ask_daemon(struct show *show, const char *socket, const char *name)
{
	struct cli quiet = { .json = true };
	json_t *peer, *tunnel;
	size_t i, j;

	show->known = json_object();
	show->answer = control_ask(&quiet, socket, json_pack("{s:s, s:s*}", "command", "status",
							     "name", name));
	json_array_foreach(json_object_get(json_object_get(show->answer, "status"), "peers"), i,
			   peer)
		json_array_foreach(json_object_get(peer, "tunnels"), j, tunnel)
			know_tunnels(show, peer, tunnel);
}

static int add_name(const struct sp_tunnel *tunnel, void *arg)
{
	json_object_set_new(arg, tunnel->name, json_true());
	return 0;
}

/* As keys of an object: what the kernel has, then what only the daemon knows. */
static json_t *list_names(struct show *show, const char *name)
{
	json_t *names = json_object(), *value;
	const char *key;

	if (name && !json_object_size(show->known))
		json_object_set_new(names, name, json_true());
	if (!name && sp_nl_tunnel_dump(show->cli->nl, 0, add_name, names, &show->cli->err)) {
		json_decref(names);
		return NULL;
	}
	json_object_foreach(show->known, key, value)
		json_object_set_new(names, key, json_true());
	return names;
}

static int show_all(struct show *show, const char *name)
{
	json_t *names = list_names(show, name), *value;
	const char *key;
	int ret = names ? 0 : -1;

	if (names)
		json_object_foreach(names, key, value)
			ret = ret ? ret : show_view(show, key);
	json_decref(names);
	return ret;
}

int cli_show(struct cli *cli, int argc, char **argv)
{
	struct control_arguments arguments;
	struct show show = { .cli = cli };
	struct sp_error err;
	int ret;

	if (control_take(cli, &arguments, argc, argv, NULL))
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	if (sp_rt_open(&show.rt, &err))
		show.rt = NULL;
	show.all = !arguments.name;
	cli_show_begin(&show.out, cli);
	ask_daemon(&show, arguments.socket, arguments.name);
	ret = cli_show_end(&show.out, show_all(&show, arguments.name));
	json_decref(show.known);
	json_decref(show.answer);
	sp_rt_close(show.rt);
	return ret;
}
