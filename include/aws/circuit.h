/*
 * Fails calls at once while an endpoint is down, and finds out soon when it is back.
 *
 * An endpoint counts as down when it could not be reached, gave no whole answer in time, or
 * answered with 5xx, CIRCUIT_FAILURES times in a row over at least CIRCUIT_SPAN_US. Any other
 * answer ends the row: whoever throttles or refuses us is there. Shorter troubles are the retries'
 * business, and nobody is refused because of them.
 *
 * While it is down, one call at a time goes through as a probe: the first that comes when the
 * pause is over, a quarter of a second at first and never more than one. The others end without
 * being sent. So an outage lasts at most that much longer than it would have. Whoever answers
 * closes the circuit, probe or not.
 *
 * There is no timer here: somebody must call for a probe to be made. In the daemon the sweeper
 * does, in each worker, whether there are clients or not.
 */
#ifndef SHOPD_AWS_CIRCUIT_H
#define SHOPD_AWS_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/aws_answer.h"
#include "aws/aws_metrics.h"
#include "io/exchange.h"

enum {
	CIRCUIT_FAILURES = 10,
	CIRCUIT_SPAN_US = 1000 * 1000,
	CIRCUIT_PATIENCE_US = 500 * 1000, /* who had less time to answer than that did not fail */
	CIRCUIT_PAUSE_US = 250 * 1000,    /* before the first probe; doubled before each other */
	CIRCUIT_PAUSE_MAX_US =
		1000 * 1000, /* all pauses are shortened by up to a half, at random */
};

/* Embedded in its owner. Zeroed memory, but for the first three, is a circuit that is closed. */
struct circuit {
	const char *service;
	const char *endpoint;
	struct aws_metrics *metrics; /* may be NULL */
	bool is_open;
	bool is_probing;
	unsigned failures; /* in a row */
	uint64_t began_us; /* when the first of them was */
	uint64_t pause_us;
	uint64_t probe_at_us;
};

/* What became of an attempt that was let through. */
enum circuit_outcome {
	CIRCUIT_ALIVE,
	CIRCUIT_FAILED,
	CIRCUIT_NOTHING, /* not sent, for reasons of our own: it says nothing of the endpoint */
};

/* `took_us`: how long the attempt took. */
enum circuit_outcome circuit_judge(const struct exchange *exchange,
				   const struct aws_verdict *verdict, uint64_t took_us);

/*
 * True when an attempt may be made now; its outcome must then be noted, with the same `is_probe`.
 * False: fail it.
 */
bool circuit_admit(struct circuit *circuit, uint64_t now_us, bool *is_probe);

/* `why` is for the log, "" if there is nothing to say. `random`: uniform over all 32 bits. */
struct circuit_note {
	enum circuit_outcome outcome;
	bool is_probe;
	uint64_t now_us;
	uint32_t random;
	const char *why;
};

void circuit_note(struct circuit *circuit, const struct circuit_note *note);

#endif
