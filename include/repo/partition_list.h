/*
 * Lists that the table or an index keeps in their order: a page of one partition, or of several, or
 * of such as are spread over write shards; all that there are are read at once and merged. A page
 * costs about as much as it shows, but half a read unit for each that is read.
 *
 *	// The newest users: USER#0 to USER#3 of gsi2, whose sort keys are created#id.
 *	partition_list_find(repo, &(struct partition_list_query){
 *		.index = PARTITION_GSI2, .partition = "USER", .is_sharded = true,
 *		.is_descending = true, .limit = 20, .cursor = cursor}, &page, await);
 */
#ifndef SHOPD_REPO_PARTITION_LIST_H
#define SHOPD_REPO_PARTITION_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "repo/list_page.h"
#include "repo/repo.h"

enum partition_index { PARTITION_TABLE, PARTITION_GSI1, PARTITION_GSI2 };

/* Texts are needed until the list is found. */
struct partition_list_query {
	enum partition_index index;
	const char *partition;         /* its key, without "#<shard>" */
	const char *const *partitions; /* or several, ends in NULL; NULL: just that one */
	bool is_sharded;               /* sort keys differ in all partitions and shards */
	bool is_descending;            /* by sort key, in the order of its bytes */
	bool is_consistent;            /* of the table only */
	const char *prefix;            /* only sort keys that begin so; NULL: any */
	const char *from;              /* only sort keys from this one on; NULL: any */
	const char *to;                /* only sort keys up to this one; NULL: any */
	size_t limit;                  /* 1 to LIST_PAGE_MAX */
	const char *cursor;            /* of the page before; NULL: the first page */
};

/* RESULT_OK, or RESULT_INVALID: the cursor is not one of this query. */
void partition_list_find(struct repo *repo, const struct partition_list_query *query,
			 struct list_page *out, struct await *await);

#endif
