#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/product_import.h"
#include "domain/product.h"
#include "http/stream.h"
#include "scripted_dynamodb.h"
#include "streaming.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define LINE(id) "{\"id\":\"" id "\",\"name\":\"n\",\"price\":1}\n"
#define N "{\"name\":\"n\",\"price\":1}\n"
#define NOTHING TEXT("{\"Responses\":{\"shop\":[]}}")
#define DONE TEXT("{}")
#define STORED(id)                                                                          \
	TEXT("{\"Responses\":{\"shop\":[{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"#\"}," \
	     "\"name\":{\"S\":\"n\"},\"price\":{\"N\":\"1\"},\"currency\":{\"S\":\"EUR\"}," \
	     "\"version\":{\"N\":\"1\"}}]}}")

static struct streaming_client client;
static struct script *script;

static void set_up(void)
{
	streaming_init(&client);
	script = &client.asking.on.aws.script;
	streaming_begin(&client, &post_product_import);
}

static void tear_down(void)
{
	ck_assert(streaming_end(&client));
	streaming_clear(&client);
}

static void again(void)
{
	ck_assert(streaming_end(&client));
	streaming_begin(&client, &post_product_import);
}

/* Sends it all and reads the results. */
static void import(const char *text)
{
	ck_assert_uint_eq(streaming_send(&client, text), strlen(text));
	ck_assert_int_eq(streaming_finish(&client), 200);
	streaming_read(&client, 100);
	ck_assert_int_eq(client.end, STREAM_END);
}

static void ck_assert_says(const char *part)
{
	ck_assert_msg(strstr(buf_text(&client.body), part) != NULL, "%s", buf_text(&client.body));
}

START_TEST(the_headers_are_judged_first)
{
	struct request *rq = &client.asking.rq;

	/* Without a Content-Type. */
	ck_assert(streaming_end(&client));
	memset(rq->state, 0, post_product_import.state_size);
	ck_assert_int_eq(post_product_import.stream->open(rq), FLOW_REPLY);
	ck_assert_int_eq(rq->reply.status, 415);
	rq->stream.is_open = true;
}
END_TEST

START_TEST(each_line_has_its_result_in_order)
{
	SCRIPT_PLAY(script, STORED(B), DONE);
	import(LINE(A) "nonsense\n" LINE(B) "\n{\"name\":\"\",\"price\":1}\n{\"id\":1}\n");
	ck_assert_says(
		"{\"line\":1,\"status\":201,\"id\":\"" A "\"}\n"
		"{\"line\":2,\"status\":400,\"code\":\"invalid-json\",\"detail\":\"Column 1: ");
	ck_assert_says("{\"line\":3,\"status\":200,\"id\":\"" B "\"}\n"
		       "{\"line\":5,\"status\":422,\"code\":\"validation-failed\",\"errors\":["
		       "{\"field\":\"name\",\"code\":\"too-short\"");
	ck_assert_says("{\"line\":6,\"status\":422,\"code\":\"invalid-id\"");
	ck_assert_uint_eq(client.asking.rq.lines, 6);
	ck_assert_str_eq(client.asking.rq.reply.content_type, "application/x-ndjson");
}
END_TEST

START_TEST(nothing_comes_of_nothing)
{
	import("");
	ck_assert_uint_eq(client.body.len, 0);
	again();
	import("\n \r\n\t");
	ck_assert_uint_eq(client.body.len, 0);
	ck_assert_uint_eq(script->request_count, 0);
}
END_TEST

START_TEST(a_last_line_needs_no_line_break)
{
	SCRIPT_PLAY(script, DONE);
	import("\r\n{\"name\":\"n\",\"price\":1}");
	ck_assert_says("{\"line\":2,\"status\":201");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_dropped_and_the_rest_goes_on)
{
	static char line[IMPORT_LINE_MAX + 3];

	SCRIPT_PLAY(script, DONE);
	memset(line, 'x', sizeof(line) - 2);
	line[sizeof(line) - 2] = '\n';
	ck_assert_uint_eq(streaming_send(&client, line), sizeof(line) - 1);
	ck_assert_uint_eq(streaming_send(&client, "\n" N), 1 + strlen(N));
	line[sizeof(line) - 2] = 'x';
	import(line);
	ck_assert_says("{\"line\":1,\"status\":413,\"code\":\"line-too-large\","
		       "\"detail\":\"A line may have up to 1048576 bytes.\"}\n"
		       "{\"line\":3,\"status\":201");
	ck_assert_says("{\"line\":4,\"status\":413");
}
END_TEST

