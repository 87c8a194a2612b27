#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/connection.h"
#include "http/idempotency.h"
#include "http/reply.h"
#include "repo/idempotency_repo.h"
#include "serving.h"

enum { TEXT_SIZE = 4096 };

/* When an operation finishes. */
enum when { AT_ONCE, LATER };

/* What is kept of an answer, with a life of its own. */
struct kept {
	int status;
	char content_type[TEXT_SIZE];
	char headers[TEXT_SIZE];
	char body[TEXT_SIZE];
	size_t body_len;
};

/* A store and a repository of which the test decides what happens; and what they have seen. */
static struct {
	enum when find_when;
	enum when write_when;
	enum when keep_when;
	enum result find_result;
	enum result write_result;
	enum result keep_result;
	struct kept_answer found; /* for RESULT_REPEATED */
	bool is_other;
	bool is_removed;
	bool is_too_large; /* for a write */

	unsigned finds;
	unsigned writes;
	unsigned keeps;
	char id[IDEMPOTENCY_HASH_SIZE];
	char fingerprint[IDEMPOTENCY_HASH_SIZE];
	struct kept rehearsed;
	struct kept kept;
} table;

static struct visitor visitor;

static void finish(struct await *await, enum when when, enum result result)
{
	if (when == AT_ONCE)
		await_finish(await, result);
	else
		serving.waiting[serving.waiting_count++] = await->context;
}

static void take_text(char *out, struct span text)
{
	ck_assert_uint_lt(text.len, TEXT_SIZE);
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static void take(struct kept *kept, const struct kept_answer *answer)
{
	kept->status = answer->status;
	take_text(kept->content_type, answer->content_type);
	take_text(kept->headers, answer->headers);
	take_text(kept->body, answer->body);
	kept->body_len = answer->body.len;
}

static struct kept_answer answer_of(const struct kept *kept)
{
	return (struct kept_answer){.status = kept->status,
				    .content_type = span_of(kept->content_type),
				    .headers = span_of(kept->headers),
				    .body = {kept->body, kept->body_len}};
}

static void find(struct repo *repo, struct idempotency *idempotency, struct await *await)
{
	(void)repo;
	table.finds++;
	strcpy(table.id, idempotency->id);
	strcpy(table.fingerprint, idempotency->fingerprint);
	idempotency->found = table.found;
	idempotency->is_other = table.is_other;
	idempotency->is_removed = table.is_removed;
	await_start(await);
	finish(await, table.find_when, table.find_result);
}

static void keep(struct repo *repo, struct idempotency *idempotency,
		 const struct kept_answer *answer, struct await *await)
{
	(void)repo;
	table.keeps++;
	take(&table.kept, answer);
	idempotency->is_kept = table.keep_result == RESULT_OK;
	idempotency->found = table.found;
	idempotency->is_other = table.is_other;
	await_start(await);
	finish(await, table.keep_when, table.keep_result);
}

/* ---- endpoints ---- */

static enum flow prepare(struct request *rq)
{
	reply_header(rq, "X-Extra", "no-store");
	return FLOW_NEXT;
}

/* As repo_write does it. */
static enum flow do_write(struct request *rq)
{
	struct idempotency *idempotency = rq->await.idempotency;
	struct kept_answer answer = {0};

	table.writes++;
	await_start(&rq->await);
	if (idempotency != NULL) {
		if (!idempotency->rehearse(idempotency, &answer)) {
			await_finish(&rq->await, RESULT_NO_MEMORY);
			return FLOW_WAIT;
		}
		take(&table.rehearsed, &answer);
		idempotency->is_kept = table.write_result == RESULT_OK;
		idempotency->found = table.found;
		idempotency->is_other = table.is_other;
		idempotency->is_too_large = table.is_too_large;
	}
	finish(&rq->await, table.write_when, table.write_result);
	return FLOW_WAIT;
}

static enum flow say_written(struct request *rq)
{
	struct buf body = {0};

	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, "conflict", NULL);
	reply_header(rq, "Location", "/write/%s", "1");
	reply_etag(rq, "1");
	buf_init(&body, 100);
	buf_add(&body, "{\"a\":\"\0\n\xc3\xa4\"}", 12);
	return reply_json(rq, 201, &body);
}

