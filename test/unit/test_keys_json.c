#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/keys_json.h"

#define ENDPOINT(more)                                                           \
	"{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"ASIA1\"," \
	"\"SecretAccessKey\":\"sec/ret\",\"Token\":\"to\\/ken==\"," more         \
	"\"Expiration\":\"2015-08-30T18:36:00Z\"}"
#define PROCESS(more) "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"," more "}"

static const struct {
	const char *text;
	enum keys_json_form form;
	enum keys_json_result result;
} table[] = {
	{ENDPOINT(""), KEYS_JSON_ENDPOINT, KEYS_JSON_OK},
	{ENDPOINT("\"More\":[{}],"), KEYS_JSON_ENDPOINT, KEYS_JSON_OK},
	{"{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
	 "\"Expiration\":\"2015-08-30T18:36:00Z\"}",
	 KEYS_JSON_ENDPOINT, KEYS_JSON_OK},
	{"", KEYS_JSON_ENDPOINT, KEYS_JSON_MALFORMED},
	{"<html><body>503</body></html>", KEYS_JSON_ENDPOINT, KEYS_JSON_MALFORMED},
	{"{\"AccessKeyId\":\"a\",", KEYS_JSON_ENDPOINT, KEYS_JSON_MALFORMED},
	{"{}", KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{"[]", KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{"{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"}", KEYS_JSON_ENDPOINT,
	 KEYS_JSON_INCOMPLETE},
	{"{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"Token\":\"\","
	 "\"Expiration\":\"2015-08-30T18:36:00Z\"}",
	 KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{"{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"\",\"Token\":\"t\","
	 "\"Expiration\":\"2015-08-30T18:36:00Z\"}",
	 KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{"{\"AccessKeyId\":7,\"SecretAccessKey\":\"s\",\"Token\":\"t\","
	 "\"Expiration\":\"2015-08-30T18:36:00Z\"}",
	 KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{"{\"AccessKeyId\":\"a\\r\\nb\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
	 "\"Expiration\":\"2015-08-30T18:36:00Z\"}",
	 KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{"{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
	 "\"Expiration\":\"tomorrow\"}",
	 KEYS_JSON_ENDPOINT, KEYS_JSON_INCOMPLETE},
	{PROCESS("\"Version\":1"), KEYS_JSON_PROCESS, KEYS_JSON_OK},
	{PROCESS("\"Version\":1,\"SessionToken\":\"t\",\"Expiration\":\"2015-08-30T18:36:00Z\""),
	 KEYS_JSON_PROCESS, KEYS_JSON_OK},
	{PROCESS("\"Version\":1,\"Expiration\":\"2015-08-30T18:36:00+00:00\""), KEYS_JSON_PROCESS,
	 KEYS_JSON_OK},
	{PROCESS("\"Version\":2"), KEYS_JSON_PROCESS, KEYS_JSON_INCOMPLETE},
	{PROCESS("\"Version\":\"1\""), KEYS_JSON_PROCESS, KEYS_JSON_INCOMPLETE},
	{PROCESS("\"More\":1"), KEYS_JSON_PROCESS, KEYS_JSON_INCOMPLETE},
	{PROCESS("\"Version\":1,\"Expiration\":\"soon\""), KEYS_JSON_PROCESS, KEYS_JSON_INCOMPLETE},
	{PROCESS("\"Version\":1,\"Expiration\":\"2015-08-30T18:36:00+0000\""), KEYS_JSON_PROCESS,
	 KEYS_JSON_INCOMPLETE},
	{PROCESS("\"Version\":1,\"Expiration\":\"2015-08-30T18:36:00+24:00\""), KEYS_JSON_PROCESS,
	 KEYS_JSON_INCOMPLETE},
	{"{\"Version\":1,\"AccessKeyId\":\"A\"}", KEYS_JSON_PROCESS, KEYS_JSON_INCOMPLETE},
};

START_TEST(only_whole_credentials_are_taken)
{
	struct aws_keys keys = {0};

	ck_assert_msg(keys_json_parse(span_of(table[_i].text), table[_i].form, &keys) ==
			      table[_i].result,
		      "%s", table[_i].text);
	ck_assert_int_eq(keys.secret != NULL, table[_i].result == KEYS_JSON_OK);
	aws_keys_clear(&keys);
}
END_TEST

START_TEST(their_members_are_taken)
{
	struct aws_keys keys = {0};

	ck_assert_int_eq(keys_json_parse(span_of(ENDPOINT("")), KEYS_JSON_ENDPOINT, &keys), 0);
	ck_assert_str_eq(keys.access_key, "ASIA1");
	ck_assert_str_eq(keys.secret, "sec/ret");
	ck_assert_str_eq(keys.token, "to/ken==");
	ck_assert_int_eq(keys.expires_ms, 1440959760000);
	aws_keys_clear(&keys);
	ck_assert_int_eq(keys_json_parse(span_of(PROCESS("\"Version\":1")), KEYS_JSON_PROCESS,
					 &keys),
			 KEYS_JSON_OK);
	ck_assert_ptr_null(keys.token);
	ck_assert_int_eq(keys.expires_ms, 0);
	aws_keys_clear(&keys);
	ck_assert_int_eq(keys_json_parse(span_of(PROCESS("\"Version\":1,\"Expiration\":"
							 "\"2015-08-30T20:06:00+01:30\"")),
					 KEYS_JSON_PROCESS, &keys),
			 KEYS_JSON_OK);
	ck_assert_int_eq(keys.expires_ms, 1440959760000);
	aws_keys_clear(&keys);
}
END_TEST

START_TEST(each_result_has_words)
{
	for (int i = KEYS_JSON_OK; i <= KEYS_JSON_NO_MEMORY; i++)
		ck_assert_uint_gt(strlen(keys_json_text((enum keys_json_result)i)), 0);
}
END_TEST

static void parse(void *context)
{
	struct aws_keys keys = {0};
	enum keys_json_result result =
		keys_json_parse(span_of(ENDPOINT("")), KEYS_JSON_ENDPOINT, &keys);

	(void)context;
	ck_assert_int_eq(result, alloc_has_failed() ? KEYS_JSON_NO_MEMORY : KEYS_JSON_OK);
	aws_keys_clear(&keys);
}

START_TEST(a_lack_of_memory_is_told)
{
	alloc_fail_each(parse, NULL);
}
END_TEST

Suite *keys_json_suite(void)
{
	Suite *all = suite_create("keys_json");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, only_whole_credentials_are_taken, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, their_members_are_taken);
	tcase_add_test(cases, each_result_has_words);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
