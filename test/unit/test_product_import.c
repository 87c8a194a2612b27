#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_import.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define C "00000000-0000-4000-8000-00000000000c"
#define STORED(id, name, version)                                                          \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"" name "\"}," \
	"\"version\":{\"N\":\"" version                                                    \
	"\"},\"created_at\":{\"S\":\"C\"},\"theirs\":{\"S\":\"x\"}}"
#define LOOKED_UP(items) TEXT("{\"Responses\":{\"shop\":[" items "]}}")
#define READ(items) TEXT("{\"Items\":[" items "]}")
#define DONE TEXT("{}")
#define REASON "{\"Code\":\"ConditionalCheckFailed\"}"

static struct scripted_repo on;
static struct product_entry entries[PRODUCT_IMPORT_MAX];
static size_t count;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(entries, 0, sizeof(entries));
	count = 0;
}

static void forget(void)
{
	for (size_t i = 0; i < count; i++)
		json_decref(entries[i].product);
	count = 0;
}

static void tear_down(void)
{
	forget();
	scripted_repo_clear(&on);
}

static struct product_entry *add(const char *id, const char *product, int64_t on_hand)
{
	struct product_entry *entry = &entries[count++];

	*entry = (struct product_entry){.has_id = id != NULL, .opening = {on_hand, false, 0}};
	if (id)
		memcpy(entry->id, id, ID_SIZE);
	entry->product = tree_of(product);
	return entry;
}

static void run(void)
{
	product_import_run(&on.repo, entries, count, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}

static void ck_assert_entry(size_t i, enum result result, bool is_new)
{
	ck_assert_str_eq(result_name(entries[i].result), result_name(result));
	ck_assert_int_eq(entries[i].is_new, is_new);
}

START_TEST(new_ones_are_looked_up_together_and_made_in_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(""), DONE);
	add(A, "{\"name\":\"a\"}", 7);
	add(B, "{\"name\":\"b\"}", 0);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_operation(&on, 0, "BatchGetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"P#" A "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_not_sent(&on, 0, "STOCK");
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "\"pk\":{\"S\":\"P#" A "\"},\"sk\":{\"S\":\"#\"},\"name\"");
	ck_assert_sent(&on, 1, "\"pk\":{\"S\":\"P#" B "\"},\"sk\":{\"S\":\"STOCK\"}");
	ck_assert_sent(&on, 1, "\"pk\":{\"S\":\"M#" A "\"}");
	ck_assert_not_sent(&on, 1, "\"pk\":{\"S\":\"M#" B "\"}");
	ck_assert_sent(&on, 1, "\"ConditionExpression\":\"attribute_not_exists(#p)\"");
	ck_assert_entry(0, RESULT_OK, true);
	ck_assert_entry(1, RESULT_OK, true);
}
END_TEST

START_TEST(without_ids_there_is_nothing_to_look_up)
{
	SCRIPT_PLAY(&on.aws.script, DONE);
	add(NULL, "{\"name\":\"a\"}", 0);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert(id_is_valid(entries[0].id));
	ck_assert_sent(&on, 0, entries[0].id);
	ck_assert_entry(0, RESULT_OK, true);
}
END_TEST

START_TEST(as_many_as_there_may_be_fit_into_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script, DONE);
	for (size_t i = 0; i < PRODUCT_IMPORT_MAX; i++)
		add(NULL, "{\"name\":\"a\"}", 1);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	for (size_t i = 0; i < PRODUCT_IMPORT_MAX; i++) {
		ck_assert_entry(i, RESULT_OK, true);
		ck_assert_sent(&on, 0, entries[i].id);
	}
}
END_TEST

START_TEST(what_is_there_is_written_if_it_differs_and_on_its_version)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(B, "old", "4") "," STORED(A, "a", "3")), DONE);
	add(A, "{\"name\":\"a\"}", 7);
	add(B, "{\"name\":\"b\",\"x\":1}", 7);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_operation(&on, 1, "PutItem");
	ck_assert_sent(&on, 1,
		       "\"pk\":{\"S\":\"P#" B "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"b\"}");
	ck_assert_sent(&on, 1, "\"version\":{\"N\":\"5\"},\"created_at\":{\"S\":\"C\"}");
	ck_assert_sent(&on, 1, "\"theirs\":{\"S\":\"x\"}");
	ck_assert_sent(&on, 1, "{\":v\":{\"N\":\"4\"}}");
	ck_assert_not_sent(&on, 1, "available");
	ck_assert_entry(0, RESULT_OK, false);
	ck_assert_entry(1, RESULT_OK, false);
}
END_TEST

