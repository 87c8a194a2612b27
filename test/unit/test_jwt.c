#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/buf.h"
#include "http/jwt.h"
#include "tokens.h"

/* The time is 1000000000 s. */
#define NOW_MS 1000000000000
#define EXP "\"exp\":1000000100"
#define ISS "\"iss\":\"https://issuer.example/pool\""
#define SUB "\"sub\":\"5b2c7d3e-0000-4000-8000-000000000001\""
#define GOOD "{" EXP "," ISS "," SUB ",\"aud\":\"web\"}"
#define CLAIMS(more) "{" EXP "," ISS "," SUB "," more "}"
#define TIMES(more) "{" more "," ISS "," SUB ",\"aud\":\"web\"}"
#define ACCESS(more) CLAIMS("\"token_use\":\"access\"" more)
#define RS "{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}"
#define ES "{\"kid\":\"ec-1\",\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define ARN \
	"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
#define ALB(signer, iss, client, exp)                                                    \
	"{\"typ\":\"JWT\",\"kid\":\"ec-1\",\"alg\":\"ES256\",\"signer\":\"" signer "\"," \
	"\"iss\":\"" iss "\",\"client\":\"" client "\",\"exp\":" exp "}"
#define ALB_GOOD ALB(ARN, "https://issuer.example/pool", "web", "1000000100")

static const char *const names[] = {"admin", "stock:write", "delivery:write", NULL};

static struct group_scopes groups;
static struct jwks *keys;

static struct jwt_rules rules = {
	.issuer = "https://issuer.example/pool",
	.audiences = "app,web",
	.groups = &groups,
};
static struct jwt_rules balanced = {
	.issuer = "https://issuer.example/pool",
	.audiences = "app,web",
	.signers = "arn:other," ARN,
	.groups = &groups,
};

static void set_up(void)
{
	char why[JWKS_WHY_SIZE] = "";
	struct buf mistake;

	rules.digest = balanced.digest = digest_new();
	ck_assert_ptr_nonnull(rules.digest);
	buf_init(&mistake, 1000);
	keys = jwks_parse(span_of(TOKENS_SET), why);
	ck_assert_msg(keys, "%s", why);
	ck_assert(group_scopes_read(&groups,
				    "admins=admin;warehouse=stock:write;vans=delivery:write", names,
				    &mistake));
	buf_clear(&mistake);
}

static void tear_down(void)
{
	jwks_free(keys);
	digest_free(rules.digest);
}

static enum jwt_result check_at(const char *token, const struct jwt_rules *expected, int64_t now_ms,
				struct jwt_subject *subject)
{
	enum jwt_result result;

	*subject = (struct jwt_subject){.id = "untouched", .scopes = 7};
	result = jwt_check(span_of(token), keys, expected, now_ms, subject);
	if (result != JWT_OK) {
		ck_assert_str_eq(subject->id, "untouched");
		ck_assert_uint_eq(subject->scopes, 7);
	}
	return result;
}

static enum jwt_result check(const char *token)
{
	struct jwt_subject subject;

	return check_at(token, &rules, NOW_MS, &subject);
}

/* ------------------------------------------------------------ what they say */

