#include "notify/publisher.h"

#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "publishing.h"

#define WAITING                                                                \
	"{\"sk\":{\"S\":\"" EVENT                                              \
	"\"},\"type\":{\"S\":\"stock.out\"},\"subject\":{\"S\":\"product/" TEA \
	"\"},\"time\":{\"S\":\"" NOW                                           \
	"\"},\"data\":{\"S\":\"{}\"},\"attempts\":{\"N\":\"0\"},\"by\":{"      \
	"\"S\":\"" WRITER "\"}}"
#define HANGS                 \
	{                     \
		.hangs = true \
	}
#define AWAY                                                           \
	{                                                              \
		.status = 403, .body = SNS_ERROR("AuthorizationError") \
	}

static struct publishing to;
static struct publisher *publisher;

static void make(void)
{
	const struct publisher_options options = {
		.loop = to.on.aws.script.loop,
		.repo = &to.on.repo,
		.sns = &to.sns,
	};

	publisher = publisher_new(&options);
}

static void set_up(void)
{
	publishing_init(&to);
	make();
	ck_assert_ptr_nonnull(publisher);
}

static void settle(void)
{
	PUBLISHING_RUN(&to, publisher_is_idle(publisher));
	ck_assert(publisher_is_idle(publisher));
}

static void tear_down(void)
{
	if (publisher) {
		publisher_stop(publisher);
		settle();
	}
	publisher_free(publisher);
	publishing_clear(&to);
}

static void ring(uint32_t shard)
{
	to.on.repo.bell.ring(to.on.repo.bell.context, shard);
}

static void hold(void)
{
	publisher_hold(publisher, 1, to.on.aws.script.now_us + 9000000);
}

/* What hangs. */
static void answer(const char *body)
{
	script_answer_hanging(&to.on.aws.script,
			      &(struct script_step){.status = 200, .body = body});
}

static size_t requests(void)
{
	return to.on.aws.script.request_count;
}

static uint64_t pending(void)
{
	return metric_get(&publisher_get_metrics(publisher)->pending[1]);
}

START_TEST(a_ring_publishes_what_is_in_its_shard)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(WAITING), PUBLISHED(SNS_GOOD("0")), DONE);
	ck_assert(publisher_is_idle(publisher));
	ring(1);
	ck_assert(!publisher_is_idle(publisher));
	ck_assert_uint_eq(requests(), 0);
	settle();
	ck_assert_uint_eq(requests(), 3);
	ck_assert_sent(&to.on, 0, "\"OUT#1\"");
	ck_assert_uint_eq(metric_get(&publisher_get_metrics(publisher)->accepted), 1);
}
END_TEST

START_TEST(who_rings_during_a_pass_gets_another)
{
	SCRIPT_PLAY(&to.on.aws.script, HANGS, PAGE(""));
	ring(1);
	ring(1);
	script_pass(&to.on.aws.script, 0);
	ck_assert(!publisher_is_idle(publisher));
	ring(1);
	ring(1);
	answer("{\"Items\":[]}");
	settle();
	ck_assert_uint_eq(requests(), 2);
}
END_TEST

START_TEST(a_shard_of_another_table_is_nobodys)
{
	ring(4);
	ck_assert(publisher_is_idle(publisher));
}
END_TEST

START_TEST(who_holds_the_lease_looks_and_counts)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(WAITING), AWAY);
	hold();
	settle();
	ck_assert_uint_eq(requests(), 2);
	ck_assert_uint_eq(pending(), 1);
	ck_assert_uint_ne(metric_get(&publisher_get_metrics(publisher)->oldest_us[1]), 0);
	publisher_hold(publisher, 1, 0);
	ck_assert_uint_eq(pending(), 0);
	ck_assert_uint_eq(metric_get(&publisher_get_metrics(publisher)->oldest_us[1]), 0);
}
END_TEST

