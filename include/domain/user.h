/*
 * Users: what a body makes of one, and whether that is acceptable.
 *
 * A user is an exact JSON tree (base/json_exact.h) without nulls and without the fields that are
 * the server's. A body may name the id of a new one, which is no part of it.
 */
#ifndef SHOPD_DOMAIN_USER_H
#define SHOPD_DOMAIN_USER_H

#include <jansson.h>

#include "domain/field_apply.h"
#include "domain/validation.h"

/* In the order in which they are shown. */
extern const struct field user_fields[];

/*
 * The user that a body makes of `stored` (NULL for a new one): new, or NULL with every mistake of
 * the body added to `validation`. What null means is told in field_apply.h.
 */
json_t *user_apply(enum field_change change, const json_t *body, const json_t *stored,
		   struct validation *validation);

#endif
