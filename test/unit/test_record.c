#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/user.h"
#include "repo/record.h"
#include "trees.h"

#define ITEM                                                                                    \
	"{\"pk\":{\"S\":\"U#1\"},\"version\":{\"N\":\"7\"},\"email\":{\"S\":\"e\"},"            \
	"\"name\":{\"S\":\"n\\\"\"},\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}," \
	"\"theirs\":{\"S\":\"x\"}}"

static const struct record_stamp stamp = {3, "C", "U"};
static struct record record;
static struct buf out;

static void set_up(void)
{
	record = (struct record){0};
	buf_init(&out, 4096);
}

static void tear_down(void)
{
	buf_clear(&out);
}

START_TEST(a_record_is_shown_as_its_fields_with_version_and_times)
{
	char tag[RECORD_TAG_SIZE];

	strcpy(record.id, "ID");
	ck_assert(record_view(span_of(ITEM), &record));
	record_show(user_fields, &record, &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"id\":\"ID\",\"name\":\"n\\\"\",\"email\":\"e\",\"version\":7,"
			 "\"created_at\":\"C\",\"updated_at\":\"U\"}");
	record_tag(&record, tag);
	ck_assert_str_eq(tag, "7");
}
END_TEST

START_TEST(what_has_no_id_and_no_times_shows_none)
{
	ck_assert(record_view(span_of("{\"name\":{\"S\":\"n\"},\"email\":1}"), &record) == false);
	ck_assert(record_view(span_of("{\"name\":{\"S\":\"n\"}}"), &record));
	ck_assert_uint_eq(record.version, 0);
	record_show(user_fields, &record, &out);
	ck_assert_str_eq(buf_text(&out), "{\"name\":\"n\"}");
}
END_TEST

START_TEST(a_record_becomes_a_tree_of_its_fields)
{
	json_t *tree = NULL;

	ck_assert(record_view(span_of(ITEM), &record));
	ck_assert_int_eq(record_tree(user_fields, &record.item, &tree), RESULT_OK);
	ck_assert_tree(tree, "{\"name\":\"n\\\"\",\"email\":\"e\"}");
}
END_TEST

START_TEST(a_tree_becomes_the_members_of_an_item)
{
	json_t *tree = tree_of("{\"email\":\"e\",\"name\":\"n\"}");

	record_write(user_fields, tree, &stamp, &out);
	ck_assert_str_eq(buf_text(&out),
			 "\"name\":{\"S\":\"n\"},\"email\":{\"S\":\"e\"},\"version\":{\"N\":\"3\"},"
			 "\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}");
	buf_reset(&out);
	record_write(user_fields, tree, &(struct record_stamp){.version = 1}, &out);
	ck_assert_str_eq(buf_text(&out), "\"name\":{\"S\":\"n\"},\"email\":{\"S\":\"e\"},"
					 "\"version\":{\"N\":\"1\"}");
	json_decref(tree);
}
END_TEST

START_TEST(a_change_sets_what_is_there_and_removes_the_rest)
{
	struct record_change change = {0};
	json_t *tree = tree_of("{\"email\":\"e\",\"name\":\"n\"}");

	record_change_init(&change, user_fields, tree, &stamp);
	ck_assert_str_eq(buf_text(&change.update),
			 "SET version = :version, updated_at = :updated_at, #f0 = :f0, #f1 = :f1 "
			 "REMOVE #f2, #f3");
	ck_assert_str_eq(buf_text(&change.names), "\"#f0\":\"name\",\"#f1\":\"email\","
						  "\"#f2\":\"phone\",\"#f3\":\"locale\"");
	ck_assert_str_eq(buf_text(&change.values),
			 "\":version\":{\"N\":\"3\"},\":updated_at\":{\"S\":\"U\"},"
			 "\":f0\":{\"S\":\"n\"},\":f1\":{\"S\":\"e\"}");
	record_change_clear(&change);
	json_decref(tree);
}
END_TEST

START_TEST(a_change_of_everything_removes_nothing)
{
	struct record_change change = {0};
	json_t *tree = tree_of("{\"email\":\"e\",\"name\":\"n\",\"phone\":\"p\",\"locale\":\"l\"}");

	record_change_init(&change, user_fields, tree, &(struct record_stamp){.version = 1});
	ck_assert_str_eq(buf_text(&change.update), "SET version = :version, #f0 = :f0, #f1 = :f1, "
						   "#f2 = :f2, #f3 = :f3");
	record_change_clear(&change);
	json_decref(tree);
}
END_TEST

START_TEST(what_is_about_to_be_written_can_be_shown)
{
	struct arena arena = {0};

	buf_add_str(&out, "\"name\":{\"S\":\"n\"},\"version\":{\"N\":\"1\"}");
	ck_assert(record_keep_new("ID", &out, &arena, &record));
	ck_assert_str_eq(record.id, "ID");
	ck_assert_uint_eq(record.version, 1);
	buf_clear(&out);
	record_show(user_fields, &record, &out);
	ck_assert_str_eq(buf_text(&out), "{\"id\":\"ID\",\"name\":\"n\",\"version\":1}");
	out.failed = true;
	ck_assert(!record_keep_new("ID", &out, &arena, &record));
	arena_clear(&arena);
}
END_TEST

static void take_once(void *context)
{
	json_t *tree = NULL;
	enum result result;

	(void)context;
	ck_assert(record_view(span_of(ITEM), &record));
	result = record_tree(user_fields, &record.item, &tree);
	ck_assert_int_eq(result, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	json_decref(tree);
}

START_TEST(short_memory_makes_no_tree)
{
	alloc_fail_each(take_once, NULL);
}
END_TEST

Suite *record_suite(void)
{
	Suite *suite = suite_create("record");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_record_is_shown_as_its_fields_with_version_and_times);
	tcase_add_test(tests, what_has_no_id_and_no_times_shows_none);
	tcase_add_test(tests, a_record_becomes_a_tree_of_its_fields);
	tcase_add_test(tests, a_tree_becomes_the_members_of_an_item);
	tcase_add_test(tests, a_change_sets_what_is_there_and_removes_the_rest);
	tcase_add_test(tests, a_change_of_everything_removes_nothing);
	tcase_add_test(tests, what_is_about_to_be_written_can_be_shown);
	tcase_add_test(tests, short_memory_makes_no_tree);
	suite_add_tcase(suite, tests);
	return suite;
}