/* The body says which status is wanted. */
static enum flow say_status(struct request *rq)
{
	int status = atoi(buf_text(&rq->raw_body));
	struct buf body = {0};

	if (status == 204)
		return reply_empty(rq, status);
	buf_init(&body, 100);
	buf_add_format(&body, "it is %d", status);
	return reply_text(rq, status, "text/plain", &body);
}

static const struct endpoint post_write = {.steps = STEPS(prepare, do_write, say_written)};
static const struct endpoint any_status = {.steps = STEPS(say_status)};
static const struct endpoint post_ignore = {.steps = STEPS(say_status), .takes_no_key = true};

static const struct route routes[] = {
	{.method = METHOD_POST, .path = "/write", .endpoint = &post_write},
	{.method = METHOD_GET, .path = "/status", .endpoint = &any_status},
	{.method = METHOD_POST, .path = "/status", .endpoint = &any_status},
	{.method = METHOD_PUT, .path = "/status", .endpoint = &any_status},
	{.method = METHOD_PATCH, .path = "/status", .endpoint = &any_status},
	{.method = METHOD_DELETE, .path = "/status", .endpoint = &any_status},
	{.method = METHOD_POST, .path = "/status/{id}", .endpoint = &any_status},
	{.method = METHOD_POST, .path = "/ignore", .endpoint = &post_ignore},
	{0},
};

static struct idempotency_store store = {.find = find, .keep = keep};

static void set_up(void)
{
	memset(&table, 0, sizeof(table));
	table.find_result = RESULT_NOT_FOUND;
	serving_init();
	store.digest = digest_new();
	serving.idempotency = &store;
	serving_start(routes);
	visitor_connect(&visitor);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
	digest_free(store.digest);
}

/* ---- asking ---- */

static void send_with(const char *line, const char *headers, const char *body)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n%s",
		 line, headers, strlen(body), body);
	visitor_send(&visitor, text);
}

static int ask_with(const char *line, const char *headers, const char *body)
{
	send_with(line, headers, body);
	return visitor_status(&visitor);
}

#define KEY "Idempotency-Key: k\r\n"

static int ask(const char *line, const char *body)
{
	return ask_with(line, KEY, body);
}

static void ck_assert_header(const char *name, const char *value)
{
	const char *given = visitor_header(&visitor, name);

	ck_assert_msg((given == NULL) == (value == NULL) &&
			      (value == NULL || strcmp(given, value) == 0),
		      "%s: %s", name, given != NULL ? given : "(none)");
}

static void ck_assert_written_answer(void)
{
	ck_assert_uint_eq(visitor.answer.body.len, 13);
	ck_assert_mem_eq(visitor.answer.body.data, "{\"a\":\"\0\n\xc3\xa4\"}\n", 13);
	ck_assert_header("Content-Type", "application/json");
	ck_assert_header("Location", "/write/1");
	ck_assert_header("ETag", "\"1\"");
	ck_assert_header("X-Extra", "no-store");
}

/* ---- the ordinary way ---- */

