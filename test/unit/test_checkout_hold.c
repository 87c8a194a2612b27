#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/checkout_hold.h"
#include "scripted_repo.h"
#include "trees.h"

#define THING(id, price) PRODUCT_ONLY(id, price) "," STOCK(id, "20", "5", "7")
#define PRODUCT_ONLY(id, price)                                                       \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"new " id \
	"\"},\"price\":{\"N\":\"" price "\"},\"currency\":{\"S\":\"EUR\"}}"
#define LINES LINE(TEA, "3", "100") "," LINE(POT, "2", "200")
#define FILLED GOT(OPEN_CART("7", LINES))
#define THINGS BATCH(THING(TEA, "1.5") "," THING(POT, "2"))

static struct scripted_repo on;
static struct checkout_answer answer;
static json_t *address;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
	address = tree_of("{\"city\":\"Ulm\"}");
}

static void tear_down(void)
{
	json_decref(address);
	scripted_repo_clear(&on);
}

static void hold(const char *cart_id)
{
	checkout_hold_run(&on.repo,
			  &(struct checkout_wish){
				  .cart_id = cart_id,
				  .address = address,
				  .email = "\"a\"@b.cc",
				  .hold_ms = 600000,
			  },
			  &answer, &on.await);
}

static void expect(enum result result, enum checkout_refusal refusal)
{
	hold(CART);
	scripted_repo_expect(&on, result);
	if (result == RESULT_INVALID)
		ck_assert_int_eq(answer.refusal, refusal);
}

START_TEST(lines_are_frozen_and_stocks_held_in_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script, FILLED, THINGS, DONE);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "#s = :open AND #t > :now AND version = :v");
	ck_assert_sent(&on, 2, "\"g2s\":{\"S\":\"2015-08-30T12:46:00.000Z#");
	ck_assert_sent(&on, 2,
		       "\"price\":{\"N\":\"2\"},\"quantity\":{\"N\":\"2\"},"
		       "\"was\":{\"N\":\"1.5\"}");
	ck_assert_sent(&on, 2, "\"address\":{\"M\":{\"city\":{\"S\":\"Ulm\"}}}");
	ck_assert_sent(&on, 2, "\"email\":{\"S\":\"\\\"a\\\"@b.cc\"}");
	ck_assert_sent(&on, 2, "\":d\":{\"N\":\"-3\"}");
	ck_assert_int_eq(answer.checkout.total, 850);
	ck_assert_str_eq(answer.checkout.cart_id, CART);
	ck_assert_str_eq(answer.checkout.expires_at, "2015-08-30T12:46:00.000Z");
	ck_assert(id_is_valid(answer.checkout.id));
}
END_TEST

START_TEST(carts_that_cannot_be_checked_out_are_refused)
{
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING);
	expect(RESULT_INVALID, CHECKOUT_NO_CART);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(CART_ITEM(CART, "ordered", ALIVE, "7", LINES, "")));
	expect(RESULT_INVALID, CHECKOUT_CART_CLOSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")));
	expect(RESULT_INVALID, CHECKOUT_CART_EMPTY);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FILLED, BATCH(THING(TEA, "1.5")));
	expect(RESULT_INVALID, CHECKOUT_GONE);
	scripted_repo_renew(&on);
	hold("no id");
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(answer.refusal, CHECKOUT_NO_CART);
}
END_TEST

#define WITH_CHECKOUT \
	GOT(CART_ITEM(CART, "open", ALIVE, "7", LINES, ",\"checkout_id\":{\"S\":\"" ORDER "\"}"))

START_TEST(one_that_is_held_is_in_the_way_one_that_has_ended_is_not)
{
	SCRIPT_PLAY(&on.aws.script, WITH_CHECKOUT, GOT(HELD));
	expect(RESULT_INVALID, CHECKOUT_ACTIVE);
	ck_assert_str_eq(answer.active_id, ORDER);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, WITH_CHECKOUT, GOT(CHECKOUT_ITEM("held", NOW, "1", "")), THINGS,
		    DONE);
	expect(RESULT_OK, CHECKOUT_FINE);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, WITH_CHECKOUT, GOT_NOTHING, THINGS, DONE);
	expect(RESULT_OK, CHECKOUT_FINE);
}
END_TEST

