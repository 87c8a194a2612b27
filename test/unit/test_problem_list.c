#include <check.h>
#include <string.h>

#include "api/problem_list.h"
#include "domain/validation.h"
#include "http/problem.h"

START_TEST(each_code_has_a_line_that_says_what_it_means)
{
	struct buf out = {0};
	size_t lines = 0;
	size_t problems;

	buf_init(&out, 64 * 1024);
	problem_list_write(&out);
	ck_assert(buf_ok(&out));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\n| `not-found` | 404 | No such path. There "
						     "is nothing at this path. |\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\n| `negative` | It is below 0. |\n"));
	for (const char *at = buf_text(&out); *at != '\0'; at++)
		lines += *at == '\n';
	(void)problem_table(&problems);
	ck_assert_uint_eq(lines, problems + MISTAKE_CODES + 7);
	buf_clear(&out);
}
END_TEST

Suite *problem_list_suite(void)
{
	Suite *suite = suite_create("problem_list");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, each_code_has_a_line_that_says_what_it_means);
	suite_add_tcase(suite, tests);
	return suite;
}