static const struct {
	const char *header;
	const char *claims;
	enum jwt_result result;
} table[] = {
	{RS, GOOD, JWT_OK},
	{RS, CLAIMS("\"aud\":[\"other\",\"app\"]"), JWT_OK},
	{RS, CLAIMS("\"client_id\":\"app\""), JWT_OK},
	{RS, ACCESS(",\"client_id\":\"web\""), JWT_OK},
	{RS, CLAIMS("\"token_use\":\"id\",\"aud\":\"web\""), JWT_OK},
	{RS, " { \"exp\" : 1000000100.5 ," ISS "," SUB ",\"aud\":\"web\"} ", JWT_OK},

	{"{\"alg\":\"none\",\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"alg\":\"HS256\",\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"alg\":\"RS512\",\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"alg\":\"PS256\",\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"alg\":\"rs256\",\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"alg\":[\"RS256\"],\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"kid\":\"rsa-1\"}", GOOD, JWT_ALGORITHM_REFUSED},
	{"{\"alg\":\"ES256\",\"kid\":\"rsa-1\"}", GOOD, JWT_KEY_UNKNOWN},
	{"{\"alg\":\"RS256\",\"kid\":\"ec-1\"}", GOOD, JWT_KEY_UNKNOWN},
	{"{\"alg\":\"RS256\",\"kid\":\"rsa-2\"}", GOOD, JWT_KEY_UNKNOWN},
	{"{\"alg\":\"RS256\",\"kid\":7}", GOOD, JWT_KEY_UNKNOWN},
	{"{\"alg\":\"RS256\"}", GOOD, JWT_KEY_UNKNOWN},
	{"{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"crit\":[\"exp\"]}", GOOD, JWT_CRITICAL_REFUSED},
	{"{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"crit\":null}", GOOD, JWT_CRITICAL_REFUSED},
	{"{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"rsa-1\"}", GOOD, JWT_MALFORMED},
	{"{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}x", GOOD, JWT_MALFORMED},
	{"[\"RS256\"]", GOOD, JWT_MALFORMED},
	{"x", GOOD, JWT_MALFORMED},
	{RS, "x", JWT_MALFORMED},
	{RS, "[]", JWT_MALFORMED},
	{RS, CLAIMS("\"aud\":\"web\",\"aud\":\"web\""), JWT_MALFORMED},
	{RS, CLAIMS("\"aud\":\"web\",\"a\":\"\\u0000\""), JWT_MALFORMED},
	{RS, CLAIMS("\"aud\":\"web\",\"a\":\"\xff\""), JWT_MALFORMED},

	/* times: 60 s either way */
	{RS, TIMES("\"exp\":999999941"), JWT_OK},
	{RS, TIMES("\"exp\":999999940"), JWT_EXPIRED},
	{RS, TIMES("\"exp\":0"), JWT_EXPIRED},
	{RS, TIMES("\"exp\":1000000100,\"nbf\":1000000060"), JWT_OK},
	{RS, TIMES("\"exp\":1000000100,\"nbf\":1000000061"), JWT_NOT_YET_VALID},
	{RS, TIMES("\"exp\":1000000100,\"nbf\":\"0\""), JWT_MALFORMED},
	{RS, TIMES("\"exp\":999999999999"), JWT_OK},
	{RS, TIMES("\"exp\":9999999999999"), JWT_MALFORMED},
	{RS, TIMES("\"exp\":1e99"), JWT_MALFORMED},
	{RS, TIMES("\"exp\":-1"), JWT_MALFORMED},
	{RS, TIMES("\"exp\":\"1000000100\""), JWT_MALFORMED},
	{RS, TIMES("\"exp\":null"), JWT_MALFORMED},
	{RS, TIMES("\"iat\":1"), JWT_MALFORMED},

	/* for whom, by whom */
	{RS, "{" EXP "," SUB ",\"aud\":\"web\"}", JWT_ISSUER_WRONG},
	{RS, "{" EXP "," SUB ",\"aud\":\"web\",\"iss\":\"https://issuer.example/pool/\"}",
	 JWT_ISSUER_WRONG},
	{RS, "{" EXP "," SUB ",\"aud\":\"web\",\"iss\":[\"https://issuer.example/pool\"]}",
	 JWT_ISSUER_WRONG},
	{RS, "{" EXP "," ISS "," SUB "}", JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":\"we\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":\"webs\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":\"app,web\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":\"\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":[]"), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":[[\"web\"],{\"web\":\"web\"},7]"), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"aud\":\"other\",\"client_id\":\"web\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"azp\":\"web\""), JWT_AUDIENCE_WRONG},
	{RS, ACCESS(""), JWT_AUDIENCE_WRONG},
	{RS, ACCESS(",\"client_id\":\"other\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"token_use\":\"id\",\"client_id\":\"web\""), JWT_AUDIENCE_WRONG},
	{RS, CLAIMS("\"token_use\":\"refresh\",\"aud\":\"web\""), JWT_USE_WRONG},
	{RS, CLAIMS("\"token_use\":7,\"aud\":\"web\""), JWT_USE_WRONG},
	{RS, "{" EXP "," ISS ",\"aud\":\"web\"}", JWT_SUBJECT_WRONG},
	{RS, "{" EXP "," ISS ",\"aud\":\"web\",\"sub\":\"\"}", JWT_SUBJECT_WRONG},
	{RS, "{" EXP "," ISS ",\"aud\":\"web\",\"sub\":7}", JWT_SUBJECT_WRONG},
	{RS, "{" EXP "," ISS ",\"aud\":\"web\",\"sub\":\"a\\nb\"}", JWT_SUBJECT_WRONG},
};

