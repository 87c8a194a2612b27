#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "delivery_texts.h"
#include "repo/delivery_view.h"

static const struct order_part parts[] = {{TEA, 2}};
static const struct order order = {.id = ORDER};

static struct order_delivery delivery_of(enum delivery_status status)
{
	return (struct order_delivery){
		.id = PARCEL,
		.status = status,
		.carrier = span_of("dhl"),
		.tracking_number = span_of("1"),
		.parts = parts,
		.part_count = 1,
		.version = 3,
		.created_at = span_of("C"),
		.updated_at = span_of("U"),
	};
}

START_TEST(a_delivery_is_shown_as_in_its_order_and_more)
{
	struct order_delivery delivery = delivery_of(DELIVERY_PENDING);
	struct buf text = {0};
	char tag[DELIVERY_TAG_SIZE];

	buf_init(&text, 1000);
	delivery_view_write(&order, &delivery, &text);
	ck_assert_str_eq(buf_text(&text),
			 "{\"id\":\"" PARCEL "\",\"status\":\"pending\",\"carrier\":\"dhl\","
			 "\"tracking_number\":\"1\",\"lines\":[{\"product_id\":\"" TEA
			 "\",\"quantity\":2}],\"order_id\":\"" ORDER
			 "\",\"version\":3,\"created_at\":\"C\",\"updated_at\":\"U\"}");
	buf_reset(&text);
	delivery.tracking_status = span_of("failure");
	delivery.tracked_at = span_of("T");
	delivery_view_write(&order, &delivery, &text);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "\"tracking_status\":\"failure\""));
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "\"tracked_at\":\"T\""));
	buf_clear(&text);
	delivery_view_tag(&delivery, tag);
	ck_assert_str_eq(tag, "3");
}
END_TEST

static void show_once(void *context)
{
	const struct order_delivery delivery = delivery_of(DELIVERY_SHIPPED);
	struct buf text = {0};

	(void)context;
	buf_init(&text, 1000);
	delivery_view_write(&order, &delivery, &text);
	ck_assert_int_eq(buf_ok(&text), !alloc_has_failed());
	buf_clear(&text);
}

START_TEST(short_memory_is_remembered)
{
	alloc_fail_each(show_once, NULL);
}
END_TEST

Suite *delivery_view_suite(void)
{
	Suite *suite = suite_create("delivery_view");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, a_delivery_is_shown_as_in_its_order_and_more);
	tcase_add_test(tests, short_memory_is_remembered);
	suite_add_tcase(suite, tests);
	return suite;
}
