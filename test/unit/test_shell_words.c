#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/shell_words.h"

/* What Python's shlex.split makes of it, the words with "|" between; NULL: it refuses. */
static const struct {
	const char *text;
	const char *words;
} table[] = {
	{"a", "a"},
	{"  a\tb\nc  ", "a|b|c"},
	{"/opt/get keys --for 'the shop'", "/opt/get|keys|--for|the shop"},
	{"\"a b\" 'c d'e\"f\"", "a b|c def"},
	{"'' \"\"", "|"},
	{"'a\\b'", "a\\b"},
	{"\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"},
	{"a\\ b\\c \\'", "a bc|'"},
	{"$HOME `id` ~ *; a|b", "$HOME|`id`|~|*;|a|b"},
	{"# no comment", "#|no|comment"},
	{"", NULL},
	{"   ", NULL},
	{"'a", NULL},
	{"\"a", NULL},
	{"\"a\\\"", NULL},
	{"a\\", NULL},
};

START_TEST(words_are_those_of_a_shell)
{
	char *words[SHELL_WORDS_MAX + 1];
	struct arena arena = {0};
	char all[200] = "";

	ck_assert_int_eq(shell_words_split(table[_i].text, &arena, words), table[_i].words != NULL);
	for (size_t i = 0; table[_i].words && words[i]; i++) {
		if (i > 0)
			strcat(all, "|");
		strcat(all, words[i]);
	}
	ck_assert_str_eq(all, table[_i].words ? table[_i].words : "");
	arena_clear(&arena);
}
END_TEST

START_TEST(their_number_has_a_limit)
{
	char text[2 * (SHELL_WORDS_MAX + 1) + 1] = "";
	char *words[SHELL_WORDS_MAX + 1];
	struct arena arena = {0};

	for (int i = 0; i < SHELL_WORDS_MAX; i++)
		strcat(text, "a ");
	ck_assert(shell_words_split(text, &arena, words));
	ck_assert_ptr_null(words[SHELL_WORDS_MAX]);
	strcat(text, "a ");
	ck_assert(!shell_words_split(text, &arena, words));
	arena_clear(&arena);
}
END_TEST

static void split(void *context)
{
	char *words[SHELL_WORDS_MAX + 1];
	struct arena arena = {0};

	(void)context;
	ck_assert(shell_words_split("a b", &arena, words) != alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(a_lack_of_memory_is_told)
{
	alloc_fail_each(split, NULL);
}
END_TEST

Suite *shell_words_suite(void)
{
	Suite *all = suite_create("shell_words");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, words_are_those_of_a_shell, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, their_number_has_a_limit);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
