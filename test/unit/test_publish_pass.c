#include "notify/publish_pass.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "publishing.h"

#define STOCK_EVENT(id, version)                                                       \
	"{\"sk\":{\"S\":\"" id                                                         \
	"\"},\"type\":{\"S\":\"stock.out\"},\"subject\":{\"S\":\"product/" TEA         \
	"\"},\"time\":{\"S\":\"" NOW "\"},\"data\":{\"S\":\"{\\\"version\\\":" version \
	"}\"},\"attempts\":{\"N\":\"0\"},\"by\":{\"S\":\"" WRITER "\"}}"
#define OTHERS                                                                                     \
	"{\"sk\":{\"S\":\"" OLD_EVENT "\"},\"type\":{\"S\":\"stock.out\"},\"subject\":{\"S\":"     \
	"\"product/" POT "\"},\"time\":{\"S\":\"" NOW "\"},\"data\":{\"S\":\"{}\"},\"attempts\":{" \
	"\"N\":\"11\"},\"by\":{\"S\":\"another\"}}"
#define USERS TOLD(EVENT, "order.placed", DATA("1"), ",\"user_id\":{\"S\":\"" USER "\"}")
#define REFUSED TEXT(SNS_BATCH("", SNS_BAD("0", "InvalidParameter", "true")))
#define NO_WISHES TEXT("{}")
#define BY_PHONE                                                                                  \
	TEXT("{\"Item\":{\"version\":{\"N\":\"7\"},\"channel\":{\"S\":\"sms\"},\"phone\":{\"S\":" \
	     "\"+4930123456\"},\"events\":{\"L\":[{\"S\":\"order.placed\"}]}}}")

static struct publishing to;
static struct publisher_metrics metrics;
static struct publish_means means;
static struct unsaved unsaved;
static struct publish_pass pass;
static struct publish_pass ended; /* what came of it */
static bool is_done;

static void on_done(struct publish_pass *done)
{
	ck_assert_ptr_eq(done, &pass);
	ck_assert(!is_done);
	ended = *done;
	is_done = true;
}

static void set_up(void)
{
	publishing_init(&to);
	metrics = (struct publisher_metrics){0};
	means = (struct publish_means){
		.repo = &to.on.repo,
		.sns = &to.sns,
		.loop = to.on.aws.script.loop,
		.metrics = &metrics,
	};
}

static void tear_down(void)
{
	publishing_clear(&to);
	unsaved_clear(&unsaved);
}

static void start(bool is_holder)
{
	is_done = false;
	pass = (struct publish_pass){
		.means = &means,
		.shard = 1,
		.is_holder = is_holder,
		.unsaved = &unsaved,
		.done = on_done,
	};
	publish_pass_start(&pass);
	ck_assert(!is_done);
}

static void run(bool is_holder, enum result expected)
{
	start(is_holder);
	script_run(&to.on.aws.script, &is_done, 60000000);
	ck_assert(is_done);
	publish_pass_clear(&pass);
	ck_assert_str_eq(result_name(ended.result), result_name(expected));
}

static void ck_assert_metrics(uint64_t accepted, uint64_t refused, uint64_t failed, uint64_t dead)
{
	ck_assert_uint_eq(metric_get(&metrics.accepted), accepted);
	ck_assert_uint_eq(metric_get(&metrics.refused), refused);
	ck_assert_uint_eq(metric_get(&metrics.failed), failed);
	ck_assert_uint_eq(metric_get(&metrics.dead), dead);
}

START_TEST(nothing_to_publish_is_one_read)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(""));
	run(true, RESULT_OK);
	ck_assert_uint_eq(to.on.aws.script.request_count, 1);
	ck_assert(ended.is_counted && ended.pending == 0 && !ended.has_more);
}
END_TEST

START_TEST(what_is_accepted_is_deleted)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(STOCK_EVENT(EVENT, "1")), PUBLISHED(SNS_GOOD("0")),
		    DONE);
	run(false, RESULT_OK);
	ck_assert_sent(&to.on, 0, "\"OUT#1\"");
	ck_assert_published(&to, 1, EVENT);
	ck_assert_operation(&to.on, 2, "BatchWriteItem");
	ck_assert_sent(&to.on, 2, "\"sk\":{\"S\":\"" EVENT "\"}");
	ck_assert_uint_eq(ended.accepted, 1);
	ck_assert_uint_eq(ended.pending, 0);
	ck_assert_metrics(1, 0, 0, 0);
}
END_TEST

