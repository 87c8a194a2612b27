/* The restocker, and with it the batches that it gives out: one script answers DynamoDB and SNS. */
#include "notify/restocker.h"

#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "scripted_sns.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define EVENT "0193658c-1a2b-7c3d-8e4f-5a6b7c8d9e0f"
#define JO "01900000-0000-7000-8000-000000000001"
#define AL "01900000-0000-7000-8000-000000000002"
#define RESTOCK_OF(event)                                                                 \
	TEXT("{\"Items\":[{\"sk\":{\"S\":\"" event "\"},\"product_id\":{\"S\":\"" PRODUCT \
	     "\"},\"time\":{\"S\":\"T\"},\"data\":{\"S\":\"{}\"}}]}")
#define RESTOCK RESTOCK_OF(EVENT)
#define NOTHING TEXT("{\"Items\":[]}")
#define WAITS_AS(user, mark)                                              \
	"{\"sk\":{\"S\":\"U#" user "\"},\"product_id\":{\"S\":\"" PRODUCT \
	"\"},\"user_id\":{\"S\":\"" user "\"},\"mark\":{\"S\":\"" mark    \
	"\"},\"ttl\":{\"N\":\"1500000000\"}}"
#define WAITS(user) WAITS_AS(user, user) /* each has a mark of its own */
#define BY_PHONE                                                                         \
	TEXT("{\"Item\":{\"channel\":{\"S\":\"sms\"},\"phone\":{\"S\":\"+4930123456\"}," \
	     "\"events\":{\"L\":[{\"S\":\"stock.back\"}]},\"version\":{\"N\":\"1\"}}}")
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define SHELF(available) "{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"" available "\"}}"
#define LOOK(available, items) TEXT("{\"Responses\":{\"shop\":[" SHELF(available) items "]}}")
#define THERE(user) ",{\"pk\":{\"S\":\"U#" user "\"},\"sk\":{\"S\":\"#\"}}"
#define WISHES(user) ",{\"pk\":{\"S\":\"U#" user "\"},\"sk\":{\"S\":\"NOTIFY\"}}"
#define DONE TEXT("{}")

static struct scripted_repo on;
static struct aws_client *sns_client;
static struct sns sns;
static struct restocker *restocker;

static void make(void)
{
	const struct restocker_options options = {
		.loop = on.aws.script.loop,
		.repo = &on.repo,
		.sns = &sns,
	};

	restocker = restocker_new(&options);
}

static void set_up(void)
{
	struct aws_client_options options;

	scripted_repo_init(&on);
	on.repo.write_shards = 1;
	options = on.aws.options;
	options.service = "sns";
	options.protocol = &aws_protocol_query;
	options.policy = &retry_policy_standard;
	sns_client = aws_client_new(&options);
	ck_assert_ptr_nonnull(sns_client);
	sns = (struct sns){sns_client, on.aws.script.loop, SNS_TOPIC_ARN};
	make();
	ck_assert_ptr_nonnull(restocker);
}

/* Answers come at once; what is tried again takes its time. */
static void settle(void)
{
	for (int turn = 0; turn < 800 && !restocker_is_idle(restocker); turn++)
		script_pass(&on.aws.script, turn < 400 ? 1000 : 50000);
	ck_assert(restocker_is_idle(restocker));
}

static void tear_down(void)
{
	if (restocker) {
		restocker_stop(restocker);
		settle();
	}
	restocker_free(restocker);
	aws_client_free(sns_client);
	scripted_repo_clear(&on);
}

/* Lets it begin, and runs until it rests; then the time until another look is left alone. */
static void run(void)
{
	restocker_hold(restocker, 0, on.aws.script.now_us + 15000000);
	settle();
}

static void ck_assert_metrics(uint64_t told, uint64_t left, uint64_t done, uint64_t failures)
{
	const struct restock_metrics *metrics = restocker_get_metrics(restocker);

	ck_assert_uint_eq(metric_get(&metrics->told), told);
	ck_assert_uint_eq(metric_get(&metrics->left), left);
	ck_assert_uint_eq(metric_get(&metrics->done), done);
	ck_assert_uint_eq(metric_get(&metrics->failures), failures);
}

START_TEST(nothing_is_asked_without_the_lease)
{
	SCRIPT_PLAY(&on.aws.script, NOTHING);
	restocker_hold(restocker, 0, 0);
	script_pass(&on.aws.script, 5000000);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(what_another_tool_has_put_holds_up_nobody)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[{\"sk\":{\"S\":\"x\"}},{\"sk\":{\"S\":\"" EVENT
			 "\"},\"product_id\":{\"S\":\"" PRODUCT
			 "\"},\"time\":{\"S\":\"T\"},\"data\":{\"S\":\"{}\"}}]}"),
		    PAGE(WAITS(JO)), LOOK("5", THERE(JO)), TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE,
		    DONE, NOTHING);
	run();
	ck_assert_sent(&on, 5, "\"sk\":{\"S\":\"" EVENT "\"}");
	ck_assert_metrics(1, 0, 1, 0);
}
END_TEST

