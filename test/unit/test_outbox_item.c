#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
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

/* ---- several events at once ---- */

enum { EVENTS = 20 };

static struct outbox_event events[EVENTS];
static char subjects[EVENTS][ID_SIZE];
static struct outbox_group group;

static void make_events(void)
{
	for (size_t i = 0; i < EVENTS; i++) {
		id_make_random(subjects[i]);
		events[i] = (struct outbox_event){.type = EVENT_STOCK_LOW,
						  .subject_kind = "product",
						  .subject_id = subjects[i],
						  .data = "{\"a\":\"b\"}",
						  .product_id = subjects[i]};
	}
	group = (struct outbox_group){0};
}

START_TEST(events_that_fit_have_an_item_each)
{
	struct dynamodb_write writes[OUTBOX_GROUP_MAX];
	char key[OUTBOX_KEY_SIZE];

	make_events();
	ck_assert(outbox_group_make(events, 3, 4, 3, &group));
	ck_assert_uint_eq(group.count, 3);
	outbox_group_write(&group, writes);
	for (size_t i = 0; i < 3; i++) {
		outbox_item_key(subjects[i], 4, key);
		ck_assert_str_eq(writes[i].key.pk, key);
		ck_assert(id_is_valid(writes[i].key.sk));
		ck_assert_ptr_nonnull(strstr(writes[i].item, subjects[i]));
		ck_assert_ptr_null(strstr(writes[i].item, "\"events\""));
	}
	outbox_group_clear(&group);
}
END_TEST

START_TEST(more_of_them_share_an_item_with_those_of_their_shard)
{
	char key[OUTBOX_KEY_SIZE];

	make_events();
	ck_assert(outbox_group_make(events, EVENTS, 4, 6, &group));
	ck_assert_uint_le(group.count, 4);
	for (size_t i = 0; i < EVENTS; i++) {
		size_t found = 0;

		outbox_item_key(subjects[i], 4, key);
		for (size_t g = 0; g < group.count; g++) {
			if (!strstr(buf_text(&group.items[g].members), subjects[i]))
				continue;
			ck_assert_str_eq(group.items[g].key, key);
			found++;
		}
		ck_assert_uint_eq(found, 1);
	}
	ck_assert_ptr_nonnull(
		strstr(buf_text(&group.items[0].members), "\\\"type\\\":\\\"stock.low\\\""));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&group.items[0].members), "\\\"data\\\":{\\\"a\\\":\\\"b\\\"}"));
	outbox_group_clear(&group);
}
END_TEST

START_TEST(where_there_are_more_shards_than_room_the_last_item_takes_the_rest)
{
	make_events();
	ck_assert(outbox_group_make(events, EVENTS, 256, 2, &group));
	ck_assert_uint_eq(group.count, 2);
	for (size_t i = 1; i < EVENTS; i++)
		ck_assert(strstr(buf_text(&group.items[0].members), subjects[i]) ||
			  strstr(buf_text(&group.items[1].members), subjects[i]));
	outbox_group_clear(&group);
}
END_TEST

static void group_once(void *context)
{
	(void)context;
	group = (struct outbox_group){0};
	ck_assert_int_eq(outbox_group_make(events, EVENTS, 4, 6, &group), !alloc_has_failed());
	outbox_group_clear(&group);
}

START_TEST(short_memory_for_a_group_is_noticed)
{
	make_events();
	alloc_fail_each(group_once, NULL);
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
	tcase_add_test(tests, events_that_fit_have_an_item_each);
	tcase_add_test(tests, more_of_them_share_an_item_with_those_of_their_shard);
	tcase_add_test(tests, where_there_are_more_shards_than_room_the_last_item_takes_the_rest);
	tcase_add_test(tests, short_memory_for_a_group_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
