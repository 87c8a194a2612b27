/*
 * A request that may come again and must have its effect once: what its Idempotency-Key stands for.
 *
 * It travels with the await (await.h) from the http layer, which reads the header and sends
 * answers, to the repositories, which keep the answer in the transaction that has the effect. Both
 * ends are described in http/idempotency.h and repo/idempotency_repo.h; layers between need not
 * know of it.
 */
#ifndef SHOPD_BASE_IDEMPOTENCY_H
#define SHOPD_BASE_IDEMPOTENCY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/id.h"
#include "base/text.h"

enum { IDEMPOTENCY_HASH_SIZE = 2 * DIGEST_SHA256_SIZE + 1 /* hexadecimal */ };

/* An answer as it is kept. Texts are absent where there is none. */
struct kept_answer {
	int status;
	struct span content_type;
	struct span headers; /* "Name: value\n" for each */
	struct span body;
	char owner[ID_SIZE]; /* the user whom it tells of; "": nobody. Not of one that was found */
};

struct idempotency {
	char id[IDEMPOTENCY_HASH_SIZE];          /* of caller, method, path and key */
	char fingerprint[IDEMPOTENCY_HASH_SIZE]; /* of the body and If-Match */
	/*
	 * Makes the answer that the request gets if the write that is about to begin succeeds. Its
	 * texts live as long as the request. False when out of memory.
	 */
	bool (*rehearse)(struct idempotency *idempotency, struct kept_answer *answer);
	void *context;

	bool is_kept;             /* there is an answer in the table, this one or an earlier one */
	bool is_removed;          /* the answer went with its owner; with RESULT_REPEATED */
	bool is_other;            /* the key was used for another body; likewise */
	bool is_too_large;        /* no answer of this size is kept: nothing was done; likewise */
	struct kept_answer found; /* what was answered before, unless one of these; likewise */
};

#endif
