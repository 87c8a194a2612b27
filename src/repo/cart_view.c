#include "repo/cart_view.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/money.h"

enum { TAG_BYTES = 8 };

/* What is shown, and what has been counted up so far. */
struct view {
	const struct cart *cart;
	const struct cart_products *products;
	struct buf *out;
	unsigned decimals;
	bool has_total;
	money_sum total;
};

/* The text is escaped already. */
static void add_raw(struct buf *out, const char *before, struct span raw)
{
	if (!raw.data)
		return;
	buf_add_str(out, before);
	buf_add(out, raw.data, raw.len);
	buf_add_char(out, '"');
}

static void add_digits(struct buf *out, const char *before, struct span digits)
{
	buf_add_str(out, before);
	buf_add(out, digits.data, digits.len);
}

static void add_sum(const struct view *view, const char *before, money_sum sum)
{
	char text[MONEY_SIZE];

	money_format(sum, view->decimals, text);
	buf_add_str(view->out, before);
	buf_add_str(view->out, text);
}

static void add_priced(struct view *view, const struct cart_line *line,
		       const struct cart_product *product, int64_t amount)
{
	money_sum total = money_multiply(amount, line->quantity);

	add_raw(view->out, ",\"name\":\"", product->name);
	add_digits(view->out, ",\"price\":", product->price);
	buf_add_format(view->out, ",\"quantity\":%" PRId64, line->quantity);
	add_sum(view, ",\"total\":", total);
	add_raw(view->out, ",\"level\":\"", product->level);
	if (cart_price_has_changed(view->cart, line, amount))
		add_digits(view->out, ",\"price_was\":", line->price);
	view->has_total = true;
	view->total += total;
}

static void add_unavailable(const struct view *view, const struct cart_line *line)
{
	add_raw(view->out, ",\"name\":\"", line->name);
	buf_add_format(view->out, ",\"quantity\":%" PRId64 ",\"unavailable\":true", line->quantity);
}

static void add_line(struct view *view, const struct cart_line *line)
{
	const struct cart_product *product = cart_product_find(view->products, line->product_id);
	int64_t amount;

	buf_add_format(view->out, "{\"product_id\":\"%s\"", line->product_id);
	if (cart_price(view->cart, product, &amount))
		add_priced(view, line, product, amount);
	else
		add_unavailable(view, line);
	buf_add_char(view->out, '}');
}

static void add_lines(struct view *view)
{
	buf_add_str(view->out, ",\"lines\":[");
	for (size_t i = 0; i < view->cart->count; i++) {
		if (i > 0)
			buf_add_char(view->out, ',');
		add_line(view, &view->cart->lines[i]);
	}
	buf_add_char(view->out, ']');
	if (!view->has_total)
		return;
	add_sum(view, ",\"total\":", view->total);
	add_raw(view->out, ",\"currency\":\"", view->cart->currency);
}

void cart_view_write(const struct cart_answer *answer, struct buf *out)
{
	const struct cart *cart = &answer->cart;
	struct view view = {.cart = cart, .products = &answer->products, .out = out};
	char expires[CLOCK_RFC3339_SIZE];

	(void)!money_currency_decimals(cart->currency,
				       &view.decimals); /* else nothing has a price */
	clock_format_rfc3339(cart->expires_s * 1000, expires);
	buf_add_format(out, "{\"id\":\"%s\"", cart->id);
	if (cart->user_id[0])
		buf_add_format(out, ",\"user_id\":\"%s\"", cart->user_id);
	buf_add_format(out, ",\"status\":\"%s\"", cart_status_name(cart->status));
	if (cart->merged_into[0])
		buf_add_format(out, ",\"merged_into\":\"%s\"", cart->merged_into);
	add_lines(&view);
	buf_add_format(out, ",\"version\":%" PRIu64, cart->version);
	add_raw(out, ",\"created_at\":\"", cart->created_at);
	add_raw(out, ",\"updated_at\":\"", cart->updated_at);
	buf_add_format(out, ",\"expires_at\":\"%s\"}", expires);
}

bool cart_view_tag(const struct repo *repo, const struct cart *cart, const struct buf *body,
		   char tag[static CART_TAG_SIZE])
{
	uint8_t sum[DIGEST_SHA256_SIZE];
	int len;

	if (!buf_ok(body) || !digest_sha256(repo->digest, buf_text(body), body->len, sum))
		return false;
	len = snprintf(tag, CART_TAG_SIZE, "%" PRIu64 ".", cart->version);
	for (int i = 0; i < TAG_BYTES; i++, len += 2)
		snprintf(tag + len, CART_TAG_SIZE - (size_t)len, "%02x", sum[i]);
	return true;
}
