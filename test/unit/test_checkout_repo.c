#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/checkout_repo.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct checkout_answer answer;
static bool wants_extension;
static bool changes_address;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
	wants_extension = false;
	changes_address = false;
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void expect(enum result result, enum checkout_refusal refusal)
{
	scripted_repo_expect(&on, result);
	if (result == RESULT_INVALID)
		ck_assert_int_eq(answer.refusal, refusal);
}

static enum result change(struct checkout_parts *parts, struct arena *arena, void *context)
{
	(void)arena;
	ck_assert_ptr_eq(context, &answer);
	parts->wants_extension = wants_extension;
	if (changes_address)
		parts->address = span_of("{\"M\":{}}");
	return RESULT_OK;
}

static void patch(uint64_t expected_version)
{
	checkout_repo_patch(&on.repo,
			    &(struct checkout_patch){
				    .id = ORDER,
				    .expected_version = expected_version,
				    .hold_ms = 60000,
				    .change = change,
				    .context = &answer,
			    },
			    &answer, &on.await);
}

static void release(uint64_t expected_version)
{
	checkout_repo_release(&on.repo, ORDER, expected_version, &answer, &on.await);
}

/* Each asks for a checkout in its own way. */
static void ask(int way)
{
	if (way == 0)
		checkout_repo_find(&on.repo, ORDER, &answer, &on.await);
	else if (way == 1)
		patch(0);
	else
		release(0);
}

START_TEST(one_that_is_held_is_found_consistently)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD));
	ask(0);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_str_eq(answer.checkout.id, ORDER);
	ck_assert_int_eq(answer.checkout.total, 750);
	ck_assert_uint_eq(answer.checkout.count, 2);
}
END_TEST

START_TEST(what_cannot_be_had_is_told)
{
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING);
	ask(_i);
	expect(RESULT_INVALID, CHECKOUT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), BATCH(STOCKS), DONE); /* a release ends it */
	ask(_i);
	expect(RESULT_INVALID, CHECKOUT_ENDED);
	ck_assert_uint_eq(on.aws.script.request_count, _i == 2 ? 3 : 1);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script,
		    GOT(CHECKOUT_ITEM("released", LATER, "2", ",\"ttl\":{\"N\":\"1440938160\"}")));
	ask(_i);
	expect(RESULT_INVALID, CHECKOUT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(CHECKOUT_ITEM("used", LATER, "2", "")));
	ask(_i);
	expect(_i == 0 ? RESULT_OK : RESULT_INVALID, CHECKOUT_IS_USED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT("{\"status\":{\"S\":\"held\"}}"));
	ask(_i);
	expect(RESULT_GARBLED, CHECKOUT_FINE);
}
END_TEST

START_TEST(an_extension_begins_now_and_moves_the_index)
{
	wants_extension = true;
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), DONE);
	patch(0);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 1, "#s = :held AND version = :v AND expires_at > :now");
	ck_assert_sent(&on, 1, "\":g2s\":{\"S\":\"2015-08-30T12:37:00.000Z#" ORDER "\"}");
	ck_assert_str_eq(answer.checkout.expires_at, "2015-08-30T12:37:00.000Z");
	ck_assert(answer.checkout.is_extended);
	ck_assert_uint_eq(answer.checkout.version, 2);
}
END_TEST

START_TEST(it_is_extended_once)
{
	wants_extension = true;
	SCRIPT_PLAY(&on.aws.script,
		    GOT(CHECKOUT_ITEM("held", LATER, "2", ",\"extended\":{\"BOOL\":true}")));
	patch(0);
	expect(RESULT_INVALID, CHECKOUT_ALREADY_EXTENDED);
}
END_TEST

START_TEST(what_changes_nothing_is_not_written)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD));
	patch(1);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	scripted_repo_renew(&on);
	patch(2);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_uint_eq(answer.checkout.version, 1);
}
END_TEST

