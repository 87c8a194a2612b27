/*
 * Callers' tokens, judged by the configured issuer's rules and keys. One for each worker, on its
 * loop.
 *
 * A token of a load balancer (x-amzn-oidc-data) is judged by other rules than one that a caller
 * shows (jwt.h), but by the same set of keys.
 */
#ifndef SHOPD_DAEMON_TOKENS_H
#define SHOPD_DAEMON_TOKENS_H

#include "daemon/jwks_source.h"
#include "http/jwt.h"

struct tokens_options {
	const char *issuer;
	const char *audiences;     /* separated by commas */
	const char *signer;        /* the load balancer's ARN; NULL: none is trusted */
	const char *groups;        /* as group_scopes.h says; NULL: none */
	const char *const *scopes; /* our scopes for these, NULL behind the last one */
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

enum token_form { TOKEN_BEARER, TOKEN_BALANCED };

/*
 * As jwt_check, now. A token whose key is not known makes keys be looked for, and may be good a
 * moment later.
 */
MUST_CHECK enum jwt_result tokens_check(struct tokens *tokens, struct span token,
					enum token_form form, struct jwt_subject *subject);

#endif
