#include "repo/order_payment.h"

#include <string.h>

#include "domain/money.h"

enum { EXTRA_MAX = 1024 };

struct run {
	struct payment told;
	struct order_paid *out;
};

/* `"payment":{…}`, for events; NULL when out of memory. */
static const char *describe(const struct order_draft *draft, const struct order_payment *payment)
{
	struct buf text = {0};
	char amount[MONEY_SIZE];
	const char *kept = NULL;

	order_item_amount(draft->before, payment->amount, amount);
	buf_init(&text, EXTRA_MAX);
	buf_add_str(&text, "\"payment\":{\"reference\":\"");
	buf_add(&text, payment->reference.data, payment->reference.len);
	buf_add_format(&text, "\",\"status\":\"%s\",\"amount\":%s}",
		       order_state_name(ORDER_PAYMENT, payment->status), amount);
	if (buf_ok(&text))
		kept = arena_copy(draft->arena, text.data, text.len);
	buf_clear(&text);
	return kept;
}

static void apply(struct order_draft *draft, const struct payment_decision *made)
{
	struct order *head = &draft->order->head;
	struct order_payment *payment = &draft->order->payments[made->place];

	head->status = made->status;
	head->payment_status = made->payment_status;
	head->paid = made->paid;
	head->refunded = made->refunded;
	*payment = made->payment;
	payment->updated_at = draft->now;
	if (made->is_new) {
		payment->created_at = draft->now;
		draft->order->payment_count++;
	}
	order_draft_put_payment(draft, payment);
	order_draft_log(draft, made->what, NULL, NULL);
}

static enum order_decision decide(struct order_draft *draft, void *context)
{
	struct run *run = context;
	const struct payment_decision made =
		payment_decide(&draft->order->head, draft->order->payments,
			       draft->order->payment_count, &run->told);
	const char *extra;

	run->out->verdict = made.verdict;
	run->out->expected = made.expected;
	if (made.verdict != PAY_TAKEN)
		return made.verdict == PAY_KNOWN ? ORDER_LEAVE : ORDER_REFUSE;
	extra = describe(draft, &made.payment);
	if (!extra)
		order_draft_fail(draft, RESULT_NO_MEMORY);
	apply(draft, &made);
	for (size_t i = 0; i < made.event_count; i++)
		order_draft_tell(draft, made.events[i], extra);
	return ORDER_WRITE;
}

void order_payment_record(struct repo *repo, const struct order_paying *paying,
			  struct order_paid *out, struct await *await)
{
	struct run *run = arena_alloc(await->arena, sizeof(*run));
	struct span reference = order_item_escape(await->arena, paying->told.reference);

	if (!run || !reference.data) {
		await_start(await);
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	run->told = (struct payment){reference, paying->told.status, paying->told.amount};
	run->out = out;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = paying->order_id,
				 .expected_version = paying->expected_version,
				 .by = paying->by,
				 .decide = decide,
				 .context = run,
			 },
			 &out->order, await);
}
