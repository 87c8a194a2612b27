#include "domain/payment.h"

#include "domain/money.h"

/* What is known while it is decided. */
struct judging {
	const struct order *order;
	const struct order_payment *earlier; /* of the same reference; NULL: none */
	size_t count;
	const struct payment *told;
	bool has_amount; /* and it can be one of the order's currency */
	int64_t amount;  /* 0 of a failed one */
	struct payment_decision made;
};

static void find_earlier(struct judging *j, const struct order_payment *payments)
{
	j->made.is_new = true;
	j->made.place = j->count;
	for (size_t i = 0; i < j->count; i++) {
		if (!span_same(payments[i].reference, j->told->reference))
			continue;
		j->earlier = &payments[i];
		j->made.is_new = false;
		j->made.place = i;
	}
}

static void read_amount(struct judging *j)
{
	unsigned decimals;

	if (j->told->status == PAYMENT_FAILED)
		return;
	j->has_amount = money_currency_decimals(span_of(j->order->currency), &decimals) &&
			money_parse(j->told->amount, decimals, &j->amount) == MONEY_FINE;
}

static bool is_dead(const struct order *order)
{
	return order->status == ORDER_EXPIRED || order->status == ORDER_CANCELLED;
}

/* All of it was paid before, whatever has gone back since: this was taken a second time. */
static bool is_second(const struct judging *j)
{
	enum payment_status now = j->order->payment_status;

	return j->told->status == PAYMENT_PAID && j->order->total > 0 &&
	       (now == PAYMENT_PAID || now == PAYMENT_PARTIALLY_REFUNDED ||
		now == PAYMENT_REFUNDED);
}

/* ------------------------------------------------------------------ the same reference again */

/* Attempts may be repeated under one reference, and what was authorized is captured later. */
static bool follows(enum payment_status before, enum payment_status after)
{
	if (before == PAYMENT_AUTHORIZED)
		return after == PAYMENT_PAID || after == PAYMENT_FAILED;
	return before == PAYMENT_FAILED && (after == PAYMENT_AUTHORIZED || after == PAYMENT_PAID);
}

/* Reports arrive late and out of order, so what a payment has gone through already is known too. */
static bool is_known(enum payment_status before, enum payment_status after)
{
	return before == after || (before == PAYMENT_PAID && after == PAYMENT_AUTHORIZED);
}

static bool is_for_another_amount(const struct judging *j)
{
	return j->earlier->status != PAYMENT_FAILED && j->told->status != PAYMENT_FAILED &&
	       !(j->has_amount && j->amount == j->earlier->amount);
}

/* PAY_TAKEN: go on. */
static enum payment_verdict judge_reference(const struct judging *j)
{
	enum payment_status after = j->told->status;

	if (!j->earlier) {
		if (after == PAYMENT_FAILED && j->count >= PAYMENT_FAILURES_MAX)
			return PAY_KNOWN;
		return j->count < ORDER_PAYMENTS_MAX ? PAY_TAKEN : PAY_TOO_MANY;
	}
	if (is_for_another_amount(j))
		return PAY_REFERENCE_REUSED;
	if (is_known(j->earlier->status, after))
		return PAY_KNOWN;
	return follows(j->earlier->status, after) ? PAY_TAKEN : PAY_REFERENCE_REUSED;
}

/* ------------------------------------------------------------------ by what was told */

static void raise(struct judging *j, enum event_type type)
{
	j->made.events[j->made.event_count++] = type;
}

/* What was paid beyond the total goes back first: until then all of the total is still paid. */
static enum payment_status after_refund(const struct judging *j)
{
	const struct order *order = j->order;
	enum payment_status now = order->payment_status;

	if (now != PAYMENT_PAID && now != PAYMENT_PARTIALLY_REFUNDED)
		return now;
	if (j->made.refunded == order->paid)
		return PAYMENT_REFUNDED;
	return j->made.refunded > order->paid - order->total ? PAYMENT_PARTIALLY_REFUNDED : now;
}

