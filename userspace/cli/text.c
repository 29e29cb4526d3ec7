// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "name.h"
#include "text.h"

const char *cli_text_octets(uint64_t octets, char buf[TEXT_LEN])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)octets;
	size_t unit = 0;

	while (value >= 1024) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, TEXT_LEN, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

const char *cli_text_seconds(uint64_t seconds, char buf[TEXT_LEN])
{
	uint64_t s = seconds % 60, m = seconds / 60 % 60, h = seconds / 3600 % 24;
	uint64_t d = seconds / 86400;

	if (d)
		snprintf(buf, TEXT_LEN, "%" PRIu64 "d %" PRIu64 "h", d, h);
	else if (h)
		snprintf(buf, TEXT_LEN, "%" PRIu64 "h %" PRIu64 "m", h, m);
	else if (m)
		snprintf(buf, TEXT_LEN, "%" PRIu64 "m %" PRIu64 "s", m, s);
	else
		snprintf(buf, TEXT_LEN, "%" PRIu64 "s", s);
	return buf;
}

const char *cli_text_ago(uint64_t when, time_t now, char buf[TEXT_LEN])
{
	char age[TEXT_LEN];

	if (!when) {
		snprintf(buf, TEXT_LEN, "never");
		return buf;
	}
	/* The clock may have been set back since. */
	cli_text_seconds((uint64_t)now > when ? (uint64_t)now - when : 0, age);
	snprintf(buf, TEXT_LEN, "%.26s ago", age);
	return buf;
}

const char *cli_text_age(bool known, uint64_t age, char buf[TEXT_LEN])
{
	char seconds[TEXT_LEN];

	if (!known)
		return "never";
	snprintf(buf, TEXT_LEN, "%.26s ago", cli_text_seconds(age, seconds));
	return buf;
}

static const char *cli_text_count(uint64_t count, char buf[TEXT_LEN])
{
	snprintf(buf, TEXT_LEN, "%" PRIu64, count);
	return buf;
}

void cli_text_drops(FILE *out, const struct sp_drops *drops)
{
	const char *separator = "";

	for (size_t i = 0; i < drops->n; i++) {
		if (!drops->list[i].count)
			continue;
		if (!*separator)
			fprintf(out, CLI_LABEL, "drops");
		fprintf(out, "%s%s %" PRIu64, separator, drops->list[i].reason,
			drops->list[i].count);
		separator = ", ";
	}
	if (*separator)
		fputc('\n', out);
}

static void print_key(FILE *out, const char *word, uint32_t len)
{
	if (len)
		fprintf(out, ", %s of %u octets", word, len);
}

void cli_text_alg(FILE *out, const struct sp_alg *alg)
{
	fprintf(out, "%s  %s", alg->name, sp_name_proto((uint8_t)alg->proto));
	print_key(out, "key", alg->key_len);
	print_key(out, "auth-key", alg->auth_key_len);
	fprintf(out, "%s\n", alg->weak ? ", weak" : "");
	if (alg->missing)
		fprintf(out, CLI_LABEL "this kernel has none\n", "missing");
	if (alg->driver[0])
		fprintf(out, CLI_LABEL "%s\n", "encrypted by", alg->driver);
	if (alg->auth_driver[0])
		fprintf(out, CLI_LABEL "%s\n", "checked by", alg->auth_driver);
}

void cli_text_device(FILE *out, const struct sp_device *device)
{
	fprintf(out, "%s  mtu %u%s, %u %s, clear %s", device->ifname, device->mtu,
		device->mtu_fixed ? " fixed" : "", device->tunnels,
		device->tunnels == 1 ? "tunnel" : "tunnels", sp_name_clear(device->clear));
	if (device->moved)
		fprintf(out, ", in namespace %u", device->netnsid);
	fputc('\n', out);
	cli_text_drops(out, &device->drops);
}

static void print_end(FILE *out, const char *label, const struct sp_addr *addr,
		      const struct sp_selectors *selectors)
{
	char outer[SP_ADDR_STRLEN], text[SP_TS_STRLEN];

	fprintf(out, CLI_LABEL "%s for", label, sp_addr_format(addr, outer));
	for (size_t i = 0; i < selectors->n; i++)
		fprintf(out, "%s %s", i ? "," : "", sp_ts_format(&selectors->list[i], text));
	fputc('\n', out);
}

