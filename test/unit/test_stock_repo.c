#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/idempotency.h"
#include "repo/stock_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ID "00000000-0000-4000-8000-000000000001"

#define STOCK(available, level, version)                                       \
	"{\"available\":{\"N\":\"" available "\"},\"reserved\":{\"N\":\"2\"}," \
	"\"level\":{\"S\":\"" level "\"},\"low_stock_at\":{\"N\":\"5\"},"      \
	"\"version\":{\"N\":\"" version "\"}}"
#define FOUND(available, level, version) TEXT("{\"Item\":" STOCK(available, level, version) "}")
#define BEATEN(available, level, version)                                                  \
	CANCELLED("{\"Code\":\"ConditionalCheckFailed\",\"Item\":" STOCK(available, level, \
									 version) "}," NONE)
#define BEATEN_AT_A_LEVEL(available, level, version)                                        \
	CANCELLED("{\"Code\":\"ConditionalCheckFailed\",\"Item\":" STOCK(available, level,  \
									 version) "}," NONE \
										  "," NONE)
#define GONE CANCELLED("{\"Code\":\"ConditionalCheckFailed\"}," NONE)
#define DONE TEXT("{}")
#define NOTHING TEXT("{}")

static struct scripted_repo on;
static struct stock stock;
static struct stock_outcome outcome;
static struct stock_adjustment adjustment;

static void set_up(void)
{
	scripted_repo_init(&on);
	stock = (struct stock){0};
	outcome = (struct stock_outcome){0};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void adjust(int64_t delta)
{
	adjustment = (struct stock_adjustment){.delta = delta, .reason = "sold"};
	stock_repo_adjust(&on.repo, ID, &adjustment, &outcome, &on.await);
}

static void count(int64_t on_hand, uint64_t expected_version)
{
	stock_repo_recount(&on.repo,
			   &(struct stock_recount){
				   .product_id = ID,
				   .expected_version = expected_version,
				   .count = {.has_on_hand = true, .on_hand = on_hand},
			   },
			   &outcome, &on.await);
}

static void ck_assert_outcome(enum stock_verdict verdict, int64_t available, uint64_t version)
{
	ck_assert_int_eq(outcome.verdict, verdict);
	ck_assert_int_eq(outcome.stock.available, available);
	ck_assert_uint_eq(outcome.stock.version, version);
}

/* ------------------------------------------------------------------ finding */

START_TEST(a_stock_is_read_consistently)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"));
	stock_repo_find(&on.repo, ID, &stock, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "\"pk\":{\"S\":\"P#" ID "\"},\"sk\":{\"S\":\"STOCK\"}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_int_eq(stock.available, 20);
	ck_assert_int_eq(stock.reserved, 2);
	ck_assert_int_eq(stock.low_stock_at, 5);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, NOTHING);
	stock_repo_find(&on.repo, ID, &stock, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	stock_repo_find(&on.repo, "no id", &stock, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	scripted_repo_renew(&on);
	stock_repo_adjust(&on.repo, "no id", &adjustment, &outcome, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	adjust(-1);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	count(3, 0);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(what_cannot_be_understood_is_garbled)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Item\":{\"available\":{\"S\":\"many\"}}}"));
	stock_repo_find(&on.repo, ID, &stock, &on.await);
	scripted_repo_expect(&on, RESULT_GARBLED);
	scripted_repo_renew(&on);
	adjust(-1);
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

/* ------------------------------------------------------------------ adjusting */

START_TEST(within_a_level_it_is_written_on_a_range_and_read_afterwards)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), DONE, FOUND("10", "in", "12"));
	adjust(-3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 3);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "BETWEEN");
	ck_assert_not_sent(&on, 1, "version = :v");
	ck_assert_operation(&on, 2, "GetItem");
	ck_assert_sent(&on, 2, "\"ConsistentRead\":true");
	ck_assert_outcome(STOCK_FINE, 10, 12);
}
END_TEST

