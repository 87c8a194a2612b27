#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "daemon/jwks_source.h"
#include "scripted.h"
#include "tokens.h"
#include "written.h"

#define ONE "{\"keys\":[" TOKENS_EC "]}"
#define SECOND UINT64_C(1000000)

static struct script script;
static struct jwks_source *source;

static void set_up(void)
{
	written_set_up();
	script_init(&script);
}

static void tear_down(void)
{
	if (source) {
		jwks_source_stop(source);
		script_end_all(&script, EXCHANGE_SHUTDOWN);
		script_pass(&script, SECOND);
	}
	jwks_source_free(source);
	source = NULL;
	script_clear(&script);
	written_tear_down();
}

static void begin(const char *file, const char *url)
{
	const struct jwks_source_options options = {
		.file = file,
		.url = url,
		.loop = script.loop,
		.transport = &script.transport,
	};

	source = jwks_source_new(&options);
	if (source)
		jwks_source_start(source);
}

static size_t count(void)
{
	return jwks_source_keys(source) ? jwks_count(jwks_source_keys(source)) : 0;
}

START_TEST(a_file_is_read_at_once)
{
	begin(written("keys", TOKENS_SET), "https://issuer.example/keys");
	ck_assert_uint_eq(count(), 2);
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

START_TEST(a_file_is_read_again_when_a_key_is_missed)
{
	begin(written("keys", TOKENS_SET), NULL);
	written("keys", ONE);
	jwks_source_missed(source);
	ck_assert_uint_eq(count(), 2); /* it was read a moment ago */
	script_pass(&script, 300 * SECOND);
	jwks_source_missed(source);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(a_file_is_read_again_every_hour)
{
	begin(written("keys", TOKENS_SET), NULL);
	written("keys", ONE);
	script_pass(&script, 3599 * SECOND);
	ck_assert_uint_eq(count(), 2);
	script_pass(&script, 2 * SECOND);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(it_is_looked_at_again_when_asked_for)
{
	begin(written("keys", TOKENS_SET), NULL);
	written("keys", ONE);
	jwks_source_look(source);
	ck_assert_uint_eq(count(), 1);
	written("keys", "{");
	jwks_source_look(source);
	ck_assert_uint_eq(count(), 1);
	jwks_source_stop(source);
	written("keys", TOKENS_SET);
	jwks_source_look(source);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(a_file_that_is_no_good_changes_nothing)
{
	begin(written_path("none"), NULL);
	ck_assert_uint_eq(count(), 0);
	written("none", "{");
	script_pass(&script, 31 * SECOND);
	ck_assert_uint_eq(count(), 0);
	written("none", TOKENS_SET);
	script_pass(&script, 31 * SECOND);
	ck_assert_uint_eq(count(), 2);
	written_long("none", JWKS_SIZE_MAX + 1);
	script_pass(&script, 3601 * SECOND);
	ck_assert_uint_eq(count(), 2);
}
END_TEST

START_TEST(an_address_is_asked)
{
	static const char head[] =
		"GET /pool/keys.json?a=b HTTP/1.1\r\nHost: issuer.example:8443\r\n";

	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_SET});
	begin(NULL, "https://issuer.example:8443/pool/keys.json?a=b");
	ck_assert_uint_eq(count(), 0);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(count(), 2);
	ck_assert_uint_eq(script.request_count, 1);
	ck_assert_int_eq(strncmp(script.requests[0].text, head, strlen(head)), 0);
}
END_TEST

START_TEST(it_is_asked_again_every_hour_and_for_new_keys_every_five_minutes)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_SET});
	begin(NULL, "https://issuer.example");
	script_pass(&script, SECOND);
	for (int i = 0; i < 298; i++) {
		jwks_source_missed(source);
		script_pass(&script, SECOND);
	}
	ck_assert_uint_eq(script.request_count, 1);
	script_pass(&script, 2 * SECOND);
	for (int i = 0; i < 200; i++) {
		jwks_source_missed(source);
		script_pass(&script, SECOND);
	}
	ck_assert_uint_eq(script.request_count, 2);
	script_pass(&script, 3500 * SECOND);
	ck_assert_uint_eq(script.request_count, 3);
}
END_TEST

