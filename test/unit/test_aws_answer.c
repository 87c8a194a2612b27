#include <check.h>
#include <stdio.h>
#include <string.h>

#include "aws/aws_answer.h"
#include "base/digest.h"

struct judged {
	enum exchange_end end;
	bool was_sent;
	int status;
	const char *body;
	/* what is expected */
	enum result result;
	enum retry_kind retry;
	bool is_uncertain;
	const char *error;
};

#define ANSWERED(status_, body_) \
	.end = EXCHANGE_ANSWERED, .was_sent = true, .status = (status_), .body = (body_)
#define TYPED(name) "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" name "\",\"message\":\"m\"}"

static const struct judged table[] = {
	{ANSWERED(200, "{}"), RESULT_OK, RETRY_NEVER, false, ""},
	{ANSWERED(200, " \r\n{\"Item\":{}}\n"), RESULT_OK, RETRY_NEVER, false, ""},
	{ANSWERED(299, "{}"), RESULT_OK, RETRY_NEVER, false, ""},
	{ANSWERED(200, ""), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(200, "<html>"), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(200, "[]"), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(200, "{\"a\":1"), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(200, "{} {}"), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(301, ""), RESULT_GARBLED, RETRY_NEVER, true, ""},
	{ANSWERED(400, TYPED("ConditionalCheckFailedException")), RESULT_CONFLICT, RETRY_NEVER,
	 false, "ConditionalCheckFailedException"},
	{ANSWERED(400, TYPED("TransactionCanceledException")), RESULT_CONFLICT, RETRY_NEVER, false,
	 "TransactionCanceledException"},
	{ANSWERED(400, TYPED("TransactionConflictException")), RESULT_CONFLICT, RETRY_NEVER, false,
	 "TransactionConflictException"},
	{ANSWERED(400, TYPED("IdempotentParameterMismatchException")), RESULT_CONFLICT, RETRY_NEVER,
	 false, "IdempotentParameterMismatchException"},
	{ANSWERED(400, TYPED("ResourceNotFoundException")), RESULT_NOT_FOUND, RETRY_NEVER, false,
	 "ResourceNotFoundException"},
	{ANSWERED(400, TYPED("ResourceInUseException")), RESULT_EXISTS, RETRY_NEVER, false,
	 "ResourceInUseException"},
	{ANSWERED(400, TYPED("ValidationException")), RESULT_REFUSED, RETRY_NEVER, false,
	 "ValidationException"},
	{ANSWERED(400, TYPED("AccessDeniedException")), RESULT_REFUSED, RETRY_NEVER, false,
	 "AccessDeniedException"},
	{ANSWERED(400, TYPED("ProvisionedThroughputExceededException")), RESULT_THROTTLED,
	 RETRY_THROTTLED, false, "ProvisionedThroughputExceededException"},
	{ANSWERED(503, TYPED("SlowDown")), RESULT_THROTTLED, RETRY_THROTTLED, false, "SlowDown"},
	{ANSWERED(500, TYPED("InternalServerError")), RESULT_UNREACHABLE, RETRY_TRANSIENT, true,
	 "InternalServerError"},
	{ANSWERED(503, "busy"), RESULT_UNREACHABLE, RETRY_TRANSIENT, true, ""},
	{ANSWERED(501, ""), RESULT_UNREACHABLE, RETRY_NEVER, true, ""},
	{ANSWERED(403, "<html>"), RESULT_REFUSED, RETRY_NEVER, false, ""},
	{ANSWERED(400, TYPED("ExpiredTokenException")), RESULT_REFUSED, RETRY_CREDENTIALS, false,
	 "ExpiredTokenException"},
	{ANSWERED(400, TYPED("InvalidSignatureException")), RESULT_REFUSED, RETRY_CLOCK, false,
	 "InvalidSignatureException"},
	{ANSWERED(400, "{\"__type\":\"Plain\"}"), RESULT_REFUSED, RETRY_NEVER, false, "Plain"},
	{ANSWERED(400, "{\"__type\":\"a#Name:http://x/\"}"), RESULT_REFUSED, RETRY_NEVER, false,
	 "Name"},
	{ANSWERED(400, "{\"__type\":\"a#\"}"), RESULT_REFUSED, RETRY_NEVER, false, ""},
	{ANSWERED(400, "{\"__type\":7}"), RESULT_REFUSED, RETRY_NEVER, false, ""},
	{ANSWERED(
		 400,
		 "{\"__type\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}"),
	 RESULT_REFUSED, RETRY_NEVER, false,
	 "012345678901234567890123456789012345678901234567890123456789012"},
	{EXCHANGE_NOT_SENT, false, 0, NULL, RESULT_UNREACHABLE, RETRY_TRANSIENT, false, ""},
	{EXCHANGE_NO_ANSWER, true, 0, NULL, RESULT_UNREACHABLE, RETRY_TRANSIENT, true, ""},
	{EXCHANGE_BROKEN, true, 0, NULL, RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{EXCHANGE_TOO_LONG, true, 0, NULL, RESULT_GARBLED, RETRY_NEVER, true, ""},
	{EXCHANGE_TIMEOUT, false, 0, NULL, RESULT_TIMEOUT, RETRY_TRANSIENT, false, ""},
	{EXCHANGE_TIMEOUT, true, 0, NULL, RESULT_TIMEOUT, RETRY_TRANSIENT, true, ""},
	{EXCHANGE_OVERLOADED, false, 0, NULL, RESULT_OVERLOADED, RETRY_NEVER, false, ""},
	{EXCHANGE_SHUTDOWN, true, 0, NULL, RESULT_SHUTDOWN, RETRY_NEVER, true, ""},
	{EXCHANGE_SHUTDOWN, false, 0, NULL, RESULT_SHUTDOWN, RETRY_NEVER, false, ""},
	{EXCHANGE_NO_MEMORY, false, 0, NULL, RESULT_NO_MEMORY, RETRY_NEVER, false, ""},
};

static void answer_with(struct exchange *exchange, int status, const char *body)
{
	*exchange = (struct exchange){.end = EXCHANGE_ANSWERED, .was_sent = true};
	http_answer_init(&exchange->answer, 4096);
	exchange->answer.status = status;
	exchange->answer.state = HTTP_ANSWER_DONE;
	buf_add_str(&exchange->answer.body, body);
}

static void check_judged(const struct aws_protocol *protocol, const struct judged *one)
{
	struct json_index index;
	struct aws_verdict verdict;
	struct exchange exchange;

	answer_with(&exchange, one->status, one->body ? one->body : "");
	exchange.end = one->end;
	exchange.was_sent = one->was_sent;
	aws_answer_judge(protocol, &exchange, &index, &verdict);
	ck_assert_str_eq(result_name(verdict.result), result_name(one->result));
	ck_assert_int_eq(verdict.retry, one->retry);
	ck_assert_int_eq(verdict.is_uncertain, one->is_uncertain);
	ck_assert_str_eq(verdict.error, one->error);
	ck_assert_int_eq(verdict.status, one->status);
	http_answer_clear(&exchange.answer);
}

START_TEST(each_end_of_an_exchange_is_judged_as_told)
{
	check_judged(&aws_protocol_json, &table[_i]);
}
END_TEST

#define XML_ERROR(code)                                                                         \
	"<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender" \
	"</Type><Code>" code "</Code><Message>m</Message></Error></ErrorResponse>"

static const struct judged query_table[] = {
	{ANSWERED(200, "<PublishResponse/>"), RESULT_OK, RETRY_NEVER, false, ""},
	{ANSWERED(200, "\n<?xml version=\"1.0\"?><a/>\n"), RESULT_OK, RETRY_NEVER, false, ""},
	{ANSWERED(200, "{}"), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(200, "<a><b></a>"), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(200, ""), RESULT_GARBLED, RETRY_TRANSIENT, true, ""},
	{ANSWERED(400, XML_ERROR("InvalidParameter")), RESULT_REFUSED, RETRY_NEVER, false,
	 "InvalidParameter"},
	{ANSWERED(404, XML_ERROR("NotFound")), RESULT_REFUSED, RETRY_NEVER, false, "NotFound"},
	{ANSWERED(403, XML_ERROR("ExpiredToken")), RESULT_REFUSED, RETRY_CREDENTIALS, false,
	 "ExpiredToken"},
	{ANSWERED(403, XML_ERROR("SignatureDoesNotMatch")), RESULT_REFUSED, RETRY_CLOCK, false,
	 "SignatureDoesNotMatch"},
	{ANSWERED(400, XML_ERROR("Throttling")), RESULT_THROTTLED, RETRY_THROTTLED, false,
	 "Throttling"},
	{ANSWERED(429, XML_ERROR("Throttled")), RESULT_THROTTLED, RETRY_THROTTLED, false,
	 "Throttled"},
	{ANSWERED(500, XML_ERROR("InternalError")), RESULT_UNREACHABLE, RETRY_TRANSIENT, true,
	 "InternalError"},
	{ANSWERED(503, "{\"__type\":\"a#Throttling\"}"), RESULT_UNREACHABLE, RETRY_TRANSIENT, true,
	 ""},
	{ANSWERED(400, "<ErrorResponse/>"), RESULT_REFUSED, RETRY_NEVER, false, ""},
	{ANSWERED(400, "<Error><Code>NotFound</Code></Error>"), RESULT_REFUSED, RETRY_NEVER, false,
	 ""},
	{EXCHANGE_NO_ANSWER, true, 0, NULL, RESULT_UNREACHABLE, RETRY_TRANSIENT, true, ""},
};

START_TEST(each_end_of_a_query_is_judged_as_told)
{
	check_judged(&aws_protocol_query, &query_table[_i]);
}
END_TEST

START_TEST(a_wrong_checksum_makes_an_answer_worthless)
{
	static const char body[] = "{\"Item\":{}}";
	struct json_index index;
	struct aws_verdict verdict;
	struct exchange exchange;

	answer_with(&exchange, 200, body);
	exchange.answer.has_crc32 = true;
	exchange.answer.crc32 = digest_crc32(body, strlen(body));
	aws_answer_judge(&aws_protocol_json, &exchange, &index, &verdict);
	ck_assert_int_eq(verdict.result, RESULT_OK);
	ck_assert_uint_eq(verdict.answer.len, strlen(body));

	exchange.answer.crc32 ^= 1;
	aws_answer_judge(&aws_protocol_json, &exchange, &index, &verdict);
	ck_assert_int_eq(verdict.result, RESULT_GARBLED);
	ck_assert_int_eq(verdict.retry, RETRY_TRANSIENT);
	ck_assert(verdict.is_uncertain);
	ck_assert_ptr_null(verdict.answer.data);

	exchange.answer.status = 400;
	aws_answer_judge(&aws_protocol_json, &exchange, &index, &verdict);
	ck_assert_int_eq(verdict.retry, RETRY_TRANSIENT);
	ck_assert_msg(!verdict.is_uncertain, "a refusal did nothing, whatever its reasons");
	http_answer_clear(&exchange.answer);
}
END_TEST

START_TEST(an_encoded_answer_is_not_read)
{
	struct json_index index;
	struct aws_verdict verdict;
	struct exchange exchange;

	answer_with(&exchange, 200, "{}");
	exchange.answer.is_encoded = true;
	aws_answer_judge(&aws_protocol_json, &exchange, &index, &verdict);
	ck_assert_int_eq(verdict.result, RESULT_GARBLED);
	ck_assert_ptr_null(verdict.answer.data);
	http_answer_clear(&exchange.answer);
}
END_TEST

Suite *aws_answer_suite(void)
{
	Suite *all = suite_create("aws_answer");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, each_end_of_an_exchange_is_judged_as_told, 0,
			    (int)(sizeof(table) / sizeof(table[0])));
	tcase_add_loop_test(cases, each_end_of_a_query_is_judged_as_told, 0,
			    (int)(sizeof(query_table) / sizeof(query_table[0])));
	tcase_add_test(cases, a_wrong_checksum_makes_an_answer_worthless);
	tcase_add_test(cases, an_encoded_answer_is_not_read);
	suite_add_tcase(all, cases);
	return all;
}
