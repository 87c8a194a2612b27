/*
 * Stock: how much of a product is there, what that is called, and what a change makes of it.
 *
 * Of what is on hand some may be reserved (by checkouts); the rest is available. Changes are
 * decided here and made elsewhere: a decision also says for which other amounts it would be the
 * same, so that those who change one stock at the same time need not wait for each other.
 */
#ifndef SHOPD_DOMAIN_STOCK_H
#define SHOPD_DOMAIN_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum {
	STOCK_MAX = 999999999, /* pieces of one product on hand */
};

enum stock_level { STOCK_IN, STOCK_LOW, STOCK_OUT };

/* What a product is created with. */
struct stock_opening {
	int64_t on_hand;
	bool has_low_mark;
	int64_t low_stock_at; /* available pieces at which stock is low; only with has_low_mark */
};

/* Amounts are at most a thousand times STOCK_MAX, whoever wrote them. */
struct stock {
	int64_t available;
	int64_t reserved;
	bool has_low_mark;
	int64_t low_stock_at; /* 0 without has_low_mark */
	enum stock_level level;
	uint64_t version;
};

/* What PUT says: so much was counted, and where the low mark is to be. */
struct stock_count {
	bool has_on_hand;
	int64_t on_hand;
	bool has_change_from;
	int64_t change_from; /* what on_hand must be before */
	bool sets_low_mark;  /* or removes it, without has_low_mark */
	bool has_low_mark;
	int64_t low_stock_at;
};

enum stock_verdict {
	STOCK_FINE,
	STOCK_INSUFFICIENT,   /* less is available than is to be taken */
	STOCK_TOO_MUCH,       /* more than STOCK_MAX would be on hand */
	STOCK_BELOW_RESERVED, /* less would be on hand than is reserved */
	STOCK_NOT_AS_THOUGHT, /* change_from is not what is on hand */
	STOCK_NOT_RESERVED,   /* less is reserved than is to be released or shipped */
};

/* What becomes of stock by checkouts and orders. */
enum stock_move {
	STOCK_HOLD,      /* for a checkout: from available to reserved */
	STOCK_RELEASE,   /* back again */
	STOCK_SHIP,      /* out of what is reserved */
	STOCK_GIVE_BACK, /* what was shipped has come back: available again */
};

/*
 * Amounts for which a decision stays fine and comes to the same level, as long as low mark and
 * level are what they were.
 */
struct stock_range {
	int64_t available_min;
	int64_t available_max;
	int64_t reserved_max;
	int64_t reserved_min;
};

struct stock_decision {
	enum stock_verdict verdict;
	struct stock after;       /* if fine; of the same version when nothing changes */
	struct stock_range range; /* if fine; not of a count */
};

struct stock stock_open(const struct stock_opening *opening);

int64_t stock_on_hand(const struct stock *stock);

/*
 * What the level must be: "out" when nothing is available, "low" at or below the mark (if there is
 * one), else "in".
 */
enum stock_level stock_level_of(const struct stock *stock);

/* "in", "low", "out": as stored and shown. */
const char *stock_level_name(enum stock_level level);

/* False when there is no level of this name. */
bool stock_level_find(struct span name, enum stock_level *level);

/* So much comes in, or with a negative delta goes out. Of what is there only the available can. */
struct stock_decision stock_adjust(const struct stock *now, int64_t delta);

/* `quantity` is at least 1. */
struct stock_decision stock_move(const struct stock *now, enum stock_move move, int64_t quantity);

struct stock_decision stock_recount(const struct stock *now, const struct stock_count *count);

#endif
