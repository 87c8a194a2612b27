/*
 * The public keys of those who issue tokens: a JSON Web Key Set (RFC 7517), and signatures by them.
 *
 * A key is used for one algorithm only, which follows from its type: RSA keys for RS256, keys on
 * the curve P-256 for ES256. What else a set holds (symmetric keys, keys for encryption, other
 * curves) is passed over. The only home of libcjose, of which nothing but JWS is used.
 */
#ifndef SHOPD_HTTP_JWKS_H
#define SHOPD_HTTP_JWKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"
#include "base/text.h"

enum {
	JWKS_MAX = 32,             /* keys in a set, those passed over included */
	JWKS_SIZE_MAX = 64 * 1024, /* bytes of its text */
	JWKS_ID_MAX = 128,         /* bytes of a key's id */
	JWKS_WHY_SIZE = 256,
};

enum jwk_algorithm { JWK_RS256, JWK_ES256 };

struct jwk;
struct jwks;

/*
 * New, from the text of a set; NULL and why, as the end of a sentence about the text, when it is
 * none, is too large, has no key that can be used or one that is malformed, or when memory is out.
 * RSA keys have 2048 to 4096 bits and an exponent of at most 32; each key has a "kid".
 */
struct jwks *jwks_parse(struct span text, char why[static JWKS_WHY_SIZE]);

/*
 * New, of the one key that is in a "PUBLIC KEY" in PEM: how load balancers publish theirs. It must
 * be on P-256. NULL as above.
 */
struct jwks *jwks_parse_pem(struct span id, struct span text, char why[static JWKS_WHY_SIZE]);

void jwks_free(struct jwks *keys);

size_t jwks_count(const struct jwks *keys);

/* NULL when there is none for this algorithm. Borrowed. */
const struct jwk *jwks_find(const struct jwks *keys, struct span id, enum jwk_algorithm algorithm);

/*
 * Whether `token`, a JWS in compact form whose header has been checked and names the key's own
 * algorithm, is signed by the key (RFC 7515, 5.2). False too when libcjose lacks memory.
 */
MUST_CHECK bool jwk_verify(const struct jwk *key, struct span token);

#endif
