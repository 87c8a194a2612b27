/*
 * What bodies of requests about carts say. Each function reports all mistakes, and returns whether
 * there were none; texts are borrowed from the body. Untouched on failure.
 */
#ifndef SHOPD_DOMAIN_CART_BODY_H
#define SHOPD_DOMAIN_CART_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "domain/cart.h"
#include "domain/validation.h"

/* A new cart: whose it is; NULL: a guest's. */
bool cart_body_read_new(const json_t *body, struct validation *validation, const char **user_id);

/* A line; a quantity that is not required is 1 when it is not given. */
bool cart_body_read_line(const json_t *body, bool is_required, struct validation *validation,
			 int64_t *quantity);

struct cart_merge_body {
	const char *into;
	enum cart_strategy strategy;
};

/* A merge of the cart `id`, which cannot be merged into itself. */
bool cart_body_read_merge(const json_t *body, const char *id, struct validation *validation,
			  struct cart_merge_body *out);

#endif
