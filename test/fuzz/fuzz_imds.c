/*
 * Credentials from the metadata service: those that are taken can be sent in headers.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/imds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aws_keys keys = {0};

	if (size > 16 * 1024)
		return 0;
	if (imds_parse_keys((struct span){(const char *)data, size}, &keys)) {
		if (!aws_keys_are_valid(&keys))
			abort();
	} else if (keys.secret) {
		abort();
	}
	aws_keys_clear(&keys);
	return 0;
}
