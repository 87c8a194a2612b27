#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/stock_write.h"
#include "scripted_repo.h"

#define ID "00000000-0000-4000-8000-000000000001"

static struct scripted_repo on;
static struct stock_writes writes;
static struct stock_change change;

static void set_up(void)
{
	scripted_repo_init(&on);
	writes = (struct stock_writes){0};
	change = (struct stock_change){.product_id = ID, .reason = "sold"};
	change.before = stock_open(&(struct stock_opening){20, true, 5});
	change.before.version = 7;
}

static void tear_down(void)
{
	stock_writes_clear(&writes);
	scripted_repo_clear(&on);
}

static void make_adjustment(int64_t delta, bool is_on_range)
{
	struct stock_decision decision = stock_adjust(&change.before, delta);

	ck_assert_int_eq(decision.verdict, STOCK_FINE);
	change.after = decision.after;
	change.range = is_on_range ? &decision.range : NULL;
	ck_assert(stock_writes_make(&on.repo, &change, &writes));
}

static void make_count(struct stock_count count)
{
	struct stock_decision decision = stock_recount(&change.before, &count);

	ck_assert_int_eq(decision.verdict, STOCK_FINE);
	change.after = decision.after;
	ck_assert(stock_writes_make(&on.repo, &change, &writes));
}

START_TEST(within_a_level_the_condition_is_a_range)
{
	make_adjustment(-3, true);
	ck_assert_uint_eq(writes.count, 2);
	ck_assert_int_eq(writes.write[0].action, DYNAMODB_UPDATE);
	ck_assert_str_eq(writes.write[0].key.pk, "P#" ID);
	ck_assert_str_eq(writes.write[0].key.sk, "STOCK");
	ck_assert_str_eq(writes.write[0].update, "ADD available :d, version :one");
	ck_assert_str_eq(writes.write[0].condition,
			 "#l = :l AND available BETWEEN :min AND :max AND reserved <= :r AND "
			 "low_stock_at = :m");
	ck_assert_str_eq(writes.write[0].names, "{\"#l\":\"level\"}");
	ck_assert_str_eq(writes.write[0].values,
			 "{\":d\":{\"N\":\"-3\"},\":one\":{\"N\":\"1\"},\":l\":{\"S\":\"in\"},"
			 "\":min\":{\"N\":\"9\"},\":max\":{\"N\":\"4398046511107\"},"
			 "\":r\":{\"N\":\"4398046511104\"},\":m\":{\"N\":\"5\"}}");
	ck_assert_uint_eq(writes.write[0].expected_version, 0);
}
END_TEST

START_TEST(without_a_mark_the_range_says_so)
{
	change.before.has_low_mark = false;
	change.before.low_stock_at = 0;
	make_adjustment(-3, true);
	ck_assert_ptr_nonnull(
		strstr(writes.write[0].condition, "attribute_not_exists(low_stock_at)"));
	ck_assert_ptr_null(strstr(writes.write[0].values, ":m\""));
}
END_TEST

START_TEST(what_must_be_known_beforehand_names_the_version)
{
	make_adjustment(-3, false);
	ck_assert_str_eq(writes.write[0].update, "ADD available :d, version :one");
	ck_assert_str_eq(writes.write[0].condition, "version = :v");
	ck_assert_str_eq(writes.write[0].values,
			 "{\":d\":{\"N\":\"-3\"},\":one\":{\"N\":\"1\"},\":v\":{\"N\":\"7\"}}");
	ck_assert_ptr_null(writes.write[0].names);
	ck_assert_uint_eq(writes.write[0].expected_version, 7);
}
END_TEST

START_TEST(a_movement_tells_what_came_or_went)
{
	change.reference = "order 1";
	make_adjustment(-3, true);
	ck_assert_int_eq(writes.write[1].action, DYNAMODB_PUT);
	ck_assert_str_eq(writes.write[1].key.pk, "M#" ID);
	ck_assert(id_is_valid(writes.write[1].key.sk));
	ck_assert_str_eq(writes.write[1].item,
			 "\"delta\":{\"N\":\"-3\"},\"reason\":{\"S\":\"sold\"},"
			 "\"reference\":{\"S\":\"order 1\"},"
			 "\"time\":{\"S\":\"2015-08-30T12:36:00.000Z\"},\"by\":{\"S\":\"staff\"},"
			 "\"ttl\":{\"N\":\"1475498160\"}");
}
END_TEST

