/*
 * AWS Signature Version 4: proves to AWS who sends a request and that nobody changed it.
 *
 * Pure: a signature follows from the request, the keys, the time and the scope (region and
 * service); no clock, no network. It is made in three stages, each a text that depends on the one
 * before and stays visible in struct sigv4 until the next signature:
 *
 *	canonical request   the request in the one form that signer and service agree on
 *	string to sign      its hash, with the time and the scope
 *	signature           an HMAC of that, by a key derived from the secret
 *
 * What is signed is what the caller lists in `headers`: the names are put in order, values trimmed,
 * and headers that proxies may add or change (user-agent, connection, …) are passed over. The
 * caller lists host, x-amz-date and, for temporary keys, x-amz-security-token itself: it sends them
 * too.
 *
 * Paths are normalised and encoded once more than on the wire, as every service but S3 wants it.
 *
 * Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
 */
#ifndef SHOPD_AWS_SIGV4_H
#define SHOPD_AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/keys.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"

enum {
	SIGV4_HEADERS_MAX = 32,
	SIGV4_PARAMETERS_MAX = 64, /* in the query */
	SIGV4_PATH_MAX = 8192,     /* bytes of path and query, each */
	SIGV4_HEX_SIZE = 2 * DIGEST_SHA256_SIZE + 1,
	SIGV4_DATE_SIZE = 17, /* "20150830T123600Z" */
};

struct sigv4_header {
	struct span name; /* in any case */
	struct span value;
};

struct sigv4_request {
	const char *method;
	struct span path;  /* as on the wire */
	struct span query; /* as on the wire, without the "?" */
	const struct sigv4_header *headers;
	size_t header_count;
	struct span body;
};

/* A signer for one service in one region. */
struct sigv4 {
	struct digest *digest;
	const char *region;
	const char *service;

	/* the stages of the last signature */
	struct buf canonical_request;
	struct buf signed_headers; /* "host;x-amz-date" */
	struct buf string_to_sign;
	char signature[SIGV4_HEX_SIZE];

	/* private: the signing key, derived again only for another day or other keys */
	struct aws_keys key_owner;
	char key_day[9];
	uint8_t key[DIGEST_SHA256_SIZE];
	struct buf scratch;
	/* private: all of the canonical request but the body's hash, and what that was made of */
	struct buf source;
	struct buf next_source;
	size_t head_len;
	struct digest_prefix head;
};

/* Region and service are borrowed. */
void sigv4_init(struct sigv4 *signer, struct digest *digest, const char *region,
		const char *service);
/* Wipes the signing key, and what holds a session token. */
void sigv4_clear(struct sigv4 *signer);

/*
 * The stages. False when the request is beyond a limit above, or when memory or OpenSSL fail.
 * `date` is the value of x-amz-date.
 */
MUST_CHECK bool sigv4_canonical_request(struct sigv4 *signer, const struct sigv4_request *request);
MUST_CHECK bool sigv4_string_to_sign(struct sigv4 *signer, const char *date);
MUST_CHECK bool sigv4_signature(struct sigv4 *signer, const char *date,
				const struct aws_keys *keys);

/* All stages, then appends the value of the Authorization header to `out`. */
MUST_CHECK bool sigv4_sign(struct sigv4 *signer, const struct sigv4_request *request,
			   const char *date, const struct aws_keys *keys, struct buf *out);

#endif
