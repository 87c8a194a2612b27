#include "repo/checkout_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/money.h"

void checkout_item_key(const char *id, char key[static CHECKOUT_KEY_SIZE])
{
	snprintf(key, CHECKOUT_KEY_SIZE, "K#%s", id);
}

void checkout_item_index(const struct checkout *checkout, uint32_t write_shards,
			 struct checkout_index *out)
{
	snprintf(out->g2p, sizeof(out->g2p), "EXP#%" PRIu32,
		 id_hash(checkout->id) & (write_shards - 1));
	snprintf(out->g2s, sizeof(out->g2s), "%s#%s", checkout->expires_at, checkout->id);
}

/* ------------------------------------------------------------------ reading */

/* A text of ours, which has no escapes. False when it is too long; "" when there is none. */
static bool copy_text(const struct item *item, const char *name, char *text, size_t size)
{
	struct span raw = item_raw_string(item, name);

	if (raw.len >= size)
		return false;
	if (raw.len > 0)
		memcpy(text, raw.data, raw.len);
	text[raw.len] = '\0';
	return true;
}

static bool read_line(struct span typed, unsigned decimals, struct checkout_line *out)
{
	struct item members;

	if (!item_view(&members, json_scan_member(typed, "M")))
		return false;
	*out = (struct checkout_line){
		.name = item_raw_string(&members, "name"),
		.price = item_number(&members, "price"),
		.was = item_number(&members, "was"),
	};
	return copy_text(&members, "product_id", out->product_id, sizeof(out->product_id)) &&
	       out->product_id[0] && out->price.data &&
	       money_parse(out->price, decimals, &out->amount) == MONEY_FINE &&
	       item_i64(&members, "quantity", &out->quantity) && out->quantity >= 1 &&
	       out->quantity <= CART_QUANTITY_MAX;
}

static bool read_lines(struct span typed, unsigned decimals, struct checkout *out)
{
	struct json_walk walk;

	json_walk_init(&walk, json_scan_member(typed, "L"));
	while (json_walk_next(&walk)) {
		if (out->count == CART_LINES_MAX ||
		    !read_line(walk.value, decimals, &out->lines[out->count]))
			return false;
		out->count++;
	}
	return out->count > 0;
}

static bool read_checkout(const struct item *item, struct checkout *out)
{
	unsigned decimals;
	struct span total = item_number(item, "total");

	out->address = item_get(item, "address");
	out->email = item_raw_string(item, "email");
	out->currency = item_raw_string(item, "currency");
	out->is_extended = json_scan_is_true(json_scan_member(item_get(item, "extended"), "BOOL"));
	return copy_text(item, "cart_id", out->cart_id, sizeof(out->cart_id)) &&
	       copy_text(item, "user_id", out->user_id, sizeof(out->user_id)) &&
	       copy_text(item, "expires_at", out->expires_at, sizeof(out->expires_at)) &&
	       copy_text(item, "created_at", out->created_at, sizeof(out->created_at)) &&
	       copy_text(item, "updated_at", out->updated_at, sizeof(out->updated_at)) &&
	       item_u64(item, "version", &out->version) &&
	       checkout_status_find(item_raw_string(item, "status"), &out->status) &&
	       (out->address.data || out->status != CHECKOUT_HELD) &&
	       money_currency_decimals(out->currency, &decimals) && total.data &&
	       money_parse(total, decimals, &out->total) == MONEY_FINE &&
	       read_lines(item_get(item, "lines"), decimals, out);
}

enum result checkout_item_read(struct span text, const char *id, int64_t now_s, struct arena *arena,
			       struct stored_checkout *out)
{
	struct span copy = {NULL, text.len};
	struct item item;
	int64_t ttl;

	if (!text.data)
		return RESULT_NOT_FOUND;
	copy.data = arena_copy(arena, text.data, text.len);
	if (!copy.data)
		return RESULT_NO_MEMORY;
	memset(out, 0, sizeof(*out));
	if (!item_view(&item, copy) || !read_checkout(&item, &out->checkout))
		return RESULT_GARBLED;
	memcpy(out->checkout.id, id, ID_SIZE);
	out->lines = item_get(&item, "lines");
	return item_i64(&item, "ttl", &ttl) && ttl <= now_s ? RESULT_NOT_FOUND : RESULT_OK;
}

/* ------------------------------------------------------------------ writing */

