#include "notify/publish_mark.h"

#include "notify/publish_choice.h"

bool publish_mark_is_over(const struct outbox_page *page, const struct outbox_stored *item)
{
	for (size_t i = 0; i < item->count; i++) {
		if (!page->events[item->first + i].is_over)
			return false;
	}
	return true;
}

bool publish_mark_is_dead(const struct publish_mark *mark, const struct outbox_stored *item)
{
	return mark->reason && item->attempts + 1 >= OUTBOX_TRIES;
}

int64_t publish_mark_next_ms(const struct publish_mark *mark, const struct outbox_stored *item,
			     int64_t now_ms)
{
	if (mark->reason)
		return now_ms + publish_choice_delay_ms(item->attempts);
	return mark->is_delayed ? now_ms + PUBLISH_AGAIN_MS : 0;
}

void publish_mark_recall(struct outbox_page *page, const struct unsaved *unsaved)
{
	for (size_t i = 0; i < page->event_count; i++) {
		enum stage stage = unsaved_find(unsaved, page->events[i].id);

		page->events[i].is_sent |= stage != STAGE_NONE;
		page->events[i].is_over |= stage == STAGE_DONE;
	}
}

static enum stage stage_of(const struct outbox_told *event, const struct publish_mark *mark)
{
	if (mark->is_gone || mark->is_saved)
		return STAGE_NONE;
	if (event->is_over)
		return STAGE_DONE;
	return event->is_sent ? STAGE_SENT : STAGE_NONE;
}

/* What was not touched is as it was, here and there. */
void publish_mark_keep(const struct outbox_page *page, const struct publish_mark *marks,
		       struct unsaved *unsaved)
{
	for (size_t i = 0; i < page->event_count; i++) {
		const struct outbox_told *event = &page->events[i];
		const struct publish_mark *mark = &marks[event->in - page->items];

		if (mark->is_touched || mark->is_saved || mark->is_gone)
			unsaved_set(unsaved, event->id, stage_of(event, mark));
	}
}
