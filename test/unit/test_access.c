#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/access.h"
#include "http/reply.h"
#include "http/stream.h"
#include "serving.h"

/* A server whose tokens are user ids, with a scope behind a "+" perhaps. */

#define JO "20000000-0000-7000-8000-000000000001"
#define FLO "20000000-0000-7000-8000-000000000002"
#define JOS "10000000-0000-4000-8000-00000000000a"    /* Jo's own thing */
#define GUESTS "10000000-0000-4000-8000-00000000000b" /* nobody's */
#define ABSENT "10000000-0000-4000-8000-00000000000c"

static struct visitor visitor;
static struct access access_control;
static unsigned searches;
static unsigned runs;
static char caller[100];
static enum token_form form;
static struct await *awaited; /* what "later" waits for */
static const char *later;     /* what it turns out to be; NULL: it still cannot be told */

static enum flow tell(struct request *rq)
{
	struct buf body = {0};

	runs++;
	snprintf(caller, sizeof(caller), "%d %s %s", (int)rq->caller.kind, rq->caller.id,
		 await_by(&rq->await));
	buf_init(&body, 10);
	buf_add_str(&body, "ran");
	return reply_text(rq, 200, "text/plain", &body);
}

static enum flow look(struct request *rq)
{
	return access_find_owner(rq, OWNER_OF_CHECKOUT, request_query(rq, "id"), SCOPE_ORDER_WRITE);
}

static enum flow judge_user(struct request *rq)
{
	return access_is_for(rq, request_query(rq, "id"), SCOPE_CART_WRITE)
		       ? FLOW_NEXT
		       : reply_problem(rq, "user-not-found", NULL);
}

static const struct endpoint plain = {.steps = STEPS(tell)};
static const struct endpoint by_body = {.steps = STEPS(look, access_judge_owner, tell)};
static const struct endpoint for_user = {.steps = STEPS(judge_user, tell)};
static const struct streaming streaming = {0};
static const struct endpoint streamed = {.steps = STEPS(tell), .stream = &streaming};

static const struct route routes[] = {
	{METHOD_GET, "/all", &plain, NULL, .who = ANYONE},
	{METHOD_GET, "/staff", &plain, NULL, .who = STAFF(STOCK_WRITE)},
	{METHOD_GET, "/forgotten", &plain, NULL, .is_always_on = false},
	{METHOD_GET, "/user/{id}", &plain, NULL, .who = OWNER(USER, USER_READ)},
	{METHOD_GET, "/self", &plain, NULL, .who = OWNER(SELF, USER_WRITE)},
	{METHOD_GET, "/mine", &plain, QUERY("user_id"), .who = OWNER(BY_QUERY, USER_READ)},
	{METHOD_GET, "/cart/{id}", &plain, NULL, .who = OWNER(CART, CART_READ)},
	{METHOD_GET, "/checkout/{id}", &plain, NULL, .who = OWNER(CHECKOUT, ORDER_READ)},
	{METHOD_GET, "/order/{id}", &plain, NULL, .who = OWNER(ORDER, ORDER_READ)},
	{METHOD_GET, "/body", &by_body, QUERY("id"), .who = ANYONE},
	{METHOD_GET, "/for", &for_user, QUERY("id"), .who = ANYONE},
	{METHOD_GET, "/stream", &streamed, NULL, .who = ANYONE},
	{METHOD_OTHER, .path = NULL},
};

static void find_owner(struct repo *repo, enum owner_of of, const char *id, struct owner *out,
		       struct await *await)
{
	(void)repo;
	(void)of;
	searches++;
	await_start(await);
	if (strcmp(id, JOS) == 0)
		memcpy(out->user_id, JO, ID_SIZE);
	await_finish(await, strcmp(id, ABSENT) == 0 ? RESULT_NOT_FOUND : RESULT_OK);
}

static enum jwt_result read_token(void *context, struct request *rq,
				  const struct shown_token *token, struct caller *made)
{
	const char *plus = strchr(token->text, '+');
	size_t len = plus != NULL ? (size_t)(plus - token->text) : strlen(token->text);
	enum scope scope;

	ck_assert_ptr_eq(context, &access_control);
	form = token->form;
	if (strcmp(token->text, "later") == 0 && later == NULL)
		return JWT_KEY_AWAITED;
	if (strcmp(token->text, "later") == 0)
		return read_token(context, rq, &(struct shown_token){later, form}, made);
	if (strncmp(token->text, "2", 1) != 0)
		return JWT_MALFORMED;
	*made = (struct caller){.kind = CALLER_SHOPPER,
				.id = arena_copy(&rq->arena, token->text, len),
				.by = "shopper"};
	if (plus != NULL) {
		ck_assert(scope_find(span_of(plus + 1), &scope));
		made->scopes = scope_bit(scope);
	}
	return JWT_OK;
}