START_TEST(another_version_than_the_expected_one_is_refused)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD));
	release(2);
	expect(RESULT_INVALID, CHECKOUT_OTHER_VERSION);
	scripted_repo_renew(&on);
	changes_address = true;
	patch(2);
	expect(RESULT_INVALID, CHECKOUT_OTHER_VERSION);
	scripted_repo_renew(&on);
	changes_address = false;
	wants_extension = true;
	SCRIPT_PLAY(&on.aws.script,
		    GOT(CHECKOUT_ITEM("held", LATER, "2", ",\"extended\":{\"BOOL\":true}")));
	patch(1);
	expect(RESULT_INVALID, CHECKOUT_OTHER_VERSION);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(CHECKOUT_ITEM("released", LATER, "2", "")));
	release(1);
	expect(RESULT_INVALID, CHECKOUT_ENDED);
}
END_TEST

START_TEST(a_change_that_somebody_came_before_is_made_again)
{
	changes_address = true;
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), FAILED(CHECKOUT_ITEM("held", LATER, "2", "")),
		    GOT(CHECKOUT_ITEM("held", LATER, "2", "")), DONE);
	patch(0);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_uint_eq(answer.checkout.version, 3);
}
END_TEST

START_TEST(a_release_gives_each_line_back_in_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCKS), DONE);
	release(1);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "\":end\":{\"S\":\"released\"}");
	ck_assert_sent(&on, 2, "REMOVE g2p, g2s");
	ck_assert_sent(&on, 2, "\":ttl\":{\"N\":\"1441542960\"}");
	ck_assert_sent(&on, 2, "\":d\":{\"N\":\"3\"}");
	ck_assert_sent(&on, 2, "\":held\":{\"N\":\"-2\"}");
	ck_assert_not_sent(&on, 2, "M#");
}
END_TEST

START_TEST(a_release_meets_others)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCKS),
		    CANCELLED(NONE "," UNMET(STOCK(TEA, "0", "5", "8")) "," NONE "," NONE),
		    CANCELLED(UNMET(HELD) "," NONE "," NONE "," NONE),
		    GOT(CHECKOUT_ITEM("used", LATER, "2", "")));
	release(0);
	expect(RESULT_INVALID, CHECKOUT_IS_USED);
	ck_assert_uint_eq(on.aws.script.request_count, 5);
}
END_TEST

/* Else an order that was under way in its last moment could follow. */
START_TEST(a_release_that_comes_too_late_ends_it_or_finds_the_order)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), BATCH(STOCKS), DONE);
	release(0);
	expect(RESULT_INVALID, CHECKOUT_ENDED);
	ck_assert_sent(&on, 2, "expires_at <= :by");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), BATCH(STOCKS),
		    CANCELLED(UNMET(OVER) "," NONE "," NONE "," NONE),
		    GOT(CHECKOUT_ITEM("used", NOW, "2", "")));
	release(0);
	expect(RESULT_INVALID, CHECKOUT_IS_USED);
}
END_TEST

START_TEST(only_what_is_over_expires)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), BATCH(STOCKS), DONE);
	checkout_repo_expire(&on.repo, ORDER, &answer, &on.await);
	expect(RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 2, "expires_at <= :by");
	ck_assert_sent(&on, 2, "\":by\":{\"S\":\"" NOW "\"}");
	ck_assert_sent(&on, 2, "\":end\":{\"S\":\"expired\"}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(HELD));
	checkout_repo_expire(&on.repo, ORDER, &answer, &on.await);
	expect(RESULT_INVALID, CHECKOUT_ENDED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(CHECKOUT_ITEM("used", NOW, "2", "")));
	checkout_repo_expire(&on.repo, ORDER, &answer, &on.await);
	expect(RESULT_INVALID, CHECKOUT_IS_USED);
}
END_TEST

