/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured exchanges with their keys: selftests/ike/traces/README.md. */
#ifndef IKE_TRACE_H
#define IKE_TRACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "octets.h"

enum {
	TRACE_OCTETS_MAX = 1600,	/* of a datagram */
	TRACE_FIELD_MAX = 300,
	TRACE_FIELDS_MAX = 24,
	TRACE_RECORDS_MAX = 12,
	TRACE_DATAGRAMS_MAX = 40,
};

struct trace_field {
	char name[16];
	char text[16];			/* its value, if it is a word */
	uint8_t octets[TRACE_FIELD_MAX];
	size_t len;
};

struct trace_record {
	bool phase2;
	size_t n;
	struct trace_field fields[TRACE_FIELDS_MAX];
};

struct trace_datagram {
	bool from_first;		/* who has initiated the first negotiation */
	size_t len;
	uint8_t octets[TRACE_OCTETS_MAX];
};

struct trace {
	char name[64];
	size_t n_records;
	size_t n_datagrams;
	struct trace_record records[TRACE_RECORDS_MAX];
	struct trace_datagram datagrams[TRACE_DATAGRAMS_MAX];
};

static const char *const trace_names[] = {
	"ikev1-main-psk-3des", "ikev1-main-psk-aes", "ikev1-main-rsa", "ikev1-aggr-psk",
	"ikev1-main-ecdsa",    "ikev1-modp768",	     "ikev1-rekey",    "ikev1-dpd",
};

enum { TRACES = sizeof(trace_names) / sizeof(trace_names[0]) };

/* Octets of hexadecimal text up to its end or a blank; 0 if it is none, or does not fit. */
static inline size_t trace_hex(const char *text, uint8_t *octets, size_t size)
{
	unsigned int octet;
	size_t n = 0;

	while (text[0] && text[0] != '\n' && text[1]) {
		if (n == size || sscanf(text, "%2x", &octet) != 1)
			return 0;
		octets[n++] = (uint8_t)octet;
		text += 2;
	}
	return n;
}

static inline void trace_add_field(struct trace *trace, const char *name, const char *value)
{
	struct trace_record *record = &trace->records[trace->n_records - 1];
	struct trace_field *field = &record->fields[record->n++];

	assert_true(trace->n_records && record->n <= TRACE_FIELDS_MAX);
	snprintf(field->name, sizeof(field->name), "%s", name);
	snprintf(field->text, sizeof(field->text), "%s", value);
	field->text[strcspn(field->text, "\n")] = '\0';
	field->len = trace_hex(value, field->octets, sizeof(field->octets));
}

static inline void trace_add_line(struct trace *trace, const char *line)
{
	struct trace_datagram *datagram;
	char word[16];
	int end = 0;

	if (sscanf(line, "%15s %n", word, &end) != 1 || word[0] == '#')
		return;
	if (!strcmp(word, "phase1") || !strcmp(word, "phase2")) {
		assert_true(trace->n_records < TRACE_RECORDS_MAX);
		trace->records[trace->n_records++].phase2 = word[5] == '2';
	} else if (word[0] == '>' || word[0] == '<') {
		assert_true(trace->n_datagrams < TRACE_DATAGRAMS_MAX);
		datagram = &trace->datagrams[trace->n_datagrams++];
		datagram->from_first = word[0] == '>';
		datagram->len = trace_hex(line + end, datagram->octets, sizeof(datagram->octets));
		assert_true(datagram->len);
	} else {
		trace_add_field(trace, word, line + end);
	}
}

static inline void trace_load(struct trace *trace, const char *name)
{
	char path[128], line[2 * TRACE_OCTETS_MAX + 8];
	FILE *in;

	memset(trace, 0, sizeof(*trace));
	snprintf(trace->name, sizeof(trace->name), "%s", name);
	snprintf(path, sizeof(path), "selftests/ike/traces/%s.trace", name);
	in = fopen(path, "re");
	if (!in)
		fail_msg("%s cannot be read: run this from the top folder", path);
	while (fgets(line, sizeof(line), in))
		trace_add_line(trace, line);
	fclose(in);
}

/* NULL if the record does not have it. */
static inline const struct trace_field *trace_field(const struct trace_record *record,
						    const char *name)
{
	for (size_t i = 0; i < record->n; i++)
		if (!strcmp(record->fields[i].name, name))
			return &record->fields[i];
	return NULL;
}

static inline struct sp_octets trace_octets(const struct trace_record *record, const char *name)
{
	const struct trace_field *field = trace_field(record, name);

	return field ? (struct sp_octets){ field->octets, field->len } :
		       (struct sp_octets){ NULL, 0 };
}

/* The one that has that value in the field; NULL: none. */
static inline const struct trace_record *trace_find(const struct trace *trace, bool phase2,
						    const char *name, struct sp_octets value)
{
	for (size_t i = 0; i < trace->n_records; i++) {
		const struct trace_record *record = &trace->records[i];
		struct sp_octets octets = trace_octets(record, name);

		if (record->phase2 == phase2 && octets.len == value.len &&
		    !memcmp(octets.data, value.data, value.len))
			return record;
	}
	return NULL;
}

#endif
