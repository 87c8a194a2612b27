#include <check.h>
#include <jansson.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/contract.h"
#include "asking.h"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

START_TEST(the_document_is_whole)
{
	json_t *document;

	ck_assert_int_eq(asking_run(&asking, &get_openapi, NULL), 200);
	ck_assert_str_eq(asking.rq.reply.content_type, "application/json");
	ck_assert_ptr_nonnull(asking_header(&asking, "ETag"));
	document = json_loadb(asking.rq.reply.constant.data, asking.rq.reply.constant.len,
			      JSON_REJECT_DUPLICATES, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(document, "openapi")), "3.1.0");
	json_decref(document);
}
END_TEST

START_TEST(the_page_is_whole_and_stands_in_no_frame)
{
	static const char end[] = "</html>\n";
	struct span page;

	ck_assert_int_eq(asking_run(&asking, &get_docs, NULL), 200);
	ck_assert_str_eq(asking.rq.reply.content_type, "text/html; charset=utf-8");
	ck_assert_str_eq(asking_header(&asking, "X-Frame-Options"), "DENY");
	page = asking.rq.reply.constant;
	ck_assert(strncmp(page.data, "<!DOCTYPE html>", 15) == 0);
	ck_assert(strncmp(page.data + page.len - strlen(end), end, strlen(end)) == 0);
}
END_TEST

static void ask(void *endpoint)
{
	ck_assert_int_eq(asking_run(&asking, endpoint, NULL), 200);
	ck_assert(alloc_has_failed() == asking.rq.reply.is_incomplete);
	asking_renew(&asking);
}

START_TEST(a_lack_of_memory_costs_a_header)
{
	alloc_fail_each(ask, (void *)(uintptr_t)&get_openapi);
	alloc_fail_each(ask, (void *)(uintptr_t)&get_docs);
}
END_TEST

Suite *api_contract_suite(void)
{
	Suite *suite = suite_create("api_contract");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_document_is_whole);
	tcase_add_test(tests, the_page_is_whole_and_stands_in_no_frame);
	tcase_add_test(tests, a_lack_of_memory_costs_a_header);
	suite_add_tcase(suite, tests);
	return suite;
}
