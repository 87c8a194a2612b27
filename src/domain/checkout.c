#include "domain/checkout.h"

#include <string.h>

#include "domain/money.h"

static const char *const statuses[] = {
	[CHECKOUT_HELD] = "held",
	[CHECKOUT_USED] = "used",
	[CHECKOUT_RELEASED] = "released",
	[CHECKOUT_EXPIRED] = "expired",
};

const char *checkout_status_name(enum checkout_status status)
{
	return statuses[status];
}

bool checkout_status_find(struct span name, enum checkout_status *status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (span_equals(name, statuses[i])) {
			*status = (enum checkout_status)i;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------ freezing */

static const struct cart_product *find(const struct cart_product *products, size_t count,
				       const char *id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(products[i].id, id) == 0)
			return &products[i];
	}
	return NULL;
}

/* In the smallest unit of the product's own currency. */
static bool read_price(const struct cart_product *product, int64_t *amount)
{
	unsigned decimals;

	return product && product->price.data &&
	       money_currency_decimals(product->currency, &decimals) &&
	       money_parse(product->price, decimals, amount) == MONEY_FINE;
}

static bool has_changed(const struct cart_line *line, const struct cart_product *product,
			int64_t amount)
{
	unsigned decimals;
	int64_t before;

	if (!span_same(line->currency, product->currency))
		return true;
	return money_currency_decimals(line->currency, &decimals) &&
	       money_parse(line->price, decimals, &before) == MONEY_FINE && before != amount;
}

static void freeze_line(const struct cart_line *line, const struct cart_product *product,
			struct checkout_line *out)
{
	*out = (struct checkout_line){.quantity = line->quantity};
	memcpy(out->product_id, line->product_id, ID_SIZE);
	out->is_gone = !read_price(product, &out->amount);
	if (out->is_gone)
		return;
	out->name = product->name;
	out->price = product->price;
	if (has_changed(line, product, out->amount))
		out->was = line->price;
}

enum checkout_refusal checkout_freeze(const struct cart *cart, const struct cart_product *products,
				      size_t product_count, struct checkout *out)
{
	enum checkout_refusal refusal = CHECKOUT_FINE;
	money_sum total = 0;

	out->count = cart->count;
	out->currency = (struct span){0};
	for (size_t i = 0; i < cart->count; i++) {
		const struct cart_product *product =
			find(products, product_count, cart->lines[i].product_id);
		struct checkout_line *line = &out->lines[i];

		freeze_line(&cart->lines[i], product, line);
		if (line->is_gone) {
			refusal = CHECKOUT_GONE;
			continue;
		}
		if (!out->currency.data)
			out->currency = product->currency;
		if (refusal == CHECKOUT_FINE && !span_same(out->currency, product->currency))
			refusal = CHECKOUT_CURRENCIES;
		total += money_multiply(line->amount, line->quantity);
	}
	if (refusal == CHECKOUT_FINE && total > INT64_MAX)
		refusal = CHECKOUT_TOO_LARGE;
	if (refusal == CHECKOUT_FINE)
		out->total = (int64_t)total;
	return refusal;
}

/* ------------------------------------------------------------------ time */

/* They are of one form and length, so they compare as texts. */
bool checkout_is_held(const struct checkout *checkout, const char *now)
{
	return checkout->status == CHECKOUT_HELD && strcmp(checkout->expires_at, now) > 0;
}

bool checkout_is_over(const struct checkout *checkout, const char *now)
{
	return checkout->status == CHECKOUT_HELD && !checkout_is_held(checkout, now);
}

enum checkout_refusal checkout_judge(const struct checkout *checkout, const char *now)
{
	if (checkout->status == CHECKOUT_USED)
		return CHECKOUT_IS_USED;
	return checkout_is_held(checkout, now) ? CHECKOUT_FINE : CHECKOUT_ENDED;
}