START_TEST(a_signed_token_is_judged_by_what_it_says)
{
	char *token = token_rs256(table[_i].header, table[_i].claims);
	enum jwt_result result = check(token);

	ck_assert_msg(result == table[_i].result, "%s %s: %s", table[_i].header, table[_i].claims,
		      jwt_result_text(result));
	free(token);
}
END_TEST

START_TEST(its_subject_and_scopes_are_taken)
{
	static const struct {
		const char *claims;
		uint64_t scopes;
	} given[] = {
		{GOOD, 0},
		{ACCESS(",\"client_id\":\"web\",\"cognito:groups\":[\"admins\",\"vans\"]"), 5},
		{CLAIMS("\"aud\":\"web\",\"groups\":[\"warehouse\"]"), 2},
		{CLAIMS("\"aud\":\"web\",\"scope\":\"openid vans warehouse\""), 6},
		{CLAIMS("\"aud\":\"web\",\"scope\":\"admin stock:write *\""), 0},
		{CLAIMS("\"aud\":\"web\",\"scope\":[\"admins\"],\"groups\":\"admins\""), 0},
		{CLAIMS("\"aud\":\"web\",\"groups\":[7,null,{},[\"admins\"],\"vans\"]"), 4},
		{CLAIMS("\"aud\":\"web\",\"scope\":\"  vans \""), 4},
	};
	struct jwt_subject subject;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char *token = token_es256(ES, given[i].claims);

		ck_assert_int_eq(check_at(token, &rules, NOW_MS, &subject), JWT_OK);
		ck_assert_str_eq(subject.id, "5b2c7d3e-0000-4000-8000-000000000001");
		ck_assert_uint_eq(subject.scopes, given[i].scopes);
		free(token);
	}
}
END_TEST

/* What "auth0|5f7c8ec7c33c6c004bbafe82" is to two issuers, and to none (token_user.h). */
#define AUTH0 "\"sub\":\"auth0|5f7c8ec7c33c6c004bbafe82\""
#define AUTH0_HERE "1b8bbf6c-d6e0-83f6-8158-f526eb7ebc01"
#define AUTH0_ELSEWHERE "0dd27a02-ba4b-8895-932f-ba29a97a730b"
#define AUTH0_NOWHERE "dda909a3-b097-876a-aace-6e09d8d079d9"

START_TEST(whichever_way_a_subject_comes_it_is_the_same_user)
{
	const struct jwt_rules open = {.signers = ARN, .digest = rules.digest};
	const struct {
		const char *header;
		const char *claims;
		const struct jwt_rules *rules;
		const char *id;
	} given[] = {
		{ES, "{" EXP "," ISS "," AUTH0 ",\"aud\":\"web\"}", &rules, AUTH0_HERE},
		{ALB_GOOD, "{" AUTH0 "}", &balanced, AUTH0_HERE},
		{ALB_GOOD, "{" AUTH0 "," ISS "}", &balanced, AUTH0_HERE},
		{ALB_GOOD, "{" AUTH0 "}", &open, AUTH0_HERE},
		{ALB(ARN, "https://issuer.example", "x", "1000000100"), "{" AUTH0 "}", &open,
		 AUTH0_ELSEWHERE},
		{ALB(ARN, "https://issuer.example", "x", "1000000100"), "{" AUTH0 "," ISS "}",
		 &open, AUTH0_ELSEWHERE},
		{"{\"kid\":\"ec-1\",\"alg\":\"ES256\",\"signer\":\"" ARN "\",\"exp\":1000000100}",
		 "{" AUTH0 "," ISS "}", &open, AUTH0_NOWHERE},
	};
	struct jwt_subject subject;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char *token = token_es256(given[i].header, given[i].claims);

		ck_assert_int_eq(check_at(token, given[i].rules, NOW_MS, &subject), JWT_OK);
		ck_assert_str_eq(subject.id, given[i].id);
		free(token);
	}
}
END_TEST

/* ---------------------------------------------------------- load balancers */

