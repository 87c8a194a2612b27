/*
 * The fields of a product that shopd knows, as one table: what each may hold and who may set it.
 *
 * Checklist for a new field: its row in product_field.c (stored fields come first, in the order in
 * which they are shown), a check if it is of a new kind, rows in test_product.c.
 */
#ifndef SHOPD_DOMAIN_PRODUCT_FIELD_H
#define SHOPD_DOMAIN_PRODUCT_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "domain/validation.h"

enum product_field_role {
	PRODUCT_FIELD_STORED,  /* part of the product */
	PRODUCT_FIELD_OPENING, /* of the stock: given at creation, read-only afterwards */
	PRODUCT_FIELD_IGNORED, /* may be there, means nothing */
	PRODUCT_FIELD_SERVERS, /* always read-only */
};

struct product_field {
	const char *name;
	enum product_field_role role;
	bool is_required; /* at creation, and never to be removed */
	bool stays;       /* has a default and is never to be removed */
	/* Reports what is wrong with a value that is not null. */
	void (*check)(const struct product_field *field, const json_t *value,
		      struct validation *validation);
	size_t min; /* of characters or elements */
	size_t max;
	const char *largest; /* of integers */
};

/* Ends in a row without a name. */
extern const struct product_field product_fields[];

/* NULL: an open attribute. */
const struct product_field *product_field_find(const char *name);

#endif
