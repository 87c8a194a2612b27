#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "ending_texts.h"
#include "repo/order_ending_repo.h"
#include "scripted_repo.h"

#define PLACED ORDER_HEAD("placed", "none", "unfulfilled", "0", "1")
#define CONFIRMED ORDER_HEAD("confirmed", "paid", "shipped", "32", "3")
#define SHIPPED "," ORDER_DELIVERY("shipped", ORDER_PART(TEA, "4") "," ORDER_PART(POT, "1"))
#define PENDING "," ORDER_DELIVERY("pending", ORDER_PART(TEA, "4"))
#define HELD ORDER_STOCKS(ORDER_STOCK(TEA, "6", "4") "," ORDER_STOCK(POT, "1", "1"))
#define OUT ORDER_STOCKS(ORDER_STOCK(TEA, "6", "0") "," ORDER_STOCK(POT, "1", "0"))

static struct scripted_repo on;
static struct order_cancelled cancelled;
static struct order_returned returned;
static struct return_body body;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&cancelled, 0, sizeof(cancelled));
	memset(&returned, 0, sizeof(returned));
	body = (struct return_body){.parts = {{TEA, 3}, {POT, 1}}, .part_count = 2};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void cancel(void)
{
	order_ending_repo_cancel(&on.repo, ORDER, "no \"use\"", &cancelled, &on.await);
}

static void give_back(void)
{
	order_ending_repo_return(&on.repo, ORDER, &body, &returned, &on.await);
}

START_TEST(a_cancellation_releases_every_line)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""), HELD, ORDER_DONE);
	cancel();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "BatchGetItem");
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "\":s\":{\"S\":\"cancelled\"},\":p\":{\"S\":\"none\"}");
	ck_assert_sent(&on, 2, "\"pk\":{\"S\":\"P#" TEA "\"}");
	ck_assert_sent(&on, 2, "\"pk\":{\"S\":\"P#" POT "\"}");
	ck_assert_not_sent(&on, 2, "\"pk\":{\"S\":\"M#");
	ck_assert_sent(&on, 2, "\"type\":{\"S\":\"order.cancelled\"}");
	ck_assert_sent(&on, 2, "\"reason\":{\"S\":\"no \\\"use\\\"\"},\"by\"");
	ck_assert_not_sent(&on, 2, "\\\"reason\\\""); /* in the event */
	ck_assert_int_eq(cancelled.order.head.status, ORDER_CANCELLED);
	ck_assert_uint_eq(cancelled.order.head.version, 2);
}
END_TEST

START_TEST(a_cancellation_frees_the_numbers_of_pending_deliveries)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, PENDING), HELD, ORDER_DONE);
	cancel();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"TRK#");
	ck_assert_int_eq(cancelled.order.deliveries[0].status, DELIVERY_CANCELLED);
	ck_assert(!cancelled.is_too_large);
}
END_TEST

#define PARTLY ORDER_HEAD("confirmed", "paid", "partial", "32", "3")
#define ONE_TEA(status) "," ORDER_DELIVERY(status, ORDER_PART(TEA, "1"))
#define REST_HELD ORDER_STOCKS(ORDER_STOCK(TEA, "6", "3") "," ORDER_STOCK(POT, "1", "1"))

START_TEST(of_a_partly_shipped_order_the_rest_is_released)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PARTLY, ONE_TEA("shipped")), REST_HELD, ORDER_DONE);
	cancel();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "\":s\":{\"S\":\"confirmed\"},\":p\":{\"S\":\"paid\"}");
	ck_assert_sent(&on, 2, "\":f\":{\"S\":\"shipped\"}");
	ck_assert_sent(&on, 2, "\":rest\":{\"BOOL\":true}");
	ck_assert_sent(&on, 2, "\":held\":{\"N\":\"-3\"}");
	ck_assert_sent(&on, 2, "\":held\":{\"N\":\"-1\"}");
	ck_assert_sent(&on, 2, "\"what\":{\"S\":\"cancelled\"},\"reason\"");
	ck_assert_not_sent(&on, 2, "\"type\":{\"S\":\"order.");
	ck_assert_int_eq(cancelled.order.lines[0].cancelled, 3);
	ck_assert_int_eq(cancelled.order.lines[1].cancelled, 1);
}
END_TEST

