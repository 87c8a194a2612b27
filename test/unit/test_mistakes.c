#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/mistakes.h"

static struct request rq;
static struct validation validation;

static void set_up(void)
{
	memset(&rq, 0, sizeof(rq));
	rq.path = "/product";
	validation_init(&validation, &rq.arena);
}

static void tear_down(void)
{
	buf_clear(&rq.reply.body);
	arena_clear(&rq.arena);
}

START_TEST(mistakes_become_a_problem_that_lists_them)
{
	validation_add(&validation, "name", MISTAKE_REQUIRED, "It is required.");
	validation_add(&validation, "a\"b", MISTAKE_TOO_LONG, "It has %d characters.", 7);
	ck_assert_int_eq(reply_mistakes(&rq, &validation), FLOW_REPLY);
	ck_assert_int_eq(rq.reply.status, 422);
	ck_assert_str_eq(rq.reply.code, "validation-failed");
	ck_assert_ptr_nonnull(strstr(
		buf_text(&rq.reply.body),
		"\"errors\":[{\"field\":\"name\",\"code\":\"required\",\"detail\":\"It is required.\"},"
		"{\"field\":\"a\\\"b\",\"code\":\"too-long\",\"detail\":\"It has 7 characters.\"}]"));
}
END_TEST

START_TEST(without_memory_for_the_mistakes_it_is_503)
{
	validation.has_failed = true;
	ck_assert_int_eq(reply_mistakes(&rq, &validation), FLOW_REPLY);
	ck_assert_int_eq(rq.reply.status, 503);
}
END_TEST

START_TEST(as_many_and_as_long_mistakes_as_there_can_be_are_all_told)
{
	char field[VALIDATION_FIELD_MAX + 1];
	const char *rest;
	size_t count = 0;

	memset(field, 1, VALIDATION_FIELD_MAX); /* the longest escape for each byte */
	field[VALIDATION_FIELD_MAX] = '\0';
	for (int i = 0; i < 10 * VALIDATION_MAX; i++)
		validation_add(&validation, field, MISTAKE_INVALID_TEXT, "%.200s%.55s", field,
			       field);
	reply_mistakes(&rq, &validation);
	ck_assert_int_eq(rq.reply.status, 422);
	for (rest = buf_text(&rq.reply.body); (rest = strstr(rest, "\"field\"")); rest++)
		count++;
	ck_assert_uint_eq(count, VALIDATION_MAX);
	ck_assert_ptr_nonnull(strstr(buf_text(&rq.reply.body), "\"omitted\":450"));
}
END_TEST

static void reply_once(void *context)
{
	(void)context;
	set_up();
	validation_add(&validation, "name", MISTAKE_REQUIRED, "It is required.");
	reply_mistakes(&rq, &validation);
	ck_assert_int_eq(rq.reply.status, alloc_has_failed() ? rq.reply.status : 422);
	ck_assert(rq.reply.status == 422 || rq.reply.status == 503);
	ck_assert(rq.reply.is_made);
	tear_down();
}

START_TEST(short_memory_is_503)
{
	alloc_fail_each(reply_once, NULL);
}
END_TEST

Suite *mistakes_suite(void)
{
	Suite *suite = suite_create("mistakes");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, mistakes_become_a_problem_that_lists_them);
	tcase_add_test(tests, without_memory_for_the_mistakes_it_is_503);
	tcase_add_test(tests, as_many_and_as_long_mistakes_as_there_can_be_are_all_told);
	tcase_add_test(tests, short_memory_is_503);
	suite_add_tcase(suite, tests);
	return suite;
}
