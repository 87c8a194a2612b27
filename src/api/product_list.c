#include "api/product_list.h"

#include <string.h>

#include "api/paging.h"
#include "base/text.h"
#include "http/reply.h"
#include "repo/product_in_stock.h"
#include "repo/product_list.h"
#include "repo/product_view.h"

enum {
	CATEGORY_MAX = 100, /* characters, as in a product */
	PREFIX_MAX = 200,
	NAMES_MAX = 256,
	QUOTED_MAX = 64, /* of what the caller has written */
};

struct list_state {
	struct product_list_query query;
	struct list_page page;
	int fields;
};

static const struct {
	const char *name;
	enum product_order order;
} orders[] = {
	{"name", PRODUCT_BY_NAME},
	{"price", PRODUCT_BY_PRICE},
	{"created", PRODUCT_BY_CREATED},
};

/* The functions that read parameters return false after they have made a reply. */

static bool read_order(struct request *rq, enum product_order *order)
{
	const char *text = request_query(rq, "sort");

	if (!text) {
		*order = request_query(rq, "category") ? PRODUCT_BY_NAME : PRODUCT_BY_CREATED;
		return true;
	}
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].name, text) == 0) {
			*order = orders[i].order;
			return true;
		}
	}
	reply_problem(rq, "invalid-parameter", "sort must be name, price or created.");
	return false;
}

static bool read_text(struct request *rq, const char *name, size_t max, const char **out)
{
	const char *text = request_query(rq, name);

	if (text && text_utf8_count(span_of(text)) > max) {
		reply_problem(rq, "invalid-parameter", "%s has at most %zu characters.", name, max);
		return false;
	}
	*out = text;
	return true;
}

static bool read_category(struct request *rq, const char **category)
{
	if (!read_text(rq, "category", CATEGORY_MAX, category))
		return false;
	if (*category && (*category)[0] == '\0') {
		reply_problem(rq, "invalid-parameter",
			      "category must not be empty; leave it out for all products.");
		return false;
	}
	return true;
}

/* The bit of a field of lists; 0 when there is no such field. */
static int field_bit(struct span name)
{
	for (size_t i = 0; product_list_fields[i]; i++) {
		if (span_equals(name, product_list_fields[i]))
			return 1 << i;
	}
	return 0;
}

static bool refuse_field(struct request *rq, struct span name)
{
	struct buf known = {0};
	struct buf quoted = {0};

	buf_init(&quoted, NAMES_MAX);
	buf_add_escaped(&quoted, name.data, name.len, QUOTED_MAX);
	buf_init(&known, NAMES_MAX);
	for (size_t i = 0; product_list_fields[i]; i++) {
		buf_add_str(&known, i > 0 ? ", " : "");
		buf_add_str(&known, product_list_fields[i]);
	}
	reply_problem(rq, "invalid-parameter",
		      "fields has \"%s\", which lists do not show. They show: %s.",
		      buf_text(&quoted), buf_text(&known));
	buf_clear(&quoted);
	buf_clear(&known);
	return false;
}

static bool read_fields(struct request *rq, int *fields)
{
	const char *at = request_query(rq, "fields");

	*fields = at ? 0 : PRODUCT_LIST_FIELDS_ALL;
	while (at) {
		const struct span name = {at, strcspn(at, ",")};
		int bit = field_bit(name);

		if (bit == 0)
			return refuse_field(rq, name);
		*fields |= bit;
		at = at[name.len] == ',' ? at + name.len + 1 : NULL;
	}
	return true;
}

static enum flow find_products(struct request *rq)
{
	struct list_state *st = rq->state;

	if (!read_order(rq, &st->query.order) || !read_category(rq, &st->query.category) ||
	    !read_text(rq, "q", PREFIX_MAX, &st->query.prefix) || !read_fields(rq, &st->fields) ||
	    !request_query_bool(rq, "in_stock", &st->query.is_in_stock) ||
	    !paging_read(rq, &st->query.limit, &st->query.cursor))
		return FLOW_REPLY;
	if (st->query.is_in_stock)
		product_in_stock_find(rq->repo, &st->query, &st->page, &rq->await);
	else
		product_list_find(rq->repo, &st->query, &st->page, &rq->await);
	return FLOW_WAIT;
}

static void write_entry(struct request *rq, struct span entry, struct buf *out)
{
	const struct list_state *st = rq->state;

	product_view_write_entry(rq->repo, entry, st->fields, out);
}

/* Of an order that the table does not keep: no page of it is known before all has been read. */
static enum flow reply_too_broad(struct request *rq)
{
	const char *sort = request_query(rq, "sort");

	if (request_query(rq, "category"))
		return reply_problem(rq, "too-broad",
				     "The category has too many products to sort them by %s. Leave "
				     "`sort` out for the order by name, or narrow it with `q`.",
				     sort);
	return reply_problem(rq, "too-broad",
			     "There are too many products to sort them by %s. Leave `sort` out for "
			     "the newest first, or name a `category`.",
			     sort);
}

static enum flow answer_found(struct request *rq)
{
	const struct list_state *st = rq->state;

	if (rq->await.result == RESULT_TOO_LARGE)
		return reply_too_broad(rq);
	return paging_reply(rq, &st->page, write_entry);
}

const struct endpoint get_products = {
	.state_size = sizeof(struct list_state),
	.steps = STEPS(find_products, answer_found),
};
