/*
 * Checkouts in the table: reading one, changing what is not frozen, ending it. How one is made of a
 * cart is in checkout_hold.h.
 *
 * From the moment at which its time is over a checkout has ended, for all who ask: reads look at
 * the time, and writes have it in their condition. Its stock is given back a little later, by
 * whoever runs checkout_repo_expire. It is given back once: that, a release and an order each take
 * the checkout from "held" to something else in the transaction that moves the stock.
 */
#ifndef SHOPD_REPO_CHECKOUT_REPO_H
#define SHOPD_REPO_CHECKOUT_REPO_H

#include <stdint.h>

#include "repo/checkout_item.h"
#include "repo/repo.h"

enum { CHECKOUT_TRIES = 20 };

struct checkout_short {
	char product_id[ID_SIZE];
	int64_t requested;
	int64_t available;
};

/*
 * What came of an operation: with RESULT_OK the checkout, with RESULT_INVALID why not. Anything may
 * be in it otherwise.
 */
struct checkout_answer {
	enum checkout_refusal refusal;
	struct checkout checkout;
	char active_id[ID_SIZE]; /* CHECKOUT_ACTIVE: the one that is held */
	size_t short_count;      /* CHECKOUT_INSUFFICIENT */
	struct checkout_short shorts[CART_LINES_MAX];
};

/* Now, RFC 3339: what times of checkouts are compared with. */
void checkout_repo_now(const struct repo *repo, char now[static CLOCK_RFC3339_SIZE]);

/*
 * Consistently. One that has ended without an order is CHECKOUT_ENDED; what is no id is not found.
 */
void checkout_repo_find(struct repo *repo, const char *id, struct checkout_answer *out,
			struct await *await);

/*
 * What becomes of the parts that are not frozen, by the ones that are there: in place. Perhaps
 * several times. Any other result than RESULT_OK ends the change with it.
 */
struct checkout_parts {
	struct span address; /* {"M": …} */
	struct span email;   /* absent: none */
	bool wants_extension;
};
typedef enum result (*checkout_change)(struct checkout_parts *parts, struct arena *arena,
				       void *context);

/* Texts are needed until the end. */
struct checkout_patch {
	const char *id;
	uint64_t expected_version; /* 0: any */
	int64_t hold_ms;           /* how long it is extended for */
	checkout_change change;
	void *context;
};

/*
 * RESULT_OK, RESULT_INVALID, RESULT_THROTTLED when too many others were faster, or what `change`
 * said; a RESULT_INVALID of its own it has to tell apart itself.
 */
void checkout_repo_patch(struct repo *repo, const struct checkout_patch *patch,
			 struct checkout_answer *out, struct await *await);

/*
 * Ends one that is held and gives its stock back. RESULT_OK or RESULT_INVALID. CHECKOUT_ENDED is
 * final: one whose time is over is ended as by checkout_repo_expire before that is said.
 */
void checkout_repo_release(struct repo *repo, const char *id, uint64_t expected_version,
			   struct checkout_answer *out, struct await *await);

/*
 * The same for one whose time is over: for the sweeper. RESULT_INVALID when there is nothing (more)
 * to do.
 */
void checkout_repo_expire(struct repo *repo, const char *id, struct checkout_answer *out,
			  struct await *await);

/*
 * The same as a part of an operation that is under way, which `await` is that of; `done` hears what
 * came of it. Texts are needed until then. When the request has an Idempotency-Key this is the
 * write that its answer is kept with (repo_write.h).
 */
typedef void (*checkout_ended)(void *context, enum result result);
struct checkout_expiry {
	const char *id;
	struct checkout_answer *out;
	checkout_ended done;
	void *context;
};
void checkout_repo_expire_within(struct repo *repo, const struct checkout_expiry *expiry,
				 struct await *await);

#endif
