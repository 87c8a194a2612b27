/*
 * Products: what a body makes of one, and whether that is acceptable.
 *
 * A product is an exact JSON tree (base/json_exact.h), flat as callers see it: the known fields and
 * the open attributes side by side. It has no nulls at its top and none of the fields that are the
 * server's (id, version, times, stock).
 *
 * What null means is told in field_apply.h. name, price and currency cannot be removed. A null
 * deeper inside of an open attribute is a value like any other when it is created or PUT, and
 * removes when it is PATCHed.
 */
#ifndef SHOPD_DOMAIN_PRODUCT_H
#define SHOPD_DOMAIN_PRODUCT_H

#include <jansson.h>

#include "domain/field_apply.h"
#include "domain/stock.h"
#include "domain/validation.h"

enum {
	/* Bytes of all names and values: DynamoDB's 400 KiB less what shopd adds. */
	PRODUCT_SIZE_MAX = 397 * 1024,
};

struct product_input {
	enum field_change change;
	const json_t *body;   /* as it came, of whatever type */
	const char *currency; /* of a new product that names none */
};

/*
 * The product that a body makes of `stored` (NULL for a new one): new, or NULL with every mistake
 * of the body added to `validation`. NULL and no mistake: out of memory.
 */
json_t *product_apply(const struct product_input *input, const json_t *stored,
		      struct validation *validation);

/* The stock that a body of a new product names; the body must have passed product_apply. */
struct stock_opening product_opening(const json_t *body);

#endif
