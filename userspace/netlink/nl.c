// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "nl_message.h"
#include "talk.h"

struct sp_nl {
	struct sp_talker talker;
	int family;
};

int sp_nl_open(struct sp_nl **out, struct sp_error *err)
{
	struct sp_nl *nl = calloc(1, sizeof(*nl));

	if (!nl)
		return sp_fail(err, "out of memory");
	if (sp_talker_open(&nl->talker, NETLINK_GENERIC, err))
		goto fail;
	nl->family = genl_ctrl_resolve(nl->talker.sock, SPINDLE_GENL_NAME);
	if (nl->family < 0) {
		sp_fail(err, "the kernel module is not loaded (try: modprobe spindle)");
		goto fail;
	}
	*out = nl;
	return 0;
fail:
	sp_nl_close(nl);
	return -1;
}

void sp_nl_close(struct sp_nl *nl)
{
	if (!nl)
		return;
	sp_talker_close(&nl->talker);
	free(nl);
}

static struct nl_msg *new_request(const struct sp_nl *nl, uint8_t cmd, int flags,
				  struct sp_error *err)
{
	struct nl_msg *msg = sp_talk_alloc(err);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, flags, cmd,
				SPINDLE_GENL_VERSION)) {
		sp_fail(err, "out of memory");
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* A request names its tunnel and may carry SAs; NULL stands for none. */
struct content {
	const struct sp_tunnel *tunnel;
	const char *name;		/* of the tunnel, if there is no more to say about it */
	uint32_t ifindex;		/* of the device, if its tunnels are asked for */
	const struct sp_sa *sa[2];
	int (*put_sa)(struct nl_msg *msg, const struct sp_sa *sa);
};

static int put_content(struct nl_msg *msg, const struct content *content)
{
	if (content->tunnel && sp_nl_put_tunnel(msg, content->tunnel))
		return -1;
	if (content->name && sp_nl_put_tunnel_name(msg, content->name))
		return -1;
	if (content->ifindex && sp_nl_put_tunnel_ifindex(msg, content->ifindex))
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (content->sa[i] && content->put_sa(msg, content->sa[i]))
			return -1;
	return 0;
}

static int make_message(const struct sp_nl *nl, uint8_t cmd, int flags,
			const struct content *content, struct nl_msg **msg, struct sp_error *err)
{
	*msg = new_request(nl, cmd, flags, err);
	if (!*msg)
		return -ENOMEM;
	if (!put_content(*msg, content))
		return 0;
	sp_talk_discard(*msg);
	sp_fail(err, "too large for one request");
	return -EMSGSIZE;
}

static int send_request(struct sp_nl *nl, uint8_t cmd, int flags, const struct content *content,
			sp_talk_fn each, void *arg, struct sp_error *err)
{
	struct nl_msg *msg;
	int ret = make_message(nl, cmd, flags, content, &msg, err);

	return ret ? ret : sp_talk(&nl->talker, msg, each, arg, err);
}

/*
 * Kernels before 6.2 cannot put a number into an extended ack: what the module
 * says about an SPI starts with its verb, as "is already in use by xfrm".
 */
static void name_spi(const struct content *content, struct sp_error *err)
{
	const struct sp_error words = *err;

	if (content->sa[0] && !strncmp(words.text, "is ", 3))
		sp_fail(err, "SPI 0x%x %s", content->sa[0]->spi, words.text);
}

/* A request about one tunnel: an error names it. */
static int ask_about_tunnel(struct sp_nl *nl, uint8_t cmd, const struct content *content,
			    sp_talk_fn each, void *arg, struct sp_error *err)
{
	int ret = send_request(nl, cmd, 0, content, each, arg, err);

	if (!ret)
		return 0;
	name_spi(content, err);
	if (content->name)
		sp_fail_in(err, "tunnel %s", content->name);
	else if (content->tunnel->name[0])
		sp_fail_in(err, "tunnel %s", content->tunnel->name);
	else
		sp_fail_in(err, "tunnel %u", content->tunnel->id);
	return ret;
}

/* It has to be there when it is told, for its index is. */
static int check_link(const struct sp_tunnel *tunnel, struct sp_error *err)
{
	const struct sp_option *link = sp_option_find("link");
	uint32_t ifindex;

	if (!(tunnel->told & sp_option_bit(link)) ||
	    !sp_option_to_wire(link, &tunnel->options, &ifindex))
		return 0;
	return sp_fail(err, "tunnel %s: link: there is no interface %s", tunnel->name,
		       tunnel->options.link);
}

int sp_nl_tunnel_new(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err)
{
	const struct content content = { .tunnel = tunnel };

	if (check_link(tunnel, err))
		return -1;
	return ask_about_tunnel(nl, SPINDLE_CMD_TUNNEL_NEW, &content, NULL, NULL, err);
}

int sp_nl_tunnel_set(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err)
{
	const struct content content = { .tunnel = tunnel };

	if (check_link(tunnel, err))
		return -1;
	return ask_about_tunnel(nl, SPINDLE_CMD_TUNNEL_SET, &content, NULL, NULL, err);
}

int sp_nl_tunnel_del(struct sp_nl *nl, const char *name, struct sp_error *err)
{
	const struct content content = { .name = name };

	return ask_about_tunnel(nl, SPINDLE_CMD_TUNNEL_DEL, &content, NULL, NULL, err);
}

/* --- many tunnels -------------------------------------------------------------- */

struct sp_nl_group {
	struct sp_nl *nl;
	struct sp_talk_group group;
};

/* One of them, until it is told what has become of it. */
struct change {
	sp_nl_done_fn done;
	void *arg;
	char name[SPINDLE_NAME_MAX + 1];
};

struct sp_nl_group *sp_nl_group_new(struct sp_nl *nl)
{
	struct sp_nl_group *group = calloc(1, sizeof(*group));

	if (!group)
		abort();
	group->nl = nl;
	sp_talk_group_begin(&group->group, &nl->talker);
	return group;
}

void sp_nl_group_end(struct sp_nl_group *group)
{
	sp_talk_group_end(&group->group);
	free(group);
}

static void finish_change(int code, struct sp_error *err, void *arg)
{
	struct change *change = arg;

	if (code)
		sp_fail_in(err, "tunnel %s", change->name);
	change->done(code, err, change->arg);
	free(change);
}

static void add_change(struct sp_nl_group *group, uint8_t cmd, const struct sp_tunnel *tunnel,
		       sp_nl_done_fn done, void *arg)
{
	const struct content content = { .tunnel = tunnel };
	struct change *change;
	struct nl_msg *msg;
	struct sp_error err;
	int ret = check_link(tunnel, &err);

	if (!ret) {
		ret = make_message(group->nl, cmd, 0, &content, &msg, &err);
		if (ret)
			sp_fail_in(&err, "tunnel %s", tunnel->name);
	}
	if (ret) {
		done(ret, &err, arg);
		return;
	}
	change = calloc(1, sizeof(*change));
	if (!change)
		abort();
	*change = (struct change){ .done = done, .arg = arg };
	strcpy(change->name, tunnel->name);
	sp_talk_group_add(&group->group, msg, NULL, finish_change, change);
}

void sp_nl_group_tunnel_new(struct sp_nl_group *group, const struct sp_tunnel *tunnel,
			    sp_nl_done_fn done, void *arg)
{
	add_change(group, SPINDLE_CMD_TUNNEL_NEW, tunnel, done, arg);
}

void sp_nl_group_tunnel_set(struct sp_nl_group *group, const struct sp_tunnel *tunnel,
			    sp_nl_done_fn done, void *arg)
{
	add_change(group, SPINDLE_CMD_TUNNEL_SET, tunnel, done, arg);
}

/* --- one tunnel ----------------------------------------------------------------- */

static int take_event(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	return sp_nl_parse_event(hdr, arg, err);
}

int sp_nl_tunnel_get(struct sp_nl *nl, const char *name, struct sp_tunnel *tunnel,
		     struct sp_error *err)
{
	const struct content content = { .name = name };
	struct sp_event answer = { 0 };
	int ret = ask_about_tunnel(nl, SPINDLE_CMD_TUNNEL_GET, &content, take_event, &answer, err);

	if (!ret)
		*tunnel = answer.tunnel;
	return ret;
}

/* The caller that asked for a dump. */
struct walk {
	sp_device_fn device;
	sp_tunnel_fn tunnel;
	sp_sa_fn sa;
	sp_alg_fn alg;
	void *arg;
	const char *what;		/* is asked for, in errors */
	int result;			/* what the caller's function returned */
};

static int walk_device(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	struct walk *walk = arg;
	struct sp_device device;

	if (sp_nl_parse_device(hdr, &device, err))
		return -1;
	walk->result = walk->device(&device, walk->arg);
	return walk->result;
}

static int walk_tunnel(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	struct walk *walk = arg;
	struct sp_event object;

	if (sp_nl_parse_event(hdr, &object, err))
		return -1;
	walk->result = walk->tunnel(&object.tunnel, walk->arg);
	return walk->result;
}

static int walk_sa(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	struct walk *walk = arg;
	struct sp_event object;

	if (sp_nl_parse_event(hdr, &object, err))
		return -1;
	walk->result = walk->sa(&object.sa, &object.tunnel, walk->arg);
	return walk->result;
}

static int walk_alg(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	struct walk *walk = arg;
	struct sp_alg alg;

	if (sp_nl_parse_alg(hdr, &alg, err))
		return -1;
	walk->result = walk->alg(&alg, walk->arg);
	return walk->result;
}

static int dump_objects(struct sp_nl *nl, uint8_t cmd, const struct content *content,
			sp_talk_fn each, struct walk *walk, struct sp_error *err)
{
	int ret = send_request(nl, cmd, NLM_F_DUMP, content, each, walk, err);

	if (walk->result)
		return walk->result;
	if (!ret)
		return 0;
	if (content->name)
		sp_fail_in(err, "tunnel %s", content->name);
	else
		sp_fail_in(err, "%s", walk->what);
	return ret;
}

int sp_nl_device_dump(struct sp_nl *nl, sp_device_fn each, void *arg, struct sp_error *err)
{
	struct walk walk = { .device = each, .arg = arg, .what = "devices" };

	return dump_objects(nl, SPINDLE_CMD_DEV_GET, &(struct content){ 0 }, walk_device, &walk,
			    err);
}

int sp_nl_alg_dump(struct sp_nl *nl, sp_alg_fn each, void *arg, struct sp_error *err)
{
	struct walk walk = { .alg = each, .arg = arg, .what = "algorithms" };

	return dump_objects(nl, SPINDLE_CMD_ALG_GET, &(struct content){ 0 }, walk_alg, &walk, err);
}

int sp_nl_device_set_clear(struct sp_nl *nl, const char *ifname, uint8_t clear,
			   struct sp_error *err)
{
	struct nl_msg *msg = new_request(nl, SPINDLE_CMD_DEV_SET, 0, err);

	if (!msg)
		return -1;
	if (sp_nl_put_device_clear(msg, ifname, clear)) {
		sp_talk_discard(msg);
		return sp_fail(err, "too large for one request");
	}
	if (sp_talk(&nl->talker, msg, NULL, NULL, err))
		return sp_fail_in(err, "device %s", ifname);
	return 0;
}

int sp_nl_tunnel_dump(struct sp_nl *nl, uint32_t ifindex, sp_tunnel_fn each, void *arg,
		      struct sp_error *err)
{
	const struct content content = { .ifindex = ifindex };
	struct walk walk = { .tunnel = each, .arg = arg, .what = "tunnels" };

	return dump_objects(nl, SPINDLE_CMD_TUNNEL_GET, &content, walk_tunnel, &walk, err);
}

int sp_nl_sa_dump(struct sp_nl *nl, const char *tunnel, sp_sa_fn each, void *arg,
		  struct sp_error *err)
{
	struct walk walk = { .sa = each, .arg = arg, .what = "SAs" };
	const struct content content = { .name = tunnel };

	return dump_objects(nl, SPINDLE_CMD_SA_GET, &content, walk_sa, &walk, err);
}

int sp_nl_sa_new(struct sp_nl *nl, const char *tunnel, const struct sp_sa *in,
		 const struct sp_sa *out, struct sp_error *err)
{
	const struct content content = {
		.name = tunnel, .sa = { in, out }, .put_sa = sp_nl_put_sa,
	};

	return ask_about_tunnel(nl, SPINDLE_CMD_SA_NEW, &content, NULL, NULL, err);
}

int sp_nl_spi_alloc(struct sp_nl *nl, const char *tunnel, uint32_t *spi, struct sp_error *err)
{
	const struct sp_sa wanted = { .dir = SPINDLE_DIR_IN, .spi = *spi };
	const struct content content = {
		.name = tunnel, .sa = { &wanted }, .put_sa = sp_nl_put_sa_name,
	};
	struct sp_event answer = { 0 };

	if (ask_about_tunnel(nl, SPINDLE_CMD_SPI_ALLOC, &content, take_event, &answer, err))
		return -1;
	*spi = answer.sa.spi;
	return 0;
}

int sp_nl_sa_del(struct sp_nl *nl, const char *tunnel, uint8_t dir, uint32_t spi,
		 struct sp_error *err)
{
	const struct sp_sa sa = { .dir = dir, .spi = spi };
	const struct content content = {
		.name = tunnel, .sa = { &sa }, .put_sa = sp_nl_put_sa_name,
	};

	return ask_about_tunnel(nl, SPINDLE_CMD_SA_DEL, &content, NULL, NULL, err);
}

int sp_nl_sa_del_generation(struct sp_nl *nl, const char *tunnel, uint32_t generation,
			    struct sp_error *err)
{
	const struct sp_sa sa = { .generation = generation };
	const struct content content = {
		.name = tunnel, .sa = { &sa }, .put_sa = sp_nl_put_sa_name,
	};

	return ask_about_tunnel(nl, SPINDLE_CMD_SA_DEL, &content, NULL, NULL, err);
}

int sp_nl_sa_flush(struct sp_nl *nl, const char *tunnel, struct sp_error *err)
{
	const struct content content = { .name = tunnel };

	return ask_about_tunnel(nl, SPINDLE_CMD_SA_FLUSH, &content, NULL, NULL, err);
}

int sp_nl_sa_activate(struct sp_nl *nl, const char *tunnel, uint32_t generation,
		      struct sp_error *err)
{
	const struct sp_sa sa = { .generation = generation };
	const struct content content = {
		.name = tunnel, .sa = { &sa }, .put_sa = sp_nl_put_sa_name,
	};

	return ask_about_tunnel(nl, SPINDLE_CMD_SA_ACTIVATE, &content, NULL, NULL, err);
}

static int take_fd(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	return sp_nl_parse_port(hdr, arg, err);
}

int sp_nl_port_open(struct sp_nl *nl, const struct sp_addr *addr, uint16_t port, int *fd,
		    struct sp_error *err)
{
	struct nl_msg *msg = new_request(nl, SPINDLE_CMD_PORT_OPEN, 0, err);
	char text[SP_ADDR_STRLEN];

	*fd = -1;
	if (!msg)
		return -1;
	if (sp_nl_put_port(msg, addr, port)) {
		sp_talk_discard(msg);
		sp_fail(err, "too large for one request");
	} else if (!sp_talk(&nl->talker, msg, take_fd, fd, err)) {
		if (*fd >= 0)
			return 0;
		sp_fail(err, "the kernel sent no descriptor");
	}
	return sp_fail_in(err, "UDP port %u of %s", port, sp_addr_format(addr, text));
}
