#include <check.h>

#include "domain/event.h"

START_TEST(each_event_is_found_by_its_name)
{
	for (int i = 0; i < EVENT_TYPES; i++) {
		enum event_type found = EVENT_TYPES;

		ck_assert(event_find(span_of(event_name((enum event_type)i)), &found));
		ck_assert_int_eq(found, i);
	}
}
END_TEST

START_TEST(other_names_are_none)
{
	static const char *const names[] = {"", "order", "order.placed.", "ORDER.PLACED",
					    "stock.back "};
	enum event_type found = EVENT_TYPES;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert(!event_find(span_of(names[i]), &found));
	ck_assert_int_eq(found, EVENT_TYPES);
}
END_TEST

START_TEST(levels_of_stock_are_the_shops_business)
{
	ck_assert(!event_is_for_users(EVENT_STOCK_LOW));
	ck_assert(!event_is_for_users(EVENT_PAYMENT_ORPHANED));
	ck_assert(event_is_for_users(EVENT_STOCK_BACK));
	ck_assert(event_is_for_users(EVENT_ORDER_PLACED));
}
END_TEST

Suite *event_suite(void)
{
	Suite *suite = suite_create("event");
	TCase *events = tcase_create("events");

	tcase_add_test(events, each_event_is_found_by_its_name);
	tcase_add_test(events, other_names_are_none);
	tcase_add_test(events, levels_of_stock_are_the_shops_business);
	suite_add_tcase(suite, events);
	return suite;
}
