/*
 * Callers' tokens, judged by the configured issuer's rules and keys. One for each worker, on its
 * loop.
 *
 * A token of a load balancer (x-amzn-oidc-data) is judged by other rules than one that a caller
 * shows (jwt.h), and by other keys: balancers have their own.
 */
#ifndef SHOPD_DAEMON_TOKENS_H
#define SHOPD_DAEMON_TOKENS_H

#include "daemon/balancer_keys.h"
#include "daemon/jwks_source.h"
#include "http/jwt.h"

struct tokens_options {
	const char *issuer;        /* NULL: whatever load balancers say */
	const char *audiences;     /* separated by commas; NULL likewise */
	const char *signers;       /* load balancers' ARNs, likewise; NULL: none is trusted */
	const char *signer_keys;   /* where those have their keys */
	const char *groups;        /* as group_scopes.h says; NULL: none */
	const char *const *scopes; /* our scopes for these, NULL behind the last one */
	struct digest *digest;     /* of this thread; borrowed */
	/* Neither file nor address: no token is good but a load balancer's. */
	struct jwks_source_options keys;
};

struct tokens;

/* New; NULL when out of memory. The texts are borrowed, and `groups` has been checked. */
struct tokens *tokens_new(const struct tokens_options *options);
/* After tokens_stop, when the transport has ended what was under way. NULL is fine. */
void tokens_free(struct tokens *tokens);

/* Looks for keys. */
void tokens_start(struct tokens *tokens);
/* Looks for them again. */
void tokens_renew(struct tokens *tokens);
void tokens_stop(struct tokens *tokens);

/*
 * As jwt_check, now. A token whose key is not known makes keys be looked for, and may be good a
 * moment later; a load balancer's is JWT_KEY_AWAITED as long as that cannot be told.
 */
MUST_CHECK enum jwt_result tokens_check(struct tokens *tokens, struct span token,
					enum token_form form, struct jwt_subject *subject);

/* Waits for the key of a token that was JWT_KEY_AWAITED, as balancer_keys_await does. */
void tokens_await(struct tokens *tokens, struct span token, struct await *await);

#endif
