#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/ask.h"
#include "scripted.h"

enum { SECOND = 1000000 };

static struct script script;
static bool is_done;

static void on_done(struct exchange *exchange)
{
	ck_assert_ptr_eq(exchange->context, &script);
	is_done = true;
}

static bool init(struct ask *ask, const char *url)
{
	*ask = (struct ask){.loop = script.loop, .transport = &script.transport};
	ask->exchange.done = on_done;
	ask->exchange.context = &script;
	return ask_init(ask, url, 100, 100);
}

static void set_up(void)
{
	script_init(&script);
}

static void tear_down(void)
{
	script_clear(&script);
}

START_TEST(a_question_is_asked_and_nothing_left_of_it)
{
	struct ask ask;
	const char *bytes;

	ck_assert(init(&ask, "http://[::1]:80//"));
	ck_assert_str_eq(ask.origin.url, "http://[::1]:80");
	ck_assert_str_eq(ask.origin.authority, "[::1]:80");
	ck_assert_msg(ask.exchange.is_secret, "the transport leaves nothing either");
	SCRIPT_PLAY(&script, {.status = 200, .body = "hush"}, {.end = EXCHANGE_NOT_SENT});
	buf_add_str(ask_begin(&ask), "GET / HTTP/1.1\r\n\r\n");
	ask_send(&ask, SECOND);
	script_run(&script, &is_done, SECOND);
	ck_assert_int_eq(ask_status(&ask), 200);
	ck_assert(span_equals(ask_answer(&ask), "hush"));
	bytes = ask_answer(&ask).data;
	ask_wipe(&ask);
	ck_assert_int_eq(memcmp(bytes, "\0\0\0\0", 4), 0);
	ck_assert_int_eq(memcmp(ask.exchange.request.data, "\0\0\0\0", 4), 0);
	is_done = false;
	ask_send(&ask, SECOND);
	script_run(&script, &is_done, SECOND);
	ck_assert_int_eq(ask_status(&ask), 0);
	ask_clear(&ask);
}
END_TEST

static void make(void *context)
{
	struct ask ask;

	(void)context;
	ck_assert(init(&ask, "http://x") != alloc_has_failed());
	ask_clear(&ask);
}

START_TEST(a_lack_of_memory_is_told)
{
	alloc_fail_each(make, NULL);
}
END_TEST

Suite *ask_suite(void)
{
	Suite *all = suite_create("ask");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_question_is_asked_and_nothing_left_of_it);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
