#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/buf.h"
#include "http/jwks.h"
#include "tokens.h"

#define SET(keys) "{\"keys\":[" keys "]}"
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define RSA(n, e) "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"" n "\",\"e\":\"" e "\"}"

/* Keys that are passed over: their kind is not ours. */
#define OCT "{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"c2VjcmV0\"}"
#define P384 "{\"kty\":\"EC\",\"kid\":\"p\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}"
#define SEALING "{\"kty\":\"RSA\",\"kid\":\"e\",\"use\":\"enc\",\"n\":\"AA\",\"e\":\"AQAB\"}"
#define RS512 "{\"kty\":\"RSA\",\"kid\":\"l\",\"alg\":\"RS512\",\"n\":\"AA\",\"e\":\"AQAB\"}"

static const struct {
	const char *text;
	size_t count; /* 0: it is refused */
	const char *why;
} table[] = {
	{TOKENS_SET, 2, ""},
	{SET(TOKENS_EC), 1, ""},
	{SET(OCT "," P384 "," SEALING "," RS512 ",{},7," TOKENS_EC), 1, ""},
	{"{\"more\":[],\"keys\":[" TOKENS_RSA "]}", 1, ""},
	{"", 0, "is not JSON"},
	{"<html>", 0, "is not JSON"},
	{"[]", 0, "has no array"},
	{"{}", 0, "has no array"},
	{"{\"keys\":{}}", 0, "has no array"},
	{"{\"keys\":[],\"keys\":[" TOKENS_EC "]}", 0, "is not JSON"},
	{SET(""), 0, "has no key that can be used"},
	{SET(OCT), 0, "has no key that can be used"},
	{SET(TOKENS_EC "," TOKENS_EC), 0, "has two keys with the same kid"},
	{SET("{\"kty\":\"RSA\",\"n\":\"AA\",\"e\":\"AQAB\"}"), 0, "number 1"},
	{SET(RSA("", "AQAB")), 0, "number 1"},
	{SET(RSA("AA", "AQAB")), 0, "number 1"},
	{SET(RSA("!!", "AQAB")), 0, "number 1"},
	{SET(TOKENS_EC "," RSA("AQAB", "AQAB")), 0, "number 2"},
	{SET("{\"kty\":\"EC\",\"kid\":\"z\",\"crv\":\"P-256\",\"x\":\"" ZEROS "\",\"y\":\"" ZEROS
	     "\"}"),
	 0, "number 1"},
	{SET("{\"kty\":\"EC\",\"kid\":\"z\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"), 0,
	 "number 1"},
};

START_TEST(a_set_has_the_keys_that_can_be_used_or_none)
{
	char why[JWKS_WHY_SIZE] = "";
	struct jwks *keys = jwks_parse(span_of(table[_i].text), why);

	ck_assert_msg((keys != NULL) == (table[_i].count > 0), "%s: %s", table[_i].text, why);
	ck_assert_msg(strstr(why, table[_i].why), "%s", why);
	if (keys)
		ck_assert_uint_eq(jwks_count(keys), table[_i].count);
	jwks_free(keys);
}
END_TEST

/* A set with one RSA key of `len` bytes, the first of them `first`. */
static bool takes_modulus(size_t len, uint8_t first, const char *exponent)
{
	uint8_t n[1000];
	char base64[2000];
	char text[4000];
	char why[JWKS_WHY_SIZE];
	struct jwks *keys;

	memset(n, 0xa5, sizeof(n));
	n[0] = first;
	text_base64_encode(n, len, base64);
	snprintf(text, sizeof(text), SET(RSA("%s", "%s")), base64, exponent);
	keys = jwks_parse(span_of(text), why);
	jwks_free(keys);
	return keys != NULL;
}

START_TEST(rsa_keys_have_2048_to_4096_bits_and_a_small_odd_exponent)
{
	ck_assert(takes_modulus(256, 0x80, "AQAB"));
	ck_assert(!takes_modulus(256, 0x7f, "AQAB"));
	ck_assert(!takes_modulus(255, 0xff, "AQAB"));
	ck_assert(!takes_modulus(257, 0x00, "AQAB"));
	ck_assert(takes_modulus(512, 0xff, "AQAB"));
	ck_assert(!takes_modulus(513, 0x01, "AQAB"));
	ck_assert(takes_modulus(256, 0x80, "Aw"));
	ck_assert(!takes_modulus(256, 0x80, "AQ"));
	ck_assert(!takes_modulus(256, 0x80, "Ag"));
	ck_assert(!takes_modulus(256, 0x80, "AAAB"));
	ck_assert(!takes_modulus(256, 0x80, "AQAAAAE"));
}
END_TEST

