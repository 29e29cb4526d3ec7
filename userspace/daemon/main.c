// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "apply.h"
#include "background.h"
#include "config/instance.h"
#include "command.h"
#include "control.h"
#include "daemon.h"
#include "door.h"
#include "engines.h"
#include "holder.h"
#include "io/log.h"
#include "kernel.h"
#include "keylog.h"
#include "lock.h"
#include "notify.h"
#include "number.h"
#include "party.h"
#include "repair.h"
#include "resolve.h"
#include "routes.h"
#include "stream.h"
#include "udp.h"
#include "version.h"

static const char usage[] =
	"usage: spindled [-f] [-c FILE] [-s SOCKET] [--log ike=LEVEL] [--key-log FOLDER]\n"
	"  -f         stay in the foreground, log to standard error\n"
	"  -c FILE    configuration, " SP_CONFIG_PATH " otherwise\n"
	"  -s SOCKET  control socket, " CONTROL_PATH " otherwise\n"
	"  --log ike=LEVEL   3: log each message of IKE as a line; 4: all that is in it\n"
	"  --key-log FOLDER  write keys for Wireshark there: who has them reads all traffic\n"
	"  -V, --version  print the version\n"
	"  -h, --help     print this\n";

enum { OPTION_LOG = 256, OPTION_KEY_LOG };

static const struct option words[] = {
	{ "log", required_argument, NULL, OPTION_LOG },
	{ "key-log", required_argument, NULL, OPTION_KEY_LOG },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct options {
	bool foreground;
	const char *config;
	const char *socket;
	const char *key_log;		/* a folder, or NULL */
	unsigned int trace;
};

/* "ike=3"; ends the program if it is not of that form. */
static unsigned int take_level(const char *text)
{
	static const char area[] = "ike=";
	struct sp_error err;
	uint64_t level;

	if (strncmp(text, area, strlen(area))) {
		fprintf(stderr, "spindled: --log %s: must begin with %s\n", text, area);
		exit(2);
	}
	if (sp_number_parse(&level, text + strlen(area), 0, 9, &err)) {
		fprintf(stderr, "spindled: --log %s: %s\n", text, err.text);
		exit(2);
	}
	return (unsigned int)level;
}

static void take_options(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "fc:s:Vh", words, NULL)) != -1) {
		switch (c) {
		case 'f':
			options->foreground = true;
			break;
		case 'c':
			options->config = optarg;
			break;
		case 's':
			options->socket = optarg;
			break;
		case OPTION_LOG:
			options->trace = take_level(optarg);
			break;
		case OPTION_KEY_LOG:
			options->key_log = optarg;
			break;
		case 'V':
			puts("spindled " SPINDLE_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		exit(2);
	}
}

static void on_problem(const char *text, void *arg)
{
	(void)arg;
	log_line("%s", text);
}

static void say_farewell(struct daemon *daemon)
{
	/* Long enough for a bye to leave, short enough for nobody to notice. */
	static const struct timeval last_words = { .tv_usec = 200000 };
	struct party *party;

	log_line("stopping; tunnels and SAs stay as they are");
	notify_state("STOPPING=1");
	repair_close(daemon);
	control_close(daemon->control);
	daemon->control = NULL;
	door_close_all(daemon);
	udp_close_all(daemon);
	while ((party = LIST_FIRST(&daemon->parties)))
		party_leave(party);
	event_base_loopexit(daemon->base, &last_words);
}

/* Nobody receives the answer to a signal, so its contents go to the log. */
static void reload(struct daemon *daemon)
{
	json_t *answer = command_reload(daemon, false);
	const char *error = json_string_value(json_object_get(answer, "error"));
	json_t *problem;
	size_t i;

	json_array_foreach(json_object_get(answer, "problems"), i, problem)
		log_line("%s", json_string_value(problem));
	log_line("reload: %s", error ? error : "done");
	json_decref(answer);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	if (number == SIGHUP)
		reload(daemon);
	else
		say_farewell(daemon);
}

static void note_version(void)
{
	struct sp_error note;

	if (sp_version_differs("spindled", &note))
		log_line("note: %s", note.text);
}

/* Takes the configuration and the keys over if it succeeds. */
static int start(struct daemon *daemon, const struct options *options, struct sp_config *config,
		 struct sp_keyring *keys, struct sp_error *err)
{
	struct plan *plan;

	daemon->config_path = options->config;
	daemon->trace = options->trace;
	if (options->key_log) {
		daemon->keylog = keylog_open(options->key_log, err);
		if (!daemon->keylog)
			return -1;
		log_line("note: keys are written to %s: who has them reads all traffic",
			 options->key_log);
	}
	TAILQ_INIT(&daemon->guests);
	/* Held until the process ends. */
	if (lock_take(err) < 0)
		return -1;
	daemon->base = event_base_new();
	daemon->holder = daemon->base ? holder_new(daemon->base) : NULL;
	if (!daemon->holder)
		return sp_fail(err, "out of memory or file descriptors");
	if (sp_nl_open(&daemon->nl, err) || kernel_listen(daemon, err) ||
	    repair_open(daemon, err) || routes_open(daemon, err) ||
	    resolve_open(daemon, err))
		return -1;
	sp_config_split(config);
	resolve_fill(daemon, config);
	note_version();
	daemon->control = control_open(daemon, options->socket, err);
	if (!daemon->control)
		return -1;
	plan = plan_make(daemon, config, keys, err);
	if (!plan)
		return -1;
	apply_plan(daemon, plan, config, keys);
	plan_free(plan);
	return 0;
}

static void run(struct daemon *daemon)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct event *signals[3];

	for (size_t i = 0; i < 3; i++) {
		signals[i] = evsignal_new(daemon->base, numbers[i], on_signal, daemon);
		if (!signals[i])
			abort();
		event_add(signals[i], NULL);
	}
	notify_state("READY=1");
	notify_while_alive(daemon->base);
	background_ready();
	log_line("ready");
	event_base_dispatch(daemon->base);
	notify_end();
	for (size_t i = 0; i < 3; i++)
		event_free(signals[i]);
}

