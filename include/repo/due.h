/*
 * What has become due: checkouts whose time is over (and among them, since they have a time too,
 * removals of persons that are not over) and orders that were not paid in time, of one write shard.
 * For the sweeper.
 *
 * The indexes that tell are eventually consistent: what they name may have been dealt with already,
 * and what has just become due may come a moment later.
 */
#ifndef SHOPD_REPO_DUE_H
#define SHOPD_REPO_DUE_H

#include "base/id.h"
#include "repo/repo.h"

enum { DUE_PAGE_MAX = 64 };

enum due_kind { DUE_CHECKOUTS, DUE_ORDERS };

/* One page. */
struct due {
	size_t count;
	char ids[DUE_PAGE_MAX][ID_SIZE];
	bool is_person[DUE_PAGE_MAX]; /* whose removal is not over (person_removal.h) */
	bool has_more;                /* then look again behind the last one's time and id */
	char last[64];                /* "time#id" */
};

struct due_query {
	enum due_kind kind;
	uint32_t shard;
	int64_t until_ms;  /* checkouts that expired, orders that wait for payment, until then */
	const char *after; /* due.last of the page before; NULL: from the beginning */
};

/* The oldest first. RESULT_OK. */
void due_find(struct repo *repo, const struct due_query *query, struct due *out,
	      struct await *await);

#endif
