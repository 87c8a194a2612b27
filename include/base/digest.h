/*
 * Hashes, message authentication, checksums and randomness: the only home of OpenSSL's headers, but
 * for the TLS set-up in io.
 *
 * The algorithm is fetched once by digest_new; a digest_sha256 costs well under a microsecond
 * for short input, an order less than fetching each time.
 */
#ifndef SHOPD_BASE_DIGEST_H
#define SHOPD_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

enum { DIGEST_SHA256_SIZE = 32 };

/* Contexts that are used again and again; one for each thread. */
struct digest;

/* New; NULL when out of memory or when OpenSSL lacks SHA-256. */
struct digest *digest_new(void);
void digest_free(struct digest *digest);

/* False only when OpenSSL fails, which leaves `out` untouched. */
MUST_CHECK bool digest_sha256(struct digest *digest, const void *bytes, size_t len,
			      uint8_t out[static DIGEST_SHA256_SIZE]);

struct bytes {
	const void *data;
	size_t len;
};

/*
 * The SHA-256 of a text whose beginning many texts have: the rest is all that each costs. Zeroed at
 * birth, set at will; OpenSSL wipes what it knows of the text.
 */
struct digest_prefix {
	struct evp_md_ctx_st *context; /* private */
};
/* False when out of memory or when OpenSSL fails. */
MUST_CHECK bool digest_prefix_set(struct digest *digest, struct digest_prefix *prefix,
				  const void *bytes, size_t len);
/* False only when OpenSSL fails, or when nothing was set. */
MUST_CHECK bool digest_prefix_sha256(struct digest *digest, const struct digest_prefix *prefix,
				     const void *bytes, size_t len,
				     uint8_t out[static DIGEST_SHA256_SIZE]);
void digest_prefix_clear(struct digest_prefix *prefix);

/* RFC 2104. The key may be of any length; `out` may be where it is. */
MUST_CHECK bool digest_hmac_sha256(struct digest *digest, struct bytes key, struct bytes message,
				   uint8_t out[static DIGEST_SHA256_SIZE]);

/* The CRC-32 of zlib and Ethernet, as in x-amz-crc32. */
uint32_t digest_crc32(const void *bytes, size_t len);

/* Compares in a time that depends on `len` alone. */
bool digest_equal(const void *a, const void *b, size_t len);

/* Cryptographically strong random bytes. Aborts when the kernel has none, which does not happen. */
void digest_random(void *bytes, size_t len);

/* Overwrites a secret in a way that the compiler keeps. */
void digest_wipe(void *bytes, size_t len);

#endif
