#include <check.h>
#include <stdio.h>
#include <string.h>

#include "serving.h"

#define SHOP "https://shop.example"
#define DESK "http://localhost:3000"

static struct visitor visitor;

static void begin(const char *origins)
{
	serving_init();
	serving.config.cors_origins = origins;
	serving_start(serving_routes);
	visitor_connect(&visitor);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
}

/* `more` is lines of headers. */
static int ask(const char *line, const char *more)
{
	char text[500];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: test\r\n%s\r\n", line, more);
	return visitor_ask(&visitor, text);
}

#define FROM(origin) "Origin: " origin "\r\n"
#define PREFLIGHT "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x\r\n"

static const char *allowed(void)
{
	return visitor_header(&visitor, "Access-Control-Allow-Origin");
}

START_TEST(without_the_setting_no_answer_differs)
{
	begin(NULL);
	ck_assert_int_eq(ask("GET /hello", FROM(SHOP)), 200);
	ck_assert_ptr_null(allowed());
	ck_assert_ptr_null(visitor_header(&visitor, "Vary"));
	ck_assert_int_eq(ask("OPTIONS /hello", FROM(SHOP) PREFLIGHT), 204);
	ck_assert_ptr_null(allowed());
	ck_assert_ptr_null(visitor_header(&visitor, "Access-Control-Allow-Methods"));
	ck_assert_str_eq(visitor_header(&visitor, "Allow"), "GET, HEAD, OPTIONS");
}
END_TEST

static const struct {
	const char *origins;
	const char *origin;
	const char *allowed; /* NULL: it is not */
} asked[] = {
	{SHOP, SHOP, SHOP},
	{SHOP "," DESK, SHOP, SHOP},
	{SHOP "," DESK, DESK, DESK},
	{SHOP "," DESK, "http://localhost:300", NULL},
	{SHOP "," DESK, "http://localhost:30000", NULL},
	{SHOP, "https://shop.example.evil.example", NULL},
	{SHOP, "https://evil.example", NULL},
	{SHOP, "http://shop.example", NULL},
	{SHOP, "null", NULL},
	{SHOP "," DESK, SHOP "," DESK, NULL},
	{"*", "https://anybody.example", "*"},
	{"*", "null", "*"},
};

START_TEST(an_answer_says_whose_pages_may_read_it)
{
	char header[100];

	begin(asked[_i].origins);
	snprintf(header, sizeof(header), "Origin: %s\r\n", asked[_i].origin);
	ck_assert_int_eq(ask("GET /hello", header), 200);
	if (asked[_i].allowed) {
		ck_assert_str_eq(allowed(), asked[_i].allowed);
		ck_assert_ptr_nonnull(
			strstr(visitor_header(&visitor, "Access-Control-Expose-Headers"),
			       "Location"));
	} else {
		ck_assert_ptr_null(allowed());
		ck_assert_ptr_null(visitor_header(&visitor, "Access-Control-Expose-Headers"));
	}
	/* Without the origin's say, what is kept of one page would be shown to another. */
	if (strcmp(asked[_i].origins, "*") == 0)
		ck_assert_ptr_null(visitor_header(&visitor, "Vary"));
	else
		ck_assert_str_eq(visitor_header(&visitor, "Vary"), "Origin");
}
END_TEST

START_TEST(a_page_may_read_what_went_wrong)
{
	begin(SHOP);
	ck_assert_int_eq(ask("GET /nowhere", FROM(SHOP)), 404);
	ck_assert_str_eq(allowed(), SHOP);
	ck_assert_int_eq(ask("DELETE /hello", FROM(SHOP)), 405);
	ck_assert_str_eq(allowed(), SHOP);
}
END_TEST

START_TEST(a_browser_that_asks_first_is_told_what_may_be_sent)
{
	begin(SHOP);
	ck_assert_int_eq(ask("OPTIONS /hello", FROM(SHOP) PREFLIGHT), 204);
	ck_assert_str_eq(allowed(), SHOP);
	ck_assert_str_eq(visitor_header(&visitor, "Access-Control-Allow-Methods"),
			 "GET, HEAD, OPTIONS");
	ck_assert_ptr_nonnull(strstr(visitor_header(&visitor, "Access-Control-Allow-Headers"),
				     "Authorization, Content-Type"));
	ck_assert_str_eq(visitor_header(&visitor, "Access-Control-Max-Age"), "7200");
	ck_assert_int_eq(ask("OPTIONS /nowhere", FROM(SHOP) PREFLIGHT), 404);
}
END_TEST

START_TEST(other_questions_by_options_are_answered_as_ever)
{
	begin(SHOP);
	ck_assert_int_eq(ask("OPTIONS /hello", FROM("https://evil.example") PREFLIGHT), 204);
	ck_assert_ptr_null(visitor_header(&visitor, "Access-Control-Allow-Methods"));
	ck_assert_int_eq(ask("OPTIONS /hello", FROM(SHOP)), 204);
	ck_assert_ptr_null(visitor_header(&visitor, "Access-Control-Allow-Methods"));
	ck_assert_int_eq(ask("OPTIONS /hello", PREFLIGHT), 204);
	ck_assert_ptr_null(visitor_header(&visitor, "Access-Control-Allow-Methods"));
}
END_TEST

Suite *cors_suite(void)
{
	Suite *suite = suite_create("cors");
	TCase *tests = tcase_create("all");
	const int count = sizeof(asked) / sizeof(asked[0]);

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, without_the_setting_no_answer_differs);
	tcase_add_loop_test(tests, an_answer_says_whose_pages_may_read_it, 0, count);
	tcase_add_test(tests, a_page_may_read_what_went_wrong);
	tcase_add_test(tests, a_browser_that_asks_first_is_told_what_may_be_sent);
	tcase_add_test(tests, other_questions_by_options_are_answered_as_ever);
	suite_add_tcase(suite, tests);
	return suite;
}
