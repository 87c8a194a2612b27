#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "scripted_sns.h"

static struct scripted_sns on;

static void set_up(void)
{
	scripted_sns_init(&on);
}

static void tear_down(void)
{
	scripted_sns_clear(&on);
}

static const struct sns_attribute attributes[] = {{"event_type", "order.placed"}};
static const struct sns_message messages[] = {
	{"{\"a\":1}", attributes, 1, "order/1", "e1"},
	{"{\"b\":2}", attributes, 1, "order/1", "e2"},
	{"{\"c\":3}", attributes, 1, "order/2", "e3"},
};
static const struct sns_target phone = {SNS_PHONE, "+4915123456789"};
static const struct sns_target endpoint = {SNS_ENDPOINT, "arn:aws:sns:eu-west-1:1:endpoint/x"};
static const struct sns_target topic = {SNS_TOPIC, NULL};

#define PLAY(...) SCRIPT_PLAY(&on.aws.script, __VA_ARGS__)
#define ANSWER(status_, body_)                       \
	{                                            \
		.status = (status_), .body = (body_) \
	}
#define LOST                                                \
	{                                                   \
		.end = EXCHANGE_NO_ANSWER, .was_sent = true \
	}

static void publish(struct sns_target target, const struct sns_message *message)
{
	scripted_sns_renew(&on);
	sns_publish(&on.sns, &on.call, target, message);
	scripted_sns_run(&on);
}

static void publish_batch(const struct sns_message *some, size_t count)
{
	scripted_sns_renew(&on);
	sns_publish_batch(&on.sns, &on.call, some, count);
	scripted_sns_run(&on);
	ck_assert_uint_eq(on.call.count, count);
}

static void ck_assert_result(enum result expected)
{
	ck_assert_str_eq(result_name(on.call.result), result_name(expected));
}

static void ck_assert_fates(enum sns_fate a, enum sns_fate b, enum sns_fate c)
{
	ck_assert_int_eq(on.call.outcomes[0].fate, a);
	ck_assert_int_eq(on.call.outcomes[1].fate, b);
	ck_assert_int_eq(on.call.outcomes[2].fate, c);
}

START_TEST(a_message_goes_to_the_topic_a_phone_or_an_endpoint)
{
	static const char *const bodies[] = {
		"Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A"
		"123456789012%3Ashop&Message=",
		"Action=Publish&Version=2010-03-31&PhoneNumber=%2B4915123456789&Message=",
		"Action=Publish&Version=2010-03-31&TargetArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3A"
		"endpoint%2Fx&Message=",
	};
	const struct sns_target targets[] = {topic, phone, endpoint};
	char value[200];

	PLAY(ANSWER(200, SNS_PUBLISHED));
	for (size_t i = 0; i < 3; i++) {
		publish(targets[i], &messages[0]);
		ck_assert_result(RESULT_OK);
		ck_assert_int_eq(on.call.outcomes[0].fate, SNS_ACCEPTED);
		ck_assert_int_eq(strncmp(script_body(&on.aws.script, i), bodies[i],
					 strlen(bodies[i])),
				 0);
		sns_call_clear(&on.call);
	}
	ck_assert_str_eq(script_header(&on.aws.script, 0, "Content-Type", value, sizeof(value)),
			 "application/x-www-form-urlencoded; charset=utf-8");
	ck_assert_str_eq(script_header(&on.aws.script, 0, "X-Amz-Target", value, sizeof(value)),
			 "");
	script_header(&on.aws.script, 0, "Authorization", value, sizeof(value));
	ck_assert_ptr_nonnull(strstr(value, "/eu-west-1/sns/aws4_request"));
}
END_TEST

static const struct {
	int status;
	const char *code;
	bool is_messages; /* fault */
	enum result result;
} refusals[] = {
	{400, "EndpointDisabled", true, RESULT_OK},
	{400, "PlatformApplicationDisabled", true, RESULT_OK},
	{400, "InvalidParameter", true, RESULT_OK},
	{404, "NotFound", true, RESULT_OK},
	{403, "AuthorizationError", true, RESULT_OK},
	{400, "KMSDisabled", true, RESULT_OK},
	{403, "InvalidSecurity", false, RESULT_REFUSED},
	{400, "Throttling", false, RESULT_THROTTLED},
};