START_TEST(a_load_balancers_token_is_judged_by_its_header)
{
	static const struct {
		const char *header;
		const char *claims;
		enum jwt_result result;
	} given[] = {
		{ALB_GOOD, "{" SUB "}", JWT_OK},
		{ALB_GOOD, "{" SUB "," EXP "," ISS "}", JWT_OK},
		{ALB_GOOD, "{" SUB ",\"email\":\"a@b.example\"}", JWT_OK},
		{ALB_GOOD, "{}", JWT_SUBJECT_WRONG},
		{ALB_GOOD, "{" SUB ",\"exp\":1}", JWT_EXPIRED},
		{ALB_GOOD, "{" SUB ",\"iss\":\"https://other.example\"}", JWT_ISSUER_WRONG},
		{ES, GOOD, JWT_SIGNER_WRONG},
		{ALB(ARN "0", "https://issuer.example/pool", "web", "1000000100"), "{" SUB "}",
		 JWT_SIGNER_WRONG},
		{ALB(ARN, "https://other.example", "web", "1000000100"), "{" SUB "}",
		 JWT_ISSUER_WRONG},
		{ALB(ARN, "https://issuer.example/pool", "other", "1000000100"), "{" SUB "}",
		 JWT_AUDIENCE_WRONG},
		{ALB(ARN, "https://issuer.example/pool", "web", "999999940"), "{" SUB "}",
		 JWT_EXPIRED},
		{ALB(ARN, "https://issuer.example/pool", "web", "null"), "{" SUB "}",
		 JWT_MALFORMED},
	};
	struct jwt_subject subject;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char *padded = token_es256_padded(given[i].header, given[i].claims);
		char *plain = token_es256(given[i].header, given[i].claims);
		enum jwt_result result = check_at(padded, &balanced, NOW_MS, &subject);

		ck_assert_msg(result == given[i].result, "%zu: %s", i, jwt_result_text(result));
		ck_assert_int_eq(check_at(plain, &balanced, NOW_MS, &subject), given[i].result);
		free(padded);
		free(plain);
	}
}
END_TEST

START_TEST(without_an_issuer_a_load_balancer_vouches_for_whomever_it_asked)
{
	const struct jwt_rules open = {.signers = ARN, .groups = &groups, .digest = rules.digest};
	char *token =
		token_es256_padded(ALB(ARN, "https://other.example", "other", "1000000100"),
				   "{" SUB
				   ",\"iss\":\"https://third.example\",\"groups\":[\"vans\"]}");
	struct jwt_subject subject;

	ck_assert_int_eq(check_at(token, &open, NOW_MS, &subject), JWT_OK);
	ck_assert_uint_eq(subject.scopes, 4);
	ck_assert_int_eq(check_at(token, &open, NOW_MS + 160000, &subject), JWT_EXPIRED);
	ck_assert_int_eq(check_at(token, &balanced, NOW_MS, &subject), JWT_ISSUER_WRONG);
	free(token);
}
END_TEST

START_TEST(a_load_balancers_token_is_none_of_an_issuer)
{
	char *token = token_es256_padded(ALB_GOOD, "{" SUB "," EXP "," ISS "}");

	ck_assert_int_eq(check(token), JWT_AUDIENCE_WRONG);
	free(token);
}
END_TEST

/* -------------------------------------------------------------- signatures */

START_TEST(a_public_key_is_no_secret_to_sign_with)
{
	char *honest = token_hs256("{\"alg\":\"HS256\",\"kid\":\"rsa-1\"}", GOOD);
	char *lying = token_hs256(RS, GOOD);
	char *other = token_hs256(ES, GOOD);

	ck_assert_int_eq(check(honest), JWT_ALGORITHM_REFUSED);
	ck_assert_int_eq(check(lying), JWT_SIGNATURE_WRONG);
	ck_assert_int_eq(check(other), JWT_MALFORMED); /* 32 bytes are not two numbers */
	free(honest);
	free(lying);
	free(other);
}
END_TEST

START_TEST(a_key_of_one_kind_does_not_sign_for_the_other)
{
	char *ec = token_es256(RS, GOOD);
	char *rsa = token_rs256(ES, GOOD);

	ck_assert_int_eq(check(ec), JWT_SIGNATURE_WRONG);
	ck_assert_int_eq(check(rsa), JWT_MALFORMED);
	free(ec);
	free(rsa);
}
END_TEST

