#include <check.h>
#include <stdio.h>
#include <string.h>

#include "aws/attribute.h"
#include "aws/item.h"

static const char item_text[] =
	"{\"pk\":{\"S\":\"P#1\"},\"price\" : {\"N\":\"19.99\"},\"version\":{\"N\":\"7\"},"
	"\"low\":{\"N\":\"-3\"},\"name\":{\"S\":\"a \\\"b\\\"\"},\"on\":{\"BOOL\":true}}";

START_TEST(an_item_is_viewed_in_place)
{
	struct item item;

	ck_assert(item_view(&item, span_of(item_text)));
	ck_assert_uint_eq(item.count, 6);
	ck_assert(span_equals(item_get(&item, "on"), "{\"BOOL\":true}"));
	ck_assert(span_equals(item_number(&item, "price"), "19.99"));
	ck_assert(span_equals(item_raw_string(&item, "name"), "a \\\"b\\\""));
	ck_assert_ptr_null(item_get(&item, "pric").data);
	ck_assert_ptr_null(item_get(&item, "prices").data);
	ck_assert_ptr_null(item_number(&item, "name").data);
	ck_assert_ptr_null(item_raw_string(&item, "price").data);
}
END_TEST

START_TEST(names_that_begin_alike_are_told_apart)
{
	static const char text[] =
		"{\"price\":{\"N\":\"1\"},\"\":{\"N\":\"2\"},\"p\":{\"N\":\"3\"},"
		"\"pr\":{\"N\":\"4\"},\"prices\":{\"N\":\"5\"},"
		"\"\xc3\xa4\":{\"N\":\"6\"},\"ps\":{\"N\":\"7\"}}";
	static const struct {
		const char *name;
		int64_t number;
	} table[] = {{"price", 1},  {"", 2},         {"p", 3}, {"pr", 4},
		     {"prices", 5}, {"\xc3\xa4", 6}, {"ps", 7}};
	static const char *const absent[] = {"pric", "P", "x", "\xc3", "priced", "pricesx"};
	struct item item;
	struct item copy;

	ck_assert(item_view(&item, span_of(text)));
	item_copy(&copy, &item);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t number = 0;

		ck_assert_msg(item_i64(&item, table[i].name, &number), "%s", table[i].name);
		ck_assert_int_eq(number, table[i].number);
		ck_assert_msg(item_i64(&copy, table[i].name, &number), "%s", table[i].name);
		ck_assert_int_eq(number, table[i].number);
	}
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		ck_assert_ptr_null(item_get(&copy, absent[i]).data);
}
END_TEST

START_TEST(integers_are_read_exactly_or_not_at_all)
{
	struct item item;
	uint64_t number = 5;
	int64_t with_sign = 5;

	ck_assert(item_view(&item, span_of(item_text)));
	ck_assert(item_u64(&item, "version", &number));
	ck_assert_uint_eq(number, 7);
	ck_assert(item_i64(&item, "low", &with_sign));
	ck_assert_int_eq(with_sign, -3);
	ck_assert(!item_u64(&item, "low", &number));
	ck_assert(!item_u64(&item, "price", &number));
	ck_assert(!item_u64(&item, "name", &number));
	ck_assert(!item_u64(&item, "none", &number));
	ck_assert_uint_eq(number, 7);
}
END_TEST

START_TEST(what_is_no_item_is_not_viewed)
{
	static const char *const texts[] = {"", "[]", "1", "{\"a\":1}",
					    "{\"a\":{\"S\":\"x\"},\"b\":[]}"};
	struct item item;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(!item_view(&item, span_of(texts[i])), "%s", texts[i]);
		ck_assert_uint_eq(item.count, 0);
	}
	ck_assert(!item_view(&item, (struct span){0}));
	ck_assert(item_view(&item, span_of("{}")));
}
END_TEST

START_TEST(an_item_has_at_most_64_attributes)
{
	struct item item;
	struct buf text;

	buf_init(&text, 10000);
	buf_add_char(&text, '{');
	for (int i = 0; i < ITEM_ATTRIBUTES_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "a%d", i);
		attribute_add_number(&text, name, "1");
	}
	buf_add_char(&text, '}');
	ck_assert(item_view(&item, (struct span){text.data, text.len}));
	text.len--;
	attribute_add_number(&text, "one_more", "1");
	buf_add_char(&text, '}');
	ck_assert(!item_view(&item, (struct span){text.data, text.len}));
	buf_clear(&text);
}
END_TEST

/* With an index, which has room for the first rows only, or without one. */
static void view_items(struct span array, const struct json_index *index)
{
	static const size_t counts[] = {2, 0, 0, 0, 1, 2, 1, 1};
	struct json_walk items;
	struct item item;

	json_walk_init(&items, array);
	items.index = index;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		ck_assert(item_view_next(&items, &item));
		ck_assert_uint_eq(item.count, counts[i]);
		if (i == 5)
			ck_assert(span_equals(item_number(&item, "e"), "5"));
	}
	ck_assert(span_equals(item_number(&item, "g"), "7"));
	ck_assert(!item_view_next(&items, &item));
}

START_TEST(the_items_of_an_array_are_viewed_one_after_the_other)
{
	static const char text[] =
		"{\"Items\":[{\"a\":{\"S\":\"}],\"},\"b\":{\"M\":{\"c\":{\"N\":\"1\"}}}}, {} ,"
		"{\"a\":1,\"b\":{\"N\":\"2\"}},[{\"a\":{\"N\":\"3\"}}],{\"d\":{\"N\":\"4\"}},"
		"{\"e\":{\"N\":\"5\"},\"s\":{\"S\":\"\"}},{\"f\":{\"N\":\"6\"}}, {\"g\":{\"N\":\"7\"}}]}";
	struct json_index index;
	struct json_walk items;
	struct item item;

	ck_assert(json_scan_check_object(span_of(text), &index));
	ck_assert_uint_eq(index.row_count, JSON_ROWS_MAX);
	view_items(index.member[0].value, &index);
	view_items(index.member[0].value, NULL);
	json_walk_init(&items, span_of("[]"));
	ck_assert(!item_view_next(&items, &item));
	json_walk_init(&items, (struct span){0});
	ck_assert(!item_view_next(&items, &item));
}
END_TEST

START_TEST(a_view_may_move_to_a_copy)
{
	char copy[sizeof(item_text)];
	struct item item;

	memcpy(copy, item_text, sizeof(copy));
	ck_assert(item_view(&item, span_of(item_text)));
	item_rebase(&item, item_text, copy);
	for (size_t i = 0; i < item.count; i++) {
		ck_assert(item.attribute[i].name.data > copy);
		ck_assert(item.attribute[i].value.data < copy + sizeof(copy));
	}
	ck_assert(span_equals(item_number(&item, "price"), "19.99"));
}
END_TEST

Suite *item_suite(void)
{
	Suite *all = suite_create("item");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, an_item_is_viewed_in_place);
	tcase_add_test(cases, names_that_begin_alike_are_told_apart);
	tcase_add_test(cases, integers_are_read_exactly_or_not_at_all);
	tcase_add_test(cases, what_is_no_item_is_not_viewed);
	tcase_add_test(cases, an_item_has_at_most_64_attributes);
	tcase_add_test(cases, the_items_of_an_array_are_viewed_one_after_the_other);
	tcase_add_test(cases, a_view_may_move_to_a_copy);
	suite_add_tcase(all, cases);
	return all;
}