START_TEST(crossing_a_level_names_the_version_and_needs_no_reading)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), DONE);
	adjust(-15);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_sent(&on, 1, "version = :v");
	ck_assert_sent(&on, 1, "stock.low");
	ck_assert_outcome(STOCK_FINE, 5, 8);
	ck_assert_int_eq(outcome.stock.level, STOCK_LOW);
}
END_TEST

START_TEST(when_the_condition_fails_it_decides_again_by_what_is_there)
{
	/* What was far from a level now crosses one, and then somebody else has crossed it. */
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), BEATEN("8", "in", "9"),
		    BEATEN_AT_A_LEVEL("5", "low", "10"), DONE, FOUND("2", "low", "11"));
	adjust(-3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "{\":l\":{\"S\":\"low\"}");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"9\"}");
	ck_assert_sent(&on, 3, "BETWEEN");
	ck_assert_not_sent(&on, 3, "OUT#");
	ck_assert_outcome(STOCK_FINE, 2, 11);
}
END_TEST

START_TEST(too_little_is_told_with_what_is_there)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"));
	adjust(-21);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_outcome(STOCK_INSUFFICIENT, 20, 7);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), BEATEN("1", "low", "9"));
	adjust(-3);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_outcome(STOCK_INSUFFICIENT, 1, 9);
}
END_TEST

START_TEST(a_product_that_is_removed_meanwhile_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), GONE);
	adjust(-3);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(too_many_others_are_told_to_come_again)
{
	struct script_step steps[STOCK_REPO_TRIES + 2];

	steps[0] = (struct script_step)FOUND("20", "in", "7");
	for (size_t i = 1; i < sizeof(steps) / sizeof(steps[0]); i++)
		steps[i] = (struct script_step)BEATEN("20", "in", "8");
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	adjust(-3);
	scripted_repo_expect(&on, RESULT_THROTTLED);
	ck_assert_uint_eq(on.aws.script.request_count, 1 + STOCK_REPO_TRIES);
}
END_TEST

START_TEST(what_was_done_but_cannot_be_read_is_unknown)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), DONE,
		    AWS_ERROR("AccessDeniedException"));
	adjust(-3);
	scripted_repo_expect(&on, RESULT_UNKNOWN);
}
END_TEST

START_TEST(what_was_done_before_the_product_was_removed_is_told_as_it_was_decided)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), DONE, NOTHING);
	adjust(-3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_outcome(STOCK_FINE, 17, 8);
}
END_TEST

static bool rehearse(struct idempotency *idempotency, struct kept_answer *answer)
{
	int64_t *seen = idempotency->context;

	*seen = outcome.stock.available;
	*answer = (struct kept_answer){.status = 200};
	return true;
}

START_TEST(with_a_key_the_answer_is_known_before_the_write)
{
	int64_t seen = -1;
	struct idempotency idempotency = {.id = "i",
					  .fingerprint = "f",
					  .rehearse = rehearse,
					  .context = &seen};

	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"),
		    CANCELLED("{\"Code\":\"ConditionalCheckFailed\","
			      "\"Item\":" STOCK("19", "in", "8") "}," NONE "," NONE),
		    DONE);
	on.await.idempotency = &idempotency;
	adjust(-3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 3);
	ck_assert_sent(&on, 1, "\":v\":{\"N\":\"7\"}");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"8\"}");
	ck_assert_sent(&on, 2, "I#i");
	ck_assert_int_eq(seen, 16);
	ck_assert_outcome(STOCK_FINE, 16, 9);
	ck_assert(idempotency.is_kept);
}
END_TEST

START_TEST(a_lost_answer_is_asked_for_with_the_same_token)
{
	const char *first;
	const char *second;

	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), LOST, DONE, FOUND("17", "in", "8"));
	adjust(-3);
	scripted_repo_expect(&on, RESULT_OK);
	first = strstr(script_body(&on.aws.script, 1), "ClientRequestToken");
	second = strstr(script_body(&on.aws.script, 2), "ClientRequestToken");
	ck_assert_str_eq(first, second);
	ck_assert_outcome(STOCK_FINE, 17, 8);
}
END_TEST

/* ------------------------------------------------------------------ counting */

