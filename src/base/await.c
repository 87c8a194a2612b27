#include "base/await.h"

#include <assert.h>

#include "base/clock.h"

void await_start(struct await *await)
{
	assert(!await->is_pending);
	await->is_pending = true;
	await->started_us = clock_monotonic_us(clock_system());
}

void await_finish(struct await *await, enum result result)
{
	assert(await->is_pending);
	await->usage.wait_us += clock_monotonic_us(clock_system()) - await->started_us;
	await->result = result;
	await->is_pending = false;
	/* Last, since the waiter may start its next operation or free the await in there. */
	if (await->resume)
		await->resume(await);
}

const char *await_by(const struct await *await)
{
	return await->by != NULL ? await->by : "staff";
}
