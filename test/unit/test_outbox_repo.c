#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "outbox_texts.h"
#include "repo/outbox_repo.h"
#include "scripted_repo.h"

#define EVENT_ITEM TOLD(EVENT, "order.placed", DATA("7"), ",\"x\":{\"N\":\"1\"}")
#define GROUP_ITEM TOLD_GROUP(EVENT, MEMBER(OLD_EVENT, TEA, "") "," MEMBER(EVENT2, POT, ""))

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

/* Reads a page; the page's memory stays, as it does in a pass. */
static void read_page(const char *items, const struct script_step *steps, size_t count)
{
	static struct script_step all[4];

	all[0] = (struct script_step)TEXT(items);
	memcpy(all + 1, steps, count * sizeof(*steps));
	script_play(&on.aws.script, all, count + 1);
	outbox_page_read(&on.repo, 1, NULL, &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	on.is_done = false;
}
#define READ(items, ...)                                                                \
	read_page("{\"Items\":[" items "]}", (const struct script_step[]){__VA_ARGS__}, \
		  sizeof((const struct script_step[]){__VA_ARGS__}) / sizeof(struct script_step))

START_TEST(what_is_published_is_deleted_whatever_else_is_said_of_it)
{
	const struct outbox_stored *items[2];

	READ(EVENT_ITEM "," TOLD(EVENT2, "order.confirmed", DATA("8"), ""), DONE);
	items[0] = &page.items[0];
	items[1] = &page.items[1];
	outbox_repo_delete(&on.repo, 1, items, 2, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "BatchWriteItem");
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"OUT#1\"},\"sk\":{\"S\":\"" EVENT "\"}}");
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"OUT#1\"},\"sk\":{\"S\":\"" EVENT2 "\"}}");
}
END_TEST

