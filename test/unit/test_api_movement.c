#include <check.h>
#include <string.h>

#include "api/movement.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define ID "00000000-0000-4000-8000-000000000001"
#define MOVEMENT(n, more)                                                                    \
	"{\"pk\":{\"S\":\"M#" ID "\"},\"sk\":{\"S\":\"019aaaaa-0000-7000-8000-00000000000" n \
	"\"},\"delta\":{\"N\":\"-3\"},\"reason\":{\"S\":\"sold\"},\"time\":{\"S\":\"T\"},"   \
	"\"by\":{\"S\":\"staff\"},\"ttl\":{\"N\":\"1\"}" more "}"
#define NOTHING TEXT("{\"Items\":[]}")
#define STOCK                                                                     \
	TEXT("{\"Item\":{\"available\":{\"N\":\"0\"},\"reserved\":{\"N\":\"0\"}," \
	     "\"level\":{\"S\":\"out\"},\"version\":{\"N\":\"1\"}}}")

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

START_TEST(the_ledger_is_read_backwards_and_consistently)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    TEXT("{\"Items\":[" MOVEMENT(
			    "2",
			    ",\"reference\":{\"S\":\"order \\\"1\\\"\"}") "," MOVEMENT("1",
										       "") "]}"));
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 200);
	ck_assert_str_eq(asking_body(&asking),
			 "{\"data\":[{\"id\":\"019aaaaa-0000-7000-8000-000000000002\","
			 "\"time\":\"T\",\"delta\":-3,\"reason\":\"sold\","
			 "\"reference\":\"order \\\"1\\\"\",\"by\":\"staff\"},"
			 "{\"id\":\"019aaaaa-0000-7000-8000-000000000001\",\"time\":\"T\","
			 "\"delta\":-3,\"reason\":\"sold\",\"by\":\"staff\"}]}\n");
	ck_assert_sent(&asking.on, 0, "{\":p\":{\"S\":\"M#" ID "\"}}");
	ck_assert_sent(&asking.on, 0, "\"ScanIndexForward\":false");
	ck_assert_sent(&asking.on, 0, "\"ConsistentRead\":true");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_page_has_a_next_one)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    TEXT("{\"Items\":[" MOVEMENT("2", "") "," MOVEMENT("1", "") "]}"));
	asking_query(&asking, "limit", "1");
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 200);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"next\":\""));
	ck_assert_ptr_nonnull(asking_header(&asking, "Link"));
}
END_TEST

START_TEST(a_product_that_never_had_stock_has_an_empty_ledger)
{
	SCRIPT_PLAY(&asking.on.aws.script, NOTHING, STOCK);
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
	ck_assert_operation(&asking.on, 1, "GetItem");
}
END_TEST

START_TEST(no_product_and_no_ledger_is_404)
{
	SCRIPT_PLAY(&asking.on.aws.script, NOTHING, TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 404);
	ck_assert_str_eq(asking.rq.reply.code, "product-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_run(&asking, &get_movements, "no id"), 404);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(limit_and_cursor_are_judged)
{
	asking_query(&asking, "limit", "101");
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 400);
	ck_assert_str_eq(asking.rq.reply.code, "invalid-parameter");
	asking_renew(&asking);
	asking_query(&asking, "cursor", "AAAA");
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 400);
	ck_assert_str_eq(asking.rq.reply.code, "invalid-cursor");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(what_another_tool_has_put_there_is_shown_as_far_as_it_goes)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    TEXT("{\"Items\":[{\"sk\":{\"S\":\"x\"},\"delta\":{\"Q\":\"1\"}}]}"));
	ck_assert_int_eq(asking_run(&asking, &get_movements, ID), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[{\"id\":\"x\"}]}\n");
}
END_TEST

Suite *api_movement_suite(void)
{
	Suite *suite = suite_create("api_movement");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_ledger_is_read_backwards_and_consistently);
	tcase_add_test(tests, a_page_has_a_next_one);
	tcase_add_test(tests, a_product_that_never_had_stock_has_an_empty_ledger);
	tcase_add_test(tests, no_product_and_no_ledger_is_404);
	tcase_add_test(tests, limit_and_cursor_are_judged);
	tcase_add_test(tests, what_another_tool_has_put_there_is_shown_as_far_as_it_goes);
	suite_add_tcase(suite, tests);
	return suite;
}
