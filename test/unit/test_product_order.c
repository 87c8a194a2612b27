#include <check.h>
#include <string.h>

#include "repo/cursor.h"
#include "repo/product_order.h"

#define ID1 "00000000-0000-4000-8000-000000000001"
#define ID2 "00000000-0000-4000-8000-000000000002"

static struct buf first;
static struct buf second;

static void set_up(void)
{
	buf_init(&first, 1024 * 1024);
	buf_init(&second, 1024 * 1024);
}

static void tear_down(void)
{
	buf_clear(&first);
	buf_clear(&second);
}

static struct span position(enum product_order order, const char *entry, const char *id,
			    struct buf *out)
{
	struct item item;

	ck_assert(item_view(&item, span_of(entry)));
	product_order_position(order, &item, span_of(id), out);
	ck_assert(buf_ok(out));
	return (struct span){buf_text(out), out->len};
}

#define NAMED(name, id) "{\"g1s\":{\"S\":\"" name "\\t" id "\"}}"
#define PRICED(price) "{\"price\":{\"N\":\"" price "\"}}"
#define CREATED(time) "{\"created_at\":{\"S\":\"" time "\"}}"

START_TEST(entries_are_ordered_by_value_and_then_by_id)
{
	static const struct {
		enum product_order order;
		const char *first, *first_id, *second, *second_id;
	} table[] = {
		{PRODUCT_BY_NAME, NAMED("a", ID1), ID1, NAMED("b", ID1), ID1},
		{PRODUCT_BY_NAME, NAMED("a", ID1), ID1, NAMED("a", ID2), ID2},
		{PRODUCT_BY_NAME, NAMED("tea", ID2), ID2, NAMED("tea pot", ID1), ID1},
		{PRODUCT_BY_NAME, NAMED("z", ID2), ID2, NAMED("\\u00e9", ID1), ID1},
		{PRODUCT_BY_NAME, NAMED("a\\\"", ID2), ID2, NAMED("a#", ID1), ID1},
		{PRODUCT_BY_PRICE, PRICED("9"), ID2, PRICED("10"), ID1},
		{PRODUCT_BY_PRICE, PRICED("9.99"), ID2, PRICED("10"), ID1},
		{PRODUCT_BY_PRICE, PRICED("1.5"), ID1, PRICED("1.50"), ID2},
		{PRODUCT_BY_PRICE, PRICED("0.5"), ID2, PRICED("1E+30"), ID1},
		{PRODUCT_BY_PRICE, "{\"price\":{\"S\":\"x\"}}", ID2, PRICED("0.1"), ID1},
		{PRODUCT_BY_PRICE, PRICED("abc"), ID1, PRICED("0"), ID2},
		{PRODUCT_BY_CREATED, CREATED("2026-02"), ID1, CREATED("2026-01"), ID2},
		{PRODUCT_BY_CREATED, CREATED("2026-01"), ID2, CREATED("2026-01"), ID1},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum product_order order = table[i].order;
		selection_order compare = product_order_compare(order);
		struct span a = position(order, table[i].first, table[i].first_id, &first);
		struct span b = position(order, table[i].second, table[i].second_id, &second);

		ck_assert_msg(compare(a, b) < 0, "%s", table[i].first);
		ck_assert_int_gt(compare(b, a), 0);
		ck_assert_int_eq(compare(a, a), 0);
	}
}
END_TEST

START_TEST(a_position_becomes_the_index_key_that_it_was_made_of)
{
	struct span name = position(PRODUCT_BY_NAME, NAMED("tea \\\"x\\\"", ID1), ID1, &first);

	product_order_key(name, '\t', &second);
	ck_assert_str_eq(buf_text(&second), "tea \"x\"\t" ID1);
	buf_reset(&second);
	product_order_key(position(PRODUCT_BY_CREATED, CREATED("2026"), ID1, &first), '#', &second);
	ck_assert_str_eq(buf_text(&second), "2026#" ID1);
}
END_TEST

START_TEST(the_keys_of_an_entry_suffice_for_the_order_of_its_index)
{
	static const struct {
		enum product_order order;
		const char *key, *value;
	} table[] = {
		{PRODUCT_BY_NAME, NAMED("tea", ID1), "tea"},
		{PRODUCT_BY_CREATED, "{\"g2s\":{\"S\":\"2026#" ID1 "\"}}", "2026"},
		{PRODUCT_BY_CREATED, "{\"g2s\":{\"S\":\"x\"}}", "x"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct span found = position(table[i].order, table[i].key, ID1, &first);

		ck_assert_str_eq(found.data, table[i].value);
		ck_assert_str_eq(found.data + strlen(found.data) + 1, ID1);
	}
}
END_TEST

START_TEST(what_another_tool_has_written_gives_a_position_that_fits)
{
	char entry[3000] = "{\"created_at\":{\"S\":\"";

	memset(entry + strlen(entry), 'x', 2000);
	strcat(entry, "\"}}");
	ck_assert_uint_eq(position(PRODUCT_BY_CREATED, entry, ID1, &first).len,
			  CURSOR_POSITION_MAX);
	ck_assert_uint_eq(position(PRODUCT_BY_NAME, "{}", ID1, &first).len, 37);
	ck_assert_uint_eq(position(PRODUCT_BY_NAME, "{\"g1s\":{\"S\":\"x\"}}", ID1, &first).len,
			  38);
	ck_assert_uint_eq(position(PRODUCT_BY_CREATED, "{}", ID1, &first).len, 37);
}
END_TEST

Suite *product_order_suite(void)
{
	Suite *suite = suite_create("product_order");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, entries_are_ordered_by_value_and_then_by_id);
	tcase_add_test(tests, a_position_becomes_the_index_key_that_it_was_made_of);
	tcase_add_test(tests, the_keys_of_an_entry_suffice_for_the_order_of_its_index);
	tcase_add_test(tests, what_another_tool_has_written_gives_a_position_that_fits);
	suite_add_tcase(suite, tests);
	return suite;
}
