#include "notify/publish_mark.h"

#include <check.h>

#include "outbox_texts.h"

enum { NOW_MS = 1000000 };

/* An item with two events, and one with one. */
static struct outbox_stored items[2];
static struct outbox_told events[3];
static struct publish_mark marks[2];
static struct outbox_page page;
static struct unsaved unsaved;

static void set_up(void)
{
	static const char *const ids[] = {EVENT, EVENT2, OLD_EVENT};

	items[0] = (struct outbox_stored){.is_group = true, .count = 2};
	items[1] = (struct outbox_stored){.first = 2, .count = 1};
	for (size_t i = 0; i < 3; i++)
		events[i] = (struct outbox_told){.in = &items[i / 2], .id = span_of(ids[i])};
	marks[0] = marks[1] = (struct publish_mark){0};
	page = (struct outbox_page){.count = 2, .items = items, .event_count = 3, .events = events};
}

static void tear_down(void)
{
	unsaved_clear(&unsaved);
}

START_TEST(an_item_is_over_with_its_last_event)
{
	ck_assert(!publish_mark_is_over(&page, &items[0]));
	events[0].is_over = true;
	ck_assert(!publish_mark_is_over(&page, &items[0]));
	events[1].is_over = true;
	ck_assert(publish_mark_is_over(&page, &items[0]));
	ck_assert(!publish_mark_is_over(&page, &items[1]));
}
END_TEST

START_TEST(only_refusals_are_tries_and_have_an_end)
{
	items[1].attempts = OUTBOX_TRIES - 2;
	marks[1].is_delayed = true;
	ck_assert(!publish_mark_is_dead(&marks[1], &items[1]));
	ck_assert_int_eq(publish_mark_next_ms(&marks[0], &items[0], NOW_MS), 0);
	ck_assert_int_eq(publish_mark_next_ms(&marks[1], &items[1], NOW_MS),
			 NOW_MS + PUBLISH_AGAIN_MS);
	marks[1].reason = "no";
	ck_assert(!publish_mark_is_dead(&marks[1], &items[1]));
	ck_assert_int_gt(publish_mark_next_ms(&marks[1], &items[1], NOW_MS), NOW_MS + 100000);
	items[1].attempts++;
	ck_assert(publish_mark_is_dead(&marks[1], &items[1]));
}
END_TEST

START_TEST(what_was_not_saved_is_recalled_event_by_event)
{
	marks[0].is_touched = true;
	events[0].is_sent = events[0].is_over = events[1].is_sent = true;
	publish_mark_keep(&page, marks, &unsaved);
	set_up();
	publish_mark_recall(&page, &unsaved);
	ck_assert(events[0].is_sent && events[0].is_over);
	ck_assert(events[1].is_sent && !events[1].is_over);
	ck_assert(!events[2].is_sent && !events[2].is_over);
}
END_TEST

START_TEST(what_was_saved_or_is_gone_is_forgotten)
{
	events[0].is_sent = events[0].is_over = events[2].is_sent = true;
	marks[0].is_touched = marks[1].is_touched = true;
	publish_mark_keep(&page, marks, &unsaved);
	ck_assert_uint_eq(unsaved.count, 2);
	marks[0].is_saved = marks[1].is_gone = true;
	publish_mark_keep(&page, marks, &unsaved);
	ck_assert_uint_eq(unsaved.count, 0);
}
END_TEST

START_TEST(what_was_not_touched_stays_as_it_was)
{
	unsaved_set(&unsaved, events[2].id, STAGE_DONE);
	events[0].is_sent = true;
	publish_mark_keep(&page, marks, &unsaved);
	ck_assert_uint_eq(unsaved.count, 1);
	ck_assert_int_eq(unsaved_find(&unsaved, events[2].id), STAGE_DONE);
}
END_TEST

Suite *publish_mark_suite(void)
{
	Suite *suite = suite_create("publish_mark");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_item_is_over_with_its_last_event);
	tcase_add_test(tests, only_refusals_are_tries_and_have_an_end);
	tcase_add_test(tests, what_was_not_saved_is_recalled_event_by_event);
	tcase_add_test(tests, what_was_saved_or_is_gone_is_forgotten);
	tcase_add_test(tests, what_was_not_touched_stays_as_it_was);
	suite_add_tcase(suite, tests);
	return suite;
}
