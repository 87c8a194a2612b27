#include "api/product_export.h"

#include <string.h>

#include "base/log.h"
#include "http/reply.h"
#include "http/stream.h"
#include "repo/product_export.h"

enum {
	AHEAD = 128 * 1024, /* bytes that wait to be sent, below which the next page is read */
	WAITING_MAX = AHEAD + PRODUCT_EXPORT_MAX,
};

struct export_state {
	struct request *rq;
	struct product_export position;
	struct buf waiting; /* lines to be sent */
	size_t given;       /* of these, sent already */
	bool is_reading;
	enum result result;
	struct arena arena; /* of the page that is read */
	struct await await;
};

static enum flow open_export(struct request *rq)
{
	struct export_state *st = rq->state;

	st->rq = rq;
	buf_init(&st->waiting, WAITING_MAX);
	return FLOW_NEXT;
}

static void end_export(struct request *rq)
{
	struct export_state *st = rq->state;

	product_export_clear(&st->position);
	buf_clear(&st->waiting);
	arena_clear(&st->arena);
}

/* ---- reading ---- */

static void account(struct export_state *st)
{
	struct usage *usage = &st->rq->await.usage;

	usage->read_millis += st->await.usage.read_millis;
	usage->calls += st->await.usage.calls;
	usage->wait_us += st->await.usage.wait_us;
}

static void on_page(struct await *await)
{
	struct export_state *st = await->context;
	struct request *rq = st->rq;

	st->is_reading = false;
	st->result = await->result;
	account(st);
	if (st->result != RESULT_OK)
		log_event(LOG_WARNING, "export broken off", LOG_F_STR("request_id", rq->id),
			  LOG_F_STR("result", result_name(st->result)),
			  LOG_F_NUM("lines", rq->lines));
	stream_continue(rq);
	stream_release(rq);
}

static void forget_what_was_given(struct export_state *st)
{
	size_t left = st->waiting.len - st->given;

	if (left > 0)
		memmove(st->waiting.data, st->waiting.data + st->given, left);
	buf_truncate(&st->waiting, left);
	st->given = 0;
}

/* May be over before it returns. */
static void read_page(struct export_state *st)
{
	struct request *rq = st->rq;

	forget_what_was_given(st);
	arena_reset(&st->arena);
	st->is_reading = true;
	st->await = (struct await){
		.deadline_us =
			clock_monotonic_us(rq->repo->clock) + rq->config->request_deadline_us,
		.arena = &st->arena,
		.trace_id = rq->await.trace_id,
		.resume = on_page,
		.context = st,
	};
	stream_hold(rq);
	product_export_next(rq->repo, &st->position, &st->waiting, &rq->lines, &st->await);
}

/* ---- sending ---- */

static bool may_read(const struct export_state *st)
{
	return !st->is_reading && !st->position.is_over && st->result == RESULT_OK &&
	       st->waiting.len - st->given < AHEAD && !stream_is_stopping(st->rq);
}

static long give_lines(struct request *rq, char *out, size_t room)
{
	struct export_state *st = rq->state;
	size_t len;

	if (may_read(st))
		read_page(st);
	len = st->waiting.len - st->given;
	if (len > 0) {
		len = len < room ? len : room;
		memcpy(out, st->waiting.data + st->given, len);
		st->given += len;
		return (long)len;
	}
	if (st->is_reading)
		return STREAM_LATER;
	return st->position.is_over && st->result == RESULT_OK ? STREAM_END : STREAM_BROKEN;
}

/* The first page is read before the head is sent: what fails then has a status. */
static enum flow read_first_page(struct request *rq)
{
	struct export_state *st = rq->state;

	if (rq->method == METHOD_HEAD)
		return FLOW_NEXT;
	product_export_next(rq->repo, &st->position, &st->waiting, &rq->lines, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_lines(struct request *rq)
{
	return reply_stream(rq, 200, "application/x-ndjson", give_lines);
}

static const struct streaming export_stream = {.open = open_export, .end = end_export};

const struct endpoint get_product_export = {
	.state_size = sizeof(struct export_state),
	.steps = STEPS(read_first_page, answer_lines),
	.stream = &export_stream,
};