START_TEST(each_subscription_goes_after_its_own_message_was_accepted)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO) "," WAITS(AL)),
		    LOOK("5", THERE(JO) THERE(AL)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), SNS_BAD("1", "InvalidParameter", "true"))), DONE,
		    DONE, NOTHING);
	run();
	ck_assert_ptr_nonnull(strstr(on.aws.script.requests[3].text, "Action=PublishBatch"));
	ck_assert_ptr_nonnull(strstr(on.aws.script.requests[3].text, "stock.back"));
	ck_assert_operation(&on, 4, "DeleteItem");
	ck_assert_sent(&on, 4, "\"U#" JO "\"");
	ck_assert_operation(&on, 5, "DeleteItem");
	ck_assert_sent(&on, 5, "\"BACK#0\"");
	ck_assert_metrics(1, 1, 1, 0);
}
END_TEST

START_TEST(a_user_who_is_gone_is_forgotten_without_a_message)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", ""), DONE, DONE, NOTHING);
	run();
	ck_assert_operation(&on, 3, "DeleteItem");
	ck_assert_sent(&on, 3, "\"U#" JO "\"");
	ck_assert_sent(&on, 4, "\"BACK#0\"");
	ck_assert_metrics(0, 0, 1, 0);
}
END_TEST

START_TEST(who_has_preferences_is_told_in_person_as_these_say)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO) WISHES(JO)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), "")), BY_PHONE, TEXT(SNS_PUBLISHED), DONE, DONE,
		    NOTHING);
	run();
	ck_assert_operation(&on, 4, "GetItem");
	ck_assert_ptr_nonnull(strstr(on.aws.script.requests[5].text, "PhoneNumber=%2B4930123456"));
	ck_assert_operation(&on, 6, "DeleteItem");
	ck_assert_metrics(1, 0, 1, 0);
}
END_TEST

START_TEST(what_is_out_again_ends_it_and_leaves_the_rest_subscribed)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("0", THERE(JO)), DONE, NOTHING);
	run();
	ck_assert_operation(&on, 3, "DeleteItem");
	ck_assert_sent(&on, 3, "\"BACK#0\"");
	ck_assert_metrics(0, 0, 1, 0);
}
END_TEST

START_TEST(what_fails_as_a_whole_is_begun_again_after_a_pause)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO)),
		    {.status = 403, .body = SNS_ERROR("AuthorizationError")}, RESTOCK,
		    PAGE(WAITS(JO)), LOOK("5", THERE(JO)), TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE,
		    DONE, NOTHING);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_metrics(0, 0, 0, 1);
	script_pass(&on.aws.script, RESTOCK_PAUSE_US);
	run();
	ck_assert_metrics(1, 0, 1, 1);
}
END_TEST

/* The topic has it; so it must not have it again, and nobody else must wait. */
START_TEST(who_may_not_be_told_in_person_stays_subscribed_and_holds_up_nobody)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO) "," WAITS(AL)),
		    LOOK("5", THERE(JO) WISHES(JO) THERE(AL)),
		    TEXT(SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1"), "")), BY_PHONE,
		    {.status = 403, .body = SNS_ERROR("AuthorizationError")}, DONE, DONE, NOTHING);
	run();
	ck_assert_operation(&on, 6, "DeleteItem");
	ck_assert_sent(&on, 6, "\"U#" AL "\"");
	ck_assert_sent(&on, 7, "\"BACK#0\"");
	ck_assert_metrics(1, 1, 1, 0);
}
END_TEST

static void run_again(void)
{
	script_pass(&on.aws.script, RESTOCK_PAUSE_US);
	run();
}

START_TEST(who_was_told_is_not_told_again_because_a_deletion_fails)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO) WISHES(JO)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), "")), BY_PHONE, TEXT(SNS_PUBLISHED),
		    AWS_ERROR("AccessDeniedException"), RESTOCK, PAGE(WAITS(JO)),
		    LOOK("5", THERE(JO) WISHES(JO)), DONE, DONE, NOTHING);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 7);
	ck_assert_metrics(0, 0, 0, 1);
	run_again();
	ck_assert_operation(&on, 10, "DeleteItem");
	ck_assert_sent(&on, 10, "\"U#" JO "\"");
	ck_assert_sent(&on, 11, "\"BACK#0\"");
	ck_assert_metrics(1, 0, 1, 1);
}
END_TEST

