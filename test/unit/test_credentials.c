#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/credentials.h"
#include "scripted.h"
#include "written.h"

#define SECOND 1000000ULL
#define MINUTE (60 * SECOND)

static struct script script;
static struct credentials *credentials;
static unsigned ready_count;
static bool is_ready;
static unsigned wait_count;
static bool is_waited;

/* Answers of the metadata service: keys that expire at a given time on 2015-08-30. */
#define EXPIRING(key, time)                                                       \
	"{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"," \
	"\"Expiration\":\"2015-08-30T" time "Z\"}"
#define TOKEN_STEP                             \
	{                                      \
		.status = 200, .body = "TOKEN" \
	}
#define ROLE_STEP                             \
	{                                     \
		.status = 200, .body = "role" \
	}
#define KEYS_STEP(key, time)                               \
	{                                                  \
		.status = 200, .body = EXPIRING(key, time) \
	}

static void on_ready(void *context)
{
	ck_assert_ptr_eq(context, &script);
	ck_assert_ptr_nonnull(credentials_current(credentials));
	ready_count++;
	is_ready = true;
}

static void on_waited(struct credentials_wait *wait)
{
	(void)wait;
	wait_count++;
	is_waited = true;
}

static struct config config;
static struct digest *digest;

static void make(struct config from)
{
	config = from;
	credentials = credentials_new(&(struct credentials_options){
		.config = &config,
		.loop = script.loop,
		.transport = &script.transport,
		.digest = digest,
		.random = script_random,
		.random_context = &script,
	});
	script.random = UINT32_MAX / 2; /* the middle: a minute is a minute */
}

#define MAKE(...)                                                           \
	make((struct config){.profile = "default",                          \
			     .metadata_endpoint = "http://169.254.169.254", \
			     __VA_ARGS__})

static void make_for_role(void)
{
	MAKE(.is_metadata_disabled = false);
	ck_assert_ptr_nonnull(credentials);
}

static void set_up(void)
{
	written_set_up();
	script_init(&script); /* 12:36:00 */
	digest = digest_new();
	ready_count = 0;
	is_ready = false;
	wait_count = 0;
	is_waited = false;
}

static void tear_down(void)
{
	if (credentials) {
		credentials_stop(credentials);
		script_end_all(&script, EXCHANGE_SHUTDOWN);
		credentials_free(credentials);
	}
	credentials = NULL;
	digest_free(digest);
	script_clear(&script);
	written_tear_down();
}

static void start(void)
{
	credentials_start(credentials, on_ready, &script);
	ck_assert_msg(!is_ready, "called from within the start");
	script_run(&script, &is_ready, 5 * SECOND);
}

static const char *key_now(void)
{
	const struct aws_keys *keys = credentials_current(credentials);

	return keys ? keys->access_key : "none";
}

/* Lets time pass in steps, as it does for a daemon. */
static void pass_minutes(unsigned minutes)
{
	for (unsigned i = 0; i < minutes * 12; i++)
		script_pass(&script, 5 * SECOND);
}

