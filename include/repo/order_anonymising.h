/*
 * Taking a person out of one checkout and of the order that has come of it (which has the same id).
 *
 * A checkout that is held is ended, and its stock given back. An order that has ended (completed,
 * cancelled or expired) keeps lines, prices, totals, states, payments and deliveries, and of its
 * address the country; e-mail, note, the reasons of its cancellation and returns, the rest of the
 * address and the user's id go, and its checkout with them. One that is under way still needs all
 * of that and stays as it is.
 *
 * Each can be repeated; what others do to the order meanwhile makes it read again. At the end the
 * note U#user / K#id goes too, in the same transaction. For person_removal.c.
 */
#ifndef SHOPD_REPO_ORDER_ANONYMISING_H
#define SHOPD_REPO_ORDER_ANONYMISING_H

#include "repo/checkout_repo.h"
#include "repo/order_item.h"
#include "repo/record.h"
#include "repo/repo.h"

enum { ORDER_ANONYMISING_TRIES = 10 };

/* One under way; for another one after it, set the first part again. */
struct order_anonymising {
	/* in */
	struct repo *repo;
	struct await *await; /* whose deadline and account it is; not finished by this */
	const char *user_pk;
	char id[ID_SIZE];
	void (*done)(struct order_anonymising *one, enum result result); /* exactly once */
	void *context;

	/* out */
	bool is_open; /* the order is under way: nothing was done */

	/* private */
	unsigned tries;
	struct await own; /* with an arena of its own, since there may be thousands of these */
	struct arena arena;
	struct checkout_answer *answer;
	struct dynamodb_call call;
};

/* RESULT_OK, or RESULT_THROTTLED when others keep changing the order. */
void order_anonymising_run(struct order_anonymising *one);

/* What is left of its memory. */
void order_anonymising_clear(struct order_anonymising *one);

#endif
