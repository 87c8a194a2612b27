#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/selection.h"

static struct selection selection;

static void tear_down(void)
{
	selection_clear(&selection);
}

static int by_bytes(struct span a, struct span b)
{
	return strcmp(a.data, b.data);
}

static void begin(size_t limit, const char *after)
{
	selection_clear(&selection);
	selection = (struct selection){0};
	selection_init(&selection, by_bytes, limit, after ? span_of(after) : (struct span){0});
}

static void offer(const char *position)
{
	char text[64];

	snprintf(text, sizeof(text), "text of %s", position);
	selection_offer(&selection, span_of(position), span_of(text));
}

static void ck_assert_selected(const char *expected)
{
	char all[256] = "";

	for (size_t i = 0; i < selection.count; i++) {
		struct span position = selection_position(&selection, i);
		char text[64];

		snprintf(text, sizeof(text), "text of %s", position.data);
		ck_assert_str_eq(selection_text(&selection, i).data, text);
		strcat(all, position.data);
	}
	ck_assert_str_eq(all, expected);
}

START_TEST(the_first_are_kept_in_order_whatever_order_they_come_in)
{
	static const char *const table[][2] = {
		{"", ""},          {"a", "a"},        {"cab", "abc"},     {"abcdef", "abc"},
		{"fedcba", "abc"}, {"bdface", "abc"}, {"zzyyxxa", "axy"}, {"cbacba", "abc"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin(3, NULL);
		for (const char *at = table[i][0]; *at; at++)
			offer((char[]){*at, '\0'});
		ck_assert_selected(table[i][1]);
	}
}
END_TEST

START_TEST(only_what_is_behind_the_given_position_counts)
{
	begin(3, "c");
	for (const char *at = "hgfedcba"; *at; at++)
		offer((char[]){*at, '\0'});
	ck_assert_selected("def");
}
END_TEST

START_TEST(beyond_is_known_only_when_it_is_full)
{
	begin(2, NULL);
	offer("b");
	ck_assert(!selection_is_beyond(&selection, span_of("z")));
	offer("d");
	ck_assert(selection_is_beyond(&selection, span_of("e")));
	ck_assert(selection_is_beyond(&selection, span_of("d")));
	ck_assert(!selection_is_beyond(&selection, span_of("c")));
	offer("a");
	ck_assert(selection_is_beyond(&selection, span_of("c")));
}
END_TEST

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

START_TEST(it_agrees_with_sorting_everything)
{
	static char all[1000][8];

	srand(7);
	for (int round = 0; round < 20; round++) {
		begin(SELECTION_MAX, NULL);
		for (size_t i = 0; i < 1000; i++) {
			snprintf(all[i], sizeof(all[i]), "%06d", rand() % 1000000);
			offer(all[i]);
		}
		qsort(all, 1000, sizeof(all[0]), compare_texts);
		ck_assert_uint_eq(selection.count, SELECTION_MAX);
		for (size_t i = 0, at = 0; i < SELECTION_MAX; i++, at++) {
			while (at > 0 && strcmp(all[at], all[at - 1]) == 0)
				at++; /* the same twice is one entry */
			ck_assert_str_eq(selection_position(&selection, i).data, all[at]);
		}
	}
}
END_TEST

static void select_once(void *context)
{
	(void)context;
	begin(2, NULL);
	for (const char *at = "dcba"; *at; at++)
		offer((char[]){*at, '\0'});
	ck_assert_int_eq(selection.has_failed, alloc_has_failed());
	selection_clear(&selection);
	selection.limit = 0;
}

START_TEST(short_memory_is_noticed)
{
	alloc_fail_each(select_once, NULL);
}
END_TEST

Suite *selection_suite(void)
{
	Suite *suite = suite_create("selection");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, the_first_are_kept_in_order_whatever_order_they_come_in);
	tcase_add_test(tests, only_what_is_behind_the_given_position_counts);
	tcase_add_test(tests, beyond_is_known_only_when_it_is_full);
	tcase_add_test(tests, it_agrees_with_sorting_everything);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