START_TEST(after_a_failure_it_pauses_and_tries_again)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(WAITING), AWAY, PAGE(WAITING), AWAY, PAGE(WAITING),
		    PUBLISHED(SNS_GOOD("0")), DONE, PAGE(""));
	hold();
	settle();
	ck_assert_uint_eq(requests(), 2);
	ring(1);
	settle();
	ck_assert_uint_eq(requests(), 2);
	script_pass(&to.on.aws.script, PUBLISHER_PAUSE_US);
	settle();
	ck_assert_uint_eq(requests(), 4);
	script_pass(&to.on.aws.script, 2 * PUBLISHER_PAUSE_US);
	settle();
	ck_assert_uint_ge(requests(), 7);
	ck_assert_uint_eq(pending(), 0);
	ck_assert_uint_eq(metric_get(&publisher_get_metrics(publisher)->failed), 2);
}
END_TEST

START_TEST(what_could_not_be_deleted_is_deleted_the_next_time_and_not_published)
{
	SCRIPT_PLAY(&to.on.aws.script, PAGE(WAITING), PUBLISHED(SNS_GOOD("0")),
		    AWS_ERROR("AccessDeniedException"), PAGE(WAITING), DONE, PAGE(""));
	hold();
	settle();
	ck_assert_uint_eq(requests(), 3);
	ck_assert_uint_eq(pending(), 1);
	script_pass(&to.on.aws.script, PUBLISHER_PAUSE_US);
	settle();
	ck_assert_operation(&to.on, 4, "BatchWriteItem");
	ck_assert_uint_eq(pending(), 0);
	ck_assert_uint_eq(metric_get(&publisher_get_metrics(publisher)->accepted), 1);
}
END_TEST

START_TEST(pauses_have_an_end)
{
	to.on.aws.script.is_forgetful = true;
	SCRIPT_PLAY(&to.on.aws.script, AWS_ERROR("AccessDeniedException"));
	hold();
	for (int i = 0; i < 20; i++) {
		uint64_t failed = metric_get(&publisher_get_metrics(publisher)->failed);

		settle();
		script_pass(&to.on.aws.script, PUBLISHER_PAUSE_MAX_US);
		settle();
		ck_assert_uint_gt(metric_get(&publisher_get_metrics(publisher)->failed), failed);
	}
}
END_TEST

START_TEST(a_stop_ends_a_pass_after_its_step_and_begins_nothing)
{
	SCRIPT_PLAY(&to.on.aws.script, HANGS);
	ring(1);
	script_pass(&to.on.aws.script, 0);
	ck_assert_uint_eq(requests(), 1);
	publisher_stop(publisher);
	ck_assert(!publisher_is_idle(publisher));
	answer("{\"Items\":[" WAITING "]}");
	settle();
	ck_assert_uint_eq(requests(), 1);
	ring(1);
	hold();
	ck_assert(publisher_is_idle(publisher));
}
END_TEST

START_TEST(short_memory_makes_no_publisher)
{
	publisher_free(publisher);
	alloc_fail_at(1);
	make();
	ck_assert(alloc_has_failed());
	alloc_fail_at(0);
	ck_assert_ptr_null(publisher);
}
END_TEST

Suite *publisher_suite(void)
{
	Suite *suite = suite_create("publisher");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_ring_publishes_what_is_in_its_shard);
	tcase_add_test(tests, who_rings_during_a_pass_gets_another);
	tcase_add_test(tests, a_shard_of_another_table_is_nobodys);
	tcase_add_test(tests, who_holds_the_lease_looks_and_counts);
	tcase_add_test(tests, after_a_failure_it_pauses_and_tries_again);
	tcase_add_test(tests, what_could_not_be_deleted_is_deleted_the_next_time_and_not_published);
	tcase_add_test(tests, pauses_have_an_end);
	tcase_add_test(tests, a_stop_ends_a_pass_after_its_step_and_begins_nothing);
	tcase_add_test(tests, short_memory_makes_no_publisher);
	suite_add_tcase(suite, tests);
	return suite;
}
