#include <check.h>
#include <stdio.h>
#include <string.h>

#include "aws/sns_answer.h"
#include "base/xml_scan.h"
#include "scripted_sns.h"

#define LONG_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

enum { ASKED = 3 };

/* A = accepted, R = refused, ? = unknown, of three; NULL: no answer to a batch. */
static const struct {
	const char *fates;
	const char *answer;
} batches[] = {
	{"AAA", SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1") SNS_GOOD("2"), "")},
	{"AR?", SNS_BATCH(SNS_GOOD("0"), SNS_BAD("1", "c", "true"))},
	{"???", SNS_BATCH("", "")},
	{"???", "<PublishBatchResponse><PublishBatchResult/></PublishBatchResponse>"},
	/* told two ways */
	{"?A?", SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1"), SNS_BAD("0", "c", "true"))},
	{"?A?", SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1") SNS_GOOD("0"), "")},
	{"?R?", SNS_BATCH("", SNS_BAD("0", "c", "true") SNS_BAD("1", "c", "true")
				      SNS_BAD("0", "c", "false"))},
	/* of others */
	{"A??", SNS_BATCH(SNS_GOOD("0") SNS_GOOD("3") SNS_GOOD("10"), SNS_BAD("4", "c", "true"))},
	{"A??", SNS_BATCH(SNS_GOOD("0") SNS_GOOD("18446744073709551616") SNS_GOOD("-1"), "")},
	{"A??", SNS_BATCH(SNS_GOOD("0") SNS_GOOD("") SNS_GOOD("a") SNS_GOOD(" 1"), "")},
	{"A??", SNS_BATCH(SNS_GOOD("0") "<entry><Id>1</Id><MessageId>m</MessageId></entry>", "")},
	{"???", SNS_BATCH("<member><Id>0</Id></member><member><Id>1</Id><MessageId/></member>",
			  "<member><Code>c</Code></member>")},
	{"R??", SNS_BATCH("", "<member><Id>0</Id></member>")},
	/* no answer to a batch */
	{NULL, SNS_PUBLISHED},
	{NULL, SNS_ERROR("x")},
	{NULL,
	 "<PublishBatchResult><Successful>" SNS_GOOD("0") "</Successful></PublishBatchResult>"},
};

START_TEST(an_answer_tells_what_it_tells_clearly)
{
	struct sns_outcome outcomes[ASKED] = {{.fate = SNS_UNKNOWN},
					      {.fate = SNS_UNKNOWN},
					      {.fate = SNS_UNKNOWN}};
	struct span answer = span_of(batches[_i].answer);

	ck_assert(xml_scan_check(answer));
	ck_assert_int_eq(sns_answer_batch(answer, outcomes, ASKED), batches[_i].fates != NULL);
	for (size_t i = 0; i < ASKED; i++) {
		static const char letters[] = {
			[SNS_UNSENT] = '-',
			[SNS_ACCEPTED] = 'A',
			[SNS_REFUSED] = 'R',
			[SNS_UNKNOWN] = '?',
		};

		ck_assert_int_eq(letters[outcomes[i].fate],
				 batches[_i].fates ? batches[_i].fates[i] : '?');
	}
}
END_TEST

START_TEST(what_was_not_asked_for_stays_as_it_is)
{
	struct sns_outcome outcomes[ASKED] = {{.fate = SNS_UNSENT},
					      {.fate = SNS_REFUSED},
					      {.fate = SNS_UNKNOWN}};

	ck_assert(
		sns_answer_batch(span_of(SNS_BATCH(SNS_GOOD("0") SNS_GOOD("1") SNS_GOOD("2"), "")),
				 outcomes, ASKED));
	ck_assert_int_eq(outcomes[0].fate, SNS_UNSENT);
	ck_assert_int_eq(outcomes[1].fate, SNS_REFUSED);
	ck_assert_int_eq(outcomes[2].fate, SNS_ACCEPTED);
}
END_TEST

static const struct {
	const char *fault;
	bool is_senders;
} faults[] = {{"true", true}, {"false", false}, {"", false}, {"TRUE", false}};

START_TEST(whose_fault_it_is_is_taken_word_for_word)
{
	struct sns_outcome outcome = {.fate = SNS_UNKNOWN};
	char answer[1000];

	snprintf(answer, sizeof(answer), SNS_BATCH("", SNS_BAD("0", "c", "%s")), faults[_i].fault);
	ck_assert(sns_answer_batch(span_of(answer), &outcome, 1));
	ck_assert_int_eq(outcome.fate, SNS_REFUSED);
	ck_assert_int_eq(outcome.is_sender_fault, faults[_i].is_senders);
}
END_TEST

START_TEST(reasons_fit_on_one_line_whatever_they_are)
{
	static const char answer[] =
		SNS_BATCH("", "<member><Id>0</Id><Code>" LONG_64 LONG_64
			      "</Code><Message>a&#10;&lt;b&gt; " LONG_64 LONG_64 LONG_64 LONG_64
			      "</Message></member>");
	struct sns_outcome outcome = {.fate = SNS_UNKNOWN};

	ck_assert(sns_answer_batch(span_of(answer), &outcome, 1));
	ck_assert_uint_lt(strlen(outcome.code), AWS_ERROR_SIZE);
	ck_assert_int_eq(strncmp(outcome.code, LONG_64, 32), 0);
	ck_assert_uint_lt(strlen(outcome.message), SNS_WHY_SIZE);
	ck_assert_int_eq(strncmp(outcome.message, "a\\n<b> xxx", 10), 0);
	ck_assert_ptr_null(strchr(outcome.message, '\n'));
}
END_TEST

START_TEST(a_single_message_is_accepted_with_an_id_only)
{
	struct sns_outcome outcome = {.fate = SNS_UNKNOWN};

	ck_assert(!sns_answer_publish(span_of("<PublishResponse/>"), &outcome));
	ck_assert(!sns_answer_publish(span_of(SNS_BATCH(SNS_GOOD("0"), "")), &outcome));
	ck_assert_int_eq(outcome.fate, SNS_UNKNOWN);
	ck_assert(sns_answer_publish(span_of(SNS_PUBLISHED), &outcome));
	ck_assert_int_eq(outcome.fate, SNS_ACCEPTED);
}
END_TEST

/* Those that SNS's API Reference has for Publish, and others that it may answer. */
static const struct {
	int status;
	const char *error;
	bool is_messages; /* fault, also when it goes to the topic */
	bool is_targets;
} errors[] = {
	{400, "InvalidParameter", true, true},
	{400, "InvalidParameterValue", true, true},
	{400, "ParameterValueInvalid", true, true},
	{400, "ValidationException", true, true},
	{403, "AuthorizationError", false, true},
	{400, "EndpointDisabled", false, true},
	{400, "PlatformApplicationDisabled", false, true},
	{404, "NotFound", false, true},
	{400, "OptedOut", false, true},
	{400, "KMSAccessDenied", false, true},
	{400, "KMSDisabled", false, true},
	{400, "KMSInvalidState", false, true},
	{400, "KMSNotFound", false, true},
	{403, "KMSOptInRequired", false, true},
	{400, "SomethingNew", false, true},
	{400, "KMSThrottling", false, false},
	{400, "Throttling", false, false},
	{429, "TooMuch", false, false},
	{500, "InternalError", false, false},
	{503, "SomethingNew", false, false},
	{403, "InvalidSecurity", false, false},
	{403, "IncompleteSignature", false, false},
	{403, "SignatureDoesNotMatch", false, false},
	{403, "InvalidClientTokenId", false, false},
	{403, "ExpiredToken", false, false},
	{403, "", false, false},
};

START_TEST(an_error_of_one_is_told_from_one_of_all)
{
	char answer[500];

	snprintf(answer, sizeof(answer), SNS_ERROR("%s"), errors[_i].error);
	for (int is_to_topic = 0; is_to_topic <= 1; is_to_topic++) {
		bool is_its = is_to_topic ? errors[_i].is_messages : errors[_i].is_targets;
		struct sns_outcome outcome = {.fate = SNS_UNKNOWN};

		ck_assert_int_eq(sns_answer_refusal(errors[_i].status, errors[_i].error,
						    span_of(answer), is_to_topic, &outcome),
				 is_its);
		ck_assert_int_eq(outcome.fate, is_its ? SNS_REFUSED : SNS_UNKNOWN);
		ck_assert_str_eq(outcome.code, is_its ? errors[_i].error : "");
		ck_assert_int_eq(outcome.is_sender_fault, is_its);
	}
}
END_TEST

Suite *sns_answer_suite(void)
{
	Suite *all = suite_create("sns_answer");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, an_answer_tells_what_it_tells_clearly, 0,
			    (int)(sizeof(batches) / sizeof(batches[0])));
	tcase_add_test(cases, what_was_not_asked_for_stays_as_it_is);
	tcase_add_loop_test(cases, whose_fault_it_is_is_taken_word_for_word, 0,
			    (int)(sizeof(faults) / sizeof(faults[0])));
	tcase_add_test(cases, reasons_fit_on_one_line_whatever_they_are);
	tcase_add_test(cases, a_single_message_is_accepted_with_an_id_only);
	tcase_add_loop_test(cases, an_error_of_one_is_told_from_one_of_all, 0,
			    (int)(sizeof(errors) / sizeof(errors[0])));
	suite_add_tcase(all, cases);
	return all;
}
