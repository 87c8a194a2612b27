/*
 * The cases that AWS publishes (its Signature Version 4 test suite, and the IAM example of its user
 * guide), each stage compared: the canonical request where the suite's case is about it, the
 * signature always. test/system/test_sigv4_botocore.py compares many more with another
 * implementation.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/sigv4.h"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FORM_HASH "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
#define STS_TOKEN                                                                                \
	"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRX" \
	"mxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburE" \
	"Dy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL" \
	"64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

static const char date[] = "20150830T123600Z";
static struct aws_keys keys = {
	.access_key = (char[]){"AKIDEXAMPLE"},
	.secret = (char[]){"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
};

static struct digest *digest;
static struct sigv4 signer;

static void set_up(void)
{
	digest = digest_new();
	sigv4_init(&signer, digest, "us-east-1", "service");
}

static void tear_down(void)
{
	sigv4_clear(&signer);
	digest_free(digest);
}

struct published {
	const char *name;
	const char *method;
	const char *path;
	const char *query;
	const char *headers[6][2]; /* besides host and x-amz-date */
	const char *body;
	const char *signature;
	const char *canonical; /* path, query and headers of the canonical request, or NULL */
};

#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
#define QUERY_ORDER "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"

static const struct published suite[] = {
	{.name = "get-vanilla",
	 .signature = VANILLA,
	 .canonical = "/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n"},
	{.name = "get-relative-normalized", .path = "/example/..", .signature = VANILLA},
	{.name = "get-relative-relative", .path = "/example1/example2/../..", .signature = VANILLA},
	{.name = "get-slash", .path = "//", .signature = VANILLA},
	{.name = "get-slash-dot-slash", .path = "/./", .signature = VANILLA},
	{.name = "get-slash-pointless-dot",
	 .path = "/./example",
	 .signature = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
	{.name = "get-slashes",
	 .path = "//example//",
	 .signature = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{.name = "get-space",
	 .path = "/example space/",
	 .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
	{.name = "get-utf8",
	 .path = "/\xe1\x88\xb4",
	 .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
	 .canonical = "/%E1%88%B4\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n"},
	{.name = "get-unreserved",
	 .path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	 .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{.name = "get-vanilla-query-order-key-case",
	 .query = "Param2=value2&Param1=value1",
	 .signature = QUERY_ORDER,
	 .canonical = "/\nParam1=value1&Param2=value2\nhost:example.amazonaws.com\n"
		      "x-amz-date:20150830T123600Z\n"},
	{.name = "get-vanilla-query-order-encoded",
	 .query = "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
	 .signature = "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
	{.name = "get-vanilla-utf8-query",
	 .query = "\xe1\x88\xb4=bar",
	 .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{.name = "get-header-key-duplicate",
	 .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
	 .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
	 .canonical = "/\n\nhost:example.amazonaws.com\nmy-header1:value2,value2,value1\n"
		      "x-amz-date:20150830T123600Z\n"},
	{.name = "get-header-value-multiline",
	 .headers = {{"My-Header1", "value1\n  value2\n     value3"}},
	 .signature = "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
	{.name = "get-header-value-order",
	 .headers = {{"My-Header1", "value4"},
		     {"My-Header1", "value1"},
		     {"My-Header1", "value3"},
		     {"My-Header1", "value2"}},
	 .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
	{.name = "get-header-value-trim",
	 .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
	 .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{.name = "get-vanilla-with-session-token",
	 .headers = {{"X-Amz-Security-Token",
		      "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}},
	 .signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
	{.name = "post-vanilla",
	 .method = "POST",
	 .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{.name = "post-header-key-sort",
	 .method = "POST",
	 .headers = {{"My-Header1", "value1"}},
	 .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
	{.name = "post-sts-header-before",
	 .method = "POST",
	 .headers = {{"X-Amz-Security-Token", STS_TOKEN}},
	 .signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
	{.name = "post-x-www-form-urlencoded",
	 .method = "POST",
	 .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
		     {"Content-Length", "13"},
		     {"x-amz-content-sha256", FORM_HASH}},
	 .body = "Param1=value1",
	 .signature = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
	{.name = "post-x-www-form-urlencoded-parameters",
	 .method = "POST",
	 .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
		     {"Content-Length", "13"},
		     {"x-amz-content-sha256", FORM_HASH}},
	 .body = "Param1=value1",
	 .signature = "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
};

static struct sigv4_request request_of(const struct published *from, struct sigv4_header *headers)
{
	size_t count = 0;

	headers[count++] = (struct sigv4_header){span_of("Host"), span_of("example.amazonaws.com")};
	for (size_t i = 0; i < 6 && from->headers[i][0]; i++)
		headers[count++] = (struct sigv4_header){span_of(from->headers[i][0]),
							 span_of(from->headers[i][1])};
	headers[count++] = (struct sigv4_header){span_of("X-Amz-Date"), span_of(date)};
	return (struct sigv4_request){
		.method = from->method ? from->method : "GET",
		.path = span_of(from->path ? from->path : "/"),
		.query = span_of(from->query ? from->query : ""),
		.headers = headers,
		.header_count = count,
		.body = span_of(from->body ? from->body : ""),
	};
}

START_TEST(each_published_case_has_its_signature)
{
	const struct published *one = &suite[_i];
	struct sigv4_header headers[8];
	struct sigv4_request request = request_of(one, headers);
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(sigv4_sign(&signer, &request, date, &keys, &out));
	if (one->canonical) {
		const char *canonical = strchr(buf_text(&signer.canonical_request), '\n') + 1;

		ck_assert_msg(strncmp(canonical, one->canonical, strlen(one->canonical)) == 0,
			      "%s: %s", one->name, canonical);
	}
	ck_assert_msg(strcmp(signer.signature, one->signature) == 0, "%s:\n%s", one->name,
		      buf_text(&signer.canonical_request));
	buf_clear(&out);
}
END_TEST

START_TEST(each_stage_is_a_text_of_its_own)
{
	struct sigv4_header headers[8];
	struct sigv4_request request = request_of(&suite[0], headers);
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(sigv4_sign(&signer, &request, date, &keys, &out));
	ck_assert_str_eq(buf_text(&signer.canonical_request),
			 "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
			 "host;x-amz-date\n" EMPTY_HASH);
	ck_assert_str_eq(
		buf_text(&signer.string_to_sign),
		"AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
		"bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
	ck_assert_str_eq(buf_text(&out),
			 "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
			 "aws4_request, SignedHeaders=host;x-amz-date, Signature=" VANILLA);
	buf_clear(&out);
}
END_TEST

START_TEST(the_user_guides_iam_example_comes_out_right)
{
	struct sigv4_header headers[] = {
		{span_of("Content-Type"),
		 span_of("application/x-www-form-urlencoded; charset=utf-8")},
		{span_of("Host"), span_of("iam.amazonaws.com")},
		{span_of("X-Amz-Date"), span_of(date)},
	};
	struct sigv4_request request = {.method = "GET",
					.path = span_of("/"),
					.query = span_of("Action=ListUsers&Version=2010-05-08"),
					.headers = headers,
					.header_count = 3};

	signer.service = "iam";
	ck_assert(sigv4_canonical_request(&signer, &request));
	ck_assert(sigv4_string_to_sign(&signer, date));
	ck_assert(sigv4_signature(&signer, date, &keys));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&signer.string_to_sign),
		       "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"));
	ck_assert_str_eq(signer.signature,
			 "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}
END_TEST

/* What the canonical request says on one of its first lines. */
static const char *canonical_line(const char *path, const char *query, int line)
{
	static char text[1024];
	struct published from = {.path = path, .query = query};
	struct sigv4_header headers[8];
	struct sigv4_request request = request_of(&from, headers);
	const char *start;

	ck_assert(sigv4_canonical_request(&signer, &request));
	start = buf_text(&signer.canonical_request);
	for (int i = 0; i < line; i++)
		start = strchr(start, '\n') + 1;
	ck_assert_uint_lt(strcspn(start, "\n"), sizeof(text));
	memcpy(text, start, strcspn(start, "\n"));
	text[strcspn(start, "\n")] = '\0';
	return text;
}

START_TEST(paths_are_normalised_and_encoded_once_more)
{
	static const char *const paths[][2] = {
		{"/", "/"},
		{"/a", "/a"},
		{"/a/", "/a/"},
		{"/a/b/../c", "/a/c"},
		{"/a/../../b", "/b"},
		{"/..", "/"},
		{"/../..", "/"},
		{"/a/./b//c/", "/a/b/c/"},
		{"/a%20b", "/a%2520b"},
		{"/a b", "/a%20b"},
		{"/a+b*c", "/a%2Bb%2Ac"},
		{"/...", "/..."},
		{"/a/..b", "/a/..b"},
		{"/\"\x7f", "/%22%7F"},
		{"/a/..", "/"},
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		ck_assert_str_eq(canonical_line(paths[i][0], "", 1), paths[i][1]);
}
END_TEST

START_TEST(queries_are_sorted_by_encoded_name_then_value)
{
	static const char *const queries[][2] = {
		{"b=1&a=2", "a=2&b=1"},
		{"a=2&a=1&a=10", "a=1&a=10&a=2"},
		{"a", "a="},
		{"a=", "a="},
		{"a=b=c", "a=b%3Dc"},
		{"a-b=1&a=2", "a=2&a-b=1"},
		{"ab=1&a=zz", "a=zz&ab=1"},
		{"A=1&a=2&B=3", "A=1&B=3&a=2"},
		{"x=%7e~%7E", "x=~~~"},
		{"x=%zz%4", "x=%25zz%254"},
		{"x=a+b%20c%2fd/e", "x=a%2Bb%20c%2Fd%2Fe"},
		{"&a", "=&a="},
	};

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		ck_assert_str_eq(canonical_line("/", queries[i][0], 2), queries[i][1]);
}
END_TEST

START_TEST(headers_that_proxies_change_are_not_signed)
{
	static const char *const names[] = {
		"User-Agent",
		"CONNECTION",
		"Expect",
		"transfer-encoding",
		"X-Amzn-Trace-Id",
		"TE",
		"Trailer",
		"Upgrade",
		"Keep-Alive",
		"amz-sdk-request",
		"Amz-Sdk-Invocation-Id",
		"Proxy-Authorization",
		"proxy-authenticate",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct published from = {.headers = {{names[i], "x"}}};
		struct sigv4_header headers[8];
		struct sigv4_request request = request_of(&from, headers);

		ck_assert(sigv4_canonical_request(&signer, &request));
		ck_assert_str_eq(buf_text(&signer.signed_headers), "host;x-amz-date");
	}
}
END_TEST

START_TEST(a_header_of_nothing_but_space_is_signed_as_empty)
{
	struct published from = {.headers = {{"my-header", " \t \r\n "}}};
	struct sigv4_header headers[8];
	struct sigv4_request request = request_of(&from, headers);

	ck_assert(sigv4_canonical_request(&signer, &request));
	ck_assert_ptr_nonnull(strstr(buf_text(&signer.canonical_request), "\nmy-header:\n"));
}
END_TEST

START_TEST(the_signing_key_follows_the_day_and_the_keys)
{
	struct aws_keys other = {.access_key = (char[]){"AKIDEXAMPLE"},
				 .secret = (char[]){"other"}};
	struct sigv4_header headers[8];
	struct sigv4_request request = request_of(&suite[0], headers);
	char first[SIGV4_HEX_SIZE];
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(sigv4_sign(&signer, &request, date, &keys, &out));
	memcpy(first, signer.signature, sizeof(first));
	ck_assert(sigv4_sign(&signer, &request, date, &other, &out));
	ck_assert_str_ne(signer.signature, first);
	ck_assert(sigv4_sign(&signer, &request, "20150831T123600Z", &keys, &out));
	ck_assert_str_ne(signer.signature, first);
	ck_assert(sigv4_sign(&signer, &request, date, &keys, &out));
	ck_assert_str_eq(signer.signature, first);
	buf_clear(&out);
}
END_TEST

/* What a new signer makes of it, which remembers nothing. */
static void assert_signed_as_new(const struct sigv4_request *request, const char *when)
{
	struct sigv4 fresh;
	struct buf value = {0};
	struct buf expected = {0};

	sigv4_init(&fresh, digest, "us-east-1", "service");
	buf_init(&value, 4096);
	buf_init(&expected, 4096);
	ck_assert(sigv4_sign(&signer, request, when, &keys, &value));
	ck_assert(sigv4_sign(&fresh, request, when, &keys, &expected));
	ck_assert_str_eq(buf_text(&value), buf_text(&expected));
	ck_assert_str_eq(buf_text(&signer.canonical_request), buf_text(&fresh.canonical_request));
	buf_clear(&value);
	buf_clear(&expected);
	sigv4_clear(&fresh);
}

/* clang-format off */
#define SPAN(text) {text, sizeof(text) - 1}
/* clang-format on */

START_TEST(requests_that_are_alike_are_not_mixed_up)
{
	static const struct sigv4_header headers[][2] = {
		{{SPAN("host"), SPAN("a")}, {SPAN("x-amz-date"), SPAN("b")}},
		{{SPAN("host"), SPAN("a")}, {SPAN("x-amz-date"), SPAN("c")}},
		{{SPAN("host"), SPAN("ax")}, {SPAN("-amz-date"), SPAN("c")}},
		{{SPAN("host"), SPAN("a")}, {SPAN("X-Amz-Date"), SPAN("c")}},
	};
	static const char *const methods[] = {"POST", "PUT"};
	static const struct span paths[] = {SPAN("/"), SPAN("/a"), SPAN("/ab")};
	static const struct span queries[] = {SPAN(""), SPAN("b"), SPAN("b=1")};
	static const struct span bodies[] = {SPAN(""), SPAN("{}"), SPAN("{}")};

	for (size_t i = 0; i < 2 * 4 * 3 * 3 * 3 * 2; i++) {
		const struct sigv4_request request = {
			.method = methods[i / 216 % 2],
			.path = paths[i / 24 % 3],
			.query = queries[i / 72 % 3],
			.headers = headers[i / 6 % 4],
			.header_count = i % 2 + 1,
			.body = bodies[i / 2 % 3],
		};

		assert_signed_as_new(&request, date);
		assert_signed_as_new(&request, date);
	}
}
END_TEST

START_TEST(what_is_beyond_the_limits_is_refused)
{
	static char long_path[SIGV4_PATH_MAX + 2];
	struct sigv4_header headers[SIGV4_HEADERS_MAX + 1];
	struct sigv4_request request = {.method = "GET", .path = span_of("/")};
	char query[2 * (SIGV4_PARAMETERS_MAX + 1)];

	memset(long_path, '/', sizeof(long_path) - 1);
	request.path = span_of(long_path);
	ck_assert(!sigv4_canonical_request(&signer, &request));
	request.path.len = SIGV4_PATH_MAX;
	ck_assert(sigv4_canonical_request(&signer, &request));

	for (size_t i = 0; i < sizeof(query); i++)
		query[i] = i % 2 ? '&' : 'a';
	request.query = (struct span){query, 2 * SIGV4_PARAMETERS_MAX + 1};
	ck_assert(!sigv4_canonical_request(&signer, &request));
	request.query.len -= 2;
	ck_assert(sigv4_canonical_request(&signer, &request));

	for (size_t i = 0; i <= SIGV4_HEADERS_MAX; i++)
		headers[i] = (struct sigv4_header){span_of("a"), span_of("b")};
	request.headers = headers;
	request.header_count = SIGV4_HEADERS_MAX + 1;
	ck_assert(!sigv4_canonical_request(&signer, &request));
	request.header_count--;
	ck_assert(sigv4_canonical_request(&signer, &request));
}
END_TEST

static struct buf written[3]; /* where the token is */
static unsigned wiped_count;

static void look_for_token(const void *block)
{
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		if (block == written[i].data)
			wiped_count += !memmem(block, written[i].len, STS_TOKEN, 20);
}

/* Two requests with a token, so that it is in all of the signer's buffers. */
static struct sigv4_request write_with_token(struct sigv4_header headers[static 8])
{
	static const struct published from = {.headers = {{"x-amz-security-token", STS_TOKEN}}};
	struct sigv4_request request = request_of(&from, headers);

	ck_assert(sigv4_canonical_request(&signer, &request));
	request.method = "PUT";
	ck_assert(sigv4_canonical_request(&signer, &request));
	written[0] = signer.canonical_request;
	written[1] = signer.source;
	written[2] = signer.next_source;
	return request;
}

START_TEST(no_session_token_is_left_behind)
{
	struct sigv4_header headers[8];

	(void)write_with_token(headers);
	wiped_count = 0;
	alloc_on_free(look_for_token);
	sigv4_clear(&signer);
	alloc_on_free(NULL);
	ck_assert_uint_eq(wiped_count, 3);
}
END_TEST

START_TEST(no_session_token_is_left_behind_by_a_larger_request)
{
	static char path[3000] = "/";
	struct sigv4_header headers[8];
	struct sigv4_request request = write_with_token(headers);

	memset(path + 1, 'p', sizeof(path) - 1);
	request.path = (struct span){path, sizeof(path)};
	wiped_count = 0;
	alloc_on_free(look_for_token);
	ck_assert(sigv4_canonical_request(&signer, &request));
	alloc_on_free(NULL);
	ck_assert_uint_eq(wiped_count, 2); /* the canonical request, and what the next is made of */
}
END_TEST

Suite *sigv4_suite(void)
{
	Suite *all = suite_create("sigv4");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, each_published_case_has_its_signature, 0,
			    (int)(sizeof(suite) / sizeof(suite[0])));
	tcase_add_test(cases, each_stage_is_a_text_of_its_own);
	tcase_add_test(cases, the_user_guides_iam_example_comes_out_right);
	tcase_add_test(cases, paths_are_normalised_and_encoded_once_more);
	tcase_add_test(cases, queries_are_sorted_by_encoded_name_then_value);
	tcase_add_test(cases, headers_that_proxies_change_are_not_signed);
	tcase_add_test(cases, a_header_of_nothing_but_space_is_signed_as_empty);
	tcase_add_test(cases, the_signing_key_follows_the_day_and_the_keys);
	tcase_add_test(cases, requests_that_are_alike_are_not_mixed_up);
	tcase_add_test(cases, no_session_token_is_left_behind);
	tcase_add_test(cases, no_session_token_is_left_behind_by_a_larger_request);
	tcase_add_test(cases, what_is_beyond_the_limits_is_refused);
	suite_add_tcase(all, cases);
	return all;
}
