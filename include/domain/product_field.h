/*
 * The fields of a product that shopd knows.
 *
 * Checklist for a new one: its row in product_field.c (stored fields come first, in the order in
 * which they are shown), a check in field.h if it is of a new kind, rows in test_product.c.
 */
#ifndef SHOPD_DOMAIN_PRODUCT_FIELD_H
#define SHOPD_DOMAIN_PRODUCT_FIELD_H

#include "domain/field.h"

/* Ends in a row without a name. */
extern const struct field product_fields[];

#endif
