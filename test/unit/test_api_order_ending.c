#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/order_ending.h"
#include "asking.h"
#include "ending_texts.h"

#define PLACED ORDER_ALL(ORDER_HEAD("placed", "authorized", "unfulfilled", "0", "1"), "")
#define ENDED ORDER_ALL(ORDER_HEAD("expired", "none", "unfulfilled", "0", "1"), "")
#define SHIPPED                                                          \
	ORDER_ALL(ORDER_HEAD("confirmed", "paid", "shipped", "32", "3"), \
		  "," ORDER_DELIVERY("shipped", ORDER_PART(TEA, "4") "," ORDER_PART(POT, "1")))
#define HELD ORDER_STOCKS(ORDER_STOCK(TEA, "6", "4") "," ORDER_STOCK(POT, "1", "1"))
#define FULL ORDER_STOCKS(ORDER_STOCK(TEA, "999999999", "0") "," ORDER_STOCK(POT, "1", "0"))
#define LINES(tea, pot)                                                                        \
	"{\"lines\":[{\"product_id\":\"" TEA "\",\"quantity\":" tea "},{\"product_id\":\"" POT \
	"\",\"quantity\":" pot "}]}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static void ck_assert_problem(const char *code)
{
	ck_assert_msg(asking.rq.reply.code && strcmp(asking.rq.reply.code, code) == 0, "%s",
		      asking_body(&asking));
}

static void ck_assert_says(const char *part)
{
	ck_assert_msg(strstr(asking_body(&asking), part) != NULL, "%s", asking_body(&asking));
}

START_TEST(a_cancelled_order_is_shown)
{
	SCRIPT_PLAY(&asking.on.aws.script, PLACED, HELD, ORDER_DONE);
	ck_assert_int_eq(asking_send(&asking, &post_order_cancel, ORDER, "{}"), 200);
	ck_assert_says("\"status\":\"cancelled\",\"payment_status\":\"voided\"");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"2\"");
}
END_TEST

START_TEST(an_answer_is_kept_for_its_key)
{
	SCRIPT_PLAY(&asking.on.aws.script, PLACED, HELD, ORDER_DONE);
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_cancel, ORDER, "{}"), 200);
	ck_assert_as_rehearsed(&asking);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, SHIPPED, HELD, ORDER_DONE);
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_return, ORDER, LINES("4", "1")), 200);
	ck_assert_as_rehearsed(&asking);
}
END_TEST

START_TEST(what_cannot_be_cancelled_is_409)
{
	SCRIPT_PLAY(&asking.on.aws.script, ENDED, SHIPPED);
	ck_assert_int_eq(asking_send(&asking, &post_order_cancel, ORDER, "{}"), 409);
	ck_assert_problem("invalid-transition");
	ck_assert_says("\"field\":\"status\",\"current\":\"expired\",\"allowed\":[]");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_cancel, ORDER, "{}"), 409);
	ck_assert_says("\"field\":\"fulfillment_status\",\"current\":\"shipped\"");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_cancel, "no id", "{}"), 404);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_cancel, ORDER, "{\"x\":1}"), 422);
}
END_TEST

START_TEST(what_came_back_is_shown)
{
	SCRIPT_PLAY(&asking.on.aws.script, SHIPPED, HELD, ORDER_DONE);
	ck_assert_int_eq(asking_send(&asking, &post_order_return, ORDER, LINES("4", "1")), 200);
	ck_assert_says("\"fulfillment_status\":\"returned\"");
	ck_assert_says("\"shipped\":4,\"returned\":4}");
}
END_TEST

START_TEST(what_cannot_be_returned_is_409)
{
	SCRIPT_PLAY(&asking.on.aws.script, SHIPPED, SHIPPED, FULL, SHIPPED, FULL);
	ck_assert_int_eq(asking_send(&asking, &post_order_return, ORDER, LINES("5", "2")), 409);
	ck_assert_problem("too-many-returned");
	ck_assert_says("\"items\":[{\"product_id\":\"" TEA
		       "\",\"requested\":5,\"possible\":4},{\"product_id\":\"" POT
		       "\",\"requested\":2,\"possible\":1}]");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_return, ORDER, LINES("4", "1")), 409);
	ck_assert_problem("stock-limit");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_return, "no id", LINES("4", "1")), 404);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_return, ORDER, "{}"), 422);
}
END_TEST

static void ask_once(void *context)
{
	const bool *is_return = context;

	asking.on.repo.db.client = aws_client_new(&asking.on.aws.options);
	asking.on.aws.script.next_step = 0;
	asking_renew(&asking);
	if (asking.on.repo.db.client) {
		int status = *is_return ? asking_send(&asking, &post_order_return, ORDER,
						      LINES("5", "1"))
					: asking_send(&asking, &post_order_cancel, ORDER,
						      "{\"reason\":\"r\"}");

		/* A call that is made again takes the script's next step: it may say anything. */
		if (status != (*is_return ? 409 : 200))
			ck_assert(alloc_has_failed());
	}
	asking_renew(&asking);
	aws_client_free(asking.on.repo.db.client);
	asking.on.repo.db.client = asking.on.aws.client;
}

START_TEST(short_memory_is_503)
{
	bool is_return = false;

	SCRIPT_PLAY(&asking.on.aws.script, PLACED, HELD, ORDER_DONE);
	alloc_fail_each(ask_once, &is_return);
	is_return = true;
	SCRIPT_PLAY(&asking.on.aws.script, SHIPPED);
	alloc_fail_each(ask_once, &is_return);
}
END_TEST

Suite *api_order_ending_suite(void)
{
	Suite *suite = suite_create("api_order_ending");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_cancelled_order_is_shown);
	tcase_add_test(tests, an_answer_is_kept_for_its_key);
	tcase_add_test(tests, what_cannot_be_cancelled_is_409);
	tcase_add_test(tests, what_came_back_is_shown);
	tcase_add_test(tests, what_cannot_be_returned_is_409);
	tcase_add_test(tests, short_memory_is_503);
	suite_add_tcase(suite, tests);
	return suite;
}
