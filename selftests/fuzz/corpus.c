// SPDX-License-Identifier: GPL-2.0-or-later
/* corpus FILE...: a fuzz target over these inputs and no others, to count what they reach. */
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static uint8_t input[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof(input), file));
		fclose(file);
	}
	return 0;
}
