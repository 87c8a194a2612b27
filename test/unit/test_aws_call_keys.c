/*
 * Calls and the keys that they are signed with.
 */
#include <check.h>
#include <string.h>

#include "scripted_aws.h"

enum { SECOND = 1000000, MILLISECOND = 1000 };

static struct scripted_aws aws;

static void set_up(void)
{
	scripted_aws_init(&aws);
}

static void tear_down(void)
{
	scripted_aws_clear(&aws);
}

#define ROLE_KEYS(key)                                                                 \
	{                                                                              \
		.status = 200, .body = "{\"AccessKeyId\":\"" key                       \
				       "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"," \
				       "\"Expiration\":\"2015-08-30T18:36:00Z\"}"      \
	}
#define TEXT(text)                            \
	{                                     \
		.status = 200, .body = (text) \
	}

static struct credentials *role;

static void on_ready(void *context)
{
	*(bool *)context = true;
}

/* A client whose keys come from an instance's role: ASIA1. */
static void use_role(void)
{
	static const struct config config = {.profile = "default",
					     .metadata_endpoint = "http://169.254.169.254"};
	const struct credentials_options options = {
		.config = &config,
		.loop = aws.script.loop,
		.transport = &aws.script.transport,
		.digest = aws.digest,
	};
	bool is_ready = false;

	SCRIPT_PLAY(&aws.script, TEXT("TOKEN"), TEXT("role"), ROLE_KEYS("ASIA1"));
	role = credentials_new(&options);
	credentials_start(role, on_ready, &is_ready);
	script_run(&aws.script, &is_ready, SECOND);
	ck_assert(is_ready);
	script_forget_requests(&aws.script);
	aws.options.credentials = role;
	scripted_aws_make_client(&aws);
}

static void end_role(void)
{
	credentials_stop(role);
	script_end_all(&aws.script, EXCHANGE_SHUTDOWN);
	credentials_free(role);
}

START_TEST(expired_keys_are_renewed_and_the_call_made_again)
{
	char signature[256];

	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), TEXT("role"),
		    ROLE_KEYS("ASIA2"), TEXT("{}"));
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert_uint_eq(aws.call.attempts, 2);
	script_header(&aws.script, 3, "Authorization", signature, sizeof(signature));
	ck_assert_ptr_nonnull(strstr(signature, "Credential=ASIA2/"));
	end_role();
}
END_TEST

START_TEST(a_call_that_was_signed_with_older_keys_takes_the_newer_ones)
{
	struct credentials_wait wait = {.done = NULL};

	use_role();
	SCRIPT_PLAY(&aws.script, {.hangs = true}, TEXT("role"), ROLE_KEYS("ASIA2"), TEXT("{}"));
	scripted_aws_start(&aws);
	ck_assert(credentials_refresh(role, &wait));
	credentials_wait_off(role, &wait);
	script_pass(&aws.script, MILLISECOND);
	ck_assert_str_eq(credentials_current(role)->access_key, "ASIA2");
	script_answer_hanging(&aws.script, &(struct script_step)AWS_ERROR("ExpiredTokenException"));
	script_run(&aws.script, &aws.is_done, SECOND);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert_uint_eq(aws.script.request_count, 4);
	end_role();
}
END_TEST

START_TEST(keys_that_stay_refused_end_the_call)
{
	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("UnrecognizedClientException"), TEXT("role"),
		    ROLE_KEYS("ASIA2"), AWS_ERROR("UnrecognizedClientException"));
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_REFUSED);
	ck_assert_uint_eq(aws.call.attempts, 2);
	end_role();
}
END_TEST

START_TEST(when_there_are_no_other_keys_the_call_ends)
{
	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), TEXT("role"),
		    ROLE_KEYS("ASIA1"));
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_REFUSED);
	ck_assert_uint_eq(aws.call.attempts, 1);
	end_role();
}
END_TEST

START_TEST(new_keys_are_not_waited_for_beyond_the_deadline)
{
	uint64_t began_us = aws.script.now_us;

	use_role();
	aws.await.deadline_us = aws.script.now_us + SECOND / 2;
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), {.hangs = true});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_REFUSED);
	ck_assert_uint_lt(aws.script.now_us - began_us, SECOND);
	end_role();
}
END_TEST

START_TEST(a_stop_ends_calls_that_wait_for_keys)
{
	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), {.hangs = true});
	scripted_aws_start(&aws);
	script_pass(&aws.script, MILLISECOND);
	credentials_stop(role);
	aws_client_stop(aws.client);
	loop_turn(aws.script.loop, 0);
	ck_assert(aws.is_done);
	ck_assert_int_eq(aws.call.result, RESULT_SHUTDOWN);
	end_role();
}
END_TEST

START_TEST(without_keys_it_fails_and_does_not_wait)
{
	static const struct config config = {.profile = "default", .is_metadata_disabled = true};
	const struct credentials_options options = {
		.config = &config,
		.loop = aws.script.loop,
		.transport = &aws.script.transport,
	};

	aws.options.credentials = credentials_new(&options);
	scripted_aws_make_client(&aws);
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_UNREACHABLE);
	ck_assert_uint_eq(aws.script.request_count, 0);
	credentials_free(aws.options.credentials);
}
END_TEST

Suite *aws_call_keys_suite(void)
{
	Suite *all = suite_create("aws_call_keys");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, expired_keys_are_renewed_and_the_call_made_again);
	tcase_add_test(cases, a_call_that_was_signed_with_older_keys_takes_the_newer_ones);
	tcase_add_test(cases, keys_that_stay_refused_end_the_call);
	tcase_add_test(cases, when_there_are_no_other_keys_the_call_ends);
	tcase_add_test(cases, new_keys_are_not_waited_for_beyond_the_deadline);
	tcase_add_test(cases, a_stop_ends_calls_that_wait_for_keys);
	tcase_add_test(cases, without_keys_it_fails_and_does_not_wait);
	suite_add_tcase(all, cases);
	return all;
}
