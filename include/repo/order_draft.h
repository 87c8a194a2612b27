/*
 * What a change of an order is going to write: made by whoever decides about the change, written by
 * order_change.h.
 *
 * `order` is the order as it was read. Make it what it will be: states, amounts, note; payments,
 * deliveries and returns, which are arrays with room for ORDER_ROOM more (order_item.h). Of that
 * the head alone writes itself. For anything else there is a function here.
 *
 * Nothing here can fail in the middle: what did not fit or had no memory is remembered, and the
 * change then ends with it.
 */
#ifndef SHOPD_REPO_ORDER_DRAFT_H
#define SHOPD_REPO_ORDER_DRAFT_H

#include "domain/event.h"
#include "repo/order_item.h"
#include "repo/stock_moves.h"

enum {
	ORDER_WRITES_MAX = ORDER_DELIVERIES_MAX, /* beside head, history, events and stocks */
	ORDER_EVENTS_MAX = 4,
};

struct order_draft {
	/* for who decides */
	struct stored_order *order; /* version and updated_at are set afterwards */
	const struct order *before; /* its head as it was read */
	int64_t wall_ms;            /* now */
	struct span now;            /* the same, RFC 3339, as updated_at will be */
	struct arena *arena;        /* for what must live until the reply */

	/* private */
	struct repo *repo;
	enum result failed; /* RESULT_OK: not yet */
	size_t write_count;
	struct dynamodb_write writes[ORDER_WRITES_MAX];
	struct order_entry entry; /* without a `what`: none */
	size_t event_count;
	struct {
		enum event_type type;
		const char *extra;
	} events[ORDER_EVENTS_MAX];
	struct stock_moves *moves; /* NULL: none */
	struct await *await;
};

/* Puts an item of the order's arrays, as it now is; head and arrays are yours to change before. */
void order_draft_put_payment(struct order_draft *draft, const struct order_payment *payment);
void order_draft_put_delivery(struct order_draft *draft, const struct order_delivery *delivery);
void order_draft_put_return(struct order_draft *draft, const struct order_return *returned);

/*
 * Another write of the same transaction, such as the mark that a carrier's event was seen; it is
 * copied. When its condition fails, though the order is as it was, the change ends in
 * RESULT_EXISTS.
 */
void order_draft_write(struct order_draft *draft, const struct dynamodb_write *write);

/* The change ends with this failure: what is decided about could not be made. */
void order_draft_fail(struct order_draft *draft, enum result result);

/*
 * After a change of deliveries, returns or of what is cancelled: counts anew and lets the order's
 * states follow. When nothing more is to come the order is completed; then order_draft_tell_end
 * raises the event of that, behind those of what has led to it.
 */
void order_draft_follow(struct order_draft *draft);
void order_draft_tell_end(struct order_draft *draft);

/* Moves stock of a product, once for each product. */
void order_draft_move(struct order_draft *draft, const char *product_id, enum stock_move move,
		      int64_t quantity);

/*
 * The history's entry, one for each change. `from` and `to` are shown as they are; NULL for both
 * means the status, if that changes. Constants, or texts of the arena.
 */
void order_draft_log(struct order_draft *draft, const char *what, const char *from, const char *to);

/* Why, in the entry that was just made; absent: nothing is said of it. */
void order_draft_give_reason(struct order_draft *draft, struct span reason);

/*
 * Tells of an event: its data are what order_draft_describe writes of the order as it will be, and
 * `extra`, members of a JSON object such as `"delivery":{…}` (NULL: none), borrowed likewise.
 */
void order_draft_tell(struct order_draft *draft, enum event_type type, const char *extra);

/*
 * Appends what an event tells of an order, a JSON object: who, what it has come to, for how much.
 */
void order_draft_describe(const struct order *order, const char *extra, struct buf *out);

#endif
