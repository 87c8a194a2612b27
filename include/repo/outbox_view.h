/*
 * What is in the outbox, and what was put away, as operators see it: lists of items with what they
 * tell of, how often they were tried, and why that failed. Nothing of what the events say.
 */
#ifndef SHOPD_REPO_OUTBOX_VIEW_H
#define SHOPD_REPO_OUTBOX_VIEW_H

#include "repo/list_page.h"
#include "repo/repo.h"

struct outbox_view_query {
	bool is_dead;       /* dead letters; else what waits */
	size_t limit;       /* 1 to LIST_PAGE_MAX */
	const char *cursor; /* of the page before; NULL: the first page */
};

/* The oldest first, consistently. As partition_list_find. */
void outbox_view_find(struct repo *repo, const struct outbox_view_query *query,
		      struct list_page *out, struct await *await);

/*
 * Appends an entry as a JSON object: `id`, `type`, `subject`, `time`, `user_id` of its event, or
 * `events` with these of each where several share an item; `is_sent` when the topic has it and only
 * its user is still to be told; `tries`, `last_error`, `next_try_at`, `dead_at`, `age_seconds`.
 * What cannot be read is left out.
 */
void outbox_view_show(struct span entry, int64_t now_ms, struct buf *out);

#endif