START_TEST(some_may_be_new_and_some_there)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(B, "old", "4")), DONE, DONE);
	add(A, "{\"name\":\"a\"}", 0);
	add(B, "{\"name\":\"b\"}", 0);
	add(NULL, "{\"name\":\"c\"}", 0);
	run();
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_not_sent(&on, 1, B);
	ck_assert_operation(&on, 2, "PutItem");
	ck_assert_entry(0, RESULT_OK, true);
	ck_assert_entry(1, RESULT_OK, false);
	ck_assert_entry(2, RESULT_OK, true);
}
END_TEST

START_TEST(who_was_faster_has_made_one_that_is_then_changed_and_the_others_are_made)
{
	/* The second of three has a stock already, the third action is the first one's ledger. */
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(""),
		    CANCELLED(NONE "," NONE "," NONE "," NONE "," REASON "," NONE "," NONE), DONE,
		    READ(STORED(B, "theirs", "1")), DONE);
	add(A, "{\"name\":\"a\"}", 3);
	add(B, "{\"name\":\"b\"}", 0);
	add(C, "{\"name\":\"c\"}", 0);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 5);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, A);
	ck_assert_not_sent(&on, 2, B);
	ck_assert_operation(&on, 3, "Query");
	ck_assert_operation(&on, 4, "PutItem");
	ck_assert_entry(0, RESULT_OK, true);
	ck_assert_entry(1, RESULT_OK, false);
	ck_assert_entry(2, RESULT_OK, true);
}
END_TEST

START_TEST(what_was_changed_meanwhile_is_read_again)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(A, "old", "4")),
		    FAILED("{\"version\":{\"N\":\"5\"}}"), READ(STORED(A, "newer", "5")), DONE);
	add(A, "{\"name\":\"a\"}", 0);
	run();
	ck_assert_operation(&on, 2, "Query");
	ck_assert_sent(&on, 3, "{\":v\":{\"N\":\"5\"}}");
	ck_assert_entry(0, RESULT_OK, false);
}
END_TEST

START_TEST(what_was_removed_meanwhile_is_made)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(A, "old", "4")), FAILED("null"), READ(""),
		    DONE);
	add(A, "{\"name\":\"a\"}", 0);
	run();
	ck_assert_operation(&on, 3, "TransactWriteItems");
	ck_assert_entry(0, RESULT_OK, true);
}
END_TEST

START_TEST(one_that_comes_and_goes_for_ever_is_given_up)
{
	static const struct script_step steps[] = {
		LOOKED_UP(""), CANCELLED(NONE "," REASON), READ(""), CANCELLED(NONE "," REASON),
		READ(""),      CANCELLED(NONE "," REASON), READ(""), CANCELLED(NONE "," REASON),
		READ(""),
	};

	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	add(A, "{\"name\":\"a\"}", 0);
	run();
	ck_assert_entry(0, RESULT_CONFLICT, false);
}
END_TEST

START_TEST(one_that_is_too_large_does_not_keep_the_others_from_being_made)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(""),
		    CANCELLED("{\"Code\":\"ValidationError\","
			      "\"Message\":\"Item size has exceeded the maximum allowed size\"}"),
		    DONE,
		    CANCELLED("{\"Code\":\"ValidationError\","
			      "\"Message\":\"Item size has exceeded the maximum allowed size\"}"),
		    DONE);
	add(A, "{\"name\":\"a\"}", 0);
	add(B, "{\"name\":\"b\"}", 0);
	add(C, "{\"name\":\"c\"}", 0);
	run();
	ck_assert_uint_eq(on.aws.script.request_count, 5);
	ck_assert_entry(0, RESULT_OK, true);
	ck_assert_str_eq(result_name(entries[1].result), "too_large");
	ck_assert_entry(2, RESULT_OK, true);
}
END_TEST

START_TEST(when_they_are_too_much_to_look_up_they_are_read_one_by_one)
{
	SCRIPT_PLAY(&on.aws.script, {.end = EXCHANGE_TOO_LONG, .was_sent = true},
		    READ(STORED(A, "a", "4")), READ(""), DONE);
	add(A, "{\"name\":\"a\"}", 0);
	add(B, "{\"name\":\"b\"}", 0);
	run();
	ck_assert_operation(&on, 1, "Query");
	ck_assert_operation(&on, 2, "Query");
	ck_assert_operation(&on, 3, "TransactWriteItems");
	ck_assert_entry(0, RESULT_OK, false);
	ck_assert_entry(1, RESULT_OK, true);
}
END_TEST

