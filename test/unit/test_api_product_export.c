#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/product_export.h"
#include "http/stream.h"
#include "scripted_dynamodb.h"
#include "streaming.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define IDS(last) TEXT("{\"Items\":[{\"pk\":{\"S\":\"P#" A "\"}}]" last "}")
#define MORE ",\"LastEvaluatedKey\":{\"k\":1}"
#define NONE_LEFT TEXT("{\"Items\":[]}")
#define PRODUCT                                                                            \
	TEXT("{\"Responses\":{\"shop\":[{\"pk\":{\"S\":\"P#" A "\"},\"sk\":{\"S\":\"#\"}," \
	     "\"name\":{\"S\":\"n\"}}]}}")
#define LINE "{\"id\":\"" A "\",\"name\":\"n\"}\n"

static struct streaming_client client;
static struct script *script;

static void set_up(void)
{
	streaming_init(&client);
	script = &client.asking.on.aws.script;
	streaming_begin(&client, &get_product_export);
}

static void tear_down(void)
{
	ck_assert(streaming_end(&client));
	streaming_clear(&client);
}

START_TEST(pages_are_given_one_after_another)
{
	SCRIPT_PLAY(script, IDS(MORE), PRODUCT, IDS(""), PRODUCT, NONE_LEFT, NONE_LEFT, NONE_LEFT);
	ck_assert_int_eq(streaming_finish(&client), 200);
	ck_assert_str_eq(client.asking.rq.reply.content_type, "application/x-ndjson");
	streaming_read(&client, 7);
	ck_assert_int_eq(client.end, STREAM_END);
	ck_assert_str_eq(buf_text(&client.body), LINE LINE);
	ck_assert_uint_eq(client.asking.rq.lines, 2);
	ck_assert_uint_eq(client.asking.rq.await.usage.calls, 7);
}
END_TEST

START_TEST(the_next_page_is_read_while_this_one_is_given)
{
	char byte;

	SCRIPT_PLAY(script, IDS(MORE), PRODUCT, IDS(MORE), PRODUCT);
	ck_assert_int_eq(streaming_finish(&client), 200);
	ck_assert_uint_eq(script->request_count, 2);
	ck_assert_int_eq(client.asking.rq.reply.give(&client.asking.rq, &byte, 1), 1);
	ck_assert_uint_eq(client.asking.rq.stream.holds, 1);
	script_pass(script, 10000);
	ck_assert_uint_eq(client.asking.rq.stream.holds, 0);
	ck_assert_uint_eq(script->request_count, 4);
	script_pass(script, 10000);
	ck_assert_uint_eq(script->request_count, 4);
}
END_TEST

START_TEST(no_more_is_read_than_fits)
{
	static char items[300 * 1000];
	char byte;

	strcpy(items, "{\"Responses\":{\"shop\":[{\"pk\":{\"S\":\"P#" A "\"},\"sk\":{\"S\":\"#\"},"
		      "\"name\":{\"S\":\"");
	memset(items + strlen(items), 'x', 200 * 1000);
	strcat(items, "\"}}]}}");
	SCRIPT_PLAY(script, IDS(MORE), TEXT(items), IDS(MORE), TEXT(items));
	ck_assert_int_eq(streaming_finish(&client), 200);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(client.asking.rq.reply.give(&client.asking.rq, &byte, 1), 1);
		script_pass(script, 10000);
	}
	ck_assert_uint_eq(script->request_count, 2);
}
END_TEST

START_TEST(what_fails_at_the_start_is_503_and_later_breaks_the_reply)
{
	SCRIPT_PLAY(script, AWS_ERROR("AccessDeniedException"));
	ck_assert_int_eq(streaming_finish(&client), 503);
	ck_assert(streaming_end(&client));
	streaming_begin(&client, &get_product_export);
	SCRIPT_PLAY(script, IDS(MORE), PRODUCT, AWS_ERROR("AccessDeniedException"));
	ck_assert_int_eq(streaming_finish(&client), 200);
	streaming_read(&client, 1000);
	ck_assert_int_eq(client.end, STREAM_BROKEN);
	ck_assert_str_eq(buf_text(&client.body), LINE);
}
END_TEST

START_TEST(a_drain_breaks_it)
{
	SCRIPT_PLAY(script, IDS(MORE), PRODUCT);
	ck_assert_int_eq(streaming_finish(&client), 200);
	client.server.is_draining = true;
	streaming_read(&client, 1000);
	ck_assert_int_eq(client.end, STREAM_BROKEN);
	ck_assert_uint_eq(script->request_count, 2);
}
END_TEST

START_TEST(a_whole_one_is_whole_also_in_a_drain)
{
	SCRIPT_PLAY(script, IDS(""), PRODUCT, NONE_LEFT, NONE_LEFT, NONE_LEFT);
	ck_assert_int_eq(streaming_finish(&client), 200);
	streaming_read(&client, 1000);
	client.server.is_draining = true;
	ck_assert_int_eq(client.asking.rq.reply.give(&client.asking.rq, NULL, 0), STREAM_END);
}
END_TEST

START_TEST(head_reads_nothing)
{
	client.asking.rq.method = METHOD_HEAD;
	ck_assert_int_eq(streaming_finish(&client), 200);
	ck_assert_uint_eq(script->request_count, 0);
}
END_TEST

static void export_once(void *context)
{
	int status;

	(void)context;
	client.asking.on.repo.db.client = aws_client_new(&client.asking.on.aws.options);
	script->next_step = 0;
	streaming_begin(&client, &get_product_export);
	if (client.asking.on.repo.db.client && client.asking.rq.state) {
		status = streaming_finish(&client);
		ck_assert(status == 200 || (status == 503 && alloc_has_failed()));
		if (client.asking.rq.reply.give) {
			streaming_read(&client, 1000);
			ck_assert(client.end == STREAM_END || alloc_has_failed());
		}
	}
	ck_assert(streaming_end(&client));
	asking_renew(&client.asking);
	aws_client_free(client.asking.on.repo.db.client);
	client.asking.on.repo.db.client = client.asking.on.aws.client;
}

START_TEST(short_memory_is_503_or_breaks_it)
{
	SCRIPT_PLAY(script, IDS(MORE), PRODUCT, IDS(""), PRODUCT, NONE_LEFT, NONE_LEFT, NONE_LEFT);
	alloc_fail_each(export_once, NULL);
}
END_TEST

Suite *api_product_export_suite(void)
{
	Suite *suite = suite_create("api_product_export");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, pages_are_given_one_after_another);
	tcase_add_test(tests, the_next_page_is_read_while_this_one_is_given);
	tcase_add_test(tests, no_more_is_read_than_fits);
	tcase_add_test(tests, what_fails_at_the_start_is_503_and_later_breaks_the_reply);
	tcase_add_test(tests, a_drain_breaks_it);
	tcase_add_test(tests, a_whole_one_is_whole_also_in_a_drain);
	tcase_add_test(tests, head_reads_nothing);
	tcase_add_test(tests, short_memory_is_503_or_breaks_it);
	suite_add_tcase(suite, tests);
	return suite;
}
