#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "daemon/sweeper.h"
#include "order_texts.h"
#include "scripted_repo.h"

#define FAILS AWS_ERROR("AccessDeniedException")
#define NOT_OURS FAILED("{\"holder\":{\"S\":\"other\"},\"until\":{\"N\":\"1440938170000\"}}")
#define NOTHING FOUND_ITEMS("")
#define ENTRY(prefix) \
	"{\"pk\":{\"S\":\"" prefix ORDER "\"},\"g2s\":{\"S\":\"" BEFORE "#" ORDER "\"}}"

static struct scripted_repo on;
static struct sweeper *sweeper;

static void begin(uint32_t first, uint32_t step)
{
	sweeper = sweeper_new(&(struct sweeper_options){
		.loop = on.aws.script.loop,
		.repo = &on.repo,
		.payment_ms = 60000,
		.shard_count = 4,
		.first = first,
		.step = step,
	});
	ck_assert_ptr_nonnull(sweeper);
	ck_assert(sweeper_start(sweeper));
}

static void run_for(uint64_t ms)
{
	bool is_over = false;

	script_run(&on.aws.script, &is_over, ms * 1000);
}

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	if (sweeper) {
		SCRIPT_PLAY(&on.aws.script, DONE); /* the test's own script has gone with it */
		sweeper_stop(sweeper);
		run_for(20000);
		ck_assert(sweeper_is_idle(sweeper));
	}
	sweeper_free(sweeper);
	sweeper = NULL;
	scripted_repo_clear(&on);
}

static void ck_assert_counted(uint64_t checkouts, uint64_t orders, uint64_t failures)
{
	const struct sweeper_metrics *metrics = sweeper_get_metrics(sweeper);

	ck_assert_uint_eq(metric_get(&metrics->done[0]), checkouts);
	ck_assert_uint_eq(metric_get(&metrics->done[1]), orders);
	ck_assert_uint_eq(metric_get(&metrics->failures), failures);
}

static size_t requests(void)
{
	return on.aws.script.request_count;
}

