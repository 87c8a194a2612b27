/*
 * What is left to do when a user has been removed (user_removal.h): the person is also in
 * checkouts, in orders, in answers that are kept for an Idempotency-Key, and in subscriptions.
 * Each of the first three was noted under the user's partition key when it was made, in the same
 * transaction, so that none is overlooked:
 *
 * U#id / K#checkout   a checkout that is held, or the order that has come of it
 * U#id / I#hash       an answer
 * U#id / GONE         the mark: the removal is not over. In gsi2 it is among the checkouts whose
 *                     time is over, so the sweeper finds it (due.h)
 *
 * The mark comes with the transaction that removes the user and is closed last. So a removal that
 * broke off is brought to an end by whoever comes next: the request sent again, or the sweeper.
 * Orders that are under way keep what they need until they have ended; until then the mark stays,
 * and is looked at again every ten minutes.
 *
 * The same id may come back, for it may be that of a token's subject (http/token_user.h). While the
 * mark is open, nobody can be made with it: the sweeper would remove what is theirs, too. A closed
 * one, which is out of the index and has a time to live, keeps them off for another minute. By then
 * every other removal of the same person that is still under way has reached its deadline, for it
 * begins by finding the mark open; as long as the clocks of those who close and of those who make
 * differ by less than half a minute.
 *
 * Answers come behind orders: by then no order and no checkout can give another one.
 */
#ifndef SHOPD_REPO_PERSON_REMOVAL_H
#define SHOPD_REPO_PERSON_REMOVAL_H

#include "repo/order_anonymising.h"
#include "repo/record.h"
#include "repo/repo.h"

enum {
	PERSON_PAGE_MAX = 40,             /* notes that are read at once */
	PERSON_PATIENCE_MS = 60 * 1000,   /* until the sweeper sees to it, or the id is free */
	PERSON_AGAIN_MS = 10 * 60 * 1000, /* when it looks at orders under way again */
	PERSON_NOTE_SIZE = 72,            /* "K#" and an id, "I#" and a hash */
};

/* One under way. Lives until its done was called. */
struct person_removal {
	/* in */
	struct repo *repo;
	struct await *await;                                              /* not finished by this */
	const char *user_id;                                              /* needed until the end */
	void (*done)(struct person_removal *removal, enum result result); /* exactly once */
	void *context;

	/* private */
	char user_pk[RECORD_KEY_SIZE];
	size_t count; /* notes of this page */
	size_t next;
	char notes[PERSON_PAGE_MAX][PERSON_NOTE_SIZE];
	bool is_over[PERSON_PAGE_MAX]; /* its time to live has passed */
	bool has_more;
	bool has_open;
	struct order_anonymising one;
	struct await part;
	struct dynamodb_call call;
};

/* Appends the members of the mark's item but for its key. */
void person_removal_write_mark(const struct repo *repo, const char *user_id, int64_t delay_ms,
			       struct buf *out);

/* Whether the mark, as it was read, is open: the removal is not over. */
bool person_removal_is_open(const struct item *mark);

/* For who makes a user: takes a mark away whose time is over. Fails on the condition otherwise. */
struct person_mark_gone {
	char pk[RECORD_KEY_SIZE];
	struct repo_vacancy vacancy;
};
void person_removal_write_gone(const struct repo *repo, const char *user_id,
			       struct person_mark_gone *gone, struct dynamodb_write *write);

/* RESULT_OK, also when orders are under way. */
void person_removal_run(struct person_removal *removal);

/* The same for the sweeper: goes on with the removal of this user. */
void person_removal_go_on(struct repo *repo, const char *user_id, struct await *await);

#endif
