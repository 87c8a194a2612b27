#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/text.h"
#include "domain/field_apply.h"
#include "trees.h"

enum { TEXT_SIZE = 4096 };

static const struct field fields[] = {
	{"name", .is_required = true, .check = field_check_line, .min = 1, .max = 20},
	{"unit", .stays = true, .check = field_check_line, .max = 20},
	{"note", .check = field_check_line, .max = 20},
	{"sizes", .check = field_check_lines, .max = 3},
	{"opening", FIELD_OPENING, .check = field_check_integer, .largest = "9", .hint = "/there"},
	{"ignored", FIELD_IGNORED, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static struct arena arena;
static struct validation validation;
static char text[TEXT_SIZE];
static bool is_short; /* of memory, perhaps */

static void tear_down(void)
{
	arena_clear(&arena);
}

struct what {
	enum field_change change;
	bool is_open;
	const char *path;
	const char *stored; /* or NULL */
	const char *body;
};

static json_t *apply(const struct what *what)
{
	json_t *stored = what->stored ? tree_of(what->stored) : NULL;
	json_t *body = tree_of(what->body);
	const struct field_input input = {fields, what->change, what->is_open, body};
	json_t *made = NULL;

	validation_init(&validation, &arena);
	if (body && (stored || !what->stored))
		made = what->path ? field_apply_at(what->path, &input, stored, &validation)
				  : field_apply(&input, stored, &validation);
	if (stored && !is_short)
		ck_assert_tree(json_incref(stored), what->stored); /* as it was */
	json_decref(stored);
	json_decref(body);
	return made;
}

/* The mistakes as "field code, field code". */
static const char *mistakes(void)
{
	size_t len = 0;

	text[0] = '\0';
	for (const struct mistake *at = validation.first; at; at = at->next)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s",
					len > 0 ? ", " : "", at->field,
					mistake_code_name(at->code));
	return text;
}

#define STORED "{\"name\":\"n\",\"unit\":\"u\",\"note\":\"o\",\"x\":{\"a\":1,\"b\":2}}"

static const struct {
	enum field_change change;
	const char *body;
	const char *made;
} good[] = {
	{FIELD_CREATE, "{\"name\":\"a\"}", "{\"name\":\"a\"}"},
	{FIELD_CREATE, "{\"note\":null,\"name\":\"a\",\"x\":null,\"unit\":null}",
	 "{\"name\":\"a\"}"},
	{FIELD_CREATE, "{\"name\":\"a\",\"opening\":3,\"ignored\":{}}", "{\"name\":\"a\"}"},
	{FIELD_CREATE, "{\"name\":\"a\",\"opening\":null}", "{\"name\":\"a\"}"},
	{FIELD_CREATE, "{\"x\":[null,{\"y\":null}],\"name\":\"a\"}",
	 "{\"x\":[null,{\"y\":null}],\"name\":\"a\"}"},
	{FIELD_PUT, "{}", STORED},
	{FIELD_PUT, "{\"ignored\":null}", STORED},
	{FIELD_PUT, "{\"note\":\"p\",\"x\":{\"c\":3}}",
	 "{\"name\":\"n\",\"unit\":\"u\",\"note\":\"p\",\"x\":{\"c\":3}}"},
	{FIELD_PATCH, "{}", STORED},
	{FIELD_PATCH, "{\"note\":null,\"x\":{\"a\":null,\"c\":3}}",
	 "{\"name\":\"n\",\"unit\":\"u\",\"x\":{\"b\":2,\"c\":3}}"},
	{FIELD_PATCH, "{\"x\":null,\"absent\":null,\"sizes\":[\"s\"]}",
	 "{\"name\":\"n\",\"unit\":\"u\",\"note\":\"o\",\"sizes\":[\"s\"]}"},
};

START_TEST(a_body_makes_of_a_resource_what_its_method_says)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *stored = good[i].change == FIELD_CREATE ? NULL : STORED;
		json_t *made =
			apply(&(struct what){good[i].change, true, NULL, stored, good[i].body});

		ck_assert_msg(validation_passes(&validation), "%s: %s", good[i].body, mistakes());
		ck_assert_tree(field_judge(made, &validation), good[i].made);
	}
}
END_TEST

static const struct {
	enum field_change change;
	bool is_open;
	const char *body;
	const char *mistakes;
} bad[] = {
	{FIELD_CREATE, true, "{}", "name required"},
	{FIELD_CREATE, true, "{\"name\":null}", "name required"},
	{FIELD_CREATE, false, "{\"name\":\"n\",\"x\":1}", "x unknown-field"},
	{FIELD_CREATE, false, "{\"name\":\"n\",\"x\":null,\"\":1}",
	 "x unknown-field,  unknown-field"},
	{FIELD_CREATE, true, "{\"name\":\"n\",\"version\":1}", "version read-only"},
	{FIELD_CREATE, true, "{\"name\":\"n\",\"version\":null}", "version read-only"},
	{FIELD_CREATE, true, "{\"name\":\"n\",\"opening\":\"3\"}", "opening wrong-type"},
	{FIELD_CREATE, true, "{\"name\":\"\",\"note\":1,\"sizes\":[1]}",
	 "name too-short, note wrong-type, sizes[0] wrong-type"},
	{FIELD_PUT, true, "{\"name\":null}", "name required"},
	{FIELD_PUT, true, "{\"note\":null,\"x\":null}", "note wrong-type, x wrong-type"},
	{FIELD_PUT, true, "{\"unit\":null}", "unit wrong-type"},
	{FIELD_PUT, true, "{\"opening\":1}", "opening read-only"},
	{FIELD_PUT, false, "{\"x\":1}", "x unknown-field"},
	{FIELD_PATCH, true, "{\"name\":null}", "name required"},
	{FIELD_PATCH, true, "{\"unit\":null}", "unit required"},
	{FIELD_PATCH, true, "{\"opening\":null}", "opening read-only"},
	{FIELD_PATCH, true, "{\"version\":null}", "version read-only"},
	{FIELD_PATCH, true, "{\"x\":{\"\":1}}", "x. too-short"},
	{FIELD_PATCH, true, "{\"note\":{\"a\":null}}", "note wrong-type"},
	{FIELD_CREATE, true, "[]", " wrong-type"},
	{FIELD_CREATE, true, "null", " wrong-type"},
	{FIELD_PATCH, true, "\"name\"", " wrong-type"},
};

