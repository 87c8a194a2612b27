/*
 * Deliveries: which parts of an order go out, how a delivery's state may change, and what a
 * carrier's report makes of it. How far the order has got follows from its lines' counts (order.h).
 *
 * A delivery has two states. Its `status` is ours, goes forward only, and moves stock and order.
 * Its `tracking_status` is the carrier's and goes wherever the carrier's newest report says.
 *
 * Checklist for a new tracking status: a value here, its row in delivery.c, docs/api.md.
 */
#ifndef SHOPD_DOMAIN_DELIVERY_H
#define SHOPD_DOMAIN_DELIVERY_H

#include "base/buf.h"
#include "domain/event.h"
#include "domain/order.h"

/* Of two reports of one time that with the greater status counts, in whatever order they come. */
enum tracking_status {
	TRACKING_UNKNOWN,
	TRACKING_PRE_TRANSIT,
	TRACKING_IN_TRANSIT,
	TRACKING_OUT_FOR_DELIVERY,
	TRACKING_AVAILABLE_FOR_PICKUP,
	TRACKING_FAILURE,
	TRACKING_RETURN_TO_SENDER,
	TRACKING_DELIVERED,
	TRACKING_STATUSES
};

/* Their names in that order, as stored and shown; ends in NULL. */
extern const char *const tracking_status_names[];

/* False when there is no such status. */
bool tracking_status_find(struct span name, enum tracking_status *status);

/* ------------------------------------------------------------------ states */

/* True when a change from one status to the other is in the table; to stay as it is is not. */
bool delivery_may_change(enum delivery_status from, enum delivery_status to);

/* Appends what a refusal tells: `"field":"status","current":"delivered","allowed":[]`. */
void delivery_write_refusal(enum delivery_status current, struct buf *out);

/* ------------------------------------------------------------------ what goes out */

enum delivery_verdict {
	DELIVERY_FINE,
	DELIVERY_UNKNOWN,       /* the order has no such delivery */
	DELIVERY_OTHER_VERSION, /* than the caller expects */
	DELIVERY_ORDER_STATE,   /* the order is not confirmed */
	DELIVERY_STATE,         /* the delivery's own status forbids it */
	DELIVERY_TOO_MUCH,      /* more of a product than is left */
	DELIVERY_NOTHING_LEFT,
	DELIVERY_TOO_LARGE,    /* all that is left takes more than ORDER_PART_LINES_MAX lines */
	DELIVERY_ONE_TOO_MANY, /* the order has ORDER_DELIVERIES_MAX */
};

struct delivery_plan {
	struct order_part parts[ORDER_PART_LINES_MAX];
	size_t part_count;
	struct order_excess excess[ORDER_PART_LINES_MAX]; /* of DELIVERY_TOO_MUCH */
	size_t excess_count;
};

/*
 * What is left of the lines, that is neither shipped, planned nor cancelled: all of it when nothing
 * is wanted in particular, else the wanted parts, each of another product.
 */
enum delivery_verdict delivery_plan_make(const struct order_line *lines, size_t count,
					 const struct order_part *wanted, size_t wanted_count,
					 struct delivery_plan *plan);

/*
 * True when no piece of the order is to come any more: all that was not cancelled is shipped, and
 * that is delivered or has come back. Which pieces those were that came back is not known: either
 * all of a line, or first those whose carrier was bringing them back.
 */
bool delivery_are_all_over(const struct order_line *lines, size_t count,
			   const struct order_delivery *deliveries, size_t delivery_count);

/* ------------------------------------------------------------------ what carriers report */

struct tracking_report {
	enum tracking_status status;
	const char *time; /* the carrier's: RFC 3339 in UTC with milliseconds, so that it sorts */
};

struct tracking_effect {
	bool is_newest; /* tracking_status and tracked_at become the report's */
	bool delivers;  /* the delivery becomes delivered */
	bool is_told;   /* `event` is raised */
	enum event_type event;
};

/*
 * What a report comes to that was not seen before. DELIVERY_FINE or DELIVERY_STATE: what was never
 * shipped cannot be delivered.
 *
 * Events are raised when the tracking status becomes another, and for deliveries that are under way
 * or have been; out_for_delivery once only, and not of what is delivered.
 */
enum delivery_verdict delivery_judge_report(const struct order_delivery *delivery,
					    const struct tracking_report *report,
					    struct tracking_effect *effect);

#endif
