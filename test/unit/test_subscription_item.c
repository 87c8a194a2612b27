#include <check.h>

#include "repo/subscription_item.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define USER "01900000-0000-7000-8000-000000000001"
#define MARK "11111111-1111-4111-8111-111111111111"

START_TEST(it_lasts_for_90_days)
{
	struct subscription subscription;

	subscription_init(&subscription, PRODUCT, USER, 1700000000123);
	ck_assert_str_eq(subscription.product_id, PRODUCT);
	ck_assert_str_eq(subscription.user_id, USER);
	ck_assert(id_is_valid(subscription.mark));
	ck_assert_int_eq(subscription.expires_ms - subscription.created_ms, 90 * INT64_C(86400000));
}
END_TEST

START_TEST(each_has_a_mark_of_its_own)
{
	struct subscription one;
	struct subscription other;

	subscription_init(&one, PRODUCT, USER, 0);
	subscription_init(&other, PRODUCT, USER, 0);
	ck_assert_str_ne(one.mark, other.mark);
}
END_TEST

START_TEST(its_partition_is_the_products_and_its_shard_the_users)
{
	char key[SUBSCRIPTION_KEY_SIZE];
	char shard[SUBSCRIPTION_KEY_SIZE];
	char sort[SUBSCRIPTION_SORT_SIZE];

	subscription_item_key(PRODUCT, USER, 4, key);
	subscription_item_shard(PRODUCT, id_hash(USER) & 3, shard);
	ck_assert_str_eq(key, shard);
	subscription_item_shard(PRODUCT, 255, shard);
	ck_assert_str_eq(shard, "SUB#" PRODUCT "#255");
	subscription_item_sort(USER, sort);
	ck_assert_str_eq(sort, "U#" USER);
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
	struct subscription subscription;
	struct subscription read = {0};
	struct item item;
	struct buf out = {0};
	struct buf members = {0};

	subscription_init(&subscription, PRODUCT, USER, 1700000000123);
	buf_init(&members, SUBSCRIPTION_ITEM_MAX);
	subscription_item_write(&subscription, &members);
	buf_init(&out, SUBSCRIPTION_ITEM_MAX);
	buf_add_format(&out, "{%s}", buf_text(&members));
	ck_assert(item_view(&item, (struct span){buf_text(&out), out.len}));
	ck_assert(subscription_item_read(&item, &read));
	ck_assert_str_eq(read.product_id, PRODUCT);
	ck_assert_str_eq(read.user_id, USER);
	ck_assert_str_eq(read.mark, subscription.mark);
	/* The time to live counts whole seconds. */
	ck_assert_int_eq(read.expires_ms, subscription.expires_ms / 1000 * 1000);
	ck_assert(span_equals(item_raw_string(&item, "created_at"), "2023-11-14T22:13:20.123Z"));
	ck_assert(span_equals(item_raw_string(&item, "expires_at"), "2024-02-12T22:13:20.123Z"));
	ck_assert(span_equals(item_raw_string(&item, "g1p"), "U#" USER));
	ck_assert(span_equals(item_raw_string(&item, "g1s"), "SUB#" PRODUCT));
	buf_clear(&members);
	buf_clear(&out);
}
END_TEST

#define ITEM(product, user, mark, ttl)                                       \
	"{\"product_id\":{\"S\":\"" product "\"},\"user_id\":{\"S\":\"" user \
	"\"},\"mark\":{\"S\":\"" mark "\"},\"ttl\":" ttl "}"

START_TEST(what_another_tool_has_made_of_it_is_not_read)
{
	static const char *const items[] = {
		ITEM("x", USER, MARK, "{\"N\":\"1\"}"),
		ITEM(PRODUCT, "", MARK, "{\"N\":\"1\"}"),
		ITEM(PRODUCT, USER, "11111111-1111-4111-8111-11111111111\\", "{\"N\":\"1\"}"),
		ITEM(PRODUCT, USER, MARK, "{\"S\":\"1\"}"),
		ITEM(PRODUCT, USER, MARK, "{\"N\":\"9223372036854775807\"}"),
		"{}",
	};
	struct subscription read = {.expires_ms = 7};
	struct item item;

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		(void)!item_view(&item, span_of(items[i]));
		ck_assert_msg(!subscription_item_read(&item, &read), "%s", items[i]);
		ck_assert_int_eq(read.expires_ms, 7);
	}
}
END_TEST

Suite *subscription_item_suite(void)
{
	Suite *suite = suite_create("subscription_item");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, it_lasts_for_90_days);
	tcase_add_test(tests, each_has_a_mark_of_its_own);
	tcase_add_test(tests, its_partition_is_the_products_and_its_shard_the_users);
	tcase_add_test(tests, what_is_written_can_be_read);
	tcase_add_test(tests, what_another_tool_has_made_of_it_is_not_read);
	suite_add_tcase(suite, tests);
	return suite;
}
