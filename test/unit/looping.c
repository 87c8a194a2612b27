#include "looping.h"

#include <check.h>
#include <string.h>

struct looping looping;

static uint64_t fake_monotonic_us(void *context)
{
	(void)context;
	return looping.now_us;
}

static int64_t fake_wall_ms(void *context)
{
	(void)context;
	return 0;
}

void looping_set_up(void)
{
	memset(&looping, 0, sizeof(looping));
	looping.now_us = LOOPING_START_US;
	looping.clock.monotonic_us = fake_monotonic_us;
	looping.clock.wall_ms = fake_wall_ms;
	looping.loop = loop_new(&looping.clock);
	ck_assert_ptr_nonnull(looping.loop);
}

void looping_tear_down(void)
{
	loop_free(looping.loop);
}

void looping_note(const char *text)
{
	ck_assert_uint_lt(strlen(looping.notes) + strlen(text), LOOPING_NOTES_MAX);
	strcat(looping.notes, text);
}

/* One turn that does not wait, at a later time. */
void looping_turn_after(uint64_t us)
{
	looping.now_us += us;
	loop_turn(looping.loop, 0);
}
