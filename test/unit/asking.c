#include "asking.h"

#include <check.h>
#include <string.h>

#include "http/flow.h"
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
	ck_assert(endpoint->steps[0] == read_json);
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
