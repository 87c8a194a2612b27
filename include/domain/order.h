/*
 * Orders: what was bought, for how much, and how far it has got.
 *
 * The head is what changes: states, what was paid, a note. Lines, prices, total and address are
 * frozen when the order is placed. How much of a line was shipped and has come back follows from
 * deliveries and returns; it is counted when an order is read, not kept.
 *
 * Amounts of money are in the smallest unit of the order's currency. Texts are views of what was
 * read, as they stand in JSON strings (escapes not resolved), unless it says otherwise.
 */
#ifndef SHOPD_DOMAIN_ORDER_H
#define SHOPD_DOMAIN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "domain/order_state.h"

enum {
	ORDER_LINES_MAX = 90,
	/*
	 * Lines of one delivery or return: each takes two writes (stock and movement) of the 100
	 * that a transaction can have.
	 */
	ORDER_PART_LINES_MAX = 40,
	/* So that an order can always be read by one query of less than 1 MB. */
	ORDER_PAYMENTS_MAX = 40,
	ORDER_DELIVERIES_MAX = 40,
	ORDER_RETURNS_MAX = 40,
	ORDER_HISTORY_MAX = 400,
	ORDER_NOTE_MAX = 1000,     /* characters */
	ORDER_REFERENCE_MAX = 100, /* of a payment; bytes of visible ASCII */
	ORDER_CURRENCY_SIZE = 4,
};

/* What changes of an order. */
struct order {
	char id[ID_SIZE];
	char user_id[ID_SIZE]; /* "": a guest's */
	struct span email;     /* absent: none */
	enum order_status status;
	enum payment_status payment_status;
	enum fulfillment_status fulfillment_status;
	bool is_cash_on_delivery;
	bool is_rest_cancelled; /* what was not shipped by then will not be; the status went on */
	char currency[ORDER_CURRENCY_SIZE];
	int64_t total;
	int64_t paid;     /* in all, whether refunded or not */
	int64_t refunded; /* of that */
	uint64_t line_count;
	struct span note; /* absent: none */
	uint64_t version;
	char created_at[CLOCK_RFC3339_SIZE];
	char updated_at[CLOCK_RFC3339_SIZE];
};

struct order_line {
	char product_id[ID_SIZE];
	struct span name;
	struct span price_text; /* a decimal, as it is shown */
	int64_t price;
	int64_t quantity;
	/* Counted, of the quantity: */
	int64_t planned;   /* in deliveries that are pending */
	int64_t shipped;   /* in deliveries that are shipped or delivered */
	int64_t delivered; /* of the shipped, in deliveries that are delivered */
	int64_t returned;  /* of the shipped */
	int64_t cancelled; /* with the rest of an order that was partly shipped */
};

/* So many of a product: in a delivery, in a return. */
struct order_part {
	char product_id[ID_SIZE];
	int64_t quantity;
};

/* More of a product than can be: shipped, or returned. */
struct order_excess {
	char product_id[ID_SIZE];
	int64_t requested;
	int64_t possible;
};

/* What a provider has told of one payment; its reference names it. */
struct order_payment {
	struct span reference;
	enum payment_status status;
	int64_t amount;
	bool is_orphaned; /* it came when the order was expired or cancelled, or paid already */
	struct span created_at;
	struct span updated_at;
};

enum delivery_status { DELIVERY_PENDING, DELIVERY_SHIPPED, DELIVERY_DELIVERED, DELIVERY_CANCELLED };

struct order_delivery {
	uint64_t number;  /* 1, 2, …: its place among the order's */
	char id[ID_SIZE]; /* how the API calls it */
	enum delivery_status status;
	struct span tracking_status; /* the carrier's; absent: nothing yet */
	struct span tracked_at;      /* when the carrier says that was; absent likewise */
	bool was_out;                /* that it is out for delivery has been told */
	struct span carrier;
	struct span tracking_number;
	const struct order_part *parts;
	size_t part_count; /* at most ORDER_PART_LINES_MAX */
	uint64_t version;
	struct span created_at;
	struct span updated_at;
};

struct order_return {
	char id[ID_SIZE];
	struct span reason; /* absent: none */
	const struct order_part *parts;
	size_t part_count; /* likewise */
	struct span created_at;
};

/* What happened to an order. */
struct order_entry {
	struct span time;
	struct span what; /* "placed", "payment", … */
	struct span from; /* absent where nothing changed from one thing to another */
	struct span to;
	struct span reason; /* absent: none was given */
	struct span by;
};

/* "pending", "shipped", "delivered", "cancelled": as stored and shown. */
const char *delivery_status_name(enum delivery_status status);
/* False when there is no such status. */
bool delivery_status_find(struct span name, enum delivery_status *status);

/* One of the three states; see order_state.h. */
unsigned order_state_of(const struct order *order, enum order_field field);

/* NULL when there is none. */
struct order_line *order_find_line(struct order_line *lines, size_t count, const char *product_id);

/*
 * Counts deliveries and returns into the lines. False when they have a product that is in no line,
 * or more of it than there is: somebody else has written them.
 */
bool order_count_deliveries(struct order_line *lines, size_t count,
			    const struct order_delivery *deliveries, size_t delivery_count);
bool order_count_returns(struct order_line *lines, size_t count, const struct order_return *returns,
			 size_t return_count);

/*
 * What follows from the counts: returned when all that was ordered has come back, delivered when
 * all of it is delivered, shipped when all of it is under way, partial when some of it is. What was
 * cancelled is not waited for.
 */
enum fulfillment_status order_fulfillment(const struct order_line *lines, size_t count);

/* True when it is "placed" and nothing was paid: then it expires when it is not paid in time. */
bool order_awaits_payment(const struct order *order);

/*
 * Since when it has been waiting for its payment, as times are written: since it was placed, or
 * since a payment was last told of, so that one that failed leaves time for another. A note does
 * not count: whoever may set one could keep the stock reserved for ever.
 */
void order_waits_since(const struct order *order, const struct order_payment *payments,
		       size_t payment_count, char since[static CLOCK_RFC3339_SIZE]);

#endif
