#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "daemon/balancer_keys.h"
#include "scripted.h"
#include "tokens.h"

#define SECOND UINT64_C(1000000)
#define ONE "01900000-0000-4000-8000-000000000001"
#define TWO "01900000-0000-4000-8000-000000000002"

static struct script script;
static struct balancer_keys *keys;

static void begin(const char *url)
{
	const struct key_page_place place = {url, script.loop, &script.transport};

	keys = balancer_keys_new(&place);
}

static void end(void)
{
	if (keys) {
		balancer_keys_stop(keys);
		script_end_all(&script, EXCHANGE_SHUTDOWN);
		script_pass(&script, SECOND);
	}
	balancer_keys_free(keys);
	keys = NULL;
}

static void set_up(void)
{
	script_init(&script);
	begin("https://keys.example");
}

static void tear_down(void)
{
	end();
	script_clear(&script);
}

/* What looking for a key came to. */
enum found { HERE, COMING, NONE };

static enum found find(const char *id)
{
	bool is_coming;
	const struct jwks *set = balancer_keys_find(keys, id, &is_coming);

	if (set) {
		ck_assert_uint_eq(jwks_count(set), 1);
		ck_assert_ptr_nonnull(jwks_find(set, span_of(id), JWK_ES256));
		return HERE;
	}
	return is_coming ? COMING : NONE;
}

/* The same, and a second later. */
static enum found find_twice(const char *id)
{
	(void)find(id);
	script_pass(&script, SECOND);
	return find(id);
}

static bool was_asked(size_t number, const char *path)
{
	char head[200];

	snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: keys.example\r\n", path);
	return strncmp(script.requests[number].text, head, strlen(head)) == 0;
}

START_TEST(a_key_is_fetched_when_it_is_first_asked_for)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	ck_assert_int_eq(find(ONE), COMING);
	ck_assert_int_eq(find(ONE), COMING);
	script_pass(&script, SECOND);
	ck_assert_int_eq(find(ONE), HERE);
	ck_assert_uint_eq(script.request_count, 1);
	ck_assert(was_asked(0, "/" ONE));
}
END_TEST

START_TEST(an_address_may_have_a_path)
{
	static const char *const urls[] = {"https://keys.example/a/b", "https://keys.example/a/b/"};

	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	for (size_t i = 0; i < 2; i++) {
		end();
		begin(urls[i]);
		ck_assert_int_eq(find_twice(ONE), HERE);
		ck_assert(was_asked(i, "/a/b/" ONE));
	}
}
END_TEST

START_TEST(what_is_no_id_is_not_asked_for)
{
	static const char *const odd[] = {
		"",
		"x",
		"../" ONE,
		ONE "/",
		ONE "?x",
		"01900000-0000-4000-8000-00000000000A",
		"01900000-0000-4000-8000-00000000000\r",
		"01900000-0000-4000-8000-00000000000/",
		"01900000-0000-4000-8000-00000000000%",
		"..%2f..%2f..%2f..%2f..%2f..%2f..%2f..",
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ck_assert_int_eq(find(odd[i]), NONE);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

START_TEST(one_at_a_time_is_asked_for_and_one_a_second)
{
	char id[] = "01900000-0000-4000-8001-000000000000";

	SCRIPT_PLAY(&script, {.status = 404});
	for (int i = 0; i < 1000; i++) {
		snprintf(id + 33, 4, "%03u", (unsigned)i % 1000);
		ck_assert_int_ne(find(id), HERE);
		script_pass(&script, SECOND / 100);
	}
	ck_assert_uint_ge(script.request_count, 9);
	ck_assert_uint_le(script.request_count, 10);
	SCRIPT_PLAY(&script, {.status = 200, .hangs = true});
	script_pass(&script, SECOND);
	(void)find(ONE);
	script_pass(&script, 4 * SECOND);
	ck_assert_int_eq(find(TWO), COMING);
	script_pass(&script, SECOND);
	ck_assert_uint_le(script.request_count, 11);
}
END_TEST

static size_t requests_after(uint64_t seconds, const char *id)
{
	script_pass(&script, seconds * SECOND);
	(void)find(id);
	script_pass(&script, SECOND);
	return script.request_count;
}

START_TEST(a_key_that_is_there_is_looked_at_again_after_an_hour)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	ck_assert_int_eq(find_twice(ONE), HERE);
	ck_assert_uint_eq(requests_after(3590, ONE), 1);
	ck_assert_uint_eq(requests_after(10, ONE), 2);
	ck_assert_int_eq(find(ONE), HERE);
	ck_assert_uint_eq(requests_after(3590, ONE), 2);
}
END_TEST

static const struct script_step failures[] = {
	{.end = EXCHANGE_TIMEOUT},
	{.end = EXCHANGE_NOT_SENT},
	{.status = 500, .body = TOKENS_PEM},
	{.status = 302, .body = "", .headers = "Location: https://other.example/\r\n"},
	{.status = 200, .body = "<html>"},
	{.status = 200, .body = TOKENS_SET},
	{.status = 404},
	{.status = 403},
};

START_TEST(a_key_stays_when_a_later_look_fails)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	ck_assert_int_eq(find_twice(ONE), HERE);
	script_play(&script, &failures[_i], 1);
	ck_assert_uint_eq(requests_after(3601, ONE), 2);
	ck_assert_int_eq(find(ONE), HERE);
	ck_assert_uint_eq(requests_after(27, ONE), 2);
	ck_assert_uint_eq(requests_after(300, ONE), 3);
	ck_assert_int_eq(find(ONE), HERE);
}
END_TEST