static void await_token(void *context, const struct shown_token *token, struct await *await)
{
	ck_assert_ptr_eq(context, &access_control);
	ck_assert_str_eq(token->text, "later");
	ck_assert_int_eq(token->form, TOKEN_BALANCED);
	awaited = await;
	await_start(await);
}

static void begin(const struct access *access)
{
	serving_init();
	serving.access = access;
	serving_start(routes);
	visitor_connect(&visitor);
	searches = 0;
	runs = 0;
	caller[0] = '\0';
	awaited = NULL;
	later = NULL;
}

static void set_up(void)
{
	access_control = (struct access){
		.find_owner = find_owner,
		.read_token = read_token,
		.await_token = await_token,
		.has_balancers = true,
		.context = &access_control,
	};
	begin(&access_control);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
}

static int ask(const char *token, const char *path)
{
	char text[400];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: t\r\n%s%s%s\r\n", path,
		 token != NULL ? "Authorization: Bearer " : "", token != NULL ? token : "",
		 token != NULL ? "\r\n" : "");
	return visitor_ask(&visitor, text);
}

/* Who asks for what, and what comes of it. Every reply but 200 is made before the endpoint runs. */
static const struct {
	const char *token;
	const char *path;
	int status;
	unsigned searches;
} questions[] = {
	{NULL, "/all", 200, 0},
	{JO, "/all", 200, 0},
	{"bad", "/all", 401, 0},
	{NULL, "/staff", 401, 0},
	{JO, "/staff", 403, 0},
	{JO "+stock:read", "/staff", 403, 0},
	{JO "+stock:write", "/staff", 200, 0},
	{JO "+admin", "/staff", 200, 0},
	{NULL, "/forgotten", 401, 0},
	{JO "+stock:write", "/forgotten", 403, 0},
	{JO "+admin", "/forgotten", 200, 0},
	{NULL, "/user/" JO, 401, 0},
	{JO, "/user/" JO, 200, 0},
	{FLO, "/user/" JO, 404, 0},
	{FLO "+user:read", "/user/" JO, 200, 0},
	{NULL, "/mine?user_id=" JO, 401, 0},
	{JO, "/mine?user_id=" JO, 200, 0},
	{FLO, "/mine?user_id=" JO, 404, 0},
	{JO, "/mine", 200, 0},
	{NULL, "/mine", 401, 0},
	{NULL, "/self", 401, 0},
	{"bad", "/self", 401, 0},
	{JO, "/self", 200, 0},
	{FLO "+user:write", "/self", 200, 0},
	{NULL, "/cart/" GUESTS, 200, 1},
	{NULL, "/cart/" JOS, 404, 1},
	{NULL, "/cart/" ABSENT, 404, 1},
	{JO, "/cart/" ABSENT, 404, 1},
	{JO "+cart:read", "/cart/" ABSENT, 200, 0}, /* the endpoint tells */
	{JO, "/cart/" JOS, 200, 1},
	{JO, "/cart/" GUESTS, 200, 1},
	{FLO, "/cart/" JOS, 404, 1},
	{FLO "+cart:read", "/cart/" JOS, 200, 0},
	{FLO, "/checkout/" JOS, 404, 1},
	{JO, "/checkout/" JOS, 200, 1},
	{FLO, "/order/" JOS, 404, 1},
	{JO, "/order/" JOS, 200, 1},
	{NULL, "/body?id=" JOS, 404, 1},
	{FLO, "/body?id=" JOS, 404, 1},
	{JO, "/body?id=" JOS, 200, 1},
	{JO, "/body?id=" ABSENT, 404, 1},
	{NULL, "/body?id=" GUESTS, 200, 1},
	{FLO "+order:write", "/body?id=" JOS, 200, 0},
	{NULL, "/for?id=" JO, 404, 0},
	{FLO, "/for?id=" JO, 404, 0},
	{JO, "/for?id=" JO, 200, 0},
	{FLO "+cart:write", "/for?id=" JO, 200, 0},
};

