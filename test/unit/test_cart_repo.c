#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_repo.h"
#include "scripted_repo.h"

#define USERS_CART CART_ITEM(CART, "open", ALIVE, "7", "", ",\"user_id\":{\"S\":\"" USER "\"}")
#define ORDERED CART_ITEM(CART, "ordered", ALIVE, "7", "", "")

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

static void ck_assert_refused(enum cart_refusal refusal)
{
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(answer.refusal, refusal);
}

START_TEST(a_cart_is_read_consistently_with_its_products)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", LINE(TEA, "2", "100"))),
		    BATCH(PRODUCT(TEA, "1.5", "EUR")));
	cart_repo_find(&on.repo, CART, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"C#" CART "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 1, "BatchGetItem");
	ck_assert_uint_eq(answer.cart.version, 7);
	ck_assert_ptr_nonnull(cart_product_find(&answer.products, TEA));
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	cart_repo_find(&on.repo, "x", &answer, &on.await);
	ck_assert_refused(CART_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING);
	cart_repo_find(&on.repo, CART, &answer, &on.await);
	ck_assert_refused(CART_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(CART_ITEM(CART, "open", EXPIRED, "7", "", "")));
	cart_repo_find(&on.repo, CART, &answer, &on.await);
	ck_assert_refused(CART_NOT_FOUND);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	cart_repo_find(&on.repo, CART, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT("{\"pk\":{\"S\":\"x\"}}"));
	cart_repo_find(&on.repo, CART, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_GARBLED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
}
END_TEST

START_TEST(a_guests_cart_is_one_new_item_for_a_day)
{
	SCRIPT_PLAY(&on.aws.script, DONE);
	cart_repo_create(&on.repo, &answer, &on.await);
	ck_assert(answer.is_new);
	ck_assert_uint_eq(answer.cart.version, 1);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "PutItem");
	ck_assert_sent(&on, 0, answer.cart.id);
	ck_assert_sent(&on, 0,
		       "\"sk\":{\"S\":\"#\"},\"status\":{\"S\":\"open\"},\"lines\":{\"M\":{}},"
		       "\"version\":{\"N\":\"1\"},\"created_at\":{\"S\":\"2015-08-30T12:36:00.");
	ck_assert_sent(&on, 0, "\"ttl\":{\"N\":\"1441024560\"}"); /* 86,400 later */
	ck_assert_sent(&on, 0, "\"ConditionExpression\":\"attribute_not_exists(#p)\"");
	ck_assert(id_is_valid(answer.cart.id));
	ck_assert_int_eq(answer.cart.id[14], '4');
}
END_TEST

START_TEST(the_same_random_id_twice_is_a_write_of_unknown_fate)
{
	SCRIPT_PLAY(&on.aws.script, FAILED("{\"wt\":{\"S\":\"other\"}}"));
	cart_repo_create(&on.repo, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_guests_cart_is_removed_by_itself)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")), DONE);
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "DeleteItem");
	ck_assert_sent(&on, 1, "\"ConditionExpression\":\"#s <> :ordered AND #t > :now\"");
	ck_assert_sent(&on, 1,
		       "{\":ordered\":{\"S\":\"ordered\"},\":now\":{\"N\":\"1440938160\"}}");
}
END_TEST

START_TEST(a_users_cart_is_removed_with_its_pointer)
{
	SCRIPT_PLAY(&on.aws.script, GOT(USERS_CART), DONE);
	cart_repo_remove(&on.repo, CART, 7, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "#s <> :ordered AND #t > :now AND version = :v");
	ck_assert_sent(&on, 1, "\":v\":{\"N\":\"7\"}");
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"CART\"}}");
	ck_assert_sent(&on, 1, "attribute_not_exists(cart_id) OR cart_id = :id");
	ck_assert_sent(&on, 1, "{\":id\":{\"S\":\"" CART "\"}}");
}
END_TEST

START_TEST(a_pointer_to_another_cart_stays)
{
	SCRIPT_PLAY(&on.aws.script, GOT(USERS_CART), CANCELLED(NONE "," UNMET("{}")),
		    GOT(USERS_CART), DONE);
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 3, "DeleteItem");
	ck_assert_not_sent(&on, 3, "CART\"}");
}
END_TEST

START_TEST(what_cannot_be_removed_is_told)
{
	SCRIPT_PLAY(&on.aws.script, GOT(ORDERED));
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	ck_assert_refused(CART_CLOSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")));
	cart_repo_remove(&on.repo, CART, 6, &answer, &on.await);
	ck_assert_refused(CART_OTHER_VERSION);
	scripted_repo_renew(&on);
	cart_repo_remove(&on.repo, "x", 6, &answer, &on.await);
	ck_assert_refused(CART_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING);
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	ck_assert_refused(CART_NOT_FOUND);
}
END_TEST

START_TEST(a_cart_that_is_ordered_meanwhile_is_not_removed)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")), FAILED(ORDERED), GOT(ORDERED));
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	ck_assert_refused(CART_CLOSED);
}
END_TEST

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	memset(&answer, 0, sizeof(answer));
	cart_repo_find(&on.repo, CART, &answer, &on.await);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

static void create_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	memset(&answer, 0, sizeof(answer));
	cart_repo_create(&on.repo, &answer, &on.await);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

static void remove_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	memset(&answer, 0, sizeof(answer));
	cart_repo_remove(&on.repo, CART, 0, &answer, &on.await);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

/* A call that is made again takes the script's next step, which may seem to be an answer. */
START_TEST(short_memory_ends_it_without_a_trace)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", LINE(TEA, "2", "100"))),
		    BATCH(PRODUCT(TEA, "1.5", "EUR")));
	alloc_fail_each(find_once, NULL);
	SCRIPT_PLAY(&on.aws.script, DONE);
	alloc_fail_each(create_once, NULL);
	SCRIPT_PLAY(&on.aws.script, GOT(USERS_CART), CANCELLED(NONE "," UNMET("{}")),
		    GOT(USERS_CART), DONE);
	alloc_fail_each(remove_once, NULL);
}
END_TEST

Suite *cart_repo_suite(void)
{
	Suite *suite = suite_create("cart_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_cart_is_read_consistently_with_its_products);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, a_guests_cart_is_one_new_item_for_a_day);
	tcase_add_test(tests, the_same_random_id_twice_is_a_write_of_unknown_fate);
	tcase_add_test(tests, a_guests_cart_is_removed_by_itself);
	tcase_add_test(tests, a_users_cart_is_removed_with_its_pointer);
	tcase_add_test(tests, a_pointer_to_another_cart_stays);
	tcase_add_test(tests, what_cannot_be_removed_is_told);
	tcase_add_test(tests, a_cart_that_is_ordered_meanwhile_is_not_removed);
	tcase_add_test(tests, short_memory_ends_it_without_a_trace);
	suite_add_tcase(suite, tests);
	return suite;
}