START_TEST(anothers_old_event_is_the_holders)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(OTHERS), PUBLISHED(SNS_GOOD("0")), DONE);
	run(false, RESULT_OK);
	ck_assert_uint_eq(to.on.aws.script.request_count, 1);
	ck_assert_uint_eq(ended.pending, 1);
	script_forget_requests(&to.on.aws.script);
	SCRIPT_PLAY(&to.on.aws.script, PAGE(OTHERS), PUBLISHED(SNS_GOOD("0")), DONE);
	run(true, RESULT_OK);
	ck_assert_uint_eq(to.on.aws.script.request_count, 3);
}
END_TEST

START_TEST(two_of_one_subject_go_one_after_the_other)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(STOCK_EVENT(EVENT, "1") "," STOCK_EVENT(EVENT2, "2")),
		    PUBLISHED(SNS_GOOD("0")), DONE, PUBLISHED(SNS_GOOD("0")), DONE);
	run(true, RESULT_OK);
	ck_assert_published(&to, 1, EVENT);
	ck_assert_ptr_null(strstr(to.on.aws.script.requests[1].text, EVENT2));
	ck_assert_published(&to, 3, EVENT2);
	ck_assert_metrics(2, 0, 0, 0);
}
END_TEST

START_TEST(a_refusal_is_noted_with_its_reason_and_holds_up_what_is_behind)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(STOCK_EVENT(EVENT, "1") "," STOCK_EVENT(EVENT2, "2")),
		    REFUSED, DONE);
	run(true, RESULT_OK);
	ck_assert_uint_eq(to.on.aws.script.request_count, 3);
	ck_assert_operation(&to.on, 2, "UpdateItem");
	ck_assert_sent(&to.on, 2, "\":r\":{\"S\":\"InvalidParameter\"}");
	ck_assert_sent(&to.on, 2, "\":n\":{\"N\":\"14409381610");
	ck_assert_uint_eq(ended.pending, 2);
	ck_assert_metrics(0, 1, 0, 0);
}
END_TEST

START_TEST(the_twelfth_refusal_is_the_last)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(OTHERS), REFUSED, DONE);
	run(true, RESULT_OK);
	ck_assert_operation(&to.on, 2, "TransactWriteItems");
	ck_assert_sent(&to.on, 2, "\"DLQ\"");
	ck_assert_uint_eq(ended.pending, 0);
	ck_assert_metrics(0, 1, 0, 1);
}
END_TEST

START_TEST(a_burial_that_fails_is_not_counted)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(OTHERS), REFUSED, AWS_ERROR("AccessDeniedException"));
	run(true, RESULT_REFUSED);
	ck_assert_uint_eq(ended.pending, 1);
	ck_assert_metrics(0, 1, 1, 0);
}
END_TEST

START_TEST(when_sns_fails_nothing_is_counted_against_an_event)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(STOCK_EVENT(EVENT, "1")),
		    {.status = 403, .body = SNS_ERROR("AuthorizationError")});
	run(true, RESULT_REFUSED);
	ck_assert_str_eq(ended.error, "AuthorizationError");
	ck_assert_uint_eq(to.on.aws.script.request_count, 2);
	ck_assert_uint_eq(ended.pending, 1);
	ck_assert_metrics(0, 0, 1, 0);
}
END_TEST

START_TEST(an_entry_of_which_nothing_is_said_stays)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(STOCK_EVENT(EVENT, "1")), PUBLISHED(""));
	run(true, RESULT_UNKNOWN);
	ck_assert_uint_eq(to.on.aws.script.request_count, 2);
	ck_assert_metrics(0, 0, 1, 0);
}
END_TEST

START_TEST(what_cannot_be_read_ends_it)
{
	SCRIPT_PLAY(&to.on.aws.script, AWS_ERROR("AccessDeniedException"));
	run(true, RESULT_REFUSED);
	ck_assert(!ended.is_counted);
	ck_assert_metrics(0, 0, 1, 0);
}
END_TEST

START_TEST(items_of_another_tool_are_counted_and_left)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE("{\"sk\":{\"S\":\"x\"}}"));
	run(true, RESULT_OK);
	ck_assert_uint_eq(ended.unreadable, 1);
	ck_assert_uint_eq(to.on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_user_is_told_before_the_item_goes)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), PUBLISHED(SNS_GOOD("0")), NO_WISHES, DONE);
	run(false, RESULT_OK);
	ck_assert_operation(&to.on, 2, "GetItem");
	ck_assert_sent(&to.on, 2, "\"U#" USER "\"");
	ck_assert_operation(&to.on, 3, "BatchWriteItem");
}
END_TEST

