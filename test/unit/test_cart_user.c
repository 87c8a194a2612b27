#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_user.h"
#include "scripted_repo.h"

#define USER_ITEM "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"#\"}}"
#define POINTER \
	"{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"CART\"},\"cart_id\":{\"S\":\"" CART "\"}}"
#define OF_USER ",\"user_id\":{\"S\":\"" USER "\"}"
#define USERS_CART CART_ITEM(CART, "open", ALIVE, "7", LINE(TEA, "2", "100"), OF_USER)
#define TEAS BATCH(PRODUCT(TEA, "1.5", "EUR"))

static struct scripted_repo on;
static struct cart_answer answer;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void find(void)
{
	cart_user_find(&on.repo, USER, &answer, &on.await);
}

static void make(void)
{
	cart_user_make(&on.repo, USER, &answer, &on.await);
}

static void ck_assert_refused(enum cart_refusal refusal)
{
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(answer.refusal, refusal);
}

START_TEST(the_pointer_leads_to_the_cart)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM "," POINTER), GOT(USERS_CART), TEAS);
	find();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "BatchGetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"CART\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, "C#" CART);
	ck_assert_str_eq(answer.cart.user_id, USER);
	ck_assert(!answer.is_new);
	ck_assert_ptr_nonnull(cart_product_find(&answer.products, TEA));
}
END_TEST

START_TEST(making_gives_the_cart_that_is_there)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(POINTER "," USER_ITEM), GOT(USERS_CART), TEAS);
	make();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert(!answer.is_new);
	ck_assert_str_eq(answer.cart.id, CART);
}
END_TEST

START_TEST(there_is_none_without_a_user_or_a_pointer)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM));
	find();
	ck_assert_refused(CART_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, BATCH(POINTER));
	find();
	ck_assert_refused(CART_NO_USER);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, BATCH(""));
	make();
	ck_assert_refused(CART_NO_USER);
	scripted_repo_renew(&on);
	cart_user_find(&on.repo, "x", &answer, &on.await);
	ck_assert_refused(CART_NO_USER);
}
END_TEST

START_TEST(a_closed_cart_counts_for_nothing)
{
	static const struct script_step table[] = {
		GOT_NOTHING,
		GOT(CART_ITEM(CART, "merged", ALIVE, "7", "", OF_USER)),
		GOT(CART_ITEM(CART, "ordered", ALIVE, "7", "", OF_USER)),
		GOT(CART_ITEM(CART, "open", EXPIRED, "7", "", OF_USER)),
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct script_step steps[] = {BATCH(USER_ITEM "," POINTER), table[i], DONE};

		script_play(&on.aws.script, steps, 3);
		find();
		ck_assert_refused(CART_NOT_FOUND);
		scripted_repo_renew(&on);
		script_play(&on.aws.script, steps, 3);
		make();
		scripted_repo_expect(&on, RESULT_OK);
		ck_assert(answer.is_new);
		ck_assert_sent(&on, 2, "\"ConditionExpression\":\"cart_id = :old\"");
		ck_assert_sent(&on, 2, "{\":old\":{\"S\":\"" CART "\"}}");
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(a_new_one_is_made_with_its_pointer_for_a_user_who_exists)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM), DONE);
	make();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert(answer.is_new);
	ck_assert_uint_eq(answer.cart.version, 1);
	ck_assert_str_eq(answer.cart.user_id, USER);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "\"user_id\":{\"S\":\"" USER "\"},\"status\":{\"S\":\"open\"}");
	ck_assert_sent(&on, 1, "\"ttl\":{\"N\":\"1443530160\"}"); /* 30 days later */
	ck_assert_sent(&on, 1, "\"sk\":{\"S\":\"CART\"},\"cart_id\":{\"S\":\"");
	ck_assert_sent(&on, 1, "{\"ConditionCheck\":");
	ck_assert_sent(&on, 1, "attribute_exists(#p)");
	ck_assert_not_sent(&on, 1, ":old");
}
END_TEST

START_TEST(when_somebody_else_has_made_one_it_is_that_one)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM), CANCELLED(NONE "," UNMET(POINTER) "," NONE),
		    BATCH(USER_ITEM "," POINTER), GOT(USERS_CART), TEAS);
	make();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert(!answer.is_new);
	ck_assert_str_eq(answer.cart.id, CART);
}
END_TEST

START_TEST(a_user_who_is_removed_meanwhile_gets_none)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM),
		    CANCELLED(NONE "," UNMET(POINTER) "," UNMET_NOTHING));
	make();
	ck_assert_refused(CART_NO_USER);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	find();
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM "," POINTER),
		    AWS_ERROR("AccessDeniedException"));
	find();
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM "," POINTER), GOT("{\"a\":{\"S\":\"b\"}}"));
	make();
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

static void make_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	memset(&answer, 0, sizeof(answer));
	make();
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

/* A call that is made again takes the script's next step, which may seem to be an answer. */
START_TEST(short_memory_ends_it_without_a_trace)
{
	SCRIPT_PLAY(&on.aws.script, BATCH(USER_ITEM), CANCELLED(NONE "," UNMET(POINTER) "," NONE),
		    BATCH(USER_ITEM "," POINTER), GOT(USERS_CART), TEAS);
	alloc_fail_each(make_once, NULL);
}
END_TEST

Suite *cart_user_suite(void)
{
	Suite *suite = suite_create("cart_user");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_pointer_leads_to_the_cart);
	tcase_add_test(tests, making_gives_the_cart_that_is_there);
	tcase_add_test(tests, there_is_none_without_a_user_or_a_pointer);
	tcase_add_test(tests, a_closed_cart_counts_for_nothing);
	tcase_add_test(tests, a_new_one_is_made_with_its_pointer_for_a_user_who_exists);
	tcase_add_test(tests, when_somebody_else_has_made_one_it_is_that_one);
	tcase_add_test(tests, a_user_who_is_removed_meanwhile_gets_none);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_ends_it_without_a_trace);
	suite_add_tcase(suite, tests);
	return suite;
}
