#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_job.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct cart_answer answer;

static struct cart_job *begin(void)
{
	return cart_job_new(&on.repo, sizeof(struct cart_job), &answer, &on.await);
}

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

START_TEST(a_refusal_is_an_invalid_request_with_a_reason)
{
	cart_job_refuse(begin(), CART_FULL);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(answer.refusal, CART_FULL);
}
END_TEST

START_TEST(a_failure_after_the_write_leaves_its_fate_unknown)
{
	struct cart_job *job = begin();

	job->is_written = true;
	cart_job_finish(job, RESULT_THROTTLED);
	scripted_repo_expect(&on, RESULT_UNKNOWN);
	scripted_repo_renew(&on);
	cart_job_finish(begin(), RESULT_THROTTLED);
	scripted_repo_expect(&on, RESULT_THROTTLED);
	scripted_repo_renew(&on);
	job = begin();
	job->is_written = true;
	cart_job_finish(job, RESULT_OK);
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

START_TEST(a_job_tries_again_only_so_often)
{
	struct cart_job *job = begin();
	int tries = 1;

	while (cart_job_tries_again(job))
		tries++;
	ck_assert_int_eq(tries, CART_TRIES);
	scripted_repo_expect(&on, RESULT_THROTTLED);
}
END_TEST

START_TEST(a_stamp_makes_a_later_version_that_lives_longer)
{
	struct cart cart = {.version = 3};
	struct cart_job *job = begin();

	ck_assert(cart_job_stamp(job, &cart));
	ck_assert_uint_eq(cart.version, 4);
	ck_assert_int_eq(cart.expires_s, 1440938160 + 86400);
	ck_assert_uint_eq(cart.updated_at.len, strlen("2015-08-30T12:36:00.000Z"));
	memcpy(cart.user_id, USER, ID_SIZE);
	ck_assert(cart_job_stamp(job, &cart));
	ck_assert_int_eq(cart.expires_s, 1440938160 + 30 * 86400);
	cart_job_finish(job, RESULT_OK);
}
END_TEST

static void begin_once(void *context)
{
	(void)context;
	scripted_repo_renew(&on);
	if (begin())
		arena_clear(&on.arena);
	else
		scripted_repo_expect(&on, RESULT_NO_MEMORY);
}

START_TEST(without_memory_there_is_no_job)
{
	alloc_fail_each(begin_once, NULL);
}
END_TEST

Suite *cart_job_suite(void)
{
	Suite *suite = suite_create("cart_job");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_refusal_is_an_invalid_request_with_a_reason);
	tcase_add_test(tests, a_failure_after_the_write_leaves_its_fate_unknown);
	tcase_add_test(tests, a_job_tries_again_only_so_often);
	tcase_add_test(tests, a_stamp_makes_a_later_version_that_lives_longer);
	tcase_add_test(tests, without_memory_there_is_no_job);
	suite_add_tcase(suite, tests);
	return suite;
}
