#include <check.h>
#include <string.h>

#include "notify/publish_choice.h"

#define OURS "writer-1"
#define THEIRS "writer-2"

enum { EVENTS_MAX = 24, NOW_MS = 1000000 };

static struct outbox_stored items[EVENTS_MAX];
static struct outbox_told events[EVENTS_MAX];
static struct outbox_page page;
static struct publish_blocked blocked;
static bool may_go[EVENTS_MAX];
static struct publish_choice choice;
static struct outbox_told *batch[SNS_BATCH_MAX];

static void set_up(void)
{
	memset(items, 0, sizeof(items));
	memset(events, 0, sizeof(events));
	page = (struct outbox_page){.items = items, .events = events};
	blocked = (struct publish_blocked){0};
	choice = (struct publish_choice){
		.page = &page,
		.writer = OURS,
		.now_ms = NOW_MS,
		.blocked = &blocked,
		.may_go = may_go,
	};
}

/* An event of a subject, written by somebody so many milliseconds ago. */
static struct outbox_told *add(uint64_t subject, const char *by, int64_t age_ms)
{
	struct outbox_stored *item = &items[page.count];
	struct outbox_told *event = &events[page.event_count];

	*item = (struct outbox_stored){
		.by = span_of(by),
		.written_ms = NOW_MS - age_ms,
		.first = page.event_count,
		.count = 1,
	};
	*event = (struct outbox_told){.in = item, .type = EVENT_STOCK_LOW, .key = subject};
	page.count++;
	page.event_count++;
	return event;
}

static size_t pick(void)
{
	publish_choice_begin(&choice);
	return publish_choice_pick(&choice, batch);
}

