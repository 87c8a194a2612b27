/*
 * The member `lines` of a delivery's or a return's body: how many of which products.
 */
#ifndef SHOPD_DOMAIN_ORDER_PARTS_BODY_H
#define SHOPD_DOMAIN_ORDER_PARTS_BODY_H

#include "domain/field.h"
#include "domain/order.h"

/* A field_check: 1 to `field->max` lines `{product_id, quantity}`, each of another product. */
void order_parts_check(const struct field *field, const char *path, const json_t *value,
		       struct validation *validation);

/* Reads lines that were checked, at most ORDER_PART_LINES_MAX; none for NULL. Returns how many. */
size_t order_parts_read(const json_t *lines, struct order_part *parts);

#endif