/* Whichever byte is changed, to another letter of the alphabet or to none. */
static void change_each_byte(char *token)
{
	for (size_t i = 0; token[i]; i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		ck_assert_msg(check(token) != JWT_OK, "byte %zu to %c", i, token[i]);
		token[i] = '~';
		ck_assert_msg(check(token) == JWT_MALFORMED || was == '.' ||
				      check(token) == JWT_SIGNATURE_WRONG,
			      "byte %zu", i);
		token[i] = was;
	}
	ck_assert_int_eq(check(token), JWT_OK);
	free(token);
}

START_TEST(no_byte_can_be_changed)
{
	change_each_byte(token_rs256(RS, GOOD));
	change_each_byte(token_es256(ES, GOOD));
}
END_TEST

START_TEST(nothing_can_be_cut_off)
{
	char *token = token_es256(ES, GOOD);

	for (size_t len = strlen(token); len-- > 0;) {
		token[len] = '\0';
		ck_assert_msg(check(token) != JWT_OK, "%zu", len);
	}
	free(token);
}
END_TEST

START_TEST(only_one_text_stands_for_a_token)
{
	static const char *const more[] = {"=", "==", "===", ".", ".AAAA", "A", "\n", " "};
	char *token = token_es256(ES, GOOD);
	char text[4096];
	size_t last = strlen(token) - 1;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", token, more[i]);
		/* 64 bytes are padded with two. */
		ck_assert_msg((check(text) == JWT_OK) == (strcmp(more[i], "==") == 0), "%s",
			      more[i]);
		snprintf(text, sizeof(text), "%s%s", more[i], token);
		ck_assert_int_ne(check(text), JWT_OK);
	}
	token[last]++; /* its left-over bits are no longer 0 */
	ck_assert_int_ne(check(token), JWT_OK);
	free(token);
}
END_TEST

/* ------------------------------------------------------------------ hostile */

START_TEST(what_is_no_token_is_malformed)
{
	static const char *const texts[] = {"",
					    ".",
					    "..",
					    "...",
					    "a",
					    "a.b",
					    "a.b.c",
					    "a..c",
					    ".b.c",
					    "=.=.=",
					    "====.====.====",
					    "%.%.%",
					    "e30.e30.e30.e30",
					    "e30.e30.e30.e30.e30"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(check(texts[i]) == JWT_MALFORMED, "%s", texts[i]);
}
END_TEST

/* Header and signature are fine: everything else that libcjose reads is the claims. */
START_TEST(claims_that_are_no_base64_are_malformed)
{
	static const char *const claims[] = {"A",     "AAAAA",   "AAAAA=", "AAAAA==", "AAAAA===",
					     "A=",    "A==",     "A===",   "====",    "e30==",
					     "e30=A", "=e30",    "e3==",   "e31",     "e30\n",
					     "e3 0",  "e30=e30", "+/+/",   "\xff\xff"};
	char *token = token_es256(ES, "x");
	char *first = strchr(token, '.');
	char *last = strrchr(token, '.');

	*first = '\0';
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		char text[1000];

		snprintf(text, sizeof(text), "%s.%s%s", token, claims[i], last);
		ck_assert_msg(check(text) == JWT_MALFORMED, "%s", claims[i]);
	}
	free(token);
}
END_TEST

START_TEST(a_token_has_at_most_8_kib)
{
	char claims[JWT_SIZE_MAX];
	struct buf token;
	char *signed_one;

	snprintf(claims, sizeof(claims), "%s,\"aud\":\"web\",\"fill\":\"%0*d\"}",
		 "{" EXP "," ISS "," SUB, 5500, 0);
	signed_one = token_es256(ES, claims);
	ck_assert_uint_le(strlen(signed_one), JWT_SIZE_MAX);
	ck_assert_int_eq(check(signed_one), JWT_OK);
	free(signed_one);
	buf_init(&token, JWT_SIZE_MAX + 1);
	while (buf_ok(&token) && token.len <= JWT_SIZE_MAX)
		buf_add_char(&token, 'A');
	ck_assert_int_eq(check(buf_text(&token)), JWT_TOO_LONG);
	buf_truncate(&token, JWT_SIZE_MAX);
	ck_assert_int_eq(check(buf_text(&token)), JWT_MALFORMED);
	buf_clear(&token);
}
END_TEST

START_TEST(deep_nesting_is_malformed)
{
	char deep[6000];
	char *token;

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	token = token_es256(ES, deep);
	ck_assert_int_eq(check(token), JWT_MALFORMED);
	free(token);
	token = token_es256(deep + 500, "{}");
	ck_assert_int_eq(check(token), JWT_MALFORMED);
	free(token);
}
END_TEST

