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
	document = json_loadb(asking.rq.reply.body.data, asking.rq.reply.body.len,
			      JSON_REJECT_DUPLICATES, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(document, "openapi")), "3.1.0");
	json_decref(document);
}
END_TEST

START_TEST(the_page_is_whole_and_stands_in_no_frame)
{
	static const char end[] = "</html>\n";
	const struct buf *body = &asking.rq.reply.body;

	ck_assert_int_eq(asking_run(&asking, &get_docs, NULL), 200);
	ck_assert_str_eq(asking.rq.reply.content_type, "text/html; charset=utf-8");
	ck_assert_str_eq(asking_header(&asking, "X-Frame-Options"), "DENY");
	ck_assert(strncmp(asking_body(&asking), "<!DOCTYPE html>", 15) == 0);
	ck_assert_str_eq(asking_body(&asking) + body->len - strlen(end), end);
}
END_TEST

/* Without a header, if that is what there was no memory for. */
static void ask(void *endpoint)
{
	int status = asking_run(&asking, endpoint, NULL);

	ck_assert(status == 200 || (status == 503 && alloc_has_failed()));
	ck_assert(status == 503 || alloc_has_failed() == asking.rq.reply.is_incomplete);
	asking_renew(&asking);
}

START_TEST(without_memory_it_is_503)
{
	alloc_fail_each(ask, (void *)&get_openapi);
	alloc_fail_each(ask, (void *)&get_docs);
}
END_TEST

Suite *api_contract_suite(void)
{
	Suite *suite = suite_create("api_contract");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_document_is_whole);
	tcase_add_test(tests, the_page_is_whole_and_stands_in_no_frame);
	tcase_add_test(tests, without_memory_it_is_503);
	suite_add_tcase(suite, tests);
	return suite;
}
