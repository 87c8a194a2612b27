/*
 * The files that are read at the start and again when SIGHUP comes: API keys, and the certificate
 * and key for TLS. At the start all must be sound. Later, one that is not changes nothing: what was
 * there before stays, and the log says why.
 *
 * The issuer's keys (SHOPD_JWKS_FILE) are each worker's own, for they may come from an address as
 * well; SIGHUP makes workers look for them too.
 */
#ifndef SHOPD_DAEMON_FILES_H
#define SHOPD_DAEMON_FILES_H

#include <stdbool.h>

#include "base/config.h"
#include "http/api_key.h"
#include "http/tls_identity.h"

/* The main thread's; the workers hold their own. Zeroed at birth. */
struct files {
	struct api_keys *keys;         /* NULL: nobody is asked who he is */
	struct tls_identity *identity; /* NULL: clients speak plain HTTP */
};

/*
 * Reads all of them, and what is sound takes the place of what was there before. False when one was
 * not; the log says what was taken, and what is wrong with the rest.
 */
MUST_CHECK bool files_read(struct files *files, const struct config *config);

/* Reads them without keeping anything. False, with a line appended for each that is not sound. */
MUST_CHECK bool files_check(const struct config *config, struct buf *mistakes);

/* In Prometheus' text form: when keys were last used, when the certificate expires. */
void files_write_metrics(const struct files *files, struct buf *out);

void files_clear(struct files *files);

#endif
