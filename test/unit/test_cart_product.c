#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_product.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct cart cart;
static struct cart_products products;
static struct cart_product_read under_way;
static unsigned done_count;

static void on_done(struct cart_product_read *read, enum result result)
{
	ck_assert_ptr_eq(read, &under_way);
	done_count++;
	await_finish(&on.await, result);
}

static void start(const char *extra)
{
	under_way = (struct cart_product_read){.repo = &on.repo,
					       .await = &on.await,
					       .cart = &cart,
					       .extra = extra,
					       .done = on_done,
					       .out = &products};
	await_start(&on.await);
	cart_product_read(&under_way);
}

static void add_line(const char *id)
{
	memcpy(cart.lines[cart.count++].product_id, id, ID_SIZE);
}

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&cart, 0, sizeof(cart));
	memset(&products, 0, sizeof(products));
	done_count = 0;
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

START_TEST(both_items_of_each_product_are_read_in_one_batch)
{
	const struct cart_product *tea;

	add_line(TEA);
	SCRIPT_PLAY(&on.aws.script, BATCH(PRODUCT(TEA, "2.5", "EUR")));
	start(POT);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_operation(&on, 0, "BatchGetItem");
	ck_assert_sent(&on, 0,
		       "\"Keys\":[{\"pk\":{\"S\":\"P#" TEA "\"},\"sk\":{\"S\":\"#\"}},"
		       "{\"pk\":{\"S\":\"P#" TEA "\"},\"sk\":{\"S\":\"STOCK\"}},"
		       "{\"pk\":{\"S\":\"P#" POT "\"},\"sk\":{\"S\":\"#\"}},"
		       "{\"pk\":{\"S\":\"P#" POT "\"},\"sk\":{\"S\":\"STOCK\"}}],"
		       "\"ProjectionExpression\":\"#p, sk, #n, price, currency, #l\"");
	ck_assert_not_sent(&on, 0, "ConsistentRead");
	tea = cart_product_find(&products, TEA);
	ck_assert(span_equals(tea->name, "new " TEA));
	ck_assert(span_equals(tea->price, "2.5"));
	ck_assert(span_equals(tea->currency, "EUR"));
	ck_assert(span_equals(tea->level, "low"));
	ck_assert_ptr_null(cart_product_find(&products, POT)->price.data);
	ck_assert_ptr_null(cart_product_find(&products, CART));
}
END_TEST

START_TEST(what_is_known_is_not_read_again)
{
	add_line(TEA);
	SCRIPT_PLAY(&on.aws.script, BATCH(PRODUCT(TEA, "2.5", "EUR")));
	start(TEA);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(products.count, 1);
	on.is_done = false;
	start(TEA);
	ck_assert(on.is_done);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(done_count, 2);
}
END_TEST

START_TEST(an_empty_cart_reads_nothing)
{
	start(NULL);
	ck_assert(on.is_done);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(a_full_cart_is_two_batches)
{
	for (int i = 0; i < CART_LINES_MAX; i++) {
		char id[ID_SIZE];

		snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012d", i);
		add_line(id);
	}
	SCRIPT_PLAY(&on.aws.script, BATCH(""), BATCH(PRODUCT(TEA, "2.5", "EUR")));
	start(TEA);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_sent(&on, 0, "000000000049");
	ck_assert_not_sent(&on, 0, "000000000050");
	ck_assert_sent(&on, 1, "000000000050");
	ck_assert(span_equals(cart_product_find(&products, TEA)->price, "2.5"));
}
END_TEST

START_TEST(a_failure_leaves_nothing_half_known)
{
	add_line(TEA);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	start(NULL);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert_uint_eq(products.count, 0);
}
END_TEST

START_TEST(items_of_others_are_not_taken)
{
	add_line(TEA);
	SCRIPT_PLAY(&on.aws.script, BATCH(PRODUCT(POT, "2.5", "EUR") ",{\"pk\":{\"S\":\"x\"}},7"));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_ptr_null(cart_product_find(&products, TEA)->price.data);
}
END_TEST

static void read_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	products.count = 0;
	start(NULL);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	ck_assert_int_eq(products.count > 0, result == RESULT_OK);
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	add_line(TEA);
	SCRIPT_PLAY(&on.aws.script, BATCH(PRODUCT(TEA, "2.5", "EUR")));
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *cart_product_suite(void)
{
	Suite *suite = suite_create("cart_product");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, both_items_of_each_product_are_read_in_one_batch);
	tcase_add_test(tests, what_is_known_is_not_read_again);
	tcase_add_test(tests, an_empty_cart_reads_nothing);
	tcase_add_test(tests, a_full_cart_is_two_batches);
	tcase_add_test(tests, a_failure_leaves_nothing_half_known);
	tcase_add_test(tests, items_of_others_are_not_taken);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