START_TEST(all_that_is_short_is_told)
{
	SCRIPT_PLAY(&on.aws.script, FILLED,
		    BATCH(PRODUCT_ONLY(TEA, "1") "," STOCK(TEA, "2", "0",
							   "7") "," PRODUCT_ONLY(POT, "1")));
	expect(RESULT_INVALID, CHECKOUT_INSUFFICIENT);
	ck_assert_uint_eq(answer.short_count, 2);
	ck_assert_str_eq(answer.shorts[0].product_id, TEA);
	ck_assert_int_eq(answer.shorts[0].requested, 3);
	ck_assert_int_eq(answer.shorts[0].available, 2);
	ck_assert_int_eq(answer.shorts[1].available, 0);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
}
END_TEST

START_TEST(what_became_short_meanwhile_comes_with_the_failure)
{
	SCRIPT_PLAY(&on.aws.script, FILLED, THINGS,
		    CANCELLED(NONE "," NONE "," UNMET(STOCK(TEA, "2", "9", "8")) "," UNMET(
			    STOCK(POT, "1", "9", "8"))));
	expect(RESULT_INVALID, CHECKOUT_INSUFFICIENT);
	ck_assert_uint_eq(answer.short_count, 2);
	ck_assert_int_eq(answer.shorts[1].available, 1);
}
END_TEST

START_TEST(what_still_suffices_is_held_by_what_there_is_then)
{
	SCRIPT_PLAY(&on.aws.script, FILLED, THINGS,
		    CANCELLED(NONE "," NONE "," UNMET(STOCK(TEA, "3", "9", "8")) "," NONE), DONE);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 3, "\":v\":{\"N\":\"8\"}"); /* it sells out: by the version */
	ck_assert_sent(&on, 3, "stock.out");
}
END_TEST

START_TEST(a_cart_that_changed_is_read_again)
{
	SCRIPT_PLAY(&on.aws.script, FILLED, THINGS,
		    CANCELLED(UNMET_NOTHING "," NONE "," NONE "," NONE),
		    GOT(CART_ITEM(CART, "merged", ALIVE, "8", "", "")));
	expect(RESULT_INVALID, CHECKOUT_CART_CLOSED);
}
END_TEST

START_TEST(too_many_others_are_told_to_come_again)
{
	struct script_step steps[CHECKOUT_TRIES + 2] = {FILLED, THINGS};

	for (size_t i = 2; i < sizeof(steps) / sizeof(steps[0]); i++)
		steps[i] = (struct script_step)CANCELLED(
			NONE "," NONE "," UNMET(STOCK(TEA, "30", "9", "8")) "," NONE);
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	expect(RESULT_THROTTLED, CHECKOUT_FINE);
}
END_TEST

static void hold_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	hold(CART);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_ends_it)
{
	SCRIPT_PLAY(&on.aws.script, FILLED, THINGS, DONE, THINGS);
	alloc_fail_each(hold_once, NULL);
}
END_TEST

Suite *checkout_hold_suite(void)
{
	Suite *suite = suite_create("checkout_hold");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, lines_are_frozen_and_stocks_held_in_one_transaction);
	tcase_add_test(tests, carts_that_cannot_be_checked_out_are_refused);
	tcase_add_test(tests, one_that_is_held_is_in_the_way_one_that_has_ended_is_not);
	tcase_add_test(tests, all_that_is_short_is_told);
	tcase_add_test(tests, what_became_short_meanwhile_comes_with_the_failure);
	tcase_add_test(tests, what_still_suffices_is_held_by_what_there_is_then);
	tcase_add_test(tests, a_cart_that_changed_is_read_again);
	tcase_add_test(tests, too_many_others_are_told_to_come_again);
	tcase_add_test(tests, short_memory_ends_it);
	suite_add_tcase(suite, tests);
	return suite;
}
