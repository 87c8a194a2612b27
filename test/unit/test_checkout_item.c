#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/checkout_item.h"

static struct arena arena;
static struct stored_checkout stored;
static struct buf out;

static void set_up(void)
{
	buf_init(&out, CHECKOUT_ITEM_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
	arena_clear(&arena);
}

static enum result read(const char *text)
{
	return checkout_item_read(span_of(text), ORDER, 1440938160, &arena, &stored);
}

START_TEST(it_is_written_as_it_is_read)
{
	struct stored_checkout again;
	struct buf item = {0};

	ck_assert_int_eq(read(CHECKOUT_ITEM("held", LATER, "3", ",\"email\":{\"S\":\"e\"}")),
			 RESULT_OK);
	checkout_item_write(&stored.checkout, 4, &out);
	buf_init(&item, CHECKOUT_ITEM_MAX);
	buf_add_format(&item, "{%s}", buf_text(&out));
	ck_assert_int_eq(checkout_item_read((struct span){buf_text(&item), item.len}, ORDER, 0,
					    &arena, &again),
			 RESULT_OK);
	ck_assert_int_eq(again.checkout.total, 750);
	ck_assert_uint_eq(again.checkout.version, 3);
	ck_assert_uint_eq(again.checkout.count, 2);
	ck_assert_int_eq(again.checkout.lines[1].quantity, 2);
	ck_assert(span_equals(again.checkout.email, "e"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"g2s\":{\"S\":\"" LATER "#" ORDER "\"}"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"g2p\":{\"S\":\"EXP#"));
	buf_clear(&item);
}
END_TEST

START_TEST(its_end_is_for_some_days_and_then_it_is_gone)
{
	ck_assert_int_eq(read(CHECKOUT_ITEM("used", BEFORE, "2",
					    ",\"ttl\":{\"N\":\"1440938161\"}")),
			 RESULT_OK);
	ck_assert_int_eq(read(CHECKOUT_ITEM("used", BEFORE, "2",
					    ",\"ttl\":{\"N\":\"1440938160\"}")),
			 RESULT_NOT_FOUND);
	ck_assert_int_eq(checkout_item_read((struct span){0}, ORDER, 0, &arena, &stored),
			 RESULT_NOT_FOUND);
}
END_TEST

START_TEST(what_cannot_be_understood_is_garbled)
{
	ck_assert_int_eq(read("{}"), RESULT_GARBLED);
	ck_assert_int_eq(read(CHECKOUT_ITEM("lost", LATER, "1", "")), RESULT_GARBLED);
	ck_assert_int_eq(read(CHECKOUT_ITEM("held", LATER LATER, "1", "")), RESULT_GARBLED);
}
END_TEST

START_TEST(it_is_shown_with_what_changed)
{
	ck_assert_int_eq(read(CHECKOUT_ITEM("used", LATER, "3", ",\"email\":{\"S\":\"e\"}")),
			 RESULT_OK);
	stored.checkout.lines[1].was = span_of("9");
	checkout_item_show(&stored.checkout, &out);
	ck_assert_str_eq(
		buf_text(&out),
		"{\"id\":\"" ORDER "\",\"cart_id\":\"" CART "\",\"user_id\":\"" USER
		"\",\"status\":\"used\",\"address\":{\"city\":\"Ulm\"},\"email\":\"e\",\"lines\":["
		"{\"product_id\":\"" TEA "\",\"name\":\"a \\\"" TEA
		"\\\"\",\"price\":1.5,\"quantity\":3,\"total\":4.5},{\"product_id\":\"" POT
		"\",\"name\":\"a \\\"" POT
		"\\\"\",\"price\":1.5,\"quantity\":2,\"total\":3}],\"total\":7.5,\"currency\":"
		"\"EUR\",\"price_changes\":[{\"product_id\":\"" POT
		"\",\"was\":9,\"now\":1.5}],\"expires_at\":\"" LATER
		"\",\"extended\":false,\"order_id\":\"" ORDER
		"\",\"version\":3,\"created_at\":\"" BEFORE "\",\"updated_at\":\"" BEFORE "\"}");
}
END_TEST

static void read_once(void *context)
{
	struct arena own = {0};
	struct stored_checkout read_into;
	enum result result = checkout_item_read(span_of(HELD), ORDER, 0, &own, &read_into);

	(void)context;
	ck_assert_int_eq(result, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	arena_clear(&own);
}

START_TEST(short_memory_is_a_failure)
{
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *checkout_item_suite(void)
{
	Suite *suite = suite_create("checkout_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_written_as_it_is_read);
	tcase_add_test(tests, its_end_is_for_some_days_and_then_it_is_gone);
	tcase_add_test(tests, what_cannot_be_understood_is_garbled);
	tcase_add_test(tests, it_is_shown_with_what_changed);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
