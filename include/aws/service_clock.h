/*
 * What time it is for all who share a table: this machine's clock, corrected by the times that
 * DynamoDB's answers carry.
 *
 * Holds and leases of one process end by the clock of another, so all must go by one clock, and none
 * may be misled by its machine's being wrong or set. As long as that agrees with the answers it
 * counts, to the millisecond; when it is off by more than a second it is corrected by what is
 * missing, with the very answer that shows it.
 *
 * An answer's Date is in whole seconds (RFC 9110, 5.6.7), and was made between the request and the
 * answer's arrival.
 */
#ifndef SHOPD_AWS_SERVICE_CLOCK_H
#define SHOPD_AWS_SERVICE_CLOCK_H

#include <stdint.h>

#include "base/clock.h"

enum { SERVICE_CLOCK_TOLERANCE_MS = 1000 };

struct service_clock {
	struct clock clock; /* for those who ask; monotonic time is the machine's own */
	const struct clock *machine;
	int64_t offset_ms; /* 0 while the machine's clock is right */
};

/* `machine` is borrowed. The struct must stay where it is. */
void service_clock_init(struct service_clock *clock, const struct clock *machine);

/* An answer has just come that says `date_ms` (whole seconds), `took_us` after its request was sent. */
void service_clock_note(struct service_clock *clock, int64_t date_ms, uint64_t took_us);

#endif