START_TEST(what_the_topic_has_is_not_sent_there_again_because_the_rest_fails)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO) WISHES(JO)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), "")), AWS_ERROR("AccessDeniedException"), RESTOCK,
		    PAGE(WAITS(JO)), LOOK("5", THERE(JO) WISHES(JO)), BY_PHONE, TEXT(SNS_PUBLISHED),
		    DONE, DONE, NOTHING);
	run();
	run_again();
	ck_assert_operation(&on, 8, "GetItem");
	ck_assert_ptr_nonnull(strstr(on.aws.script.requests[9].text, "PhoneNumber="));
	ck_assert_metrics(1, 0, 1, 1);
}
END_TEST

START_TEST(who_puts_a_subscription_anew_is_told_anew)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), "")), AWS_ERROR("AccessDeniedException"), RESTOCK,
		    PAGE(WAITS_AS(JO, EVENT)), LOOK("5", THERE(JO)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE, DONE, NOTHING);
	run();
	run_again();
	ck_assert_ptr_nonnull(strstr(on.aws.script.requests[8].text, "Action=PublishBatch"));
	ck_assert_metrics(1, 0, 1, 1);
}
END_TEST

#define REFUSED TEXT(SNS_BATCH("", SNS_BAD("0", "InvalidParameter", "true")))
#define FIRST_PAGE TEXT("{\"Items\":[" WAITS(JO) "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")

START_TEST(after_a_pause_it_goes_on_where_it_was)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, FIRST_PAGE, LOOK("5", THERE(JO)), REFUSED,
		    AWS_ERROR("AccessDeniedException"), RESTOCK, PAGE(WAITS(AL)),
		    LOOK("5", THERE(AL)), TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE,
		    AWS_ERROR("AccessDeniedException"), RESTOCK, DONE, NOTHING);
	run();
	ck_assert_sent(&on, 4, "\":after\":{\"S\":\"U#" JO "\"}");
	run_again();
	ck_assert_sent(&on, 6, "\":after\":{\"S\":\"U#" JO "\"}");
	ck_assert_sent(&on, 10, "\"BACK#0\"");
	run_again();
	ck_assert_sent(&on, 12, "\"BACK#0\"");
	ck_assert_metrics(1, 1, 1, 2);
}
END_TEST

START_TEST(whom_sns_refused_is_not_asked_again_but_for_the_next_restock)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO) "," WAITS(AL)),
		    LOOK("5", THERE(JO) THERE(AL)),
		    TEXT(SNS_BATCH(SNS_GOOD("1"), SNS_BAD("0", "InvalidParameter", "true"))),
		    AWS_ERROR("AccessDeniedException"), RESTOCK,
		    PAGE(WAITS(JO) "," WAITS_AS(AL, AL)), LOOK("5", THERE(JO)), DONE, DONE,
		    RESTOCK_OF(AL), PAGE(WAITS(JO)), LOOK("5", THERE(JO)),
		    TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE, DONE, NOTHING);
	run();
	run_again();
	ck_assert_operation(&on, 8, "DeleteItem");
	ck_assert_sent(&on, 9, "\"BACK#0\"");
	ck_assert_ptr_nonnull(strstr(on.aws.script.requests[13].text, "Action=PublishBatch"));
	ck_assert_metrics(1, 1, 2, 1);
}
END_TEST

START_TEST(pages_and_shards_follow_one_another)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK,
		    TEXT("{\"Items\":[" WAITS(JO) "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}"),
		    LOOK("5", THERE(JO)), TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE, PAGE(WAITS(AL)),
		    LOOK("5", THERE(AL)), TEXT(SNS_BATCH(SNS_GOOD("0"), "")), DONE, DONE, NOTHING);
	run();
	ck_assert_sent(&on, 5, "\":after\":{\"S\":\"U#" JO "\"}");
	ck_assert_metrics(2, 0, 1, 0);
}
END_TEST

START_TEST(it_goes_no_further_when_the_lease_may_be_anothers)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO)),
		    {.status = 200, .body = SNS_BATCH(SNS_GOOD("0"), ""), .takes_us = 20000000},
		    DONE);
	run();
	script_pass(&on.aws.script, 20000000);
	ck_assert(restocker_is_idle(restocker));
	ck_assert_uint_le(on.aws.script.request_count, 5);
	for (size_t i = 0; i < on.aws.script.request_count; i++)
		ck_assert_uint_le(on.aws.script.requests[i].deadline_us,
				  on.aws.script.requests[0].at_us + 15000000);
}
END_TEST

