/*
 * Stock: how much of a product is there, and what that is called.
 */
#ifndef SHOPD_DOMAIN_STOCK_H
#define SHOPD_DOMAIN_STOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	STOCK_MAX = 999999999, /* pieces of one product */
};

enum stock_level { STOCK_IN, STOCK_LOW, STOCK_OUT };

/* What a product is created with. */
struct stock_opening {
	int64_t on_hand;
	bool has_low_mark;
	int64_t low_stock_at; /* available pieces at which stock is low; only with has_low_mark */
};

/* "out" when nothing is available, "low" at or below the mark (if there is one), else "in". */
enum stock_level stock_level_of(const struct stock_opening *stock);

/* "in", "low", "out": as stored and shown. */
const char *stock_level_name(enum stock_level level);

#endif
