#include "repo/lease.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	KEY_SIZE = LEASE_NAME_SIZE + 8,
	VALUES_SIZE = 256,
	/* How much later than possible one may seem to end: clocks agree to a second or two. */
	SLACK_MS = 5 * 1000,
};

bool lease_holds(const struct lease *lease, uint64_t now_us)
{
	return lease->is_held && now_us < lease->until_us;
}

bool lease_is_due(const struct lease *lease, uint64_t now_us)
{
	return now_us >= lease->renew_at_us;
}

static void finish(struct lease *lease, enum result result)
{
	dynamodb_call_clear(&lease->call);
	await_finish(lease->await, result);
}

static void start(struct repo *repo, struct lease *lease, struct await *await,
		  const struct dynamodb_write *write, void (*done)(struct dynamodb_call *call))
{
	char pk[KEY_SIZE];
	struct dynamodb_write own = *write;

	await_start(await);
	snprintf(pk, sizeof(pk), "LEASE#%s", lease->name);
	own.action = DYNAMODB_UPDATE;
	own.key = (struct dynamodb_key){pk, "#"};
	own.names = "{\"#u\":\"until\"}";
	lease->repo = repo;
	lease->await = await;
	lease->asked_at_us = clock_monotonic_us(repo->clock);
	lease->call = (struct dynamodb_call){.await = await, .done = done, .context = lease};
	dynamodb_write(&repo->db, &lease->call, &own);
}

/* ------------------------------------------------------------------ taking */

/* From the moment at which it was asked for: the answer may have taken its time. */
static void keep_ours(struct lease *lease)
{
	lease->is_new = !lease_holds(lease, lease->asked_at_us);
	lease->is_held = true;
	lease->until_us = lease->asked_at_us + UINT64_C(1000) * LEASE_MS;
	lease->renew_at_us = lease->asked_at_us + UINT64_C(1000) * LEASE_RENEW_MS;
}

/* Another's: it is looked at again when it ends, unless it is renewed until then. */
static void keep_theirs(struct lease *lease)
{
	struct item item;
	int64_t until_ms = 0;
	int64_t left_ms = 0;

	if (item_view(&item, lease->call.item) && item_i64(&item, "until", &until_ms))
		left_ms = until_ms - clock_wall_ms(lease->repo->clock);
	if (left_ms < 0)
		left_ms = 0;
	if (left_ms > LEASE_MS)
		left_ms = LEASE_MS;
	lease->is_new = false;
	lease->is_held = false;
	lease->until_us = clock_monotonic_us(lease->repo->clock) + (uint64_t)left_ms * 1000;
	lease->renew_at_us = lease->until_us + 1000;
}

static void on_taken(struct dynamodb_call *call)
{
	struct lease *lease = call->context;

	if (call->result == RESULT_OK)
		keep_ours(lease);
	else if (call->result == RESULT_CONFLICT)
		keep_theirs(lease);
	/* Of another result nothing is known: what was known before still counts for its time. */
	finish(lease, call->result == RESULT_CONFLICT ? RESULT_OK : call->result);
}

void lease_take(struct repo *repo, struct lease *lease, struct await *await)
{
	int64_t now_ms = clock_wall_ms(repo->clock);
	char values[VALUES_SIZE];

	snprintf(values, sizeof(values),
		 "{\":me\":{\"S\":\"%s\"},\":until\":{\"N\":\"%" PRId64
		 "\"},\":now\":{\"N\":\"%" PRId64 "\"},\":never\":{\"N\":\"%" PRId64 "\"}}",
		 lease->holder, now_ms + LEASE_MS, now_ms, now_ms + LEASE_MS + SLACK_MS);
	start(repo, lease, await,
	      &(struct dynamodb_write){
		      .update = "SET holder = :me, #u = :until",
		      .condition = "attribute_not_exists(holder) OR holder = :me OR #u <= :now "
				   "OR #u > :never",
		      .values = values,
	      },
	      on_taken);
}

/* ------------------------------------------------------------------ letting go */

static void on_released(struct dynamodb_call *call)
{
	struct lease *lease = call->context;

	finish(lease, call->result == RESULT_CONFLICT ? RESULT_OK : call->result);
}

void lease_release(struct repo *repo, struct lease *lease, struct await *await)
{
	char values[VALUES_SIZE];

	snprintf(values, sizeof(values), "{\":me\":{\"S\":\"%s\"},\":past\":{\"N\":\"0\"}}",
		 lease->holder);
	lease->is_held = false;
	lease->renew_at_us = 0;
	start(repo, lease, await,
	      &(struct dynamodb_write){
		      .update = "SET #u = :past",
		      .condition = "holder = :me",
		      .values = values,
	      },
	      on_released);
}