static void stop(struct daemon *daemon)
{
	struct stream *stream;

	while ((stream = LIST_FIRST(&daemon->streams)))
		stream_free(stream);
	kernel_hush(daemon);
	routes_close(daemon);
	resolve_close(daemon);
	sp_nl_close(daemon->nl);
	holder_free(daemon->holder);
	registry_clear(&daemon->registry);
	keylog_close(daemon->keylog);
	sp_config_free(daemon->config);
	sp_keyring_free(daemon->keys);
	event_base_free(daemon->base);
}

/* A connection each, of thousands of peers: the usual 1024 are for programs that call select(). */
static void want_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_libevent(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_line("libevent: %s", text);
}

/* If it was started in the background, whoever did that looks at standard error. */
static void tell_failure(const struct options *options, const struct sp_error *err)
{
	log_line("%s", err->text);
	if (options->foreground)
		return;
	log_open(false);
	log_line("%s", err->text);
}

int main(int argc, char **argv)
{
	struct options options = { .config = SP_CONFIG_PATH, .socket = CONTROL_PATH };
	struct daemon self = { .base = NULL };
	struct sp_keyring *keys;
	struct sp_config *config;
	struct sp_error err;

	take_options(&options, argc, argv);
	/* Keys stay out of core dumps. */
	prctl(PR_SET_DUMPABLE, 0);
	/*
	 * A thread that makes keys may be at work when the process ends: nothing may be freed
	 * beneath it.  OpenSSL listens before it has been used, and no more.
	 */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	config = sp_config_load(options.config, on_problem, NULL);
	keys = sp_keyring_new(NULL);
	if (!config || engines_check(config, on_problem, NULL) ||
	    sp_keyring_read(keys, config, on_problem, NULL))
		return 1;
	/* Before there are threads, and so that mistakes above are seen. */
	if (!options.foreground && background_enter()) {
		log_line("cannot go to the background");
		return 1;
	}
	log_open(!options.foreground);
	signal(SIGPIPE, SIG_IGN);
	want_descriptors();
	event_set_log_callback(on_libevent);
	if (start(&self, &options, config, keys, &err)) {
		tell_failure(&options, &err);
		return 1;
	}
	run(&self);
	stop(&self);
	return 0;
}
