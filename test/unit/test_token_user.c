#include <check.h>
#include <string.h>

#include "http/token_user.h"

#define POOL "https://issuer.example/pool"
#define OTHER "https://issuer.example"

static struct digest *digest;

static void set_up(void)
{
	digest = digest_new();
	ck_assert_ptr_nonnull(digest);
}

static void tear_down(void)
{
	digest_free(digest);
}

/*
 * Those that are made: printf '%s\0%s' "$issuer" "$subject" | sha256sum, with the version and the
 * variant put in.
 */
static const struct {
	const char *issuer; /* NULL: the token has none */
	const char *subject;
	const char *id;
} table[] = {
	/* of whatever version, and of none */
	{POOL, "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000001"},
	{POOL, "5b2c7d3e-0000-4000-8000-000000000001", "5b2c7d3e-0000-4000-8000-000000000001"},
	{OTHER, "5b2c7d3e-0000-4000-8000-000000000001", "5b2c7d3e-0000-4000-8000-000000000001"},
	{NULL, "5b2c7d3e-0000-4000-8000-000000000001", "5b2c7d3e-0000-4000-8000-000000000001"},
	{POOL, "a3c4f8e2-60b1-70aa-e7cf-09b1d2f3a4c5", "a3c4f8e2-60b1-70aa-e7cf-09b1d2f3a4c5"},
	{POOL, "5b2c7d3e-0000-8000-c000-000000000001", "5b2c7d3e-0000-8000-c000-000000000001"},
	{POOL, "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
	/* Auth0's, and others' */
	{POOL, "auth0|5f7c8ec7c33c6c004bbafe82", "1b8bbf6c-d6e0-83f6-8158-f526eb7ebc01"},
	{OTHER, "auth0|5f7c8ec7c33c6c004bbafe82", "0dd27a02-ba4b-8895-932f-ba29a97a730b"},
	{NULL, "auth0|5f7c8ec7c33c6c004bbafe82", "dda909a3-b097-876a-aace-6e09d8d079d9"},
	{POOL, "j\xc3\xbcrgen@shop.example", "1e07e735-5a68-8fe0-bb12-99063d39acd4"},
	{POOL, "me", "77190829-5c61-816b-8570-1cbb42c284ae"},
	/* nearly an id, and what looks like one that was made */
	{POOL, "5B2C7D3E-0000-4000-8000-000000000001", "286f3c15-4b5c-8f97-976a-afe17fd1c387"},
	{POOL, "5b2c7d3e-0000-8000-8000-000000000001", "fb792300-fea9-85ab-90e7-4b4330e28f69"},
};

START_TEST(a_subject_is_an_id_or_has_one)
{
	char id[ID_SIZE] = "";

	ck_assert(
		token_user_find(digest, span_of(table[_i].issuer), span_of(table[_i].subject), id));
	ck_assert_str_eq(id, table[_i].id);
}
END_TEST

START_TEST(nobody_can_choose_a_subject_that_is_anothers_id)
{
	char victim[ID_SIZE];
	char attacker[ID_SIZE];

	ck_assert(token_user_find(digest, span_of(POOL), span_of("jo"), victim));
	ck_assert(token_user_find(digest, span_of(POOL), span_of(victim), attacker));
	ck_assert_str_ne(attacker, victim);
}
END_TEST

START_TEST(what_is_too_long_for_a_token_has_no_id)
{
	static char issuer[TOKEN_USER_NAME_MAX + 1];
	char id[ID_SIZE] = "untouched";

	memset(issuer, 'i', TOKEN_USER_NAME_MAX - 3);
	ck_assert(!token_user_find(digest, span_of(issuer), span_of("me"), id));
	ck_assert_str_eq(id, "untouched");
	ck_assert(token_user_find(digest, span_of(issuer), span_of("i"), id));
}
END_TEST

Suite *token_user_suite(void)
{
	Suite *suite = suite_create("token_user");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, a_subject_is_an_id_or_has_one, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(tests, nobody_can_choose_a_subject_that_is_anothers_id);
	tcase_add_test(tests, what_is_too_long_for_a_token_has_no_id);
	suite_add_tcase(suite, tests);
	return suite;
}