START_TEST(a_line_may_be_as_long_as_the_largest_product_is_as_json)
{
	static const char beginning[] = "{\"name\":\"n\",\"price\":1,\"x\":\"";
	static char line[IMPORT_LINE_MAX + 1];
	char *at = stpcpy(line, beginning);

	ck_assert_uint_gt(IMPORT_LINE_MAX, 2 * (size_t)PRODUCT_SIZE_MAX + sizeof(beginning));
	for (size_t i = 0; i < PRODUCT_SIZE_MAX - 1024; i++)
		at = stpcpy(at, "\\\"");
	stpcpy(at, "\"}");
	SCRIPT_PLAY(script, DONE);
	import(line);
	ck_assert_says("{\"line\":1,\"status\":201");
}
END_TEST

START_TEST(lines_are_written_while_others_come_but_no_more_than_four_batches)
{
	static char text[200 * 64];
	static const struct script_step hanging = {.hangs = true};
	size_t taken;

	for (int i = 0; i < 200; i++)
		strcat(text, N);
	script_play(script, &hanging, 1);
	taken = post_product_import.stream->take(&client.asking.rq, text, strlen(text));
	ck_assert_uint_eq(taken, 4 * 33 * strlen(N));
	script_pass(script, 1000);
	ck_assert_uint_eq(script->request_count, 4);
	ck_assert_uint_eq(post_product_import.stream->take(&client.asking.rq, text, strlen(text)),
			  0);
	SCRIPT_PLAY(script, DONE);
	script_answer_hanging(script, &(struct script_step)DONE);
	import(text + taken);
	ck_assert_says("{\"line\":200,\"status\":201");
	for (int i = 1; i <= 200; i++) {
		char begin[48];

		snprintf(begin, sizeof(begin), "{\"line\":%d,\"status\":201", i);
		ck_assert_says(begin);
	}
}
END_TEST

START_TEST(the_same_id_is_never_twice_at_once)
{
	SCRIPT_PLAY(script, NOTHING, DONE, STORED(A), STORED(A), DONE);
	import(LINE(A) LINE(A) "{\"id\":\"" A "\",\"name\":\"other\",\"price\":1}");
	ck_assert_uint_eq(script->request_count, 5);
	ck_assert_operation(&client.asking.on, 1, "TransactWriteItems");
	ck_assert_operation(&client.asking.on, 2, "BatchGetItem");
	ck_assert_operation(&client.asking.on, 3, "BatchGetItem");
	ck_assert_operation(&client.asking.on, 4, "PutItem");
	ck_assert_str_eq(buf_text(&client.body), "{\"line\":1,\"status\":201,\"id\":\"" A "\"}\n"
						 "{\"line\":2,\"status\":200,\"id\":\"" A "\"}\n"
						 "{\"line\":3,\"status\":200,\"id\":\"" A "\"}\n");
}
END_TEST

START_TEST(what_cannot_be_written_is_to_be_sent_again)
{
	SCRIPT_PLAY(script, AWS_ERROR("AccessDeniedException"));
	import(LINE(A));
	ck_assert_says("{\"line\":1,\"status\":503,\"code\":\"unavailable\"");
	again();
	SCRIPT_PLAY(script, NOTHING, LOST);
	import(LINE(A));
	ck_assert_says("{\"line\":1,\"status\":503,\"code\":\"outcome-unknown\"");
	again();
	SCRIPT_PLAY(script,
		    CANCELLED("{\"Code\":\"ValidationError\","
			      "\"Message\":\"Item size has exceeded the maximum allowed size\"}"));
	import(N);
	ck_assert_says("{\"line\":1,\"status\":422,\"code\":\"validation-failed\",\"errors\":["
		       "{\"field\":\"\",\"code\":\"too-large\"");
}
END_TEST

START_TEST(each_batch_has_its_own_deadline)
{
	SCRIPT_PLAY(script, DONE);
	client.asking.rq.await.deadline_us = script->now_us + 1;
	script_pass(script, 30 * 1000 * 1000);
	import(N);
	ck_assert_says("{\"line\":1,\"status\":201");
}
END_TEST

