/*
 * A pass goes through phases (enum phase). An operation's end only queues the pass's task, which
 * then takes the next step, so that no step runs from within what it waited for.
 */
#include "notify/publish_pass.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum phase {
	OVER,
	READING,   /* a page */
	SENDING,   /* a batch to the topic */
	FOLLOWING, /* what follows from it */
	DELETING,  /* what of the page is over */
	NOTING,    /* how far the others came, one after the other */
};

enum {
	STEP_US = 5 * 1000 * 1000,
	SHORTEST_US = 100 * 1000,
};

static void read_page(struct publish_pass *pass);
static void go_on(struct publish_pass *pass);

static uint64_t now_us(const struct publish_pass *pass)
{
	return loop_now_us(pass->means->loop);
}

static int64_t wall_ms(const struct publish_pass *pass)
{
	return clock_wall_ms(pass->means->repo->clock);
}

static void on_over(struct await *await)
{
	struct publish_pass *pass = await->context;

	loop_defer(pass->means->loop, &pass->task);
}

static void step(struct publish_pass *pass, enum phase phase)
{
	pass->phase = phase;
	pass->await.usage = (struct usage){0};
	pass->await.deadline_us = now_us(pass) + STEP_US;
}

/* The first failure counts: what comes after it is cleaning up. */
static void fail(struct publish_pass *pass, enum result result)
{
	if (pass->result == RESULT_OK)
		pass->result = result;
}

static void end(struct publish_pass *pass)
{
	pass->phase = OVER;
	if (pass->result != RESULT_OK)
		metric_add(&pass->means->metrics->failed, 1);
	pass->done(pass);
}

static struct publish_mark *mark_of(struct publish_pass *pass, const struct outbox_told *event)
{
	return &pass->marks[event->in - pass->page.items];
}

/* ------------------------------------------------------------------ choosing */

static struct publish_choice choice_of(struct publish_pass *pass)
{
	return (struct publish_choice){
		.page = &pass->page,
		.writer = pass->means->repo->writer,
		.now_ms = wall_ms(pass),
		.is_holder = pass->is_holder,
		.blocked = pass->blocked,
		.may_go = pass->may_go,
	};
}

static void hold_up(struct publish_pass *pass, const struct outbox_told *event)
{
	pass->may_go[event - pass->page.events] = false;
}

/* ------------------------------------------------------------------ noting */

/* Told afterwards, so that one whose burial fails and is repeated is counted once. */
static void tell_burial(const struct publish_pass *pass, const struct outbox_stored *item,
			struct publish_mark *mark)
{
	mark->is_gone = true;
	metric_add(&pass->means->metrics->dead, 1);
	log_event(LOG_ERROR, "an event could not be published and is put away",
		  LOG_F_STR("event_id", item->id), LOG_F_STR("reason", mark->reason),
		  LOG_F_NUM("tries", item->attempts + 1));
}

/* Starts the next of what is to be noted, or returns false. What is over is not noted but goes. */
static bool note_next(struct publish_pass *pass)
{
	while (pass->next < pass->page.count) {
		const struct outbox_stored *item = &pass->page.items[pass->next];
		const struct publish_mark *mark = &pass->marks[pass->next++];

		if (mark->is_gone || !(mark->is_touched || mark->reason) ||
		    publish_mark_is_over(&pass->page, item))
			continue;
		step(pass, NOTING);
		if (publish_mark_is_dead(mark, item))
			outbox_repo_bury(pass->means->repo, &pass->page, item, mark->reason,
					 &pass->await);
		else
			outbox_repo_note(pass->means->repo, &pass->page, item,
					 &(struct outbox_note){
						 .reason = mark->reason,
						 .next_at_ms = publish_mark_next_ms(mark, item,
										    wall_ms(pass)),
					 },
					 &pass->await);
		return true;
	}
	return false;
}

static void count_left(struct publish_pass *pass)
{
	pass->is_counted = true;
	for (size_t i = 0; i < pass->page.count; i++) {
		int64_t written_ms = pass->page.items[i].written_ms;

		if (pass->marks[i].is_gone)
			continue;
		pass->pending++;
		if (pass->oldest_ms == 0 || written_ms < pass->oldest_ms)
			pass->oldest_ms = written_ms;
	}
}

/* The page is done with, as far as that goes. */
static void leave_page(struct publish_pass *pass)
{
	struct publish_choice choice = choice_of(pass);

	if (note_next(pass))
		return;
	publish_mark_keep(&pass->page, pass->marks, pass->unsaved);
	count_left(pass);
	pass->is_waiting |= publish_choice_waits(&choice);
	publish_choice_block(&pass->page, pass->blocked);
	/* What is left of a page that has others behind it is the holder's. */
	pass->has_more = pass->page.has_more;
	if (pass->result == RESULT_OK && !pass->must_end && pass->is_holder && pass->has_more &&
	    !pass->blocked->is_full && pass->pages < PUBLISH_PAGES_MAX)
		read_page(pass);
	else
		end(pass);
}