START_TEST(a_user_who_cannot_be_told_now_keeps_the_item_marked_as_sent)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), PUBLISHED(SNS_GOOD("0")),
		    AWS_ERROR("AccessDeniedException"), DONE);
	run(false, RESULT_OK);
	ck_assert_operation(&to.on, 3, "UpdateItem");
	ck_assert_sent(&to.on, 3, "sent = :e");
	ck_assert_not_sent(&to.on, 3, "attempts = :a");
	ck_assert_uint_eq(ended.pending, 1);
}
END_TEST

START_TEST(what_cannot_be_deleted_is_not_published_again_but_goes_first)
{
	const char *page = STOCK_EVENT(EVENT, "1") "," STOCK_EVENT(EVENT2, "2");
	char items[2000];

	snprintf(items, sizeof(items), "{\"Items\":[%s]}", page);
	SCRIPT_PLAY(&to.on.aws.script, TEXT(items), PUBLISHED(SNS_GOOD("0")),
		    AWS_ERROR("AccessDeniedException"));
	run(false, RESULT_REFUSED);
	ck_assert_uint_eq(to.on.aws.script.request_count, 3);
	ck_assert_uint_eq(ended.pending, 2);
	for (int i = 0; i < 3; i++) {
		script_forget_requests(&to.on.aws.script);
		SCRIPT_PLAY(&to.on.aws.script, TEXT(items), AWS_ERROR("AccessDeniedException"));
		run(i % 2, RESULT_REFUSED);
		ck_assert_uint_eq(to.on.aws.script.request_count, 2);
		ck_assert_operation(&to.on, 1, "BatchWriteItem");
		ck_assert_sent(&to.on, 1, EVENT);
	}
	script_forget_requests(&to.on.aws.script);
	SCRIPT_PLAY(&to.on.aws.script, TEXT(items), DONE, PUBLISHED(SNS_GOOD("0")), DONE);
	run(true, RESULT_OK);
	ck_assert_published(&to, 2, EVENT2);
	ck_assert_uint_eq(ended.pending, 0);
	ck_assert_uint_eq(unsaved.count, 0);
	ck_assert_metrics(2, 0, 4, 0);
}
END_TEST

START_TEST(nobody_is_told_twice_because_a_deletion_fails)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), PUBLISHED(SNS_GOOD("0")), BY_PHONE,
		    TEXT(SNS_PUBLISHED), AWS_ERROR("AccessDeniedException"));
	run(false, RESULT_REFUSED);
	ck_assert_uint_eq(to.on.aws.script.request_count, 5);
	script_forget_requests(&to.on.aws.script);
	SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), DONE);
	run(true, RESULT_OK);
	ck_assert_uint_eq(to.on.aws.script.request_count, 2);
	ck_assert_operation(&to.on, 1, "BatchWriteItem");
}
END_TEST

START_TEST(what_the_topic_has_is_not_sent_there_again_because_a_note_fails)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), PUBLISHED(SNS_GOOD("0")),
		    AWS_ERROR("AccessDeniedException"));
	run(false, RESULT_REFUSED);
	ck_assert_operation(&to.on, 3, "UpdateItem");
	script_forget_requests(&to.on.aws.script);
	SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), NO_WISHES, DONE);
	run(true, RESULT_OK);
	ck_assert_operation(&to.on, 1, "GetItem");
	ck_assert_operation(&to.on, 2, "BatchWriteItem");
	ck_assert_metrics(1, 0, 1, 0);
}
END_TEST

START_TEST(of_a_group_what_was_published_is_remembered_one_by_one)
{
	const struct script_step page =
		PAGE(TOLD_GROUP(OLD_EVENT, MEMBER(EVENT, TEA, "") "," MEMBER(EVENT2, POT, "")));

	SCRIPT_PLAY(&to.on.aws.script, page,
		    TEXT(SNS_BATCH(SNS_GOOD("0"), SNS_BAD("1", "InvalidParameter", "true"))), DONE,
		    AWS_ERROR("AccessDeniedException"));
	run(true, RESULT_REFUSED);
	ck_assert_operation(&to.on, 3, "UpdateItem");
	script_forget_requests(&to.on.aws.script);
	SCRIPT_PLAY(&to.on.aws.script, page, PUBLISHED(SNS_GOOD("0")), DONE, DONE);
	run(true, RESULT_OK);
	ck_assert_published(&to, 1, EVENT2);
	ck_assert_ptr_null(strstr(script_body(&to.on.aws.script, 1), EVENT));
	ck_assert_operation(&to.on, 3, "BatchWriteItem");
	ck_assert_uint_eq(unsaved.count, 0);
}
END_TEST

