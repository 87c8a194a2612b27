/*
 * What bodies of cancellations and returns say.
 */
#ifndef SHOPD_DOMAIN_ORDER_ENDING_BODY_H
#define SHOPD_DOMAIN_ORDER_ENDING_BODY_H

#include <jansson.h>

#include "domain/order.h"
#include "domain/validation.h"

struct return_body {
	const char *reason;                            /* NULL: none */
	struct order_part parts[ORDER_PART_LINES_MAX]; /* each of another product */
	size_t part_count;                             /* at least 1 */
};

/*
 * Each reports all mistakes, and returns whether there were none; reasons (NULL: none) are borrowed
 * from the body. Untouched on failure.
 */
bool order_ending_body_read_cancel(const json_t *body, struct validation *validation,
				   const char **reason);
bool order_ending_body_read_return(const json_t *body, struct validation *validation,
				   struct return_body *out);

#endif
