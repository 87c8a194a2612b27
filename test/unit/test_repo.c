#include <check.h>
#include <string.h>

#include "repo/repo.h"

START_TEST(the_partition_key_is_named_whatever_it_is_called)
{
	struct repo repo = {.db = {.partition_key = "sku"}};
	char names[REPO_NAMES_SIZE];

	repo_key_names(&repo, names);
	ck_assert_str_eq(names, "{\"#p\":\"sku\"}");
}
END_TEST

START_TEST(the_longest_name_has_room)
{
	char longest[256];
	struct repo repo = {.db = {.partition_key = longest}};
	char names[REPO_NAMES_SIZE];

	memset(longest, 'k', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	repo_key_names(&repo, names);
	ck_assert_ptr_nonnull(strstr(names, longest));
	ck_assert_str_eq(names + strlen(names) - 3, "k\"}");
}
END_TEST

Suite *repo_suite(void)
{
	Suite *suite = suite_create("repo");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, the_partition_key_is_named_whatever_it_is_called);
	tcase_add_test(tests, the_longest_name_has_room);
	suite_add_tcase(suite, tests);
	return suite;
}
