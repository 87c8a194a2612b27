#include "notify/direct.h"

#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "publishing.h"

#define ENDPOINT "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1"
#define WISHES(members)                                                        \
	TEXT("{\"Item\":{\"version\":{\"N\":\"7\"},\"events\":{\"L\":[{\"S\":" \
	     "\"order.placed\"}]}," members "}}")
#define BY_PHONE WISHES("\"channel\":{\"S\":\"sms\"},\"phone\":{\"S\":\"+4930123456\"}")
#define BY_ENDPOINT \
	WISHES("\"channel\":{\"S\":\"endpoint\"},\"target_arn\":{\"S\":\"" ENDPOINT "\"}")
#define REFUSAL(code)                                  \
	{                                              \
		.status = 400, .body = SNS_ERROR(code) \
	}

static struct publishing to;
static struct outbox_told event;
static struct following following;

static void set_up(void)
{
	publishing_init(&to);
	event = (struct outbox_told){
		.type = EVENT_ORDER_PLACED,
		.id = span_of(EVENT),
		.subject = span_of("order/" ORDER),
		.time = span_of(NOW),
		.data = span_of("{\"version\":7}"),
		.user_id = span_of(USER),
		.order_id = span_of(ORDER),
	};
	following = (struct following){.repo = &to.on.repo, .sns = &to.sns, .event = &event};
}

static void tear_down(void)
{
	publishing_clear(&to);
}

static void ck_assert_told(enum result expected, size_t requests)
{
	direct_tell(&following, &to.on.await);
	scripted_repo_expect(&to.on, expected);
	ck_assert_uint_eq(to.on.aws.script.request_count, requests);
}

START_TEST(a_phone_gets_a_sentence)
{
	SCRIPT_PLAY(&to.on.aws.script, BY_PHONE, TEXT(SNS_PUBLISHED));
	ck_assert_told(RESULT_OK, 2);
	ck_assert_published(&to, 1, "PhoneNumber=%2B4930123456");
	ck_assert_published(&to, 1, "Thank%20you");
}
END_TEST

START_TEST(an_endpoint_gets_the_message)
{
	SCRIPT_PLAY(&to.on.aws.script, BY_ENDPOINT, TEXT(SNS_PUBLISHED));
	ck_assert_told(RESULT_OK, 2);
	ck_assert_published(&to, 1, "TargetArn=arn%3Aaws%3Asns");
	ck_assert_published(&to, 1, "order.placed");
}
END_TEST

START_TEST(who_wants_nothing_or_is_nobody_is_not_told)
{
	SCRIPT_PLAY(&to.on.aws.script, TEXT("{}"));
	ck_assert_told(RESULT_OK, 1);
	scripted_repo_renew(&to.on);
	event.user_id = span_of("x");
	ck_assert_told(RESULT_OK, 0);
}
END_TEST

START_TEST(a_target_that_is_refused_for_good_is_marked_and_that_is_all)
{
	static const char *const codes[] = {
		"EndpointDisabled",    "InvalidParameter", "ParameterValueInvalid",
		"ValidationException", "NotFound",         "OptedOut"};
	const struct script_step refusals[] = {REFUSAL("EndpointDisabled"),
					       REFUSAL("InvalidParameter"),
					       REFUSAL("ParameterValueInvalid"),
					       REFUSAL("ValidationException"),
					       REFUSAL("NotFound"),
					       REFUSAL("OptedOut")};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		SCRIPT_PLAY(&to.on.aws.script, BY_ENDPOINT, refusals[i], TEXT("{}"));
		ck_assert_told(RESULT_OK, 3);
		ck_assert_ptr_null(following.reason);
		ck_assert_operation(&to.on, 2, "UpdateItem");
		ck_assert_sent(&to.on, 2, codes[i]);
		scripted_repo_renew(&to.on);
	}
}
END_TEST

/* Also that it may not be published to: by that one user must not hold up all others for ever. */
START_TEST(another_refusal_counts_as_a_try)
{
	static const char *const codes[] = {"AuthorizationError", "PlatformApplicationDisabled",
					    "KMSDisabled", "SomethingNew"};
	const struct script_step refusals[] = {REFUSAL("AuthorizationError"),
					       REFUSAL("PlatformApplicationDisabled"),
					       REFUSAL("KMSDisabled"), REFUSAL("SomethingNew")};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		SCRIPT_PLAY(&to.on.aws.script, BY_PHONE, refusals[i]);
		ck_assert_told(RESULT_REFUSED, 2);
		ck_assert_str_eq(following.reason, codes[i]);
		scripted_repo_renew(&to.on);
	}
}
END_TEST

START_TEST(what_fails_as_a_whole_counts_against_nobody)
{
	SCRIPT_PLAY(&to.on.aws.script, BY_PHONE,
		    {.status = 403, .body = SNS_ERROR("InvalidSecurity")});
	ck_assert_told(RESULT_REFUSED, 2);
	ck_assert_ptr_null(following.reason);
	scripted_repo_renew(&to.on);
	SCRIPT_PLAY(&to.on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert_told(RESULT_REFUSED, 1);
}
END_TEST

START_TEST(a_mark_that_fails_is_made_the_next_time)
{
	SCRIPT_PLAY(&to.on.aws.script, BY_ENDPOINT, REFUSAL("EndpointDisabled"),
		    AWS_ERROR("AccessDeniedException"));
	ck_assert_told(RESULT_REFUSED, 3);
	ck_assert_ptr_null(following.reason);
}
END_TEST

START_TEST(without_a_topic_it_is_a_line_of_the_log)
{
	to.sns.topic_arn = NULL;
	SCRIPT_PLAY(&to.on.aws.script, BY_PHONE);
	ck_assert_told(RESULT_OK, 1);
}
END_TEST

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	bool has_failed = true;
	enum result result = RESULT_OK;

	to.on.aws.script.is_forgetful = true;
	for (size_t n = 1; has_failed && n < 200; n++) {
		SCRIPT_PLAY(&to.on.aws.script, BY_ENDPOINT, TEXT(SNS_PUBLISHED));
		scripted_repo_renew(&to.on);
		alloc_fail_at(n);
		direct_tell(&following, &to.on.await);
		result = scripted_repo_run(&to.on);
		has_failed = alloc_has_failed();
		alloc_fail_at(0);
		ck_assert(result == RESULT_OK || (has_failed && result_is_failure(result)));
		ck_assert_ptr_null(following.reason);
	}
	ck_assert(!has_failed && result == RESULT_OK);
}
END_TEST

Suite *direct_suite(void)
{
	Suite *suite = suite_create("direct");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_phone_gets_a_sentence);
	tcase_add_test(tests, an_endpoint_gets_the_message);
	tcase_add_test(tests, who_wants_nothing_or_is_nobody_is_not_told);
	tcase_add_test(tests, a_target_that_is_refused_for_good_is_marked_and_that_is_all);
	tcase_add_test(tests, another_refusal_counts_as_a_try);
	tcase_add_test(tests, what_fails_as_a_whole_counts_against_nobody);
	tcase_add_test(tests, a_mark_that_fails_is_made_the_next_time);
	tcase_add_test(tests, without_a_topic_it_is_a_line_of_the_log);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
