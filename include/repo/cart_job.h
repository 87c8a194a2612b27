/*
 * What all operations on carts have in common: they read a cart, look at the products in it, write
 * on a condition, and when somebody else was faster go on from what is there then.
 *
 * For the repositories of carts themselves; what others need of it is struct cart_answer.
 */
#ifndef SHOPD_REPO_CART_JOB_H
#define SHOPD_REPO_CART_JOB_H

#include <stdbool.h>

#include "domain/cart.h"
#include "repo/cart_item.h"
#include "repo/cart_product.h"
#include "repo/repo.h"

/* How often a write is tried that others get in the way of. Of those that meet, one wins. */
enum { CART_TRIES = 40 };

/*
 * What came of an operation: with RESULT_OK the cart and the products in it, with RESULT_INVALID
 * why not. Anything may be in it otherwise.
 */
struct cart_answer {
	enum cart_refusal refusal;
	bool is_new; /* the cart was made by this */
	struct cart cart;
	struct cart_products products;
};

/* The first member of each operation's own struct, so that the one is found from the other. */
struct cart_job {
	struct repo *repo;
	struct cart_answer *out;
	struct await *await;
	unsigned tries;
	bool is_written; /* what fails from now on leaves the caller in doubt */
	struct dynamodb_call call;
	struct cart_product_read products;
	void (*next)(struct cart_job *job);
};

/*
 * A new job of `size` bytes in the arena, zeroed but for the three members above. The await is
 * started; NULL after it was finished for lack of memory.
 */
void *cart_job_new(struct repo *repo, size_t size, struct cart_answer *out, struct await *await);

/* The end, one of these: what came of it, that it is done, or why it cannot be. */
void cart_job_finish(struct cart_job *job, enum result result);
void cart_job_succeed(struct cart_job *job);
void cart_job_refuse(struct cart_job *job, enum cart_refusal refusal);

/* The job's call, cleared, for another operation; its context is the job. */
struct dynamodb_call *cart_job_call(struct cart_job *job, void (*done)(struct dynamodb_call *call));

/* Reads a cart's item, consistently; `id` must be valid. */
void cart_job_get(struct cart_job *job, const char *id, void (*done)(struct dynamodb_call *call));

/* True when the item (absent: none) is this cart; else the job is over: false. */
bool cart_job_take(struct cart_job *job, struct span item, const char *id, struct cart *out);

/* Goes on when the products of out->cart, and `extra` if there is one, are in out->products. */
void cart_job_products(struct cart_job *job, const char *extra, void (*next)(struct cart_job *job));

/* True when another try is due, else the job is over: false. */
bool cart_job_tries_again(struct cart_job *job);

/*
 * The cart as it will be after a change made now: one version later, with another time and a longer
 * life. False when out of memory.
 */
MUST_CHECK bool cart_job_stamp(const struct cart_job *job, struct cart *cart);

#endif
