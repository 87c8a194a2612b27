#include "domain/delivery.h"

#include <string.h>

/* ------------------------------------------------------------------ names and states */

const char *const tracking_status_names[] = {
	[TRACKING_UNKNOWN] = "unknown",
	[TRACKING_PRE_TRANSIT] = "pre_transit",
	[TRACKING_IN_TRANSIT] = "in_transit",
	[TRACKING_OUT_FOR_DELIVERY] = "out_for_delivery",
	[TRACKING_AVAILABLE_FOR_PICKUP] = "available_for_pickup",
	[TRACKING_FAILURE] = "failure",
	[TRACKING_RETURN_TO_SENDER] = "return_to_sender",
	[TRACKING_DELIVERED] = "delivered",
	[TRACKING_STATUSES] = NULL,
};

bool tracking_status_find(struct span name, enum tracking_status *status)
{
	for (int i = 0; i < TRACKING_STATUSES; i++) {
		if (span_equals(name, tracking_status_names[i])) {
			*status = (enum tracking_status)i;
			return true;
		}
	}
	return false;
}

#define TO(status) (1U << (status))

static const unsigned next_statuses[] = {
	[DELIVERY_PENDING] = TO(DELIVERY_SHIPPED) | TO(DELIVERY_CANCELLED),
	[DELIVERY_SHIPPED] = TO(DELIVERY_DELIVERED),
	[DELIVERY_DELIVERED] = 0,
	[DELIVERY_CANCELLED] = 0,
};

enum { STATUSES = sizeof(next_statuses) / sizeof(next_statuses[0]) };

bool delivery_may_change(enum delivery_status from, enum delivery_status to)
{
	return (next_statuses[from] & TO(to)) != 0;
}

void delivery_write_refusal(enum delivery_status current, struct buf *out)
{
	const char *before = "";

	buf_add_format(out, "\"field\":\"status\",\"current\":\"%s\",\"allowed\":[",
		       delivery_status_name(current));
	for (int to = 0; to < STATUSES; to++) {
		if (!delivery_may_change(current, (enum delivery_status)to))
			continue;
		buf_add_format(out, "%s\"%s\"", before,
			       delivery_status_name((enum delivery_status)to));
		before = ",";
	}
	buf_add_char(out, ']');
}

/* ------------------------------------------------------------------ what goes out */

static int64_t left_of(const struct order_line *line)
{
	return line->quantity - line->shipped - line->planned - line->cancelled;
}

static enum delivery_verdict plan_all(const struct order_line *lines, size_t count,
				      struct delivery_plan *plan)
{
	for (size_t i = 0; i < count; i++) {
		struct order_part *part = &plan->parts[plan->part_count];

		if (left_of(&lines[i]) == 0)
			continue;
		if (plan->part_count == ORDER_PART_LINES_MAX)
			return DELIVERY_TOO_LARGE;
		memcpy(part->product_id, lines[i].product_id, ID_SIZE);
		part->quantity = left_of(&lines[i]);
		plan->part_count++;
	}
	return plan->part_count > 0 ? DELIVERY_FINE : DELIVERY_NOTHING_LEFT;
}

static int64_t left_of_product(const struct order_line *lines, size_t count, const char *product_id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(lines[i].product_id, product_id) == 0)
			return left_of(&lines[i]);
	}
	return 0;
}

static void plan_part(const struct order_part *wanted, int64_t left, struct delivery_plan *plan)
{
	struct order_excess *excess = &plan->excess[plan->excess_count];

	plan->parts[plan->part_count++] = *wanted;
	if (wanted->quantity <= left)
		return;
	memcpy(excess->product_id, wanted->product_id, ID_SIZE);
	excess->requested = wanted->quantity;
	excess->possible = left;
	plan->excess_count++;
}

enum delivery_verdict delivery_plan_make(const struct order_line *lines, size_t count,
					 const struct order_part *wanted, size_t wanted_count,
					 struct delivery_plan *plan)
{
	plan->part_count = 0;
	plan->excess_count = 0;
	if (wanted_count == 0)
		return plan_all(lines, count, plan);
	for (size_t i = 0; i < wanted_count; i++)
		plan_part(&wanted[i], left_of_product(lines, count, wanted[i].product_id), plan);
	return plan->excess_count > 0 ? DELIVERY_TOO_MUCH : DELIVERY_FINE;
}

