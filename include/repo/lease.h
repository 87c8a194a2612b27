/*
 * Leases: which process does what all of them could do, so that ten do not cost as much as ten.
 *
 * LEASE#name / "#" has who holds it and until when. It is taken, renewed and let go by conditional
 * writes. It saves work and is no lock: what is done under it must be right also when two do it.
 *
 * Time is the repository's clock, which all processes share (aws/service_clock.h). A lease that
 * ends later than any could was written by somebody whose clock was wrong, and does not count.
 */
#ifndef SHOPD_REPO_LEASE_H
#define SHOPD_REPO_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "repo/repo.h"

enum {
	LEASE_MS = 9 * 1000,       /* so long others wait for a process that was killed */
	LEASE_RENEW_MS = 3 * 1000, /* how old one is when it is renewed */
	LEASE_NAME_SIZE = 40,
};

/* Zeroed at birth but for name and holder. */
struct lease {
	char name[LEASE_NAME_SIZE];
	char holder[ID_SIZE];
	bool is_new;          /* it was not ours before it was taken the last time */
	bool is_held;         /* by us, when it was last looked at; see lease_holds */
	uint64_t until_us;    /* on the monotonic clock: ours, or when another's ends */
	uint64_t renew_at_us; /* likewise: when it is to be written again */
	uint64_t asked_at_us; /* private */
	struct await *await;
	struct repo *repo;
	struct dynamodb_call call;
};

/* True while it is surely ours. */
bool lease_holds(const struct lease *lease, uint64_t now_us);

/* True when it is time to take or renew it. */
bool lease_is_due(const struct lease *lease, uint64_t now_us);

/* Takes or renews it. RESULT_OK, also when another holds it: see lease_holds. */
void lease_take(struct repo *repo, struct lease *lease, struct await *await);

/* Lets it go, if it is ours. RESULT_OK. */
void lease_release(struct repo *repo, struct lease *lease, struct await *await);

#endif
