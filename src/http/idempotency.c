#include "http/idempotency.h"

#include <assert.h>
#include <string.h>

#include "http/answer_owner.h"
#include "http/connection.h"
#include "http/reply.h"

enum {
	KEY_MAX = 255,
	GUEST_KEY_MIN = 20,
	SCOPE_MAX = 16 * 1024,
	HEADERS_MAX = 8 * 1024,
	BODY_MAX = 4 * 1024 * 1024,
};

static const struct idempotency_store *store_of(const struct request *rq)
{
	const struct server *server = rq->connection->server;

	return server != NULL ? server->options.idempotency : NULL;
}

/* ---- taking up a key ---- */

static bool is_visible_ascii(const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~')
			return false;
	return len >= 1 && len <= KEY_MAX;
}

/* Guests have no other name, so the key itself must tell them from one another. */
static bool is_own(const struct request *rq, const char *key)
{
	return rq->caller.kind != CALLER_NOBODY || rq->caller.by == NULL ||
	       strlen(key) >= GUEST_KEY_MIN;
}

static bool hash(struct digest *digest, const struct buf *text,
		 char out[static IDEMPOTENCY_HASH_SIZE])
{
	uint8_t sum[DIGEST_SHA256_SIZE];
	struct buf hex = {0};
	bool ok;

	if (!buf_ok(text) || !digest_sha256(digest, buf_text(text), text->len, sum))
		return false;
	buf_init(&hex, IDEMPOTENCY_HASH_SIZE);
	buf_add_hex(&hex, sum, sizeof(sum));
	ok = buf_ok(&hex);
	if (ok)
		memcpy(out, hex.data, hex.len + 1);
	buf_clear(&hex);
	return ok;
}

/*
 * Who asks for what under which name; none of these can have a line break. Records outlive the
 * daemon, so the method is named, not numbered.
 */
static bool identify(const struct request *rq, struct digest *digest, const char *key,
		     char out[static IDEMPOTENCY_HASH_SIZE])
{
	struct buf scope = {0};
	bool ok;

	buf_init(&scope, SCOPE_MAX);
	buf_add_str(&scope, rq->caller.by != NULL ? rq->caller.by : "staff");
	if (rq->caller.kind == CALLER_SHOPPER)
		buf_add_format(&scope, ":%s", rq->caller.id);
	buf_add_format(&scope, "\n%s\n%s\n%s", rq->method == METHOD_POST ? "POST" : "PATCH",
		       rq->path, key);
	ok = hash(digest, &scope, out);
	buf_clear(&scope);
	return ok;
}

static bool take_fingerprint(const struct request *rq, struct digest *digest,
			     char out[static IDEMPOTENCY_HASH_SIZE])
{
	const char *match = request_header(rq, "If-Match");
	struct buf text = {0};
	bool ok;

	buf_init(&text, rq->raw_body.max + SCOPE_MAX);
	buf_add_str(&text, match != NULL ? match : "");
	buf_add_char(&text, '\n');
	buf_add(&text, buf_text(&rq->raw_body), rq->raw_body.len);
	ok = hash(digest, &text, out);
	buf_clear(&text);
	return ok;
}

static bool begin(struct request *rq, const struct idempotency_store *store, const char *key)
{
	struct idempotency *idempotency = arena_alloc(&rq->arena, sizeof(*idempotency));

	if (idempotency == NULL || !identify(rq, store->digest, key, idempotency->id) ||
	    !take_fingerprint(rq, store->digest, idempotency->fingerprint)) {
		reply_failure(rq, RESULT_NO_MEMORY);
		return false;
	}
	idempotency->rehearse = idempotency_rehearse;
	idempotency->context = rq;
	rq->await.idempotency = idempotency;
	store->find(rq->repo, idempotency, &rq->await);
	return true;
}

bool idempotency_begin(struct request *rq)
{
	const struct idempotency_store *store;
	const char *key;

	if ((rq->method != METHOD_POST && rq->method != METHOD_PATCH) ||
	    rq->route->endpoint->takes_no_key)
		return false;
	store = store_of(rq);
	key = request_header(rq, "Idempotency-Key");
	if (store == NULL || key == NULL)
		return false;
	if (!is_visible_ascii(key))
		reply_problem(rq, "invalid-header",
			      "Idempotency-Key must have 1 to %d visible ASCII characters.",
			      KEY_MAX);
	else if (!is_own(rq, key))
		reply_problem(rq, "invalid-header",
			      "Without a key or token, Idempotency-Key must have at least %d "
			      "characters that nobody can guess, such as a random UUID.",
			      GUEST_KEY_MIN);
	else
		return begin(rq, store, key);
	return false;
}

/* ---- answers as they are kept ---- */

static bool copy(struct arena *arena, struct span text, struct span *out)
{
	*out = (struct span){arena_copy(arena, text.data, text.len), text.len};
	return out->data != NULL;
}

static bool copy_headers(struct request *rq, struct span *out)
{
	const struct reply *reply = &rq->reply;
	struct buf lines = {0};
	bool ok;

	buf_init(&lines, HEADERS_MAX);
	for (size_t i = 0; i < reply->header_count; i++)
		buf_add_format(&lines, "%s: %s\n", reply->headers[i].name, reply->headers[i].value);
	ok = buf_ok(&lines) && copy(&rq->arena, (struct span){buf_text(&lines), lines.len}, out);
	buf_clear(&lines);
	return ok;
}

