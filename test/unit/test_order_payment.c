#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "ending_texts.h"
#include "repo/order_payment.h"
#include "scripted_repo.h"

#define PLACED ORDER_HEAD("placed", "none", "unfulfilled", "0", "1")
#define PAID ORDER_HEAD("confirmed", "paid", "unfulfilled", "32", "2")
#define EXPIRED ORDER_HEAD("expired", "none", "unfulfilled", "0", "2")

static struct scripted_repo on;
static struct order_paid out;
static struct order_paying paying;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&out, 0, sizeof(out));
	paying = (struct order_paying){
		.order_id = ORDER,
		.by = "staff",
		.told = {.reference = "pay \"1\"",
			 .status = PAYMENT_PAID,
			 .amount = span_of("32.0")},
	};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void start(void)
{
	order_payment_record(&on.repo, &paying, &out, &on.await);
}

START_TEST(a_payment_is_written_with_all_that_follows)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""), ORDER_DONE);
	start();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "\"version = :v\"");
	ck_assert_sent(&on, 1, "\":s\":{\"S\":\"confirmed\"},\":p\":{\"S\":\"paid\"}");
	ck_assert_sent(&on, 1, "\":paid\":{\"N\":\"32\"},\":refunded\":{\"N\":\"0\"}");
	ck_assert_sent(&on, 1,
		       "\"reference\":{\"S\":\"pay \\\"1\\\"\"},\"status\":{\"S\":\"paid\"},"
		       "\"amount\":{\"N\":\"32\"},\"created_at\":{\"S\":\"2015-");
	ck_assert_sent(&on, 1,
		       "\"what\":{\"S\":\"paid\"},\"from\":{\"S\":\"placed\"},"
		       "\"to\":{\"S\":\"confirmed\"},\"by\":{\"S\":\"staff\"}");
	ck_assert_sent(&on, 1, "\"type\":{\"S\":\"order.confirmed\"}");
	ck_assert_int_eq(out.verdict, PAY_TAKEN);
	ck_assert_uint_eq(out.order.head.version, 2);
	ck_assert_uint_eq(out.order.payment_count, 1);
}
END_TEST

START_TEST(what_was_recorded_before_is_not_written)
{
	SCRIPT_PLAY(&on.aws.script,
		    ORDER_ALL(PAID, "," ORDER_PAYMENT_ITEM("pay \\\"1\\\"", "paid", "32")));
	start();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(out.verdict, PAY_KNOWN);
	ck_assert_uint_eq(out.order.head.version, 2);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_capture_replaces_the_authorization)
{
	SCRIPT_PLAY(&on.aws.script,
		    ORDER_ALL(ORDER_HEAD("confirmed", "authorized", "unfulfilled", "0", "2"),
			      "," ORDER_PAYMENT_ITEM("r", "authorized", "32")),
		    ORDER_DONE);
	paying.told.reference = "r";
	start();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\"sk\":{\"S\":\"PAY#r\"}");
	ck_assert_sent(&on, 1, "\"created_at\":{\"S\":\"PC\"},\"updated_at\":{\"S\":\"2015-");
	ck_assert_not_sent(&on, 1, "order.confirmed");
	ck_assert_uint_eq(out.order.payment_count, 1);
}
END_TEST

START_TEST(a_late_one_is_orphaned)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(EXPIRED, ""), ORDER_DONE);
	start();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\":s\":{\"S\":\"expired\"},\":p\":{\"S\":\"none\"}");
	ck_assert_sent(&on, 1, "\"is_orphaned\":{\"BOOL\":true}");
	ck_assert_sent(&on, 1, "\"type\":{\"S\":\"payment.orphaned\"}");
	ck_assert_sent(&on, 1, "\\\"payment\\\":{\\\"reference\\\":\\\"pay \\\\\\\"1\\\\\\\"\\\"");
}
END_TEST

START_TEST(a_refusal_says_why)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""));
	paying.told.amount = span_of("31");
	start();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(out.verdict, PAY_WRONG_AMOUNT);
	ck_assert_int_eq(out.expected, 3200);
	scripted_repo_renew(&on);
	paying.told.status = PAYMENT_REFUNDED;
	start();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(out.verdict, PAY_REFUSED);
	ck_assert_int_eq(out.order.head.payment_status, PAYMENT_NONE);
}
END_TEST

START_TEST(there_may_be_no_order_or_another_version)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[]}"), ORDER_ALL(PAID, ""));
	start();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	paying.order_id = "no id";
	start();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	paying.order_id = ORDER;
	paying.expected_version = 1;
	start();
	scripted_repo_expect(&on, RESULT_CONFLICT);
}
END_TEST

START_TEST(who_was_overtaken_decides_again)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""),
		    CANCELLED(ORDER_UNMET "," NONE "," NONE "," NONE), ORDER_ALL(EXPIRED, ""),
		    ORDER_DONE);
	start();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_not_sent(&on, 3, "order.confirmed");
	ck_assert_sent(&on, 3, "payment.orphaned");
	ck_assert_int_eq(out.order.head.status, ORDER_EXPIRED);
}
END_TEST

static void record_once(void *context)
{
	(void)context;
	on.aws.script.next_step = 0;
	if (!scripted_repo_enter(&on))
		return;
	start();
	/* A call that is made again takes the script's next step, which is beyond understanding. */
	if (scripted_repo_run(&on) != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_records_nothing)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(EXPIRED, ""), ORDER_DONE);
	alloc_fail_each(record_once, NULL);
}
END_TEST

Suite *order_payment_suite(void)
{
	Suite *suite = suite_create("order_payment");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_payment_is_written_with_all_that_follows);
	tcase_add_test(tests, what_was_recorded_before_is_not_written);
	tcase_add_test(tests, a_capture_replaces_the_authorization);
	tcase_add_test(tests, a_late_one_is_orphaned);
	tcase_add_test(tests, a_refusal_says_why);
	tcase_add_test(tests, there_may_be_no_order_or_another_version);
	tcase_add_test(tests, who_was_overtaken_decides_again);
	tcase_add_test(tests, short_memory_records_nothing);
	suite_add_tcase(suite, tests);
	return suite;
}