/* What it was told that is not as usual, but for the mode, which stands with the protocol. */
static void print_options(FILE *out, const struct sp_tunnel_options *options)
{
	const struct sp_tunnel_options usual = sp_options_usual();
	uint32_t mask = sp_options_differ(options, &usual);
	const struct sp_option *option, *mode = sp_option_find("mode");
	const char *separator = "";
	char text[SP_OPTION_STRLEN];

	for (size_t i = 0; (option = sp_option_at(i)); i++) {
		if (!(mask & sp_option_bit(option)) || option == mode)
			continue;
		if (!*separator)
			fprintf(out, CLI_LABEL, "options");
		fprintf(out, "%s%s %s", separator, option->word,
			sp_option_format(option, options, text));
		separator = ", ";
	}
	if (*separator)
		fputc('\n', out);
}

static void print_traffic(FILE *out, const struct sp_tunnel *t)
{
	char in[TEXT_LEN], outward[TEXT_LEN], when[TEXT_LEN];

	if (!t->rx.packets && !t->tx.packets)
		return;
	fprintf(out, CLI_LABEL "%" PRIu64 " in, %s, %" PRIu64 " out, %s, peer heard %s\n",
		"packets", t->rx.packets, cli_text_octets(t->rx.bytes, in), t->tx.packets,
		cli_text_octets(t->tx.bytes, outward), cli_text_age(t->heard, t->heard_ago, when));
}

void cli_text_ends(FILE *out, const struct sp_tunnel *t)
{
	char mode[SP_OPTION_STRLEN];

	print_end(out, "local", &t->local, &t->local_ts);
	print_end(out, "remote", &t->remote, &t->remote_ts);
	fprintf(out, CLI_LABEL "%s %s\n", "mode", sp_name_proto(t->proto),
		sp_option_format(sp_option_find("mode"), &t->options, mode));
	print_options(out, &t->options);
	if (t->mtu)
		fprintf(out, CLI_LABEL "%u of the path's %u\n", "mtu", t->mtu, t->path_mtu);
}

void cli_text_tunnel(FILE *out, const struct sp_tunnel *t)
{
	fprintf(out, "%s  %s on %s", t->name, sp_name_tunnel_state(t->state), t->ifname);
	if (t->out_generation)
		fprintf(out, ", generation %u", t->out_generation);
	fputc('\n', out);

	cli_text_ends(out, t);
	if (t->encap_error)
		fprintf(out, CLI_LABEL "%s: no packet comes in\n", "UDP port",
			strerror((int)t->encap_error));
	print_traffic(out, t);
	if (t->staged)
		fprintf(out, CLI_LABEL "%u %s for an SA\n", "waiting", t->staged,
			t->staged == 1 ? "packet" : "packets");
	cli_text_drops(out, &t->drops);
}

static void print_limit(FILE *out, const char *label, uint64_t soft, uint64_t hard, uint64_t used,
			const char *(*text)(uint64_t value, char buf[TEXT_LEN]))
{
	char left[TEXT_LEN], limit[TEXT_LEN];

	if (!soft && !hard)
		return;
	fprintf(out, CLI_LABEL, label);
	if (hard)
		fprintf(out, "%s of %s left%s", text(used < hard ? hard - used : 0, left),
			text(hard, limit), soft ? ", " : "");
	if (soft)
		fprintf(out, "refresh %s %s", used < soft ? "at" : "was due at",
			text(soft, limit));
	fputc('\n', out);
}

static void print_last_drop(FILE *out, const struct sp_drop *drop)
{
	char when[TEXT_LEN], source[SP_ADDR_STRLEN];

	if (!drop->reason[0])
		return;
	fprintf(out, CLI_LABEL "%s at sequence %" PRIu64, "last drop", drop->reason,
		drop->sequence);
	if (drop->source.family)
		fprintf(out, " from %s", sp_addr_format(&drop->source, source));
	fprintf(out, ", %s\n", cli_text_age(true, drop->age, when));
}

