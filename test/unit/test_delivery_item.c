#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "delivery_texts.h"
#include "repo/delivery_item.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct order head;
static struct order_draft draft;

static void set_up(void)
{
	scripted_repo_init(&on);
	memcpy(head.id, ORDER, ID_SIZE);
	draft = (struct order_draft){
		.before = &head,
		.wall_ms = 1440938160000,
		.now = span_of("NOW"),
		.arena = &on.arena,
		.repo = &on.repo,
	};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static struct order_delivery delivery_of(const char *carrier, const char *number)
{
	return (struct order_delivery){
		.carrier = span_of(carrier),
		.tracking_number = span_of(number),
	};
}

static const char *key_of(const char *carrier, const char *number)
{
	static char keys[4][DELIVERY_KEY_SIZE];
	static unsigned next;
	struct order_delivery delivery = delivery_of(carrier, number);
	char *key = keys[next++ % 4];

	ck_assert(delivery_item_tracking_key(&on.repo, &delivery, key));
	return key;
}

START_TEST(numbers_of_one_carrier_have_keys_of_their_own)
{
	const char *key = key_of("dhl", "a \\\"b\\\"");

	ck_assert_uint_eq(strlen(key), sizeof("TRK#") - 1 + 64);
	ck_assert_int_eq(strncmp(key, "TRK#", 4), 0);
	ck_assert_str_eq(key, key_of("d\\u0068l", "a \\u0022b\\u0022"));
	ck_assert_str_ne(key, key_of("ups", "a \\\"b\\\""));
	ck_assert_str_ne(key_of("a", "bc"), key_of("ab", "c"));
}
END_TEST

START_TEST(a_new_delivery_points_to_its_order_and_takes_its_number)
{
	delivery_item_put_pointer(&draft, PARCEL);
	delivery_item_take_number(&draft, "TRK#1", PARCEL);
	delivery_item_free_number(&draft, "TRK#2");
	ck_assert_int_eq(draft.failed, RESULT_OK);
	ck_assert_uint_eq(draft.write_count, 3);
	ck_assert_int_eq(draft.writes[0].action, DYNAMODB_PUT);
	ck_assert_str_eq(draft.writes[0].key.pk, "D#" PARCEL);
	ck_assert_str_eq(draft.writes[0].key.sk, "#");
	ck_assert_str_eq(draft.writes[0].item, "\"order_id\":{\"S\":\"" ORDER "\"}");
	ck_assert_ptr_null(draft.writes[0].condition);
	ck_assert_str_eq(draft.writes[1].key.pk, "TRK#1");
	ck_assert_str_eq(draft.writes[1].condition, "attribute_not_exists(#p)");
	ck_assert_str_eq(draft.writes[1].names, "{\"#p\":\"pk\"}");
	ck_assert_str_eq(draft.writes[1].item, "\"delivery_id\":{\"S\":\"" PARCEL
					       "\"},\"order_id\":{\"S\":\"" ORDER "\"}");
	ck_assert_int_eq(draft.writes[2].action, DYNAMODB_DELETE);
	ck_assert_str_eq(draft.writes[2].key.pk, "TRK#2");
	ck_assert_ptr_null(draft.writes[2].condition);
}
END_TEST

START_TEST(an_event_is_seen_by_delivery_and_id_for_thirty_days)
{
	struct delivery_report report = {
		.event_id = "a\"b",
		.status = TRACKING_FAILURE,
		.time = "2015-08-30T10:00:00.000Z",
		.place = "Graz",
	};

	delivery_item_put_seen(&draft, PARCEL, &report);
	delivery_item_put_seen(&draft, ORDER, &report);
	report.place = NULL;
	delivery_item_put_seen(&draft, PARCEL, &report);
	ck_assert_int_eq(draft.failed, RESULT_OK);
	ck_assert_str_eq(draft.writes[0].item,
			 "\"event_id\":{\"S\":\"a\\\"b\"},\"delivery_id\":{\"S\":\"" PARCEL
			 "\"},\"order_id\":{\"S\":\"" ORDER
			 "\"},\"tracking_status\":{\"S\":\"failure\"},\"time\":{\"S\":"
			 "\"2015-08-30T10:00:00.000Z\"},\"place\":{\"S\":\"Graz\"},"
			 "\"created_at\":{\"S\":\"NOW\"},\"ttl\":{\"N\":\"1443530160\"}");
	ck_assert_str_eq(draft.writes[0].values, "{\":now\":{\"N\":\"1440938160\"}}");
	ck_assert_str_eq(draft.writes[0].names, "{\"#p\":\"pk\",\"#t\":\"ttl\"}");
	ck_assert_str_eq(draft.writes[0].key.pk, draft.writes[2].key.pk);
	ck_assert_str_ne(draft.writes[0].key.pk, draft.writes[1].key.pk);
}
END_TEST

static void make_once(void *context)
{
	struct order_delivery delivery = delivery_of("dhl", "1");
	char key[DELIVERY_KEY_SIZE] = "TRK#";
	const struct delivery_report report = {.event_id = "e", .time = "T"};
	bool is_made = delivery_item_tracking_key(&on.repo, &delivery, key);

	(void)context;
	draft.write_count = 0;
	draft.failed = RESULT_OK;
	delivery_item_put_pointer(&draft, PARCEL);
	delivery_item_take_number(&draft, key, PARCEL);
	delivery_item_free_number(&draft, key);
	delivery_item_put_seen(&draft, PARCEL, &report);
	ck_assert_int_eq(is_made && draft.failed == RESULT_OK, !alloc_has_failed());
	arena_clear(&on.arena);
}

START_TEST(short_memory_fails_the_draft)
{
	alloc_fail_each(make_once, NULL);
}
END_TEST

Suite *delivery_item_suite(void)
{
	Suite *suite = suite_create("delivery_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, numbers_of_one_carrier_have_keys_of_their_own);
	tcase_add_test(tests, a_new_delivery_points_to_its_order_and_takes_its_number);
	tcase_add_test(tests, an_event_is_seen_by_delivery_and_id_for_thirty_days);
	tcase_add_test(tests, short_memory_fails_the_draft);
	suite_add_tcase(suite, tests);
	return suite;
}
