#include "aws/service_clock.h"

#include "base/log.h"

enum { SECOND_MS = 1000 };

static uint64_t monotonic_us(void *context)
{
	const struct service_clock *clock = context;

	return clock_monotonic_us(clock->machine);
}

static int64_t wall_ms(void *context)
{
	const struct service_clock *clock = context;

	return clock_wall_ms(clock->machine) + clock->offset_ms;
}

void service_clock_init(struct service_clock *clock, const struct clock *machine)
{
	*clock = (struct service_clock){
		.clock = {monotonic_us, wall_ms, clock},
		.machine = machine,
	};
}

/* What must be added, at least, to a clock that shows `now_ms` so that it can be the service's. */
static int64_t missing(int64_t now_ms, int64_t date_ms, int64_t took_ms)
{
	if (now_ms < date_ms)
		return date_ms - now_ms;
	if (now_ms - took_ms >= date_ms + SECOND_MS)
		return date_ms + SECOND_MS - 1 - (now_ms - took_ms);
	return 0;
}

static int64_t beyond_tolerance(int64_t missing_ms)
{
	return missing_ms > SERVICE_CLOCK_TOLERANCE_MS || missing_ms < -SERVICE_CLOCK_TOLERANCE_MS
		       ? missing_ms
		       : 0;
}

void service_clock_note(struct service_clock *clock, int64_t date_ms, uint64_t took_us)
{
	int64_t machine_ms = clock_wall_ms(clock->machine);
	int64_t took_ms = (int64_t)(took_us / 1000);
	int64_t before_ms = clock->offset_ms;

	/* The machine's own counts whenever it may be right. */
	if (beyond_tolerance(missing(machine_ms, date_ms, took_ms)) == 0)
		clock->offset_ms = 0;
	else
		clock->offset_ms +=
			beyond_tolerance(missing(machine_ms + clock->offset_ms, date_ms, took_ms));
	if (clock->offset_ms != before_ms)
		log_event(LOG_WARNING, "this machine's clock was set, or differs from DynamoDB's",
			  LOG_F_NUM("offset_ms", clock->offset_ms));
}
