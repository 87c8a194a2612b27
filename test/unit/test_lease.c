#include <check.h>
#include <string.h>

#include "order_texts.h"
#include "repo/lease.h"
#include "scripted_repo.h"

#define OURS "60000000-0000-4000-8000-000000000001"
/* The scripts' clock says 1440938160000. */
#define HELD_UNTIL(ms) FAILED("{\"holder\":{\"S\":\"other\"},\"until\":{\"N\":\"" ms "\"}}")

static struct scripted_repo on;
static struct lease lease;

static void set_up(void)
{
	scripted_repo_init(&on);
	lease = (struct lease){.name = "sweep-1", .holder = OURS};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static uint64_t now_us(void)
{
	return clock_monotonic_us(on.repo.clock);
}

static void again(void)
{
	scripted_repo_renew(&on);
}

static void take(enum result expected)
{
	lease_take(&on.repo, &lease, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(it_is_taken_when_nobody_has_it_or_its_time_is_over)
{
	ck_assert(lease_is_due(&lease, now_us()));
	SCRIPT_PLAY(&on.aws.script, DONE);
	take(RESULT_OK);
	ck_assert_operation(&on, 0, "UpdateItem");
	ck_assert_sent(&on, 0, "\"pk\":{\"S\":\"LEASE#sweep-1\"}");
	ck_assert_sent(&on, 0,
		       "attribute_not_exists(holder) OR holder = :me OR #u <= :now OR "
		       "#u > :never");
	ck_assert_sent(&on, 0, "\":until\":{\"N\":\"1440938169000\"}");
	ck_assert_sent(&on, 0, "\":never\":{\"N\":\"1440938174000\"}");
	ck_assert(lease.is_new && lease_holds(&lease, now_us()));
	ck_assert(!lease_is_due(&lease, now_us()));
}
END_TEST

START_TEST(it_is_due_again_well_before_it_ends)
{
	uint64_t then;

	SCRIPT_PLAY(&on.aws.script, DONE, DONE);
	take(RESULT_OK);
	then = now_us();
	ck_assert(!lease_is_due(&lease, then + (LEASE_RENEW_MS - 100) * 1000));
	ck_assert(lease_is_due(&lease, then + LEASE_RENEW_MS * 1000));
	ck_assert(lease_holds(&lease, then + (LEASE_MS - 100) * 1000));
	ck_assert(!lease_holds(&lease, then + LEASE_MS * 1000));
	again();
	take(RESULT_OK);
	ck_assert(!lease.is_new);
}
END_TEST

START_TEST(anothers_is_looked_at_again_when_it_ends)
{
	SCRIPT_PLAY(&on.aws.script, HELD_UNTIL("1440938163000"));
	take(RESULT_OK);
	ck_assert(!lease_holds(&lease, now_us()));
	ck_assert(!lease_is_due(&lease, now_us() + 2900 * 1000));
	ck_assert(lease_is_due(&lease, now_us() + 3002 * 1000));
}
END_TEST

START_TEST(no_other_can_hold_one_for_longer_than_it_lasts)
{
	SCRIPT_PLAY(&on.aws.script, HELD_UNTIL("1440938177000"));
	take(RESULT_OK);
	ck_assert(!lease_is_due(&lease, now_us() + (LEASE_MS - 100) * 1000));
	ck_assert(lease_is_due(&lease, now_us() + (LEASE_MS + 2) * 1000));
}
END_TEST

START_TEST(a_renewal_that_fails_leaves_it_for_as_long_as_it_lasts)
{
	SCRIPT_PLAY(&on.aws.script, DONE, {.status = 400, .body = "{\"__type\":\"a#No\"}"});
	take(RESULT_OK);
	again();
	take(RESULT_REFUSED);
	ck_assert(lease_holds(&lease, now_us() + (LEASE_MS - 1000) * 1000));
	ck_assert(!lease_holds(&lease, now_us() + LEASE_MS * 1000));
}
END_TEST

START_TEST(it_is_let_go_if_it_is_ours)
{
	SCRIPT_PLAY(&on.aws.script, DONE, DONE, FAILED("{\"holder\":{\"S\":\"other\"}}"));
	take(RESULT_OK);
	again();
	lease_release(&on.repo, &lease, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "(holder = :me)");
	ck_assert_sent(&on, 0, "\":past\":{\"N\":\"0\"}");
	ck_assert(!lease_holds(&lease, now_us()));
	again();
	lease_release(&on.repo, &lease, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

Suite *lease_suite(void)
{
	Suite *suite = suite_create("lease");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_taken_when_nobody_has_it_or_its_time_is_over);
	tcase_add_test(tests, it_is_due_again_well_before_it_ends);
	tcase_add_test(tests, anothers_is_looked_at_again_when_it_ends);
	tcase_add_test(tests, no_other_can_hold_one_for_longer_than_it_lasts);
	tcase_add_test(tests, a_renewal_that_fails_leaves_it_for_as_long_as_it_lasts);
	tcase_add_test(tests, it_is_let_go_if_it_is_ours);
	suite_add_tcase(suite, tests);
	return suite;
}