START_TEST(when_what_was_shipped_is_delivered_that_completes_the_order)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PARTLY, ONE_TEA("delivered")), REST_HELD, ORDER_DONE);
	cancel();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "\":s\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 2, "\":f\":{\"S\":\"delivered\"}");
	ck_assert_sent(&on, 2, "\"to\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 2, "\"type\":{\"S\":\"order.completed\"}");
	ck_assert_not_sent(&on, 2, "order.cancelled");
}
END_TEST

/* An order of 90 lines and so many pending deliveries. */
static void write_large(struct buf *out, unsigned deliveries)
{
	buf_init(out, 256 * 1024);
	buf_add_str(out, "{\"Items\":[" PLACED);
	for (unsigned i = 1; i <= deliveries; i++)
		buf_add_format(out,
			       ",{\"sk\":{\"S\":\"D#%04u\"},\"delivery_id\":{\"S\":"
			       "\"40000000-0000-7000-8000-%012u\"},\"number\":{\"N\":\"%u\"},"
			       "\"version\":{\"N\":\"1\"},\"status\":{\"S\":\"pending\"},"
			       "\"carrier\":{\"S\":\"post\"},\"tracking_number\":{\"S\":\"%u\"},"
			       "\"lines\":{\"L\":[{\"M\":{\"product_id\":{\"S\":"
			       "\"00000000-0000-4000-8000-%012u\"},\"quantity\":{\"N\":\"1\"}}}]}}",
			       i, i, i, i, i);
	buf_add_str(out, ",{\"sk\":{\"S\":\"SNAP\"},\"lines\":{\"L\":[");
	for (unsigned i = 1; i <= 90; i++)
		buf_add_format(out,
			       "%s{\"M\":{\"product_id\":{\"S\":"
			       "\"00000000-0000-4000-8000-%012u\"},\"name\":{\"S\":\"tea\"},"
			       "\"price\":{\"N\":\"1\"},\"quantity\":{\"N\":\"1\"}}}",
			       i > 1 ? "," : "", i);
	buf_add_str(out, "]}}]}");
	ck_assert(buf_ok(out));
}

/* 98 writes: head, history, event, 90 stocks, one for all levels, and four numbers. */
START_TEST(more_pending_deliveries_than_fit_are_to_be_cancelled_first)
{
	struct buf order = {0};

	for (unsigned deliveries = 4; deliveries <= 5; deliveries++) {
		write_large(&order, deliveries);
		SCRIPT_PLAY(&on.aws.script, TEXT(buf_text(&order)), ORDER_STOCKS(""), ORDER_DONE);
		scripted_repo_renew(&on);
		cancel();
		scripted_repo_expect(&on, deliveries == 4 ? RESULT_OK : RESULT_INVALID);
		ck_assert_int_eq(cancelled.is_too_large, deliveries == 5);
		buf_clear(&order);
	}
}
END_TEST

START_TEST(what_stands_in_the_way_is_told)
{
	SCRIPT_PLAY(&on.aws.script,
		    ORDER_ALL(ORDER_HEAD("expired", "none", "unfulfilled", "0", "1"), ""),
		    ORDER_ALL(CONFIRMED, SHIPPED), TEXT("{\"Items\":[]}"));
	cancel();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(cancelled.obstacle, ORDER_STATUS);
	scripted_repo_renew(&on);
	cancel();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(cancelled.obstacle, ORDER_FULFILLMENT);
	scripted_repo_renew(&on);
	cancel();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

/* Between its readings of order and stocks another has cancelled. */
START_TEST(stocks_that_do_not_fit_are_a_reason_to_read_the_order_again)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""), OUT,
		    ORDER_ALL(ORDER_HEAD("cancelled", "none", "unfulfilled", "0", "2"), ""));
	cancel();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(cancelled.obstacle, ORDER_STATUS);
}
END_TEST

START_TEST(stocks_that_never_fit_are_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""), OUT, ORDER_ALL(PLACED, ""), OUT);
	cancel();
	scripted_repo_expect(&on, RESULT_GARBLED);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
}
END_TEST

START_TEST(a_return_gives_back_with_movements)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(CONFIRMED, SHIPPED), OUT, ORDER_DONE);
	give_back();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "\":f\":{\"S\":\"shipped\"}");
	ck_assert_sent(&on, 2, "\"sk\":{\"S\":\"R#");
	ck_assert_sent(&on, 2,
		       "\"lines\":{\"L\":[" ORDER_PART(TEA, "3") "," ORDER_PART(POT, "1") "]}");
	ck_assert_sent(&on, 2, "\"pk\":{\"S\":\"M#" TEA "\"}");
	ck_assert_sent(&on, 2,
		       "\"delta\":{\"N\":\"3\"},\"reason\":{\"S\":\"returned\"},"
		       "\"reference\":{\"S\":\"" ORDER "\"}");
	ck_assert_sent(&on, 2, "\"what\":{\"S\":\"returned\"}");
	ck_assert_int_eq(returned.order.lines[0].returned, 3);
	ck_assert_int_eq(returned.order.head.fulfillment_status, FULFILLMENT_SHIPPED);
}
END_TEST