void cli_text_sa(FILE *out, const struct sp_sa *sa, const char *tunnel)
{
	char octets[TEXT_LEN], when[TEXT_LEN];

	fprintf(out, "%s %s 0x%x  %s", tunnel, sp_name_dir(sa->dir), sa->spi,
		sp_name_sa_state(sa->state));
	if (sa->generation)
		fprintf(out, ", generation %u", sa->generation);
	fprintf(out, ", added %s ago\n", cli_text_seconds(sa->age, when));
	if (sa->state == SPINDLE_SA_RESERVED)
		return;

	fprintf(out, CLI_LABEL "%s %s\n", "algorithm", sp_name_proto(sa->proto), sa->alg);
	fprintf(out, CLI_LABEL "%" PRIu64 " %s, %s, last %s\n", "traffic", sa->packets,
		sa->packets == 1 ? "packet" : "packets", cli_text_octets(sa->bytes, octets),
		cli_text_age(sa->used, sa->idle, when));
	fprintf(out, CLI_LABEL "%" PRIu64, "sequence", sa->sequence);
	if (sa->esn)
		fputs(" of 64 bits", out);
	if (sa->dir == SPINDLE_DIR_IN)
		fprintf(out, ", replay window %u", sa->replay_window);
	fputc('\n', out);

	print_limit(out, "life bytes", sa->life.soft_bytes, sa->life.hard_bytes, sa->bytes,
		    cli_text_octets);
	print_limit(out, "life packets", sa->life.soft_packets, sa->life.hard_packets,
		    sa->packets, cli_text_count);
	print_limit(out, "life seconds", sa->life.soft_seconds, sa->life.hard_seconds, sa->age,
		    cli_text_seconds);
	cli_text_drops(out, &sa->drops);
	print_last_drop(out, &sa->last_drop);
}

static void print_event_details(FILE *out, const struct sp_event *event)
{
	const struct sp_sa *sa = &event->sa;
	char a[SP_ADDR_STRLEN], b[SP_ADDR_STRLEN];

	switch (event->cmd) {
	case SPINDLE_CMD_TUNNEL_NEW_NTF:
	case SPINDLE_CMD_TUNNEL_SET_NTF:
	case SPINDLE_CMD_TUNNEL_DEL_NTF:
		fprintf(out, " local %s remote %s", sp_addr_format(&event->tunnel.local, a),
			sp_addr_format(&event->tunnel.remote, b));
		break;
	case SPINDLE_CMD_SA_NEW_NTF:
	case SPINDLE_CMD_SA_DEL_NTF:
		fprintf(out, " %s spi 0x%x alg %s gen %u %s", sp_name_dir(sa->dir), sa->spi,
			sa->alg, sa->generation, sp_name_sa_state(sa->state));
		break;
	case SPINDLE_CMD_ACQUIRE_NTF:
		fprintf(out, " from %s to %s proto %u", sp_addr_format(&event->flow.src, a),
			sp_addr_format(&event->flow.dst, b), event->flow.proto);
		if (event->flow.has_ports)
			fprintf(out, " ports %u %u", event->flow.sport, event->flow.dport);
		break;
	case SPINDLE_CMD_EXPIRE_NTF:
		fprintf(out, " %s spi 0x%x gen %u %s limit of %s", sp_name_dir(sa->dir), sa->spi,
			sa->generation, event->hard ? "hard" : "soft", sp_name_limit(event->limit));
		break;
	case SPINDLE_CMD_ACTIVE_NTF:
		fprintf(out, " spi 0x%x gen %u", sa->spi, sa->generation);
		break;
	case SPINDLE_CMD_ENDPOINT_NTF:
		fprintf(out, " spi 0x%x gen %u remote %s", sa->spi, sa->generation,
			sp_addr_format(&event->tunnel.remote, a));
		if (event->tunnel.options.encap.dport)
			fprintf(out, " port %u", event->tunnel.options.encap.dport);
		break;
	case SPINDLE_CMD_DEV_SET_NTF:
		fprintf(out, " %s clear %s", event->device.ifname,
			sp_name_clear(event->device.clear));
		break;
	}
}

void cli_text_time(FILE *out, const struct timespec *time)
{
	char stamp[sizeof("2026-01-01 00:00:00")] = "";
	struct tm tm;

	if (localtime_r(&time->tv_sec, &tm))
		strftime(stamp, sizeof(stamp), "%F %T", &tm);
	fprintf(out, "%s.%03ld", stamp, time->tv_nsec / 1000000);
}

void cli_text_event(FILE *out, const struct sp_event *event, const struct timespec *time)
{
	cli_text_time(out, time);
	fprintf(out, " %s", sp_name_event(event->cmd));
	if (event->tunnel.name[0])
		fprintf(out, " %s", event->tunnel.name);
	print_event_details(out, event);
	fputc('\n', out);
}
