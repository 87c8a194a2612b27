/*
 * A transport that plays a script, and a clock that stands still until the test moves it: enough to
 * run everything above the network on a real event loop.
 *
 * Each exchange takes the next step of the script; when the script is at its end, the last step is
 * played again. What was sent is kept.
 */
#ifndef SHOPD_TEST_SCRIPTED_H
#define SHOPD_TEST_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "io/exchange.h"
#include "io/loop.h"

enum { SCRIPT_REQUESTS_MAX = 32 };

struct script_step {
	enum exchange_end end;
	bool was_sent;       /* EXCHANGE_TIMEOUT, EXCHANGE_NO_ANSWER … */
	int status;          /* EXCHANGE_ANSWERED: what the answer says */
	const char *headers; /* more header lines, each with its CRLF, or NULL */
	const char *body;    /* NULL: empty */
	uint64_t takes_us;   /* how far the clock moves before the answer is there */
	bool hangs;          /* no answer before script_end_all */
};

struct script_request {
	char *text;
	uint64_t at_us; /* when it was sent */
	uint64_t deadline_us;
};

struct script {
	struct transport transport;
	struct clock clock;
	uint64_t now_us;
	int64_t wall_ms;
	struct loop *loop;
	uint32_t random; /* what script_random gives */

	const struct script_step *steps;
	size_t step_count;
	size_t next_step;
	struct script_request requests[SCRIPT_REQUESTS_MAX];
	size_t request_count;
	bool is_forgetful; /* requests are not kept: there may be any number of them */

	struct loop_timer timer;
	struct exchange *waiting; /* in the order in which they were started */
	struct exchange *hanging;
	const struct script_step *step; /* under way for the first of those that wait, or NULL */
};

/* Makes the loop too. The clock begins at 1,000 s and 2015-08-30T12:36:00Z. */
void script_init(struct script *script);
/* What the transport answers from now on. */
void script_play(struct script *script, const struct script_step *steps, size_t count);
#define SCRIPT_PLAY(script, ...)                                         \
	script_play((script), (const struct script_step[]){__VA_ARGS__}, \
		    sizeof((const struct script_step[]){__VA_ARGS__}) /  \
			    sizeof(struct script_step))
void script_clear(struct script *script);
void script_forget_requests(struct script *script);

/* Runs turns, moving the clock a millisecond after each, until *is_over or the time has passed. */
void script_run(struct script *script, const bool *is_over, uint64_t at_most_us);
/* Moves both clocks and runs a few turns. */
void script_pass(struct script *script, uint64_t us);

/* Ends all that is under way, as a transport does that is being stopped. */
void script_end_all(struct script *script, enum exchange_end end);

/* Gives what hangs this answer. */
void script_answer_hanging(struct script *script, const struct script_step *step);

/* For options.random; the context is the script. */
uint32_t script_random(void *context);

/* The value of a header in a request that was sent, NUL-terminated in `value`; "" if not there. */
const char *script_header(const struct script *script, size_t request, const char *name,
			  char *value, size_t size);
const char *script_body(const struct script *script, size_t request);

#endif
