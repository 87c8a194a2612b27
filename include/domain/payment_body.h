/*
 * What bodies about payments say: the same for a client that is told by its provider (PUT), and for
 * the provider itself (callback), who has to name the order too.
 */
#ifndef SHOPD_DOMAIN_PAYMENT_BODY_H
#define SHOPD_DOMAIN_PAYMENT_BODY_H

#include <jansson.h>

#include "domain/order_state.h"
#include "domain/validation.h"

struct payment_body {
	const char *order_id; /* NULL: not asked for */
	const char *reference;
	enum payment_status status;
	struct span amount; /* a JSON number; absent: not given, of a failed one only */
};

/*
 * Reports all mistakes, and returns whether there were none; texts are borrowed from the body.
 * Untouched on failure.
 */
bool payment_body_read(const json_t *body, struct validation *validation, struct payment_body *out);
bool payment_body_read_callback(const json_t *body, struct validation *validation,
				struct payment_body *out);

#endif
