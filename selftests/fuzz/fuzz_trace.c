// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever the kernel's tracing says, among it names that others have given: each drop is one
 * line for people, and one JSON object for programs if the first octet is odd.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What reads a line has no name outside. */
#include "cli/trace.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		abort();
}

static void check_json(char *text)
{
	char *rest, *line = strtok_r(text, "\n", &rest);

	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(line, 0, NULL);

		must(json_is_object(object));
		json_decref(object);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cli cli = { 0 };
	FILE *usual = stdout, *pipe;
	char *text = NULL;
	size_t len = 0;

	if (size < 2)
		return 0;
	cli.json = data[0] & 1;
	stdout = open_memstream(&text, &len);
	pipe = fmemopen((void *)(data + 1), size - 1, "r");
	must(stdout && pipe);
	tell_drops(&cli, pipe);
	fclose(pipe);
	fclose(stdout);
	stdout = usual;
	must(!strstr(text, "\n\n"));
	if (cli.json)
		check_json(text);
	free(text);
	return 0;
}