START_TEST(what_is_refused_is_told_from_who_is_refused)
{
	char body[500];
	const struct sns_outcome *outcome = &on.call.outcomes[0];

	snprintf(body, sizeof(body), SNS_ERROR("%s"), refusals[_i].code);
	PLAY(ANSWER(refusals[_i].status, body));
	publish(endpoint, &messages[0]);
	ck_assert_result(refusals[_i].result);
	if (refusals[_i].is_messages) {
		ck_assert_int_eq(outcome->fate, SNS_REFUSED);
		ck_assert(outcome->is_sender_fault);
		ck_assert_str_eq(outcome->code, refusals[_i].code);
		ck_assert_str_eq(outcome->message, "why\\n it is");
		ck_assert_str_eq(on.call.error, "");
	} else {
		ck_assert_int_eq(outcome->fate, SNS_UNSENT);
		ck_assert_str_eq(on.call.error, refusals[_i].code);
	}
}
END_TEST

#define ENTRY(number, id, body)                                                                   \
	"&PublishBatchRequestEntries.member." number ".Id=" id                                    \
	"&PublishBatchRequestEntries.member." number ".Message=" body                             \
	"&PublishBatchRequestEntries.member." number ".MessageAttributes.entry.1.Name=event_type" \
	"&PublishBatchRequestEntries.member." number                                              \
	".MessageAttributes.entry.1.Value.DataType=String"                                        \
	"&PublishBatchRequestEntries.member." number                                              \
	".MessageAttributes.entry.1.Value.StringValue=order.placed"

START_TEST(a_topic_that_is_gone_or_forbidden_is_no_messages_fault)
{
	static const char *const errors[] = {"NotFound", "AuthorizationError"};

	PLAY(ANSWER(404, SNS_ERROR("NotFound")), ANSWER(403, SNS_ERROR("AuthorizationError")));
	for (size_t i = 0; i < 2; i++) {
		publish(topic, &messages[0]);
		ck_assert_result(RESULT_REFUSED);
		ck_assert_str_eq(on.call.error, errors[i]);
		ck_assert_int_eq(on.call.outcomes[0].fate, SNS_UNSENT);
		sns_call_clear(&on.call);
	}
}
END_TEST

START_TEST(a_batch_has_a_fate_for_each_entry)
{
	PLAY(ANSWER(200, SNS_BATCH(SNS_GOOD("2") SNS_GOOD("0"),
				   SNS_BAD("1", "InternalError", "false"))));
	publish_batch(messages, 3);
	ck_assert_result(RESULT_OK);
	ck_assert_fates(SNS_ACCEPTED, SNS_REFUSED, SNS_ACCEPTED);
	ck_assert(!on.call.outcomes[1].is_sender_fault);
	ck_assert_str_eq(on.call.outcomes[1].code, "InternalError");
	ck_assert_str_eq(on.call.outcomes[1].message, "why");
	ck_assert_str_eq(
		script_body(&on.aws.script, 0),
		"Action=PublishBatch&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A"
		"123456789012%3Ashop" ENTRY("1", "0", "%7B%22a%22%3A1%7D")
			ENTRY("2", "1", "%7B%22b%22%3A2%7D") ENTRY("3", "2", "%7B%22c%22%3A3%7D"));
}
END_TEST

START_TEST(an_entry_of_which_nothing_is_said_is_unknown)
{
	PLAY(ANSWER(200, SNS_BATCH(SNS_GOOD("0"), "")));
	publish_batch(messages, 3);
	ck_assert_result(RESULT_OK);
	ck_assert_fates(SNS_ACCEPTED, SNS_UNKNOWN, SNS_UNKNOWN);
}
END_TEST

static const char *const strange[] = {
	"<a/>",
	SNS_PUBLISHED,
	SNS_ERROR("InternalError"),
	"<PublishBatchResponse/>",
	"<PublishBatchResponse><Successful>" SNS_GOOD("0") "</Successful></PublishBatchResponse>",
};

START_TEST(an_answer_to_something_else_tells_nothing)
{
	PLAY(ANSWER(200, strange[_i]));
	publish_batch(messages, 3);
	ck_assert_result(RESULT_UNKNOWN);
	ck_assert_fates(SNS_UNKNOWN, SNS_UNKNOWN, SNS_UNKNOWN);
}
END_TEST

START_TEST(a_single_answer_without_an_id_tells_nothing)
{
	PLAY(ANSWER(200, "<PublishResponse><PublishResult><MessageId/></PublishResult>"
			 "</PublishResponse>"));
	publish(phone, &messages[0]);
	ck_assert_result(RESULT_UNKNOWN);
	ck_assert_int_eq(on.call.outcomes[0].fate, SNS_UNKNOWN);
}
END_TEST

