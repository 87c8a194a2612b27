#include "notify/publish_choice.h"

static bool is_own(const struct publish_choice *choice, const struct outbox_stored *item)
{
	return span_equals(item->by, choice->writer);
}

static int64_t age_ms(const struct publish_choice *choice, const struct outbox_stored *item)
{
	return choice->now_ms - item->written_ms;
}

static bool is_ours(const struct publish_choice *choice, const struct outbox_stored *item)
{
	int64_t age = age_ms(choice, item);

	if (choice->now_ms < item->next_at_ms)
		return false;
	if (choice->is_holder)
		return is_own(choice, item) || age >= PUBLISH_HOLDER_MS;
	return is_own(choice, item) && age < PUBLISH_BEGIN_MS;
}

static bool is_blocked(const struct publish_blocked *blocked, uint64_t key)
{
	for (size_t i = 0; i < blocked->count; i++) {
		if (blocked->keys[i] == key)
			return true;
	}
	return blocked->is_full;
}

void publish_choice_begin(const struct publish_choice *choice)
{
	const struct outbox_page *page = choice->page;

	for (size_t i = 0; i < page->event_count; i++) {
		const struct outbox_told *event = &page->events[i];

		choice->may_go[i] = is_ours(choice, event->in) &&
				    (event->is_sent || !is_blocked(choice->blocked, event->key));
	}
}

/* The event that this one must wait for, or NULL. */
static const struct outbox_told *find_before(const struct outbox_page *page,
					     const struct outbox_told *event)
{
	for (size_t i = 0; i < page->event_count && !event->is_sent; i++) {
		const struct outbox_told *other = &page->events[i];

		if (!other->is_over && !other->is_sent && other != event &&
		    outbox_event_is_before(other, event))
			return other;
	}
	return NULL;
}

size_t publish_choice_pick(const struct publish_choice *choice,
			   struct outbox_told *batch[static SNS_BATCH_MAX])
{
	const struct outbox_page *page = choice->page;
	size_t count = 0;

	for (size_t i = 0; i < page->event_count && count < SNS_BATCH_MAX; i++) {
		struct outbox_told *event = &page->events[i];

		/* A page may take seconds: what was ours at its beginning may not be now. */
		if (choice->may_go[i] && is_ours(choice, event->in) && !event->is_over &&
		    !find_before(page, event))
			batch[count++] = event;
	}
	return count;
}

bool publish_choice_waits(const struct publish_choice *choice)
{
	const struct outbox_page *page = choice->page;

	for (size_t i = 0; i < page->event_count; i++) {
		const struct outbox_told *event = &page->events[i];
		const struct outbox_told *before;

		if (!choice->may_go[i] || event->is_over || event->is_sent)
			continue;
		before = find_before(page, event);
		if (before && !is_own(choice, before->in) &&
		    age_ms(choice, before->in) < PUBLISH_BEGIN_MS)
			return true;
	}
	return false;
}

int64_t publish_choice_delay_ms(uint64_t attempts)
{
	int64_t delay_ms = PUBLISH_TRY_MS;

	for (uint64_t i = 0; i < attempts && delay_ms < PUBLISH_TRY_MAX_MS; i++)
		delay_ms *= 2;
	return delay_ms < PUBLISH_TRY_MAX_MS ? delay_ms : PUBLISH_TRY_MAX_MS;
}

void publish_choice_block(const struct outbox_page *page, struct publish_blocked *blocked)
{
	for (size_t i = 0; i < page->event_count; i++) {
		const struct outbox_told *event = &page->events[i];

		if (event->is_over || event->is_sent || is_blocked(blocked, event->key))
			continue;
		if (blocked->count == PUBLISH_BLOCKED_MAX)
			blocked->is_full = true;
		else
			blocked->keys[blocked->count++] = event->key;
	}
}
