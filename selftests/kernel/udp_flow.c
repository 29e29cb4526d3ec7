// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbered datagrams, to see whether all arrive, once, whole and in order.
 *
 * udp_flow send ADDRESS RATE [MIN MAX]
 *	sends RATE datagrams a second, of MIN to MAX octets in turn, once through
 *	if they are given, else small ones until told to stop by SIGTERM
 * udp_flow receive [SILENCE]
 *	prints "ready", and when the sender has ended, or three seconds, or as many as
 *	are given, were silent, what became of what was sent
 */
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define PORT "5001"

enum {
	DATAGRAM_MAX = 65507,
	NUMBERS = 1 << 20,	 /* datagrams of one flow, at most */
	RECEIVE_BUFFER = 1 << 26, /* so that no datagram is lost behind what is tested */
	PATIENCE = 30,		 /* seconds before the first datagram */
	SILENCE = 3,		 /* seconds after the last one, for others that are late */
	PAUSE = 300000000,	 /* nanoseconds before the last one */
};

struct head {
	uint32_t number; /* from 1 */
	uint32_t len;	 /* of the datagram */
	uint32_t last;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static size_t make_datagram(unsigned char *buf, struct head head)
{
	if (head.len < sizeof(head))
		head.len = sizeof(head);
	memcpy(buf, &head, sizeof(head));
	for (uint32_t i = sizeof(head); i < head.len; i++)
		buf[i] = (unsigned char)(head.number + i);
	return head.len;
}

static void sleep_until(const struct timespec *begin, uint64_t nanoseconds)
{
	struct timespec until = *begin;

	until.tv_sec += (time_t)(nanoseconds / 1000000000);
	until.tv_nsec += (long)(nanoseconds % 1000000000);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void send_flow(const char *address, uint32_t rate, uint32_t min, uint32_t max)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM };
	static unsigned char buf[DATAGRAM_MAX];
	struct sigaction action = { .sa_handler = stop };
	struct head head = { .number = 1, .len = min };
	struct timespec begin;
	struct addrinfo *to;
	int fd;

	if (getaddrinfo(address, PORT, &hints, &to) || !rate || max > DATAGRAM_MAX)
		errx(2, "cannot send to %s", address);
	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd < 0)
		err(1, "socket");
	sigaction(SIGTERM, &action, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (; !stopped && (!max || head.len <= max); head.number++, head.len += !!max) {
		/* If it cannot be sent, then it will be missed. */
		sendto(fd, buf, make_datagram(buf, head), 0, to->ai_addr, to->ai_addrlen);
		sleep_until(&begin, head.number * (uint64_t)1000000000 / rate);
	}
	head.last = 1;
	head.len = 0;
	/* What waits on the way, and may be all that can, goes first. */
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE }, NULL);
	sendto(fd, buf, make_datagram(buf, head), 0, to->ai_addr, to->ai_addrlen);
	freeaddrinfo(to);
}

struct report {
	uint32_t total; /* known once the last has come */
	uint32_t received, doubled, disordered, wrong;
};

static int open_receiver(void)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), size = RECEIVE_BUFFER;

	at.sin6_port = htons((uint16_t)atoi(PORT));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		err(1, "socket");
	return fd;
}

static ssize_t receive(int fd, unsigned char *buf, size_t size, time_t patience)
{
	struct timeval timeout = { .tv_sec = patience };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return recv(fd, buf, size, 0);
}

static void note(struct report *report, const unsigned char *buf, size_t len)
{
	static unsigned char should_be[DATAGRAM_MAX];
	static bool seen[NUMBERS];
	static uint32_t highest;
	struct head head;

	memcpy(&head, buf, sizeof(head));
	if (len < sizeof(head) || head.number >= NUMBERS || len != head.len ||
	    memcmp(buf, should_be, make_datagram(should_be, head))) {
		report->wrong++;
		return;
	}
	if (head.last)
		report->total = head.number;
	report->disordered += head.number < highest;
	if (head.number > highest)
		highest = head.number;
	report->doubled += seen[head.number];
	report->received += !seen[head.number];
	seen[head.number] = true;
}

static void receive_flow(time_t silence)
{
	static unsigned char buf[DATAGRAM_MAX];
	struct report report = { 0 };
	int fd = open_receiver();
	ssize_t len;

	puts("ready");
	fflush(stdout);
	len = receive(fd, buf, sizeof(buf), PATIENCE);
	while (len >= 0) {
		note(&report, buf, (size_t)len);
		if (report.total && report.received == report.total)
			break;
		/* The last one will come, however long that takes a busy machine. */
		len = receive(fd, buf, sizeof(buf), report.total ? silence : PATIENCE);
	}
	if (report.total)
		printf("lost=%u", report.total - report.received);
	else
		printf("lost=the-end");
	printf(" doubled=%u wrong=%u disordered=%u\n", report.doubled, report.wrong,
	       report.disordered);
}

static uint32_t number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (!*text || *end || value > UINT32_MAX)
		errx(2, "%s: no number", text);
	return (uint32_t)value;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "receive"))
		receive_flow(SILENCE);
	else if (argc == 3 && !strcmp(argv[1], "receive"))
		receive_flow(number(argv[2]));
	else if (argc == 4 && !strcmp(argv[1], "send"))
		send_flow(argv[2], number(argv[3]), 0, 0);
	else if (argc == 6 && !strcmp(argv[1], "send"))
		send_flow(argv[2], number(argv[3]), number(argv[4]), number(argv[5]));
	else
		errx(2, "usage: udp_flow receive [SILENCE] | udp_flow send ADDRESS RATE [MIN MAX]");
	return 0;
}