START_TEST(what_could_not_be_fetched_is_coming_and_what_is_not_there_is_not)
{
	bool is_absent = failures[_i].status == 404 || failures[_i].status == 403;

	script_play(&script, &failures[_i], 1);
	ck_assert_int_eq(find_twice(ONE), is_absent ? NONE : COMING);
	ck_assert_uint_eq(requests_after(27, ONE), 1);
	ck_assert_uint_eq(requests_after(10, ONE), is_absent ? 1 : 2);
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	ck_assert_uint_eq(requests_after(300, ONE), is_absent ? 2 : 3);
	ck_assert_int_eq(find(ONE), HERE);
}
END_TEST

START_TEST(keys_that_are_there_are_the_last_to_be_forgotten)
{
	char id[] = "01900000-0000-4000-8001-000000000000";

	script.is_forgetful = true;
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	ck_assert_int_eq(find_twice(ONE), HERE);
	SCRIPT_PLAY(&script, {.status = 404});
	for (int i = 0; i < 3 * BALANCER_KEYS_MAX; i++) {
		snprintf(id + 33, 4, "%03u", (unsigned)i % 1000);
		ck_assert_int_eq(find_twice(id), NONE);
		script_pass(&script, SECOND);
	}
	ck_assert_int_eq(find(ONE), HERE);
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	for (int i = 100; i < 100 + BALANCER_KEYS_MAX; i++) {
		snprintf(id + 33, 4, "%03u", (unsigned)i % 1000);
		ck_assert_int_eq(find_twice(id), HERE);
		script_pass(&script, SECOND);
	}
	SCRIPT_PLAY(&script, {.status = 404});
	ck_assert_int_eq(find_twice(ONE), NONE);
}
END_TEST

START_TEST(nothing_follows_a_stop)
{
	SCRIPT_PLAY(&script, {.status = 200, .hangs = true});
	ck_assert_int_eq(find(ONE), COMING);
	script_pass(&script, SECOND);
	balancer_keys_stop(keys);
	script_end_all(&script, EXCHANGE_SHUTDOWN);
	script_pass(&script, 400 * SECOND);
	ck_assert_int_eq(find(TWO), COMING);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(script.request_count, 1);
}
END_TEST

/* ---- waiting ---- */

enum { DEADLINE_S = 10, WAITERS = BALANCER_KEYS_WAITING_MAX };

struct waiting {
	struct await await;
	struct arena arena;
	unsigned ended;
};

static struct waiting waiting[WAITERS + 1];

static void on_end(struct await *await)
{
	struct waiting *one = await->context;

	one->ended++;
}

static void await_key(struct waiting *one, const char *id)
{
	memset(one, 0, sizeof(*one));
	one->await.deadline_us = loop_now_us(script.loop) + DEADLINE_S * SECOND;
	one->await.arena = &one->arena;
	one->await.resume = on_end;
	one->await.context = one;
	balancer_keys_await(keys, id, &one->await);
}

/* Ended once, with that. */
static void expect_end(struct waiting *one, enum result result)
{
	ck_assert_uint_eq(one->ended, 1);
	ck_assert_int_eq(one->await.result, result);
	ck_assert(!one->await.is_pending);
	arena_clear(&one->arena);
}

START_TEST(who_waits_goes_on_when_the_key_is_there)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	await_key(&waiting[0], ONE);
	(void)find(ONE);
	await_key(&waiting[1], ONE);
	ck_assert_uint_eq(waiting[0].ended + waiting[1].ended, 0);
	script_pass(&script, SECOND / 10);
	expect_end(&waiting[0], RESULT_OK);
	expect_end(&waiting[1], RESULT_OK);
	ck_assert_int_eq(find(ONE), HERE);
	ck_assert_uint_eq(script.request_count, 1);
	await_key(&waiting[0], ONE);
	expect_end(&waiting[0], RESULT_OK);
	await_key(&waiting[0], "what no load balancer names");
	expect_end(&waiting[0], RESULT_OK);
}
END_TEST

START_TEST(who_waits_goes_on_when_the_key_cannot_be_had)
{
	bool is_absent = failures[_i].status == 404 || failures[_i].status == 403;

	script_play(&script, &failures[_i], 1);
	await_key(&waiting[0], ONE);
	script_pass(&script, SECOND / 10);
	expect_end(&waiting[0], RESULT_OK);
	ck_assert_int_eq(find(ONE), is_absent ? NONE : COMING);
	await_key(&waiting[0], ONE); /* nobody asks again so soon */
	expect_end(&waiting[0], RESULT_OK);
	ck_assert_uint_eq(script.request_count, 1);
}
END_TEST

