#include "asking.h"

#include <check.h>
#include <string.h>

#include "http/flow.h"
#include "repo/idempotency_repo.h"
#include "trees.h"

enum { DEADLINE_US = 10 * 1000 * 1000 };

static void on_finished(struct request *rq)
{
	struct asking *asking = (struct asking *)((char *)rq - offsetof(struct asking, rq));

	ck_assert_msg(!asking->is_done, "it was finished twice");
	asking->is_done = true;
}

static void forget(struct asking *asking)
{
	buf_clear(&asking->rq.reply.body);
	json_decref(asking->rq.body);
	arena_clear(&asking->rq.arena);
	asking->rq = (struct request){0};
}

void asking_renew(struct asking *asking)
{
	forget(asking);
	scripted_repo_renew(&asking->on);
	asking->is_done = false;
	asking->rehearsals = 0;
	asking->rehearsed = (struct kept_answer){0};
	asking->rq.repo = &asking->on.repo;
	asking->rq.config = &asking->config;
	asking->rq.connection = &asking->connection;
	asking->rq.route = &asking->route;
	asking->rq.path = "/product";
	asking->rq.finished = on_finished;
	asking->rq.await.deadline_us = asking->on.aws.script.now_us + DEADLINE_US;
}

void asking_init(struct asking *asking)
{
	*asking = (struct asking){0};
	scripted_repo_init(&asking->on);
	asking->config.currency = "EUR";
	asking->route.endpoint = &asking->endpoint;
	asking->route.path = "/product";
	asking->store = (struct idempotency_store){
		.find = idempotency_repo_find,
		.keep = idempotency_repo_keep,
		.digest = asking->on.aws.digest,
	};
	asking->server.options.idempotency = &asking->store;
	asking->connection.server = &asking->server;
	asking_renew(asking);
}

void asking_clear(struct asking *asking)
{
	forget(asking);
	scripted_repo_clear(&asking->on);
}

void asking_query(struct asking *asking, const char *name, const char *value)
{
	asking->rq.query[asking->rq.query_count++] = (struct query_parameter){name, value};
}

static bool rehearse(struct idempotency *idempotency, struct kept_answer *answer)
{
	struct asking *asking =
		(struct asking *)((char *)idempotency - offsetof(struct asking, idempotency));

	asking->rehearsals++;
	if (!idempotency_rehearse(idempotency, answer))
		return false;
	asking->rehearsed = *answer;
	return true;
}

void asking_key(struct asking *asking)
{
	asking->idempotency = (struct idempotency){
		.id = ASKING_KEY_ID,
		.fingerprint = ASKING_FINGERPRINT,
		.rehearse = rehearse,
		.context = &asking->rq,
	};
	asking->rq.await.idempotency = &asking->idempotency;
}

static bool is_header_of(const struct asking *asking, struct span line)
{
	const char *colon = memchr(line.data, ':', line.len);
	const char *value;
	char name[100];

	ck_assert(colon && colon - line.data < (ptrdiff_t)sizeof(name));
	memcpy(name, line.data, (size_t)(colon - line.data));
	name[colon - line.data] = '\0';
	value = asking_header(asking, name);
	line.len -= (size_t)(colon + 2 - line.data);
	line.data = colon + 2;
	return value && span_equals(line, value);
}

void ck_assert_as_rehearsed(const struct asking *asking)
{
	const struct reply *reply = &asking->rq.reply;
	const struct kept_answer *rehearsed = &asking->rehearsed;
	struct span lines = rehearsed->headers;
	size_t count = 0;

	ck_assert_uint_ge(asking->rehearsals, 1);
	ck_assert_int_eq(rehearsed->status, reply->status);
	ck_assert(span_equals(rehearsed->content_type,
			      reply->content_type ? reply->content_type : ""));
	ck_assert_uint_eq(rehearsed->body.len, reply->body.len);
	if (reply->body.len > 0)
		ck_assert_mem_eq(rehearsed->body.data, reply->body.data, reply->body.len);
	for (; lines.len > 0; count++) {
		size_t len =
			(size_t)((const char *)memchr(lines.data, '\n', lines.len) - lines.data);

		ck_assert(is_header_of(asking, (struct span){lines.data, len}));
		lines = (struct span){lines.data + len + 1, lines.len - len - 1};
	}
	ck_assert_uint_eq(count, reply->header_count);
}

static int run(struct asking *asking, const char *id)
{
	asking->rq.param[0] = id;
	flow_start(&asking->rq);
	script_run(&asking->on.aws.script, &asking->is_done, 3 * DEADLINE_US);
	ck_assert(asking->is_done);
	return asking->rq.reply.status;
}

int asking_run(struct asking *asking, const struct endpoint *endpoint, const char *id)
{
	asking->endpoint = *endpoint;
	return run(asking, id);
}

int asking_send(struct asking *asking, const struct endpoint *endpoint, const char *id,
		const char *body)
{
	ck_assert(endpoint->steps[0] == read_json || endpoint->steps[0] == read_optional_json);
	asking->endpoint = *endpoint;
	asking->endpoint.steps++;
	asking->rq.body = tree_of(body);
	return run(asking, id);
}

const char *asking_body(const struct asking *asking)
{
	return buf_text(&asking->rq.reply.body);
}

const char *asking_header(const struct asking *asking, const char *name)
{
	const struct reply *reply = &asking->rq.reply;

	for (size_t i = 0; i < reply->header_count; i++) {
		if (strcmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	}
	return NULL;
}