START_TEST(each_gets_what_is_his_and_no_more)
{
	ck_assert_msg(ask(questions[_i].token, questions[_i].path) == questions[_i].status,
		      "%s by %s", questions[_i].path, questions[_i].token);
	ck_assert_uint_eq(searches, questions[_i].searches);
	ck_assert_uint_eq(runs, questions[_i].status == 200);
}
END_TEST

START_TEST(a_refusal_says_what_is_missing)
{
	ck_assert_int_eq(ask(NULL, "/staff"), 401);
	ck_assert(visitor_has_problem(&visitor, "unauthenticated"));
	ck_assert_str_eq(visitor_header(&visitor, "WWW-Authenticate"), "Bearer realm=\"shopd\"");
	ck_assert_int_eq(ask("bad", "/staff"), 401);
	ck_assert_str_eq(visitor_header(&visitor, "WWW-Authenticate"),
			 "Bearer realm=\"shopd\", error=\"invalid_token\"");
	ck_assert_int_eq(ask(JO, "/staff"), 403);
	ck_assert(visitor_has_problem(&visitor, "forbidden"));
	ck_assert_str_eq(visitor_header(&visitor, "WWW-Authenticate"),
			 "Bearer realm=\"shopd\", error=\"insufficient_scope\", "
			 "scope=\"stock:write\"");
	ck_assert_ptr_nonnull(strstr(visitor_body(&visitor), "This needs the scope stock:write."));
}
END_TEST

START_TEST(anothers_is_as_if_it_were_not_there)
{
	static const char *const rows[][2] = {
		{"/cart/" JOS, "cart-not-found"},
		{"/checkout/" JOS, "checkout-not-found"},
		{"/order/" JOS, "order-not-found"},
		{"/user/" JO, "user-not-found"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(ask(FLO, rows[i][0]), 404);
		ck_assert(visitor_has_problem(&visitor, rows[i][1]));
	}
}
END_TEST

static int ask_with(const char *headers, const char *path)
{
	char text[400];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", path, headers);
	return visitor_ask(&visitor, text);
}

#define BALANCED(token) "X-Amzn-Oidc-Data: " token "\r\n"
#define BEARER(token) "Authorization: Bearer " token "\r\n"

START_TEST(a_load_balancer_says_who_shows_nothing_himself)
{
	ck_assert_int_eq(ask_with(BALANCED(JO), "/user/" JO), 200);
	ck_assert_int_eq(form, TOKEN_BALANCED);
	ck_assert_str_eq(caller, "1 " JO " shopper");
	ck_assert_int_eq(ask_with(BALANCED("bad"), "/all"), 401);
	ck_assert_int_eq(ask_with(BALANCED(JO) BEARER(FLO), "/user/" JO), 404);
	ck_assert_int_eq(form, TOKEN_BEARER);
	ck_assert_int_eq(ask_with(BALANCED(JO) BEARER("bad"), "/user/" JO), 401);
	ck_assert_int_eq(ask_with(BALANCED(JO) "X-Api-Key: shopd_0\r\n", "/user/" JO), 401);
	ck_assert_int_eq(ask_with(BALANCED("shopd_0"), "/all"), 401);
	access_control.has_balancers = false;
	ck_assert_int_eq(ask_with(BALANCED(JO), "/user/" JO), 401);
	ck_assert_int_eq(ask_with(BALANCED("bad"), "/all"), 200);
}
END_TEST

/* Sends it, and turns until it waits for who that is. */
static void ask_later(const char *path)
{
	char text[400];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: t\r\n" BALANCED("later") "\r\n",
		 path);
	visitor_send(&visitor, text);
	for (int i = 0; awaited == NULL; i++) {
		ck_assert_int_lt(i, 1000);
		serving_pass(1);
	}
	ck_assert_uint_eq(runs, 0);
}

static int tell_later(const char *token, enum result result)
{
	struct await *await = awaited;

	later = token;
	awaited = NULL;
	await_finish(await, result);
	return visitor_status(&visitor);
}

