#include <check.h>
#include <stdio.h>
#include <string.h>

#include "api/import_batches.h"
#include "asking.h"
#include "scripted_dynamodb.h"
#include "trees.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define DONE TEXT("{}")

static struct asking asking;
static struct server server;
static struct import_batches batches;
static unsigned turns;
static uint64_t line;

static void on_turned(struct import_batches *turned)
{
	ck_assert_ptr_eq(turned, &batches);
	turns++;
}

static void set_up(void)
{
	asking_init(&asking);
	asking.connection.server = &server;
	asking.config.request_deadline_us = 5 * 1000 * 1000;
	asking.config.temporary_folder = "/tmp";
	memset(&batches, 0, sizeof(batches));
	import_batches_init(&batches, &asking.rq);
	batches.turned = on_turned;
	turns = 0;
	line = 0;
}

static void finish(void)
{
	for (int i = 0; i < 1000 && !import_batches_are_idle(&batches); i++)
		script_pass(&asking.on.aws.script, 1000);
	ck_assert(import_batches_are_idle(&batches));
	ck_assert_uint_eq(asking.rq.stream.holds, 0);
}

static void tear_down(void)
{
	finish();
	import_batches_clear(&batches);
	asking_clear(&asking);
}

static void add(const char *id, size_t bytes)
{
	struct product_entry entry = {.has_id = id != NULL,
				      .product = tree_of("{\"name\":\"n\",\"price\":1}")};

	if (id)
		memcpy(entry.id, id, ID_SIZE);
	import_batches_add(&batches, ++line, &entry, bytes);
}

static void add_text(const char *text)
{
	struct buf buf = {0};

	buf_init(&buf, 100);
	buf_add_str(&buf, text);
	import_batches_add_text(&batches, ++line, &buf);
	buf_clear(&buf);
}

static const char *told(void)
{
	static char text[64 * 1024];

	text[spool_read(&batches.spool, 0, text, sizeof(text) - 1)] = '\0';
	return text;
}

START_TEST(a_batch_is_written_when_it_is_full_of_lines_or_of_bytes)
{
	SCRIPT_PLAY(&asking.on.aws.script, DONE);
	for (int i = 0; i < PRODUCT_IMPORT_MAX; i++) {
		ck_assert(import_batches_are_idle(&batches));
		add(NULL, 10);
	}
	ck_assert(!import_batches_are_idle(&batches));
	finish();
	ck_assert_uint_eq(turns, 1);
	add(NULL, IMPORT_BATCH_BYTES - 1);
	ck_assert(import_batches_are_idle(&batches));
	add(NULL, 1);
	ck_assert(!import_batches_are_idle(&batches));
	finish(); /* as long as the script is there */
}
END_TEST

START_TEST(or_when_it_is_told_to_if_there_is_something_in_it)
{
	SCRIPT_PLAY(&asking.on.aws.script, DONE);
	ck_assert(!import_batches_write(&batches));
	add(NULL, 10);
	ck_assert(import_batches_write(&batches));
	ck_assert(!import_batches_are_idle(&batches));
	ck_assert(!import_batches_write(&batches));
	finish();
}
END_TEST

START_TEST(texts_alone_need_no_writing)
{
	for (int i = 0; i < 2 * PRODUCT_IMPORT_MAX; i++)
		add_text("x\n");
	ck_assert_uint_eq(strlen(told()), 4 * PRODUCT_IMPORT_MAX);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
	add_text("y\n");
	ck_assert_ptr_null(strchr(told(), 'y'));
	ck_assert(import_batches_write(&batches));
	ck_assert_ptr_nonnull(strchr(told(), 'y'));
	ck_assert_uint_eq(turns, 0);
}
END_TEST

