/*
 * One operation that somebody waits for.
 *
 * The waiter owns the await and passes it down; the operation calls await_start when it begins and
 * await_finish exactly once when it is over, also when the daemon stops. It may finish before the
 * call that started it returns. One await carries one operation at a time, and is then used again
 * for the next.
 *
 * It also carries what belongs to the waiter rather than to the operation: how long it may take,
 * memory that lives as long as the waiter, and an account of what was consumed on its behalf.
 */
#ifndef SHOPD_BASE_AWAIT_H
#define SHOPD_BASE_AWAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/result.h"

/* What DynamoDB charged, in thousandths of a unit, and how long we waited for it. */
struct usage {
	uint64_t read_millis;  /* read capacity units × 1000 */
	uint64_t write_millis; /* write capacity units × 1000 */
	uint64_t wait_us;      /* microseconds between await_start and await_finish */
	unsigned calls;        /* AWS calls made, each attempt counted */
};

struct idempotency;

struct await {
	enum result result;              /* valid once finished */
	bool is_pending;                 /* started and not finished */
	uint64_t deadline_us;            /* on the monotonic clock; no attempt goes beyond it */
	uint64_t started_us;             /* likewise; http/flow.c sets it to 0 and looks again */
	struct arena *arena;             /* for what must outlive the call; owned by the waiter */
	const char *trace_id;            /* X-Amzn-Trace-Id to pass on, or NULL */
	struct idempotency *idempotency; /* of the request that waits, or NULL */
	const char *by;                  /* who asks, for histories and ledgers; see await_by */
	struct usage usage;
	void (*resume)(struct await *); /* called by await_finish */
	void *context;                  /* for resume; the operation does not touch it */
};

/* Who asks, as histories and ledgers name it: "staff" where nobody was asked. */
const char *await_by(const struct await *await);

void await_start(struct await *await);
void await_finish(struct await *await, enum result result);

/*
 * Begins an operation that needs memory of its own: zeroed, of the await's arena. NULL: there is
 * none, and the operation is over (RESULT_NO_MEMORY).
 */
void *await_begin(struct await *await, size_t size);

/*
 * For an operation that has another one as a part of it: begins `part`, which has the deadline, the
 * trace and (unless it is changed then) the arena of `whole`. await_account adds what the part has
 * consumed to the whole's account.
 */
void await_part(const struct await *whole, struct await *part, void (*resume)(struct await *),
		void *context);
void await_account(struct await *whole, const struct await *part);

#endif