/* What was paid for a dead order can be given back too, whatever its status was left at. */
static enum payment_verdict judge_refund(struct judging *j)
{
	int64_t left = j->order->paid - j->order->refunded;

	if (left <= 0)
		return PAY_REFUSED;
	j->made.expected = left;
	if (!j->has_amount || j->amount == 0 || j->amount > left)
		return PAY_WRONG_AMOUNT;
	j->made.refunded += j->amount;
	j->made.payment_status = after_refund(j);
	j->made.what = "refunded";
	raise(j, EVENT_ORDER_REFUNDED);
	return PAY_TAKEN;
}

static enum payment_verdict add_paid(struct judging *j)
{
	if (j->told->status != PAYMENT_PAID)
		return PAY_TAKEN;
	if (j->amount > INT64_MAX - j->made.paid)
		return PAY_TOO_MANY;
	j->made.paid += j->amount;
	return PAY_TAKEN;
}

static enum payment_verdict judge_orphan(struct judging *j)
{
	if (j->told->status == PAYMENT_FAILED)
		return PAY_TAKEN;
	j->made.payment.is_orphaned = true;
	j->made.what = "payment_orphaned";
	raise(j, EVENT_PAYMENT_ORPHANED);
	return add_paid(j);
}

static enum payment_verdict judge_live(struct judging *j)
{
	j->made.payment_status = j->told->status;
	if (j->told->status == PAYMENT_FAILED)
		return PAY_TAKEN;
	if (j->order->status == ORDER_PLACED) {
		j->made.status = ORDER_CONFIRMED;
		raise(j, EVENT_ORDER_CONFIRMED);
	}
	return add_paid(j);
}

/* An authorization fails by its own reference only; another attempt takes nothing away from it. */
static bool may_become(const struct judging *j, enum payment_status status)
{
	enum payment_status now = j->order->payment_status;

	if (now == PAYMENT_AUTHORIZED && status == PAYMENT_FAILED &&
	    !(j->earlier && j->earlier->status == PAYMENT_AUTHORIZED))
		return false;
	return order_state_may_change(ORDER_PAYMENT, now, status);
}

static enum payment_verdict judge_payment(struct judging *j)
{
	static const char *const whats[PAYMENT_STATUSES] = {
		[PAYMENT_AUTHORIZED] = "authorized",
		[PAYMENT_PAID] = "paid",
		[PAYMENT_FAILED] = "payment_failed",
	};
	enum payment_status status = j->told->status;
	bool is_orphan = is_dead(j->order) || is_second(j);

	if (!is_orphan && !may_become(j, status))
		return PAY_REFUSED;
	j->made.expected = j->order->total;
	if (status != PAYMENT_FAILED && !(j->has_amount && j->amount == j->order->total))
		return PAY_WRONG_AMOUNT;
	j->made.what = whats[status];
	return is_orphan ? judge_orphan(j) : judge_live(j);
}

/* ------------------------------------------------------------------ all of it */

struct payment_decision payment_decide(const struct order *order,
				       const struct order_payment *payments, size_t count,
				       const struct payment *told)
{
	struct judging j = {
		.order = order,
		.count = count,
		.told = told,
		.made = {.status = order->status,
			 .payment_status = order->payment_status,
			 .paid = order->paid,
			 .refunded = order->refunded},
	};

	find_earlier(&j, payments);
	read_amount(&j);
	if (j.earlier)
		j.made.payment = *j.earlier;
	j.made.payment.reference = told->reference;
	j.made.payment.status = told->status;
	j.made.payment.amount = j.amount;
	j.made.payment.is_orphaned = false;
	j.made.verdict = judge_reference(&j);
	if (j.made.verdict == PAY_TAKEN)
		j.made.verdict =
			told->status == PAYMENT_REFUNDED ? judge_refund(&j) : judge_payment(&j);
	return j.made;
}
