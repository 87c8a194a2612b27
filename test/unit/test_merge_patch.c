#include <check.h>

#include "alloc_fail.h"
#include "domain/merge_patch.h"
#include "trees.h"

static json_t *patched(const char *target, const char *patch)
{
	json_t *before = target ? tree_of(target) : NULL;
	json_t *change = tree_of(patch);
	json_t *after = change ? merge_patch(before, change) : NULL;

	json_decref(before);
	json_decref(change);
	return after;
}

START_TEST(patches_follow_appendix_a_of_rfc_7396)
{
	static const char *const table[][3] = {
		{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
		{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
		{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
		{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
		{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
		{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
		 "{\"a\":{\"b\":\"d\"}}"},
		{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
		{"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
		{"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
		{"{\"a\":\"foo\"}", "null", "null"},
		{"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
		{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
		{"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
		{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_tree(patched(table[i][0], table[i][1]), table[i][2]);
}
END_TEST

START_TEST(what_is_not_there_yet_is_made_without_nulls)
{
	ck_assert_tree(patched(NULL, "{\"a\":{\"b\":null,\"c\":1.50}}"), "{\"a\":{\"c\":1.50}}");
	ck_assert_tree(patched(NULL, "[null,{\"a\":null}]"), "[null,{\"a\":null}]");
}
END_TEST

START_TEST(neither_side_is_changed)
{
	json_t *target = tree_of("{\"a\":{\"b\":1,\"c\":2}}");
	json_t *patch = tree_of("{\"a\":{\"b\":null,\"d\":{\"e\":null}}}");

	ck_assert_tree(merge_patch(target, patch), "{\"a\":{\"c\":2,\"d\":{}}}");
	ck_assert_tree(target, "{\"a\":{\"b\":1,\"c\":2}}");
	ck_assert_tree(patch, "{\"a\":{\"b\":null,\"d\":{\"e\":null}}}");
}
END_TEST

static void patch_once(void *context)
{
	json_t *after = patched("{\"a\":{\"b\":1}}", "{\"a\":{\"c\":[1,{\"d\":2}]},\"e\":null}");

	(void)context;
	ck_assert(after || alloc_has_failed());
	json_decref(after);
}

START_TEST(without_memory_there_is_no_result)
{
	alloc_fail_each(patch_once, NULL);
}
END_TEST

Suite *merge_patch_suite(void)
{
	Suite *suite = suite_create("merge_patch");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, patches_follow_appendix_a_of_rfc_7396);
	tcase_add_test(tests, what_is_not_there_yet_is_made_without_nulls);
	tcase_add_test(tests, neither_side_is_changed);
	tcase_add_test(tests, without_memory_there_is_no_result);
	suite_add_tcase(suite, tests);
	return suite;
}
