/*
 * What callers may send about checkouts and orders, and whether that is acceptable.
 */
#ifndef SHOPD_DOMAIN_CHECKOUT_BODY_H
#define SHOPD_DOMAIN_CHECKOUT_BODY_H

#include <jansson.h>
#include <stdbool.h>

#include "domain/validation.h"

struct checkout_body {
	const char *cart_id; /* of POST /checkout */
	const char *email;   /* NULL: none */
	bool wants_extension;
	json_t *address; /* new: to be released */
	json_t *made;    /* likewise; the texts are views of it */
};

/* POST /checkout. False when the body is not acceptable: then its mistakes were added. */
bool checkout_body_read_new(const json_t *body, struct validation *validation,
			    struct checkout_body *out);

/*
 * PATCH of a checkout that has `stored`, {"address": …, "email"?: …}: what it has afterwards. The
 * same result.
 */
bool checkout_body_read_patch(const json_t *body, const json_t *stored,
			      struct validation *validation, struct checkout_body *out);

void checkout_body_clear(struct checkout_body *body);

struct order_body {
	const char *checkout_id; /* the body's */
	bool is_cash_on_delivery;
};

/* POST /order. The same result. */
bool order_body_read_new(const json_t *body, struct validation *validation, struct order_body *out);

/*
 * PATCH /order/{id}. `note` NULL: it is removed; untouched when the body does not name it. The same
 * result.
 */
bool order_body_read_patch(const json_t *body, struct validation *validation, const char **note);

#endif
