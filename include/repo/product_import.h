/*
 * Many products at once: what is not there is made, what is there gets these fields.
 *
 * Those with ids are looked up together; those that are not there are made together, in one
 * transaction with their stock and their ledgers' first movements; those that differ are written
 * one by one, each on the condition that it is still as it was read. Stock that is there is never
 * touched. Whatever else happens meanwhile, each product ends as it should or says why not.
 */
#ifndef SHOPD_REPO_PRODUCT_IMPORT_H
#define SHOPD_REPO_PRODUCT_IMPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/id.h"
#include "domain/stock.h"
#include "repo/repo.h"

enum { PRODUCT_IMPORT_MAX = 33 /* products at once: with three items each a whole transaction */ };

struct product_entry {
	/* in */
	bool has_id;
	char id[ID_SIZE]; /* without one, out: a new random one */
	json_t *product;  /* as product_apply made it; borrowed until the end */
	struct stock_opening opening;

	/*
	 * out: RESULT_OK, RESULT_TOO_LARGE, RESULT_CONFLICT (others were faster too often) or a
	 * failure
	 */
	enum result result;
	bool is_new;

	/* private */
	struct product_import *import;
	int state;
	unsigned tries;
	struct span stored; /* array of the item that was found */
	struct await await;
};

/*
 * `entries` are needed until the end; their ids must all be different. The await always ends with
 * RESULT_OK: what came of each is in the entry.
 */
void product_import_run(struct repo *repo, struct product_entry *entries, size_t count,
			struct await *await);

#endif
