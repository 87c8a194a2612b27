/*
 * A loop whose clock stands still unless a test moves it, and what its handlers write down.
 */
#ifndef SHOPD_TEST_LOOPING_H
#define SHOPD_TEST_LOOPING_H

#include "io/loop.h"

enum { LOOPING_START_US = 1000 * 1000, LOOPING_NOTES_MAX = 64 };

struct looping {
	uint64_t now_us;
	struct clock clock;
	struct loop *loop;
	char notes[LOOPING_NOTES_MAX];
};

extern struct looping looping;

/* Checked fixtures: a loop for each test. */
void looping_set_up(void);
void looping_tear_down(void);

/* Writes down that a handler was called. */
void looping_note(const char *text);

/* One turn that does not wait, at a later time. */
void looping_turn_after(uint64_t us);

#endif
