#include "aws/circuit.h"

#include "base/log.h"

/* What exchanges without a whole answer say. */
static const enum circuit_outcome unanswered[] = {
	[EXCHANGE_NOT_SENT] = CIRCUIT_FAILED,  [EXCHANGE_NO_ANSWER] = CIRCUIT_FAILED,
	[EXCHANGE_BROKEN] = CIRCUIT_FAILED,    [EXCHANGE_TOO_LONG] = CIRCUIT_ALIVE,
	[EXCHANGE_TIMEOUT] = CIRCUIT_FAILED,   [EXCHANGE_OVERLOADED] = CIRCUIT_NOTHING,
	[EXCHANGE_SHUTDOWN] = CIRCUIT_NOTHING, [EXCHANGE_NO_MEMORY] = CIRCUIT_NOTHING,
};

enum circuit_outcome circuit_judge(const struct exchange *exchange,
				   const struct aws_verdict *verdict, uint64_t took_us)
{
	if (exchange->end == EXCHANGE_ANSWERED)
		return verdict->status >= 500 && verdict->retry != RETRY_THROTTLED ? CIRCUIT_FAILED
										   : CIRCUIT_ALIVE;
	/* A request that came to us with hardly any time left says nothing of the endpoint. */
	if (exchange->end == EXCHANGE_TIMEOUT && took_us < CIRCUIT_PATIENCE_US)
		return CIRCUIT_NOTHING;
	return unanswered[exchange->end];
}

static void show(const struct circuit *circuit)
{
	if (circuit->metrics)
		metric_set(&circuit->metrics->circuits_open, circuit->is_open);
}

bool circuit_admit(struct circuit *circuit, uint64_t now_us, bool *is_probe)
{
	*is_probe = false;
	if (!circuit->is_open)
		return true;
	if (circuit->is_probing || now_us < circuit->probe_at_us) {
		if (circuit->metrics)
			metric_add(&circuit->metrics->cut_off, 1);
		return false;
	}
	circuit->is_probing = true;
	*is_probe = true;
	return true;
}

/* The jitter keeps the workers of many machines apart. */
static void plan_probe(struct circuit *circuit, const struct circuit_note *note)
{
	uint64_t half_us = circuit->pause_us / 2;

	circuit->probe_at_us = note->now_us + half_us + ((half_us * note->random) >> 32);
	circuit->pause_us *= 2;
	if (circuit->pause_us > CIRCUIT_PAUSE_MAX_US)
		circuit->pause_us = CIRCUIT_PAUSE_MAX_US;
}

static void open(struct circuit *circuit, const struct circuit_note *note)
{
	circuit->is_open = true;
	circuit->pause_us = CIRCUIT_PAUSE_US;
	plan_probe(circuit, note);
	show(circuit);
	log_event(LOG_WARNING, "AWS does not answer; calls fail at once until it does",
		  LOG_F_STR("service", circuit->service), LOG_F_STR("endpoint", circuit->endpoint),
		  LOG_F_NUM("failures", circuit->failures),
		  LOG_F_STR("why", note->why[0] ? note->why : NULL));
}

static void note_failure(struct circuit *circuit, const struct circuit_note *note)
{
	if (circuit->failures++ == 0)
		circuit->began_us = note->now_us;
	if (circuit->is_open) {
		/* Those that were under way when it opened say nothing new. */
		if (note->is_probe)
			plan_probe(circuit, note);
	} else if (circuit->failures >= CIRCUIT_FAILURES &&
		   note->now_us - circuit->began_us >= CIRCUIT_SPAN_US) {
		open(circuit, note);
	}
}

static void note_life(struct circuit *circuit, const struct circuit_note *note)
{
	circuit->failures = 0;
	if (!circuit->is_open)
		return;
	circuit->is_open = false;
	show(circuit);
	log_event(LOG_INFO, "AWS answers again", LOG_F_STR("service", circuit->service),
		  LOG_F_STR("endpoint", circuit->endpoint),
		  LOG_F_MS("down_ms", note->now_us - circuit->began_us));
}

void circuit_note(struct circuit *circuit, const struct circuit_note *note)
{
	if (note->is_probe)
		circuit->is_probing = false;
	switch (note->outcome) {
	case CIRCUIT_ALIVE:
		note_life(circuit, note);
		break;
	case CIRCUIT_FAILED:
		note_failure(circuit, note);
		break;
	case CIRCUIT_NOTHING:
		break;
	}
}