START_TEST(a_subject_has_at_most_255_bytes)
{
	char claims[1000];

	for (int len = JWT_SUBJECT_MAX; len <= JWT_SUBJECT_MAX + 1; len++) {
		char *token;

		snprintf(claims, sizeof(claims), "{%s,\"aud\":\"web\",\"sub\":\"%0*d\"}",
			 EXP "," ISS, len, 0);
		token = token_es256(ES, claims);
		ck_assert_int_eq(check(token), len > JWT_SUBJECT_MAX ? JWT_SUBJECT_WRONG : JWT_OK);
		free(token);
	}
}
END_TEST

START_TEST(the_key_that_a_load_balancers_token_names_is_told)
{
	static const struct {
		const char *header;
		const char *id; /* NULL: there is none */
	} given[] = {
		{"{\"alg\":\"none\",\"kid\":\"new\",\"signer\":\"arn\"}", "new"},
		{"{\"kid\":\"new\",\"signer\":\"other\"}", "new"},
		{"{\"kid\":\"new\",\"signer\":\"arn,other\"}", NULL},
		{"{\"kid\":\"new\",\"signer\":\"stranger\"}", NULL},
		{"{\"kid\":\"new\"}", NULL},
		{"{\"kid\":7,\"signer\":\"arn\"}", NULL},
		{"{\"kid\":\"\",\"signer\":\"arn\"}", NULL},
		{"{\"signer\":\"arn\"}", NULL},
	};
	char id[JWKS_ID_MAX + 1] = "untouched";

	ck_assert(!jwt_key_id(span_of("x.y.z"), "arn", id));
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char *token = token_es256(given[i].header, "x");

		strcpy(id, "untouched");
		ck_assert(jwt_key_id(span_of(token), "arn,other", id) == (given[i].id != NULL));
		ck_assert_str_eq(id, given[i].id ? given[i].id : "untouched");
		free(token);
	}
}
END_TEST

START_TEST(each_result_has_a_sentence)
{
	for (int i = JWT_OK; i <= JWT_NO_MEMORY; i++)
		ck_assert_ptr_nonnull(strchr(jwt_result_text((enum jwt_result)i), '.'));
}
END_TEST

static void check_one(void *token)
{
	enum jwt_result result = check(token);

	if (!alloc_has_failed())
		ck_assert_int_eq(result, JWT_OK);
	else if (result != JWT_SIGNATURE_WRONG) /* libcjose's own lack is told as that */
		ck_assert_int_eq(result, JWT_NO_MEMORY);
}

START_TEST(a_lack_of_memory_is_told)
{
	char *token = token_es256(ES, GOOD);

	check_one(token); /* what OpenSSL keeps */
	alloc_fail_each(check_one, token);
	free(token);
}
END_TEST

Suite *jwt_suite(void)
{
	Suite *all = suite_create("jwt");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, a_signed_token_is_judged_by_what_it_says, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, its_subject_and_scopes_are_taken);
	tcase_add_test(cases, whichever_way_a_subject_comes_it_is_the_same_user);
	tcase_add_test(cases, a_load_balancers_token_is_judged_by_its_header);
	tcase_add_test(cases, without_an_issuer_a_load_balancer_vouches_for_whomever_it_asked);
	tcase_add_test(cases, a_load_balancers_token_is_none_of_an_issuer);
	tcase_add_test(cases, a_public_key_is_no_secret_to_sign_with);
	tcase_add_test(cases, a_key_of_one_kind_does_not_sign_for_the_other);
	tcase_add_test(cases, no_byte_can_be_changed);
	tcase_add_test(cases, nothing_can_be_cut_off);
	tcase_add_test(cases, only_one_text_stands_for_a_token);
	tcase_add_test(cases, what_is_no_token_is_malformed);
	tcase_add_test(cases, claims_that_are_no_base64_are_malformed);
	tcase_add_test(cases, a_token_has_at_most_8_kib);
	tcase_add_test(cases, deep_nesting_is_malformed);
	tcase_add_test(cases, a_subject_has_at_most_255_bytes);
	tcase_add_test(cases, the_key_that_a_load_balancers_token_names_is_told);
	tcase_add_test(cases, each_result_has_a_sentence);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
