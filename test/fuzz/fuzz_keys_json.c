/*
 * Credentials as JSON, from an endpoint or a program: those that are taken can be sent in headers.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/keys_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum keys_json_form forms[] = {KEYS_JSON_ENDPOINT, KEYS_JSON_PROCESS};

	if (size > 64 * 1024)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		struct aws_keys keys = {0};
		struct span text = {(const char *)data, size};
		bool is_taken = keys_json_parse(text, forms[i], &keys) == KEYS_JSON_OK;

		if (is_taken ? !aws_keys_are_valid(&keys) : keys.secret != NULL)
			abort();
		aws_keys_clear(&keys);
	}
	return 0;
}