START_TEST(every_mistake_of_a_body_is_told)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *stored = bad[i].change == FIELD_CREATE ? NULL : STORED;
		json_t *made = apply(
			&(struct what){bad[i].change, bad[i].is_open, NULL, stored, bad[i].body});

		ck_assert_msg(strcmp(mistakes(), bad[i].mistakes) == 0, "%s: %s, expected %s",
			      bad[i].body, mistakes(), bad[i].mistakes);
		ck_assert_int_eq(made != NULL, bad[i].body[0] == '{');
		ck_assert_ptr_null(field_judge(made, &validation));
	}
}
END_TEST

START_TEST(what_was_made_can_be_looked_at_in_spite_of_mistakes)
{
	ck_assert_tree(apply(&(struct what){FIELD_PUT, false, NULL, "{\"name\":\"n\"}",
					    "{\"note\":1,\"unit\":\"v\"}"}),
		       "{\"name\":\"n\",\"note\":1,\"unit\":\"v\"}");
}
END_TEST

START_TEST(mistakes_of_a_part_are_told_where_the_part_is)
{
	static const char *const table[][2] = {
		{"{\"note\":1}", "home.note wrong-type, home.name required"},
		{"{\"name\":null,\"sizes\":[1]}", "home.name required, home.sizes[0] wrong-type"},
		{"{\"name\":\"n\",\"x\":1}", "home.x unknown-field"},
		{"{\"name\":\"n\",\"version\":1}", "home.version read-only"},
		{"[]", "home wrong-type"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_decref(apply(&(struct what){FIELD_CREATE, false, "home", NULL, table[i][0]}));
		ck_assert_str_eq(mistakes(), table[i][1]);
	}
}
END_TEST

START_TEST(an_opening_value_says_where_it_is_changed)
{
	json_decref(apply(&(struct what){FIELD_PUT, true, NULL, STORED, "{\"opening\":1}"}));
	ck_assert_ptr_nonnull(strstr(validation.first->detail, "changed at /there."));
}
END_TEST

START_TEST(a_long_name_is_cut_between_characters)
{
	char body[3 * VALIDATION_FIELD_MAX];

	for (int lead = 0; lead < 3; lead++) {
		size_t len = (size_t)snprintf(body, sizeof(body), "{\"%.*s", lead, "aaa");

		for (int i = 0; i < VALIDATION_FIELD_MAX / 2 + 20; i++)
			len += (size_t)snprintf(body + len, sizeof(body) - len, "\xc3\xa4");
		snprintf(body + len, sizeof(body) - len, "\":null}");
		json_decref(apply(&(struct what){FIELD_PUT, true, NULL, "{}", body}));
		ck_assert(text_is_utf8(span_of(validation.first->field)));
		ck_assert_uint_le(strlen(validation.first->field), VALIDATION_FIELD_MAX);
		json_decref(apply(&(struct what){FIELD_PUT, false, NULL, "{}", body}));
		ck_assert(text_is_utf8(span_of(validation.first->field)));
	}
}
END_TEST

static void apply_once(void *context)
{
	const struct what *what = context;
	json_t *made = field_judge(apply(what), &validation);

	ck_assert(!made || !validation.has_failed);
	ck_assert(made || alloc_has_failed() || validation.count > 0);
	json_decref(made);
	arena_clear(&arena);
}

START_TEST(short_memory_never_makes_half_a_resource)
{
	static const struct what table[] = {
		{FIELD_CREATE, true, NULL, NULL, "{\"name\":\"n\",\"x\":{\"a\":1},\"opening\":1}"},
		{FIELD_PATCH, true, NULL, STORED, "{\"note\":null,\"x\":{\"a\":null,\"c\":3}}"},
		{FIELD_PUT, false, "home", STORED, "{\"opening\":1,\"y\":1,\"note\":null}"},
		{FIELD_PUT, false, "home", STORED, "[]"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct what what = table[i];

		is_short = true;
		alloc_fail_each(apply_once, &what);
	}
}
END_TEST

Suite *field_apply_suite(void)
{
	Suite *suite = suite_create("field_apply");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, a_body_makes_of_a_resource_what_its_method_says);
	tcase_add_test(tests, every_mistake_of_a_body_is_told);
	tcase_add_test(tests, what_was_made_can_be_looked_at_in_spite_of_mistakes);
	tcase_add_test(tests, mistakes_of_a_part_are_told_where_the_part_is);
	tcase_add_test(tests, an_opening_value_says_where_it_is_changed);
	tcase_add_test(tests, a_long_name_is_cut_between_characters);
	tcase_add_test(tests, short_memory_never_makes_half_a_resource);
	suite_add_tcase(suite, tests);
	return suite;
}