START_TEST(a_stop_ends_it_after_its_present_step)
{
	SCRIPT_PLAY(&on.aws.script, RESTOCK, PAGE(WAITS(JO)), LOOK("5", THERE(JO)));
	restocker_hold(restocker, 0, on.aws.script.now_us + 15000000);
	restocker_stop(restocker);
	ck_assert(!restocker_is_idle(restocker));
	script_pass(&on.aws.script, 100000);
	ck_assert(restocker_is_idle(restocker));
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

/* ---- handing over ---- */

static struct outbox_told event = {
	.type = EVENT_STOCK_IN,
	.id = {EVENT, ID_LEN},
	.time = {"T", 1},
	.data = {"{}", 2},
	.product_id = {PRODUCT, ID_LEN},
};

START_TEST(an_event_is_handed_over_as_a_restock)
{
	struct following following = {.repo = &on.repo, .sns = &sns, .event = &event};

	SCRIPT_PLAY(&on.aws.script, DONE);
	restock_begin(&following, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "PutItem");
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"" EVENT "\"}");
	ck_assert_ptr_null(following.reason);
}
END_TEST

START_TEST(one_without_a_product_has_no_subscribers)
{
	struct outbox_told other = event;
	struct following following = {.repo = &on.repo, .sns = &sns, .event = &other};

	other.product_id = (struct span){0};
	restock_begin(&following, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(the_events_after_which_something_may_be_back_are_followed)
{
	struct outbox_told other = event;

	ck_assert(follower_of(&event) == restock_begin);
	other.type = EVENT_STOCK_LOW;
	ck_assert(follower_of(&other) == restock_begin);
	other.type = EVENT_STOCK_OUT;
	ck_assert(follower_of(&other) == NULL);
}
END_TEST

static void make_once(void *context)
{
	(void)context;
	restocker_free(restocker);
	make();
	ck_assert((restocker != NULL) != alloc_has_failed());
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	restocker_free(restocker);
	restocker = NULL;
	alloc_fail_at(1);
	make_once(NULL);
	alloc_fail_at(0);
}
END_TEST

/* Each allocation of a whole restock in turn: it pauses, or goes on; nothing is left behind. */
START_TEST(short_memory_in_the_middle_is_made_up_for)
{
	static const struct script_step steps[] = {
		RESTOCK,
		PAGE(WAITS(JO)),
		LOOK("5", THERE(JO)),
		TEXT(SNS_BATCH(SNS_GOOD("0"), "")),
		DONE,
		DONE,
		NOTHING,
	};
	bool has_failed = true;

	on.aws.script.is_forgetful = true;
	for (size_t n = 1; has_failed && n < 400; n++) {
		script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
		restocker_free(restocker);
		make(); /* another one, which remembers nothing */
		alloc_fail_at(n);
		run();
		has_failed = alloc_has_failed();
		alloc_fail_at(0);
	}
	ck_assert(!has_failed);
}
END_TEST

Suite *restocker_suite(void)
{
	Suite *suite = suite_create("restocker");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, nothing_is_asked_without_the_lease);
	tcase_add_test(tests, what_another_tool_has_put_holds_up_nobody);
	tcase_add_test(tests, each_subscription_goes_after_its_own_message_was_accepted);
	tcase_add_test(tests, a_user_who_is_gone_is_forgotten_without_a_message);
	tcase_add_test(tests, who_has_preferences_is_told_in_person_as_these_say);
	tcase_add_test(tests, what_is_out_again_ends_it_and_leaves_the_rest_subscribed);
	tcase_add_test(tests, what_fails_as_a_whole_is_begun_again_after_a_pause);
	tcase_add_test(tests, who_may_not_be_told_in_person_stays_subscribed_and_holds_up_nobody);
	tcase_add_test(tests, who_was_told_is_not_told_again_because_a_deletion_fails);
	tcase_add_test(tests, what_the_topic_has_is_not_sent_there_again_because_the_rest_fails);
	tcase_add_test(tests, who_puts_a_subscription_anew_is_told_anew);
	tcase_add_test(tests, after_a_pause_it_goes_on_where_it_was);
	tcase_add_test(tests, whom_sns_refused_is_not_asked_again_but_for_the_next_restock);
	tcase_add_test(tests, pages_and_shards_follow_one_another);
	tcase_add_test(tests, it_goes_no_further_when_the_lease_may_be_anothers);
	tcase_add_test(tests, a_stop_ends_it_after_its_present_step);
	tcase_add_test(tests, an_event_is_handed_over_as_a_restock);
	tcase_add_test(tests, one_without_a_product_has_no_subscribers);
	tcase_add_test(tests, the_events_after_which_something_may_be_back_are_followed);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	tcase_add_test(tests, short_memory_in_the_middle_is_made_up_for);
	suite_add_tcase(suite, tests);
	return suite;
}