START_TEST(who_publishes_an_event_depends_on_its_age_and_writer)
{
	static const struct {
		const char *by;
		int64_t age_ms;
		bool is_holder;
		bool may_go;
	} cases[] = {
		{OURS, 0, false, true},       {OURS, 999, false, true},
		{OURS, 1000, false, false},   {OURS, 1000, true, true},
		{THEIRS, 0, false, false},    {THEIRS, 0, true, false},
		{THEIRS, 2499, true, false},  {THEIRS, 2500, true, true},
		{THEIRS, 2500, false, false}, {OURS, -500, false, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up();
		add(1, cases[i].by, cases[i].age_ms);
		choice.is_holder = cases[i].is_holder;
		ck_assert_msg((pick() == 1) == cases[i].may_go, "case %zu", i);
	}
}
END_TEST

START_TEST(an_event_that_grew_too_old_on_its_page_is_the_holders)
{
	add(1, OURS, 900);
	ck_assert_uint_eq(pick(), 1);
	choice.now_ms += 100;
	ck_assert_uint_eq(publish_choice_pick(&choice, batch), 0);
	choice.is_holder = true;
	ck_assert_uint_eq(publish_choice_pick(&choice, batch), 1);
}
END_TEST

START_TEST(events_of_older_versions_have_no_writer_and_are_the_holders)
{
	add(1, OURS, 0)->in = &items[0];
	items[0].by = (struct span){0};
	ck_assert_uint_eq(pick(), 0);
	items[0].written_ms = NOW_MS - 3000;
	choice.is_holder = true;
	ck_assert_uint_eq(pick(), 1);
}
END_TEST

START_TEST(a_batch_has_at_most_ten_and_one_of_each_subject)
{
	for (uint64_t i = 0; i < 12; i++)
		add(i / 2, OURS, 0);
	ck_assert_uint_eq(pick(), 6);
	ck_assert_ptr_eq(batch[0], &events[0]);
	ck_assert_ptr_eq(batch[1], &events[2]);
	set_up();
	for (uint64_t i = 0; i < 12; i++)
		add(i, OURS, 0);
	ck_assert_uint_eq(pick(), 10);
}
END_TEST

START_TEST(the_next_of_a_subject_goes_when_the_one_before_is_over_or_sent)
{
	add(1, OURS, 0);
	add(1, OURS, 0);
	ck_assert_uint_eq(pick(), 1);
	events[0].is_over = true;
	ck_assert_uint_eq(publish_choice_pick(&choice, batch), 1);
	ck_assert_ptr_eq(batch[0], &events[1]);
	events[0].is_over = false;
	events[0].is_sent = true;
	may_go[0] = false;
	ck_assert_uint_eq(publish_choice_pick(&choice, batch), 1);
	ck_assert_ptr_eq(batch[0], &events[1]);
}
END_TEST

START_TEST(the_lower_version_is_the_earlier_one_whatever_the_clocks_say)
{
	add(1, OURS, 5)->version = 4;
	add(1, OURS, 4)->version = 3;
	add(1, OURS, 3)->version = 3;
	ck_assert_uint_eq(pick(), 1);
	ck_assert_ptr_eq(batch[0], &events[1]);
	events[1].is_over = true;
	ck_assert_uint_eq(publish_choice_pick(&choice, batch), 1);
	ck_assert_ptr_eq(batch[0], &events[2]);
}
END_TEST

START_TEST(what_must_wait_holds_up_its_own_subject_only)
{
	add(1, THEIRS, 10);
	add(1, OURS, 5);
	add(2, OURS, 5);
	ck_assert_uint_eq(pick(), 1);
	ck_assert_ptr_eq(batch[0], &events[2]);
	set_up();
	add(1, OURS, 10);
	items[0].next_at_ms = NOW_MS + 1;
	add(1, OURS, 5);
	add(2, OURS, 5);
	ck_assert_uint_eq(pick(), 1);
	ck_assert_ptr_eq(batch[0], &events[2]);
	items[0].next_at_ms = NOW_MS;
	ck_assert_uint_eq(pick(), 2);
	ck_assert_ptr_eq(batch[0], &events[0]);
}
END_TEST

START_TEST(it_is_worth_waiting_for_what_another_is_about_to_publish)
{
	add(1, THEIRS, 10);
	add(1, OURS, 5);
	ck_assert_uint_eq(pick(), 0);
	ck_assert(publish_choice_waits(&choice));
	items[0].written_ms = NOW_MS - 1500;
	ck_assert(!publish_choice_waits(&choice));
	set_up();
	add(1, THEIRS, 10);
	ck_assert_uint_eq(pick(), 0);
	ck_assert(!publish_choice_waits(&choice));
}
END_TEST

START_TEST(what_an_earlier_page_has_left_blocks_its_subjects)
{
	add(1, THEIRS, 10);
	add(2, OURS, 10)->is_over = true;
	publish_choice_block(&page, &blocked);
	ck_assert_uint_eq(blocked.count, 1);
	page.count = page.event_count = 0;
	add(1, OURS, 5);
	add(2, OURS, 5);
	ck_assert_uint_eq(pick(), 1);
	ck_assert_ptr_eq(batch[0], &events[1]);
	blocked.is_full = true;
	ck_assert_uint_eq(pick(), 0);
}
END_TEST

START_TEST(more_blocked_subjects_than_can_be_kept_block_all)
{
	for (uint64_t i = 0; i <= PUBLISH_BLOCKED_MAX; i++) {
		page.count = page.event_count = 0;
		add(i, THEIRS, 0);
		publish_choice_block(&page, &blocked);
	}
	ck_assert(blocked.is_full);
	ck_assert_uint_eq(blocked.count, PUBLISH_BLOCKED_MAX);
}
END_TEST

START_TEST(who_is_refused_again_waits_twice_as_long_up_to_five_minutes)
{
	ck_assert_int_eq(publish_choice_delay_ms(0), 1000);
	ck_assert_int_eq(publish_choice_delay_ms(1), 2000);
	ck_assert_int_eq(publish_choice_delay_ms(8), 256 * 1000);
	ck_assert_int_eq(publish_choice_delay_ms(9), PUBLISH_TRY_MAX_MS);
	ck_assert_int_eq(publish_choice_delay_ms(UINT64_MAX), PUBLISH_TRY_MAX_MS);
}
END_TEST

Suite *publish_choice_suite(void)
{
	Suite *suite = suite_create("publish_choice");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, who_publishes_an_event_depends_on_its_age_and_writer);
	tcase_add_test(tests, an_event_that_grew_too_old_on_its_page_is_the_holders);
	tcase_add_test(tests, events_of_older_versions_have_no_writer_and_are_the_holders);
	tcase_add_test(tests, a_batch_has_at_most_ten_and_one_of_each_subject);
	tcase_add_test(tests, the_next_of_a_subject_goes_when_the_one_before_is_over_or_sent);
	tcase_add_test(tests, the_lower_version_is_the_earlier_one_whatever_the_clocks_say);
	tcase_add_test(tests, what_must_wait_holds_up_its_own_subject_only);
	tcase_add_test(tests, it_is_worth_waiting_for_what_another_is_about_to_publish);
	tcase_add_test(tests, what_an_earlier_page_has_left_blocks_its_subjects);
	tcase_add_test(tests, more_blocked_subjects_than_can_be_kept_block_all);
	tcase_add_test(tests, who_is_refused_again_waits_twice_as_long_up_to_five_minutes);
	suite_add_tcase(suite, tests);
	return suite;
}