/* Between the checkout's read and the stocks', which another release has given back. */
START_TEST(whoever_comes_second_is_told_that_it_is_over)
{
	static const struct script_step ended =
		GOT(CHECKOUT_ITEM("released", LATER, "2", ",\"ttl\":{\"N\":\"2000000000\"}"));
	static const struct script_step used = GOT(CHECKOUT_ITEM("used", LATER, "2", ""));

	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCK(TEA, "23", "2", "8")), ended);
	release(0);
	expect(RESULT_INVALID, CHECKOUT_ENDED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), BATCH(STOCK(TEA, "23", "2", "8")), ended);
	checkout_repo_expire(&on.repo, ORDER, &answer, &on.await);
	expect(RESULT_INVALID, CHECKOUT_ENDED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCKS),
		    CANCELLED(NONE "," UNMET(STOCK(TEA, "23", "2", "8")) "," NONE "," NONE), used);
	release(0);
	expect(RESULT_INVALID, CHECKOUT_IS_USED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCK(TEA, "23", "2", "8")), GOT_NOTHING);
	release(0);
	expect(RESULT_INVALID, CHECKOUT_NOT_FOUND);
}
END_TEST

START_TEST(a_stock_that_does_not_add_up_is_no_answer)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCK(TEA, "20", "2", "7")), GOT(HELD),
		    BATCH(STOCK(TEA, "20", "2", "7")));
	release(0);
	expect(RESULT_GARBLED, CHECKOUT_FINE);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
}
END_TEST

START_TEST(a_checkout_that_always_changes_is_given_up)
{
	static char bodies[CHECKOUT_TRIES][2048];
	struct script_step steps[2 * CHECKOUT_TRIES];

	for (size_t i = 0; i < CHECKOUT_TRIES; i++) {
		snprintf(bodies[i], sizeof(bodies[i]),
			 "{\"Item\":" CHECKOUT_ITEM("held", "2099-01-01T00:00:00.000Z", "%zu",
						    "") "}",
			 i + 1);
		steps[2 * i] = (struct script_step){.status = 200, .body = bodies[i]};
		steps[2 * i + 1] = (struct script_step)BATCH(STOCK(TEA, "20", "2", "7"));
	}
	on.aws.script.is_forgetful = true;
	script_play(&on.aws.script, steps, 2 * CHECKOUT_TRIES);
	release(0);
	expect(RESULT_THROTTLED, CHECKOUT_FINE);
}
END_TEST

static int tried_way;

static void ask_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	ask(tried_way);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_ends_it)
{
	tried_way = 2;
	SCRIPT_PLAY(&on.aws.script, GOT(HELD_FOR_LONG), BATCH(STOCKS), DONE, BATCH(STOCKS));
	alloc_fail_each(ask_once, NULL);
	tried_way = 1;
	wants_extension = true;
	SCRIPT_PLAY(&on.aws.script, GOT(HELD_FOR_LONG), DONE);
	alloc_fail_each(ask_once, NULL);
}
END_TEST

Suite *checkout_repo_suite(void)
{
	Suite *suite = suite_create("checkout_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, one_that_is_held_is_found_consistently);
	tcase_add_loop_test(tests, what_cannot_be_had_is_told, 0, 3);
	tcase_add_test(tests, an_extension_begins_now_and_moves_the_index);
	tcase_add_test(tests, it_is_extended_once);
	tcase_add_test(tests, what_changes_nothing_is_not_written);
	tcase_add_test(tests, another_version_than_the_expected_one_is_refused);
	tcase_add_test(tests, a_change_that_somebody_came_before_is_made_again);
	tcase_add_test(tests, a_release_gives_each_line_back_in_one_transaction);
	tcase_add_test(tests, a_release_meets_others);
	tcase_add_test(tests, a_release_that_comes_too_late_ends_it_or_finds_the_order);
	tcase_add_test(tests, only_what_is_over_expires);
	tcase_add_test(tests, whoever_comes_second_is_told_that_it_is_over);
	tcase_add_test(tests, a_stock_that_does_not_add_up_is_no_answer);
	tcase_add_test(tests, a_checkout_that_always_changes_is_given_up);
	tcase_add_test(tests, short_memory_ends_it);
	suite_add_tcase(suite, tests);
	return suite;
}
