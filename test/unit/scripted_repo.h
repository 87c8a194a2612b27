/*
 * Repositories on a scripted transport, and an operation of theirs under way.
 */
#ifndef SHOPD_TEST_SCRIPTED_REPO_H
#define SHOPD_TEST_SCRIPTED_REPO_H

#include "repo/repo.h"
#include "scripted_aws.h"

struct scripted_repo {
	struct scripted_aws aws;
	struct repo repo; /* the table "shop" with the key "pk" and four shards */
	struct arena arena;
	struct await await; /* ten seconds */
	bool is_done;
};

void scripted_repo_init(struct scripted_repo *on);
void scripted_repo_clear(struct scripted_repo *on);

/* Ready for another operation; what the last one put into the arena is gone. */
void scripted_repo_renew(struct scripted_repo *on);

/*
 * For alloc_fail_each: a client of its own, so that nothing is left over from run to run. False
 * when there is no memory for it; else call scripted_repo_leave in the end.
 */
bool scripted_repo_enter(struct scripted_repo *on);
void scripted_repo_leave(struct scripted_repo *on);

/* Runs until the operation that was started is over, and asserts what came of it. */
void scripted_repo_expect(struct scripted_repo *on, enum result expected);

/* Runs until it is over. */
enum result scripted_repo_run(struct scripted_repo *on);

/*
 * For alloc_fail_each: starts one operation with a client of its own, and asserts that it succeeds
 * or fails for want of memory.
 */
void scripted_repo_run_short(struct scripted_repo *on, void (*start)(void));

/* Asserts that a request's body has this text in it, or has not. */
void ck_assert_sent(const struct scripted_repo *on, size_t request, const char *part);
void ck_assert_not_sent(const struct scripted_repo *on, size_t request, const char *part);

/* Asserts which operation a request was, such as "Query". */
void ck_assert_operation(const struct scripted_repo *on, size_t request, const char *name);

#endif