START_TEST(configured_keys_are_there_at_once)
{
	MAKE(.access_key_id = "AKID", .secret_access_key = "s");
	start();
	ck_assert_str_eq(key_now(), "AKID");
	ck_assert_ptr_null(credentials_current(credentials)->token);
	ck_assert_uint_eq(ready_count, 1);
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

START_TEST(configured_keys_are_never_refreshed)
{
	struct credentials_wait wait = {.done = on_waited};

	MAKE(.access_key_id = "AKID", .secret_access_key = "s", .session_token = "t");
	start();
	ck_assert(!credentials_refresh(credentials, &wait));
	pass_minutes(1);
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

START_TEST(configured_keys_that_would_break_a_header_are_none)
{
	MAKE(.access_key_id = "AKID\n", .secret_access_key = "s");
	start();
	ck_assert_str_eq(key_now(), "none");
	ck_assert_uint_eq(ready_count, 0);
}
END_TEST

START_TEST(disabled_metadata_is_never_asked)
{
	MAKE(.is_metadata_disabled = true);
	start();
	ck_assert_str_eq(key_now(), "none");
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

START_TEST(a_roles_keys_are_fetched)
{
	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "18:36:00"));
	start();
	ck_assert_uint_eq(ready_count, 1);
	ck_assert_str_eq(key_now(), "ASIA1");
	ck_assert_uint_eq(credentials_current(credentials)->generation, 1);
	ck_assert_uint_eq(metric_get(&credentials_get_metrics(credentials)->expires_s), 1440959760);
	ck_assert_uint_eq(metric_get(&credentials_get_metrics(credentials)->fetched), 1);
	ck_assert_uint_eq(metric_get(&credentials_get_metrics(credentials)->failed), 0);
}
END_TEST

START_TEST(they_are_fetched_again_a_quarter_of_an_hour_before_they_expire)
{
	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "13:36:00"), ROLE_STEP,
		    KEYS_STEP("ASIA2", "19:36:00"));
	start();
	pass_minutes(44);
	ck_assert_str_eq(key_now(), "ASIA1");
	pass_minutes(2);
	ck_assert_str_eq(key_now(), "ASIA2");
	ck_assert_uint_eq(credentials_current(credentials)->generation, 2);
	ck_assert_uint_eq(ready_count, 1);
}
END_TEST

START_TEST(those_that_live_for_minutes_are_fetched_again_in_the_middle)
{
	static const struct {
		struct script_step first;
		unsigned quiet_minutes;
	} lives[] = {
		{KEYS_STEP("ASIA1", "13:00:00"), 11},
		{KEYS_STEP("ASIA1", "12:51:00"), 7},
		{KEYS_STEP("ASIA1", "12:46:00"), 4},
	};

	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, lives[_i].first, ROLE_STEP,
		    KEYS_STEP("ASIA2", "19:36:00"));
	start();
	pass_minutes(lives[_i].quiet_minutes);
	ck_assert_uint_eq(script.request_count, 3);
	pass_minutes(2);
	ck_assert_str_eq(key_now(), "ASIA2");
}
END_TEST

START_TEST(while_the_service_has_no_others_it_is_asked_each_minute)
{
	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "13:00:00"), ROLE_STEP,
		    KEYS_STEP("ASIA1", "13:00:00"), ROLE_STEP, KEYS_STEP("ASIA1", "13:00:00"),
		    ROLE_STEP, KEYS_STEP("ASIA2", "18:50:00"));
	start();
	pass_minutes(11);
	ck_assert_uint_eq(script.request_count, 3);
	pass_minutes(2);
	ck_assert_str_eq(key_now(), "ASIA1");
	ck_assert_uint_ge(script.request_count, 5);
	ck_assert_uint_le(script.request_count, 7);
	pass_minutes(2);
	ck_assert_str_eq(key_now(), "ASIA2");
}
END_TEST

START_TEST(keys_that_have_expired_already_are_taken_and_soon_asked_for_again)
{
	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "12:00:00"), ROLE_STEP,
		    KEYS_STEP("ASIA2", "18:36:00"));
	start();
	ck_assert_msg(strcmp(key_now(), "ASIA1") == 0, "only the called service can tell");
	pass_minutes(1);
	ck_assert_str_eq(key_now(), "ASIA2");
}
END_TEST

START_TEST(old_keys_stay_in_force_while_the_service_is_down)
{
	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "12:56:00"),
		    {.end = EXCHANGE_NOT_SENT});
	start();
	pass_minutes(9);
	ck_assert_uint_le(script.request_count, 3 + 6);
	script_forget_requests(&script);
	pass_minutes(3);
	ck_assert_msg(script.request_count >= 6, "it hurries towards the end");
	ck_assert_str_eq(key_now(), "ASIA1");
	script_forget_requests(&script);
	pass_minutes(4);
	script_forget_requests(&script);
	pass_minutes(5);
	ck_assert_msg(strcmp(key_now(), "ASIA1") == 0, "past their expiry too");
	ck_assert_uint_gt(metric_get(&credentials_get_metrics(credentials)->failed), 9);
	script_forget_requests(&script);
	SCRIPT_PLAY(&script, ROLE_STEP, KEYS_STEP("ASIA2", "19:56:00"));
	pass_minutes(2);
	ck_assert_str_eq(key_now(), "ASIA2");
}
END_TEST

