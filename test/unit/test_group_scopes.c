#include <check.h>

#include "http/group_scopes.h"

static const char *const names[] = {"admin", "stock:write", "delivery:write", NULL};

static const struct {
	const char *setting;
	const char *mistake; /* NULL: it is good */
} table[] = {
	{"", NULL},
	{"admins=admin", NULL},
	{"admins=admin;", NULL},
	{"a=admin;b=stock:write,delivery:write", NULL},
	{"https://shop/write=stock:write", NULL},
	{"admins", "\"admins\" is not of the form group=scope,scope"},
	{"=admin", "\"=admin\" is not of the form group=scope,scope"},
	{"a=admin;;b=admin", "\"\" is not of the form group=scope,scope"},
	{"a=", "\"a=\" is not of the form group=scope,scope"},
	{"a=root", "\"root\" is not a scope; there are admin, stock:write, delivery:write"},
	{"a=admin,,admin", "\"\" is not a scope; there are admin, stock:write, delivery:write"},
	{"a=admin;a=stock:write", "\"a\" comes twice"},
	{"\x1b[1m=admin=x", "\"admin=x\" is not a scope; there are admin, stock:write, "
			    "delivery:write"},
};

START_TEST(what_is_wrong_with_a_setting_is_said)
{
	struct group_scopes groups;
	struct buf mistake;

	buf_init(&mistake, 1000);
	ck_assert(group_scopes_read(&groups, table[_i].setting, names, &mistake) ==
		  !table[_i].mistake);
	ck_assert_str_eq(buf_text(&mistake), table[_i].mistake ? table[_i].mistake : "");
	buf_clear(&mistake);
}
END_TEST

START_TEST(a_group_has_the_scopes_that_it_is_given)
{
	struct group_scopes groups;
	struct buf mistake;

	buf_init(&mistake, 1000);
	ck_assert(group_scopes_read(&groups, "a=admin;b=stock:write,delivery:write", names,
				    &mistake));
	ck_assert_uint_eq(group_scopes_find(&groups, span_of("a")), 1);
	ck_assert_uint_eq(group_scopes_find(&groups, span_of("b")), 6);
	ck_assert_uint_eq(group_scopes_find(&groups, span_of("admin")), 0);
	ck_assert_uint_eq(group_scopes_find(&groups, span_of("")), 0);
	ck_assert_uint_eq(group_scopes_find(&groups, span_of("ab")), 0);
}
END_TEST

START_TEST(there_are_at_most_64_groups)
{
	struct group_scopes groups;
	struct buf setting;
	struct buf mistake;

	buf_init(&setting, 10000);
	buf_init(&mistake, 1000);
	for (int i = 0; i < GROUP_SCOPES_MAX; i++)
		buf_add_format(&setting, "g%d=admin;", i);
	ck_assert(group_scopes_read(&groups, buf_text(&setting), names, &mistake));
	buf_add_str(&setting, "more=admin");
	ck_assert(!group_scopes_read(&groups, buf_text(&setting), names, &mistake));
	ck_assert_str_eq(buf_text(&mistake), "\"more\" is one group too many; there may be 64");
	buf_clear(&setting);
	buf_clear(&mistake);
}
END_TEST

Suite *group_scopes_suite(void)
{
	Suite *all = suite_create("group_scopes");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, what_is_wrong_with_a_setting_is_said, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, a_group_has_the_scopes_that_it_is_given);
	tcase_add_test(cases, there_are_at_most_64_groups);
	suite_add_tcase(all, cases);
	return all;
}
