/*
 * The credentials of one worker: state, not a call. Signing takes what is there and never waits.
 *
 * Keys come from one provider, the first of the chain that is configured (credentials_chain.h). It
 * is asked at the start, again 15 minutes before its keys expire (in the middle of their life when
 * that is shorter than half an hour), each minute while that fails or brings the same keys, and
 * more often in the last 10 minutes. Old keys stay in force until there are new ones, even past
 * their expiry: AWS may extend them while its own services are in trouble, and only the called
 * service can tell.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
 */
#ifndef SHOPD_AWS_CREDENTIALS_H
#define SHOPD_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/keys.h"
#include "base/config.h"
#include "base/digest.h"
#include "base/metrics.h"
#include "base/result.h"
#include "io/exchange.h"
#include "io/loop.h"

struct credentials;

struct credentials_options {
	const struct config *config;
	struct loop *loop;
	struct transport *transport;
	struct digest *digest;
	uint32_t (*random)(void *context); /* uniform 32 bits; NULL: the kernel's */
	void *random_context;
};

/* New; NULL when out of memory. Everything in the options is borrowed. */
struct credentials *credentials_new(const struct credentials_options *options);
/* After credentials_stop, and after the transport ended what was under way. */
void credentials_free(struct credentials *credentials);

/* Begins to get keys; `ready` is called once when the first are there, never from within. */
void credentials_start(struct credentials *credentials, void (*ready)(void *context),
		       void *context);
/* No more fetches begin, and nobody who waits is called any more. */
void credentials_stop(struct credentials *credentials);

/* The keys in force, or NULL. Borrowed until the next turn of the loop. */
const struct aws_keys *credentials_current(const struct credentials *credentials);

struct credentials_metrics {
	metric_counter expires_s; /* Unix time when the keys in force expire; 0: never, or none */
	metric_counter fetched;   /* times that a provider gave keys */
	metric_counter failed;    /* times that it did not */
};

const struct credentials_metrics *credentials_get_metrics(const struct credentials *credentials);

/* One who waits for a refresh. Embedded in its owner, zeroed at birth. */
struct credentials_wait {
	void (*done)(struct credentials_wait *wait);
	void *context;
	struct credentials_wait *next;     /* private */
	struct credentials_wait *previous; /* private */
	bool is_on;                        /* private */
};

/*
 * For keys that a service refused as expired: fetches others and calls wait->done, never from
 * within, when that is over; credentials_current then has new keys, or the same. False, without a
 * call, when there is no point: keys of the environment, stopped, or such a fetch ended less than
 * 10 seconds ago.
 */
MUST_CHECK bool credentials_refresh(struct credentials *credentials, struct credentials_wait *wait);
/* Waits no longer. Has no effect on a wait that is over. */
void credentials_wait_off(struct credentials *credentials, struct credentials_wait *wait);

#endif