static void take_note(struct publish_pass *pass)
{
	const struct outbox_stored *item = &pass->page.items[pass->next - 1];
	struct publish_mark *mark = &pass->marks[pass->next - 1];

	if (result_is_failure(pass->await.result))
		fail(pass, pass->await.result);
	else if (pass->await.result == RESULT_OK && publish_mark_is_dead(mark, item))
		tell_burial(pass, item, mark);
	else
		mark->is_saved = pass->await.result == RESULT_OK;
	leave_page(pass);
}

/* ------------------------------------------------------------------ deleting */

/* What is over and still there, as far as one request can delete it. */
static size_t find_finished(const struct publish_pass *pass,
			    const struct outbox_stored *items[static DYNAMODB_BATCH_WRITE_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < pass->page.count && count < DYNAMODB_BATCH_WRITE_MAX; i++) {
		const struct outbox_stored *item = &pass->page.items[i];

		if (!pass->marks[i].is_gone && publish_mark_is_over(&pass->page, item))
			items[count++] = item;
	}
	return count;
}

static void delete_finished(struct publish_pass *pass)
{
	const struct outbox_stored *items[DYNAMODB_BATCH_WRITE_MAX];
	size_t count = find_finished(pass, items);

	if (count == 0) {
		go_on(pass);
		return;
	}
	step(pass, DELETING);
	outbox_repo_delete(pass->means->repo, pass->page.shard, items, count, &pass->await);
}

static void take_deletion(struct publish_pass *pass)
{
	const struct outbox_stored *items[DYNAMODB_BATCH_WRITE_MAX];
	size_t count = find_finished(pass, items);

	if (pass->await.result != RESULT_OK) {
		fail(pass, pass->await.result);
		go_on(pass);
		return;
	}
	for (size_t i = 0; i < count; i++)
		pass->marks[items[i] - pass->page.items].is_gone = true;
	delete_finished(pass);
}

/* ------------------------------------------------------------------ what follows */

static void refuse(struct publish_pass *pass, const struct outbox_told *event, const char *reason)
{
	metric_add(&pass->means->metrics->refused, 1);
	mark_of(pass, event)->reason = reason;
	hold_up(pass, event);
}

static void take_hand(struct publish_hand *hand, struct outbox_told *event)
{
	struct publish_pass *pass = hand->pass;

	hand->is_busy = false;
	mark_of(pass, event)->is_touched = true;
	if (hand->await.result == RESULT_OK) {
		event->is_over = true;
		return;
	}
	hold_up(pass, event);
	if (hand->following.reason)
		refuse(pass, event, hand->following.reason);
	else
		mark_of(pass, event)->is_delayed = true;
}

static void take_hands(struct publish_pass *pass)
{
	for (size_t i = 0; i < pass->batch_count; i++) {
		if (pass->hands[i].is_busy && pass->hands[i].await.is_pending)
			return;
	}
	for (size_t i = 0; i < pass->batch_count; i++) {
		if (pass->hands[i].is_busy)
			take_hand(&pass->hands[i], pass->batch[i]);
	}
	delete_finished(pass);
}

static void start_hand(struct publish_pass *pass, size_t index, follower follow_up)
{
	struct publish_hand *hand = &pass->hands[index];

	hand->is_busy = true;
	hand->pass = pass;
	hand->following = (struct following){
		.repo = pass->means->repo,
		.sns = pass->means->sns,
		.event = pass->batch[index],
	};
	hand->await = (struct await){
		.deadline_us = now_us(pass) + STEP_US,
		.arena = &pass->arena,
		.resume = on_over,
		.context = pass,
	};
	follow_up(&hand->following, &hand->await);
}

static void follow(struct publish_pass *pass)
{
	bool is_busy = false;

	step(pass, FOLLOWING);
	for (size_t i = 0; i < pass->batch_count; i++) {
		struct outbox_told *event = pass->batch[i];
		follower follow_up = follower_of(event);

		pass->hands[i].is_busy = false;
		if (!event->is_sent)
			continue;
		if (!follow_up) {
			event->is_over = true;
		} else if (pass->must_end) {
			hold_up(pass, event);
		} else {
			start_hand(pass, i, follow_up);
			is_busy = true;
		}
	}
	if (!is_busy)
		delete_finished(pass);
}

/* ------------------------------------------------------------------ sending */

static void accept(struct publish_pass *pass, struct outbox_told *event)
{
	int64_t delay_ms = wall_ms(pass) - event->in->written_ms;

	event->is_sent = true;
	pass->accepted++;
	mark_of(pass, event)->is_touched = true;
	metric_add(&pass->means->metrics->accepted, 1);
	metric_observe(&pass->means->metrics->delay, delay_ms > 0 ? (uint64_t)delay_ms * 1000 : 0);
}

static void take_outcome(struct publish_pass *pass, struct outbox_told *event,
			 const struct sns_outcome *outcome)
{
	const char *code = outcome->code[0] ? outcome->code : "refused";

	if (outcome->fate == SNS_ACCEPTED) {
		accept(pass, event);
	} else if (outcome->fate == SNS_REFUSED && strncmp(code, "Throttl", 7) != 0) {
		/* Also when it was SNS's fault: who fails twelve times needs to be looked at. */
		refuse(pass, event, arena_copy(&pass->arena, code, strlen(code)));
	} else if (outcome->fate != SNS_UNSENT) {
		hold_up(pass, event);
		fail(pass, RESULT_UNKNOWN);
	}
}

