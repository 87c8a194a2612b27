/*
 * What callers may send to change a stock, and whether that is acceptable.
 */
#ifndef SHOPD_DOMAIN_STOCK_INPUT_H
#define SHOPD_DOMAIN_STOCK_INPUT_H

#include <jansson.h>

#include "domain/stock.h"
#include "domain/validation.h"

/* What POST says. The texts are the body's. */
struct stock_adjustment {
	int64_t delta; /* never 0 */
	const char *reason;
	const char *reference; /* NULL: none */
};

/* Both are false when the body is not acceptable: then its mistakes were added. */
bool stock_input_adjustment(const json_t *body, struct stock_adjustment *out,
			    struct validation *validation);
bool stock_input_count(const json_t *body, struct stock_count *out, struct validation *validation);

#endif
