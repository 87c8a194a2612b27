#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/aws_head.h"
#include "base/version.h"

static struct aws_keys keys = {.access_key = (char[]){"AKID"}, .secret = (char[]){"secret"}};

static const struct aws_head head = {
	.authority = "dynamodb.eu-west-1.amazonaws.com",
	.content_type = "application/x-amz-json-1.0",
	.target = "DynamoDB_20120810.GetItem",
	.date = "20150830T123600Z",
	.body = {"{}", 2},
};

static struct digest *digest;
static struct sigv4 signer;
static struct buf out;

static void set_up(void)
{
	digest = digest_new();
	sigv4_init(&signer, digest, "eu-west-1", "dynamodb");
	buf_init(&out, 8192);
}

static void tear_down(void)
{
	buf_clear(&out);
	sigv4_clear(&signer);
	digest_free(digest);
}

static void ck_assert_matches(const char *before, const char *behind)
{
	const char *text = buf_text(&out);

	ck_assert_msg(strncmp(text, before, strlen(before)) == 0, "%s", text);
	ck_assert_uint_eq(out.len, strlen(before) + 64 + strlen(behind));
	ck_assert_str_eq(text + strlen(before) + 64, behind);
}

START_TEST(the_order_of_the_headers_is_fixed)
{
	ck_assert(aws_head_write(&head, &signer, &keys, &out));
	ck_assert_matches("POST / HTTP/1.1\r\n"
			  "Host: dynamodb.eu-west-1.amazonaws.com\r\n"
			  "Content-Type: application/x-amz-json-1.0\r\n"
			  "X-Amz-Target: DynamoDB_20120810.GetItem\r\n"
			  "X-Amz-Date: 20150830T123600Z\r\n"
			  "Authorization: AWS4-HMAC-SHA256 "
			  "Credential=AKID/20150830/eu-west-1/dynamodb/aws4_request, "
			  "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=",
			  "\r\nUser-Agent: " SHOPD_USER_AGENT "\r\nContent-Length: 2\r\n\r\n{}");
}
END_TEST

START_TEST(a_session_token_is_sent_and_signed_a_trace_only_sent)
{
	struct aws_keys temporary = keys;
	struct aws_head traced = head;

	temporary.token = (char[]){"to//ken=="};
	traced.trace_id = "Root=1-67891233-abcdef012345678912345678";
	ck_assert(aws_head_write(&traced, &signer, &temporary, &out));
	ck_assert_matches(
		"POST / HTTP/1.1\r\n"
		"Host: dynamodb.eu-west-1.amazonaws.com\r\n"
		"Content-Type: application/x-amz-json-1.0\r\n"
		"X-Amz-Target: DynamoDB_20120810.GetItem\r\n"
		"X-Amz-Date: 20150830T123600Z\r\n"
		"X-Amz-Security-Token: to//ken==\r\n"
		"Authorization: AWS4-HMAC-SHA256 "
		"Credential=AKID/20150830/eu-west-1/dynamodb/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=",
		"\r\nUser-Agent: " SHOPD_USER_AGENT "\r\n"
		"X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678\r\n"
		"Content-Length: 2\r\n\r\n{}");
}
END_TEST

START_TEST(call_and_attempt_are_told_but_not_signed)
{
	struct aws_head third = head;

	third.invocation = "0190b5a1-5a9f-7cc3-8f6e-000000000001";
	third.attempt = 3;
	third.max_attempts = 4;
	ck_assert(aws_head_write(&third, &signer, &keys, &out));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out),
		       "\r\namz-sdk-invocation-id: 0190b5a1-5a9f-7cc3-8f6e-000000000001"
		       "\r\namz-sdk-request: attempt=3; max=4\r\n"));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "SignedHeaders=content-type;host;x-amz-date;x-amz-target,"));
}
END_TEST

START_TEST(a_trace_that_is_no_header_value_is_left_out)
{
	static const char *const bad[] = {"", "a\r\nHost: b", "a b", "\x7f", "\xc3\xa9"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct aws_head traced = head;

		traced.trace_id = bad[i];
		buf_reset(&out);
		ck_assert(aws_head_write(&traced, &signer, &keys, &out));
		ck_assert_ptr_null(strstr(buf_text(&out), "Trace"));
	}
}
END_TEST

static void write_head(void *context)
{
	struct sigv4 fresh;
	struct buf text;

	(void)context;
	sigv4_init(&fresh, digest, "eu-west-1", "dynamodb");
	buf_init(&text, 8192);
	ck_assert(aws_head_write(&head, &fresh, &keys, &text) != alloc_has_failed());
	/* The next one is right again. */
	if (alloc_has_failed()) {
		buf_reset(&text);
		ck_assert(aws_head_write(&head, &fresh, &keys, &text));
		ck_assert_str_eq(buf_text(&text), buf_text(&out));
	}
	buf_clear(&text);
	sigv4_clear(&fresh);
}

START_TEST(it_says_so_when_memory_is_short)
{
	ck_assert(aws_head_write(&head, &signer, &keys, &out));
	alloc_fail_each(write_head, NULL);
}
END_TEST

Suite *aws_head_suite(void)
{
	Suite *all = suite_create("aws_head");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, the_order_of_the_headers_is_fixed);
	tcase_add_test(cases, a_session_token_is_sent_and_signed_a_trace_only_sent);
	tcase_add_test(cases, call_and_attempt_are_told_but_not_signed);
	tcase_add_test(cases, a_trace_that_is_no_header_value_is_left_out);
	tcase_add_test(cases, it_says_so_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
