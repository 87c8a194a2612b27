/*
 * Changing a record (record.h), as all items are changed (item_update.h). For the repositories
 * themselves.
 *
 * What is written is an update of the fields, never a new item: what others keep in the same item,
 * such as a user's count of addresses, is theirs to change at the same moment.
 */
#ifndef SHOPD_REPO_RECORD_UPDATE_H
#define SHOPD_REPO_RECORD_UPDATE_H

#include "repo/item_update.h"
#include "repo/record.h"

enum { RECORD_OTHERS_MAX = 2 };

/* Zeroed but for what is in; in the await's arena, lives until done. */
struct record_update {
	/* in */
	struct item_update item; /* repo, await, expected_version, change, context */
	const struct field *fields;
	char id[ID_SIZE]; /* of the record that comes out */
	char pk[RECORD_KEY_SIZE];
	char sk[RECORD_KEY_SIZE];
	bool may_be_new;    /* it is made if there is none; it has no times then */
	struct record *out; /* the record as it is in the end */
	/*
	 * Adds what else is written in the same transaction, at most RECORD_OTHERS_MAX; their texts
	 * are needed until the next call. False when out of memory. NULL: nothing.
	 */
	bool (*others)(struct record_update *update, const json_t *changed,
		       struct dynamodb_write *writes, size_t *count);
	/* As in item_update.h. NULL: a failed condition means that somebody was faster. */
	enum result (*judge)(const struct item_update *update);
	/* Finishes the await, perhaps after another look. NULL: just that. */
	void (*done)(struct record_update *update, enum result result);
	void *of; /* for these functions */

	/* for `others` */
	struct record found; /* what was read; views into the answer */
};

/* RESULT_NOT_FOUND when there is none, else as item_update_run. */
void record_update_run(struct record_update *update);

#endif