/* A text that is escaped already. */
static void add_raw(struct buf *out, const char *name, const char *type, struct span raw)
{
	if (!raw.data)
		return;
	if (out->len > 0 && out->data[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_add_format(out, "\"%s\":{\"%s\":\"", name, type);
	buf_add(out, raw.data, raw.len);
	buf_add_str(out, "\"}");
}

static void write_line(const struct checkout_line *line, struct buf *out)
{
	buf_add_str(out, "{\"M\":{");
	attribute_add_text(out, "product_id", line->product_id);
	add_raw(out, "name", "S", line->name);
	add_raw(out, "price", "N", line->price);
	attribute_add_integer(out, "quantity", line->quantity);
	add_raw(out, "was", "N", line->was);
	buf_add_str(out, "}}");
}

static void format_total(const struct checkout *checkout, char text[static MONEY_SIZE])
{
	unsigned decimals = 0;

	(void)!money_currency_decimals(checkout->currency, &decimals);
	money_format((money_sum)checkout->total, decimals, text);
}

void checkout_item_write(const struct checkout *checkout, uint32_t write_shards, struct buf *out)
{
	struct checkout_index index;
	char total[MONEY_SIZE];

	checkout_item_index(checkout, write_shards, &index);
	format_total(checkout, total);
	attribute_add_text(out, "cart_id", checkout->cart_id);
	if (checkout->user_id[0])
		attribute_add_text(out, "user_id", checkout->user_id);
	attribute_add_text(out, "status", checkout_status_name(checkout->status));
	buf_add_str(out, ",\"address\":");
	buf_add(out, checkout->address.data, checkout->address.len);
	add_raw(out, "email", "S", checkout->email);
	buf_add_str(out, ",\"lines\":{\"L\":[");
	for (size_t i = 0; i < checkout->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		write_line(&checkout->lines[i], out);
	}
	buf_add_str(out, "]}");
	attribute_add_number(out, "total", total);
	add_raw(out, "currency", "S", checkout->currency);
	attribute_add_text(out, "expires_at", checkout->expires_at);
	attribute_add_integer(out, "version", (int64_t)checkout->version);
	attribute_add_text(out, "created_at", checkout->created_at);
	attribute_add_text(out, "updated_at", checkout->updated_at);
	attribute_add_text(out, "g2p", index.g2p);
	attribute_add_text(out, "g2s", index.g2s);
}

void checkout_item_write_change(const struct checkout *before, const struct checkout *after,
				const char *now, uint32_t write_shards, struct buf *out)
{
	struct checkout_index index;

	checkout_item_index(after, write_shards, &index);
	buf_add_char(out, '{');
	attribute_add_text(out, ":held", "held");
	attribute_add_text(out, ":now", now);
	attribute_add_integer(out, ":v", (int64_t)before->version);
	attribute_add_integer(out, ":next", (int64_t)after->version);
	attribute_add_text(out, ":time", after->updated_at);
	attribute_add_text(out, ":expires", after->expires_at);
	attribute_add_text(out, ":g2s", index.g2s);
	buf_add_format(out, ",\":x\":{\"BOOL\":%s}", after->is_extended ? "true" : "false");
	buf_add_str(out, ",\":a\":");
	buf_add(out, after->address.data, after->address.len);
	add_raw(out, ":e", "S", after->email);
	buf_add_char(out, '}');
}

/* ------------------------------------------------------------------ showing */

static void show_raw(struct buf *out, const char *before, struct span raw)
{
	if (!raw.data)
		return;
	buf_add_str(out, before);
	buf_add(out, raw.data, raw.len);
	buf_add_char(out, '"');
}

static void show_digits(struct buf *out, const char *before, struct span digits)
{
	buf_add_str(out, before);
	buf_add(out, digits.data, digits.len);
}

static void show_line(const struct checkout_line *line, unsigned decimals, struct buf *out)
{
	char total[MONEY_SIZE];

	money_format(money_multiply(line->amount, line->quantity), decimals, total);
	buf_add_format(out, "{\"product_id\":\"%s\"", line->product_id);
	show_raw(out, ",\"name\":\"", line->name);
	show_digits(out, ",\"price\":", line->price);
	buf_add_format(out, ",\"quantity\":%" PRId64 ",\"total\":%s}", line->quantity, total);
}

static void show_lines(const struct checkout *checkout, struct buf *out)
{
	unsigned decimals = 0;

	(void)!money_currency_decimals(checkout->currency, &decimals);
	buf_add_str(out, ",\"lines\":[");
	for (size_t i = 0; i < checkout->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		show_line(&checkout->lines[i], decimals, out);
	}
	buf_add_char(out, ']');
}

static void show_changes(const struct checkout *checkout, struct buf *out)
{
	const char *before = ",\"price_changes\":[";

	for (size_t i = 0; i < checkout->count; i++) {
		const struct checkout_line *line = &checkout->lines[i];

		if (!line->was.data)
			continue;
		buf_add_format(out, "%s{\"product_id\":\"%s\"", before, line->product_id);
		show_digits(out, ",\"was\":", line->was);
		show_digits(out, ",\"now\":", line->price);
		buf_add_char(out, '}');
		before = ",";
	}
	if (before[1] == '\0')
		buf_add_char(out, ']');
}

void checkout_item_show(const struct checkout *checkout, struct buf *out)
{
	char total[MONEY_SIZE];

	format_total(checkout, total);
	buf_add_format(out, "{\"id\":\"%s\",\"cart_id\":\"%s\"", checkout->id, checkout->cart_id);
	if (checkout->user_id[0])
		buf_add_format(out, ",\"user_id\":\"%s\"", checkout->user_id);
	buf_add_format(out,
		       ",\"status\":\"%s\",\"address\":", checkout_status_name(checkout->status));
	(void)!attribute_to_json(checkout->address, out);
	show_raw(out, ",\"email\":\"", checkout->email);
	show_lines(checkout, out);
	buf_add_format(out, ",\"total\":%s", total);
	show_raw(out, ",\"currency\":\"", checkout->currency);
	show_changes(checkout, out);
	buf_add_format(out, ",\"expires_at\":\"%s\",\"extended\":%s", checkout->expires_at,
		       checkout->is_extended ? "true" : "false");
	if (checkout->status == CHECKOUT_USED)
		buf_add_format(out, ",\"order_id\":\"%s\"", checkout->id);
	buf_add_format(out, ",\"version\":%" PRIu64 ",\"created_at\":\"%s\",\"updated_at\":\"%s\"}",
		       checkout->version, checkout->created_at, checkout->updated_at);
}
