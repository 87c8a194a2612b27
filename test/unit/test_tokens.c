#include <check.h>
#include <stdlib.h>

#include "alloc_fail.h"
#include "daemon/tokens.h"
#include "scripted.h"
#include "tokens.h"
#include "written.h"

#define SECOND UINT64_C(1000000)
#define ES "{\"alg\":\"ES256\",\"kid\":\"ec-1\"}"
#define ME "b8d24bce-4d0e-8c09-8943-0a538472f935" /* the id that "me" has with this issuer */
/* An hour after the script's beginning. */
#define CLAIMS                                                                           \
	"{\"exp\":1440941760,\"iss\":\"https://issuer.example\",\"sub\":\"me\",\"aud\":" \
	"\"web\",\"groups\":[\"vans\"]}"

static const char *const scopes[] = {"admin", "delivery:write", NULL};
static struct script script;
static struct tokens *tokens;
static struct jwt_subject subject;
static struct digest *digest;

static void set_up(void)
{
	digest = digest_new();
	ck_assert_ptr_nonnull(digest);
	written_set_up();
	script_init(&script);
}

static void end(void)
{
	if (tokens)
		tokens_stop(tokens);
	tokens_free(tokens);
	tokens = NULL;
}

static void tear_down(void)
{
	end();
	script_clear(&script);
	written_tear_down();
	digest_free(digest);
}

static void begin(const char *keys, const char *signers)
{
	const struct tokens_options options = {
		.issuer = "https://issuer.example",
		.audiences = "web",
		.signers = signers,
		.signer_keys = "https://keys.example",
		.groups = "vans=delivery:write",
		.scopes = scopes,
		.digest = digest,
		.keys = {.file = keys, .loop = script.loop, .transport = &script.transport},
	};

	tokens = tokens_new(&options);
	if (tokens)
		tokens_start(tokens);
}

static enum jwt_result check(const char *header, const char *claims, enum token_form form)
{
	char *text = token_es256(header, claims);
	enum jwt_result result = tokens_check(tokens, span_of(text), form, &subject);

	free(text);
	return result;
}

START_TEST(a_good_token_tells_who_it_is_until_it_expires)
{
	begin(written("keys", TOKENS_SET), NULL);
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BEARER), JWT_OK);
	ck_assert_str_eq(subject.id, ME);
	ck_assert_uint_eq(subject.scopes, 2);
	script_pass(&script, 3700 * SECOND);
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BEARER), JWT_EXPIRED);
}
END_TEST

#define KID "01900000-0000-4000-8000-000000000001"
#define ALB(signer, kid)                                                                       \
	"{\"alg\":\"ES256\",\"kid\":\"" kid "\",\"signer\":\"" signer "\",\"client\":\"web\"," \
	"\"iss\":\"https://issuer.example\",\"exp\":1440941760}"

START_TEST(a_load_balancer_must_be_a_configured_one)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	begin(written("keys", TOKENS_SET), NULL);
	ck_assert_int_eq(check(ALB("arn", "ec-1"), CLAIMS, TOKEN_BALANCED), JWT_SIGNER_WRONG);
	end();
	begin(written("keys", TOKENS_SET), "arn,other");
	ck_assert_int_eq(check(ALB("stranger", KID), CLAIMS, TOKEN_BALANCED), JWT_SIGNER_WRONG);
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BALANCED), JWT_SIGNER_WRONG);
	ck_assert_int_eq(check("x", CLAIMS, TOKEN_BALANCED), JWT_SIGNER_WRONG);
	script_pass(&script, SECOND);
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

START_TEST(a_load_balancers_key_is_fetched_and_is_none_of_the_issuers)
{
	char *text = token_es256(ALB("arn", KID), CLAIMS);
	struct arena arena = {0};
	struct await await = {.deadline_us = UINT64_MAX, .arena = &arena};

	SCRIPT_PLAY(&script, {.status = 200, .body = TOKENS_PEM});
	begin(written("keys", TOKENS_SET), "arn,other");
	ck_assert_int_eq(check(ALB("arn", KID), CLAIMS, TOKEN_BALANCED), JWT_KEY_AWAITED);
	tokens_await(tokens, span_of(text), &await);
	free(text);
	ck_assert(await.is_pending);
	script_pass(&script, SECOND);
	ck_assert(!await.is_pending);
	arena_clear(&arena);
	ck_assert_int_eq(check(ALB("other", KID), CLAIMS, TOKEN_BALANCED), JWT_OK);
	ck_assert_str_eq(subject.id, ME);
	ck_assert_int_eq(check(ALB("arn", "ec-1"), CLAIMS, TOKEN_BALANCED), JWT_KEY_UNKNOWN);
	ck_assert_int_eq(check(ALB("arn", KID), CLAIMS, TOKEN_BEARER), JWT_KEY_UNKNOWN);
	ck_assert_uint_eq(script.request_count, 1);
}
END_TEST

START_TEST(without_an_issuers_keys_only_load_balancers_are_believed)
{
	begin(NULL, "arn");
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BEARER), JWT_KEY_UNKNOWN);
}
END_TEST

START_TEST(an_unknown_key_is_looked_for)
{
	begin(written_path("keys"), NULL);
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BEARER), JWT_KEY_UNKNOWN);
	written("keys", TOKENS_SET);
	script_pass(&script, 31 * SECOND);
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BEARER), JWT_OK);
	written("keys", "{\"keys\":[" TOKENS_RSA "]}");
	script_pass(&script, 301 * SECOND);
	ck_assert_int_eq(check("{\"alg\":\"ES256\",\"kid\":\"new\"}", CLAIMS, TOKEN_BEARER),
			 JWT_KEY_UNKNOWN);
	ck_assert_int_eq(check(ES, CLAIMS, TOKEN_BEARER), JWT_KEY_UNKNOWN);
}
END_TEST

static void begin_once(void *keys)
{
	begin(keys, "arn");
	ck_assert(tokens || alloc_has_failed());
	end();
}

START_TEST(a_lack_of_memory_is_survived)
{
	const char *path = written("keys", TOKENS_SET);

	begin_once((void *)(uintptr_t)path);
	alloc_fail_each(begin_once, (void *)(uintptr_t)path);
}
END_TEST

Suite *tokens_suite(void)
{
	Suite *all = suite_create("tokens");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_good_token_tells_who_it_is_until_it_expires);
	tcase_add_test(cases, a_load_balancer_must_be_a_configured_one);
	tcase_add_test(cases, a_load_balancers_key_is_fetched_and_is_none_of_the_issuers);
	tcase_add_test(cases, without_an_issuers_keys_only_load_balancers_are_believed);
	tcase_add_test(cases, an_unknown_key_is_looked_for);
	tcase_add_test(cases, a_lack_of_memory_is_survived);
	suite_add_tcase(all, cases);
	return all;
}