START_TEST(a_count_is_written_on_the_version)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), DONE);
	count(32, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_sent(&on, 1, "version = :v");
	ck_assert_sent(&on, 1, "\"reason\":{\"S\":\"count\"}");
	ck_assert_sent(&on, 1, "\"delta\":{\"N\":\"10\"}");
	ck_assert_outcome(STOCK_FINE, 30, 8);
}
END_TEST

START_TEST(a_count_is_made_again_when_somebody_was_faster)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), BEATEN("19", "in", "8"), DONE);
	count(32, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "\"delta\":{\"N\":\"11\"}");
	ck_assert_outcome(STOCK_FINE, 30, 9);
}
END_TEST

START_TEST(with_an_expected_version_somebody_faster_is_a_conflict)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), BEATEN("19", "in", "8"));
	count(32, 7);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"));
	count(32, 6);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_count_that_was_made_already_needs_no_expected_version)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"));
	count(22, 6);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(outcome.stock.version, 7);
}
END_TEST

START_TEST(a_count_that_changes_nothing_is_not_written)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"));
	count(22, 7);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_outcome(STOCK_FINE, 20, 7);
}
END_TEST

START_TEST(a_mark_alone_is_one_update)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), FAILED(STOCK("5", "low", "8")),
		    FAILED(STOCK("21", "in", "9")), DONE);
	stock_repo_recount(
		&on.repo,
		&(struct stock_recount){
			.product_id = ID,
			.count = {.sets_low_mark = true, .has_low_mark = true, .low_stock_at = 6},
		},
		&outcome, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "UpdateItem");
	ck_assert_sent(&on, 3, "\":v\":{\"N\":\"9\"}");
	ck_assert_outcome(STOCK_FINE, 21, 10);
	ck_assert_int_eq(outcome.stock.low_stock_at, 6);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	adjust(-1);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), AWS_ERROR("AccessDeniedException"));
	count(3, 0);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"),
		    CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\"}"));
	adjust(-1);
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

static void change_once(void *context)
{
	int64_t *delta = context;
	enum result result;

	if (!scripted_repo_enter(&on))
		return;
	adjust(*delta);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	int64_t little = -3;
	int64_t much = -15;

	/* A read whose answer got lost for want of memory comes again, and must find something. */
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), BEATEN("19", "in", "8"),
		    FOUND("1", "low", "1"), FOUND("16", "in", "9"));
	alloc_fail_each(change_once, &little);
	SCRIPT_PLAY(&on.aws.script, FOUND("20", "in", "7"), FOUND("20", "in", "7"));
	alloc_fail_each(change_once, &much);
}
END_TEST

Suite *stock_repo_suite(void)
{
	Suite *suite = suite_create("stock_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_stock_is_read_consistently);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, what_cannot_be_understood_is_garbled);
	tcase_add_test(tests, within_a_level_it_is_written_on_a_range_and_read_afterwards);
	tcase_add_test(tests, crossing_a_level_names_the_version_and_needs_no_reading);
	tcase_add_test(tests, when_the_condition_fails_it_decides_again_by_what_is_there);
	tcase_add_test(tests, too_little_is_told_with_what_is_there);
	tcase_add_test(tests, a_product_that_is_removed_meanwhile_is_not_found);
	tcase_add_test(tests, too_many_others_are_told_to_come_again);
	tcase_add_test(tests, what_was_done_but_cannot_be_read_is_unknown);
	tcase_add_test(tests,
		       what_was_done_before_the_product_was_removed_is_told_as_it_was_decided);
	tcase_add_test(tests, with_a_key_the_answer_is_known_before_the_write);
	tcase_add_test(tests, a_lost_answer_is_asked_for_with_the_same_token);
	tcase_add_test(tests, a_count_is_written_on_the_version);
	tcase_add_test(tests, a_count_is_made_again_when_somebody_was_faster);
	tcase_add_test(tests, with_an_expected_version_somebody_faster_is_a_conflict);
	tcase_add_test(tests, a_count_that_was_made_already_needs_no_expected_version);
	tcase_add_test(tests, a_count_that_changes_nothing_is_not_written);
	tcase_add_test(tests, a_mark_alone_is_one_update);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