START_TEST(the_answer_is_rehearsed_before_the_write_and_given_after_it)
{
	for (int i = 0; i < 4; i++) {
		table.find_when = i & 1 ? LATER : AT_ONCE;
		table.write_when = i & 2 ? LATER : AT_ONCE;
		memset(&table.rehearsed, 0, sizeof(table.rehearsed));
		send_with("POST /write", KEY, "{}");
		if (i & 1) {
			serving_wait_for(1);
			ck_assert_int_eq(table.rehearsed.status, 0);
			serving_let_go(RESULT_NOT_FOUND);
		}
		if (i & 2) {
			serving_wait_for(1);
			ck_assert(visitor_is_left_alone(&visitor));
			serving_let_go(RESULT_OK);
		}
		ck_assert_int_eq(visitor_status(&visitor), 201);
		ck_assert_written_answer();
		ck_assert_header("Idempotent-Replayed", NULL);
		ck_assert_int_eq(table.rehearsed.status, 201);
		ck_assert_uint_eq(table.rehearsed.body_len, visitor.answer.body.len);
		ck_assert_mem_eq(table.rehearsed.body, visitor.answer.body.data, 13);
		ck_assert_str_eq(table.rehearsed.content_type, "application/json");
		ck_assert_str_eq(table.rehearsed.headers,
				 "X-Extra: no-store\nLocation: /write/1\nETag: \"1\"\n");
	}
	ck_assert_uint_eq(table.finds, 4);
	ck_assert_uint_eq(table.writes, 4);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(what_was_kept_is_given_again_byte_for_byte)
{
	static struct kept first;

	ck_assert_int_eq(ask("POST /write", "{}"), 201);
	first = table.rehearsed;
	table.found = answer_of(&first);
	for (int i = 0; i < 2; i++) {
		table.find_when = i == 0 ? AT_ONCE : LATER;
		table.find_result = RESULT_REPEATED;
		send_with("POST /write", KEY, "{}");
		if (i == 1) {
			serving_wait_for(1);
			serving_let_go(RESULT_REPEATED);
		}
		ck_assert_int_eq(visitor_status(&visitor), 201);
		ck_assert_written_answer();
		ck_assert_header("Idempotent-Replayed", "true");
	}
	ck_assert_uint_eq(table.writes, 1);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(an_answer_that_is_found_during_the_write_is_given_and_not_kept_again)
{
	static struct kept first;

	ck_assert_int_eq(ask("POST /write", "{}"), 201);
	first = table.rehearsed;
	first.status = 200;
	table.found = answer_of(&first);
	table.write_result = RESULT_REPEATED;
	for (int i = 0; i < 2; i++) {
		table.write_when = i == 0 ? AT_ONCE : LATER;
		send_with("POST /write", KEY, "{}");
		if (i == 1) {
			serving_wait_for(1);
			serving_let_go(RESULT_REPEATED);
		}
		ck_assert_int_eq(visitor_status(&visitor), 200);
		ck_assert_written_answer();
		ck_assert_header("Idempotent-Replayed", "true");
	}
	table.is_other = true;
	table.write_when = AT_ONCE;
	ck_assert_int_eq(ask("POST /write", "{}"), 422);
	ck_assert(visitor_has_problem(&visitor, "idempotency-key-reused"));
	ck_assert_header("Location", NULL);
	ck_assert_header("X-Extra", NULL);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(a_key_that_was_used_for_another_body_is_422)
{
	table.find_result = RESULT_REPEATED;
	table.is_other = true;
	ck_assert_int_eq(ask("POST /write", "{}"), 422);
	ck_assert(visitor_has_problem(&visitor, "idempotency-key-reused"));
	ck_assert_header("Idempotent-Replayed", NULL);
	ck_assert_uint_eq(table.writes, 0);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(an_answer_that_went_with_its_person_is_410)
{
	table.find_result = RESULT_REPEATED;
	table.is_removed = true;
	ck_assert_int_eq(ask("POST /write", "{}"), 410);
	ck_assert(visitor_has_problem(&visitor, "answer-removed"));
	ck_assert_header("Idempotent-Replayed", NULL);
	ck_assert_uint_eq(table.writes, 0);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

/* ---- answers without a write ---- */

START_TEST(an_answer_without_a_write_is_kept_by_itself)
{
	for (int i = 0; i < 4; i++) {
		table.find_when = i & 1 ? LATER : AT_ONCE;
		table.keep_when = i & 2 ? LATER : AT_ONCE;
		send_with("POST /status", KEY, "409");
		if (i & 1) {
			serving_wait_for(1);
			serving_let_go(RESULT_NOT_FOUND);
		}
		if (i & 2) {
			serving_wait_for(1);
			ck_assert(visitor_is_left_alone(&visitor));
			serving_let_go(RESULT_OK);
		}
		ck_assert_int_eq(visitor_status(&visitor), 409);
		ck_assert_str_eq(visitor_body(&visitor), "it is 409");
		ck_assert_uint_eq(table.keeps, (unsigned)i + 1);
		ck_assert_int_eq(table.kept.status, 409);
		ck_assert_str_eq(table.kept.content_type, "text/plain");
		ck_assert_str_eq(table.kept.body, "it is 409");
	}
}
END_TEST

START_TEST(a_condition_that_fails_is_kept_by_itself)
{
	table.write_result = RESULT_CONFLICT;
	ck_assert_int_eq(ask("POST /write", "{}"), 409);
	ck_assert_int_eq(table.rehearsed.status, 201);
	ck_assert_uint_eq(table.keeps, 1);
	ck_assert_int_eq(table.kept.status, 409);
	ck_assert_str_eq(table.kept.body, visitor_body(&visitor));
	ck_assert_str_eq(table.kept.headers, "X-Extra: no-store\n");
}
END_TEST

START_TEST(an_answer_that_cannot_be_kept_with_its_effect_is_told_of_and_not_kept)
{
	table.write_result = RESULT_REPEATED;
	table.is_too_large = true;
	ck_assert_int_eq(ask("POST /write", "{}"), 422);
	ck_assert(visitor_has_problem(&visitor, "answer-too-large"));
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(what_means_nothing_later_is_not_kept)
{
	static const struct {
		const char *status;
		unsigned keeps;
	} answers[] = {
		{"200", 1}, {"204", 1}, {"400", 0}, {"404", 1}, {"412", 1}, {"415", 0},
		{"422", 1}, {"428", 0}, {"499", 1}, {"500", 0}, {"501", 0}, {"503", 0},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		table.keeps = 0;
		ck_assert_int_eq(ask("PATCH /status", answers[i].status), atoi(answers[i].status));
		ck_assert_msg(table.keeps == answers[i].keeps, "%s", answers[i].status);
	}
}
END_TEST

START_TEST(an_answer_that_another_request_kept_meanwhile_counts)
{
	static struct kept first = {200, "text/plain", "A: b\n", "first", 5};

	table.found = answer_of(&first);
	table.keep_result = RESULT_REPEATED;
	ck_assert_int_eq(ask("POST /status", "409"), 200);
	ck_assert_str_eq(visitor_body(&visitor), "first");
	ck_assert_header("A", "b");
	ck_assert_header("Idempotent-Replayed", "true");
	table.is_other = true;
	ck_assert_int_eq(ask("POST /status", "409"), 422);
	ck_assert(visitor_has_problem(&visitor, "idempotency-key-reused"));
	ck_assert_uint_eq(table.keeps, 2);
}
END_TEST

START_TEST(an_answer_that_is_too_large_to_be_kept_is_given_all_the_same)
{
	table.keep_result = RESULT_TOO_LARGE;
	ck_assert_int_eq(ask("POST /status", "409"), 409);
	ck_assert_str_eq(visitor_body(&visitor), "it is 409");
}
END_TEST

/* ---- failures ---- */

START_TEST(without_the_store_nothing_is_done)
{
	for (enum result result = RESULT_THROTTLED; result < RESULT_REPEATED; result++) {
		table.find_when = result % 2 ? LATER : AT_ONCE;
		table.find_result = result;
		send_with("POST /write", KEY, "{}");
		if (table.find_when == LATER) {
			serving_wait_for(1);
			serving_let_go(result);
		}
		ck_assert_int_eq(visitor_status(&visitor), 503);
		ck_assert_header("Retry-After", "1");
	}
	ck_assert_uint_eq(table.writes, 0);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(an_answer_that_could_not_be_kept_is_not_given)
{
	for (enum result result = RESULT_THROTTLED; result < RESULT_REPEATED; result++) {
		table.keep_when = result % 2 ? LATER : AT_ONCE;
		table.keep_result = result;
		send_with("POST /status", KEY, "409");
		if (table.keep_when == LATER) {
			serving_wait_for(1);
			serving_let_go(result);
		}
		ck_assert_int_eq(visitor_status(&visitor), 503);
		ck_assert_header("Retry-After", "1");
	}
}
END_TEST

START_TEST(a_write_of_unknown_fate_is_503_and_keeps_nothing)
{
	table.write_result = RESULT_UNKNOWN;
	ck_assert_int_eq(ask("POST /write", "{}"), 503);
	ck_assert(visitor_has_problem(&visitor, "outcome-unknown"));
	ck_assert_header("Location", NULL);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

/* ---- keys ---- */

START_TEST(a_key_is_1_to_255_visible_ascii_characters)
{
	static char key[400];
	static const struct {
		const char *key;
		int status;
	} keys[] = {
		{"a", 204},     {"!~", 204},   {"  a", 204}, /* spaces before a value are none of it */
		{"", 400},      {"   ", 400},  {"a b", 400}, {"a\xc3\xa4", 400},
		{"a\x7f", 400}, {"a\tb", 400},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char header[100];

		visitor_leave(&visitor);
		visitor_connect(&visitor);
		snprintf(header, sizeof(header), "idempotency-key: %s\r\n", keys[i].key);
		ck_assert_msg(ask_with("POST /status", header, "204") == keys[i].status, "%s",
			      keys[i].key);
	}
	ck_assert_uint_eq(table.finds, 3);
	for (size_t len = 255; len <= 256; len++) {
		size_t at = (size_t)snprintf(key, sizeof(key), "Idempotency-Key: ");

		memset(key + at, 'k', len);
		strcpy(key + at + len, "\r\n");
		ck_assert_int_eq(ask_with("POST /status", key, "204"), len == 255 ? 204 : 400);
	}
	ck_assert(visitor_has_problem(&visitor, "invalid-header"));
	ck_assert_uint_eq(table.finds, 4);
}
END_TEST

START_TEST(methods_that_can_be_repeated_as_they_are_take_no_key)
{
	ck_assert_int_eq(ask("GET /status", "200"), 200);
	ck_assert_int_eq(ask("PUT /status", "200"), 200);
	ck_assert_int_eq(ask("DELETE /status", "200"), 200);
	send_with("HEAD /status", KEY, "200");
	ck_assert_int_eq(visitor_head_status(&visitor), 200);
	ck_assert_int_eq(ask_with("PUT /status", "Idempotency-Key:\r\n", "200"), 200);
	ck_assert_int_eq(ask_with("POST /status", "", "200"), 200);
	ck_assert_uint_eq(table.finds, 0);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(a_key_belongs_to_a_method_and_a_path)
{
	static const struct {
		const char *line;
		const char *headers;
		const char *body;
		bool has_same_id;
		bool has_same_fingerprint;
	} requests[] = {
		{"POST /status", KEY, "204", true, true},
		{"POST /status", KEY "If-Match: \"1\"\r\n", "204", true, false},
		{"POST /status", KEY "Accept: a/b\r\n", "204", true, true},
		{"POST /status", KEY, "204 ", true, false},
		{"PATCH /status", KEY, "204", false, true},
		{"POST /status/1", KEY, "204", false, true},
		{"POST /status", "Idempotency-Key: K\r\n", "204", false, true},
	};
	char id[IDEMPOTENCY_HASH_SIZE];
	char fingerprint[IDEMPOTENCY_HASH_SIZE];

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		ck_assert_int_eq(ask_with(requests[i].line, requests[i].headers, requests[i].body),
				 204);
		if (i == 0) {
			strcpy(id, table.id);
			strcpy(fingerprint, table.fingerprint);
		}
		ck_assert_uint_eq(strlen(table.id), 64);
		ck_assert_uint_eq(strlen(table.fingerprint), 64);
		ck_assert_msg((strcmp(id, table.id) == 0) == requests[i].has_same_id, "%zu", i);
		ck_assert_msg((strcmp(fingerprint, table.fingerprint) == 0) ==
				      requests[i].has_same_fingerprint,
			      "%zu", i);
	}
}
END_TEST

START_TEST(to_a_route_a_key_may_mean_nothing)
{
	table.find_result = RESULT_REPEATED;
	ck_assert_int_eq(ask("POST /ignore", "200"), 200);
	ck_assert_uint_eq(table.finds, 0);
	ck_assert_uint_eq(table.keeps, 0);
}
END_TEST

START_TEST(a_body_may_be_as_long_as_bodies_may_be)
{
	static char body[SERVING_BODY_MAX + 1];
	char head[200];

	snprintf(body, sizeof(body), "204%*s", SERVING_BODY_MAX - 3, "");
	snprintf(head, sizeof(head),
		 "POST /status HTTP/1.1\r\nHost: a\r\n" KEY "Content-Length: %d\r\n\r\n",
		 SERVING_BODY_MAX);
	visitor_send(&visitor, head);
	ck_assert_int_eq(visitor_ask(&visitor, body), 204);
}
END_TEST

START_TEST(a_server_without_a_store_ignores_keys)
{
	tear_down();
	serving_init();
	store.digest = digest_new();
	serving_start(routes);
	visitor_connect(&visitor);
	ck_assert_int_eq(ask("POST /status", "204"), 204);
	ck_assert_int_eq(ask_with("POST /status", "Idempotency-Key: a b\r\n", "204"), 204);
	ck_assert_uint_eq(table.finds, 0);
}
END_TEST

/* ---- strange records ---- */

static const struct {
	struct kept_answer found;
	const char *name; /* a header that is there, or NULL */
	const char *value;
} strange[] = {
	{{200, {"text/plain", 10}, {"A: b", 4}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"no colon\nA: b\n", 14}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {":\n: b\n\n\nA: b\n", 14}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"B:\nA: b\n", 8}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"B:x\nA: b\n", 9}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"B\r: x\nA: b\n", 11}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"A: b\rC: d\n", 10}, {"x", 1}, ""}, "A", "b C: d"},
	{{200, {"text/plain", 10}, {"A: b\0c\n", 7}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"A\0B: b\n", 7}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/plain", 10}, {"\0\n\0: \0\nA: b\n", 12}, {"x", 1}, ""}, "A", "b"},
	{{200, {"text/\r\nA: b", 11}, {NULL, 0}, {"x", 1}, ""}, "A", NULL},
	{{200, {"\0", 1}, {NULL, 0}, {"x", 1}, ""}, "A", NULL},
	{{200, {NULL, 0}, {NULL, 0}, {"x", 1}, ""}, "Content-Length", "0"},
	{{200, {"text/plain", 10}, {NULL, 0}, {"\0\x01\xff", 3}, ""}, "Content-Length", "3"},
	{{499, {"text/plain", 10}, {NULL, 0}, {NULL, 0}, ""}, "Content-Length", "0"},
};

START_TEST(a_strange_record_makes_an_answer_that_can_be_read)
{
	table.find_result = RESULT_REPEATED;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		table.found = strange[i].found;
		ck_assert_int_eq(ask("POST /status", "409"), strange[i].found.status);
		ck_assert_header("Idempotent-Replayed", "true");
		ck_assert_header(strange[i].name, strange[i].value);
		ck_assert_header("C", NULL);
	}
}
END_TEST

START_TEST(more_headers_than_replies_have_are_left_out)
{
	static char headers[TEXT_SIZE];
	size_t len = 0;

	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(headers + len, sizeof(headers) - len, "H%d: %d\n", i, i);
	table.find_result = RESULT_REPEATED;
	table.found = (struct kept_answer){200, span_of("text/plain"), span_of(headers),
					   span_of("x"), ""};
	ck_assert_int_eq(ask("POST /status", "409"), 200);
	ck_assert_header("H1", "1");
	ck_assert_header("H99", NULL);
}
END_TEST

/* Whatever a record says, it is garbled or makes a reply with a status that was allowed. */
static void reply_from(const char *text, size_t len)
{
	struct request rq = {.path = "/status"};
	struct idempotency idempotency = {.fingerprint = "f"};
	enum result result =
		idempotency_repo_take(&idempotency, (struct span){text, len}, &rq.arena);

	ck_assert(result == RESULT_REPEATED || result == RESULT_GARBLED);
	rq.await.idempotency = &idempotency;
	if (result == RESULT_REPEATED) {
		ck_assert_int_eq(idempotency_reply(&rq), FLOW_REPLY);
		ck_assert(rq.reply.is_made);
		ck_assert(rq.reply.status >= 200 && rq.reply.status <= 499);
		for (size_t i = 0; i < rq.reply.header_count; i++)
			ck_assert_uint_eq(strcspn(rq.reply.headers[i].value, "\r\n"),
					  strlen(rq.reply.headers[i].value));
	}
	buf_clear(&rq.reply.body);
	arena_clear(&rq.arena);
}

START_TEST(no_record_however_mangled_does_harm)
{
	static const char record[] =
		"{\"fingerprint\":{\"S\":\"f\"},\"answer_status\":{\"N\":\"201\"},"
		"\"content_type\":{\"S\":\"text/plain\"},\"headers\":{\"S\":\"A: b\\nC: d\\n\"},"
		"\"body\":{\"S\":\"\\u00e4\\u0000\\ud83d\\ude00\"},\"ttl\":{\"N\":\"1\"}}";
	static const char bytes[] = "{}[]\",:\\ntu019SNA ";
	uint32_t random = 1;
	unsigned count = 0;

	for (int i = 0; i < 200 * 1000; i++) {
		char text[sizeof(record)];

		memcpy(text, record, sizeof(record));
		for (int change = i % 3; change >= 0; change--) {
			random = random * 1664525 + 1013904223;
			text[(random >> 8) % (sizeof(record) - 1)] =
				bytes[(random >> 24) % (sizeof(bytes) - 1)];
		}
		/* Only what has passed this check comes from the service. */
		if (!json_scan_check(span_of(text)))
			continue;
		reply_from(text, strlen(text));
		count++;
	}
	ck_assert_uint_gt(count, 1000);
}
END_TEST

/* ---- clients that leave, and the end ---- */

/* The next request waits while it is looked for, while it is written, or while it is kept. */
static void wait_in(int stage)
{
	table.find_when = stage == 0 ? LATER : AT_ONCE;
	table.write_when = stage == 1 ? LATER : AT_ONCE;
	table.keep_when = stage == 2 ? LATER : AT_ONCE;
	send_with(stage == 1 ? "POST /write" : "POST /status", KEY, "409");
	serving_wait_for(1);
}

START_TEST(a_client_may_leave_in_each_stage)
{
	for (int stage = 0; stage < 3; stage++) {
		wait_in(stage);
		visitor_leave(&visitor);
		serving_pass(5);
		ck_assert_uint_eq(server_requests(serving.server), 1);
		serving_let_go(stage == 0 ? RESULT_NOT_FOUND : RESULT_OK);
		for (int i = 0; server_requests(serving.server) > 0; i++) {
			ck_assert_int_lt(i, 100);
			serving_pass(5);
		}
		visitor_connect(&visitor);
	}
	ck_assert_uint_eq(table.keeps, 2);
}
END_TEST

START_TEST(draining_waits_for_each_stage)
{
	wait_in(_i);
	server_drain(serving.server);
	serving_pass(5);
	serving_let_go(_i == 0 ? RESULT_NOT_FOUND : RESULT_OK);
	ck_assert_int_eq(visitor_status(&visitor), _i == 1 ? 201 : 409);
	ck_assert_header("Connection", "close");
}
END_TEST

START_TEST(what_is_cut_off_in_any_stage_is_503)
{
	wait_in(_i);
	server_drain(serving.server);
	serving_let_go(RESULT_SHUTDOWN);
	ck_assert_int_eq(visitor_status(&visitor), 503);
	ck_assert(visitor_has_problem(&visitor, "shutting-down"));
}
END_TEST

/* ---- short memory ---- */

/* With each allocation failing in turn: what was asked for, or 503, or no answer at all. */
static void ask_with_short_memory(const char *line, const char *body, int status)
{
	for (size_t n = 1;; n++) {
		int got;

		visitor_leave(&visitor);
		visitor_connect(&visitor);
		memset(&table.rehearsed, 0, sizeof(table.rehearsed));
		memset(&table.kept, 0, sizeof(table.kept));
		alloc_fail_at(n);
		send_with(line, KEY, body);
		got = visitor_head_status(&visitor);
		ck_assert_msg(got == status || ((got == 503 || got == 0) && alloc_has_failed()),
			      "%zu: %d", n, got);
		/* Nothing incomplete is ever kept. */
		if (table.rehearsed.status != 0)
			ck_assert_str_eq(table.rehearsed.headers,
					 "X-Extra: no-store\nLocation: /write/1\n"
					 "ETag: \"1\"\n");
		if (table.kept.status != 0)
			ck_assert_str_eq(table.kept.body, "it is 409");
		if (got == status && table.find_result == RESULT_REPEATED)
			ck_assert_header("A", "b");
		if (!alloc_has_failed())
			break;
	}
	alloc_fail_at(0);
}

START_TEST(short_memory_is_503_and_nothing_incomplete_is_kept)
{
	static struct kept first = {202, "text/plain", "A: b\n", "first", 5};

	ask_with_short_memory("POST /write", "{}", 201);
	ask_with_short_memory("POST /status", "409", 409);
	table.found = answer_of(&first);
	table.find_result = RESULT_REPEATED;
	ask_with_short_memory("POST /write", "{}", 202);
}
END_TEST

Suite *idempotency_suite(void)
{
	Suite *suite = suite_create("idempotency");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_answer_is_rehearsed_before_the_write_and_given_after_it);
	tcase_add_test(tests, what_was_kept_is_given_again_byte_for_byte);
	tcase_add_test(tests, an_answer_that_is_found_during_the_write_is_given_and_not_kept_again);
	tcase_add_test(tests, a_key_that_was_used_for_another_body_is_422);
	tcase_add_test(tests, an_answer_that_went_with_its_person_is_410);
	tcase_add_test(tests, an_answer_without_a_write_is_kept_by_itself);
	tcase_add_test(tests, a_condition_that_fails_is_kept_by_itself);
	tcase_add_test(tests,
		       an_answer_that_cannot_be_kept_with_its_effect_is_told_of_and_not_kept);
	tcase_add_test(tests, what_means_nothing_later_is_not_kept);
	tcase_add_test(tests, an_answer_that_another_request_kept_meanwhile_counts);
	tcase_add_test(tests, an_answer_that_is_too_large_to_be_kept_is_given_all_the_same);
	tcase_add_test(tests, without_the_store_nothing_is_done);
	tcase_add_test(tests, an_answer_that_could_not_be_kept_is_not_given);
	tcase_add_test(tests, a_write_of_unknown_fate_is_503_and_keeps_nothing);
	tcase_add_test(tests, a_key_is_1_to_255_visible_ascii_characters);
	tcase_add_test(tests, methods_that_can_be_repeated_as_they_are_take_no_key);
	tcase_add_test(tests, a_key_belongs_to_a_method_and_a_path);
	tcase_add_test(tests, to_a_route_a_key_may_mean_nothing);
	tcase_add_test(tests, a_body_may_be_as_long_as_bodies_may_be);
	tcase_add_test(tests, a_server_without_a_store_ignores_keys);
	tcase_add_test(tests, a_strange_record_makes_an_answer_that_can_be_read);
	tcase_add_test(tests, more_headers_than_replies_have_are_left_out);
	tcase_add_test(tests, no_record_however_mangled_does_harm);
	tcase_add_test(tests, a_client_may_leave_in_each_stage);
	tcase_add_loop_test(tests, draining_waits_for_each_stage, 0, 3);
	tcase_add_loop_test(tests, what_is_cut_off_in_any_stage_is_503, 0, 3);
	tcase_add_test(tests, short_memory_is_503_and_nothing_incomplete_is_kept);
	suite_add_tcase(suite, tests);
	return suite;
}
