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

void *await_begin(struct await *await, size_t size)
{
	void *memory = arena_alloc(await->arena, size);

	await_start(await);
	if (!memory)
		await_finish(await, RESULT_NO_MEMORY);
	return memory;
}

void await_part(const struct await *whole, struct await *part, void (*resume)(struct await *),
		void *context)
{
	*part = (struct await){
		.deadline_us = whole->deadline_us,
		.trace_id = whole->trace_id,
		.by = whole->by,
		.arena = whole->arena,
		.resume = resume,
		.context = context,
	};
}

void await_account(struct await *whole, const struct await *part)
{
	whole->usage.read_millis += part->usage.read_millis;
	whole->usage.write_millis += part->usage.write_millis;
	whole->usage.calls += part->usage.calls;
}

const char *await_by(const struct await *await)
{
	return await->by != NULL ? await->by : "staff";
}
