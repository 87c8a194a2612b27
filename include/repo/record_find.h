/*
 * Reading one record (record.h), consistently. For the repositories themselves.
 */
#ifndef SHOPD_REPO_RECORD_FIND_H
#define SHOPD_REPO_RECORD_FIND_H

#include "repo/record.h"
#include "repo/repo.h"

/* Zeroed but for what is in; in the await's arena, lives until done. */
struct record_find {
	/* in */
	struct repo *repo;
	struct await *await;
	char id[ID_SIZE]; /* of the record that comes out */
	char pk[RECORD_KEY_SIZE];
	char sk[RECORD_KEY_SIZE];
	struct record *out;
	/* Finishes the await, perhaps after another look. NULL: just that. */
	void (*done)(struct record_find *find, enum result result);
	void *of; /* for done */

	struct dynamodb_call call; /* private */
};

/* Ends in RESULT_OK or RESULT_NOT_FOUND. The await has been started. */
void record_find_run(struct record_find *find);

#endif