START_TEST(a_set_has_at_most_32_keys_and_64_kib)
{
	char why[JWKS_WHY_SIZE];
	struct jwks *keys;
	struct buf text;

	buf_init(&text, 200000);
	buf_add_str(&text, "{\"keys\":[" TOKENS_EC);
	for (int i = 1; i < JWKS_MAX; i++)
		buf_add_str(&text, "," OCT);
	buf_add_str(&text, "]}");
	keys = jwks_parse((struct span){text.data, text.len}, why);
	ck_assert_ptr_nonnull(keys);
	jwks_free(keys);
	buf_truncate(&text, text.len - 2);
	buf_add_str(&text, "," OCT "]}");
	ck_assert_ptr_null(jwks_parse((struct span){text.data, text.len}, why));
	ck_assert_str_eq(why, "has more than 32 keys");
	while (text.len <= JWKS_SIZE_MAX)
		buf_add_char(&text, ' ');
	ck_assert_ptr_null(jwks_parse((struct span){text.data, text.len}, why));
	ck_assert_str_eq(why, "is longer than 64 KiB");
	buf_clear(&text);
}
END_TEST

START_TEST(a_key_is_found_by_its_id_for_its_own_algorithm_only)
{
	char why[JWKS_WHY_SIZE];
	struct jwks *keys = jwks_parse(span_of(TOKENS_SET), why);

	ck_assert_ptr_nonnull(keys);
	ck_assert_ptr_nonnull(jwks_find(keys, span_of("rsa-1"), JWK_RS256));
	ck_assert_ptr_nonnull(jwks_find(keys, span_of("ec-1"), JWK_ES256));
	ck_assert_ptr_null(jwks_find(keys, span_of("rsa-1"), JWK_ES256));
	ck_assert_ptr_null(jwks_find(keys, span_of("ec-1"), JWK_RS256));
	ck_assert_ptr_null(jwks_find(keys, span_of("rsa-"), JWK_RS256));
	ck_assert_ptr_null(jwks_find(keys, span_of("rsa-11"), JWK_RS256));
	ck_assert_ptr_null(jwks_find(keys, span_of(""), JWK_RS256));
	jwks_free(keys);
}
END_TEST

START_TEST(a_load_balancers_key_is_taken_from_pem)
{
	static const char *const bad[] = {
		"",
		"-----BEGIN PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"-----END PUBLIC KEY----------BEGIN PUBLIC KEY-----",
		"-----BEGIN PUBLIC KEY-----\n\xff\n-----END PUBLIC KEY-----\n",
	};
	char why[JWKS_WHY_SIZE];
	struct jwks *keys = jwks_parse_pem(span_of("id"), span_of(TOKENS_PEM), why);

	ck_assert_ptr_nonnull(keys);
	ck_assert_ptr_nonnull(jwks_find(keys, span_of("id"), JWK_ES256));
	jwks_free(keys);
	ck_assert_ptr_null(jwks_parse_pem(span_of(""), span_of(TOKENS_PEM), why));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_ptr_null(jwks_parse_pem(span_of("id"), span_of(bad[i]), why));
}
END_TEST

static void parse(void *context)
{
	char why[JWKS_WHY_SIZE] = "";
	struct jwks *keys = jwks_parse(span_of(TOKENS_SET), why);

	(void)context;
	ck_assert((keys == NULL) == alloc_has_failed());
	jwks_free(keys);
	keys = jwks_parse_pem(span_of("id"), span_of(TOKENS_PEM), why);
	ck_assert(keys || alloc_has_failed());
	jwks_free(keys);
}

START_TEST(a_lack_of_memory_is_told)
{
	alloc_fail_each(parse, NULL);
}
END_TEST

Suite *jwks_suite(void)
{
	Suite *all = suite_create("jwks");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, a_set_has_the_keys_that_can_be_used_or_none, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, rsa_keys_have_2048_to_4096_bits_and_a_small_odd_exponent);
	tcase_add_test(cases, a_set_has_at_most_32_keys_and_64_kib);
	tcase_add_test(cases, a_key_is_found_by_its_id_for_its_own_algorithm_only);
	tcase_add_test(cases, a_load_balancers_key_is_taken_from_pem);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
