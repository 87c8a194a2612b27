/*
 * One thread's way to DynamoDB and SNS: event loop, outgoing connections, credentials, signing,
 * repositories. Each worker has one, and so has each command that works on the table.
 */
#ifndef SHOPD_DAEMON_BACKEND_H
#define SHOPD_DAEMON_BACKEND_H

#include <stdbool.h>

#include "aws/aws_metrics.h"
#include "aws/sns.h"
#include "base/config.h"
#include "io/http_client.h"
#include "io/trust.h"
#include "repo/repo.h"

struct backend {
	const struct config *config;
	struct loop *loop;
	struct digest *digest;
	struct http_client *http_client;
	struct credentials *credentials;
	struct aws_client *client;
	struct aws_metrics metrics;
	struct aws_metrics sns_metrics;
	struct service_clock service_clock; /* what time it is for the repositories */
	struct origin origin;
	struct repo repo;
	struct origin sns_origin;
	struct sns sns; /* without a client if there is no topic */
};

/* False when out of memory or descriptors; backend_clear is due all the same. */
bool backend_init(struct backend *backend, const struct config *config, struct trust *trust);

/* Ends every call under way with RESULT_SHUTDOWN, in the turns that follow. */
void backend_stop(struct backend *backend);

/* After backend_stop and a turn or two. */
void backend_clear(struct backend *backend);

/*
 * The authorities for the configured endpoints, the places of public keys and the provider of
 * credentials; NULL with true when none needs them (http://). False, with a line in the log, when
 * the bundle cannot be read. One for the whole process.
 */
bool backend_load_trust(const struct config *config, struct trust **trust);

#endif
