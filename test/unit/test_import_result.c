#include <check.h>
#include <string.h>

#include "api/import_result.h"

#define ID "00000000-0000-4000-8000-000000000001"

static struct buf out;

static void set_up(void)
{
	buf_init(&out, 100 * 1000);
}

static void tear_down(void)
{
	buf_clear(&out);
}

/* All but the words for people. */
static void expect(const char *begin)
{
	ck_assert_msg(strncmp(buf_text(&out), begin, strlen(begin)) == 0, "%s", buf_text(&out));
	ck_assert_ptr_eq(strchr(buf_text(&out), '\n'), out.data + out.len - 1);
	buf_reset(&out);
}

START_TEST(each_problem_has_its_status_and_code)
{
	static const struct json_mistake mistake = {.line = 1, .column = 7, .text = "a \"quote\""};

	import_result_add_problem(&out, 1, IMPORT_BAD_ID);
	expect("{\"line\":1,\"status\":422,\"code\":\"invalid-id\",\"detail\":\"");
	import_result_add_problem(&out, 2, IMPORT_NOT_WRITTEN);
	expect("{\"line\":2,\"status\":503,\"code\":\"unavailable\",\"detail\":\"");
	import_result_add_problem(&out, 3, IMPORT_UNKNOWN);
	expect("{\"line\":3,\"status\":503,\"code\":\"outcome-unknown\",\"detail\":\"");
	import_result_add_problem(&out, 4, IMPORT_STOPPING);
	expect("{\"line\":4,\"status\":503,\"code\":\"shutting-down\",\"detail\":\"");
	import_result_add_bad_json(&out, 5, &mistake);
	expect("{\"line\":5,\"status\":400,\"code\":\"invalid-json\","
	       "\"detail\":\"Column 7: a \\\"quote\\\".\"}\n");
	import_result_add_too_long(&out, 18446744073709551615U, 1024);
	expect("{\"line\":18446744073709551615,\"status\":413,\"code\":\"line-too-large\","
	       "\"detail\":\"A line may have up to 1024 bytes.\"}\n");
}
END_TEST

START_TEST(mistakes_are_told_as_by_post)
{
	struct arena arena = {0};
	struct validation validation;

	validation_init(&validation, &arena);
	validation_add(&validation, "price", MISTAKE_NEGATIVE, "%s", "No.");
	import_result_add_mistakes(&out, 1, &validation);
	expect("{\"line\":1,\"status\":422,\"code\":\"validation-failed\",\"errors\":["
	       "{\"field\":\"price\",\"code\":\"negative\",\"detail\":\"No.\"}]}\n");
	validation.has_failed = true;
	import_result_add_mistakes(&out, 1, &validation);
	expect("{\"line\":1,\"status\":503,\"code\":\"unavailable\"");
	validation_init(&validation, &arena);
	import_result_add_mistakes(&out, 1, &validation);
	expect("{\"line\":1,\"status\":503,\"code\":\"unavailable\"");
	arena_clear(&arena);
}
END_TEST

START_TEST(what_was_written_is_told_by_what_came_of_it)
{
	static const struct {
		enum result result;
		bool is_new;
		const char *begin;
	} table[] = {
		{RESULT_OK, true, "{\"line\":9,\"status\":201,\"id\":\"" ID "\"}\n"},
		{RESULT_OK, false, "{\"line\":9,\"status\":200,\"id\":\"" ID "\"}\n"},
		{RESULT_TOO_LARGE, true,
		 "{\"line\":9,\"status\":422,\"code\":\"validation-failed\",\"errors\":[{\"field\":\"\","
		 "\"code\":\"too-large\""},
		{RESULT_UNKNOWN, true, "{\"line\":9,\"status\":503,\"code\":\"outcome-unknown\""},
		{RESULT_CONFLICT, false, "{\"line\":9,\"status\":503,\"code\":\"unavailable\""},
		{RESULT_THROTTLED, true, "{\"line\":9,\"status\":503,\"code\":\"unavailable\""},
		{RESULT_NO_MEMORY, true, "{\"line\":9,\"status\":503,\"code\":\"unavailable\""},
		{RESULT_SHUTDOWN, true, "{\"line\":9,\"status\":503,\"code\":\"unavailable\""},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct product_entry entry = {.id = ID,
						    .result = table[i].result,
						    .is_new = table[i].is_new};

		import_result_add_entry(&out, 9, &entry);
		expect(table[i].begin);
	}
}
END_TEST

Suite *import_result_suite(void)
{
	Suite *suite = suite_create("import_result");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, each_problem_has_its_status_and_code);
	tcase_add_test(tests, mistakes_are_told_as_by_post);
	tcase_add_test(tests, what_was_written_is_told_by_what_came_of_it);
	suite_add_tcase(suite, tests);
	return suite;
}
