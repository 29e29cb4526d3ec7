// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "version.h"

#define MODULE "/sys/module/spindle"

/* The first versions of the module told none. */
static void read_version(char *version, size_t size)
{
	FILE *file = fopen(MODULE "/version", "re");

	if (!file || !fgets(version, (int)size, file))
		snprintf(version, size, "unknown");
	if (file)
		fclose(file);
	version[strcspn(version, "\n")] = '\0';
}

bool sp_version_differs(const char *program, struct sp_error *note)
{
	char version[64];

	if (access(MODULE, F_OK))
		return false;
	read_version(version, sizeof(version));
	if (!strcmp(version, SPINDLE_VERSION))
		return false;
	sp_fail(note, "the module that is loaded has version %s, %s has " SPINDLE_VERSION, version,
		program);
	return true;
}
