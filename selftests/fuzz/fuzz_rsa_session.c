// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever the man in the middle does, in the signed profile each side receives the
 * other's texts as they were sent, in order and from the first on, or nothing more.
 */
#include "rsa_middle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	meet(data, size, true);
	return 0;
}