START_TEST(crossing_a_level_moves_the_shelf_and_is_an_event)
{
	make_adjustment(-15, true);
	ck_assert_uint_eq(writes.count, 3);
	ck_assert_str_eq(writes.write[0].update,
			 "SET #l = :l, g2p = :s, g2s = :id ADD available :d, version :one");
	ck_assert_str_eq(writes.write[0].condition, "version = :v");
	ck_assert_str_eq(writes.write[0].values,
			 "{\":l\":{\"S\":\"low\"},\":s\":{\"S\":\"LVL#low\"},\":id\":{\"S\":\"" ID
			 "\"},\":d\":{\"N\":\"-15\"},\":one\":{\"N\":\"1\"},"
			 "\":v\":{\"N\":\"7\"}}");
	ck_assert_int_eq(writes.write[2].action, DYNAMODB_PUT);
	ck_assert_int_eq(strncmp(writes.write[2].key.pk, "OUT#", 4), 0);
	ck_assert(id_is_valid(writes.write[2].key.sk));
	ck_assert_ptr_nonnull(strstr(writes.write[2].item, "\"type\":{\"S\":\"stock.low\"}"));
	ck_assert_ptr_nonnull(
		strstr(writes.write[2].item,
		       "\"data\":{\"S\":\"{\\\"product_id\\\":\\\"" ID
		       "\\\",\\\"level\\\":\\\"low\\\",\\\"available\\\":5,"
		       "\\\"on_hand\\\":5,\\\"low_stock_at\\\":5,\\\"version\\\":8}\"}"));
}
END_TEST

START_TEST(back_in_stock_leaves_the_shelf)
{
	change.before = stock_open(&(struct stock_opening){0, false, 0});
	make_adjustment(4, true);
	ck_assert_str_eq(writes.write[0].update,
			 "SET #l = :l REMOVE g2p, g2s ADD available :d, version :one");
	ck_assert_ptr_nonnull(strstr(writes.write[2].item, "stock.in"));
	ck_assert_ptr_null(strstr(writes.write[2].item, "low_stock_at"));
}
END_TEST

START_TEST(a_mark_alone_is_one_write)
{
	make_count((struct stock_count){.sets_low_mark = true,
					.has_low_mark = true,
					.low_stock_at = 6});
	ck_assert_uint_eq(writes.count, 1);
	ck_assert_str_eq(writes.write[0].update,
			 "SET low_stock_at = :m ADD available :d, version :one");
	stock_writes_clear(&writes);
	make_count((struct stock_count){.sets_low_mark = true});
	ck_assert_uint_eq(writes.count, 1);
	ck_assert_str_eq(writes.write[0].update,
			 "REMOVE low_stock_at ADD available :d, version :one");
}
END_TEST

START_TEST(a_count_may_change_it_all)
{
	make_count((struct stock_count){.has_on_hand = true,
					.on_hand = 2,
					.sets_low_mark = true,
					.has_low_mark = true,
					.low_stock_at = 2});
	ck_assert_uint_eq(writes.count, 3);
	ck_assert_str_eq(writes.write[0].update,
			 "SET #l = :l, g2p = :s, g2s = :id, low_stock_at = :m "
			 "ADD available :d, version :one");
	stock_writes_clear(&writes);
	change.before.available = 3;
	change.before.level = STOCK_LOW;
	make_count((struct stock_count){.has_on_hand = true, .on_hand = 4, .sets_low_mark = true});
	ck_assert_str_eq(writes.write[0].update, "SET #l = :l REMOVE g2p, g2s, low_stock_at "
						 "ADD available :d, version :one");
}
END_TEST

static void make_once(void *context)
{
	struct stock_writes own = {0};

	(void)context;
	ck_assert_int_eq(stock_writes_make(&on.repo, &change, &own), !alloc_has_failed());
	stock_writes_clear(&own);
}

START_TEST(short_memory_is_noticed)
{
	change.after = stock_adjust(&change.before, -15).after;
	alloc_fail_each(make_once, NULL);
}
END_TEST

Suite *stock_write_suite(void)
{
	Suite *suite = suite_create("stock_write");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, within_a_level_the_condition_is_a_range);
	tcase_add_test(tests, without_a_mark_the_range_says_so);
	tcase_add_test(tests, what_must_be_known_beforehand_names_the_version);
	tcase_add_test(tests, a_movement_tells_what_came_or_went);
	tcase_add_test(tests, crossing_a_level_moves_the_shelf_and_is_an_event);
	tcase_add_test(tests, back_in_stock_leaves_the_shelf);
	tcase_add_test(tests, a_mark_alone_is_one_write);
	tcase_add_test(tests, a_count_may_change_it_all);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