START_TEST(when_all_has_come_back_the_order_is_over)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(CONFIRMED, SHIPPED), OUT, ORDER_DONE);
	body.parts[0].quantity = 4;
	body.reason = "too green";
	give_back();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "\":f\":{\"S\":\"returned\"}");
	ck_assert_sent(&on, 2, "\"reason\":{\"S\":\"too green\"},\"lines\"");
	ck_assert_sent(&on, 2, "\":s\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 2,
		       "\"what\":{\"S\":\"returned\"},\"from\":{\"S\":\"confirmed\"},"
		       "\"to\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 2, "\"type\":{\"S\":\"order.completed\"}");
}
END_TEST

START_TEST(too_much_is_not_taken_back)
{
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(CONFIRMED, SHIPPED), ORDER_ALL(CONFIRMED, SHIPPED),
		    ORDER_STOCKS(ORDER_STOCK(TEA, "999999999", "0") "," ORDER_STOCK(POT, "1", "0")),
		    ORDER_ALL(CONFIRMED, SHIPPED),
		    ORDER_STOCKS(
			    ORDER_STOCK(TEA, "999999999", "0") "," ORDER_STOCK(POT, "1", "0")));
	body.parts[0].quantity = 5;
	give_back();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_uint_eq(returned.excess_count, 1);
	ck_assert(returned.has_room);
	ck_assert_int_eq(returned.excess[0].possible, 4);
	scripted_repo_renew(&on);
	body.parts[0].quantity = 4;
	give_back();
	scripted_repo_expect(&on, RESULT_TOO_LARGE);
}
END_TEST

START_TEST(a_cancelled_order_has_no_pending_delivery)
{
	SCRIPT_PLAY(&on.aws.script,
		    ORDER_ALL(ORDER_HEAD("cancelled", "none", "unfulfilled", "0", "2"),
			      "," ORDER_DELIVERY("pending", ORDER_PART(TEA, "4"))));
	cancel();
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(cancelled.order.deliveries[0].status, DELIVERY_CANCELLED);
}
END_TEST

static void run_once(void *context)
{
	const bool *is_return = context;

	on.aws.script.next_step = 0;
	if (!scripted_repo_enter(&on))
		return;
	if (*is_return)
		give_back();
	else
		cancel();
	/* A call that is made again takes the script's next step, which is beyond understanding. */
	if (scripted_repo_run(&on) != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_changes_nothing)
{
	bool is_return = false;

	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(PLACED, ""), HELD, ORDER_DONE);
	alloc_fail_each(run_once, &is_return);
	is_return = true;
	body.reason = "r";
	SCRIPT_PLAY(&on.aws.script, ORDER_ALL(CONFIRMED, SHIPPED), OUT, ORDER_DONE);
	alloc_fail_each(run_once, &is_return);
}
END_TEST

Suite *order_ending_repo_suite(void)
{
	Suite *suite = suite_create("order_ending_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_cancellation_releases_every_line);
	tcase_add_test(tests, a_cancellation_frees_the_numbers_of_pending_deliveries);
	tcase_add_test(tests, of_a_partly_shipped_order_the_rest_is_released);
	tcase_add_test(tests, when_what_was_shipped_is_delivered_that_completes_the_order);
	tcase_add_test(tests, more_pending_deliveries_than_fit_are_to_be_cancelled_first);
	tcase_add_test(tests, what_stands_in_the_way_is_told);
	tcase_add_test(tests, stocks_that_do_not_fit_are_a_reason_to_read_the_order_again);
	tcase_add_test(tests, stocks_that_never_fit_are_a_failure);
	tcase_add_test(tests, a_return_gives_back_with_movements);
	tcase_add_test(tests, when_all_has_come_back_the_order_is_over);
	tcase_add_test(tests, too_much_is_not_taken_back);
	tcase_add_test(tests, a_cancelled_order_has_no_pending_delivery);
	tcase_add_test(tests, short_memory_changes_nothing);
	suite_add_tcase(suite, tests);
	return suite;
}