START_TEST(the_first_keys_are_asked_for_again_soon)
{
	uint64_t began_us = script.now_us;

	make_for_role();
	SCRIPT_PLAY(&script, {.end = EXCHANGE_NOT_SENT}, {.end = EXCHANGE_NOT_SENT}, TOKEN_STEP,
		    ROLE_STEP, KEYS_STEP("ASIA1", "18:36:00"));
	start();
	ck_assert_uint_eq(ready_count, 1);
	ck_assert_uint_lt(script.now_us - began_us, 4 * SECOND);
}
END_TEST

START_TEST(a_refresh_on_demand_tells_when_it_is_over)
{
	struct credentials_wait waits[3] = {{.done = on_waited},
					    {.done = on_waited},
					    {.done = on_waited}};
	const struct aws_keys *keys;

	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "18:36:00"), ROLE_STEP,
		    KEYS_STEP("ASIA2", "18:36:00"));
	start();
	for (size_t i = 0; i < 3; i++)
		ck_assert(credentials_refresh(credentials, &waits[i]));
	credentials_wait_off(credentials, &waits[1]);
	ck_assert_uint_eq(wait_count, 0);
	script_run(&script, &is_waited, SECOND);
	ck_assert_uint_eq(wait_count, 2);
	keys = credentials_current(credentials);
	ck_assert_str_eq(keys->access_key, "ASIA2");
	ck_assert_uint_eq(keys->generation, 2);
	ck_assert_msg(script.request_count == 5, "one fetch for all");
}
END_TEST

START_TEST(demands_do_not_hammer_the_service)
{
	static struct credentials_wait wait = {.done = on_waited};

	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "18:36:00"), ROLE_STEP,
		    KEYS_STEP("ASIA1", "18:36:00"), ROLE_STEP, KEYS_STEP("ASIA1", "18:36:00"));
	start();
	ck_assert(credentials_refresh(credentials, &wait));
	script_run(&script, &is_waited, SECOND);
	ck_assert(!credentials_refresh(credentials, &wait));
	script_pass(&script, 11 * SECOND);
	ck_assert(credentials_refresh(credentials, &wait));
}
END_TEST

START_TEST(a_stop_ends_fetches_and_waits)
{
	static struct credentials_wait wait = {.done = on_waited};

	make_for_role();
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "12:52:00"),
		    {.hangs = true});
	start();
	ck_assert(credentials_refresh(credentials, &wait));
	script_pass(&script, SECOND);
	credentials_stop(credentials);
	ck_assert(!wait.is_on);
	script_end_all(&script, EXCHANGE_SHUTDOWN);
	pass_minutes(10);
	ck_assert_uint_eq(wait_count, 0);
	ck_assert_uint_eq(script.request_count, 4);
	ck_assert(!credentials_refresh(credentials, &wait));
	ck_assert_str_eq(key_now(), "ASIA1");
}
END_TEST

START_TEST(a_file_that_comes_later_is_found)
{
	MAKE(.is_metadata_disabled = true, .config_file = written_path("config"));
	start();
	ck_assert_str_eq(key_now(), "none");
	written("config", "[default]\naws_access_key_id=AKID\naws_secret_access_key=s\n");
	pass_minutes(1);
	ck_assert_str_eq(key_now(), "AKID");
	ck_assert_uint_eq(ready_count, 1);
}
END_TEST

START_TEST(keys_that_do_not_expire_are_fetched_again_only_on_demand)
{
	struct credentials_wait wait = {.done = on_waited};

	MAKE(.config_file = written("config", "[default]\naws_access_key_id=AKID\n"
					      "aws_secret_access_key=s\n"));
	start();
	written("config", "[default]\naws_access_key_id=AKID2\naws_secret_access_key=s\n");
	pass_minutes(30);
	ck_assert_str_eq(key_now(), "AKID");
	ck_assert(credentials_refresh(credentials, &wait));
	script_run(&script, &is_waited, SECOND);
	ck_assert_str_eq(key_now(), "AKID2");
}
END_TEST

