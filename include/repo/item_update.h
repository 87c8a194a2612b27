/*
 * Changing an item: read, let the caller make the new one of the old, write on the condition that
 * the version is still the one that was read.
 *
 * When somebody else was faster, it is read and made again. One of those that meet always succeeds,
 * so this ends; after ITEM_UPDATE_TRIES it is given up. A caller who has named the version that
 * must be there gets a conflict instead, unless the change would change nothing: a request that
 * comes again because its answer was lost finds its own effect (RFC 9110, section 13.1.1).
 *
 * The loop is here, once; how an entity is read and written is told by its kind
 * (product_update.c, record_update.c). For the repositories themselves.
 */
#ifndef SHOPD_REPO_ITEM_UPDATE_H
#define SHOPD_REPO_ITEM_UPDATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "repo/repo.h"

enum { ITEM_UPDATE_TRIES = 20 };

/*
 * Makes the new entity (a new tree) of the one in the table, perhaps several times; `stored` is
 * NULL where there is none yet. Any other result than RESULT_OK ends the update with it.
 */
typedef enum result (*item_change)(const json_t *stored, void *context, json_t **changed);

struct item_update;

struct item_update_kind {
	/* Starts the read, consistently: an older version would only be refused. */
	void (*read)(struct item_update *update);
	/* What a read found: sets `version`, and `stored` (new; NULL: there is none yet). */
	enum result (*take)(struct item_update *update, json_t **stored);
	/* Puts what was read where the caller wants it. False when out of memory. */
	bool (*show)(struct item_update *update);
	/*
	 * Puts the new one where the caller wants it, as it will be, and starts writing it by
	 * repo_write with `write`; the same result.
	 */
	enum result (*write)(struct item_update *update, const json_t *changed);
	/* What a write came to; RESULT_CONFLICT: somebody was faster. NULL: its result. */
	enum result (*judge)(const struct item_update *update);
	/* Releases what is the kind's own and finishes the await. */
	void (*done)(struct item_update *update, enum result result);
};

/* In the await's arena; lives until done. */
struct item_update {
	/* in */
	const struct item_update_kind *kind;
	void *of; /* the kind's own */
	struct repo *repo;
	struct await *await;
	uint64_t expected_version; /* 0: any */
	item_change change;
	void *context;
	bool is_read; /* `read` has a result already, which was just read consistently */

	/* for the kind's functions; the calls are ready to be started */
	uint64_t version; /* that was read; 0: there is none yet */
	struct dynamodb_call read;
	struct dynamodb_call write;

	unsigned tries; /* private */
};

/*
 * Ends in RESULT_OK, RESULT_CONFLICT (another version than the expected one; or too many others),
 * or what `change` or the kind's functions said. A change that changes nothing is RESULT_OK without
 * a write, whatever the version is, which stays. The await has been started.
 */
void item_update_run(struct item_update *update);

#endif
