#include "domain/cart.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/money.h"

/* More than the lines that one change can add: places of later versions are larger. */
enum { PLACES_OF_A_VERSION = 100 };

static const char *const statuses[] = {
	[CART_OPEN] = "open",
	[CART_MERGED] = "merged",
	[CART_ORDERED] = "ordered",
};

const char *cart_status_name(enum cart_status status)
{
	return statuses[status];
}

bool cart_status_find(struct span name, enum cart_status *status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (span_equals(name, statuses[i])) {
			*status = (enum cart_status)i;
			return true;
		}
	}
	return false;
}

int64_t cart_seconds(const struct cart *cart)
{
	return cart->user_id[0] ? CART_USER_SECONDS : CART_GUEST_SECONDS;
}

/* ------------------------------------------------------------------ lines */

struct cart_line *cart_find_line(struct cart *cart, const char *product_id)
{
	for (size_t i = 0; i < cart->count; i++) {
		if (strcmp(cart->lines[i].product_id, product_id) == 0)
			return &cart->lines[i];
	}
	return NULL;
}

/* Those that were added at the same moment by several callers have one place: then by the id. */
static int compare_lines(const void *a, const void *b)
{
	const struct cart_line *one = a;
	const struct cart_line *other = b;

	if (one->place != other->place)
		return one->place < other->place ? -1 : 1;
	return strcmp(one->product_id, other->product_id);
}

void cart_sort(struct cart *cart)
{
	if (cart->count > 1)
		qsort(cart->lines, cart->count, sizeof(cart->lines[0]), compare_lines);
}

static bool takes_currency(const struct cart *cart, struct span currency)
{
	return cart->count == 0 || span_same(cart->currency, currency);
}

/* The first place that no line can have yet. */
static int64_t next_place(const struct cart *cart)
{
	return ((int64_t)cart->version + 1) * PLACES_OF_A_VERSION;
}

/* ------------------------------------------------------------------ changes */

static void remove_line(struct cart *cart, const struct cart_line *line)
{
	size_t index = (size_t)(line - cart->lines);

	cart->count--;
	memmove(cart->lines + index, cart->lines + index + 1,
		(cart->count - index) * sizeof(cart->lines[0]));
}

static enum cart_refusal change_line(struct cart_line *line, const struct cart_change *change)
{
	int64_t before = change->act == CART_ADD ? line->quantity : 0;

	if (before > CART_QUANTITY_MAX - change->quantity)
		return CART_TOO_MANY;
	line->quantity = before + change->quantity;
	return CART_FINE;
}

static enum cart_refusal add_line(struct cart *cart, const struct cart_change *change,
				  const struct cart_product *product)
{
	struct cart_line *line;

	if (cart->count == CART_LINES_MAX)
		return CART_FULL;
	line = &cart->lines[cart->count];
	*line = (struct cart_line){
		.quantity = change->quantity,
		.place = next_place(cart),
		.name = product->name,
		.price = product->price,
		.currency = product->currency,
	};
	memcpy(line->product_id, product->id, ID_SIZE);
	cart->currency = product->currency;
	cart->count++;
	return CART_FINE;
}

enum cart_refusal cart_apply(struct cart *cart, const struct cart_change *change,
			     const struct cart_product *product)
{
	struct cart_line *line = cart_find_line(cart, change->product_id);

	if (cart->status != CART_OPEN)
		return CART_CLOSED;
	if (change->act == CART_REMOVE) {
		if (!line)
			return CART_NO_LINE;
		remove_line(cart, line);
		return CART_FINE;
	}
	assert(change->quantity >= 1 && change->quantity <= CART_QUANTITY_MAX);
	if (!product || !product->price.data)
		return CART_NO_PRODUCT;
	if (!takes_currency(cart, product->currency))
		return CART_OTHER_CURRENCY;
	return line ? change_line(line, change) : add_line(cart, change, product);
}

/* ------------------------------------------------------------------ merging */

static enum cart_refusal merge_line(struct cart_line *line, const struct cart_line *from,
				    enum cart_strategy strategy)
{
	switch (strategy) {
	case CART_SUM:
		if (line->quantity > CART_QUANTITY_MAX - from->quantity)
			return CART_TOO_MANY;
		line->quantity += from->quantity;
		break;
	case CART_REPLACE:
		line->quantity = from->quantity;
		break;
	case CART_KEEP:
		break;
	}
	return CART_FINE;
}

enum cart_refusal cart_merge(struct cart *into, const struct cart *from,
			     enum cart_strategy strategy)
{
	int64_t place = next_place(into);

	if (into->status != CART_OPEN || from->status != CART_OPEN)
		return CART_CLOSED;
	if (from->count > 0 && !takes_currency(into, from->currency))
		return CART_OTHER_CURRENCY;
	if (from->count > 0)
		into->currency = from->currency;
	for (size_t i = 0; i < from->count; i++) {
		struct cart_line *line = cart_find_line(into, from->lines[i].product_id);
		enum cart_refusal refusal = CART_FINE;

		if (line) {
			refusal = merge_line(line, &from->lines[i], strategy);
		} else if (into->count == CART_LINES_MAX) {
			refusal = CART_FULL;
		} else {
			line = &into->lines[into->count++];
			*line = from->lines[i];
			line->place = place++;
		}
		if (refusal != CART_FINE)
			return refusal;
	}
	return CART_FINE;
}

/* ------------------------------------------------------------------ prices */

static bool read_amount(const struct cart *cart, struct span price, int64_t *amount)
{
	unsigned decimals;

	return money_currency_decimals(cart->currency, &decimals) &&
	       money_parse(price, decimals, amount) == MONEY_FINE;
}

bool cart_price(const struct cart *cart, const struct cart_product *product, int64_t *amount)
{
	return product && product->price.data && span_same(product->currency, cart->currency) &&
	       read_amount(cart, product->price, amount);
}

bool cart_price_has_changed(const struct cart *cart, const struct cart_line *line, int64_t amount)
{
	int64_t before;

	return read_amount(cart, line->price, &before) && before != amount;
}
