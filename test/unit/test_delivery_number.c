#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "delivery_texts.h"
#include "repo/delivery_number.h"
#include "scripted_repo.h"

#define LOCK                                                      \
	TEXT("{\"Item\":{\"delivery_id\":{\"S\":\"" PARCEL "\"}," \
	     "\"order_id\":{\"S\":\"" ORDER "\"}}}")

static struct scripted_repo on;
static struct delivery_found found;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&found, 0, sizeof(found));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

/* What the texts' delivery has. */
static void find(void)
{
	static const struct delivery_number number = {"dhl", "N \"1\""};

	delivery_number_find(&on.repo, &number, &found, &on.await);
}

START_TEST(a_number_leads_to_its_delivery_and_order)
{
	SCRIPT_PLAY(&on.aws.script, LOCK, CONFIRMED("," SENT("shipped", "1", "")));
	find();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_str_eq(found.order.head.id, ORDER);
	ck_assert_str_eq(found.delivery->id, PARCEL);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"TRK#");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 1, "Query");
	ck_assert_sent(&on, 1, "\"O#" ORDER "\"");
}
END_TEST

START_TEST(a_number_that_nobody_has_is_not_found_by_one_read)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	find();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

/* The order has changed since the lock was read, or another tool has removed something. */
START_TEST(a_number_that_was_given_up_meanwhile_is_not_found)
{
	static const struct script_step orders[] = {
		CONFIRMED(""),
		CONFIRMED("," SENT("cancelled", "1", "")),
		READ(HEAD("cancelled", "7"), "," SENT("pending", "1", "")),
		CONFIRMED(",{\"sk\":{\"S\":\"D#0001\"},\"delivery_id\":{\"S\":\"" PARCEL
			  "\"},\"number\":{\"N\":\"1\"},\"status\":{\"S\":\"shipped\"},"
			  "\"carrier\":{\"S\":\"dhl\"},\"tracking_number\":{\"S\":\"N 2\"},"
			  "\"lines\":{\"L\":[{\"M\":{\"product_id\":{\"S\":\"" TEA
			  "\"},\"quantity\":{\"N\":\"1\"}}}]},\"version\":{\"N\":\"2\"}}"),
		TEXT("{\"Items\":[]}"),
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		SCRIPT_PLAY(&on.aws.script, LOCK, orders[i]);
		find();
		scripted_repo_expect(&on, RESULT_NOT_FOUND);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(a_lock_that_names_nothing_is_garbled)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Item\":{\"order_id\":{\"S\":\"" ORDER "\"}}}"));
	find();
	scripted_repo_expect(&on, RESULT_GARBLED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Item\":{\"delivery_id\":{\"S\":\"" PARCEL
					 "\"},\"order_id\":{\"S\":\"short\"}}}"));
	find();
	scripted_repo_expect(&on, RESULT_GARBLED);
	ck_assert_ptr_null(found.delivery);
}
END_TEST

static void find_once(void *context)
{
	(void)context;
	on.aws.script.next_step = 0;
	if (!scripted_repo_enter(&on))
		return;
	find();
	/* A call that is made again takes the script's next step: it may say anything. */
	ck_assert(scripted_repo_run(&on) == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, LOCK, CONFIRMED("," SENT("shipped", "1", "")));
	alloc_fail_each(find_once, NULL);
}
END_TEST

Suite *delivery_number_suite(void)
{
	Suite *suite = suite_create("delivery_number");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_number_leads_to_its_delivery_and_order);
	tcase_add_test(tests, a_number_that_nobody_has_is_not_found_by_one_read);
	tcase_add_test(tests, a_number_that_was_given_up_meanwhile_is_not_found);
	tcase_add_test(tests, a_lock_that_names_nothing_is_garbled);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
