#include <check.h>

#include "alloc_fail.h"
#include "aws/keys.h"

START_TEST(keys_are_copies)
{
	char token[] = "token";
	struct aws_keys keys = {0};

	ck_assert(aws_keys_set(&keys, "AKID", "secret", token, 42));
	token[0] = 'x';
	ck_assert_str_eq(keys.access_key, "AKID");
	ck_assert_str_eq(keys.secret, "secret");
	ck_assert_str_eq(keys.token, "token");
	ck_assert_int_eq(keys.expires_ms, 42);
	aws_keys_clear(&keys);
	ck_assert_ptr_null(keys.secret);
	aws_keys_clear(&keys);
}
END_TEST

START_TEST(keys_are_equal_when_all_three_texts_are)
{
	static const char *const others[][3] = {
		{"b", "s", "t"},
		{"a", "x", "t"},
		{"a", "s", "x"},
		{"a", "s", NULL},
	};
	struct aws_keys keys = {0};
	struct aws_keys other = {0};

	ck_assert(aws_keys_set(&keys, "a", "s", "t", 1));
	ck_assert(aws_keys_set(&other, "a", "s", "t", 2));
	ck_assert(aws_keys_equal(&keys, &other));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		aws_keys_clear(&other);
		ck_assert(aws_keys_set(&other, others[i][0], others[i][1], others[i][2], 1));
		ck_assert(!aws_keys_equal(&keys, &other));
	}
	aws_keys_clear(&keys);
	ck_assert(!aws_keys_equal(&keys, &other));
	aws_keys_clear(&other);
}
END_TEST

START_TEST(keys_that_would_break_a_header_are_not_valid)
{
	static const struct {
		const char *access_key, *secret, *token;
		bool is_valid;
	} table[] = {
		{"AKID", "secret/+=", "token//==", true},
		{"AKID", "secret", NULL, true},
		{"", "secret", NULL, false},
		{"AKID", "", NULL, false},
		{"AKID", "secret", "", false},
		{"AK ID", "secret", NULL, false},
		{"AKID", "secret\n", NULL, false},
		{"AKID", "secret", "a\r\nHost: b", false},
		{"AKID\x7f", "secret", NULL, false},
		{"AKID", "s\xc3\xa9", NULL, false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct aws_keys keys = {0};

		ck_assert(aws_keys_set(&keys, table[i].access_key, table[i].secret, table[i].token,
				       0));
		ck_assert_int_eq(aws_keys_are_valid(&keys), table[i].is_valid);
		aws_keys_clear(&keys);
	}
	ck_assert(!aws_keys_are_valid(&(struct aws_keys){0}));
}
END_TEST

static void set_keys(void *context)
{
	struct aws_keys keys = {0};
	bool ok = aws_keys_set(&keys, "a", "b", "c", 1);

	(void)context;
	ck_assert(ok != alloc_has_failed());
	ck_assert_int_eq(ok, keys.access_key != NULL);
	aws_keys_clear(&keys);
}

START_TEST(keys_are_all_there_or_none_when_memory_is_short)
{
	alloc_fail_each(set_keys, NULL);
}
END_TEST

Suite *keys_suite(void)
{
	Suite *all = suite_create("keys");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, keys_are_copies);
	tcase_add_test(cases, keys_are_equal_when_all_three_texts_are);
	tcase_add_test(cases, keys_that_would_break_a_header_are_not_valid);
	tcase_add_test(cases, keys_are_all_there_or_none_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
