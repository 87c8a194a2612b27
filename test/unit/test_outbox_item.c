#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "repo/outbox_item.h"

#define ID "00000000-0000-4000-8000-000000000001"

static struct buf out;

static void set_up(void)
{
	buf_init(&out, 4096);
}

static void tear_down(void)
{
	buf_clear(&out);
}

START_TEST(an_event_is_written_with_what_it_is_about)
{
	outbox_item_write(
		&(struct outbox_event){
			.type = EVENT_STOCK_LOW,
			.subject_kind = "product",
			.subject_id = ID,
			.data = "{\"level\":\"low\"}",
			.wall_ms = 1000,
			.product_id = ID,
		},
		&out);
	ck_assert_str_eq(buf_text(&out), "\"type\":{\"S\":\"stock.low\"},"
					 "\"subject\":{\"S\":\"product/" ID "\"},"
					 "\"time\":{\"S\":\"1970-01-01T00:00:01.000Z\"},"
					 "\"data\":{\"S\":\"{\\\"level\\\":\\\"low\\\"}\"},"
					 "\"attempts\":{\"N\":\"0\"},"
					 "\"product_id\":{\"S\":\"" ID "\"}");
}
END_TEST

START_TEST(the_other_parts_of_the_store_are_there_when_given)
{
	outbox_item_write(
		&(struct outbox_event){
			.type = EVENT_ORDER_PLACED,
			.subject_kind = "order",
			.subject_id = ID,
			.data = "{}",
			.order_id = ID,
			.user_id = "u",
		},
		&out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"subject\":{\"S\":\"order/" ID "\"}"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out),
				     "\"order_id\":{\"S\":\"" ID "\"},\"user_id\":{\"S\":\"u\"}"));
	ck_assert_ptr_null(strstr(buf_text(&out), "product_id"));
}
END_TEST

START_TEST(the_events_of_a_subject_are_in_one_partition_of_the_shards)
{
	char id[ID_SIZE];
	char key[OUTBOX_KEY_SIZE];
	char again[OUTBOX_KEY_SIZE];
	unsigned seen = 0;

	for (int i = 0; i < 64; i++) {
		int shard = -1;

		id_make_random(id);
		outbox_item_key(id, 4, key);
		outbox_item_key(id, 4, again);
		ck_assert_str_eq(key, again);
		ck_assert_int_eq(sscanf(key, "OUT#%d", &shard), 1);
		ck_assert(shard >= 0 && shard < 4);
		seen |= 1U << shard;
	}
	ck_assert_uint_eq(seen, 15);
	outbox_item_key(id, 1, key);
	ck_assert_str_eq(key, "OUT#0");
}
END_TEST

Suite *outbox_item_suite(void)
{
	Suite *suite = suite_create("outbox_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_event_is_written_with_what_it_is_about);
	tcase_add_test(tests, the_other_parts_of_the_store_are_there_when_given);
	tcase_add_test(tests, the_events_of_a_subject_are_in_one_partition_of_the_shards);
	suite_add_tcase(suite, tests);
	return suite;
}