START_TEST(several_keys_come_one_after_another)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	await_key(&waiting[0], ONE);
	await_key(&waiting[1], TWO);
	await_key(&waiting[2], ONE);
	script_pass(&script, SECOND / 10);
	expect_end(&waiting[0], RESULT_OK);
	expect_end(&waiting[2], RESULT_OK);
	ck_assert_uint_eq(waiting[1].ended, 0);
	script_pass(&script, SECOND);
	expect_end(&waiting[1], RESULT_OK);
	ck_assert_int_eq(find(TWO), HERE);
	ck_assert_uint_eq(script.request_count, 2);
}
END_TEST

START_TEST(nobody_waits_beyond_his_deadline)
{
	SCRIPT_PLAY(&script, {.status = 200, .hangs = true});
	await_key(&waiting[0], ONE);
	script_pass(&script, (DEADLINE_S - 2) * SECOND);
	await_key(&waiting[1], TWO);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(waiting[0].ended + waiting[1].ended, 0);
	script_pass(&script, SECOND);
	expect_end(&waiting[0], RESULT_OK);
	script_pass(&script, (DEADLINE_S - 3) * SECOND);
	ck_assert_uint_eq(waiting[1].ended, 0);
	script_pass(&script, 2 * SECOND);
	expect_end(&waiting[1], RESULT_OK);
	ck_assert_int_eq(find(ONE), COMING);
}
END_TEST

START_TEST(not_too_many_wait)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	for (size_t i = 0; i <= WAITERS; i++)
		await_key(&waiting[i], ONE);
	expect_end(&waiting[WAITERS], RESULT_OVERLOADED);
	script_pass(&script, SECOND / 10);
	for (size_t i = 0; i < WAITERS; i++)
		expect_end(&waiting[i], RESULT_OK);
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	await_key(&waiting[0], TWO);
	ck_assert_uint_eq(waiting[0].ended, 0);
	script_pass(&script, 2 * SECOND);
	expect_end(&waiting[0], RESULT_OK);
}
END_TEST

START_TEST(a_stop_ends_all_waiting)
{
	SCRIPT_PLAY(&script, {.status = 200, .hangs = true});
	await_key(&waiting[0], ONE);
	await_key(&waiting[1], TWO);
	script_pass(&script, SECOND);
	balancer_keys_stop(keys);
	expect_end(&waiting[0], RESULT_SHUTDOWN);
	expect_end(&waiting[1], RESULT_SHUTDOWN);
	await_key(&waiting[0], ONE);
	expect_end(&waiting[0], RESULT_SHUTDOWN);
	script_end_all(&script, EXCHANGE_SHUTDOWN);
	script_pass(&script, SECOND);
}
END_TEST

static void wait_once(void *context)
{
	(void)context;
	begin("https://keys.example");
	if (keys) {
		await_key(&waiting[0], ONE);
		script_pass(&script, SECOND);
		ck_assert_uint_eq(waiting[0].ended, 1);
		ck_assert(waiting[0].await.result == RESULT_OK || alloc_has_failed());
		arena_clear(&waiting[0].arena);
	}
	end();
}

static void fetch_once(void *context)
{
	(void)context;
	begin("https://keys.example");
	ck_assert(keys || alloc_has_failed());
	if (keys)
		ck_assert(find_twice(ONE) == HERE || alloc_has_failed());
	end();
}

START_TEST(a_lack_of_memory_is_survived)
{
	end();
	script.is_forgetful = true;
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	fetch_once(NULL); /* the loop's own memory */
	alloc_fail_each(fetch_once, NULL);
	wait_once(NULL);
	alloc_fail_each(wait_once, NULL);
}
END_TEST

Suite *balancer_keys_suite(void)
{
	const int failure_count = (int)(sizeof(failures) / sizeof(failures[0]));
	Suite *all = suite_create("balancer_keys");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_key_is_fetched_when_it_is_first_asked_for);
	tcase_add_test(cases, an_address_may_have_a_path);
	tcase_add_test(cases, what_is_no_id_is_not_asked_for);
	tcase_add_test(cases, one_at_a_time_is_asked_for_and_one_a_second);
	tcase_add_test(cases, a_key_that_is_there_is_looked_at_again_after_an_hour);
	tcase_add_loop_test(cases, a_key_stays_when_a_later_look_fails, 0, failure_count);
	tcase_add_loop_test(cases, what_could_not_be_fetched_is_coming_and_what_is_not_there_is_not,
			    0, failure_count);
	tcase_add_test(cases, keys_that_are_there_are_the_last_to_be_forgotten);
	tcase_add_test(cases, nothing_follows_a_stop);
	tcase_add_test(cases, who_waits_goes_on_when_the_key_is_there);
	tcase_add_loop_test(cases, who_waits_goes_on_when_the_key_cannot_be_had, 0, failure_count);
	tcase_add_test(cases, several_keys_come_one_after_another);
	tcase_add_test(cases, nobody_waits_beyond_his_deadline);
	tcase_add_test(cases, not_too_many_wait);
	tcase_add_test(cases, a_stop_ends_all_waiting);
	tcase_add_test(cases, a_lack_of_memory_is_survived);
	suite_add_tcase(all, cases);
	return all;
}
