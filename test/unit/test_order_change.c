#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/idempotency.h"
#include "order_texts.h"
#include "repo/order_change.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct stored_order order;
static enum order_decision decision;
static enum stock_move move;
static bool has_own;
static bool has_move;
static bool stays_placed;
static bool is_paid;
static unsigned calls;

static enum order_decision decide(struct order_draft *draft, void *context)
{
	struct order *head = &draft->order->head;

	ck_assert_ptr_eq(context, &decision);
	ck_assert_uint_eq(head->version, draft->before->version);
	calls++;
	if (decision != ORDER_WRITE)
		return decision;
	if (!stays_placed)
		head->status = ORDER_CANCELLED;
	if (is_paid)
		draft->order->payments[draft->order->payment_count++].updated_at = draft->now;
	if (has_move)
		for (size_t i = 0; i < draft->order->line_count; i++)
			order_draft_move(draft, draft->order->lines[i].product_id, move,
					 draft->order->lines[i].quantity);
	if (has_own)
		order_draft_write(draft, &(struct dynamodb_write){
						 .action = DYNAMODB_PUT,
						 .key = {"DE#1", "#"},
						 .item = "\"seen\":{\"BOOL\":true}",
						 .condition = "attribute_not_exists(sk)",
					 });
	order_draft_log(draft, "cancelled", NULL, NULL);
	order_draft_tell(draft, EVENT_ORDER_CANCELLED, "\"why\":\"so\"");
	return ORDER_WRITE;
}

static void set_up(void)
{
	scripted_repo_init(&on);
	order = (struct stored_order){0};
	decision = ORDER_WRITE;
	move = STOCK_RELEASE;
	has_own = false;
	has_move = true;
	stays_placed = false;
	is_paid = false;
	calls = 0;
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void start(const char *id, uint64_t expected_version)
{
	order_change_run(&on.repo,
			 &(struct order_change){
				 .order_id = id,
				 .expected_version = expected_version,
				 .by = "staff",
				 .decide = decide,
				 .context = &decision,
			 },
			 &order, &on.await);
}

static void run(enum result expected)
{
	start(ORDER, 0);
	scripted_repo_expect(&on, expected);
}

#define READ FOUND_ITEMS(PLACED_ORDER)
#define CHANGED_HEAD UNMET(HEAD_ITEM("placed", "none", "unfulfilled", "2", ""))

START_TEST(all_is_written_at_once_on_the_version_that_was_read)
{
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCKS), DONE);
	run(RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 1, "BatchGetItem");
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "\"ConditionExpression\":\"version = :v\"");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"1\"},\":next\":{\"N\":\"2\"}");
	ck_assert_sent(&on, 2, "\":s\":{\"S\":\"cancelled\"}");
	ck_assert_sent(&on, 2, "\":g2s\":{\"S\":\"" NOW "#" ORDER "\"}");
	ck_assert_sent(&on, 2,
		       "\"what\":{\"S\":\"cancelled\"},\"from\":{\"S\":\"placed\"},"
		       "\"to\":{\"S\":\"cancelled\"},\"by\":{\"S\":\"staff\"}");
	ck_assert_sent(&on, 2,
		       "\"type\":{\"S\":\"order.cancelled\"},"
		       "\"subject\":{\"S\":\"order/" ORDER "\"}");
	ck_assert_sent(&on, 2, "\\\"why\\\":\\\"so\\\"");
	ck_assert_sent(&on, 2, "\"pk\":{\"S\":\"P#" POT "\"}");
	ck_assert_int_eq(order.head.status, ORDER_CANCELLED);
	ck_assert_uint_eq(order.head.version, 2);
	ck_assert_str_eq(order.head.updated_at, NOW);
	ck_assert_uint_eq(order.history_count, 2);
}
END_TEST

/* What is placed waits for its payment, and is found by that: a note must not put it off. */
START_TEST(a_placed_order_keeps_its_place_but_for_payments)
{
	has_move = false;
	stays_placed = true;
	SCRIPT_PLAY(&on.aws.script, READ, DONE);
	run(RESULT_OK);
	ck_assert_sent(&on, 1, "\":time\":{\"S\":\"" NOW "\"}");
	ck_assert_sent(&on, 1, "\":g2s\":{\"S\":\"" BEFORE "#" ORDER "\"}");
	scripted_repo_renew(&on);
	is_paid = true;
	SCRIPT_PLAY(&on.aws.script, READ, DONE);
	run(RESULT_OK);
	ck_assert_sent(&on, 1, "\":g2s\":{\"S\":\"" NOW "#" ORDER "\"}");
}
END_TEST