START_TEST(who_holds_the_lease_looks_every_second_for_all_that_is_due)
{
	SCRIPT_PLAY(&on.aws.script, DONE, NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_uint_eq(requests(), 3);
	ck_assert_sent(&on, 0, "LEASE#sweep-1");
	ck_assert_sent(&on, 1, "EXP#1");
	ck_assert_sent(&on, 1, "\":to\":{\"S\":\"2015-08-30T12:36:00.");
	ck_assert_sent(&on, 2, "OS#placed#1");
	ck_assert_sent(&on, 2, "\":to\":{\"S\":\"2015-08-30T12:35:00.");
	run_for(900);
	ck_assert_uint_eq(requests(), 3);
	run_for(100);
	ck_assert_uint_eq(requests(), 5);
	ck_assert_uint_eq(metric_get(&sweeper_get_metrics(sweeper)->leases), 1);
}
END_TEST

START_TEST(the_others_look_every_two_seconds_for_what_is_late)
{
	SCRIPT_PLAY(&on.aws.script, NOT_OURS, NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_uint_eq(requests(), 3);
	ck_assert_sent(&on, 1, "\":to\":{\"S\":\"2015-08-30T12:35:58.");
	ck_assert_sent(&on, 2, "\":to\":{\"S\":\"2015-08-30T12:34:58.");
	run_for(1900);
	ck_assert_uint_eq(requests(), 3);
	run_for(100);
	ck_assert_uint_eq(requests(), 5);
	ck_assert_uint_eq(metric_get(&sweeper_get_metrics(sweeper)->leases), 0);
}
END_TEST

START_TEST(what_is_over_is_ended)
{
	SCRIPT_PLAY(&on.aws.script, DONE, FOUND_ITEMS(ENTRY("K#")), GOT(OVER), BATCH(STOCKS), DONE,
		    FOUND_ITEMS(ENTRY("O#")), FOUND_ITEMS(PLACED_ORDER), BATCH(STOCKS), DONE,
		    NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_counted(1, 1, 0);
	ck_assert_sent(&on, 4, "\":end\":{\"S\":\"expired\"}");
	ck_assert_sent(&on, 8, "\":s\":{\"S\":\"expired\"}");
}
END_TEST

START_TEST(what_somebody_else_has_ended_is_no_failure)
{
	SCRIPT_PLAY(&on.aws.script, DONE, FOUND_ITEMS(ENTRY("K#")),
		    GOT(CHECKOUT_ITEM("used", BEFORE, "2", "")), NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_counted(0, 0, 0);
}
END_TEST

START_TEST(what_fails_is_counted_and_tried_again)
{
	SCRIPT_PLAY(&on.aws.script, DONE, FOUND_ITEMS(ENTRY("K#")), FAILS, NOTHING,
		    FOUND_ITEMS(ENTRY("K#")), GOT(OVER), BATCH(STOCKS), DONE, NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_counted(0, 0, 1);
	run_for(1000);
	ck_assert_counted(1, 0, 1);
}
END_TEST

START_TEST(a_search_that_fails_ends_the_pass)
{
	SCRIPT_PLAY(&on.aws.script, DONE, FAILS, FAILS, NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_uint_eq(requests(), 2);
	run_for(1000);
	ck_assert_counted(0, 0, 2);
	run_for(1000);
	ck_assert_uint_eq(requests(), 5);
	ck_assert_counted(0, 0, 2);
}
END_TEST

/* Without a lease it is one of the others, who ends what is late. */
START_TEST(a_lease_that_cannot_be_had_keeps_nobody_from_looking)
{
	SCRIPT_PLAY(&on.aws.script, FAILS, NOTHING);
	begin(1, 4);
	run_for(100);
	ck_assert_uint_eq(requests(), 3);
	ck_assert_sent(&on, 1, "\":to\":{\"S\":\"2015-08-30T12:35:58.");
	ck_assert_counted(0, 0, 1);
}
END_TEST

START_TEST(a_stop_lets_the_lease_go)
{
	SCRIPT_PLAY(&on.aws.script, DONE, NOTHING);
	begin(1, 4);
	run_for(100);
	sweeper_stop(sweeper);
	ck_assert(!sweeper_is_idle(sweeper));
	run_for(100);
	ck_assert(sweeper_is_idle(sweeper));
	ck_assert_uint_eq(requests(), 4);
	ck_assert_sent(&on, 3, "LEASE#sweep-1");
	run_for(5000);
	ck_assert_uint_eq(requests(), 4);
}
END_TEST

START_TEST(a_stop_without_a_lease_is_over_at_once)
{
	SCRIPT_PLAY(&on.aws.script, NOT_OURS, NOTHING);
	begin(1, 4);
	run_for(100);
	sweeper_stop(sweeper);
	ck_assert(sweeper_is_idle(sweeper));
	ck_assert(sweeper_start(sweeper));
	ck_assert(sweeper_is_idle(sweeper));
}
END_TEST

START_TEST(a_stop_waits_for_what_is_under_way_and_begins_nothing_new)
{
	static const struct script_step found = FOUND_ITEMS(ENTRY("K#"));

	SCRIPT_PLAY(&on.aws.script, DONE, {.hangs = true}, DONE);
	begin(1, 4);
	run_for(100);
	sweeper_stop(sweeper);
	run_for(100);
	ck_assert(!sweeper_is_idle(sweeper));
	script_answer_hanging(&on.aws.script, &found);
	run_for(100);
	ck_assert(sweeper_is_idle(sweeper));
	ck_assert_uint_eq(requests(), 3); /* the last one is the lease's */
	ck_assert_sent(&on, 2, "LEASE#sweep-1");
}
END_TEST

START_TEST(each_sweeper_has_its_share_of_the_shards)
{
	SCRIPT_PLAY(&on.aws.script, DONE, DONE, NOTHING);
	begin(1, 2);
	run_for(100);
	ck_assert_sent(&on, 0, "LEASE#sweep-1");
	ck_assert_sent(&on, 1, "LEASE#sweep-3");
	ck_assert_uint_eq(requests(), 6);
}
END_TEST

START_TEST(one_of_too_many_has_nothing_to_do)
{
	begin(4, 5);
	ck_assert(sweeper_is_idle(sweeper));
	run_for(5000);
	ck_assert_uint_eq(requests(), 0);
}
END_TEST

static void start_one(void *context)
{
	struct loop *loop = loop_new(&on.aws.script.clock);
	struct sweeper *made = loop ? sweeper_new(&(struct sweeper_options){
					      .loop = loop,
					      .repo = &on.repo,
					      .shard_count = 200, /* their timers take room, too */
					      .step = 1,
				      })
				    : NULL;

	(void)context;
	ck_assert_int_eq(!made || !sweeper_start(made), alloc_has_failed());
	if (made) {
		sweeper_stop(made);
		ck_assert(sweeper_is_idle(made));
	}
	sweeper_free(made);
	loop_free(loop);
}

START_TEST(without_memory_none_starts)
{
	alloc_fail_each(start_one, NULL);
}
END_TEST

START_TEST(metrics_are_summed_and_written)
{
	struct sweeper_metrics sum = {0};
	struct buf out = {0};

	SCRIPT_PLAY(&on.aws.script, DONE, FOUND_ITEMS(ENTRY("K#")), GOT(OVER), BATCH(STOCKS), DONE,
		    NOTHING);
	begin(1, 4);
	run_for(100);
	sweeper_metrics_add(&sum, sweeper_get_metrics(sweeper));
	sweeper_metrics_add(&sum, sweeper_get_metrics(sweeper));
	buf_init(&out, 4096);
	sweeper_metrics_write(&out, &sum);
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "shopd_sweeper_expired_total{what=\"checkout\"} 2\n"));
	buf_clear(&out);
}
END_TEST

Suite *sweeper_suite(void)
{
	Suite *suite = suite_create("sweeper");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, who_holds_the_lease_looks_every_second_for_all_that_is_due);
	tcase_add_test(tests, the_others_look_every_two_seconds_for_what_is_late);
	tcase_add_test(tests, what_is_over_is_ended);
	tcase_add_test(tests, what_somebody_else_has_ended_is_no_failure);
	tcase_add_test(tests, what_fails_is_counted_and_tried_again);
	tcase_add_test(tests, a_search_that_fails_ends_the_pass);
	tcase_add_test(tests, a_lease_that_cannot_be_had_keeps_nobody_from_looking);
	tcase_add_test(tests, a_stop_lets_the_lease_go);
	tcase_add_test(tests, a_stop_without_a_lease_is_over_at_once);
	tcase_add_test(tests, a_stop_waits_for_what_is_under_way_and_begins_nothing_new);
	tcase_add_test(tests, each_sweeper_has_its_share_of_the_shards);
	tcase_add_test(tests, one_of_too_many_has_nothing_to_do);
	tcase_add_test(tests, without_memory_none_starts);
	tcase_add_test(tests, metrics_are_summed_and_written);
	suite_add_tcase(suite, tests);
	return suite;
}
