#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "outbox_texts.h"
#include "repo/outbox_page.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct outbox_page page;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void read_page(const char *after)
{
	outbox_page_read(&on.repo, 1, after, &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}

static void ck_assert_span(struct span span, const char *expected)
{
	ck_assert_msg(span_equals(span, expected), "%.*s", (int)span.len, span.data);
}

START_TEST(a_shard_is_read_consistently_from_its_beginning_or_behind_a_page)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(""));
	read_page(NULL);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\":p\":{\"S\":\"OUT#1\"},\":after\":{\"S\":\"!\"}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_uint_eq(page.count, 0);
	ck_assert(!page.has_more);
	scripted_repo_renew(&on);
	read_page(EVENT);
	ck_assert_sent(&on, 0, "\":after\":{\"S\":\"" EVENT "\"}");
}
END_TEST

START_TEST(an_event_is_read_with_what_it_is_about)
{
	const struct outbox_told *event = page.events;

	SCRIPT_PLAY(&on.aws.script,
		    FOUND_ITEMS(TOLD(EVENT, "order.placed", DATA("7"),
				     ",\"user_id\":{\"S\":\"" USER "\"},\"next_at\":{\"N\":"
				     "\"12\"},\"sent\":{\"BOOL\":true}")));
	read_page(NULL);
	event = page.events;
	ck_assert_uint_eq(page.event_count, 1);
	ck_assert_int_eq(event->type, EVENT_ORDER_PLACED);
	ck_assert_span(event->id, EVENT);
	ck_assert_span(event->subject, "order/" ORDER);
	ck_assert_span(event->time, NOW);
	ck_assert_span(event->data, "{\"order_id\":\"" ORDER "\",\"version\":7}");
	ck_assert_span(event->order_id, ORDER);
	ck_assert_span(event->user_id, USER);
	ck_assert(!event->product_id.data && event->is_sent && !event->is_over);
	ck_assert_uint_eq(event->version, 7);
	ck_assert_ptr_eq(event->in, &page.items[0]);
	ck_assert_span(event->in->by, WRITER);
	ck_assert_int_eq(event->in->written_ms, 1440938160000);
	ck_assert_int_eq(event->in->next_at_ms, 12);
}
END_TEST

START_TEST(events_that_share_an_item_are_read_one_by_one)
{
	SCRIPT_PLAY(&on.aws.script,
		    FOUND_ITEMS(
			    TOLD_GROUP(EVENT,
				       MEMBER(OLD_EVENT, TEA,
					      ",\\\"sent\\\":true") "," MEMBER(EVENT2, POT, ""))));
	read_page(NULL);
	ck_assert_uint_eq(page.count, 1);
	ck_assert(page.items[0].is_group);
	ck_assert_uint_eq(page.event_count, 2);
	ck_assert_span(page.events[0].id, OLD_EVENT);
	ck_assert(page.events[0].is_sent && !page.events[1].is_sent);
	ck_assert_span(page.events[1].product_id, POT);
	ck_assert_span(page.events[1].data, "{\"version\":2}");
	ck_assert_ptr_eq(page.events[1].in, &page.items[0]);
}
END_TEST

START_TEST(what_shopd_did_not_write_is_counted_and_passed_over)
{
	SCRIPT_PLAY(
		&on.aws.script,
		FOUND_ITEMS(
			"{\"pk\":{\"S\":\"OUT#1\"},\"sk\":{\"S\":\"x\"}},"
			"{\"sk\":{\"S\":\"" OLD_EVENT "\"},\"type\":{\"S\":\"stock.low\"}}"
			"," TOLD(OLD_EVENT, "no.event", DATA("1"), "") "," TOLD(
				OLD_EVENT, "order.placed", "[",
				"") "," TOLD_GROUP(OLD_EVENT,
						   "1") "," TOLD_GROUP(OLD_EVENT,
								       "") "," TOLD(EVENT,
										    "order.placed",
										    DATA("1"),
										    "")));
	read_page(NULL);
	ck_assert_uint_eq(page.unreadable, 6);
	ck_assert_uint_eq(page.count, 1);
	ck_assert_uint_eq(page.event_count, 1);
	ck_assert_str_eq(page.last, EVENT);
}
END_TEST

START_TEST(a_page_says_whether_there_is_more)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" TOLD(EVENT, "order.placed", DATA("1"),
							     "") "],\"LastEvaluatedKey\":{}}"));
	read_page(NULL);
	ck_assert(page.has_more);
	ck_assert_str_eq(page.last, EVENT);
}
END_TEST

START_TEST(of_one_subject_the_lower_version_is_before)
{
	SCRIPT_PLAY(&on.aws.script,
		    FOUND_ITEMS(TOLD(OLD_EVENT, "order.placed", DATA("3"),
				     "") "," TOLD(EVENT, "order.placed", DATA("2"),
						  "") "," TOLD(EVENT2, "order.confirmed", DATA("3"),
							       "")));
	read_page(NULL);
	ck_assert(outbox_event_is_before(&page.events[1], &page.events[0]));
	ck_assert(!outbox_event_is_before(&page.events[0], &page.events[1]));
	ck_assert(outbox_event_is_before(&page.events[0], &page.events[2]));
	page.events[1].key++;
	ck_assert(!outbox_event_is_before(&page.events[1], &page.events[0]));
}
END_TEST

static void read_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	outbox_page_read(&on.repo, 1, NULL, &page, &on.await);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_or_leaves_an_item_out)
{
	SCRIPT_PLAY(&on.aws.script,
		    FOUND_ITEMS(TOLD(OLD_EVENT, "order.placed", DATA("1"),
				     "") "," TOLD_GROUP(EVENT, MEMBER(EVENT2, POT, ""))));
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *outbox_page_suite(void)
{
	Suite *suite = suite_create("outbox_page");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_shard_is_read_consistently_from_its_beginning_or_behind_a_page);
	tcase_add_test(tests, an_event_is_read_with_what_it_is_about);
	tcase_add_test(tests, events_that_share_an_item_are_read_one_by_one);
	tcase_add_test(tests, what_shopd_did_not_write_is_counted_and_passed_over);
	tcase_add_test(tests, a_page_says_whether_there_is_more);
	tcase_add_test(tests, of_one_subject_the_lower_version_is_before);
	tcase_add_test(tests, short_memory_is_a_failure_or_leaves_an_item_out);
	suite_add_tcase(suite, tests);
	return suite;
}