static void note(const char *reason, enum result expected)
{
	outbox_repo_note(&on.repo, &page, &page.items[0],
			 &(struct outbox_note){.reason = reason, .next_at_ms = 99}, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(a_try_is_counted_once_with_its_reason_and_the_time_of_the_next)
{
	READ(EVENT_ITEM, DONE);
	note("InvalidParameter", RESULT_OK);
	ck_assert_operation(&on, 1, "UpdateItem");
	ck_assert_sent(&on, 1, " next_at = :n, attempts = :a, reason = :r");
	ck_assert_sent(&on, 1, "\"ConditionExpression\":\"(attempts = :old)");
	ck_assert_sent(&on, 1, "\":n\":{\"N\":\"99\"},\":a\":{\"N\":\"1\"}");
	ck_assert_sent(&on, 1, "\":r\":{\"S\":\"InvalidParameter\"}");
	ck_assert_not_sent(&on, 1, "sent");
}
END_TEST

START_TEST(who_has_noted_it_before_is_a_conflict)
{
	READ(EVENT_ITEM, FAILED("{\"attempts\":{\"N\":\"1\"}}"));
	note("InvalidParameter", RESULT_CONFLICT);
}
END_TEST

START_TEST(that_the_topic_has_it_is_noted_without_counting_a_try)
{
	READ(EVENT_ITEM, DONE);
	page.events[0].is_sent = true;
	note(NULL, RESULT_OK);
	ck_assert_sent(&on, 1, " next_at = :n, sent = :e");
	ck_assert_sent(&on, 1, "\":e\":{\"BOOL\":true}");
	ck_assert_not_sent(&on, 1, ":a");
}
END_TEST

START_TEST(of_a_group_what_is_over_goes_and_what_is_sent_is_marked)
{
	READ(GROUP_ITEM, DONE);
	page.events[0].is_over = true;
	page.events[1].is_sent = true;
	note(NULL, RESULT_OK);
	ck_assert_sent(&on, 1, "events = :e");
	ck_assert_sent(&on, 1,
		       "\":e\":{\"S\":\"[" MEMBER(EVENT2, POT, ",\\\"sent\\\":true") "]\"}");
}
END_TEST

static void bury(enum result expected)
{
	outbox_repo_bury(&on.repo, &page, &page.items[0], "why", &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(a_dead_letter_is_moved_with_all_that_it_has)
{
	READ(EVENT_ITEM, DONE);
	bury(RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "\"pk\":{\"S\":\"DLQ\"},\"sk\":{\"S\":\"" EVENT "\"}");
	ck_assert_sent(&on, 1, "\"type\":{\"S\":\"order.placed\"}");
	ck_assert_sent(&on, 1,
		       "\"x\":{\"N\":\"1\"},\"attempts\":{\"N\":\"1\"},\"shard\":{\"N\":"
		       "\"1\"},\"reason\":{\"S\":\"why\"},\"dead_at\":{\"S\":\"" NOW "\"}");
	ck_assert_sent(&on, 1, "\"ttl\":{\"N\":\"1448714160\"}");
	ck_assert_sent(&on, 1, "\"Delete\":{");
	ck_assert_sent(&on, 1, "attribute_exists(#p)");
}
END_TEST

START_TEST(of_a_group_only_what_is_left_is_put_away)
{
	READ(GROUP_ITEM, DONE);
	page.events[0].is_over = true;
	bury(RESULT_OK);
	ck_assert_sent(&on, 1, "\"events\":{\"S\":\"[" MEMBER(EVENT2, POT, "") "]\"}");
	ck_assert_not_sent(&on, 1, OLD_EVENT);
}
END_TEST

#define LETTER(more)                                                                          \
	TEXT("{\"Item\":{\"pk\":{\"S\":\"DLQ\"},\"sk\":{\"S\":\"" EVENT                       \
	     "\"},\"type\":{\"S\":\"order.placed\"},\"attempts\":{\"N\":\"12\"},\"reason\":{" \
	     "\"S\":\"why\"},\"ttl\":{\"N\":\"1\"}" more "}}")

static void revive(const char *id, enum result expected)
{
	outbox_repo_revive(&on.repo, id, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(a_dead_letter_comes_back_into_its_shard_as_if_it_were_new)
{
	SCRIPT_PLAY(&on.aws.script, LETTER(",\"shard\":{\"N\":\"3\"}"), DONE);
	revive(EVENT, RESULT_OK);
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"DLQ\"},\"sk\":{\"S\":\"" EVENT "\"}}");
	ck_assert_sent(&on, 1,
		       "\"pk\":{\"S\":\"OUT#3\"},\"sk\":{\"S\":\"" EVENT
		       "\"},\"type\":{\"S\":\"order.placed\"},\"attempts\":{\"N\":\"0\"}}");
	ck_assert_sent(&on, 1, "\"Delete\":{");
	ck_assert_sent(&on, 1,
		       "\"pk\":{\"S\":\"RETRIED\"},\"sk\":{\"S\":\"" EVENT
		       "\"},\"retried_at\":{\"S\":\"" NOW "\"},\"ttl\":{\"N\":\"1443530160\"}");
}
END_TEST

START_TEST(a_group_comes_back_too)
{
	SCRIPT_PLAY(&on.aws.script, LETTER(",\"shard\":{\"N\":\"3\"},\"events\":{\"S\":\"[]\"}"),
		    DONE);
	revive(EVENT, RESULT_OK);
	ck_assert_sent(&on, 1, "\"events\":{\"S\":\"[]\"},\"attempts\":{\"N\":\"0\"}");
}
END_TEST

START_TEST(who_is_not_dead_cannot_be_revived)
{
	revive("x", RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TEXT("{}"));
	revive(EVENT, RESULT_NOT_FOUND);
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"RETRIED\"},\"sk\":{\"S\":\"" EVENT "\"}}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, LETTER(""));
	revive(EVENT, RESULT_GARBLED);
}
END_TEST

#define TRACE TEXT("{\"Item\":{\"pk\":{\"S\":\"RETRIED\"},\"sk\":{\"S\":\"" EVENT "\"}}}")
#define ELSEWHERE CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\"}," NONE)

START_TEST(who_was_revived_before_is_revived)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TRACE);
	revive(EVENT, RESULT_OK);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, LETTER(",\"shard\":{\"N\":\"3\"}"), ELSEWHERE, TRACE);
	revive(EVENT, RESULT_OK);
}
END_TEST

START_TEST(a_letter_that_ends_meanwhile_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, LETTER(",\"shard\":{\"N\":\"3\"}"), ELSEWHERE, TEXT("{}"));
	revive(EVENT, RESULT_NOT_FOUND);
}
END_TEST

static void (*start_operation)(void);

static void start_note(void)
{
	outbox_repo_note(&on.repo, &page, &page.items[0],
			 &(struct outbox_note){.reason = "why", .next_at_ms = 99}, &on.await);
}

static void start_bury(void)
{
	outbox_repo_bury(&on.repo, &page, &page.items[0], "why", &on.await);
}

static void start_revive(void)
{
	outbox_repo_revive(&on.repo, EVENT, &on.await);
}

static void run_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	outbox_page_read(&on.repo, 1, NULL, &page, &on.await);
	result = scripted_repo_run(&on);
	if (result == RESULT_OK && page.count == 1) {
		on.is_done = false;
		start_operation();
		result = scripted_repo_run(&on);
	}
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure)
{
	static void (*const operations[])(void) = {start_note, start_bury};

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		start_operation = operations[i];
		SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(GROUP_ITEM), DONE);
		alloc_fail_each(run_once, NULL);
	}
	start_operation = start_revive;
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(GROUP_ITEM), LETTER(",\"shard\":{\"N\":\"3\"}"),
		    DONE);
	alloc_fail_each(run_once, NULL);
}
END_TEST

Suite *outbox_repo_suite(void)
{
	Suite *suite = suite_create("outbox_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_is_published_is_deleted_whatever_else_is_said_of_it);
	tcase_add_test(tests, a_try_is_counted_once_with_its_reason_and_the_time_of_the_next);
	tcase_add_test(tests, who_has_noted_it_before_is_a_conflict);
	tcase_add_test(tests, that_the_topic_has_it_is_noted_without_counting_a_try);
	tcase_add_test(tests, of_a_group_what_is_over_goes_and_what_is_sent_is_marked);
	tcase_add_test(tests, a_dead_letter_is_moved_with_all_that_it_has);
	tcase_add_test(tests, of_a_group_only_what_is_left_is_put_away);
	tcase_add_test(tests, a_dead_letter_comes_back_into_its_shard_as_if_it_were_new);
	tcase_add_test(tests, a_group_comes_back_too);
	tcase_add_test(tests, who_is_not_dead_cannot_be_revived);
	tcase_add_test(tests, who_was_revived_before_is_revived);
	tcase_add_test(tests, a_letter_that_ends_meanwhile_is_not_found);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