START_TEST(a_failure_is_the_result_of_each_that_it_hit)
{
	static const struct script_step refused = AWS_ERROR("AccessDeniedException");

	script_play(&on.aws.script, &refused, 1);
	add(A, "{\"name\":\"a\"}", 0);
	add(NULL, "{\"name\":\"b\"}", 0);
	run();
	ck_assert_entry(0, RESULT_REFUSED, false);
	ck_assert_entry(1, RESULT_REFUSED, false);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(A, "old", "4")), DONE,
		    AWS_ERROR("AccessDeniedException"));
	run();
	ck_assert_entry(0, RESULT_REFUSED, false);
	ck_assert_entry(1, RESULT_OK, true);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(A, "a", "4")), LOST);
	run();
	ck_assert_entry(0, RESULT_OK, false);
	ck_assert_str_eq(result_name(entries[1].result), "unknown");
}
END_TEST

START_TEST(many_changes_are_made_a_few_at_a_time_and_all_of_them)
{
	struct script_step steps[PRODUCT_IMPORT_MAX + 1];
	char ids[PRODUCT_IMPORT_MAX][ID_SIZE];
	char items[PRODUCT_IMPORT_MAX * 300] = "{\"Responses\":{\"shop\":[";

	for (size_t i = 0; i < PRODUCT_IMPORT_MAX; i++) {
		id_make_random(ids[i]);
		add(ids[i], "{\"name\":\"a\"}", 0);
		sprintf(items + strlen(items),
			"%s{\"pk\":{\"S\":\"P#%s\"},\"sk\":{\"S\":\"#\"},\"version\":{\"N\":\"2\"}}",
			i > 0 ? "," : "", ids[i]);
		steps[i + 1] = (struct script_step)DONE;
	}
	strcat(items, "]}}");
	steps[0] = (struct script_step)TEXT(items);
	on.aws.script.is_forgetful = true;
	script_play(&on.aws.script, steps, PRODUCT_IMPORT_MAX + 1);
	run();
	for (size_t i = 0; i < PRODUCT_IMPORT_MAX; i++)
		ck_assert_entry(i, RESULT_OK, false);
	ck_assert_uint_eq(on.await.usage.calls, PRODUCT_IMPORT_MAX + 1);
}
END_TEST

START_TEST(what_was_consumed_is_on_the_one_account)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Responses\":{\"shop\":[" STORED(
			    A, "old", "4") "]},"
					   "\"ConsumedCapacity\":[{\"CapacityUnits\":2}]}"),
		    TEXT("{\"ConsumedCapacity\":{\"CapacityUnits\":3}}"));
	add(A, "{\"name\":\"a\"}", 0);
	run();
	ck_assert_uint_eq(on.await.usage.read_millis, 2000);
	ck_assert_uint_eq(on.await.usage.write_millis, 3000);
}
END_TEST

static void import_once(void *context)
{
	(void)context;
	forget();
	add(A, "{\"name\":\"a\"}", 7);
	add(B, "{\"name\":\"b\"}", 0);
	if (entries[0].product && entries[1].product && scripted_repo_enter(&on)) {
		product_import_run(&on.repo, entries, count, &on.await);
		scripted_repo_expect(&on, RESULT_OK);
		for (size_t i = 0; i < 2; i++)
			ck_assert(entries[i].result == RESULT_OK || alloc_has_failed());
		scripted_repo_leave(&on);
	}
	forget();
}

START_TEST(short_memory_is_a_failure_of_some_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, LOOKED_UP(STORED(B, "old", "4")), DONE, DONE);
	alloc_fail_each(import_once, NULL);
}
END_TEST

Suite *product_import_suite(void)
{
	Suite *suite = suite_create("product_import");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, new_ones_are_looked_up_together_and_made_in_one_transaction);
	tcase_add_test(tests, without_ids_there_is_nothing_to_look_up);
	tcase_add_test(tests, as_many_as_there_may_be_fit_into_one_transaction);
	tcase_add_test(tests, what_is_there_is_written_if_it_differs_and_on_its_version);
	tcase_add_test(tests, some_may_be_new_and_some_there);
	tcase_add_test(tests,
		       who_was_faster_has_made_one_that_is_then_changed_and_the_others_are_made);
	tcase_add_test(tests, what_was_changed_meanwhile_is_read_again);
	tcase_add_test(tests, what_was_removed_meanwhile_is_made);
	tcase_add_test(tests, one_that_comes_and_goes_for_ever_is_given_up);
	tcase_add_test(tests, one_that_is_too_large_does_not_keep_the_others_from_being_made);
	tcase_add_test(tests, when_they_are_too_much_to_look_up_they_are_read_one_by_one);
	tcase_add_test(tests, a_failure_is_the_result_of_each_that_it_hit);
	tcase_add_test(tests, many_changes_are_made_a_few_at_a_time_and_all_of_them);
	tcase_add_test(tests, what_was_consumed_is_on_the_one_account);
	tcase_add_test(tests, short_memory_is_a_failure_of_some_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