START_TEST(the_holder_goes_on_page_by_page)
{
	SCRIPT_PLAY(&to.on.aws.script,
		    TEXT("{\"Items\":[" STOCK_EVENT(
			    EVENT, "1") "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}"),
		    PUBLISHED(SNS_GOOD("0")), DONE, PAGE(STOCK_EVENT(EVENT2, "2")),
		    PUBLISHED(SNS_GOOD("0")), DONE);
	run(true, RESULT_OK);
	ck_assert_sent(&to.on, 3, "\":after\":{\"S\":\"" EVENT "\"}");
	ck_assert_uint_eq(ended.accepted, 2);
}
END_TEST

START_TEST(one_that_must_end_begins_nothing_more)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(STOCK_EVENT(EVENT, "1")), DONE);
	start(true);
	pass.must_end = true;
	script_run(&to.on.aws.script, &is_done, 60000000);
	ck_assert(is_done);
	publish_pass_clear(&pass);
	ck_assert_uint_eq(to.on.aws.script.request_count, 1);
}
END_TEST

/* Each allocation in turn: the pass fails or goes on, and nothing goes that was not accepted. */
START_TEST(short_memory_in_the_middle_is_made_up_for)
{
	bool has_failed = true;

	to.on.aws.script.is_forgetful = true;
	for (size_t n = 1; has_failed && n < 400; n++) {
		uint64_t failed = metric_get(&metrics.failed);

		SCRIPT_PLAY(&to.on.aws.script, PAGE(USERS), PUBLISHED(SNS_GOOD("0")), NO_WISHES,
			    DONE);
		unsaved_clear(&unsaved);
		alloc_fail_at(n);
		start(true);
		script_run(&to.on.aws.script, &is_done, 60000000);
		has_failed = alloc_has_failed();
		alloc_fail_at(0);
		ck_assert(is_done);
		publish_pass_clear(&pass);
		ck_assert_uint_eq(metric_get(&metrics.failed) - failed, ended.result != RESULT_OK);
		ck_assert(has_failed || ended.result == RESULT_OK);
	}
	ck_assert(!has_failed);
	ck_assert_uint_eq(ended.pending, 0);
}
END_TEST

Suite *publish_pass_suite(void)
{
	Suite *suite = suite_create("publish_pass");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, nothing_to_publish_is_one_read);
	tcase_add_test(tests, what_is_accepted_is_deleted);
	tcase_add_test(tests, anothers_old_event_is_the_holders);
	tcase_add_test(tests, two_of_one_subject_go_one_after_the_other);
	tcase_add_test(tests, a_refusal_is_noted_with_its_reason_and_holds_up_what_is_behind);
	tcase_add_test(tests, the_twelfth_refusal_is_the_last);
	tcase_add_test(tests, a_burial_that_fails_is_not_counted);
	tcase_add_test(tests, when_sns_fails_nothing_is_counted_against_an_event);
	tcase_add_test(tests, an_entry_of_which_nothing_is_said_stays);
	tcase_add_test(tests, what_cannot_be_read_ends_it);
	tcase_add_test(tests, items_of_another_tool_are_counted_and_left);
	tcase_add_test(tests, a_user_is_told_before_the_item_goes);
	tcase_add_test(tests, a_user_who_cannot_be_told_now_keeps_the_item_marked_as_sent);
	tcase_add_test(tests, what_cannot_be_deleted_is_not_published_again_but_goes_first);
	tcase_add_test(tests, nobody_is_told_twice_because_a_deletion_fails);
	tcase_add_test(tests, what_the_topic_has_is_not_sent_there_again_because_a_note_fails);
	tcase_add_test(tests, of_a_group_what_was_published_is_remembered_one_by_one);
	tcase_add_test(tests, the_holder_goes_on_page_by_page);
	tcase_add_test(tests, one_that_must_end_begins_nothing_more);
	tcase_add_test(tests, short_memory_in_the_middle_is_made_up_for);
	suite_add_tcase(suite, tests);
	return suite;
}
