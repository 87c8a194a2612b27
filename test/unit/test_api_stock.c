#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/stock.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define ID "00000000-0000-4000-8000-000000000001"
#define STOCK(available, level, version)                                       \
	"{\"available\":{\"N\":\"" available "\"},\"reserved\":{\"N\":\"2\"}," \
	"\"level\":{\"S\":\"" level "\"},\"version\":{\"N\":\"" version "\"}}"
#define FOUND TEXT("{\"Item\":" STOCK("4", "in", "17") "}")
#define DONE TEXT("{}")
#define NOTHING TEXT("{}")

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

START_TEST(a_stock_is_answered_with_its_tag)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_int_eq(asking_run(&asking, &get_stock, ID), 200);
	ck_assert_str_eq(asking_body(&asking),
			 "{\"available\":4,\"reserved\":2,\"on_hand\":6,\"level\":\"in\","
			 "\"version\":17}\n");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"17\"");
}
END_TEST

START_TEST(the_mark_is_shown_when_there_is_one)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    TEXT("{\"Item\":{\"available\":{\"N\":\"0\"},\"reserved\":{\"N\":\"0\"},"
			 "\"level\":{\"S\":\"out\"},\"low_stock_at\":{\"N\":\"0\"},"
			 "\"version\":{\"N\":\"1\"}}}"));
	ck_assert_int_eq(asking_run(&asking, &get_stock, ID), 200);
	ck_assert_says("\"level\":\"out\",\"low_stock_at\":0,\"version\":1}");
}
END_TEST

START_TEST(a_product_that_is_not_there_is_404_for_every_method)
{
	static const char body[] = "{\"on_hand\":1}";
	static const char delta[] = "{\"delta\":1,\"reason\":\"r\"}";

	SCRIPT_PLAY(&asking.on.aws.script, NOTHING);
	ck_assert_int_eq(asking_run(&asking, &get_stock, ID), 404);
	ck_assert_problem("product-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_run(&asking, &get_stock, "no id"), 404);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &put_stock, ID, body), 404);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_stock, ID, delta), 404);
	ck_assert_problem("product-not-found");
}
END_TEST

START_TEST(a_change_is_answered_with_the_stock_as_it_is_then)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, DONE,
		    TEXT("{\"Item\":" STOCK("3", "in", "19") "}"));
	ck_assert_int_eq(asking_send(&asking, &post_stock, ID,
				     "{\"delta\":-1,\"reason\":\"sold\"}"),
			 200);
	ck_assert_says("{\"available\":3,\"reserved\":2,\"on_hand\":5,\"level\":\"in\"");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"19\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, DONE);
	ck_assert_int_eq(asking_send(&asking, &put_stock, ID, "{\"on_hand\":2}"), 200);
	ck_assert_says("{\"available\":0,\"reserved\":2,\"on_hand\":2,\"level\":\"out\"");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"18\"");
}
END_TEST

START_TEST(mistakes_are_told_and_nothing_is_asked)
{
	ck_assert_int_eq(asking_send(&asking, &post_stock, ID, "{\"delta\":0,\"why\":1}"), 422);
	ck_assert_problem("validation-failed");
	ck_assert_says("{\"field\":\"delta\",\"code\":\"zero\"");
	ck_assert_says("{\"field\":\"why\",\"code\":\"unknown-field\"");
	ck_assert_says("{\"field\":\"reason\",\"code\":\"required\"");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &put_stock, ID, "{}"), 422);
	ck_assert_says("{\"field\":\"on_hand\",\"code\":\"required\"");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(what_a_rule_forbids_is_409_with_its_code)
{
	static const struct {
		const struct endpoint *endpoint;
		const char *body;
		const char *code;
		const char *says;
	} table[] = {
		{&post_stock, "{\"delta\":-5,\"reason\":\"r\"}", "insufficient-stock",
		 "\"items\":[{\"product_id\":\"" ID "\",\"requested\":5,\"available\":4}]"},
		{&post_stock, "{\"delta\":999999999,\"reason\":\"r\"}", "stock-limit",
		 "999,999,999"},
		{&put_stock, "{\"on_hand\":1}", "below-reserved", "2 are reserved."},
		{&put_stock, "{\"on_hand\":5,\"change_from\":4}", "stock-changed",
		 "There are 6 on hand now."},
	};

	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_int_eq(asking_send(&asking, table[i].endpoint, ID, table[i].body), 409);
		ck_assert_problem(table[i].code);
		ck_assert_says(table[i].says);
		ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(a_match_may_be_required_of_put_but_not_of_post)
{
	asking.config.is_match_required = true;
	ck_assert_int_eq(asking_send(&asking, &put_stock, ID, "{\"on_hand\":1}"), 428);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, DONE, FOUND);
	ck_assert_int_eq(asking_send(&asking, &post_stock, ID, "{\"delta\":1,\"reason\":\"r\"}"),
			 200);
}
END_TEST

static void ask_once(void *context)
{
	const char *body = context;

	asking.on.repo.db.client = aws_client_new(&asking.on.aws.options);
	asking.on.aws.script.next_step = 0;
	asking_renew(&asking);
	if (asking.on.repo.db.client) {
		int status = asking_send(&asking, &post_stock, ID, body);

		ck_assert(status == 200 || status == 409 || status == 422 ||
			  (status == 503 && alloc_has_failed()));
	}
	asking_renew(&asking);
	aws_client_free(asking.on.repo.db.client);
	asking.on.repo.db.client = asking.on.aws.client;
}

START_TEST(short_memory_is_503)
{
	static char good[] = "{\"delta\":-1,\"reason\":\"r\"}";
	static char much[] = "{\"delta\":-9,\"reason\":\"r\"}";
	static char bad[] = "{\"delta\":0}";

	SCRIPT_PLAY(&asking.on.aws.script, FOUND, FOUND, FOUND);
	alloc_fail_each(ask_once, good);
	alloc_fail_each(ask_once, much);
	alloc_fail_each(ask_once, bad);
}
END_TEST

Suite *api_stock_suite(void)
{
	Suite *suite = suite_create("api_stock");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_stock_is_answered_with_its_tag);
	tcase_add_test(tests, the_mark_is_shown_when_there_is_one);
	tcase_add_test(tests, a_product_that_is_not_there_is_404_for_every_method);
	tcase_add_test(tests, a_change_is_answered_with_the_stock_as_it_is_then);
	tcase_add_test(tests, mistakes_are_told_and_nothing_is_asked);
	tcase_add_test(tests, what_a_rule_forbids_is_409_with_its_code);
	tcase_add_test(tests, a_match_may_be_required_of_put_but_not_of_post);
	tcase_add_test(tests, short_memory_is_503);
	suite_add_tcase(suite, tests);
	return suite;
}
