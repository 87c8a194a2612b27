#include <check.h>
#include <string.h>

#include "notify/restock_event.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define JO "01900000-0000-7000-8000-000000000001"
#define AL "01900000-0000-7000-8000-000000000002"

static const struct restock first = {
	.id = "0193658c-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
	.product_id = PRODUCT,
	.time = "2024-11-26T09:15:00.123Z",
	.data = "{\"available\":5}",
};
static struct digest *digest;

static void set_up(void)
{
	digest = digest_new();
}

static void tear_down(void)
{
	digest_free(digest);
}

START_TEST(it_says_what_the_restock_says_to_one_user)
{
	struct restock_event event;

	ck_assert(restock_event_init(&event, &first, JO, digest));
	ck_assert_int_eq(event.told.type, EVENT_STOCK_BACK);
	ck_assert(span_equals(event.told.subject, "product/" PRODUCT));
	ck_assert(span_equals(event.told.time, first.time));
	ck_assert(span_equals(event.told.data, first.data));
	ck_assert(span_equals(event.told.user_id, JO));
	ck_assert(span_equals(event.told.product_id, PRODUCT));
	ck_assert_ptr_null(event.told.order_id.data);
}
END_TEST

START_TEST(its_id_is_a_uuid_of_version_7_with_the_restocks_time)
{
	struct restock_event event;

	ck_assert(restock_event_init(&event, &first, JO, digest));
	ck_assert(id_is_valid(event.id));
	ck_assert_mem_eq(event.id, "0193658c-1a2b-7", 15);
	ck_assert_ptr_nonnull(strchr("89ab", event.id[19]));
	/* For good: what is told again by a later version has the same one. */
	ck_assert_str_eq(event.id, "0193658c-1a2b-71cc-99a5-6335a68f045c");
}
END_TEST

START_TEST(it_is_the_same_again_and_another_for_each_user_and_restock)
{
	struct restock second = first;
	struct restock_event one;
	struct restock_event other;

	ck_assert(restock_event_init(&one, &first, JO, digest));
	ck_assert(restock_event_init(&other, &first, JO, digest));
	ck_assert_str_eq(one.id, other.id);
	ck_assert(restock_event_init(&other, &first, AL, digest));
	ck_assert_str_ne(one.id, other.id);
	second.id[ID_LEN - 1] = 'e';
	ck_assert(restock_event_init(&other, &second, JO, digest));
	ck_assert_str_ne(one.id, other.id);
}
END_TEST

Suite *restock_event_suite(void)
{
	Suite *suite = suite_create("restock_event");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_says_what_the_restock_says_to_one_user);
	tcase_add_test(tests, its_id_is_a_uuid_of_version_7_with_the_restocks_time);
	tcase_add_test(tests, it_is_the_same_again_and_another_for_each_user_and_restock);
	suite_add_tcase(suite, tests);
	return suite;
}