static const char *user_in_path(const struct request *rq)
{
	static const char beginning[] = "/user/{id}";

	return strncmp(rq->route->path, beginning, strlen(beginning)) == 0 ? rq->param[0] : NULL;
}

/* The body is borrowed from the reply; the rest lives as long as the request. */
static bool view_reply(struct request *rq, struct kept_answer *answer)
{
	const struct reply *reply = &rq->reply;

	if (reply->constant.data != NULL || reply->is_incomplete)
		return false;
	answer->status = reply->status;
	answer->content_type = span_of(reply->content_type != NULL ? reply->content_type : "");
	answer->body = (struct span){buf_text(&reply->body), reply->body.len};
	if (!copy_headers(rq, &answer->headers))
		return false;
	answer_owner_find(user_in_path(rq), answer, answer->owner);
	return true;
}

/* Takes a reply back, up to what was there `before` it was made. */
static void drop_reply(struct request *rq, const struct reply *before)
{
	buf_clear(&rq->reply.body);
	rq->reply = *before;
}

bool idempotency_rehearse(struct idempotency *idempotency, struct kept_answer *answer)
{
	struct request *rq = idempotency->context;
	const struct reply before = rq->reply;
	flow_step step = rq->route->endpoint->steps[rq->next_step];
	bool ok;

	assert(step != NULL && !before.is_made);
	rq->await.result = RESULT_OK;
	step(rq);
	assert(rq->reply.is_made); /* the step behind a write only replies */
	ok = rq->reply.status < 500 && view_reply(rq, answer) &&
	     copy(&rq->arena, answer->body, &answer->body);
	drop_reply(rq, &before);
	return ok;
}

static bool is_worth_keeping(const struct request *rq)
{
	static const int corrected[] = {400, 415, 428}; /* by sending it again, otherwise */

	for (size_t i = 0; i < sizeof(corrected) / sizeof(corrected[0]); i++)
		if (rq->reply.status == corrected[i])
			return false;
	return rq->reply.status < 500;
}

bool idempotency_keep(struct request *rq)
{
	struct idempotency *idempotency = rq->await.idempotency;
	struct kept_answer answer = {0};

	if (idempotency == NULL || idempotency->is_kept || !is_worth_keeping(rq))
		return false;
	if (!view_reply(rq, &answer)) {
		reply_failure_instead(rq, RESULT_NO_MEMORY);
		return false;
	}
	store_of(rq)->keep(rq->repo, idempotency, &answer, &rq->await);
	return true;
}

/* ---- giving an answer again ---- */

/* A line that cannot be one of ours is left out. */
static bool add_header(struct request *rq, struct span line)
{
	const char *colon = memchr(line.data, ':', line.len);
	size_t name_len = colon != NULL ? (size_t)(colon - line.data) : 0;
	size_t value_at = name_len + strlen(": ");
	char *name;

	if (name_len == 0 || value_at > line.len)
		return true;
	name = arena_copy(&rq->arena, line.data, name_len);
	if (name == NULL)
		return false;
	reply_header(rq, name, "%.*s", (int)(line.len - value_at), line.data + value_at);
	return !rq->reply.is_incomplete;
}

static bool add_headers(struct request *rq, struct span lines)
{
	while (lines.len > 0) {
		const char *stop = memchr(lines.data, '\n', lines.len);
		size_t len = stop != NULL ? (size_t)(stop - lines.data) : lines.len;
		size_t taken = stop != NULL ? len + 1 : len;

		if (!add_header(rq, (struct span){lines.data, len}))
			return false;
		lines.data += taken;
		lines.len -= taken;
	}
	reply_header(rq, "Idempotent-Replayed", "true");
	return !rq->reply.is_incomplete;
}

static enum flow reply_found(struct request *rq, const struct kept_answer *found)
{
	const struct span type = found->content_type;
	const char *name = arena_copy(&rq->arena, type.data, type.len);
	struct buf body = {0};

	buf_init(&body, BODY_MAX);
	buf_add(&body, found->body.data, found->body.len);
	if (name == NULL || !buf_ok(&body) || !add_headers(rq, found->headers)) {
		buf_clear(&body);
		return reply_failure_instead(rq, RESULT_NO_MEMORY);
	}
	if (type.len > 0)
		return reply_text(rq, found->status, name, &body);
	buf_clear(&body);
	return reply_empty(rq, found->status);
}

enum flow idempotency_reply(struct request *rq)
{
	struct idempotency *idempotency = rq->await.idempotency;

	drop_reply(rq, &(struct reply){0});
	idempotency->is_kept = true;
	if (idempotency->is_removed)
		return reply_problem(rq, "answer-removed", NULL);
	if (idempotency->is_other)
		return reply_problem(rq, "idempotency-key-reused", NULL);
	if (idempotency->is_too_large)
		return reply_problem(rq, "answer-too-large", NULL);
	return reply_found(rq, &idempotency->found);
}