START_TEST(a_question_that_hangs_is_not_asked_twice)
{
	SCRIPT_PLAY(&script, {.status = 200, .hangs = true});
	begin(NULL, "https://issuer.example/keys");
	script_pass(&script, 400 * SECOND);
	jwks_source_missed(source);
	script_pass(&script, 4000 * SECOND);
	ck_assert_uint_eq(script.request_count, 1);
}
END_TEST

static const struct script_step failures[] = {
	{.end = EXCHANGE_TIMEOUT},
	{.end = EXCHANGE_NOT_SENT},
	{.end = EXCHANGE_BROKEN},
	{.status = 500, .body = TOKENS_SET},
	{.status = 302, .body = "", .headers = "Location: https://other.example/\r\n"},
	{.status = 200, .body = "<html>"},
	{.status = 200, .body = "{\"keys\":[]}"},
};

START_TEST(old_keys_stay_when_an_answer_is_no_good)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_SET});
	begin(NULL, "https://issuer.example/keys");
	script_pass(&script, SECOND);
	script_play(&script, &failures[_i], 1);
	script_pass(&script, 3601 * SECOND);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(script.request_count, 2);
	ck_assert_uint_eq(count(), 2);
	SCRIPT_PLAY(&script, {.status = 200, .body = ONE});
	script_pass(&script, 3601 * SECOND);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(without_keys_it_is_asked_again_soon)
{
	script_play(&script, &failures[_i], 1);
	begin(NULL, "https://issuer.example/keys");
	script_pass(&script, SECOND);
	ck_assert_uint_eq(count(), 0);
	SCRIPT_PLAY(&script, {.status = 200, .body = ONE});
	script_pass(&script, 31 * SECOND);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(nothing_follows_a_stop)
{
	SCRIPT_PLAY(&script, {.status = 200, .hangs = true});
	begin(NULL, "https://issuer.example/keys");
	script_pass(&script, SECOND);
	jwks_source_stop(source);
	script_end_all(&script, EXCHANGE_SHUTDOWN);
	script_pass(&script, 4000 * SECOND);
	jwks_source_missed(source);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(script.request_count, 1);
}
END_TEST

static void read_once(void *file)
{
	begin(file, "https://issuer.example/keys");
	ck_assert(source || alloc_has_failed());
	if (source) {
		ck_assert(count() == 2 || alloc_has_failed());
		jwks_source_stop(source);
	}
	jwks_source_free(source);
	source = NULL;
}

START_TEST(a_lack_of_memory_is_survived)
{
	read_once((void *)(uintptr_t)written("keys", TOKENS_SET)); /* the loop's own memory */
	alloc_fail_each(read_once, (void *)(uintptr_t)written("keys", TOKENS_SET));
}
END_TEST

Suite *jwks_source_suite(void)
{
	const int failure_count = (int)(sizeof(failures) / sizeof(failures[0]));
	Suite *all = suite_create("jwks_source");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_file_is_read_at_once);
	tcase_add_test(cases, a_file_is_read_again_when_a_key_is_missed);
	tcase_add_test(cases, a_file_is_read_again_every_hour);
	tcase_add_test(cases, it_is_looked_at_again_when_asked_for);
	tcase_add_test(cases, a_file_that_is_no_good_changes_nothing);
	tcase_add_test(cases, an_address_is_asked);
	tcase_add_test(cases, it_is_asked_again_every_hour_and_for_new_keys_every_five_minutes);
	tcase_add_test(cases, a_question_that_hangs_is_not_asked_twice);
	tcase_add_loop_test(cases, old_keys_stay_when_an_answer_is_no_good, 0, failure_count);
	tcase_add_loop_test(cases, without_keys_it_is_asked_again_soon, 0, failure_count);
	tcase_add_test(cases, nothing_follows_a_stop);
	tcase_add_test(cases, a_lack_of_memory_is_survived);
	suite_add_tcase(all, cases);
	return all;
}
