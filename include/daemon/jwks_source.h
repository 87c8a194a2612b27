/*
 * Where the issuer's keys come from: a file, or an address that is asked for them. Looked at again
 * every hour, and sooner when a token names a key that is not there: at most every five minutes,
 * whatever tokens are shown. Nobody waits for it: tokens are judged by the keys that there are, and
 * those stay when a look fails. Until there are any it is tried again every thirty seconds.
 *
 * One for each worker, on its loop.
 */
#ifndef SHOPD_DAEMON_JWKS_SOURCE_H
#define SHOPD_DAEMON_JWKS_SOURCE_H

#include "http/jwks.h"
#include "io/exchange.h"
#include "io/loop.h"

struct jwks_source_options {
	const char *file; /* goes first; NULL: none */
	const char *url;  /* http:// or https://; used if there is no file */
	struct loop *loop;
	struct transport *transport;
};

struct jwks_source;

/* New; NULL when out of memory. The options' texts are borrowed. */
struct jwks_source *jwks_source_new(const struct jwks_source_options *options);
/* After jwks_source_stop, when the transport has ended what was under way. NULL is fine. */
void jwks_source_free(struct jwks_source *source);

/* Looks for the first time: a file's keys are there when this returns. */
void jwks_source_start(struct jwks_source *source);
/* Looks again, unless that is under way. Until then, and if it fails, the keys stay. */
void jwks_source_look(struct jwks_source *source);
/* Looks no more. */
void jwks_source_stop(struct jwks_source *source);

/* NULL as long as there are none. Borrowed until the loop's next turn. */
const struct jwks *jwks_source_keys(const struct jwks_source *source);

/* A token named a key that is not there. */
void jwks_source_missed(struct jwks_source *source);

#endif