START_TEST(there_is_room_for_so_many_batches_and_no_more)
{
	static const struct script_step hanging = {.hangs = true};

	script_play(&asking.on.aws.script, &hanging, 1);
	for (int i = 0; i < IMPORT_BATCHES; i++) {
		ck_assert(import_batches_have_room(&batches));
		add(NULL, IMPORT_BATCH_BYTES);
	}
	ck_assert(!import_batches_have_room(&batches));
	script_pass(&asking.on.aws.script, 1000);
	SCRIPT_PLAY(&asking.on.aws.script, DONE);
	script_answer_hanging(&asking.on.aws.script, &(struct script_step)DONE);
	finish();
	ck_assert(import_batches_have_room(&batches));
	ck_assert_uint_eq(turns, IMPORT_BATCHES);
}
END_TEST

START_TEST(results_have_the_order_of_the_lines_whoever_is_over_first)
{
	static const struct script_step slow = {.status = 200, .body = "{}", .takes_us = 50000};
	const char *at;

	/* Two of texts are over at once, but behind one that is written. */
	script_play(&asking.on.aws.script, &slow, 1);
	add_text("1\n");
	add(NULL, IMPORT_BATCH_BYTES);
	add_text("3\n");
	ck_assert(import_batches_write(&batches));
	add_text("4\n");
	ck_assert(import_batches_write(&batches));
	ck_assert_str_eq(told(), "");
	finish();
	at = strstr(told(), "1\n{\"line\":2,\"status\":201");
	ck_assert_ptr_eq(at, told());
	ck_assert_ptr_nonnull(strstr(at, "}\n3\n4\n"));
}
END_TEST

START_TEST(an_id_meets_itself_until_it_is_written)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Responses\":{\"shop\":[]}}"), DONE);
	ck_assert(!import_batches_meet(&batches, A));
	add(A, 10);
	ck_assert(!import_batches_meet(&batches, B));
	ck_assert(import_batches_are_idle(&batches));
	ck_assert(import_batches_meet(&batches, A)); /* which has it written */
	ck_assert(!import_batches_are_idle(&batches));
	ck_assert(import_batches_meet(&batches, A));
	finish();
	ck_assert(!import_batches_meet(&batches, A));
}
END_TEST

START_TEST(who_is_gone_is_not_told)
{
	SCRIPT_PLAY(&asking.on.aws.script, DONE);
	add(NULL, 10);
	ck_assert(import_batches_write(&batches));
	asking.rq.stream.is_gone = true;
	asking.rq.stream.holds++; /* the test's own, or the connection would be freed */
	while (asking.rq.stream.holds > 1)
		script_pass(&asking.on.aws.script, 1000);
	asking.rq.stream.holds = 0;
	asking.rq.stream.is_gone = false;
	ck_assert_uint_eq(turns, 0);
}
END_TEST

START_TEST(what_is_consumed_is_on_the_requests_account)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"ConsumedCapacity\":[{\"CapacityUnits\":8}]}"));
	add(NULL, 10);
	ck_assert(import_batches_write(&batches));
	finish();
	ck_assert_uint_eq(asking.rq.await.usage.write_millis, 8000);
	ck_assert_uint_eq(asking.rq.await.usage.calls, 1);
}
END_TEST

Suite *import_batches_suite(void)
{
	Suite *suite = suite_create("import_batches");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_batch_is_written_when_it_is_full_of_lines_or_of_bytes);
	tcase_add_test(tests, or_when_it_is_told_to_if_there_is_something_in_it);
	tcase_add_test(tests, texts_alone_need_no_writing);
	tcase_add_test(tests, there_is_room_for_so_many_batches_and_no_more);
	tcase_add_test(tests, results_have_the_order_of_the_lines_whoever_is_over_first);
	tcase_add_test(tests, an_id_meets_itself_until_it_is_written);
	tcase_add_test(tests, who_is_gone_is_not_told);
	tcase_add_test(tests, what_is_consumed_is_on_the_requests_account);
	suite_add_tcase(suite, tests);
	return suite;
}
