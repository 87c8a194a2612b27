#include "domain/stock.h"

enum { LEVELS = STOCK_OUT + 1 };

/* More than there can ever be, and small enough to be added to. */
static const int64_t far = INT64_C(1) << 42;

static const char *const names[LEVELS] = {
	[STOCK_IN] = "in",
	[STOCK_LOW] = "low",
	[STOCK_OUT] = "out",
};

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct stock stock_open(const struct stock_opening *opening)
{
	struct stock stock = {
		.available = opening->on_hand,
		.has_low_mark = opening->has_low_mark,
		.low_stock_at = opening->has_low_mark ? opening->low_stock_at : 0,
		.version = 1,
	};

	stock.level = stock_level_of(&stock);
	return stock;
}

int64_t stock_on_hand(const struct stock *stock)
{
	return stock->available + stock->reserved;
}

enum stock_level stock_level_of(const struct stock *stock)
{
	if (stock->available <= 0)
		return STOCK_OUT;
	return stock->has_low_mark && stock->available <= stock->low_stock_at ? STOCK_LOW
									      : STOCK_IN;
}

const char *stock_level_name(enum stock_level level)
{
	return names[level];
}

bool stock_level_find(struct span name, enum stock_level *level)
{
	for (int i = 0; i < LEVELS; i++) {
		if (span_equals(name, names[i])) {
			*level = (enum stock_level)i;
			return true;
		}
	}
	return false;
}

/* What may be available at the level that this stock is at. */
static struct stock_range range_of_level(const struct stock *stock)
{
	int64_t mark = stock->has_low_mark ? larger(stock->low_stock_at, 0) : 0;

	switch (stock_level_of(stock)) {
	case STOCK_OUT:
		return (struct stock_range){-far, 0, far, 0};
	case STOCK_LOW:
		return (struct stock_range){1, mark, far, 0};
	case STOCK_IN:
		break;
	}
	return (struct stock_range){mark + 1, far, far, 0};
}

/*
 * What may be there before, so that it is at the same level afterwards, that it suffices, and that
 * it does not become too much. The room below STOCK_MAX is shared between what is available and
 * what is reserved: a condition cannot add the two.
 */
static struct stock_range range_before(const struct stock *now, const struct stock *after)
{
	struct stock_range range = range_of_level(after);
	int64_t delta = after->available - now->available;
	int64_t room = STOCK_MAX - stock_on_hand(after);

	range.available_min -= delta;
	range.available_max -= delta;
	range.reserved_min = larger(now->reserved - after->reserved, 0);
	if (delta < 0)
		range.available_min = larger(range.available_min, -delta);
	if (stock_on_hand(after) <= stock_on_hand(now))
		return range;
	range.reserved_max = now->reserved + room / 2;
	range.available_max = smaller(range.available_max, now->available + room - room / 2);
	return range;
}

struct stock_decision stock_adjust(const struct stock *now, int64_t delta)
{
	struct stock_decision decision = {.after = *now};
	struct stock *after = &decision.after;

	after->available += delta;
	after->level = stock_level_of(after);
	after->version++;
	if (delta < 0 && after->available < 0)
		decision.verdict = STOCK_INSUFFICIENT;
	else if (delta > 0 && stock_on_hand(after) > STOCK_MAX)
		decision.verdict = STOCK_TOO_MUCH;
	else
		decision.range = range_before(now, after);
	return decision;
}

static enum stock_verdict judge_move(const struct stock *now, enum stock_move move,
				     int64_t quantity)
{
	switch (move) {
	case STOCK_HOLD:
		return now->available < quantity ? STOCK_INSUFFICIENT : STOCK_FINE;
	case STOCK_RELEASE:
	case STOCK_SHIP:
		return now->reserved < quantity ? STOCK_NOT_RESERVED : STOCK_FINE;
	case STOCK_GIVE_BACK:
		break;
	}
	return stock_on_hand(now) + quantity > STOCK_MAX ? STOCK_TOO_MUCH : STOCK_FINE;
}

struct stock_decision stock_move(const struct stock *now, enum stock_move move, int64_t quantity)
{
	static const struct {
		int available;
		int reserved;
	} signs[] = {
		[STOCK_HOLD] = {-1, 1},
		[STOCK_RELEASE] = {1, -1},
		[STOCK_SHIP] = {0, -1},
		[STOCK_GIVE_BACK] = {1, 0},
	};
	struct stock_decision decision = {.after = *now};
	struct stock *after = &decision.after;

	after->available += signs[move].available * quantity;
	after->reserved += signs[move].reserved * quantity;
	after->level = stock_level_of(after);
	after->version++;
	decision.verdict = judge_move(now, move, quantity);
	if (decision.verdict == STOCK_FINE)
		decision.range = range_before(now, after);
	return decision;
}

static bool is_same(const struct stock *a, const struct stock *b)
{
	return a->available == b->available && a->has_low_mark == b->has_low_mark &&
	       a->low_stock_at == b->low_stock_at && a->level == b->level;
}

struct stock_decision stock_recount(const struct stock *now, const struct stock_count *count)
{
	struct stock_decision decision = {.after = *now};
	struct stock *after = &decision.after;

	if (count->has_on_hand)
		after->available = count->on_hand - now->reserved;
	if (count->sets_low_mark) {
		after->has_low_mark = count->has_low_mark;
		after->low_stock_at = count->has_low_mark ? count->low_stock_at : 0;
	}
	after->level = stock_level_of(after);
	if (!is_same(now, after))
		after->version++;
	if (count->has_change_from && count->change_from != stock_on_hand(now))
		decision.verdict = STOCK_NOT_AS_THOUGHT;
	else if (count->has_on_hand && count->on_hand < now->reserved)
		decision.verdict = STOCK_BELOW_RESERVED;
	return decision;
}