/* ------------------------------------------------------------------ what is over */

static int64_t part_of(const struct order_delivery *delivery, const char *product_id)
{
	for (size_t i = 0; i < delivery->part_count; i++) {
		if (strcmp(delivery->parts[i].product_id, product_id) == 0)
			return delivery->parts[i].quantity;
	}
	return 0;
}

/* So many of a product the carrier does not deliver but brings back. */
static int64_t sent_back(const char *product_id, const struct order_delivery *deliveries,
			 size_t count)
{
	const char *status = tracking_status_names[TRACKING_RETURN_TO_SENDER];
	int64_t quantity = 0;

	for (size_t i = 0; i < count; i++) {
		if (deliveries[i].status == DELIVERY_SHIPPED &&
		    span_equals(deliveries[i].tracking_status, status))
			quantity += part_of(&deliveries[i], product_id);
	}
	return quantity;
}

bool delivery_are_all_over(const struct order_line *lines, size_t count,
			   const struct order_delivery *deliveries, size_t delivery_count)
{
	for (size_t i = 0; i < count; i++) {
		const struct order_line *line = &lines[i];
		int64_t back = sent_back(line->product_id, deliveries, delivery_count);

		if (line->shipped + line->cancelled != line->quantity)
			return false;
		if (line->returned < back)
			back = line->returned;
		if (line->returned != line->shipped && line->delivered + back < line->shipped)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ what carriers report */

/* What was stored is a status; another tool's word counts as unknown. */
static enum tracking_status known_status(const struct order_delivery *delivery)
{
	enum tracking_status status = TRACKING_UNKNOWN;

	(void)!tracking_status_find(delivery->tracking_status, &status);
	return status;
}

static bool is_newer(const struct order_delivery *delivery, const struct tracking_report *report)
{
	struct span known = delivery->tracked_at;
	int order;

	if (!known.data)
		return true;
	order = strncmp(report->time, known.data, known.len);
	return order > 0 || (order == 0 && report->status > known_status(delivery));
}

static void judge_event(const struct order_delivery *delivery, enum tracking_status status,
			struct tracking_effect *effect)
{
	static const struct {
		bool is_told;
		enum event_type type;
	} events[TRACKING_STATUSES] = {
		[TRACKING_OUT_FOR_DELIVERY] = {true, EVENT_DELIVERY_OUT_FOR_DELIVERY},
		[TRACKING_FAILURE] = {true, EVENT_DELIVERY_FAILED},
		[TRACKING_RETURN_TO_SENDER] = {true, EVENT_DELIVERY_RETURNED},
	};
	bool is_another = !span_equals(delivery->tracking_status, tracking_status_names[status]);
	bool is_late = status == TRACKING_OUT_FOR_DELIVERY &&
		       (delivery->was_out || delivery->status == DELIVERY_DELIVERED);

	effect->is_told = events[status].is_told && is_another && !is_late;
	effect->event = events[status].type;
}

enum delivery_verdict delivery_judge_report(const struct order_delivery *delivery,
					    const struct tracking_report *report,
					    struct tracking_effect *effect)
{
	bool is_under_way =
		delivery->status == DELIVERY_SHIPPED || delivery->status == DELIVERY_DELIVERED;

	*effect = (struct tracking_effect){.is_newest = is_newer(delivery, report)};
	if (report->status != TRACKING_DELIVERED) {
		if (effect->is_newest && is_under_way)
			judge_event(delivery, report->status, effect);
		return DELIVERY_FINE;
	}
	if (!is_under_way)
		return DELIVERY_STATE;
	effect->delivers = delivery->status == DELIVERY_SHIPPED;
	effect->is_told = effect->delivers;
	effect->event = EVENT_DELIVERY_DELIVERED;
	return DELIVERY_FINE;
}
