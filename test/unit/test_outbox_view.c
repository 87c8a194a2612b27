#include "repo/outbox_view.h"

#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "outbox_texts.h"
#include "scripted_repo.h"

/* A minute and a half after what has the id EVENT. */
#define NOW_MS (INT64_C(0x014f7e9b6f80) + 90 * 1000)

static struct scripted_repo on;
static struct list_page page;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void find(bool is_dead, size_t limit)
{
	outbox_view_find(&on.repo, &(struct outbox_view_query){.is_dead = is_dead, .limit = limit},
			 &page, &on.await);
}

START_TEST(dead_letters_are_one_partition_the_oldest_first)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[" TOLD(EVENT, "order.placed", DATA("7"), "") "]}"));
	find(true, 20);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(page.count, 1);
	ck_assert_ptr_null(page.next);
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"DLQ\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_not_sent(&on, 0, "\"ScanIndexForward\":false");
}
END_TEST

START_TEST(what_waits_is_merged_from_all_shards)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[" TOLD(EVENT2, "order.placed", DATA("7"), "") "]}"),
		    TEXT("{\"Items\":[" TOLD(OLD_EVENT, "order.placed", DATA("7"), "") "]}"),
		    TEXT("{\"Items\":[]}"),
		    TEXT("{\"Items\":[" TOLD(EVENT, "order.placed", DATA("7"), "") "]}"));
	find(false, 2);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_sent(&on, 3, "\"OUT#3\"");
	ck_assert_uint_eq(page.count, 2);
	ck_assert_ptr_nonnull(page.next);
	ck_assert_ptr_nonnull(strstr(page.entries[0].data, OLD_EVENT));
	ck_assert_ptr_nonnull(strstr(page.entries[1].data, EVENT));
}
END_TEST

static void ck_assert_shown(const char *entry, const char *expected)
{
	struct buf out = {0};

	buf_init(&out, 4096);
	outbox_view_show(span_of(entry), NOW_MS, &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

START_TEST(an_event_is_shown_without_what_it_says)
{
	ck_assert_shown(TOLD(EVENT, "order.placed", DATA("7"), ",\"user_id\":{\"S\":\"u\"}"),
			"{\"id\":\"" EVENT "\",\"type\":\"order.placed\",\"subject\":\"order/" ORDER
			"\",\"time\":\"" NOW
			"\",\"user_id\":\"u\",\"tries\":0,\"age_seconds\":90}");
}
END_TEST

START_TEST(one_that_was_refused_says_why_and_when_it_is_tried_again)
{
	ck_assert_shown("{\"sk\":{\"S\":\"" EVENT
			"\"},\"attempts\":{\"N\":\"3\"},\"reason\":{\"S\":"
			"\"InvalidParameter\"},\"next_at\":{\"N\":\"1440938160000\"},\"sent\":{"
			"\"BOOL\":true}}",
			"{\"id\":\"" EVENT "\",\"is_sent\":true,\"tries\":3,\"last_error\":"
			"\"InvalidParameter\",\"next_try_at\":\"2015-08-30T12:36:00.000Z\","
			"\"age_seconds\":90}");
}
END_TEST

START_TEST(a_dead_one_says_since_when)
{
	ck_assert_shown("{\"sk\":{\"S\":\"" EVENT "\"},\"attempts\":{\"N\":\"12\"},\"next_at\":{"
			"\"N\":\"0\"},\"dead_at\":{\"S\":\"" NOW "\"},\"shard\":{\"N\":\"3\"}}",
			"{\"id\":\"" EVENT "\",\"tries\":12,\"dead_at\":\"" NOW
			"\",\"age_seconds\":90}");
}
END_TEST

START_TEST(of_a_group_each_event_is_shown)
{
	ck_assert_shown(TOLD_GROUP(EVENT, MEMBER(OLD_EVENT, TEA, "") "," MEMBER(EVENT2, POT, "")),
			"{\"id\":\"" EVENT "\",\"events\":[{\"id\":\"" OLD_EVENT
			"\",\"type\":\"stock.low\",\"subject\":\"product/" TEA "\",\"time\":\"" NOW
			"\"},{\"id\":\"" EVENT2
			"\",\"type\":\"stock.low\",\"subject\":\"product/" POT "\",\"time\":\"" NOW
			"\"}],\"tries\":0,\"age_seconds\":90}");
}
END_TEST

START_TEST(what_is_none_of_ours_is_shown_as_far_as_it_goes)
{
	ck_assert_shown(
		"{\"sk\":{\"S\":\"x\"},\"events\":{\"S\":\"[{\"},\"attempts\":{\"Q\":\"1\"}}",
		"{\"id\":\"x\"}");
	ck_assert_shown("{\"sk\":{\"S\":\"x\"},\"events\":{\"S\":\"[1,{}]\"}}",
			"{\"id\":\"x\",\"events\":[{},{}]}");
	ck_assert_shown("7", "{}");
}
END_TEST

START_TEST(a_clock_that_is_behind_makes_no_age_below_nothing)
{
	struct buf out = {0};

	buf_init(&out, 4096);
	outbox_view_show(span_of("{\"sk\":{\"S\":\"" EVENT "\"}}"), 0, &out);
	ck_assert_str_eq(buf_text(&out), "{\"id\":\"" EVENT "\",\"age_seconds\":0}");
	buf_clear(&out);
}
END_TEST

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	find(false, 20);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

static void show_once(void *context)
{
	struct buf out = {0};

	(void)context;
	buf_init(&out, 4096);
	outbox_view_show(span_of(TOLD_GROUP(EVENT, MEMBER(EVENT2, POT, ""))), NOW_MS, &out);
	ck_assert(buf_ok(&out) != alloc_has_failed());
	buf_clear(&out);
}

START_TEST(short_memory_is_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[]}"), TEXT("{\"Items\":[]}"),
		    TEXT("{\"Items\":[]}"), TEXT("{\"Items\":[]}"));
	alloc_fail_each(find_once, NULL);
	alloc_fail_each(show_once, NULL);
}
END_TEST

Suite *outbox_view_suite(void)
{
	Suite *suite = suite_create("outbox_view");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, dead_letters_are_one_partition_the_oldest_first);
	tcase_add_test(tests, what_waits_is_merged_from_all_shards);
	tcase_add_test(tests, an_event_is_shown_without_what_it_says);
	tcase_add_test(tests, one_that_was_refused_says_why_and_when_it_is_tried_again);
	tcase_add_test(tests, a_dead_one_says_since_when);
	tcase_add_test(tests, of_a_group_each_event_is_shown);
	tcase_add_test(tests, what_is_none_of_ours_is_shown_as_far_as_it_goes);
	tcase_add_test(tests, a_clock_that_is_behind_makes_no_age_below_nothing);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
