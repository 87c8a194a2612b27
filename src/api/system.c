#include "api/system.h"

#include "api/app.h"
#include "base/config_describe.h"
#include "http/reply.h"

enum { METRICS_MAX = 1024 * 1024, CONFIG_MAX = 64 * 1024, STATUS_MAX = 64 };

static enum flow reply_status(struct request *rq, const char *status)
{
	struct buf body = {0};

	buf_init(&body, STATUS_MAX);
	buf_add_format(&body, "{\"status\":\"%s\"}", status);
	return reply_json(rq, 200, &body);
}

static enum flow answer_live(struct request *rq)
{
	return reply_status(rq, "live");
}

const struct endpoint get_live = {.steps = STEPS(answer_live)};

static enum flow answer_ready(struct request *rq)
{
	struct app_status *status = rq->app->status;

	if (atomic_load(&status->is_draining))
		return reply_problem(rq, "shutting-down", NULL);
	if (atomic_load(&status->starting_workers) > 0)
		return reply_problem(rq, "not-ready",
				     "This instance has no credentials or no table yet; "
				     "its log says more.");
	if (rq->app->is_cut_off(rq->app))
		return reply_problem(rq, "not-ready",
				     "DynamoDB does not answer. Requests fail at once until it "
				     "does; it is looked for at least once a second or two.");
	return reply_status(rq, "ready");
}

const struct endpoint get_ready = {.steps = STEPS(answer_ready)};

static enum flow answer_metrics(struct request *rq)
{
	struct buf body = {0};

	buf_init(&body, METRICS_MAX);
	rq->app->write_metrics(rq->app, &body);
	return reply_text(rq, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

const struct endpoint get_metrics = {.steps = STEPS(answer_metrics)};

static enum flow answer_config(struct request *rq)
{
	struct buf body = {0};

	buf_init(&body, CONFIG_MAX);
	config_show(rq->config, &body);
	return reply_text(rq, 200, "text/plain; charset=utf-8", &body);
}

const struct endpoint get_config = {.steps = STEPS(answer_config)};
