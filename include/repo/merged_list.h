/*
 * A page of a list that lies in several parts of the table: what product_list.h and
 * partition_list.h have in common. For the repositories themselves.
 *
 * All parts are read at once, a page of each, and every entry is offered to a selection that keeps
 * the first ones. When all these pages are there, another round reads those parts of which more
 * could be among the first: of a part that is in the list's own order that is often none.
 */
#ifndef SHOPD_REPO_MERGED_LIST_H
#define SHOPD_REPO_MERGED_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/attribute.h"
#include "base/buf.h"
#include "base/text.h"
#include "repo/list_page.h"
#include "repo/repo.h"
#include "repo/selection.h"

enum { MERGED_LIST_PAGE_MAX = 1000 /* entries that one query reads */ };

/* Texts are needed until the list is found. */
struct merged_list_query {
	const char *index; /* NULL: the table itself */
	const char *condition;
	const char *filter;        /* or NULL */
	const char *names;         /* or NULL */
	const char *const *values; /* for condition and filter, of each part */
	size_t part_count;
	bool is_backwards;
	bool is_consistent; /* not on an index */

	bool is_in_order;    /* each part is read in the order that is asked for */
	uint64_t page_limit; /* of each part's first page, later ones are longer; 0: see below */
	bool repeats_after;  /* the entry at `after` is read once more */
	uint64_t read_units; /* that the page may consume; 0: any */

	selection_order order;
	/*
	 * Writes an entry's position into `out` (emptied before); nothing when it is none. It is
	 * also asked for that of LastEvaluatedKey, which has the entry's keys and nothing else.
	 */
	void (*position)(const struct item *entry, const void *context, struct buf *out);
	const void *context;

	size_t limit;      /* 1 to LIST_PAGE_MAX */
	struct span scope; /* of the cursor of the next page */
	struct span after; /* position behind which the page begins; absent: at the start */
};

/*
 * RESULT_OK; RESULT_TOO_LARGE: it takes more read units than it may. When parts in order have
 * consumed as much, it is RESULT_OK with what was found until then, perhaps nothing, and the next
 * page begins where reading has ended. A page_limit of 0 reads of each part what most likely
 * suffices: its share of the page with some margin if the parts are in order, else as much as is
 * sensible.
 */
void merged_list_find(struct repo *repo, const struct merged_list_query *query,
		      struct list_page *out, struct await *await);

#endif
