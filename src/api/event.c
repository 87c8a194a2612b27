#include "api/event.h"

#include <string.h>

#include "api/paging.h"
#include "base/clock.h"
#include "http/reply.h"
#include "repo/outbox_repo.h"
#include "repo/outbox_view.h"

enum { ANSWER_MAX = 256 };

/* ---- GET ---- */

struct event_state {
	struct outbox_view_query query;
	struct list_page page;
};

/* Dead letters unless it says otherwise: they are what somebody must see to. */
static bool read_state(struct request *rq, bool *is_dead)
{
	const char *state = request_query(rq, "state");

	*is_dead = state == NULL || strcmp(state, "dead") == 0;
	if (*is_dead || strcmp(state, "waiting") == 0)
		return true;
	reply_problem(rq, "invalid-parameter", "state is \"dead\" or \"waiting\".");
	return false;
}

static enum flow find_events(struct request *rq)
{
	struct event_state *st = rq->state;

	if (!read_state(rq, &st->query.is_dead) ||
	    !paging_read(rq, &st->query.limit, &st->query.cursor))
		return FLOW_REPLY;
	outbox_view_find(rq->repo, &st->query, &st->page, &rq->await);
	return FLOW_WAIT;
}

static void write_event(struct request *rq, struct span entry, struct buf *out)
{
	outbox_view_show(entry, clock_wall_ms(rq->repo->clock), out);
}

static enum flow answer_found(struct request *rq)
{
	const struct event_state *st = rq->state;

	return paging_reply(rq, &st->page, write_event);
}

const struct endpoint get_events = {
	.state_size = sizeof(struct event_state),
	.steps = STEPS(find_events, answer_found),
};

/* ---- POST …/retry ---- */

static enum flow revive(struct request *rq)
{
	outbox_repo_revive(rq->repo, rq->param[0], &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_revived(struct request *rq)
{
	struct buf body = {0};

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_problem(rq, "event-not-found", NULL);
	buf_init(&body, ANSWER_MAX);
	buf_add_format(&body, "{\"id\":\"%s\",\"state\":\"retried\"}", rq->param[0]);
	return reply_json(rq, 202, &body);
}

/* It can be repeated as it is, so a key would add nothing. */
const struct endpoint post_event_retry = {
	.steps = STEPS(revive, answer_revived),
	.takes_no_key = true,
};
