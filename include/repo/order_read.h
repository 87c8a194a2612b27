/*
 * Reading all of an order: one consistent query. For the repositories themselves; endpoints use
 * order_repo.h.
 */
#ifndef SHOPD_REPO_ORDER_READ_H
#define SHOPD_REPO_ORDER_READ_H

#include "repo/order_item.h"
#include "repo/repo.h"

/* One reading under way. Lives until its done was called. */
struct order_read {
	/* in */
	struct repo *repo;
	struct await *await; /* deadline, account, arena; not finished by this */
	const char *id;      /* as it came */
	struct stored_order *out;
	void (*done)(struct order_read *read, enum result result); /* exactly once */
	void *context;

	struct dynamodb_call call; /* private */
};

/*
 * RESULT_OK; RESULT_NOT_FOUND, also for what is no id; RESULT_GARBLED. May be done before this
 * returns.
 */
void order_read(struct order_read *read);

#endif