START_TEST(that_the_rest_is_cancelled_is_kept_and_stays)
{
	has_move = false;
	SCRIPT_PLAY(&on.aws.script,
		    FOUND_ITEMS(HEAD_ITEM("confirmed", "none", "partial", "1",
					  ",\"rest_cancelled\":{\"BOOL\":true}") "," SNAP_ITEM),
		    DONE);
	run(RESULT_OK);
	ck_assert_sent(&on, 1, "version = :next, rest_cancelled = :rest REMOVE note");
	ck_assert_sent(&on, 1, "\":rest\":{\"BOOL\":true}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, READ, DONE);
	run(RESULT_OK);
	ck_assert_not_sent(&on, 1, "rest");
}
END_TEST

START_TEST(nothing_is_written_when_it_is_left_or_refused)
{
	decision = ORDER_LEAVE;
	SCRIPT_PLAY(&on.aws.script, READ);
	run(RESULT_OK);
	ck_assert_uint_eq(order.head.version, 1);
	scripted_repo_renew(&on);
	decision = ORDER_REFUSE;
	SCRIPT_PLAY(&on.aws.script, READ);
	run(RESULT_INVALID);
	ck_assert_int_eq(order.head.status, ORDER_PLACED);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(""));
	run(RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	start("no id", 0);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(another_version_than_the_expected_one_is_a_conflict_unless_nothing_is_to_change)
{
	static const struct {
		enum order_decision decision;
		enum result result;
	} table[] = {
		{ORDER_WRITE, RESULT_CONFLICT},
		{ORDER_REFUSE, RESULT_CONFLICT},
		{ORDER_LEAVE, RESULT_OK},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		SCRIPT_PLAY(&on.aws.script, READ);
		decision = table[i].decision;
		start(ORDER, 2);
		scripted_repo_expect(&on, table[i].result);
		ck_assert_uint_eq(on.aws.script.request_count, 1);
		ck_assert_uint_eq(order.head.version, 1);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(when_somebody_was_faster_it_is_decided_again)
{
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCKS),
		    CANCELLED(CHANGED_HEAD "," NONE "," NONE "," NONE "," NONE),
		    FOUND_ITEMS(
			    HEAD_ITEM("confirmed", "paid", "unfulfilled", "2", "") "," SNAP_ITEM),
		    BATCH(STOCKS), DONE);
	run(RESULT_OK);
	ck_assert_uint_eq(calls, 2);
	ck_assert_uint_eq(order.head.version, 3);
	ck_assert_sent(&on, 5, "\"from\":{\"S\":\"confirmed\"}");
}
END_TEST

START_TEST(a_stock_that_changed_is_decided_by_again_without_the_order)
{
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCKS),
		    CANCELLED(NONE "," NONE "," NONE "," NONE "," UNMET(STOCK(POT, "0", "9", "9"))),
		    DONE);
	run(RESULT_OK);
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_sent(&on, 3, "\":v\":{\"N\":\"1\"}");
	ck_assert_uint_eq(order.history_count, 2);
}
END_TEST

START_TEST(a_write_of_its_own_may_be_the_reason)
{
	has_own = true;
	has_move = false;
	SCRIPT_PLAY(&on.aws.script, READ, CANCELLED(NONE "," NONE "," NONE "," UNMET_NOTHING));
	run(RESULT_EXISTS);
	ck_assert_sent(&on, 1, "attribute_not_exists(sk)");
}
END_TEST

START_TEST(a_stock_that_does_not_add_up_is_no_answer)
{
	/* Stocks are read after the order, so it is looked at once more. */
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCK(TEA, "20", "2", "7")), READ,
		    BATCH(STOCK(TEA, "20", "2", "7")));
	run(RESULT_GARBLED);
	scripted_repo_renew(&on);
	move = STOCK_GIVE_BACK;
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCK(TEA, "999999999", "0", "7")), READ,
		    BATCH(STOCK(TEA, "999999999", "0", "7")));
	run(RESULT_TOO_LARGE);
}
END_TEST

START_TEST(too_many_others_are_told_to_come_again)
{
	struct script_step steps[2 * ORDER_CHANGE_TRIES + 2];

	has_move = false;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i += 2) {
		steps[i] = (struct script_step)READ;
		steps[i + 1] = (struct script_step)CANCELLED(CHANGED_HEAD "," NONE "," NONE);
	}
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	on.aws.script.is_forgetful = true;
	run(RESULT_THROTTLED);
	ck_assert_uint_eq(calls, ORDER_CHANGE_TRIES);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, {.status = 400, .body = "{\"__type\":\"a#Nonsense\"}"});
	run(RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, READ, {.status = 400, .body = "{\"__type\":\"a#Nonsense\"}"});
	run(RESULT_REFUSED);
}
END_TEST

static enum order_status rehearsed;

static bool rehearse(struct idempotency *idempotency, struct kept_answer *kept)
{
	(void)idempotency;
	rehearsed = order.head.status;
	kept->status = 200;
	kept->body = span_of("the answer");
	return true;
}

START_TEST(with_a_key_the_answer_is_known_before_the_write)
{
	struct idempotency key = {.id = "k", .fingerprint = "f", .rehearse = rehearse};

	on.await.idempotency = &key;
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCKS), DONE);
	run(RESULT_OK);
	ck_assert_int_eq(rehearsed, ORDER_CANCELLED);
	ck_assert_sent(&on, 2, "the answer");
	ck_assert(key.is_kept);
}
END_TEST

static void change_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	start(ORDER, 0);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	has_own = true;
	SCRIPT_PLAY(&on.aws.script, READ, BATCH(STOCKS), DONE, READ, BATCH(STOCKS), DONE);
	alloc_fail_each(change_once, NULL);
}
END_TEST

Suite *order_change_suite(void)
{
	Suite *suite = suite_create("order_change");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, all_is_written_at_once_on_the_version_that_was_read);
	tcase_add_test(tests, a_placed_order_keeps_its_place_but_for_payments);
	tcase_add_test(tests, that_the_rest_is_cancelled_is_kept_and_stays);
	tcase_add_test(tests, nothing_is_written_when_it_is_left_or_refused);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(
		tests,
		another_version_than_the_expected_one_is_a_conflict_unless_nothing_is_to_change);
	tcase_add_test(tests, when_somebody_was_faster_it_is_decided_again);
	tcase_add_test(tests, a_stock_that_changed_is_decided_by_again_without_the_order);
	tcase_add_test(tests, a_write_of_its_own_may_be_the_reason);
	tcase_add_test(tests, a_stock_that_does_not_add_up_is_no_answer);
	tcase_add_test(tests, too_many_others_are_told_to_come_again);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, with_a_key_the_answer_is_known_before_the_write);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
