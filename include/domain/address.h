/*
 * Postal addresses: a user's own, and those that something is sent to.
 */
#ifndef SHOPD_DOMAIN_ADDRESS_H
#define SHOPD_DOMAIN_ADDRESS_H

#include <jansson.h>

#include "domain/field_apply.h"
#include "domain/validation.h"

enum { ADDRESS_COUNT_MAX = 50 /* addresses of one user */ };

/* In the order in which they are shown. */
extern const struct field address_fields[];

/*
 * The address that a body makes of `stored` (NULL for a new one): new, or NULL with every mistake
 * added to `validation`. `path` is where it is in the whole body, "" when it is the body itself.
 */
json_t *address_apply(const char *path, enum field_change change, const json_t *body,
		      const json_t *stored, struct validation *validation);

#endif
