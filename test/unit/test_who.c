#include <check.h>

#include "http/who.h"

static const struct {
	struct who who;
	const char *words;
} rows[] = {
	{ANYONE, "anyone"},
	{STAFF(STOCK_WRITE), "`stock:write`"},
	{OWNER(USER, USER_READ), "the user, or `user:read`"},
	{OWNER(SELF, USER_WRITE), "the user, or `user:write`"},
	{OWNER(BY_QUERY, USER_WRITE), "the user, or `user:write`"},
	{OWNER(CART, CART_READ), "its owner, or `cart:read`"},
	{OWNER(CHECKOUT, ORDER_READ), "its owner, or `order:read`"},
	{OWNER(ORDER, ORDER_WRITE), "its owner, or `order:write`"},
	/* What was forgotten is closed. */
	{{0}, "`admin`"},
};

START_TEST(it_is_said_in_words)
{
	struct buf out = {0};

	buf_init(&out, 100);
	who_write(rows[_i].who, &out);
	ck_assert_str_eq(buf_text(&out), rows[_i].words);
	buf_clear(&out);
}
END_TEST

Suite *who_suite(void)
{
	Suite *suite = suite_create("who");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, it_is_said_in_words, 0, sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(suite, tests);
	return suite;
}