static void on_sent(struct publish_batch *sent)
{
	struct publish_pass *pass = sent->context;

	if (sent->result != RESULT_OK && pass->result == RESULT_OK)
		memcpy(pass->error, sent->error, sizeof(pass->error));
	if (sent->result != RESULT_OK)
		fail(pass, sent->result);
	for (size_t i = 0; i < sent->count; i++)
		take_outcome(pass, sent->events[i], &sent->outcomes[i]);
	loop_defer(pass->means->loop, &pass->task);
}

/* A writer's call must be over before the holder may think that it has died. */
static uint64_t send_deadline_us(const struct publish_pass *pass)
{
	const struct publish_batch *sending = &pass->sending;
	int64_t oldest_ms = sending->events[0]->in->written_ms;
	int64_t left_us;

	for (size_t i = 1; i < sending->count; i++) {
		if (sending->events[i]->in->written_ms < oldest_ms)
			oldest_ms = sending->events[i]->in->written_ms;
	}
	left_us = (oldest_ms + PUBLISH_WRITER_MS - wall_ms(pass)) * 1000;
	if (pass->is_holder)
		return now_us(pass) + STEP_US;
	return now_us(pass) + (left_us > SHORTEST_US ? (uint64_t)left_us : SHORTEST_US);
}

static void send_batch(struct publish_pass *pass)
{
	step(pass, SENDING);
	pass->await.deadline_us = send_deadline_us(pass);
	publish_batch_start(&pass->sending);
}

static void go_on(struct publish_pass *pass)
{
	struct publish_choice choice = choice_of(pass);

	pass->sending = (struct publish_batch){
		.sns = pass->means->sns,
		.await = &pass->await,
		.done = on_sent,
		.context = pass,
	};
	pass->batch_count = 0;
	if (pass->result == RESULT_OK && !pass->must_end)
		pass->batch_count = publish_choice_pick(&choice, pass->batch);
	for (size_t i = 0; i < pass->batch_count; i++) {
		if (!pass->batch[i]->is_sent)
			pass->sending.events[pass->sending.count++] = pass->batch[i];
	}
	if (pass->batch_count == 0)
		leave_page(pass);
	else if (pass->sending.count > 0)
		send_batch(pass);
	else
		follow(pass);
}

/* ------------------------------------------------------------------ reading */

static void read_page(struct publish_pass *pass)
{
	char last[ID_SIZE];
	bool is_first = pass->pages++ == 0;

	memcpy(last, pass->page.last, sizeof(last));
	arena_reset(&pass->arena);
	step(pass, READING);
	outbox_page_read(pass->means->repo, pass->shard, is_first ? NULL : last, &pass->page,
			 &pass->await);
}

static enum result begin_page(struct publish_pass *pass)
{
	const struct outbox_page *page = &pass->page;
	struct publish_choice choice;

	pass->next = 0;
	pass->unreadable += page->unreadable;
	pass->marks = arena_alloc(&pass->arena, (page->count + 1) * sizeof(*pass->marks));
	pass->may_go = arena_alloc(&pass->arena, page->event_count + 1);
	if (!pass->marks || !pass->may_go)
		return RESULT_NO_MEMORY;
	publish_mark_recall(&pass->page, pass->unsaved);
	choice = choice_of(pass);
	publish_choice_begin(&choice);
	return RESULT_OK;
}

static void take_page(struct publish_pass *pass)
{
	enum result result = pass->await.result;

	if (result == RESULT_OK)
		result = begin_page(pass);
	if (result == RESULT_OK) {
		delete_finished(pass);
		return;
	}
	fail(pass, result);
	end(pass);
}

/* ------------------------------------------------------------------ step by step */

static void on_task(struct loop_task *task)
{
	struct publish_pass *pass = task->context;

	switch ((enum phase)pass->phase) {
	case READING:
		take_page(pass);
		break;
	case SENDING:
		follow(pass);
		break;
	case FOLLOWING:
		take_hands(pass);
		break;
	case DELETING:
		take_deletion(pass);
		break;
	case NOTING:
		take_note(pass);
		break;
	case OVER:
		break;
	}
}

void publish_pass_start(struct publish_pass *pass)
{
	pass->task.run = on_task;
	pass->task.context = pass;
	pass->await.resume = on_over;
	pass->await.context = pass;
	pass->await.arena = &pass->arena;
	pass->blocked = calloc(1, sizeof(*pass->blocked));
	if (pass->blocked) {
		read_page(pass);
		return;
	}
	step(pass, READING);
	pass->await.result = RESULT_NO_MEMORY;
	loop_defer(pass->means->loop, &pass->task);
}

void publish_pass_clear(struct publish_pass *pass)
{
	loop_defer_off(pass->means->loop, &pass->task);
	arena_clear(&pass->arena);
	free(pass->blocked);
	*pass = (struct publish_pass){0};
}