START_TEST(who_cannot_be_told_yet_is_waited_for)
{
	static const struct {
		const char *path;
		const char *token;
		int status;
		unsigned searches;
	} cases[] = {
		{"/user/" JO, JO, 200, 0},
		{"/user/" JO, FLO, 404, 0},
		{"/user/" JO, FLO "+user:read", 200, 0},
		{"/user/" JO, "bad", 401, 0},
		{"/user/" JO, NULL, 503, 0},
		{"/all", JO, 200, 0},
		{"/all", NULL, 503, 0},
		{"/all", "bad", 401, 0},
		{"/staff", JO, 403, 0},
		{"/cart/" JOS, JO, 200, 1},
		{"/cart/" JOS, FLO, 404, 1},
		{"/cart/" JOS, "bad", 401, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		later = NULL;
		runs = searches = 0;
		ask_later(cases[i].path);
		ck_assert_int_eq(tell_later(cases[i].token, RESULT_OK), cases[i].status);
		ck_assert_uint_eq(runs, cases[i].status == 200);
		ck_assert_uint_eq(searches, cases[i].searches);
	}
	later = NULL;
	ask_later("/all");
	ck_assert_int_eq(tell_later(JO, RESULT_OK), 200);
	ck_assert_str_eq(caller, "1 " JO " shopper");
}
END_TEST

START_TEST(who_still_cannot_be_told_is_to_come_again)
{
	ask_later("/user/" JO);
	ck_assert_int_eq(tell_later(NULL, RESULT_OK), 503);
	ck_assert(visitor_has_problem(&visitor, "unavailable"));
	ck_assert_ptr_nonnull(strstr(visitor_body(&visitor), "the load balancer's key"));
	ck_assert_ptr_nonnull(visitor_header(&visitor, "Retry-After"));
	ask_later("/user/" JO);
	ck_assert_int_eq(tell_later(JO, RESULT_OVERLOADED), 503);
	ck_assert(visitor_has_problem(&visitor, "unavailable"));
	later = NULL;
	ask_later("/user/" JO);
	ck_assert_int_eq(tell_later(JO, RESULT_SHUTDOWN), 503);
	ck_assert(visitor_has_problem(&visitor, "shutting-down"));
	ck_assert_uint_eq(runs, 0);
}
END_TEST

START_TEST(a_stream_begins_with_the_head_and_waits_for_nobody)
{
	ck_assert_int_eq(ask_with(BALANCED("later"), "/stream"), 503);
	ck_assert(visitor_has_problem(&visitor, "unavailable"));
	ck_assert_ptr_null(awaited);
	ck_assert_uint_eq(runs, 0);
}
END_TEST

START_TEST(callers_are_named)
{
	ck_assert_int_eq(ask(NULL, "/all"), 200);
	ck_assert_str_eq(caller, "0  guest");
	ck_assert_int_eq(ask(JO, "/all"), 200);
	ck_assert_str_eq(caller, "1 " JO " shopper");
}
END_TEST

START_TEST(where_nobody_is_asked_all_are_staff)
{
	tear_down();
	begin(NULL);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		ck_assert_int_eq(ask(questions[i].token, questions[i].path), 200);
		ck_assert_str_eq(caller, "2  staff");
	}
	ck_assert_uint_eq(searches, 0);
}
END_TEST

START_TEST(without_keys_and_tokens_nothing_that_is_shown_is_good)
{
	access_control.read_token = NULL;
	ck_assert_int_eq(ask(JO, "/all"), 401);
	ck_assert_int_eq(ask("shopd_0", "/all"), 401);
	ck_assert_int_eq(ask(NULL, "/all"), 200);
}
END_TEST

Suite *access_suite(void)
{
	Suite *suite = suite_create("access");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, each_gets_what_is_his_and_no_more, 0,
			    sizeof(questions) / sizeof(questions[0]));
	tcase_add_test(tests, a_refusal_says_what_is_missing);
	tcase_add_test(tests, anothers_is_as_if_it_were_not_there);
	tcase_add_test(tests, a_load_balancer_says_who_shows_nothing_himself);
	tcase_add_test(tests, who_cannot_be_told_yet_is_waited_for);
	tcase_add_test(tests, who_still_cannot_be_told_is_to_come_again);
	tcase_add_test(tests, a_stream_begins_with_the_head_and_waits_for_nobody);
	tcase_add_test(tests, callers_are_named);
	tcase_add_test(tests, where_nobody_is_asked_all_are_staff);
	tcase_add_test(tests, without_keys_and_tokens_nothing_that_is_shown_is_good);
	suite_add_tcase(suite, tests);
	return suite;
}
