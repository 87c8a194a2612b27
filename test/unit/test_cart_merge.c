#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_merge.h"
#include "scripted_repo.h"

#define FROM(version, lines) CART_ITEM(CART, "open", ALIVE, version, lines, "")
#define INTO(version, lines) \
	CART_ITEM(OTHER, "open", ALIVE, version, lines, ",\"user_id\":{\"S\":\"" USER "\"}")
#define BOTH_CARTS                                                                               \
	BATCH(INTO("4", LINE(POT, "1", "100")) "," FROM("7",                                     \
							LINE(TEA, "2", "100") "," LINE(POT, "3", \
										       "200")))
#define PRODUCTS BATCH(PRODUCT(TEA, "1.5", "EUR") "," PRODUCT(POT, "9", "EUR"))

static struct scripted_repo on;
static struct cart_answer answer;

static void start(enum cart_strategy strategy)
{
	cart_merge_run(&on.repo, &(struct cart_merging){CART, OTHER, strategy}, &answer, &on.await);
}

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

START_TEST(both_carts_are_written_as_they_were_read)
{
	SCRIPT_PLAY(&on.aws.script, BOTH_CARTS, PRODUCTS, DONE);
	start(CART_SUM);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "BatchGetItem");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2,
		       "\"Key\":{\"pk\":{\"S\":\"C#" OTHER "\"},\"sk\":{\"S\":\"#\"}},"
		       "\"UpdateExpression\":\"SET #l = :lines, currency = :c, "
		       "updated_at = :time, #t = :ttl ADD version :one\","
		       "\"ConditionExpression\":\"#s = :open AND #t > :now AND version = :v\"");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"4\"}");
	ck_assert_sent(&on, 2, "\":ttl\":{\"N\":\"1443530160\"}"); /* it is a user's */
	ck_assert_sent(&on, 2,
		       "\":lines\":{\"M\":{" LINE(POT, "4", "100") "," LINE(TEA, "2", "500"));
	ck_assert_sent(&on, 2,
		       "\"Key\":{\"pk\":{\"S\":\"C#" CART "\"},\"sk\":{\"S\":\"#\"}},"
		       "\"UpdateExpression\":\"SET #s = :merged, merged_into = :into, "
		       "updated_at = :time ADD version :one\"");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"7\"}");
	ck_assert_sent(&on, 2, "\":into\":{\"S\":\"" OTHER "\"}");
	ck_assert_str_eq(answer.cart.id, OTHER);
	ck_assert_uint_eq(answer.cart.version, 5);
	ck_assert_uint_eq(answer.cart.count, 2);
	ck_assert_ptr_nonnull(cart_product_find(&answer.products, TEA));
}
END_TEST

START_TEST(the_strategy_is_kept_to)
{
	SCRIPT_PLAY(&on.aws.script, BOTH_CARTS, PRODUCTS, DONE);
	start(CART_REPLACE);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(cart_find_line(&answer.cart, POT)->quantity, 3);
	scripted_repo_renew(&on);
	memset(&answer, 0, sizeof(answer));
	SCRIPT_PLAY(&on.aws.script, BOTH_CARTS, PRODUCTS, DONE);
	start(CART_KEEP);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(cart_find_line(&answer.cart, POT)->quantity, 1);
}
END_TEST

START_TEST(empty_carts_can_be_merged)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(INTO("4", "") "," FROM("7", "")), DONE);
	start(CART_SUM);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_not_sent(&on, 1, ":c");
	ck_assert_sent(&on, 1, "\":lines\":{\"M\":{}}");
}
END_TEST

START_TEST(what_cannot_be_merged_is_told)
{
	static const struct {
		struct script_step carts;
		enum cart_refusal refusal;
	} table[] = {
		{BATCH(INTO("4", "")), CART_NOT_FOUND},
		{BATCH(FROM("4", "")), CART_NOT_FOUND},
		{BATCH(FROM("4", "") "," CART_ITEM(OTHER, "ordered", ALIVE, "1", "", "")),
		 CART_CLOSED},
		{BATCH(INTO("4", "") "," CART_ITEM(CART, "merged", ALIVE, "1", "", "")),
		 CART_CLOSED},
		{BATCH(INTO("4", "") "," CART_ITEM(CART, "open", EXPIRED, "1", "", "")),
		 CART_NOT_FOUND},
		{BATCH(INTO("4", LINE(TEA, "9999", "1")) "," FROM("4", LINE(TEA, "1", "1"))),
		 CART_TOO_MANY},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memset(&answer, 0, sizeof(answer));
		script_play(&on.aws.script, &table[i].carts, 1);
		start(CART_SUM);
		scripted_repo_expect(&on, RESULT_INVALID);
		ck_assert_int_eq(answer.refusal, table[i].refusal);
		ck_assert_uint_eq(on.aws.script.request_count, 1);
		scripted_repo_renew(&on);
	}
	cart_merge_run(&on.repo, &(struct cart_merging){"x", OTHER, CART_SUM}, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(answer.refusal, CART_NOT_FOUND);
}
END_TEST

START_TEST(what_changes_meanwhile_is_read_and_merged_again)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(INTO("4", "") "," FROM("7", LINE(TEA, "2", "100"))),
		    PRODUCTS, CANCELLED(NONE "," UNMET(FROM("8", LINE(TEA, "3", "100")))),
		    BATCH(INTO("4", "") "," FROM("8", LINE(TEA, "3", "100"))), DONE);
	start(CART_SUM);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(cart_find_line(&answer.cart, TEA)->quantity, 3);
	ck_assert_sent(&on, 4, "\":v\":{\"N\":\"8\"}");
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	start(CART_SUM);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, BOTH_CARTS, PRODUCTS, AWS_ERROR("AccessDeniedException"));
	start(CART_SUM);
	scripted_repo_expect(&on, RESULT_REFUSED);
}
END_TEST

static void merge_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	memset(&answer, 0, sizeof(answer));
	start(CART_SUM);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

/* A call that is made again takes the script's next step, which may seem to be an answer. */
START_TEST(short_memory_ends_it_without_a_trace)
{
	SCRIPT_PLAY(&on.aws.script, BOTH_CARTS, PRODUCTS, DONE);
	alloc_fail_each(merge_once, NULL);
}
END_TEST

Suite *cart_merge_suite(void)
{
	Suite *suite = suite_create("cart_merge");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, both_carts_are_written_as_they_were_read);
	tcase_add_test(tests, the_strategy_is_kept_to);
	tcase_add_test(tests, empty_carts_can_be_merged);
	tcase_add_test(tests, what_cannot_be_merged_is_told);
	tcase_add_test(tests, what_changes_meanwhile_is_read_and_merged_again);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_ends_it_without_a_trace);
	suite_add_tcase(suite, tests);
	return suite;
}
