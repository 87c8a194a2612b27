#include "notify/publish_batch.h"

#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "publishing.h"

static struct publishing to;
static struct publish_batch batch;
static struct outbox_told events[2];
static bool is_done;

static void on_done(struct publish_batch *done)
{
	ck_assert_ptr_eq(done, &batch);
	ck_assert(!is_done);
	is_done = true;
}

static void set_up(void)
{
	static const char *const ids[] = {EVENT, EVENT2};

	publishing_init(&to);
	for (size_t i = 0; i < 2; i++)
		events[i] = (struct outbox_told){
			.type = EVENT_ORDER_PLACED,
			.id = span_of(ids[i]),
			.subject = span_of("order/" ORDER),
			.time = span_of(NOW),
			.data = span_of("{\"version\":7}"),
		};
}

static void tear_down(void)
{
	publishing_clear(&to);
}

static void start(void)
{
	is_done = false;
	batch = (struct publish_batch){
		.sns = &to.sns,
		.await = &to.on.await,
		.count = 2,
		.events = {&events[0], &events[1]},
		.done = on_done,
	};
	publish_batch_start(&batch);
	ck_assert(!is_done);
}

static void run(void)
{
	start();
	script_run(&to.on.aws.script, &is_done, 30000000);
	ck_assert(is_done);
}

START_TEST(events_go_to_the_topic_in_one_request)
{
	SCRIPT_PLAY(&to.on.aws.script, PUBLISHED(SNS_GOOD("0") SNS_GOOD("1")));
	run();
	ck_assert_int_eq(batch.result, RESULT_OK);
	ck_assert_int_eq(batch.outcomes[0].fate, SNS_ACCEPTED);
	ck_assert_int_eq(batch.outcomes[1].fate, SNS_ACCEPTED);
	ck_assert_uint_eq(to.on.aws.script.request_count, 1);
	ck_assert_published(&to, 0, EVENT);
	ck_assert_published(&to, 0, EVENT2);
}
END_TEST

START_TEST(each_has_a_fate_of_its_own)
{
	SCRIPT_PLAY(&to.on.aws.script,
		    TEXT(SNS_BATCH(SNS_GOOD("1"), SNS_BAD("0", "InvalidParameter", "true"))));
	run();
	ck_assert_int_eq(batch.result, RESULT_OK);
	ck_assert_int_eq(batch.outcomes[0].fate, SNS_REFUSED);
	ck_assert_str_eq(batch.outcomes[0].code, "InvalidParameter");
	ck_assert_int_eq(batch.outcomes[1].fate, SNS_ACCEPTED);
}
END_TEST

START_TEST(a_failure_of_all_is_told_with_its_name)
{
	SCRIPT_PLAY(&to.on.aws.script, {.status = 403, .body = SNS_ERROR("AuthorizationError")});
	run();
	ck_assert_int_eq(batch.result, RESULT_REFUSED);
	ck_assert_str_eq(batch.error, "AuthorizationError");
	ck_assert_int_eq(batch.outcomes[0].fate, SNS_UNSENT);
}
END_TEST

START_TEST(without_a_topic_the_log_has_them)
{
	to.sns.topic_arn = NULL;
	run();
	ck_assert_int_eq(batch.result, RESULT_OK);
	ck_assert_int_eq(batch.outcomes[0].fate, SNS_ACCEPTED);
	ck_assert_int_eq(batch.outcomes[1].fate, SNS_ACCEPTED);
	ck_assert_uint_eq(to.on.aws.script.request_count, 0);
}
END_TEST

/* What SNS may have got is unknown, and nothing is taken for accepted that was not. */
START_TEST(short_memory_accepts_nothing)
{
	bool has_failed = true;

	to.on.aws.script.is_forgetful = true;
	for (size_t n = 1; has_failed && n < 200; n++) {
		SCRIPT_PLAY(&to.on.aws.script, PUBLISHED(SNS_GOOD("0") SNS_GOOD("1")));
		scripted_repo_renew(&to.on);
		alloc_fail_at(n);
		run();
		has_failed = alloc_has_failed();
		alloc_fail_at(0);
		if (batch.result != RESULT_OK)
			ck_assert_int_ne(batch.outcomes[0].fate, SNS_ACCEPTED);
	}
	ck_assert(!has_failed);
	ck_assert_int_eq(batch.result, RESULT_OK);
}
END_TEST

Suite *publish_batch_suite(void)
{
	Suite *suite = suite_create("publish_batch");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, events_go_to_the_topic_in_one_request);
	tcase_add_test(tests, each_has_a_fate_of_its_own);
	tcase_add_test(tests, a_failure_of_all_is_told_with_its_name);
	tcase_add_test(tests, without_a_topic_the_log_has_them);
	tcase_add_test(tests, short_memory_accepts_nothing);
	suite_add_tcase(suite, tests);
	return suite;
}
