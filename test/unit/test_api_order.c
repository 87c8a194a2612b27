#include <check.h>
#include <string.h>

#include "api/order.h"
#include "api/order_reply.h"
#include "asking.h"
#include "order_texts.h"

#define BODY "{\"checkout_id\":\"" ORDER "\"}"

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

START_TEST(a_new_order_is_201_and_the_same_again_200)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(HELD), DONE);
	ck_assert_int_eq(asking_send(&asking, &post_order, NULL, BODY), 201);
	ck_assert_str_eq(asking_header(&asking, "Location"), "/order/" ORDER);
	ck_assert_says("\"status\":\"placed\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(CHECKOUT_ITEM("used", LATER, "2", "")),
		    FOUND_ITEMS(PLACED_ORDER));
	ck_assert_int_eq(asking_send(&asking, &post_order, NULL, BODY), 200);
	ck_assert_ptr_null(asking_header(&asking, "Location"));
}
END_TEST

START_TEST(with_a_key_its_answer_is_kept_by_its_write)
{
	asking_key(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(HELD), DONE);
	ck_assert_int_eq(asking_send(&asking, &post_order, NULL, BODY), 201);
	ck_assert_as_rehearsed(&asking);
}
END_TEST

START_TEST(what_cannot_be_ordered_is_refused)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(CHECKOUT_ITEM("released", NOW, "2", "")));
	ck_assert_int_eq(asking_send(&asking, &post_order, NULL, BODY), 410);
	ck_assert_problem("checkout-ended");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order, NULL, "{}"), 422);
}
END_TEST

START_TEST(what_is_over_is_ended_by_a_write_that_keeps_the_answer)
{
	asking_key(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(OVER), GOT(OVER), BATCH(STOCKS), DONE);
	ck_assert_int_eq(asking_send(&asking, &post_order, NULL, BODY), 410);
	ck_assert_problem("checkout-ended");
	ck_assert_as_rehearsed(&asking);
}
END_TEST

START_TEST(an_order_is_shown_with_its_tag)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(PLACED_ORDER));
	ck_assert_int_eq(asking_run(&asking, &get_order, ORDER), 200);
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"1\"");
	ck_assert_ptr_null(strstr(asking_body(&asking), "history"));
	asking_renew(&asking);
	asking_query(&asking, "expand", "history");
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(PLACED_ORDER));
	ck_assert_int_eq(asking_run(&asking, &get_order, ORDER), 200);
	ck_assert_says("\"history\":[{");
	asking_renew(&asking);
	asking_query(&asking, "expand", "all");
	ck_assert_int_eq(asking_run(&asking, &get_order, ORDER), 400);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""));
	ck_assert_int_eq(asking_run(&asking, &get_order, ORDER), 404);
	ck_assert_problem("order-not-found");
}
END_TEST

START_TEST(a_note_is_set_and_what_is_the_same_is_left)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(PLACED_ORDER), DONE);
	ck_assert_int_eq(asking_send(&asking, &patch_order, ORDER, "{\"note\":\"a \\\"b\\\"\"}"),
			 200);
	ck_assert_says("\"note\":\"a \\\"b\\\"\"");
	ck_assert_sent(&asking.on, 1, "SET #s = :s");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(PLACED_ORDER));
	ck_assert_int_eq(asking_send(&asking, &patch_order, ORDER, "{\"note\":null}"), 200);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(PLACED_ORDER));
	ck_assert_int_eq(asking_send(&asking, &patch_order, ORDER, "{}"), 200);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &patch_order, ORDER, "{\"note\":7}"), 422);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""));
	ck_assert_int_eq(asking_send(&asking, &patch_order, ORDER, "{}"), 404);
}
END_TEST

START_TEST(a_list_is_of_one_status_or_of_all)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""));
	ck_assert_int_eq(asking_run(&asking, &get_orders, NULL), 200);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 4 * ORDER_STATUSES);
	asking_renew(&asking);
	asking_query(&asking, "status", "paid");
	ck_assert_int_eq(asking_run(&asking, &get_orders, NULL), 400);
	ck_assert_problem("invalid-parameter");
}
END_TEST

/* The last two are what a "+" becomes that was not percent-encoded. */
START_TEST(a_list_takes_times_with_any_offset)
{
	static const char *const same[] = {
		"2015-08-30T12:36:00Z",      "2015-08-30T14:36:00.000+02:00",
		"2015-08-30T08:06:00-04:30", "2015-08-30T14:36:00 02:00",
		"2015-08-30T12:36:00 00:00",
	};
	static const char *const none[] = {
		"",
		" 02:00",
		"soon",
		"2015-08-30",
		"2015-08-30T12:36:00",
		"2015-08-30T12:36:00 0200",
		"2015-08-30T12:36:00.0000000000000000000000000000000000000000000000000000000Z",
	};

	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		asking_query(&asking, "from", same[i]);
		asking_query(&asking, "to", same[i]);
		ck_assert_int_eq(asking_run(&asking, &get_orders, NULL), 200);
		ck_assert_sent(&asking.on, 0,
			       ":low\":{\"S\":\"" NOW "#\"},\":high\":{\"S\":\"" NOW "$\"}");
		asking_renew(&asking);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		asking_query(&asking, i % 2 ? "from" : "to", none[i]);
		ck_assert_msg(asking_run(&asking, &get_orders, NULL) == 400, "%s", none[i]);
		ck_assert_problem("invalid-parameter");
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(a_list_takes_a_status_and_times)
{
	asking_query(&asking, "status", "placed");
	asking_query(&asking, "from", "2015-08-30T12:36:00Z");
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""));
	ck_assert_int_eq(asking_run(&asking, &get_orders, NULL), 200);
	ck_assert_says("{\"data\":[]}");
	ck_assert_sent(&asking.on, 0, "\":low\":{\"S\":\"" NOW "#\"}");
	asking_renew(&asking);
	asking_query(&asking, "status", "placed");
	asking_query(&asking, "to", "soon");
	ck_assert_int_eq(asking_run(&asking, &get_orders, NULL), 400);
}
END_TEST

START_TEST(a_user_without_orders_is_told_from_no_user)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""), GOT("{\"version\":{\"N\":\"1\"}}"));
	ck_assert_int_eq(asking_run(&asking, &get_user_orders, USER), 200);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND_ITEMS(""), GOT_NOTHING);
	ck_assert_int_eq(asking_run(&asking, &get_user_orders, USER), 404);
	ck_assert_problem("user-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_run(&asking, &get_user_orders, "x"), 404);
}
END_TEST

Suite *api_order_suite(void)
{
	Suite *suite = suite_create("api_order");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_new_order_is_201_and_the_same_again_200);
	tcase_add_test(tests, with_a_key_its_answer_is_kept_by_its_write);
	tcase_add_test(tests, what_cannot_be_ordered_is_refused);
	tcase_add_test(tests, what_is_over_is_ended_by_a_write_that_keeps_the_answer);
	tcase_add_test(tests, an_order_is_shown_with_its_tag);
	tcase_add_test(tests, a_note_is_set_and_what_is_the_same_is_left);
	tcase_add_test(tests, a_list_is_of_one_status_or_of_all);
	tcase_add_test(tests, a_list_takes_times_with_any_offset);
	tcase_add_test(tests, a_list_takes_a_status_and_times);
	tcase_add_test(tests, a_user_without_orders_is_told_from_no_user);
	suite_add_tcase(suite, tests);
	return suite;
}
