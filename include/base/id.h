/*
 * Identifiers: RFC 9562 UUIDs in lower-case text form.
 */
#ifndef SHOPD_BASE_ID_H
#define SHOPD_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "base/text.h"

enum { ID_LEN = 36, ID_SIZE = ID_LEN + 1 };

/* Version 4: 122 random bits. */
void id_make_random(char text[static ID_SIZE]);

/* Version 7: begins with the time, so that ids sort by age; 74 random bits. */
void id_make_ordered(int64_t wall_ms, char text[static ID_SIZE]);

/* Version 8 (RFC 9562, 5.8 and B.2): the first bits of a hash, so the same for the same. */
enum { ID_HASH_MIN = 16 /* bytes */ };
void id_make_hashed(const uint8_t hash[static ID_HASH_MIN], char text[static ID_SIZE]);

/* True for what id_make_hashed may have made. The text is a valid id. */
bool id_is_hashed(const char text[static ID_SIZE]);

/* When a version 7 was made: its first 48 bits (RFC 9562, 5.7). False for what is no UUID. */
bool id_read_time(struct span text, int64_t *wall_ms);

/*
 * Version 7 without asking the kernel each time: random once, then counted up (RFC 9562, 6.2,
 * method 2). Unique, but the next one can be guessed: for names in logs, not for keys.
 */
struct id_sequence {
	uint64_t counter; /* begins anywhere */
	bool is_begun;
};
void id_make_next(struct id_sequence *sequence, int64_t wall_ms, char text[static ID_SIZE]);

/* True for the 36 characters of a UUID in lower case, of any version. */
bool id_is_valid(const char *text);

/* Takes an id over from a text without an end of its own. False, and nothing, for what is none. */
MUST_CHECK bool id_take(struct span text, char id[static ID_SIZE]);

/*
 * A number spread evenly over ids, the same on every machine: which write shard an id belongs to.
 */
uint32_t id_hash(const char *text);

/*
 * For the log, where an id is a key to what it names (docs/security.md): what tells lines about it
 * from others, but opens nothing. NULL for NULL; else `digest`.
 */
enum { ID_DIGEST_SIZE = 9 };
const char *id_digest(const char *id, char digest[static ID_DIGEST_SIZE]);

#endif