START_TEST(another_provider_is_never_asked_in_place_of_one_that_fails)
{
	MAKE(.container_relative_uri = "/x");
	SCRIPT_PLAY(&script, {.status = 500}, {.end = EXCHANGE_TIMEOUT},
		    {.status = 200, .body = "<html>"}, KEYS_STEP("ASIA1", "18:36:00"));
	start();
	if (!is_ready)
		script_run(&script, &is_ready, 30 * SECOND);
	ck_assert_str_eq(key_now(), "ASIA1");
	for (size_t i = 0; i < script.request_count; i++)
		ck_assert_ptr_nonnull(strstr(script.requests[i].text, "Host: 169.254.170.2\r\n"));
}
END_TEST

START_TEST(an_hour_without_an_answer_stops_nothing)
{
	MAKE(.container_relative_uri = "/x");
	SCRIPT_PLAY(&script, KEYS_STEP("ASIA1", "13:00:00"), {.status = 503});
	start();
	script.is_forgetful = true;
	for (int minute = 0; minute < 60; minute++) {
		pass_minutes(1);
		ck_assert_str_eq(key_now(), "ASIA1");
	}
	SCRIPT_PLAY(&script, KEYS_STEP("ASIA2", "19:00:00"));
	pass_minutes(1);
	ck_assert_str_eq(key_now(), "ASIA2");
}
END_TEST

static void get_keys(void *context)
{
	(void)context;
	script_forget_requests(&script);
	script.next_step = 0;
	is_ready = false;
	MAKE(.is_metadata_disabled = false);
	ck_assert(credentials || alloc_has_failed());
	if (!credentials)
		return;
	start();
	ck_assert_msg(is_ready, "a second fetch brings what the first could not");
	credentials_stop(credentials);
	credentials_free(credentials);
	credentials = NULL;
}

START_TEST(it_goes_on_when_memory_is_short)
{
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, KEYS_STEP("ASIA1", "18:36:00"), ROLE_STEP,
		    KEYS_STEP("ASIA1", "18:36:00"));
	alloc_fail_each(get_keys, NULL);
}
END_TEST

Suite *credentials_suite(void)
{
	Suite *all = suite_create("credentials");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, configured_keys_are_there_at_once);
	tcase_add_test(cases, configured_keys_are_never_refreshed);
	tcase_add_test(cases, configured_keys_that_would_break_a_header_are_none);
	tcase_add_test(cases, disabled_metadata_is_never_asked);
	tcase_add_test(cases, a_roles_keys_are_fetched);
	tcase_add_test(cases, they_are_fetched_again_a_quarter_of_an_hour_before_they_expire);
	tcase_add_loop_test(cases, those_that_live_for_minutes_are_fetched_again_in_the_middle, 0,
			    3);
	tcase_add_test(cases, while_the_service_has_no_others_it_is_asked_each_minute);
	tcase_add_test(cases, keys_that_have_expired_already_are_taken_and_soon_asked_for_again);
	tcase_add_test(cases, old_keys_stay_in_force_while_the_service_is_down);
	tcase_add_test(cases, the_first_keys_are_asked_for_again_soon);
	tcase_add_test(cases, a_refresh_on_demand_tells_when_it_is_over);
	tcase_add_test(cases, demands_do_not_hammer_the_service);
	tcase_add_test(cases, a_stop_ends_fetches_and_waits);
	tcase_add_test(cases, a_file_that_comes_later_is_found);
	tcase_add_test(cases, keys_that_do_not_expire_are_fetched_again_only_on_demand);
	tcase_add_test(cases, another_provider_is_never_asked_in_place_of_one_that_fails);
	tcase_add_test(cases, an_hour_without_an_answer_stops_nothing);
	tcase_add_test(cases, it_goes_on_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
