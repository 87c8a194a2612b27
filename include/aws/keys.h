/*
 * The keys that sign: an access key, its secret, and for temporary keys a session token.
 *
 * Whoever holds a copy wipes it: always release keys with aws_keys_clear. Never log a field but
 * access_key.
 */
#ifndef SHOPD_AWS_KEYS_H
#define SHOPD_AWS_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

/* Zeroed memory is valid: no keys. */
struct aws_keys {
	char *access_key; /* NULL: there are none */
	char *secret;
	char *token;         /* NULL: the keys are permanent */
	int64_t expires_ms;  /* wall clock; 0: never */
	uint64_t generation; /* another number for each set of keys that was in force; 0: none */
};

/* Copies the texts and the expiry into cleared keys. `token` may be NULL. False: out of memory. */
MUST_CHECK bool aws_keys_set(struct aws_keys *keys, const char *access_key, const char *secret,
			     const char *token, int64_t expires_ms);

/* True when they can be sent in headers: none is empty, all are visible ASCII. */
bool aws_keys_are_valid(const struct aws_keys *keys);

/* True when access key, secret and token are the same. */
bool aws_keys_equal(const struct aws_keys *a, const struct aws_keys *b);

/* Overwrites and releases. */
void aws_keys_clear(struct aws_keys *keys);

#endif
