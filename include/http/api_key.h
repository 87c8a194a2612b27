/*
 * API keys: how staff and other systems show who they are.
 *
 * A key is "shopd_<id>_<secret>", 12 and 64 hexadecimal digits, and is shown once, when it is made.
 * What is kept is one line of a file for each key:
 *
 *	<id> <name> <scope>[,<scope>…] <salt> <SHA-256 of salt and secret, hexadecimal>
 *
 * Lines that are empty or begin with "#" mean nothing. Several keys may have one name, so that one
 * can take over from another. The id is no secret: it says which line to compare with, so a request
 * costs one hash however many keys there are. Secrets are 256 random bits, so a fast hash is as good
 * as a slow one: there is nothing to guess from.
 *
 * A set of keys does not change once it is read, but for when each was last used, and is shared by
 * all threads. Whoever keeps it holds it; a reload makes a new set.
 */
#ifndef SHOPD_HTTP_API_KEY_H
#define SHOPD_HTTP_API_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/result.h"
#include "http/scope.h"

enum {
	API_KEYS_MAX = 256,
	API_KEY_FILE_MAX = 256 * 1024, /* bytes */
	API_KEY_NAME_MAX = 64,         /* letters, digits, "_", "." and "-" */
	API_KEY_ID_LEN = 12,
	API_KEY_SECRET_LEN = 64,
	API_KEY_SIZE = 6 + API_KEY_ID_LEN + 1 + API_KEY_SECRET_LEN + 1,
	API_KEY_WHY_SIZE = 160,
};

struct api_keys;

/* What is known of a key. Borrowed from its set. */
struct api_key_owner {
	const char *name;
	scope_set scopes;
};

/*
 * New, held once; NULL and why, in a sentence without anything secret, when the file cannot be read
 * or is malformed. `before`, which may be NULL, is an earlier set whose times of last use are taken
 * over.
 */
struct api_keys *api_keys_read(const char *path, const struct api_keys *before,
			       char why[static API_KEY_WHY_SIZE]);

struct api_keys *api_keys_hold(struct api_keys *keys);
/* The last one frees it. NULL is fine. */
void api_keys_release(struct api_keys *keys);

size_t api_keys_count(const struct api_keys *keys);

/* Whether a text looks like one of our keys: the rest is not for api_keys_check. */
bool api_key_is_one(const char *text);

/*
 * Whose key this is. False when it is nobody's, or OpenSSL fails. The comparison takes as long for
 * any secret.
 */
MUST_CHECK bool api_keys_check(struct api_keys *keys, struct digest *digest, const char *text,
			       int64_t now_s, struct api_key_owner *owner);

/* When each key was last used, in Prometheus' text form: by id and name, 0 for never. */
void api_keys_write_metrics(const struct api_keys *keys, struct buf *out);

bool api_key_is_name(const char *name);

/* A new key: its text, which must be wiped, and its line for the file, with the line's end. */
MUST_CHECK bool api_key_make(const char *name, scope_set scopes, char key[static API_KEY_SIZE],
			     struct buf *line);

#endif