START_TEST(in_a_drain_lines_are_refused_and_what_was_begun_is_finished)
{
	static char text[64 * 64];

	SCRIPT_PLAY(script, DONE);
	for (int i = 0; i < 33; i++)
		strcat(text, N);
	streaming_send(&client, text);
	streaming_send(&client, N);
	client.server.is_draining = true;
	import(N "\nnonsense");
	ck_assert_says("{\"line\":34,\"status\":201");
	ck_assert_says("{\"line\":35,\"status\":503,\"code\":\"shutting-down\"");
	ck_assert_says("{\"line\":37,\"status\":503,\"code\":\"shutting-down\"");
}
END_TEST

START_TEST(results_that_cannot_be_kept_end_it)
{
	static char text[3000 * 2 + 1];

	client.asking.config.temporary_folder = "/nowhere/at/all";
	again();
	SCRIPT_PLAY(script, DONE);
	for (int i = 0; i < 3000; i++)
		strcat(text, "x\n");
	ck_assert_uint_eq(streaming_send(&client, N), strlen(N));
	ck_assert_uint_lt(streaming_send(&client, text), strlen(text));
	ck_assert_int_eq(streaming_finish(&client), 503);
	ck_assert_ptr_nonnull(strstr(asking_body(&client.asking), "temporary folder"));
}
END_TEST

START_TEST(who_is_gone_gets_nothing_more_written)
{
	static char text[100 * 64];

	SCRIPT_PLAY(script, DONE);
	for (int i = 0; i < 50; i++)
		strcat(text, N);
	ck_assert_uint_eq(post_product_import.stream->take(&client.asking.rq, text, strlen(text)),
			  strlen(text));
	ck_assert_uint_eq(client.asking.rq.stream.holds, 1);
	ck_assert(streaming_end(&client));
	ck_assert_uint_eq(script->request_count, 1);
}
END_TEST

static void import_once(void *context)
{
	int status;

	client.asking.on.repo.db.client = aws_client_new(&client.asking.on.aws.options);
	script->next_step = 0;
	streaming_begin(&client, &post_product_import);
	if (client.asking.on.repo.db.client && client.asking.rq.state) {
		streaming_send(&client, context);
		status = streaming_finish(&client);
		ck_assert(status == 200 || (status == 503 && alloc_has_failed()));
		if (client.asking.rq.reply.give) {
			streaming_read(&client, 1000);
			ck_assert(strstr(buf_text(&client.body), "\"status\":201") ||
				  alloc_has_failed());
		}
	}
	ck_assert(streaming_end(&client));
	asking_renew(&client.asking);
	aws_client_free(client.asking.on.repo.db.client);
	client.asking.on.repo.db.client = client.asking.on.aws.client;
}

START_TEST(short_memory_is_503_for_the_line_or_for_all)
{
	static char text[] = LINE(A) "x\n" LINE(B) LINE(A) "{\"price\":-1}\n" N;

	SCRIPT_PLAY(script, NOTHING, DONE, NOTHING, DONE);
	alloc_fail_each(import_once, text);
}
END_TEST

Suite *api_product_import_suite(void)
{
	Suite *suite = suite_create("api_product_import");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_headers_are_judged_first);
	tcase_add_test(tests, each_line_has_its_result_in_order);
	tcase_add_test(tests, nothing_comes_of_nothing);
	tcase_add_test(tests, a_last_line_needs_no_line_break);
	tcase_add_test(tests, a_line_that_is_too_long_is_dropped_and_the_rest_goes_on);
	tcase_add_test(tests, a_line_may_be_as_long_as_the_largest_product_is_as_json);
	tcase_add_test(tests, lines_are_written_while_others_come_but_no_more_than_four_batches);
	tcase_add_test(tests, the_same_id_is_never_twice_at_once);
	tcase_add_test(tests, what_cannot_be_written_is_to_be_sent_again);
	tcase_add_test(tests, each_batch_has_its_own_deadline);
	tcase_add_test(tests, in_a_drain_lines_are_refused_and_what_was_begun_is_finished);
	tcase_add_test(tests, results_that_cannot_be_kept_end_it);
	tcase_add_test(tests, who_is_gone_gets_nothing_more_written);
	tcase_add_test(tests, short_memory_is_503_for_the_line_or_for_all);
	suite_add_tcase(suite, tests);
	return suite;
}
