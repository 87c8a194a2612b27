/*
 * JSON Web Tokens (RFC 7519), signed (RFC 7515) with RS256 or ES256: who says that he is whom.
 *
 * Pure: text, keys, rules and time go in, a user and scopes come out, or the reason why not. The
 * rules of RFC 8725 are kept: the algorithm is one of two and bound to the key's type before
 * anything is verified, "crit" is refused, keys come from our set alone (never from the header),
 * issuer and audience are required.
 *
 * Three kinds of issuer: an OpenID provider; Cognito, whose access tokens have a "client_id" in
 * place of an audience and a "token_use"; and an Application Load Balancer, whose
 * x-amzn-oidc-data pads its base64 and has signer, issuer, client and expiry in the header.
 *
 * Sources: Amazon Cognito Developer Guide, "Verifying JSON web tokens"; Elastic Load Balancing,
 * "Authenticate users using an Application Load Balancer".
 */
#ifndef SHOPD_HTTP_JWT_H
#define SHOPD_HTTP_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/id.h"
#include "base/result.h"
#include "base/text.h"
#include "http/group_scopes.h"
#include "http/jwks.h"

enum {
	JWT_SIZE_MAX = 8 * 1024,
	JWT_SUBJECT_MAX = 255, /* bytes; OpenID Connect Core, 2: "sub" has at most as many */
	JWT_LEEWAY_S = 60,     /* how far the issuer's clock may be off, either way */
};

/* How a token came. */
enum token_form {
	TOKEN_BEARER,   /* shown by the caller */
	TOKEN_BALANCED, /* added by a load balancer */
};

/*
 * What a token must fit. The texts are borrowed; those in lists are separated by commas, and one of
 * them must be named.
 */
struct jwt_rules {
	const char *issuer; /* exactly. NULL: a load balancer's own business, as are audiences */
	const char *audiences;
	const char *signers; /* ARNs of load balancers, if this is about their tokens, or NULL */
	const struct group_scopes *groups; /* NULL: no token has a scope */
	struct digest *digest;             /* for ids (token_user.h) */
};

/*
 * Checklist for a new value: its text in jwt.c.
 */
enum jwt_result {
	JWT_OK,
	JWT_TOO_LONG,
	JWT_MALFORMED,
	JWT_ALGORITHM_REFUSED,
	JWT_CRITICAL_REFUSED,
	JWT_KEY_UNKNOWN, /* keys may have changed: worth a look (jwks_source.h) */
	JWT_KEY_AWAITED, /* it is being looked for: nobody can tell yet (balancer_keys.h) */
	JWT_SIGNATURE_WRONG,
	JWT_EXPIRED,
	JWT_NOT_YET_VALID,
	JWT_ISSUER_WRONG,
	JWT_AUDIENCE_WRONG,
	JWT_USE_WRONG,
	JWT_SIGNER_WRONG,
	JWT_SUBJECT_WRONG,
	JWT_NO_MEMORY,
};

struct jwt_subject {
	char id[ID_SIZE]; /* the user's, by "sub" and issuer (token_user.h) */
	uint64_t scopes;  /* those of group_scopes.h */
};

/* `subject` is set when the result is JWT_OK, and untouched otherwise. */
MUST_CHECK enum jwt_result jwt_check(struct span token, const struct jwks *keys,
				     const struct jwt_rules *rules, int64_t now_ms,
				     struct jwt_subject *subject);

/*
 * The key that a load balancer's token names, whether good or not, into `id`. False when there is
 * none that could be looked for, or when the token is not, as far as it says, by one of `signers`.
 */
MUST_CHECK bool jwt_key_id(struct span token, const char *signers, char id[static JWKS_ID_MAX + 1]);

/* A sentence for the log and the caller, without anything from the token. */
const char *jwt_result_text(enum jwt_result result);

#endif
