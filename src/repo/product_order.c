#include "repo/product_order.h"

#include <string.h>

#include "base/decimal.h"
#include "base/id.h"
#include "base/json_scan.h"
#include "base/json_string.h"
#include "repo/cursor.h"

enum { VALUE_MAX = CURSOR_POSITION_MAX - 1 - ID_LEN };

/* Both halves are C strings: the value ends in its NUL, the id in the one behind every text. */
static const char *id_of(struct span position)
{
	return position.data + strlen(position.data) + 1;
}

static int by_name(struct span a, struct span b)
{
	int order = strcmp(a.data, b.data);

	return order ? order : strcmp(id_of(a), id_of(b));
}

static int by_price(struct span a, struct span b)
{
	int order = decimal_compare(a.data, b.data);

	return order ? order : strcmp(id_of(a), id_of(b));
}

static int by_created(struct span a, struct span b)
{
	return by_name(b, a);
}

selection_order product_order_compare(enum product_order order)
{
	switch (order) {
	case PRODUCT_BY_PRICE:
		return by_price;
	case PRODUCT_BY_CREATED:
		return by_created;
	case PRODUCT_BY_NAME:
		break;
	}
	return by_name;
}

/* "0" for what is no number, so that every position can be compared. */
static void add_price(const struct item *entry, struct buf *out)
{
	struct span digits = item_number(entry, "price");

	if (digits.len > 0 && json_scan_number_len(digits) == digits.len)
		buf_add(out, digits.data, digits.len);
	else
		buf_add_char(out, '0');
}

static struct span text_of(const struct item *entry, const char *name)
{
	return json_scan_member(item_get(entry, name), "S");
}

/* An index key without what joins it to the id at its end, and that id. */
static void add_key(const struct item *entry, const char *name, struct buf *out)
{
	json_string_decode(text_of(entry, name), out);
	if (out->len > ID_LEN)
		buf_truncate(out, out->len - ID_LEN - 1);
}

static void add_created(const struct item *entry, struct buf *out)
{
	struct span time = text_of(entry, "created_at");

	if (time.data)
		json_string_decode(time, out);
	else
		add_key(entry, "g2s", out);
}

void product_order_position(enum product_order order, const struct item *entry, struct span id,
			    struct buf *out)
{
	buf_reset(out);
	switch (order) {
	case PRODUCT_BY_NAME:
		add_key(entry, "g1s", out); /* the folded name */
		break;
	case PRODUCT_BY_PRICE:
		add_price(entry, out);
		break;
	case PRODUCT_BY_CREATED:
		add_created(entry, out);
		break;
	}
	/* What no product of ours has, another tool's may: it must still fit into a cursor. */
	if (out->len > VALUE_MAX)
		buf_truncate(out, VALUE_MAX);
	buf_add_char(out, '\0');
	buf_add(out, id.data, id.len);
}

void product_order_key(struct span position, char joint, struct buf *out)
{
	size_t value = strlen(position.data);

	buf_add(out, position.data, value);
	buf_add_char(out, joint);
	buf_add(out, position.data + value + 1, position.len - value - 1);
}
