/*
 * Preferences: how a user wants to be told, and of what.
 *
 * A preference is an exact JSON tree (base/json_exact.h): `channel` and `events` are always there,
 * `phone` and `target_arn` when they were given, `refused` when the phone or endpoint takes no
 * messages: SNS's reason.
 */
#ifndef SHOPD_DOMAIN_NOTIFICATION_H
#define SHOPD_DOMAIN_NOTIFICATION_H

#include <jansson.h>

#include "domain/field.h"
#include "domain/validation.h"

/* In the order in which they are shown. */
extern const struct field notification_fields[];

/*
 * The preferences that a body makes: new, or NULL with every mistake of it added to `validation`.
 * A null is as good as nothing. `topic_arn`: of the shop, in whose account and region an endpoint
 * must be; NULL: none is known.
 */
json_t *notification_apply(const json_t *body, const char *topic_arn,
			   struct validation *validation);

/* What holds while nothing was said: no channel, no events. New; NULL when out of memory. */
json_t *notification_none(void);

#endif