START_TEST(a_lost_answer_is_asked_for_again_and_may_stay_unknown)
{
	PLAY(LOST, ANSWER(200, SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1") SNS_GOOD("2"), "")));
	publish_batch(messages, 3);
	ck_assert_result(RESULT_OK);
	ck_assert_fates(SNS_ACCEPTED, SNS_ACCEPTED, SNS_ACCEPTED);
	ck_assert_str_eq(script_body(&on.aws.script, 0), script_body(&on.aws.script, 1));
	sns_call_clear(&on.call);

	PLAY(LOST);
	publish_batch(messages, 3);
	ck_assert_result(RESULT_UNKNOWN);
	ck_assert_fates(SNS_UNKNOWN, SNS_UNKNOWN, SNS_UNKNOWN);
}
END_TEST

START_TEST(what_was_refused_as_a_whole_was_not_sent)
{
	PLAY(ANSWER(404, SNS_ERROR("NotFound")));
	publish_batch(messages, 3);
	ck_assert_result(RESULT_REFUSED);
	ck_assert_str_eq(on.call.error, "NotFound");
	ck_assert_fates(SNS_UNSENT, SNS_UNSENT, SNS_UNSENT);
	ck_assert_str_eq(on.call.outcomes[0].code, "");
}
END_TEST

START_TEST(a_wrong_message_is_refused_here_and_the_others_are_sent)
{
	const struct sns_message some[] = {messages[0], {.body = ""}, messages[2]};

	PLAY(ANSWER(200, SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1") SNS_GOOD("2"), "")));
	publish_batch(some, 3);
	ck_assert_result(RESULT_OK);
	ck_assert_fates(SNS_ACCEPTED, SNS_REFUSED, SNS_ACCEPTED);
	ck_assert(on.call.outcomes[1].is_sender_fault);
	ck_assert_str_eq(on.call.outcomes[1].message, "the message is empty");
	ck_assert_ptr_nonnull(strstr(script_body(&on.aws.script, 0), ".member.2.Id=2&"));
	ck_assert_ptr_null(strstr(script_body(&on.aws.script, 0), "Id=1&"));
}
END_TEST

START_TEST(nothing_is_sent_when_nothing_can_be)
{
	const struct sns_message wrong = {.body = ""};

	publish_batch(&wrong, 1);
	ck_assert_result(RESULT_OK);
	ck_assert_int_eq(on.call.outcomes[0].fate, SNS_REFUSED);
	sns_call_clear(&on.call);
	publish(phone, &wrong);
	ck_assert_int_eq(on.call.outcomes[0].fate, SNS_REFUSED);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(what_does_not_fit_waits_for_the_next_request)
{
	char *large = malloc(SNS_SIZE_MAX / 2 + 1);
	struct sns_message some[3] = {{0}};

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', SNS_SIZE_MAX / 2);
	large[SNS_SIZE_MAX / 2] = '\0';
	some[0].body = some[1].body = large;
	some[2].body = "small";
	PLAY(ANSWER(200, SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1") SNS_GOOD("2"), "")));
	publish_batch(some, 3);
	ck_assert_result(RESULT_OK);
	ck_assert_fates(SNS_ACCEPTED, SNS_ACCEPTED, SNS_UNSENT);
	sns_call_clear(&on.call);
	publish_batch(some + 1, 2);
	ck_assert_int_eq(on.call.outcomes[0].fate, SNS_ACCEPTED);
	ck_assert_int_eq(on.call.outcomes[1].fate, SNS_ACCEPTED);
	free(large);
}
END_TEST

START_TEST(a_fifo_topic_is_told_group_and_deduplication_id)
{
	const struct sns_message none = {.body = "x"};

	on.sns.topic_arn = SNS_TOPIC_ARN ".fifo";
	PLAY(ANSWER(200, SNS_BATCH(SNS_GOOD("0"), "")), ANSWER(200, SNS_PUBLISHED));
	publish_batch(messages, 1);
	ck_assert_ptr_nonnull(strstr(script_body(&on.aws.script, 0),
				     "member.1.MessageGroupId=order%2F1&PublishBatchRequestEntries."
				     "member.1.MessageDeduplicationId=e1"));
	sns_call_clear(&on.call);
	publish(topic, &messages[0]);
	ck_assert_ptr_nonnull(strstr(script_body(&on.aws.script, 1), "&MessageDeduplicationId=e1"));
	sns_call_clear(&on.call);
	publish(phone, &messages[0]);
	ck_assert_ptr_null(strstr(script_body(&on.aws.script, 2), "MessageDeduplicationId"));
	sns_call_clear(&on.call);
	publish_batch(&none, 1);
	ck_assert_int_eq(on.call.outcomes[0].fate, SNS_REFUSED);
}
END_TEST

START_TEST(a_topic_is_fifo_by_its_name)
{
	ck_assert(sns_topic_is_fifo(SNS_TOPIC_ARN ".fifo"));
	ck_assert(!sns_topic_is_fifo(SNS_TOPIC_ARN));
	ck_assert(!sns_topic_is_fifo(""));
	ck_assert(!sns_topic_is_fifo("fifo"));
}
END_TEST

START_TEST(a_stop_ends_a_call_with_a_fate)
{
	PLAY({.hangs = true});
	scripted_sns_renew(&on);
	sns_publish_batch(&on.sns, &on.call, messages, 3);
	script_pass(&on.aws.script, 1000);
	aws_client_stop(on.sns.client);
	script_end_all(&on.aws.script, EXCHANGE_SHUTDOWN);
	ck_assert(on.is_done);
	ck_assert_result(RESULT_UNKNOWN);
	ck_assert_fates(SNS_UNKNOWN, SNS_UNKNOWN, SNS_UNKNOWN);
	sns_call_clear(&on.call);

	scripted_sns_renew(&on);
	sns_publish_batch(&on.sns, &on.call, messages, 3);
	scripted_sns_run(&on);
	ck_assert_result(RESULT_SHUTDOWN);
	ck_assert_fates(SNS_UNSENT, SNS_UNSENT, SNS_UNSENT);
}
END_TEST

static void run_when_memory_is_short(void *context)
{
	static const struct script_step steps[] = {
		ANSWER(200, SNS_BATCH(SNS_GOOD("0") SNS_GOOD("2"), SNS_BAD("1", "c", "true"))),
		ANSWER(200, SNS_PUBLISHED),
		ANSWER(400, SNS_ERROR("EndpointDisabled")),
	};
	bool is_batch = *(int *)context == 0;

	script_forget_requests(&on.aws.script);
	script_play(&on.aws.script, &steps[*(int *)context], 1);
	on.sns.client = aws_client_new(&on.aws.options);
	if (!on.sns.client)
		return;
	scripted_sns_renew(&on);
	if (is_batch)
		sns_publish_batch(&on.sns, &on.call, messages, 3);
	else
		sns_publish(&on.sns, &on.call, endpoint, &messages[0]);
	scripted_sns_run(&on);
	if (on.call.result != RESULT_OK)
		ck_assert(alloc_has_failed() && on.call.outcomes[0].fate == SNS_UNSENT);
	else
		ck_assert_int_ne(on.call.outcomes[0].fate, SNS_UNSENT);
	sns_call_clear(&on.call);
	on.call = (struct sns_call){0};
	aws_client_free(on.sns.client);
}

START_TEST(each_operation_fails_in_order_when_memory_is_short)
{
	alloc_fail_each(run_when_memory_is_short, &_i);
}
END_TEST

Suite *sns_suite(void)
{
	Suite *all = suite_create("sns");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_message_goes_to_the_topic_a_phone_or_an_endpoint);
	tcase_add_loop_test(cases, what_is_refused_is_told_from_who_is_refused, 0,
			    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(cases, a_topic_that_is_gone_or_forbidden_is_no_messages_fault);
	tcase_add_test(cases, a_batch_has_a_fate_for_each_entry);
	tcase_add_test(cases, an_entry_of_which_nothing_is_said_is_unknown);
	tcase_add_loop_test(cases, an_answer_to_something_else_tells_nothing, 0,
			    (int)(sizeof(strange) / sizeof(strange[0])));
	tcase_add_test(cases, a_single_answer_without_an_id_tells_nothing);
	tcase_add_test(cases, a_lost_answer_is_asked_for_again_and_may_stay_unknown);
	tcase_add_test(cases, what_was_refused_as_a_whole_was_not_sent);
	tcase_add_test(cases, a_wrong_message_is_refused_here_and_the_others_are_sent);
	tcase_add_test(cases, nothing_is_sent_when_nothing_can_be);
	tcase_add_test(cases, what_does_not_fit_waits_for_the_next_request);
	tcase_add_test(cases, a_fifo_topic_is_told_group_and_deduplication_id);
	tcase_add_test(cases, a_topic_is_fifo_by_its_name);
	tcase_add_test(cases, a_stop_ends_a_call_with_a_fate);
	tcase_add_loop_test(cases, each_operation_fails_in_order_when_memory_is_short, 0, 3);
	suite_add_tcase(all, cases);
	return all;
}
